/*
 * The segment heap under the names of its document, heap.h (SEG-6 to SEG-14): thin wrappers of segment_heap.h.
 */

#ifndef SEGMENT_HEAP_DOCUMENTED_H
#define SEGMENT_HEAP_DOCUMENTED_H

#include "segment_heap.h"

typedef struct segment_heap heap_T;

/* Initializes heap at base, a page-aligned virtual address; where that cannot be, the heap serves nothing. */
static inline void heap_init(heap_T *heap, void *base)
{
    bool mapped = false;
    segment_heap_status status = segment_heap_init(heap, (uint64_t)(uintptr_t)base, &mapped);
    if (status != SEGMENT_HEAP_OK || !mapped) {
        heap->start = 0;
        heap->end = 0;
        heap->last_segment = 0;
    }
}

/* A free usable memory location of at least size bytes; NULL, and an error logged, if the heap is corrupted. */
static inline void *heap_memory_allocate(heap_T *heap, uint64_t size)
{
    return (void *)(uintptr_t)segment_heap_allocate(heap, size);
}

/* Frees a segment; does nothing, but for a log line, if the address does not point to a valid one. */
static inline void heap_memory_free(heap_T *heap, void *address)
{
    segment_heap_free(heap, (uint64_t)(uintptr_t)address);
}

/* Logs a complete list of all segments. */
static inline void heap_dump_segments(heap_T *heap)
{
    segment_heap_dump(heap);
}

/* Invalidates all segments, frees all page frames and unmaps them. */
static inline void heap_destruct(heap_T *heap)
{
    segment_heap_destruct(heap);
}

#endif /* SEGMENT_HEAP_DOCUMENTED_H */
