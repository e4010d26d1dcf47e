/* drystone check --c bin_heap_glue.c bin_heap.c: the exported bin heap, which trims itself where it has no place left. */
#include "bin_heap.h"

#define HEAP(name) bin_heap_##name
#include "glue_machine.h"

#define DRYSTONE_ALIGNMENT 64
#define DRYSTONE_LEAST_ARENA (4 * PAGE)
#define DRYSTONE_ZERO_IS_NULL
#define DRYSTONE_FREE_NULL
#define DRYSTONE_REALLOC_NULL
#define DRYSTONE_REALLOC_FREES
#define DRYSTONE_ALL_COMES_BACK
#define DRYSTONE_REUSES
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WATCHED
#endif
#endif
#if !defined(__SANITIZE_ADDRESS__) && !defined(WATCHED)
#define DRYSTONE_REFUSES_BAD_FREES /* it looks at what lies before the address, a user's bytes: asan would complain */
#endif

static struct bin_heap *heap; /* in the arena, its tables behind it */

int drystone_init(void *arena, size_t size)
{
    machine_begin(arena, size);
    heap = arena;
    if (!bin_heap_map(arena_start, (BIN_HEAP_DESCRIPTOR + PAGE - 1) / PAGE)) {
        return 0;
    }
    bin_heap_init(heap);
    return 1;
}

/* Memory in free blocks goes back to the machine only if the heap is asked to: before a request is refused for good. */
static bool again(uint64_t got, size_t size)
{
    return got == 0 && size != 0 && bin_heap_trim(heap) == BIN_HEAP_OK;
}

void *drystone_malloc(size_t size)
{
    uint64_t got = 0;
    (void)bin_heap_malloc(heap, size, &got);
    if (again(got, size)) {
        (void)bin_heap_malloc(heap, size, &got);
    }
    return (void *)(uintptr_t)got;
}

void *drystone_calloc(size_t count, size_t size)
{
    uint64_t got = 0;
    (void)bin_heap_calloc(heap, count, size, &got);
    if (again(got, count != 0 ? size : 0)) {
        (void)bin_heap_calloc(heap, count, size, &got);
    }
    return (void *)(uintptr_t)got;
}

void *drystone_realloc(void *block, size_t old, size_t size)
{
    uint64_t got = 0;
    (void)old;
    (void)bin_heap_realloc(heap, (uint64_t)(uintptr_t)block, size, &got);
    if (again(got, size)) {
        (void)bin_heap_realloc(heap, (uint64_t)(uintptr_t)block, size, &got);
    }
    return (void *)(uintptr_t)got;
}

void drystone_free(void *block, size_t size)
{
    (void)size;
    (void)bin_heap_free(heap, (uint64_t)(uintptr_t)block);
}
