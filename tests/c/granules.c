/* A heap of granules with a bitmap in the heap's own data; free takes the size.  The arena's end may move.
   Right as it stands; each macro named DEFECT_... puts one fault in. */
#include "drystone.h"

#include <stdint.h>
#include <string.h>

#define DRYSTONE_ALIGNMENT GRANULE
#define DRYSTONE_ALL_COMES_BACK
#define DRYSTONE_REUSES
#define DRYSTONE_LARGEST (GRANULES * GRANULE)
#define DRYSTONE_ZERO_IS_NULL
#define DRYSTONE_MOST_ARENA (GRANULES * GRANULE)
#define DRYSTONE_ARENA_ALIGNMENT GRANULE

#define GRANULE 32
#define GRANULES 512

static char *start;
static size_t count, hint;
static uint32_t used[GRANULES / 32 + 1];

static int is_used(size_t granule) { return used[granule / 32] >> granule % 32 & 1; }

int drystone_init(void *arena, size_t size) {
    start = arena;
    count = size / GRANULE;
    return 1;
}

/* Marks `number` granules from `first` on, a word at a time. */
static void mark(size_t first, size_t number, int as_used) {
    while (number) {
        size_t shift = first % 32, some = 32 - shift < number ? 32 - shift : number;
#ifdef DEFECT_SHIFT
        uint32_t bits = (uint32_t)((1u << some) - 1) << shift;
        if (some == 32 && shift == 0 && bits == 0) bits = 0xFFFFFFFFu;
#else
        uint32_t bits = (some == 32 ? 0xFFFFFFFFu : (1u << some) - 1) << shift;
#endif
        if (as_used) used[first / 32] |= bits;
        else used[first / 32] &= ~bits;
        first += some, number -= some;
    }
}

static int fits(size_t first, size_t need) {
    size_t i;
    if (first + need > count) return 0;
    for (i = 0; i < need; i++)
        if (is_used(first + i)) return 0;
    return 1;
}

void *drystone_malloc(size_t size) {
    size_t need = size / GRANULE + (size % GRANULE != 0), tried, here = hint < count ? hint : 0;
    if (!size || need > count) return NULL;
#ifdef DEFECT_ENDLESS
    while (!fits(here, need)) { /* from the hint on, round and round */
        here = here + 1 < count ? here + 1 : 0;
        for (tried = 0; tried < count && is_used(tried); tried++) {}
        if (tried == count) return NULL;
    }
#else
    for (tried = 0; !fits(here, need); tried++) {
        if (tried == count) return NULL;
        here = here + 1 < count ? here + 1 : 0;
    }
#endif
    mark(here, need, 1);
    hint = here + need;
    return start + here * GRANULE;
}

void drystone_free(void *block, size_t size) {
    if (block) mark((size_t)((char *)block - start) / GRANULE, size / GRANULE + (size % GRANULE != 0), 0);
}

int drystone_resize(size_t size) {
    size_t fewer = size / GRANULE, i;
#ifndef DEFECT_SHRINKS_OVER
    for (i = fewer; i < count; i++)
        if (is_used(i)) return 0;
#endif
#ifdef DEFECT_SHIFTED_BITMAP
    if (fewer < count) /* the table is laid anew, a place too low */
        for (i = 1; i < fewer; i++) mark(i - 1, 1, is_used(i));
#endif
    (void)i;
    count = fewer;
    return 1;
}
