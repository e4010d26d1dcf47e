/* A heap that counts in units of 8 bytes: each block has a word before it, its units and whether it is used.
   Right as it stands; DEFECT_COUNT keeps the units that are asked for in 16 bits. */
#include "drystone.h"

#include <stdint.h>

#define DRYSTONE_ALIGNMENT 8
#define DRYSTONE_ARENA_ALIGNMENT 8
#define DRYSTONE_ALL_COMES_BACK
#ifdef DEFECT_COUNT
typedef uint16_t units;
#else
typedef size_t units;
#endif

static uint64_t *word, *end; /* units << 1 | used, the header counted */

int drystone_init(void *arena, size_t size) {
    word = arena, end = word + size / 8;
    *word = (uint64_t)(size / 8) << 1;
    return 1;
}

void *drystone_malloc(size_t size) {
    uint64_t *here;
    units need;
    if (size > SIZE_MAX - 64) return NULL;
    need = (units)((size + 7) / 8 + 1);
    for (here = word; here < end; here += *here >> 1) {
        while (!(*here & 1) && here + (*here >> 1) < end && !(here[*here >> 1] & 1)) *here += here[*here >> 1];
        if ((*here & 1) || *here >> 1 < need) continue;
        if (*here >> 1 > need) here[need] = ((*here >> 1) - need) << 1;
        *here = (uint64_t)need << 1 | 1;
        return here + 1;
    }
    return NULL;
}

void drystone_free(void *block, size_t size) {
    (void)size;
    ((uint64_t *)block)[-1] &= ~(uint64_t)1;
}
