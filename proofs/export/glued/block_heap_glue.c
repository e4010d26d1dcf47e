/* drystone check --c block_heap_glue.c block_heap.c: the exported block heap, descriptors and table in the first page. */
#include "block_heap.h"

#define HEAP(name) block_heap_##name
#include "glue_machine.h"

#define DRYSTONE_ALIGNMENT PAGE
#define DRYSTONE_LEAST_ARENA (2 * PAGE)
#define DRYSTONE_ZERO_IS_NULL
#define DRYSTONE_FREE_NULL
#define DRYSTONE_ALL_COMES_BACK
#define DRYSTONE_REUSES
#define DRYSTONE_FIRST_FIT
#define DRYSTONE_SPLITS (PAGE - 1)
#define DRYSTONE_REFUSES_BAD_FREES

struct first_page {
    struct block_heap heap;
    struct block_heap_heap_table table;
    unsigned char entries[MOST_PAGES];
};

static struct first_page *first_page;

int drystone_init(void *arena, size_t size)
{
    machine_begin(arena, size);
    first_page = arena;
    if (!block_heap_map(arena_start, arena_pages)) {
        return 0;
    }
    first_page->table.entries = (uint64_t)(uintptr_t)first_page->entries;
    first_page->table.total = arena_pages - 1;
    return block_heap_create(&first_page->heap, arena_start + PAGE, arena_start + arena_pages * PAGE,
            (uint64_t)(uintptr_t)&first_page->table) == 0;
}

void *drystone_malloc(size_t size)
{
    return (void *)(uintptr_t)block_heap_malloc(&first_page->heap, size);
}

void drystone_free(void *block, size_t size)
{
    (void)size;
    (void)block_heap_free(&first_page->heap, (uint64_t)(uintptr_t)block);
}
