/* The bucket heap under malloc.c: it grows by extents of the arena; what is larger than one is mapped for itself. */

#define bucket_heap_is_mapped machine_is_mapped
#include "bucket_heap.c"

#define EXTENT ((uint64_t)1 << 24)
#define LARGEST (EXTENT / 2)

static struct bucket_heap *the_heap;

/* Blocks are aligned to their size, up to a page; no request is below 16 bytes, what max_align_t asks. */
static uint64_t own_alignment(uint64_t size)
{
    uint64_t alignment = 16;
    while (alignment < PAGE && alignment < size) {
        alignment *= 2;
    }
    return alignment;
}

static bool heap_begin(void)
{
    the_heap = (struct bucket_heap *)(uintptr_t)take_pages(BUCKET_HEAP_DESCRIPTOR);
    uint64_t extent = the_heap == NULL ? 0 : take_pages(EXTENT);
    return extent != 0 && bucket_heap_init(the_heap, extent, EXTENT, PAGE) == 0;
}

static uint64_t heap_take(uint64_t size)
{
    uint64_t got = 0;
    int refused = 0;
    size = size < 16 ? 16 : size;
    if (bucket_heap_alloc(the_heap, size, &got) != BUCKET_HEAP_OK) {
        die("a list of the heap is damaged");
    }
    if (got != 0) {
        return got;
    }
    uint64_t extent = take_pages(EXTENT);
    if (extent == 0 || bucket_heap_extend(the_heap, extent, EXTENT, &refused) != BUCKET_HEAP_OK || refused != 0) {
        return 0;
    }
    return bucket_heap_alloc(the_heap, size, &got) == BUCKET_HEAP_OK ? got : 0;
}

static bool heap_give(uint64_t address)
{
    int refused = 0;
    return bucket_heap_free(the_heap, address, &refused) == BUCKET_HEAP_OK && refused == 0;
}

static uint64_t heap_size(uint64_t address)
{
    uint64_t extent = 0;
    if (bucket_heap_extent_of(the_heap, address, &extent) != BUCKET_HEAP_OK || extent == 0) {
        die("this is no live block");
    }
    const struct bucket_heap_page *entry = bucket_heap_page_at(bucket_heap_entry_of(the_heap, extent, address));
    if (!bucket_heap_is_live(entry, address)) {
        die("this is no live block");
    }
    return entry->kind == BUCKET_HEAP_RUN ? entry->frontier - entry->page : (uint64_t)1 << entry->kind;
}

/* The heap has no realloc: a block stays if the new size still fills half of it. */
static uint64_t heap_change(uint64_t address, uint64_t size)
{
    uint64_t had = heap_size(address);
    if (size <= had && size >= had / 2) {
        return address;
    }
    uint64_t got = heap_take(size);
    if (got != 0) {
        memcpy((void *)(uintptr_t)got, (const void *)(uintptr_t)address, had < size ? had : size);
        heap_give(address);
    }
    return got;
}
