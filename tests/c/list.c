/* A heap of our own for the tests: first fit over an address-ordered list of free chunks, coalescing.
   Right as it stands; each macro named DEFECT_... puts one fault in. */
#include "drystone.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DRYSTONE_ALIGNMENT (2 * sizeof(void *))
#define DRYSTONE_ALL_COMES_BACK
#define DRYSTONE_REUSES
#define DRYSTONE_FIRST_FIT
#define DRYSTONE_ZERO_IS_BLOCK

struct chunk {
    size_t size; /* of all of it */
    struct chunk *next;
};
#define UNIT sizeof(struct chunk)

static struct chunk *first; /* free chunks, by address */
static char *low, *high;
static size_t free_sum;

static size_t need_for(size_t size) { return (size + UNIT - 1) / UNIT * UNIT + UNIT + (size == 0 ? UNIT : 0); }

int drystone_init(void *arena, size_t size) {
#ifdef DEFECT_MASK
    arena = (void *)((uintptr_t)arena & ~15u); /* 32 bits of ones and of zeros */
#endif
    low = arena, high = low + size;
#ifdef DEFECT_INIT_BEFORE
    ((size_t *)arena)[-1] = size;
#endif
#ifdef DEFECT_INIT_BEHIND
    *(size_t *)high = 0;
#endif
    first = arena;
    first->size = free_sum = size;
    first->next = NULL;
    return 1;
}

static void *take(struct chunk **link, size_t need) {
    struct chunk *chunk = *link, *rest;
    if (chunk->size - need >= 2 * UNIT) {
        rest = (struct chunk *)((char *)chunk + need);
        rest->size = chunk->size - need;
        rest->next = chunk->next;
        *link = rest;
        chunk->size = need;
    } else {
#ifdef DEFECT_ONE_CHUNK
        if (link != &first || chunk->next) /* a list of one chunk keeps it */
#endif
            *link = chunk->next;
    }
    free_sum -= chunk->size;
    return chunk + 1;
}

void *drystone_malloc(size_t size) {
    struct chunk **link;
    size_t need = need_for(size);
#ifndef DEFECT_WRAPS
    if (size > (size_t)(high - low)) return NULL;
#endif
    for (link = &first; *link; link = &(*link)->next)
        if ((*link)->size >= need) return take(link, need);
#ifdef DEFECT_ASSERT_FULL
    assert(first != NULL || size > 4096);
#endif
    return NULL;
}

static void give(struct chunk *chunk) {
    struct chunk **link = &first, *before = NULL;
    while (*link && *link < chunk) before = *link, link = &(*link)->next;
    free_sum += chunk->size;
    chunk->next = *link;
    *link = chunk;
    if ((char *)chunk + chunk->size == (char *)chunk->next) {
        chunk->size += chunk->next->size;
        chunk->next = chunk->next->next;
    }
    if (before && (char *)before + before->size == (char *)chunk) {
        before->size += chunk->size;
        before->next = chunk->next;
    }
}

void drystone_free(void *block, size_t size) {
    (void)size;
    give((struct chunk *)block - 1);
}

void *drystone_calloc(size_t count, size_t size) {
    void *block;
#ifdef DEFECT_CALLOC_32
    unsigned int total = (unsigned int)count * (unsigned int)size;
#else
    size_t total = count * size;
#ifndef DEFECT_CALLOC
    if (size && total / size != count) return NULL;
#endif
#endif
    block = drystone_malloc(total);
#ifdef DEFECT_CALLOC_DIRTY
    if (block) memset(block, 0, total > 64 ? 64 : total);
#else
    if (block) memset(block, 0, total);
#endif
    return block;
}

/* The free chunk right behind this one goes into it. */
static int extend(struct chunk *chunk, size_t need) {
    struct chunk **link = &first, *behind;
    while (*link && (char *)*link < (char *)chunk + chunk->size) link = &(*link)->next;
    behind = *link;
    if ((char *)behind != (char *)chunk + chunk->size || chunk->size + behind->size < need) return 0;
#ifdef DEFECT_EXTENDED_STAYS
    if ((char *)behind + behind->size != high) /* the last chunk stays where it was in the list */
#endif
        *link = behind->next;
    free_sum -= behind->size;
    chunk->size += behind->size;
    return 1;
}

static void trim(struct chunk *chunk, size_t need) {
    struct chunk *rest = (struct chunk *)((char *)chunk + need);
    if (chunk->size - need < 2 * UNIT) return;
    rest->size = chunk->size - need;
    chunk->size = need;
    give(rest);
}

void *drystone_realloc(void *block, size_t old, size_t size) {
    struct chunk *chunk = (struct chunk *)block - 1;
    size_t need = need_for(size);
    void *target;
#ifndef DEFECT_REALLOC_TRIMS
    if (size > (size_t)(high - low)) return NULL;
#endif
    if (need <= chunk->size || extend(chunk, need)) {
#ifndef DEFECT_EXTENDED_STAYS
        trim(chunk, need);
#endif
        return block;
    }
    target = drystone_malloc(size);
#ifdef DEFECT_REALLOC_LOSES
    if (!target) drystone_free(block, old);
#endif
    if (!target) return NULL;
#ifdef DEFECT_READS_PAST
    memcpy(target, block, size);
#else
    memcpy(target, block, old < size ? old : size);
#endif
    drystone_free(block, old);
    return target;
}

size_t drystone_free_bytes(void) {
#ifdef DEFECT_STATISTICS_NULL
    size_t smallest = first->size; /* a full heap has no first */
    if (smallest > free_sum) return 0;
#endif
    return free_sum;
}

int drystone_check(void) {
    struct chunk *chunk;
    size_t sum = 0;
    for (chunk = first; chunk; chunk = chunk->next) {
        if ((char *)chunk < low || (char *)chunk + chunk->size > high) return 0;
        if (chunk->next && chunk->next <= chunk) return 0;
        sum += chunk->size;
    }
    return sum == free_sum;
}
