/* A heap with 16-bit links over an array of its own, next fit from the lowest free block on.
   Right as it stands; each macro named DEFECT_... puts one fault in. */
#include "drystone.h"

#include <stdint.h>
#include <string.h>

#define DRYSTONE_ALIGNMENT 8
#define DRYSTONE_ALL_COMES_BACK
#define DRYSTONE_LARGEST (SIZE - sizeof(struct head))

#define SIZE 4096
struct head {
    uint16_t next, prev; /* offsets; the last block's next is SIZE */
    uint16_t used, spare;
};

static _Alignas(8) unsigned char ram[SIZE + sizeof(struct head)];
static uint16_t lowest; /* no free block lies lower */

static struct head *at(uint16_t offset) { return (struct head *)(void *)(ram + offset); }

void *drystone_arena(size_t *size) {
    *size = sizeof ram;
    return ram;
}

int drystone_init(void *arena, size_t size) {
    (void)arena, (void)size;
    at(0)->next = SIZE, at(0)->prev = 0, at(0)->used = 0;
    at(SIZE)->next = SIZE, at(SIZE)->prev = 0, at(SIZE)->used = 1;
    lowest = 0;
    return 1;
}

static void raise_lowest(void) {
    while (lowest < SIZE && at(lowest)->used) lowest = at(lowest)->next;
}

/* A block that is large enough keeps `need` bytes; the rest is a free block. */
static void split(uint16_t here, uint16_t need) {
    uint16_t end = at(here)->next, rest = (uint16_t)(here + sizeof(struct head) + need);
    if (end - rest < (int)(2 * sizeof(struct head))) return;
    at(rest)->next = end, at(rest)->prev = here, at(rest)->used = 0;
    at(here)->next = rest;
    at(end)->prev = rest;
}

static void join(uint16_t here) {
    uint16_t next = at(here)->next;
    if (next == SIZE || at(next)->used) return;
    at(here)->next = at(next)->next;
    at(at(next)->next)->prev = here;
#ifndef DEFECT_STALE_LOWEST
    if (lowest == next) lowest = here;
#endif
}

void *drystone_malloc(size_t size) {
    uint16_t here, need;
#ifdef DEFECT_ROUNDING
    if (size > UINT16_MAX) return NULL;
#else
    if (size > SIZE) return NULL;
#endif
    need = (uint16_t)((size + 7) & ~(size_t)7);
    for (here = lowest; here < SIZE; here = at(here)->next)
        if (!at(here)->used && at(here)->next - here - (int)sizeof(struct head) >= need) {
            at(here)->used = 1;
            split(here, need);
            raise_lowest();
            return at(here) + 1;
        }
    return NULL;
}

void drystone_free(void *block, size_t size) {
    uint16_t here = (uint16_t)((unsigned char *)block - ram - sizeof(struct head));
    (void)size;
    at(here)->used = 0;
    if (here < lowest) lowest = here;
    join(here);
    if (here && !at(at(here)->prev)->used) join(at(here)->prev);
}

void *drystone_realloc(void *block, size_t old, size_t size) {
    uint16_t here = (uint16_t)((unsigned char *)block - ram - sizeof(struct head)), need;
    void *target;
    if (size > SIZE) return NULL;
    need = (uint16_t)((size + 7) & ~(size_t)7);
    if (at(here)->next - here - (int)sizeof(struct head) < need) {
        join(here);
#ifndef DEFECT_STALE_LOWEST
        raise_lowest();
#endif
    }
    if (at(here)->next - here - (int)sizeof(struct head) >= need) {
        split(here, need);
        if (at(here)->next < lowest && !at(at(here)->next)->used) lowest = at(here)->next;
        if (at(here)->next != SIZE && !at(at(here)->next)->used) join(at(here)->next);
        raise_lowest();
        return block;
    }
    target = drystone_malloc(size);
    if (!target) return NULL;
    memcpy(target, block, old < size ? old : size);
    drystone_free(block, old);
    return target;
}
