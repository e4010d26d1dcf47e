/* drystone check --c segment_heap_glue.c segment_heap.c: the exported segment heap. */
#include "segment_heap.h"

#define HEAP(name) segment_heap_##name
#include "glue_machine.h"

#define DRYSTONE_ALIGNMENT 16
#define DRYSTONE_LEAST_ARENA (16 * PAGE)
#define DRYSTONE_ZERO_IS_NULL
#define DRYSTONE_FREE_NULL
#define DRYSTONE_ALL_COMES_BACK
#define DRYSTONE_REUSES
#define DRYSTONE_FIRST_FIT
#define DRYSTONE_REFUSES_BAD_FREES

static struct segment_heap heap;

int drystone_init(void *arena, size_t size)
{
    bool begun = false;
    machine_begin(arena, size);
    return segment_heap_init(&heap, arena_start, &begun) == SEGMENT_HEAP_OK && begun;
}

void *drystone_malloc(size_t size)
{
    return (void *)(uintptr_t)segment_heap_allocate(&heap, size);
}

void drystone_free(void *block, size_t size)
{
    (void)size;
    segment_heap_free(&heap, (uint64_t)(uintptr_t)block);
}
