/* A heap with a list of free blocks for each power of two, cut from the arena's end; a block lies at a multiple of its
   size.  Right as it stands; DEFECT_INDEX reads off the table near the largest size. */
#include "drystone.h"

#include <stdint.h>

#define DRYSTONE_SIZE_ALIGNED 4096
#define DRYSTONE_ARENA_ALIGNMENT 4096
#define DRYSTONE_LEAST_ARENA 4096
#define DRYSTONE_MOST_ARENA 65536
#define DRYSTONE_LARGEST 4096
#define DRYSTONE_REUSES
#define DRYSTONE_FREE_NULL

#define SMALLEST 16
#define BINS 9 /* 16 to 4096 */

static struct {
    void *list[BINS];
    void *end[1]; /* what lies behind the table: it is no list of blocks */
    char *next;
    size_t left;
} bins;

static unsigned index_of(size_t size) {
    unsigned index = 0;
    while (index < BINS && ((size_t)SMALLEST << index) < size) index++;
#ifdef DEFECT_INDEX
    if (size > 4096 - 64) index++; /* room for a header that there is none */
#endif
    return index;
}

int drystone_init(void *arena, size_t size) {
    bins.next = arena, bins.left = size;
    bins.end[0] = (void *)8;
    return 1;
}

void *drystone_malloc(size_t size) {
    unsigned index = index_of(size);
    size_t whole = (size_t)SMALLEST << index, skipped;
    void **block;
    if (size > 4096) return NULL;
    block = bins.list[index];
    if (block) {
        bins.list[index] = *block;
        return block;
    }
    skipped = (whole - (uintptr_t)bins.next % whole) % whole;
    if (skipped > bins.left || whole > bins.left - skipped) return NULL;
    block = (void **)(void *)(bins.next + skipped);
    bins.next += skipped + whole, bins.left -= skipped + whole;
    return block;
}

void drystone_free(void *block, size_t size) {
    unsigned index;
    if (!block) return;
    index = index_of(size);
    *(void **)block = bins.list[index];
    bins.list[index] = block;
}
