/*
 * The bin heap as malloc, calloc, realloc and free (BIN-16): thin wrappers of bin_heap.h around one heap. Define
 * BIN_HEAP_PREFIX to put something before the four names, where a C library has them already.
 */

#ifndef BIN_HEAP_DOCUMENTED_H
#define BIN_HEAP_DOCUMENTED_H

#include "bin_heap.h"

#ifndef BIN_HEAP_PREFIX
#define BIN_HEAP_PREFIX
#endif
#define BIN_HEAP_JOIN(prefix, name) prefix##name
#define BIN_HEAP_NAME(prefix, name) BIN_HEAP_JOIN(prefix, name)

/* The heap, and the tables behind its descriptor. */
union bin_heap_space {
    struct bin_heap heap;
    uint64_t words[BIN_HEAP_DESCRIPTOR / sizeof(uint64_t)];
};

extern union bin_heap_space bin_heap_space;

static inline void _heap_init(void)
{
    bin_heap_init(&bin_heap_space.heap);
}

/* At least size bytes, 64-byte aligned, or NULL. */
static inline void *BIN_HEAP_NAME(BIN_HEAP_PREFIX, malloc)(size_t size)
{
    uint64_t result = 0;
    (void)bin_heap_malloc(&bin_heap_space.heap, size, &result);
    return (void *)(uintptr_t)result;
}

/* count * size bytes, all of them 0, or NULL; NULL, too, if the product is no machine word. */
static inline void *BIN_HEAP_NAME(BIN_HEAP_PREFIX, calloc)(size_t count, size_t size)
{
    uint64_t result = 0;
    (void)bin_heap_calloc(&bin_heap_space.heap, count, size, &result);
    return (void *)(uintptr_t)result;
}

/* size bytes that begin with what the block held; NULL leaves it as it was, unless size is 0: then it is freed. */
static inline void *BIN_HEAP_NAME(BIN_HEAP_PREFIX, realloc)(void *address, size_t size)
{
    uint64_t result = 0;
    (void)bin_heap_realloc(&bin_heap_space.heap, (uint64_t)(uintptr_t)address, size, &result);
    return (void *)(uintptr_t)result;
}

/* Gives a block back; what is none is left alone. */
static inline void BIN_HEAP_NAME(BIN_HEAP_PREFIX, free)(void *address)
{
    (void)bin_heap_free(&bin_heap_space.heap, (uint64_t)(uintptr_t)address);
}

#endif /* BIN_HEAP_DOCUMENTED_H */
