/*
 * The machine under an exported heap, for drystone check --c: the pages of the arena, mapped or not. HEAP(name) is the
 * heap's own name of a hook. What is unmapped is filled with a pattern, and what is mapped with zeros.
 */
#include "drystone.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if UINTPTR_MAX > UINT64_MAX
#error an address of this build is wider than a word of this heap: give drystone check the --word that export was given
#endif

#define PAGE 4096u
#define MOST_PAGES 256u
#define DRYSTONE_ARENA_ALIGNMENT PAGE
#define DRYSTONE_MOST_ARENA (PAGE * MOST_PAGES)

static uint64_t arena_start, arena_pages;
static bool mapped[MOST_PAGES];

static void machine_begin(const void *arena, size_t size)
{
    arena_start = (uint64_t)(uintptr_t)arena;
    arena_pages = (uint64_t)size / PAGE;
    memset(mapped, 0, sizeof mapped);
}

/* How many of the pages are as wanted, from the one of that number on. */
static uint64_t machine_run(uint64_t first, bool wanted)
{
    uint64_t page = first;
    while (page < arena_pages && mapped[page] == wanted) {
        page++;
    }
    return page - first;
}

static void machine_set(uint64_t address, uint64_t pages, bool as)
{
    for (uint64_t n = 0; n < pages; n++) {
        mapped[(address - arena_start) / PAGE + n] = as;
    }
    memset((void *)(uintptr_t)address, as ? 0 : 0xDD, (size_t)(pages * PAGE));
}

bool HEAP(map)(uint64_t address, uint64_t pages);
uint64_t HEAP(find_place)(uint64_t pages);
void HEAP(unmap)(uint64_t address, uint64_t pages);
bool HEAP(is_mapped)(uint64_t address, uint64_t size);
void HEAP(log)(const char *message, size_t count, const uint64_t *values);

bool HEAP(map)(uint64_t address, uint64_t pages)
{
    uint64_t first = (address - arena_start) / PAGE;
    if (address < arena_start || first >= arena_pages || machine_run(first, false) < pages) {
        return false;
    }
    machine_set(address, pages, true);
    return true;
}

uint64_t HEAP(find_place)(uint64_t pages)
{
    for (uint64_t first = 0; first < arena_pages; first++) {
        if (machine_run(first, false) >= pages) {
            return arena_start + first * PAGE;
        }
    }
    return 0;
}

void HEAP(unmap)(uint64_t address, uint64_t pages)
{
    machine_set(address, pages, false);
}

bool HEAP(is_mapped)(uint64_t address, uint64_t size)
{
    if (size == 0) {
        return true;
    }
    if (address < arena_start || (address - arena_start) / PAGE >= arena_pages) {
        return false;
    }
    uint64_t first = (address - arena_start) / PAGE;
    return size <= machine_run(first, true) * PAGE - (address - arena_start) % PAGE;
}

void HEAP(log)(const char *message, size_t count, const uint64_t *values)
{
    (void)message;
    (void)count;
    (void)values;
}
