/* generate.h: random histories; a seed and a number determine each.

   Sizes are biased to the edges: powers of two and their neighbours, the arena's size, the word's end, products that
   wrap.  A history fills the heap, empties it, or churns, for a while each. */
#ifndef DS_GENERATE_H
#define DS_GENERATE_H

#include "calls.h"

struct ds_plan {
    size_t size, capacity;
    int place, fill;
};

static struct {
    ds_word state;
    int length;         /* calls of this history, at most */
    int mood;           /* 0 fills, 1 churns, 2 empties */
    int mood_left;
    int victims;        /* which block goes: 0 any, 1 youngest, 2 oldest, 3 every other one */
    int huge;           /* of 100 requests, so many are of an edge */
    int moves;          /* of 100 calls, so many resize a block */
    size_t most;        /* the usual sizes are up to here */
    size_t same;        /* all have this size, if not 0 */
    size_t last;        /* what was asked for last */
    unsigned most_live;
} ds_gen;

static ds_word ds_random(void) {
    ds_word z = ds_gen.state += 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}
static size_t ds_below(size_t limit) { return limit ? (size_t)(ds_random() % limit) : 0; }
static int ds_percent(int chance) { return (int)ds_below(100) < chance; }

static struct ds_plan ds_plan_of(ds_word seed, ds_word number) {
    struct ds_plan plan;
    size_t least = (size_t)ds_facts.least_arena, most = (size_t)ds_facts.most_arena, up, unit;
    ds_gen.state = seed * 0xD1342543DE82EF95ull + number;
    ds_random();
    unit = ds_facts.arena_alignment ? (size_t)ds_facts.arena_alignment : 1;
    up = ds_percent(50) ? 4096 : ds_percent(85) ? 65536 : most;
    if (up > most || up < least) up = most < 65536 || up == most ? most : least > 65536 ? most : least * 4;
    if (up > most) up = most;
    plan.size = least + ds_below(up - least + 1);
    if (ds_percent(25)) {
        size_t power = 1;
        while (power < plan.size) power *= 2;
        plan.size = power <= most ? power + (ds_percent(30) ? unit : 0) : plan.size;
    }
    if (ds_percent(3)) plan.size = most;
    if (ds_percent(3)) plan.size = least;
    plan.size = plan.size / unit * unit;
    if (plan.size < least) plan.size = ds_round_up(least, unit);
    if (plan.size > most) plan.size = most / unit * unit;
    plan.capacity = plan.size;
    if (drystone_resize) plan.capacity += ds_below(plan.size + 1) / unit * unit;
    if (plan.capacity > most) plan.capacity = most / unit * unit;
    plan.place = (int)ds_below(4);
    plan.fill = ds_percent(60) ? 1 : ds_percent(50) ? 0xFF : 0;
    return plan;
}

static void ds_style(int length) {
    static const int part[] = {20, 60, 150, 300};
    static const int share[] = {2, 4, 16, 64, 256};
    int of = part[ds_below(4)];
    size_t arena = ds_facts.no_arena ? 65536 : ds.size;
    ds_gen.length = length > 300 ? length : of < length ? of : length;
    ds_gen.mood = 0, ds_gen.mood_left = (int)ds_below(60);
    ds_gen.victims = (int)ds_below(4);
    ds_gen.huge = ds_percent(50) ? 0 : (int)ds_below(30);
    ds_gen.moves = drystone_realloc ? (int)ds_below(40) : 0;
    ds_gen.most = arena / (size_t)share[ds_below(5)] + 1;
    ds_gen.same = ds_percent(30) ? 1 + ds_below(ds_percent(50) ? 64 : ds_gen.most) : 0;
    ds_gen.most_live = ds_percent(70) ? 1024 : 1 + (unsigned)ds_below(40);
}

static size_t ds_near(size_t centre) {
    size_t off = ds_percent(70) ? ds_below(4) : ds_below(80);
    return ds_percent(50) ? centre - off : centre + off;
}

/* A size that some arithmetic may not bear. */
static size_t ds_edge(void) {
    int bits = (int)sizeof(size_t) * 8;
    size_t arena = ds_facts.no_arena ? 65536 : ds.size;
    switch (ds_below(9)) {
    case 0: return (size_t)0 - ds_below(ds_percent(70) ? 80 : 5000);
    case 1: return ds_near((size_t)1 << ds_below((size_t)bits));
    case 2: return ds_near((size_t)1 << (15 + ds_below((size_t)bits - 15)));
    case 3: return ds_near((size_t)0 - (uintptr_t)ds.start);
    case 4: return ds_near(arena);
    case 5: return ds_near(((size_t)1 << 16) * (1 + ds_below(64)));
    case 6: return ds_near(arena > ds.live_bytes ? arena - ds.live_bytes : arena);
    case 7: return ds_near((size_t)0 - arena);
    default: return ds_near((size_t)1 << (bits / 2)) + (ds_percent(50) ? ds_below(arena) : 0);
    }
}

static size_t ds_usual(void) {
    size_t power = 1;
    if (ds_gen.same && !ds_percent(5)) return ds_gen.same;
    switch (ds_below(10)) {
    case 0: case 1: case 2: return ds_below(65);
    case 3: case 4: return ds_below(ds_gen.most + 1);
    case 5: while (power < ds_gen.most && ds_percent(80)) power *= 2; return ds_near(power) & 0xFFFFFFFu;
    case 6: return ds_near(ds_gen.last) & 0xFFFFFFFu;
    case 7: if (ds.live_count) return ds_near(ds.live[ds_below(ds.live_count)].size) & 0xFFFFFFFu; /* fall through */
    default: return 1 + ds_below(ds_below(ds_gen.most) + 1);
    }
}

static size_t ds_size(void) {
    size_t size;
    do {
        size = ds_percent(ds_gen.huge) ? ds_edge() : ds_usual();
        if (ds_facts.all_comes_back && !ds.live_count && ds_percent(30)) size = ds.fresh;
        if (ds_facts.no_arena && size > (1 << 20) && size < (size_t)-1 / 4) size = ds_below(1 << 20);
        if (!size && ds_facts.no_zero_size) size = 1;
    } while (!size && ds_percent(70));
    return ds_gen.last = size;
}

static unsigned ds_victim(void) {
    unsigned i, best = 0;
    if (ds_gen.victims == 0) return ds.live[ds_below(ds.live_count)].id;
    for (i = 1; i < ds.live_count; i++) {
        unsigned id = ds.live[i].id, than = ds.live[best].id;
        if (ds_gen.victims == 1 ? id > than : ds_gen.victims == 2 ? id < than : (id & 1) > (than & 1)) best = i;
    }
    return ds.live[best].id;
}

static struct ds_call ds_request(void) {
    struct ds_call call = {'m', 0, 0};
    if (drystone_calloc && ds_percent(15)) {
        size_t size = ds_size(), of = ds_percent(50) ? 1 : 1 + ds_below(16);
        call.what = 'c', call.a = size / of + (of > 1), call.b = of;
        if (ds_gen.huge && ds_percent(ds_gen.huge)) {
            call.b = ds_percent(50) ? ds_near((size_t)1 << ds_below(sizeof(size_t) * 8)) : 1 + ds_below(64);
            if (!call.b) call.b = 3;
            call.a = (size_t)-1 / (size_t)call.b + 1 + ds_below(3);
            if (ds_percent(20)) call.a = (((ds_word)1 << 32) + ds_below(64)) / call.b + ds_below(2);
            if (ds_percent(20)) call.a = (((ds_word)1 << 16) + ds_below(64)) / call.b + ds_below(2);
        }
        if (ds_facts.no_arena && call.a > (1 << 20) / call.b && call.a < (size_t)-1 / 4 / call.b)
            call.a = ds_below((1 << 20) / (size_t)call.b + 1); /* it may well be granted, and takes long to clear */
        if (ds_percent(50)) { ds_word a = call.a; call.a = call.b, call.b = a; }
        if (ds_facts.no_zero_size && !(call.a && call.b)) call.a = call.b = 1;
    } else if (drystone_aligned && ds_percent(15)) {
        call.what = 'a', call.a = (size_t)1 << ds_below(ds_percent(80) ? 8 : ds_percent(75) ? 13 : 18), call.b = ds_size();
        if (call.a < sizeof(void *)) call.a = sizeof(void *);
    } else {
        call.a = ds_size();
        if (ds_facts.realloc_null && drystone_realloc && ds_percent(10)) call.what = 'n';
    }
    return call;
}

static struct ds_call ds_release(void) {
    struct ds_call call = {'f', 0, 0};
    if (ds_facts.realloc_frees && drystone_realloc && ds_percent(10)) call.what = 'e';
    call.a = ds_victim();
    return call;
}

static struct ds_call ds_stray(void) {
    struct ds_call call = {'b', 0, 0};
    if (ds.holes && ds_percent(50)) call.a = (ds_word)(ds.hole[ds_below(ds.holes)].at - ds.start);
    else if (ds.live_count && ds_percent(60)) call.a = (ds_word)(ds.live[ds_below(ds.live_count)].at - ds.start) + 1 +
                                                        ds_below(ds_percent(50) ? 4 : 64) * (ds_percent(70) ? 8 : 1);
    else call.a = (ds_word)ds_near(ds_percent(50) ? 0 : ds.size);
    if (sizeof(size_t) == 4 && call.a > 0x7FFFFFFFu) call.a |= 0xFFFFFFFF00000000ull;
    return call;
}

static struct ds_call ds_next(void) {
    struct ds_call call = {'m', 0, 0};
    int allocs;
    if (ds_gen.mood_left-- <= 0) ds_gen.mood = (int)ds_below(3), ds_gen.mood_left = (int)ds_below(64);
    if (ds_facts.refuses_bad_frees && ds_percent(5)) return ds_stray();
    if (ds_facts.free_null && ds_percent(2)) { call.what = 'z'; return call; }
    if (drystone_resize && ds_percent(6)) {
        size_t unit = ds_facts.arena_alignment ? (size_t)ds_facts.arena_alignment : 1;
        call.what = 's', call.a = ds_percent(50) ? ds_below(ds.capacity + 1) : ds_near(ds.size);
        if (call.a > ds.capacity) call.a = ds.capacity;
        call.a = call.a / unit * unit;
        if (call.a < ds_facts.least_arena) call.a = ds_round_up((size_t)ds_facts.least_arena, unit);
        return call;
    }
    if (ds.live_count && ds_percent(ds_gen.moves)) {
        call.what = 'r', call.a = ds_percent(50) ? ds_victim() : ds.live[ds_below(ds.live_count)].id;
        call.b = ds_percent(30) ? ds_near(ds_find((unsigned)call.a)->size) & 0xFFFFFFFu : ds_size();
        if (!call.b) call.b = 1;
        return call;
    }
    if (ds_facts.reuses && ds.just_freed && ds_percent(60)) { call.a = ds.just_freed; return call; }
    allocs = ds_gen.mood == 0 ? 88 : ds_gen.mood == 1 ? 50 : 12;
    if (!ds.live_count || (ds_percent(allocs) && ds.live_count < ds_gen.most_live)) return ds_request();
    return ds_release();
}

/* The heap is emptied, and asked for all that it had. */
static int ds_last(struct ds_call *call) {
    call->b = 0;
    if (ds.live_count) return *call = ds_release(), 1;
    call->what = 'm', call->a = ds.fresh;
    return ds_facts.all_comes_back && ds.fresh;
}

#endif
