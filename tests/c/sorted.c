/* A heap of our own for the tests: free chunks in a list by size, which is best fit; none is ever merged.
   Right as it stands; DEFECT_UNSORTED puts what a split leaves where the chunk was. */
#include "drystone.h"

#define DRYSTONE_ALIGNMENT (2 * sizeof(void *))
#define DRYSTONE_BEST_FIT
#define DRYSTONE_SPLITS 64
#define DRYSTONE_MOST_ARENA 4096

struct chunk {
    size_t size; /* of all of it */
    struct chunk *next;
};
#define UNIT sizeof(struct chunk)

static struct chunk *list;
static size_t whole;

static void insert(struct chunk *chunk) {
    struct chunk **link = &list;
    while (*link && (*link)->size < chunk->size) link = &(*link)->next;
    chunk->next = *link;
    *link = chunk;
}

int drystone_init(void *arena, size_t size) {
    list = arena;
    list->size = whole = size / UNIT * UNIT;
    list->next = NULL;
    return 1;
}

void *drystone_malloc(size_t size) {
    struct chunk **link = &list, *chunk, *rest;
    size_t need = (size + UNIT - 1) / UNIT * UNIT + UNIT;
    if (size > whole) return NULL;
    while (*link && (*link)->size < need) link = &(*link)->next;
    chunk = *link;
    if (!chunk) return NULL;
    *link = chunk->next;
    if (chunk->size - need >= 2 * UNIT) {
        rest = (struct chunk *)((char *)chunk + need);
        rest->size = chunk->size - need;
        chunk->size = need;
#ifdef DEFECT_UNSORTED
        rest->next = *link;
        *link = rest;
#else
        insert(rest);
#endif
    }
    return chunk + 1;
}

void drystone_free(void *block, size_t size) {
    (void)size;
    insert((struct chunk *)block - 1);
}
