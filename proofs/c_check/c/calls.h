/* calls.h: the calls that a user makes, each judged.  A block is known by its id: the number of the request for it. */
#ifndef DS_CALLS_H
#define DS_CALLS_H

#include <time.h>

#include "judge.h"

static ds_word ds_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (ds_word)now.tv_sec * 1000000000u + (ds_word)now.tv_nsec;
}

#define DS_TIMED(call)                              \
    do {                                            \
        ds_word began = ds_clock();                 \
        call;                                       \
        ds_to->nanoseconds += ds_clock() - began;   \
    } while (0)

/* The heap begins: 0 if it does not take the arena, DS_LIES if the arena that it names is no memory. */
static int ds_begin(size_t size, size_t capacity, int place, int fill, unsigned most_blocks) {
    size_t i;
    int taken = 1;
    ds_word seed = 1;
    memset(&ds, 0, sizeof ds);
    ds_to->clause = -1;
    for (i = 0; i < DS_PERIOD; i++) {
        seed = seed * 6364136223846793005ull + 1442695040888963407ull;
        ds_pattern[i] = ds_pattern[i + DS_PERIOD] = (ds_byte)(1 + (seed >> 33) % 255);
    }
    ds.most_blocks = most_blocks;
    ds.live = (struct ds_block *)ds_memory(sizeof(struct ds_block) * most_blocks);
    ds.slot = (unsigned *)ds_memory(sizeof(unsigned) * most_blocks);
    ds.thorough = 1;
    if (drystone_arena) {
        size = 0;
        ds.start = (ds_byte *)drystone_arena(&size);
        ds.size = ds.capacity = size;
        if (!ds_is_memory(ds.start, size)) {
            snprintf(ds_to->detail, sizeof ds_to->detail, "%llu bytes at address 0x%llx", (ds_word)size,
                     (ds_word)(uintptr_t)ds.start);
            return DS_LIES;
        }
    } else if (!ds_facts.no_arena) {
        ds.size = size, ds.capacity = capacity;
        ds_place(capacity, place);
        ds_fill_arena(fill);
    }
    ds.first_size = ds.size;
    if (ds_facts.refuses_bad_frees && ds.capacity) ds.spare = (ds_byte *)ds_memory(ds.capacity);
    if (!drystone_init) return 1;
    ds_before(DS_NOBODY);
    taken = drystone_init(ds.start, ds.size);
    ds_after(DS_NOBODY, ds.size);
    if (taken) ds_owes_statistics();
    return taken != 0;
}

enum ds_kind { DS_MALLOC, DS_CALLOC, DS_ALIGNED, DS_REALLOC };

/* `at` was returned for `size` bytes; `given` is the block that realloc was given. */
static void ds_judge_block(enum ds_kind kind, unsigned id, ds_byte *at, ds_word size, size_t alignment,
                           struct ds_block *given) {
    unsigned spared = given ? given->id : DS_NOBODY;
    size_t just_freed = ds.just_freed, off, kept;
    ds.just_freed = 0;
    ds.result = at, ds.result_size = size;
    ds_after(spared, ds.size);
    ds.result = NULL;
    if (!at && given) {
        off = ds_differs(given->at, given->id, given->size);
        if (off != (size_t)-1)
            DS_FAIL(keeps_refused_block, "byte %llu of block %u, which has %llu bytes", (ds_word)off, given->id,
                    (ds_word)given->size);
    }
    if (at) {
        if (size) {
            ds_owes_room(at, size, spared);
            ds_owes_alignment(at, size, alignment);
        }
        for (off = 0; kind == DS_CALLOC && off < ds_watched((size_t)size); off++)
            if (at[off]) DS_FAIL(is_zero, "byte %llu of %llu", (ds_word)off, size);
        kept = given && given->size < size ? given->size : given ? (size_t)size : 0;
        off = kept ? ds_differs(at, given->id, kept) : (size_t)-1;
        if (off != (size_t)-1) DS_FAIL(keeps_contents, "byte %llu of %llu", (ds_word)off, (ds_word)kept);
        if (size) ds_owes_usable(at, (size_t)size, spared);
    }
    if (!given) ds_owes_size(at, size);
    else if (ds_facts.has_largest && at && size > ds_facts.largest)
        DS_FAIL(no_larger_than_largest, "%llu bytes are granted, the largest is %llu", size, ds_facts.largest);
    if (kind == DS_MALLOC || kind == DS_CALLOC) ds_owes_again(at, size, just_freed);
    if (at && size && (kind == DS_MALLOC || kind == DS_CALLOC)) ds_owes_policy(at, (size_t)size);
    if (at) {
        if (given) ds_remove(given);
        ds_add(id, at, (size_t)size);
        ds_write(ds_find(id));
        ds_to->granted++;
    } else {
        ds_to->refused++;
    }
    ds_owes_statistics();
}

/* The next block's id; its slot is empty. */
static unsigned ds_new_id(void) {
    ds.slot[ds.next_id] = DS_NOBODY;
    return ds.next_id++;
}

/* Whether nobody may ask for so many bytes: such a call is left out. */
static int ds_unasked(ds_word size) { return !size && ds_facts.no_zero_size; }

static void ds_malloc(size_t size) {
    unsigned id = ds_new_id();
    void *at;
    ds_to->step++;
    if (ds_unasked(size)) return;
    ds_before(DS_NOBODY);
    DS_TIMED(at = drystone_malloc(size));
    ds_judge_block(DS_MALLOC, id, (ds_byte *)at, size, 0, NULL);
}

static void ds_calloc(size_t count, size_t size) {
    unsigned id = ds_new_id();
    ds_word product = (ds_word)count * size;
    void *at;
    if (size && product / size != count) product = (ds_word)-1;
    ds_to->step++;
    if (ds_unasked(product)) return;
    ds_before(DS_NOBODY);
    DS_TIMED(at = drystone_calloc(count, size));
    ds_judge_block(DS_CALLOC, id, (ds_byte *)at, product, 0, NULL);
}

static void ds_aligned(size_t alignment, size_t size) {
    unsigned id = ds_new_id();
    void *at;
    ds_to->step++;
    if (ds_unasked(size) || alignment < sizeof(void *) || (alignment & (alignment - 1))) return;
    ds_before(DS_NOBODY);
    DS_TIMED(at = drystone_aligned(alignment, size));
    ds_judge_block(DS_ALIGNED, id, (ds_byte *)at, size, alignment, NULL);
}

static void ds_realloc(unsigned id, size_t size) {
    struct ds_block *block = ds_find(id);
    void *at;
    ds_to->step++;
    if (!block || !size) return;
    ds_before(id);
    DS_TIMED(at = drystone_realloc(block->at, block->size, size));
    ds_judge_block(DS_REALLOC, id, (ds_byte *)at, size, 0, block);
}

static void ds_realloc_null(size_t size) {
    unsigned id = ds_new_id();
    void *at;
    ds_to->step++;
    if (ds_unasked(size)) return;
    ds_before(DS_NOBODY);
    DS_TIMED(at = drystone_realloc(NULL, 0, size));
    ds_judge_block(DS_MALLOC, id, (ds_byte *)at, size, 0, NULL);
}

static void ds_free(unsigned id) {
    struct ds_block *block = ds_find(id);
    ds_to->step++;
    if (!block) return;
    ds_look(block);
    ds_before(id);
    DS_TIMED(drystone_free(block->at, block->size));
    ds_after(id, ds.size);
    ds.just_freed = block->size;
    ds_remove(block);
    ds_owes_statistics();
}

/* realloc to 0 bytes is a free. */
static void ds_realloc_zero(unsigned id) {
    struct ds_block *block = ds_find(id);
    void *at;
    ds_to->step++;
    if (!block) return;
    ds_look(block);
    ds_before(id);
    DS_TIMED(at = drystone_realloc(block->at, block->size, 0));
    ds.result = at;
    ds_after(id, ds.size);
    ds.result = NULL;
    if (at) DS_FAIL(frees_at_zero, "block %u is freed, and the answer is no NULL", id);
    ds.just_freed = block->size;
    ds_remove(block);
    ds_owes_statistics();
}

static void ds_free_null(void) {
    ds_to->step++;
    ds_before(DS_NOBODY);
    drystone_free(NULL, 0);
    ds.just_freed = 0;
    ds_after(DS_NOBODY, ds.size);
    ds_owes_statistics();
}

/* A free of the address arena + `offset`, at which no live block begins. */
static void ds_bad_free(long long offset) {
    ds_byte *address = ds.start + (ptrdiff_t)offset;
    unsigned i;
    ds_to->step++;
    for (i = 0; i < ds.live_count; i++)
        if (ds.live[i].at == address) return;
    memcpy(ds.spare, ds.start, ds.size);
    ds_before(DS_NOBODY);
    drystone_free(address, 1);
    ds.just_freed = 0;
    ds_after(DS_NOBODY, ds.size);
    if (memcmp(ds.spare, ds.start, ds.size) != 0) DS_FAIL(refuses_bad_free, "a free of arena + %lld", offset);
    ds_owes_statistics();
}

/* The arena's end moves. */
static void ds_resize(size_t size) {
    size_t before = ds.size, i;
    int agreed;
    ds_to->step++;
    if (size > ds.capacity || size < ds_facts.least_arena) return;
    if (ds_facts.arena_alignment && size % ds_facts.arena_alignment) return;
    ds_before(DS_NOBODY);
    agreed = drystone_resize(size) != 0;
    ds.just_freed = 0;
    ds.result = agreed ? ds.start : NULL, ds.result_size = 0;
    ds_after(DS_NOBODY, size > before ? size : before);
    ds.result = NULL;
    if (!agreed) return;
    for (i = 0; i < ds.live_count; i++)
        if (ds.live[i].size && ds.live[i].at + ds.live[i].size > ds.start + size)
            DS_FAIL(shrinks_over_no_block, "block %u has %llu bytes at arena + %llu, the arena has %llu now",
                    ds.live[i].id, (ds_word)ds.live[i].size, DS_AT(ds.live[i].at), (ds_word)size);
    ds.size = size;
    ds.holes = 0;
    memset(ds.start + size, DS_CANARY, ds.capacity - size);
    ds_owes_statistics();
}

/* The history is over: every live byte once more. */
static void ds_end(void) {
    ds_look_at_all(DS_NOBODY);
    ds_to->over = 1;
}

/* Calls in a form that can be kept: what, which block or how many, and two numbers. */
struct ds_call {
    ds_word what, a, b;
};

static void ds_do(const struct ds_call *call) {
    switch (call->what) {
    case 'm': ds_malloc((size_t)call->a); break;
    case 'c': ds_calloc((size_t)call->a, (size_t)call->b); break;
    case 'a': ds_aligned((size_t)call->a, (size_t)call->b); break;
    case 'r': ds_realloc((unsigned)call->a, (size_t)call->b); break;
    case 'n': ds_realloc_null((size_t)call->a); break;
    case 'f': ds_free((unsigned)call->a); break;
    case 'e': ds_realloc_zero((unsigned)call->a); break;
    case 'z': ds_free_null(); break;
    case 'b': ds_bad_free((long long)call->a); break;
    case 's': ds_resize((size_t)call->a); break;
    }
}

#endif
