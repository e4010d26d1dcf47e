/* drystone check --c bucket_heap_glue.c bucket_heap.c: the exported bucket heap on two extents, pages of 1024 bytes. */
#include "bucket_heap.h"

#define HEAP(name) bucket_heap_##name
#include "glue_machine.h"

#define OWN_PAGE 1024u
#define DRYSTONE_ALIGNMENT 8
#define DRYSTONE_SIZE_ALIGNED OWN_PAGE
#define DRYSTONE_LEAST_ARENA (4 * PAGE)
#define DRYSTONE_ZERO_IS_NULL
#define DRYSTONE_FREE_NULL
#define DRYSTONE_ALL_COMES_BACK
#define DRYSTONE_REUSES
#define DRYSTONE_REFUSES_BAD_FREES

static union {
    struct bucket_heap heap;
    uint64_t words[BUCKET_HEAP_DESCRIPTOR / sizeof(uint64_t)];
} space;

int drystone_init(void *arena, size_t size)
{
    int refused = 0;
    uint64_t extent = (uint64_t)size / 2 / OWN_PAGE * OWN_PAGE;
    machine_begin(arena, size);
    return bucket_heap_map(arena_start, arena_pages)
        && bucket_heap_init(&space.heap, arena_start, extent, OWN_PAGE) == 0
        && bucket_heap_extend(&space.heap, arena_start + extent, extent, &refused) == BUCKET_HEAP_OK && refused == 0;
}

void *drystone_malloc(size_t size)
{
    uint64_t got = 0;
    (void)bucket_heap_alloc(&space.heap, size, &got);
    return (void *)(uintptr_t)got;
}

void drystone_free(void *block, size_t size)
{
    int refused = 0;
    (void)size;
    (void)bucket_heap_free(&space.heap, (uint64_t)(uintptr_t)block, &refused);
}
