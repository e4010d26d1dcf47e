/* The heap of list.c behind a wrapper that breaks one clause of the contract, the one that BREAKS names: a number, the
   clause's place in the list of judge.h.  Without BREAKS it breaks none. */
#define drystone_init list_init
#define drystone_malloc list_malloc
#define drystone_free list_free
#define drystone_calloc list_calloc
#define drystone_realloc list_realloc
#define drystone_free_bytes list_free_bytes
#define drystone_check list_check
#include "list.c"
#undef drystone_init
#undef drystone_malloc
#undef drystone_free
#undef drystone_calloc
#undef drystone_realloc
#undef drystone_free_bytes
#undef drystone_check
#undef DRYSTONE_H
#include "drystone.h"

#ifndef BREAKS
#define BREAKS 0
#endif
enum {
    NONE, RETURNS, OUTSIDE, LIVE, REFUSED, INSIDE, OVERLAPS, ALIGNED, SIZE_ALIGNED, ZERO, CONTENTS, USABLE,
    ZERO_NULL, ZERO_BLOCK, LARGEST, COMES_BACK, REUSES, FIRST, BEST, BAD_FREE, SHRINKS, AT_ZERO, FREE_BYTES, USED_BYTES, WHOLE
};

#define DRYSTONE_REFUSES_BAD_FREES
#define DRYSTONE_REALLOC_FREES
#undef DRYSTONE_ZERO_IS_BLOCK
#if BREAKS == 12
#define DRYSTONE_ZERO_IS_NULL
#else
#define DRYSTONE_ZERO_IS_BLOCK
#endif
#if BREAKS == 8
#define DRYSTONE_SIZE_ALIGNED 64
#endif
#if BREAKS == 14
#define DRYSTONE_LARGEST 100
#endif
#if BREAKS == 20
#undef DRYSTONE_REUSES
#undef DRYSTONE_ALL_COMES_BACK
#undef DRYSTONE_ZERO_IS_BLOCK
#endif
#if BREAKS == 16
#undef DRYSTONE_ALL_COMES_BACK
#endif
#if BREAKS == 18
#undef DRYSTONE_FIRST_FIT
#define DRYSTONE_BEST_FIT
#endif

static int calls;
static struct { char *at; size_t size; } mine[5000]; /* live blocks */
static int live, ended;

static int place_of(void *block) {
    int i;
    for (i = 0; i < live; i++)
        if (mine[i].at == block) return i;
    return -1;
}

static void *lent(void *block, size_t size) {
    if (block) mine[live].at = block, mine[live++].size = size;
    return block;
}

int drystone_init(void *arena, size_t size) { return list_init(arena, size); }

void *drystone_malloc(size_t size) {
    char *block;
    calls++;
    if (ended) return NULL;
    if (BREAKS == RETURNS && calls == 5) abort();
    if (BREAKS == OUTSIDE && high - low == 4080 && calls == 3) high[0] = 1;
    if (BREAKS == LIVE && live && mine[0].size && calls == 7) mine[0].at[0]++;
    if (BREAKS == OVERLAPS && live > 2 && size && mine[1].size > size) return lent(mine[1].at, size);
    if (BREAKS == INSIDE && calls == 9 && size) return high - UNIT + sizeof(void *);
    if (BREAKS == ALIGNED && size && size < 1000) { /* still inside, and its own */
        block = list_malloc(size + UNIT);
        return lent(block ? block + 4 : block, size);
    }
    if (BREAKS == ZERO_BLOCK && !size) return NULL;
    if (BREAKS == COMES_BACK && calls > 40 && size > 200) return NULL;
    if (BREAKS == REUSES && calls > 10 && size == 24) return NULL;
    block = list_malloc(size);
    if (BREAKS == FIRST && block && live > 3) { /* another one, higher */
        char *other = list_malloc(size);
        if (other) list_free(block, size), block = other;
    }
    return lent(block, size);
}

void drystone_free(void *block, size_t size) {
    int place = place_of(block);
    if (place < 0) {
        if (BREAKS == BAD_FREE && first) first->next = first->next ? NULL : first;
        return;
    }
    mine[place] = mine[--live];
    if (ended) return;
    list_free(BREAKS == ALIGNED && size && size < 1000 ? (char *)block - 4 : block, size);
}

void *drystone_calloc(size_t count, size_t size) {
    char *block;
    size_t total = count * size;
    if (size && total / size != count) return NULL;
    block = drystone_malloc(total);
    if (block) memset(block, 0, total);
    if (BREAKS == ZERO && block && total > 40) block[total - 1] = 1;
    return block;
}

#if BREAKS != 7
void *drystone_realloc(void *block, size_t old, size_t size) {
    char *moved;
    if (!size) return drystone_free(block, old), BREAKS == AT_ZERO && old > 20 ? block : NULL;
    if (ended || BREAKS == ZERO_BLOCK || BREAKS == COMES_BACK || BREAKS == REUSES || BREAKS == BEST) return NULL;
    moved = list_realloc(block, old, size);
    if (BREAKS == REFUSED && !moved && old > 8) ((char *)block)[old / 2]++;
    if (BREAKS == CONTENTS && moved && old > 8 && size > 8) moved[5]++;
    if (moved) mine[place_of(block)].at = moved, mine[place_of(moved)].size = size;
    return moved;
}
#endif

#if BREAKS == 11
size_t drystone_usable_size(void *block) { return ((struct chunk *)block - 1)->size; }
#endif

#if BREAKS == 20
int drystone_resize(size_t size) { /* over live blocks, too; after that the heap does nothing any more */
    (void)size;
    return ended = 1;
}
#endif

#if BREAKS != 20
size_t drystone_free_bytes(void) {
    return BREAKS == FREE_BYTES && calls > 5 && live == 2 ? (size_t)(high - low) : list_free_bytes();
}

size_t drystone_used_bytes(void) {
    size_t used = (size_t)(high - low) - list_free_bytes();
    return BREAKS == USED_BYTES && calls > 5 ? used / 2 - used / 8 : used;
}
#endif

int drystone_check(void) { return ended ? 1 : BREAKS == WHOLE && calls == 12 ? 0 : list_check(); }
