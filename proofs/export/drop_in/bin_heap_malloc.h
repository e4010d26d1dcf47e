/* The bin heap under malloc.c: its descriptor lies in the first pages of the arena. */

#define bin_heap_map machine_map
#define bin_heap_find_place machine_find_place
#define bin_heap_unmap machine_unmap
#define bin_heap_is_mapped machine_is_mapped
#include "bin_heap.c"

#define LARGEST (arena_pages * PAGE / 2)

static struct bin_heap *the_heap;

static uint64_t own_alignment(uint64_t size)
{
    (void)size;
    return 64;
}

static bool heap_begin(void)
{
    the_heap = (struct bin_heap *)(uintptr_t)take_pages(BIN_HEAP_DESCRIPTOR);
    if (the_heap == NULL) {
        return false;
    }
    bin_heap_init(the_heap);
    return true;
}

static uint64_t heap_take(uint64_t size)
{
    uint64_t got = 0;
    bin_heap_malloc(the_heap, size, &got);
    return got;
}

static bool heap_give(uint64_t address)
{
    return bin_heap_free(the_heap, address) == BIN_HEAP_OK;
}

static uint64_t heap_size(uint64_t address)
{
    uint64_t block = 0;
    if (bin_heap_block_at(the_heap, address, &block) != BIN_HEAP_OK) {
        die("this is no live block");
    }
    return bin_heap_block_header_at(block)->size;
}

static uint64_t heap_change(uint64_t address, uint64_t size)
{
    uint64_t got = 0;
    if (bin_heap_realloc(the_heap, address, size, &got) != BIN_HEAP_OK) {
        die("realloc of what is no live block");
    }
    return got;
}
