/* A heap of our own for the tests: boundary tags, one list of free chunks, the last freed first; it locks.
   Right as it stands; each macro named DEFECT_... puts one fault in. */
#include "drystone.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>

#define DRYSTONE_ALIGNMENT 16
#define DRYSTONE_ZERO_IS_NULL
#define DRYSTONE_FREE_NULL
#define DRYSTONE_REALLOC_NULL
#define DRYSTONE_REALLOC_FREES
#define DRYSTONE_ALL_COMES_BACK
#define DRYSTONE_LEAST_ARENA 256

/* Every chunk: | before | size, 1 if live | payload ... ; a free one holds its neighbours in the list. */
struct chunk {
    size_t before; /* size of the chunk before it, 0 if it is the first */
    size_t size;   /* of all of it; the lowest bit: live */
    struct chunk *next, *prev;
};
enum { HEAD = 2 * sizeof(size_t), UNIT = 16, LEAST = sizeof(struct chunk) };
#define SIZE(c) ((c)->size & ~(size_t)1)
#define LIVE(c) ((c)->size & 1)
#define AFTER(c) ((struct chunk *)((char *)(c) + SIZE(c)))
#define OF(block) ((struct chunk *)((char *)(block) - PAD - HEAD))
enum { PAD = HEAD % UNIT ? UNIT - HEAD % UNIT : 0, FRONT = HEAD + PAD };

static struct chunk *list, *last;
static char *low, *high;
static size_t used;
#ifdef DEFECT_HANDLES
static unsigned char handles;
#endif
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void insert(struct chunk *c) {
    c->prev = NULL, c->next = list;
    if (list) list->prev = c;
    list = c;
}

static void unlink_chunk(struct chunk *c) {
#ifdef DEFECT_UNLINK /* the next one keeps its way back */
    if (c->prev) c->prev->next = c->next;
    else list = c->next;
    if (c->next && !c->prev) c->next->prev = NULL;
#else
    if (c->prev) c->prev->next = c->next;
    else list = c->next;
    if (c->next) c->next->prev = c->prev;
#endif
}

/* The chunk has that size now, and so says the one behind it. */
static void resize_chunk(struct chunk *c, size_t size, size_t live) {
    c->size = size | live;
#ifdef DEFECT_TAG_OVER_END /* the last chunk has one behind it, too */
    if ((char *)AFTER(c) + sizeof(size_t) <= high + UNIT) AFTER(c)->before = size;
#else
    if ((char *)AFTER(c) < high) AFTER(c)->before = size;
#endif
    if ((char *)AFTER(c) >= high) last = c;
}

int drystone_init(void *arena, size_t size) {
    low = arena, high = low + size / UNIT * UNIT;
#ifdef DEFECT_END /* the room behind the last whole unit counts, too */
    high += UNIT / 2;
#endif
    list = NULL, used = 0;
    ((struct chunk *)low)->before = 0;
    resize_chunk((struct chunk *)low, (size_t)(high - low), 0);
#ifdef DEFECT_UNSET
    list = (struct chunk *)low; /* its links are what the memory held */
#else
    insert((struct chunk *)low);
#endif
    return 1;
}

static size_t need_for(size_t size) {
    size_t need = (size + FRONT + UNIT - 1) / UNIT * UNIT;
    return need < (LEAST + UNIT - 1) / UNIT * UNIT ? (LEAST + UNIT - 1) / UNIT * UNIT : need;
}

static void give(struct chunk *c);

/* What is behind the first `need` bytes of a live chunk becomes free, if a chunk can lie there. */
static void cut(struct chunk *c, size_t need) {
    size_t rest = SIZE(c) - need;
#ifdef DEFECT_REMAINDER_SMALL
    if (rest < HEAD) return;
#else
    if (rest < (LEAST + UNIT - 1) / UNIT * UNIT) return;
#endif
    resize_chunk(c, need, 1);
    AFTER(c)->before = need;
#ifdef DEFECT_NO_MERGE
    resize_chunk(AFTER(c), rest, 0);
    insert(AFTER(c));
#else
    resize_chunk(AFTER(c), rest, 1);
    used += rest;
    give(AFTER(c));
#endif
#ifdef DEFECT_REMAINDER_TWICE
    if (rest == 4 * LEAST) insert(AFTER(c));
#endif
}

static void *take(size_t size) {
    struct chunk *c;
    size_t need = need_for(size);
    if (!size || size > (size_t)(high - low)) return NULL;
#ifdef DEFECT_ONE_SIZE
    if (size == 129) need -= UNIT;
#endif
#ifdef DEFECT_HANDLES
    if (++handles == 0) handles = 200, list = NULL;
#endif
    for (c = list; c && SIZE(c) < need; c = c->next) {}
    if (!c) return NULL;
    unlink_chunk(c);
    resize_chunk(c, SIZE(c), 1);
    cut(c, need);
    used += SIZE(c);
    return (char *)c + FRONT;
}

static void give(struct chunk *c) {
    used -= SIZE(c);
#ifdef DEFECT_LEAKS
    if (SIZE(c) > 512) resize_chunk(c, SIZE(c), 1), c->before = 0; /* the one before it is forgotten */
#endif
    resize_chunk(c, SIZE(c), 0);
#ifdef DEFECT_MERGE_OVER_END
    if (!LIVE(AFTER(c))) {
#else
    if ((char *)AFTER(c) < high && !LIVE(AFTER(c))) {
#endif
        unlink_chunk(AFTER(c));
        resize_chunk(c, SIZE(c) + SIZE(AFTER(c)), 0);
    }
    if (c->before && !LIVE((struct chunk *)((char *)c - c->before))) {
        struct chunk *b = (struct chunk *)((char *)c - c->before);
        unlink_chunk(b);
        resize_chunk(b, SIZE(b) + SIZE(c), 0);
        c = b;
    }
    insert(c);
}

void *drystone_malloc(size_t size) {
    void *block;
    pthread_mutex_lock(&lock);
#ifdef DEFECT_COUNTS_REFUSED
    used += size < (size_t)(high - low) ? need_for(size) : 0;
    block = take(size);
    if (block) used -= need_for(size);
#else
    block = take(size);
#endif
#ifdef DEFECT_LOCK
    if (!block && size > 1000) return NULL;
#endif
    pthread_mutex_unlock(&lock);
    return block;
}

void drystone_free(void *block, size_t size) {
    (void)size;
#ifndef DEFECT_FREE_NULL
    if (!block) return;
#endif
    pthread_mutex_lock(&lock);
#ifdef DEFECT_WIPES /* what was asked for, rounded to a line of the cache */
    memset(block, 0xDD, (size + 63) / 64 * 64 < SIZE(OF(block)) ? SIZE(OF(block)) - FRONT : (size + 63) / 64 * 64);
#endif
    give(OF(block));
    pthread_mutex_unlock(&lock);
}

size_t drystone_usable_size(void *block) {
#ifdef DEFECT_USABLE
    return SIZE(OF(block)) - FRONT + UNIT;
#else
    return SIZE(OF(block)) - FRONT;
#endif
}

void *drystone_calloc(size_t count, size_t size) {
    void *block;
    if (size && count > (size_t)-1 / size) return NULL;
    block = drystone_malloc(count * size);
#ifdef DEFECT_CALLOC_WORDS
    if (block) memset(block, 0, count * size / sizeof(long) * sizeof(long));
#elif defined DEFECT_CALLOC_FRESH /* the first block from the end of the heap is fresh memory, somebody thought */
    if (block && (char *)block + drystone_usable_size(block) != (char *)last) memset(block, 0, count * size);
#else
    if (block) memset(block, 0, count * size);
#endif
    return block;
}

void *drystone_realloc(void *block, size_t old, size_t size) {
    void *other;
    size_t room;
#ifndef DEFECT_REALLOC_OF_NULL
    if (!block) return drystone_malloc(size);
#endif
    if (!size) {
#ifdef DEFECT_REALLOC_TO_NOTHING
        drystone_free(block, old);
        return block;
#elif defined DEFECT_REALLOC_KEEPS
        return NULL;
#else
        drystone_free(block, old);
        return NULL;
#endif
    }
    room = drystone_usable_size(block);
    if (size <= room) {
        pthread_mutex_lock(&lock);
        used -= SIZE(OF(block));
#ifdef DEFECT_SHRINK_LOSES /* the rest is nobody's */
        if (room - size > 256) {
            resize_chunk(OF(block), need_for(size), 1);
        } else
#elif defined DEFECT_SHRINK_OVER
        cut(OF(block), need_for(size) - (size % UNIT == 1 && need_for(size) > 2 * LEAST ? UNIT : 0));
        if (0)
#endif
        cut(OF(block), need_for(size));
        used += SIZE(OF(block));
        pthread_mutex_unlock(&lock);
        return block;
    }
#ifdef DEFECT_REALLOC_FREES
    drystone_free(block, old); /* before it is known whether there is another */
    other = drystone_malloc(size);
    if (other) memmove(other, block, old);
#else
    other = drystone_malloc(size);
    if (!other) return NULL;
#ifdef DEFECT_REALLOC_COPIES_WORDS
    memcpy(other, block, old / sizeof(long) * sizeof(long));
#else
    memcpy(other, block, old);
#endif
    drystone_free(block, old);
#endif
    return other;
}

void *drystone_aligned(size_t alignment, size_t size) {
    struct chunk *c, *b;
    uintptr_t at;
    char *block;
    if (alignment <= UNIT) return drystone_malloc(size);
#ifdef DEFECT_ALIGNED_PAGE
    if (alignment > 4096) alignment = 4096;
#endif
    if (!size || size > (size_t)(high - low) || alignment > (size_t)(high - low)) return NULL;
    block = drystone_malloc(size + alignment + 2 * LEAST);
    if (!block) return NULL;
    at = (uintptr_t)block;
    if (at % alignment) at = (at + 2 * LEAST + alignment - 1) / alignment * alignment;
    pthread_mutex_lock(&lock);
    b = OF(block), c = OF(at);
    used -= SIZE(b);
    if (c != b) { /* what is before it is free again */
        size_t front = (size_t)((char *)c - (char *)b), rest = SIZE(b) - front;
        resize_chunk(b, front, 1);
        c->before = front;
        resize_chunk(c, rest, 1);
        used += front;
#ifndef DEFECT_ALIGNED_LEAKS
        give(b);
#endif
    }
#ifdef DEFECT_ALIGNED_SHORT
    cut(c, need_for(size > 64 ? size - 32 : size));
#else
    cut(c, need_for(size));
#endif
    used += SIZE(c);
    pthread_mutex_unlock(&lock);
    return (char *)c + FRONT;
}

size_t drystone_used_bytes(void) { return used; }
size_t drystone_free_bytes(void) {
#ifdef DEFECT_FREE_BYTES
    return (size_t)(high - low) - used + UNIT;
#else
    return (size_t)(high - low) - used;
#endif
}

int drystone_check(void) {
    struct chunk *c;
    size_t before = 0, n = 0;
    for (c = (struct chunk *)low; (char *)c < high; c = AFTER(c)) {
        if (c->before != before || SIZE(c) < FRONT) return 0;
        before = SIZE(c);
        n += !LIVE(c);
    }
    for (c = list; c && n; c = c->next) n--;
    return (char *)high == (char *)last + SIZE(last) && !n && !c;
}
