/*
 * The bucket heap under the names of its document (BKT-1 to BKT-8): thin wrappers of bucket_heap.h.
 */

#ifndef BUCKET_HEAP_DOCUMENTED_H
#define BUCKET_HEAP_DOCUMENTED_H

#include "bucket_heap.h"

/* What the functions give that give an int, where the heap is damaged: as for a wrong argument. */
#define EINVAL_OF_A_DAMAGED_HEAP 22

/* The descriptor, and the sentinels of the buckets behind it. */
typedef union xnheap {
    struct bucket_heap heap;
    uint64_t words[BUCKET_HEAP_DESCRIPTOR / sizeof(uint64_t)];
} xnheap_t;

typedef void (*xnheap_flush)(xnheap_t *heap, void *extaddr, unsigned long extsize, void *cookie);

struct xnheap_flushing {
    xnheap_t *heap;
    xnheap_flush flushfn;
    void *cookie;
};

static inline void xnheap_flush_one(void *context, uint64_t address, uint64_t size)
{
    struct xnheap_flushing *flushing = (struct xnheap_flushing *)context;
    flushing->flushfn(flushing->heap, (void *)(uintptr_t)address, (unsigned long)size, flushing->cookie);
}

/* Starts a heap on one extent: 0, or -EINVAL with nothing changed. */
static inline int xnheap_init(xnheap_t *heap, void *heapaddr, unsigned long heapsize, unsigned long pagesize)
{
    return bucket_heap_init(&heap->heap, (uint64_t)(uintptr_t)heapaddr, heapsize, pagesize);
}

/* Hands each extent to flushfn once, by address; the heap has none then. */
static inline int xnheap_destroy(xnheap_t *heap, xnheap_flush flushfn, void *cookie)
{
    struct xnheap_flushing flushing = {heap, flushfn, cookie};
    struct bucket_heap_callback flush = {xnheap_flush_one, &flushing};
    int result = 0;
    return bucket_heap_destroy(&heap->heap, flush, &result) == BUCKET_HEAP_OK ? result : -EINVAL_OF_A_DAMAGED_HEAP;
}

static inline void *xnheap_alloc(xnheap_t *heap, unsigned long size)
{
    uint64_t result = 0;
    (void)bucket_heap_alloc(&heap->heap, size, &result);
    return (void *)(uintptr_t)result;
}

static inline int xnheap_free(xnheap_t *heap, void *block)
{
    int result = 0;
    bucket_heap_status status = bucket_heap_free(&heap->heap, (uint64_t)(uintptr_t)block, &result);
    return status == BUCKET_HEAP_OK ? result : -EINVAL_OF_A_DAMAGED_HEAP;
}

/* Adds an extent whose pages are all free: 0, or -EINVAL with nothing changed. */
static inline int xnheap_extend(xnheap_t *heap, void *extaddr, unsigned long extsize)
{
    int result = 0;
    bucket_heap_status status = bucket_heap_extend(&heap->heap, (uint64_t)(uintptr_t)extaddr, extsize, &result);
    return status == BUCKET_HEAP_OK ? result : -EINVAL_OF_A_DAMAGED_HEAP;
}

#endif /* BUCKET_HEAP_DOCUMENTED_H */
