/* judge.h: an arena, the blocks that its user holds, and what every call of the heap owes, checked at once.

   The judge of record is the contract in model/heap/; tests compare the two.  The order of the checks is that of the
   clauses there: the first that fails is the one that is reported.  Nothing here calls malloc. */
#ifndef DS_JUDGE_H
#define DS_JUDGE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "drystone.h"
#include "types.h"

#if defined(__SANITIZE_ADDRESS__)
#define DS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define DS_ASAN 1
#endif
#endif
#ifdef DS_ASAN
DS_EXTERN void __asan_poison_memory_region(void const volatile *start, size_t size);
DS_EXTERN void __asan_unpoison_memory_region(void const volatile *start, size_t size);
#endif

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0
#endif

DS_EXTERN const struct ds_facts ds_facts;

#define DS_CLAUSES(X) \
    X(returns) X(touches_nothing_outside) X(keeps_live_blocks) X(keeps_refused_block) X(lies_inside) X(overlaps_none) \
    X(is_aligned) X(is_aligned_to_size) X(is_zero) X(keeps_contents) X(is_usable) X(zero_gives_null) \
    X(zero_gives_block) X(no_larger_than_largest) X(all_comes_back) X(reuses) X(fits_first) X(fits_best) \
    X(refuses_bad_free) X(shrinks_over_no_block) X(frees_at_zero) X(counts_free_bytes) X(counts_used_bytes) X(finds_itself_whole)
enum ds_clause {
#define DS_X(name) ds_##name,
    DS_CLAUSES(DS_X)
#undef DS_X
    ds_clause_count
};
static const char *const ds_clause_names[] = {
#define DS_X(name) #name,
    DS_CLAUSES(DS_X)
#undef DS_X
};

enum { DS_PAGE = 4096, DS_GUARD = 16 * DS_PAGE, DS_CANARY = 0xC5, DS_HOLES = 64, DS_PERIOD = 8191 };
#define DS_WATCHED ((size_t)1 << 16) /* of a block of a heap without arena, so many bytes are looked at */
#define DS_NOBODY 0xFFFFFFFFu

struct ds_block {
    ds_byte *at;
    size_t size;
    unsigned id;
};
struct ds_hole {
    ds_byte *at;
    size_t size;
};

static struct {
    ds_byte *low, *high;  /* what is mapped: the arena and canaries around it, between guard pages */
    ds_byte *start;       /* the arena */
    size_t size, capacity, first_size;
    size_t broken_off;    /* how much of it drystone_sbrk handed out */
    struct ds_block *live;
    unsigned live_count, most_blocks;
    unsigned *slot;       /* block id -> index in live, or DS_NOBODY */
    unsigned next_id;
    size_t live_bytes;
    struct ds_hole hole[DS_HOLES];
    unsigned holes;
    size_t just_freed;    /* the size of the block that the last call freed */
    size_t fresh;         /* the largest request that a fresh heap grants */
    ds_byte *spare;       /* as large as the arena: what it held before a bad free */
    const void *result;   /* of the last call, for who records, and the bytes asked for */
    ds_word result_size;
    int thorough;         /* whether every live byte is looked at after every call */
    unsigned unlooked;    /* calls since all were looked at */
} ds;

static struct ds_report {
    volatile ds_word step; /* calls begun */
    volatile int over;     /* whether the history came to its end */
    volatile int clause;   /* what was violated, or -1 */
    volatile ds_word fault; /* the address of a fault, and whether there was one */
    volatile int faulted;
    ds_word granted, refused, nanoseconds, peak_live, peak_used, fresh;
    char detail[240];
} ds_local, *ds_to = &ds_local;

static void ds_failed(void);                      /* does not return */
static void (*ds_watch)(int after) = NULL;        /* told before and after each call, where somebody records */
static void (*ds_tell)(char what, ds_word value) = NULL; /* and what else the heap says */
static ds_byte ds_pattern[DS_PERIOD * 2];

#define DS_FAIL(which, ...)                                                  \
    do {                                                                     \
        snprintf(ds_to->detail, sizeof ds_to->detail, __VA_ARGS__);          \
        ds_to->clause = ds_##which;                                          \
        ds_failed();                                                         \
    } while (0)

/* ---------------------------------------------------------------- memory */

static void *ds_memory(size_t size) {
    void *found = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return found == MAP_FAILED ? NULL : found;
}

enum { DS_LIES = 2 };

/* Whether there is memory at all of these addresses. */
static int ds_is_memory(const ds_byte *start, size_t size) {
    uintptr_t low = (uintptr_t)start / DS_PAGE * DS_PAGE;
    unsigned char there[256];
    if (!start || !size || size > (size_t)-1 - (uintptr_t)start - DS_PAGE) return 0;
    for (; low < (uintptr_t)start + size; low += sizeof there * DS_PAGE) {
        size_t left = (uintptr_t)start + size - low, most = sizeof there * DS_PAGE;
        if (mincore((void *)low, left < most ? left : most, there) != 0) return 0;
    }
    return 1;
}

static size_t ds_round_up(size_t size, size_t to) { return to ? (size + to - 1) / to * to : size; }

/* Where an arena lies: 0 before a guard page, 1 behind one, 2 across 4 GiB, 3 across 2 GiB; all but 3 with bit 31. */
static void ds_place(size_t capacity, int place) {
    size_t alignment = ds_facts.arena_alignment > DS_PAGE ? (size_t)ds_facts.arena_alignment : DS_PAGE;
    size_t room = ds_round_up(capacity, alignment), half = ds_round_up(room / 2, alignment);
    int wide = sizeof(void *) > 4;
    uintptr_t high = wide ? (uintptr_t)0x2000 << (wide ? 32 : 0) : 0;
    uintptr_t want = (high | (uintptr_t)0x90000000u);
    ds_byte *found;
    if (place == 2) want = (wide ? high + ((uintptr_t)1 << (wide ? 32 : 0)) : (uintptr_t)0xA0000000u) - half;
    if (place == 3) want = (uintptr_t)0x80000000u - half;
    found = (ds_byte *)mmap((void *)(want - DS_GUARD), room + 2 * DS_GUARD, PROT_NONE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (found == MAP_FAILED)
        found = (ds_byte *)mmap(NULL, room + alignment + 2 * DS_GUARD, PROT_NONE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    ds.low = (ds_byte *)ds_round_up((uintptr_t)found + DS_GUARD, alignment);
    ds.high = ds.low + room;
    mprotect(ds.low, room, PROT_READ | PROT_WRITE);
    ds.start = place == 1 ? ds.low : ds.high - capacity;
}

static void ds_fill_arena(int fill) {
    ds_word seed = 88172645463325252ull;
    size_t i;
    memset(ds.low, DS_CANARY, (size_t)(ds.high - ds.low));
    if (ds_facts.zeroed_arena) fill = 0;
    if (fill != 1) {
        memset(ds.start, fill, ds.size);
        return;
    }
    for (i = 0; i < ds.size; i++) {
        seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
        ds.start[i] = (ds_byte)seed;
    }
}

/* What the user of block `id` writes at `offset`: it differs from that of every other block nearby. */
static const ds_byte *ds_wanted(unsigned id, size_t offset) {
    return ds_pattern + ((ds_word)id * 257 + offset) % DS_PERIOD;
}

static size_t ds_watched(size_t size) { return ds_facts.no_arena && size > DS_WATCHED ? DS_WATCHED : size; }

static void ds_write(const struct ds_block *block) {
    size_t size = ds_watched(block->size), done, step;
    for (done = 0; done < size; done += step) {
        step = size - done < DS_PERIOD ? size - done : DS_PERIOD;
        memcpy(block->at + done, ds_wanted(block->id, done), step);
    }
}

/* The first offset below `size` at which the bytes at `at` are not those of block `id`; `size` if there is none. */
static size_t ds_differs(const ds_byte *at, unsigned id, size_t size) {
    size_t done, step, i;
    size = ds_watched(size);
    for (done = 0; done < size; done += step) {
        const ds_byte *wanted = ds_wanted(id, done);
        step = size - done < DS_PERIOD ? size - done : DS_PERIOD;
        if (memcmp(at + done, wanted, step) == 0) continue;
        for (i = 0; at[done + i] == wanted[i]; i++) {}
        return done + i;
    }
    return (size_t)-1;
}

void *drystone_sbrk(ptrdiff_t bytes) {
    ds_byte *was = ds.start + ds.broken_off;
    if ((bytes < 0 && (size_t)-bytes > ds.broken_off) || (bytes > 0 && (size_t)bytes > ds.size - ds.broken_off))
        return (void *)(intptr_t)-1;
    ds.broken_off += (size_t)bytes;
    return was;
}

/* ---------------------------------------------------------------- around each call */

static void ds_poison(unsigned spared, int on) {
#ifdef DS_ASAN
    unsigned i;
    for (i = 0; i < ds.live_count; i++) {
        if (ds.live[i].id == spared || !ds.live[i].size) continue;
        if (on) __asan_poison_memory_region(ds.live[i].at, ds.live[i].size);
        else __asan_unpoison_memory_region(ds.live[i].at, ds.live[i].size);
    }
#else
    (void)spared, (void)on;
#endif
}

static void ds_before(unsigned spared) {
    if (ds_watch) ds_watch(0);
    ds_poison(spared, 1);
}

static void ds_look_outside(const ds_byte *from, const ds_byte *to) {
    for (; from < to; from++)
        if (*from != DS_CANARY) {
            ptrdiff_t off = from - ds.start;
            DS_FAIL(touches_nothing_outside, "the byte at arena %c %llu", off < 0 ? '-' : '+',
                    (ds_word)(off < 0 ? -off : off));
        }
}

static void ds_look(const struct ds_block *block) {
    size_t off = ds_differs(block->at, block->id, block->size);
    if (off != (size_t)-1)
        DS_FAIL(keeps_live_blocks, "byte %llu of block %u, which has %llu bytes", (ds_word)off, block->id,
                (ds_word)block->size);
}

static void ds_look_at_all(unsigned spared) {
    unsigned i;
    for (i = 0; i < ds.live_count; i++)
        if (ds.live[i].id != spared) ds_look(&ds.live[i]);
    ds.unlooked = 0;
}

/* After a call that was given block `spared`, while the arena had `size` bytes at most. */
static void ds_after(unsigned spared, size_t size) {
    ds_poison(spared, 0);
    if (ds_watch) ds_watch(1);
    if (ds.low) {
        ds_look_outside(ds.low, ds.start);
        ds_look_outside(ds.start + size, ds.high);
    }
    if (ds.thorough || ds.live_bytes / 65536 <= ds.unlooked++) ds_look_at_all(spared);
}

/* ---------------------------------------------------------------- the user's blocks */

static struct ds_block *ds_find(unsigned id) {
    return id < ds.next_id && ds.slot[id] != DS_NOBODY ? &ds.live[ds.slot[id]] : NULL;
}

/* The room between the live blocks around an address. */
static void ds_gap(const ds_byte *at, const ds_byte **from, const ds_byte **to) {
    unsigned i;
    *from = ds.start, *to = ds.start + ds.size;
    for (i = 0; i < ds.live_count; i++) {
        const ds_byte *low = ds.live[i].at, *end = low + ds.live[i].size;
        if (low <= at && end > *from) *from = end;
        if (low > at && low < *to) *to = low;
    }
}

/* A block is granted at `at`: what was free between the same neighbours is not what it was, headers being unknown. */
static void ds_fill_gap(ds_byte *at, size_t size) {
    const ds_byte *from, *to;
    struct ds_hole rest = {NULL, 0};
    unsigned i, kept = 0;
    if (!ds_facts.first_fit && !ds_facts.best_fit) return;
    ds_gap(at, &from, &to);
    for (i = 0; i < ds.holes; i++) /* of a freed block that begins here, all but what a split costs is left */
        if (ds_facts.splits && ds.hole[i].at == at && ds.hole[i].size > size + ds_facts.splits) {
            rest.size = ds.hole[i].size - size - (size_t)ds_facts.splits;
            rest.at = at + (ds.hole[i].size - rest.size);
        }
    for (i = 0; i < ds.holes; i++)
        if (ds.hole[i].at < from || ds.hole[i].at >= to) ds.hole[kept++] = ds.hole[i];
    if (rest.size) ds.hole[kept++] = rest;
    ds.holes = kept;
}

static void ds_add(unsigned id, ds_byte *at, size_t size) {
    ds_fill_gap(at, size);
    ds.slot[id] = ds.live_count;
    ds.live[ds.live_count].at = at;
    ds.live[ds.live_count].size = size;
    ds.live[ds.live_count++].id = id;
    ds.live_bytes += size;
    if (ds.live_bytes > ds_to->peak_live) ds_to->peak_live = ds.live_bytes;
    if (!ds_facts.no_arena && size && (size_t)(at + size - ds.start) > ds_to->peak_used)
        ds_to->peak_used = (size_t)(at + size - ds.start);
}

static void ds_remove(struct ds_block *block) {
    struct ds_hole hole;
    hole.at = block->at, hole.size = block->size;
    ds.live_bytes -= block->size;
    ds.slot[block->id] = DS_NOBODY;
    *block = ds.live[--ds.live_count];
    if (block < ds.live + ds.live_count) ds.slot[block->id] = (unsigned)(block - ds.live);
    if (!hole.size) return;
    if (ds.holes == DS_HOLES) memmove(ds.hole, ds.hole + 1, sizeof(ds.hole[0]) * --ds.holes);
    ds.hole[ds.holes++] = hole;
}

/* ---------------------------------------------------------------- what a granted block owes */

#define DS_AT(p) (ds_word)((uintptr_t)(p) - (uintptr_t)ds.start)

static int ds_apart(const ds_byte *a, size_t size, const ds_byte *b, size_t other) {
    if (!size || !other) return 1;
    return (uintptr_t)a + (size - 1) < (uintptr_t)b || (uintptr_t)b + (other - 1) < (uintptr_t)a;
}

static void ds_owes_room(ds_byte *at, ds_word size, unsigned spared) {
    unsigned i;
    if (!ds_facts.no_arena &&
        (at < ds.start || size > ds.size || (size_t)(at - ds.start) > ds.size - (size_t)size))
        DS_FAIL(lies_inside, "%llu bytes at arena + %lld, whose size is %llu", size, (long long)DS_AT(at),
                (ds_word)ds.size);
    if (ds_facts.no_arena && size > (size_t)-1 - (uintptr_t)at)
        DS_FAIL(lies_inside, "%llu bytes at %llx: they end behind the last address", size, (ds_word)(uintptr_t)at);
    for (i = 0; i < ds.live_count; i++)
        if (ds.live[i].id != spared && !ds_apart(at, (size_t)size, ds.live[i].at, ds.live[i].size))
            DS_FAIL(overlaps_none, "%llu bytes at arena + %lld, block %u has %llu bytes at arena + %lld", size,
                    (long long)DS_AT(at), ds.live[i].id, (ds_word)ds.live[i].size, (long long)DS_AT(ds.live[i].at));
}

static void ds_owes_alignment(ds_byte *at, ds_word size, size_t alignment) {
    size_t power = 1;
    if (ds_facts.alignment > 1 && (uintptr_t)at % (size_t)ds_facts.alignment)
        DS_FAIL(is_aligned, "a block at address %llx, alignment %llu", (ds_word)(uintptr_t)at, ds_facts.alignment);
    if (alignment && (uintptr_t)at % alignment)
        DS_FAIL(is_aligned, "a block at address %llx, alignment %llu", (ds_word)(uintptr_t)at, (ds_word)alignment);
    if (!ds_facts.size_aligned || !size) return;
    while (power < size && power < ds_facts.size_aligned) power *= 2;
    if ((uintptr_t)at % power)
        DS_FAIL(is_aligned_to_size, "%llu bytes at address %llx", size, (ds_word)(uintptr_t)at);
}

static void ds_owes_usable(ds_byte *at, size_t size, unsigned spared) {
    size_t usable, room;
    unsigned i;
    if (!drystone_usable_size) return;
    usable = drystone_usable_size(at);
    if (ds_tell) ds_tell('V', usable);
    room = ds_facts.no_arena ? (size_t)-1 - (uintptr_t)at : ds.size - (size_t)(at - ds.start);
    if (usable < size || usable > room)
        DS_FAIL(is_usable, "%llu usable bytes of a block of %llu", (ds_word)usable, (ds_word)size);
    for (i = 0; i < ds.live_count; i++)
        if (ds.live[i].id != spared && !ds_apart(at, usable, ds.live[i].at, ds.live[i].size))
            DS_FAIL(is_usable, "%llu usable bytes of a block of %llu reach into block %u", (ds_word)usable,
                    (ds_word)size, ds.live[i].id);
}

static void ds_owes_size(ds_byte *at, ds_word size) {
    if (!size && ds_facts.zero_is_null && at) DS_FAIL(zero_gives_null, "0 bytes at arena + %lld", (long long)DS_AT(at));
    if (!size && ds_facts.zero_is_block && !at && !ds.live_count)
        DS_FAIL(zero_gives_block, "no block is live, and 0 bytes are refused");
    if (ds_facts.has_largest && at && size > ds_facts.largest)
        DS_FAIL(no_larger_than_largest, "%llu bytes are granted, the largest is %llu", size, ds_facts.largest);
}

/* Of a request for an aligned block neither is said: it may need more than its bytes. */
static void ds_owes_again(ds_byte *at, ds_word size, size_t just_freed) {
    if (ds_facts.all_comes_back && ds.size == ds.first_size && size && size <= ds.fresh && !ds.live_count && !at)
        DS_FAIL(all_comes_back, "%llu bytes are refused, a fresh heap grants %llu", size, (ds_word)ds.fresh);
    if (ds_facts.reuses && size && size == just_freed && !at)
        DS_FAIL(reuses, "%llu bytes are refused, as many were just freed", size);
}

static void ds_owes_policy(ds_byte *at, size_t size) {
    unsigned i, j;
    for (i = 0; i < ds.holes; i++) {
        if (ds.hole[i].size < size) continue;
        if (ds_facts.first_fit && at > ds.hole[i].at)
            DS_FAIL(fits_first, "%llu bytes at arena + %lld, %llu are free at arena + %lld", (ds_word)size,
                    (long long)DS_AT(at), (ds_word)ds.hole[i].size, (long long)DS_AT(ds.hole[i].at));
    }
    if (!ds_facts.best_fit) return;
    for (i = 0; i < ds.holes; i++) {
        const ds_byte *from, *to;
        if (ds.hole[i].size < size) continue;
        ds_gap(ds.hole[i].at, &from, &to);
        for (j = 0; j < ds.holes; j++)
            if (at >= ds.hole[j].at && at < ds.hole[j].at + ds.hole[j].size && ds.hole[j].size > (size_t)(to - from))
                DS_FAIL(fits_best, "%llu bytes out of %llu, %llu are free at arena + %lld", (ds_word)size,
                        (ds_word)ds.hole[j].size, (ds_word)ds.hole[i].size, (long long)DS_AT(ds.hole[i].at));
    }
}

static void ds_owes_statistics(void) {
    if (drystone_free_bytes && !ds_facts.no_arena) {
        size_t found = drystone_free_bytes();
        if (ds_tell) ds_tell('F', found);
        if (found > ds.size - ds.live_bytes)
            DS_FAIL(counts_free_bytes, "%llu free, arena %llu, %llu live", (ds_word)found, (ds_word)ds.size,
                    (ds_word)ds.live_bytes);
    }
    if (drystone_used_bytes) {
        size_t found = drystone_used_bytes();
        if (ds_tell) ds_tell('T', found);
        if (found < ds.live_bytes || (!ds_facts.no_arena && found > ds.size))
            DS_FAIL(counts_used_bytes, "%llu used, arena %llu, %llu live", (ds_word)found, (ds_word)ds.size,
                    (ds_word)ds.live_bytes);
    }
    if (drystone_check) {
        int whole = drystone_check();
        if (ds_tell) ds_tell('W', whole != 0);
        if (!whole) DS_FAIL(finds_itself_whole, "drystone_check gives 0");
    }
}

#endif
