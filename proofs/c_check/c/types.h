/* types.h: what the driver's files share. */
#ifndef DS_TYPES_H
#define DS_TYPES_H

#include <stddef.h>

#ifdef __cplusplus
#define DS_EXTERN extern "C"
#else
#define DS_EXTERN extern
#endif

typedef unsigned char ds_byte;
typedef unsigned long long ds_word;

/* What the glue declares; the order is that of FACTS in description.py. */
struct ds_facts {
    ds_word alignment, size_aligned, splits, largest, arena_alignment, least_arena, most_arena;
    int has_largest, zero_is_null, zero_is_block, no_zero_size, all_comes_back, reuses, first_fit, best_fit,
        free_null, realloc_null, realloc_frees, refuses_bad_frees, zeroed_arena, no_arena;
};

#endif
