/*
 * The block heap under the names of its documents, heap.c and kheap.c (BLK-2 to BLK-9): thin wrappers of block_heap.h.
 * The structs are those of block_heap.h under their documented tags.
 */

#ifndef BLOCK_HEAP_DOCUMENTED_H
#define BLOCK_HEAP_DOCUMENTED_H

#include "block_heap.h"

struct heap_table {
    struct block_heap_heap_table table;
};

struct heap {
    struct block_heap heap;
};

/* What kheap_init and the functions after it work on: kernel_heap, with kernel_heap_table directly behind it. */
struct kernel_heaps {
    struct heap kernel_heap;
    struct heap_table kernel_heap_table;
};

extern struct kernel_heaps kernel_heaps;

/* Makes [ptr, end) the pool of a heap that the table governs: 0, or -EINVARG with nothing changed. */
static inline int heap_create(struct heap *heap, void *ptr, void *end, struct heap_table *table)
{
    return block_heap_create(&heap->heap, (uint64_t)(uintptr_t)ptr, (uint64_t)(uintptr_t)end,
            (uint64_t)(uintptr_t)table);
}

/* The lowest run of free blocks that holds size bytes, or NULL. */
static inline void *heap_malloc(struct heap *heap, size_t size)
{
    return (void *)(uintptr_t)block_heap_malloc(&heap->heap, size);
}

/* Releases the blocks of a live allocation; anything else is left alone. */
static inline void heap_free(struct heap *heap, void *ptr)
{
    (void)block_heap_free(&heap->heap, (uint64_t)(uintptr_t)ptr);
}

/* Creates the kernel's heap; a refusal is logged. */
static inline void kheap_init(void)
{
    (void)block_heap_kheap_init(&kernel_heaps.kernel_heap.heap);
}

static inline void *kmalloc(size_t size)
{
    return (void *)(uintptr_t)block_heap_kmalloc(&kernel_heaps.kernel_heap.heap, size);
}

/* As kmalloc; all size bytes are zero. */
static inline void *kzalloc(size_t size)
{
    return (void *)(uintptr_t)block_heap_kzalloc(&kernel_heaps.kernel_heap.heap, size);
}

static inline void kfree(void *ptr)
{
    (void)block_heap_kfree(&kernel_heaps.kernel_heap.heap, (uint64_t)(uintptr_t)ptr);
}

#endif /* BLOCK_HEAP_DOCUMENTED_H */
