/* facts.h: what the glue declares and defines, as data.  Read at the end of the file that includes the glue. */
#include "drystone.h"

#ifndef DRYSTONE_ALIGNMENT
#define DRYSTONE_ALIGNMENT 1
#endif
#ifndef DRYSTONE_SIZE_ALIGNED
#define DRYSTONE_SIZE_ALIGNED 0
#endif
#ifndef DRYSTONE_SPLITS
#define DRYSTONE_SPLITS 0
#endif
#ifdef DRYSTONE_LARGEST
#define DS_HAS_LARGEST 1
#else
#define DS_HAS_LARGEST 0
#define DRYSTONE_LARGEST 0
#endif
#ifndef DRYSTONE_ARENA_ALIGNMENT
#define DRYSTONE_ARENA_ALIGNMENT 16
#endif
#ifndef DRYSTONE_LEAST_ARENA
#define DRYSTONE_LEAST_ARENA 256
#endif
#ifndef DRYSTONE_MOST_ARENA
#define DRYSTONE_MOST_ARENA (1 << 20)
#endif
#ifdef DRYSTONE_ZERO_IS_NULL
#define DS_ZERO_IS_NULL 1
#else
#define DS_ZERO_IS_NULL 0
#endif
#ifdef DRYSTONE_ZERO_IS_BLOCK
#define DS_ZERO_IS_BLOCK 1
#else
#define DS_ZERO_IS_BLOCK 0
#endif
#ifdef DRYSTONE_NO_ZERO_SIZE
#define DS_NO_ZERO_SIZE 1
#else
#define DS_NO_ZERO_SIZE 0
#endif
#ifdef DRYSTONE_ALL_COMES_BACK
#define DS_ALL_COMES_BACK 1
#else
#define DS_ALL_COMES_BACK 0
#endif
#ifdef DRYSTONE_REUSES
#define DS_REUSES 1
#else
#define DS_REUSES 0
#endif
#ifdef DRYSTONE_FIRST_FIT
#define DS_FIRST_FIT 1
#else
#define DS_FIRST_FIT 0
#endif
#ifdef DRYSTONE_BEST_FIT
#define DS_BEST_FIT 1
#else
#define DS_BEST_FIT 0
#endif
#ifdef DRYSTONE_FREE_NULL
#define DS_FREE_NULL 1
#else
#define DS_FREE_NULL 0
#endif
#ifdef DRYSTONE_REALLOC_NULL
#define DS_REALLOC_NULL 1
#else
#define DS_REALLOC_NULL 0
#endif
#ifdef DRYSTONE_REALLOC_FREES
#define DS_REALLOC_FREES 1
#else
#define DS_REALLOC_FREES 0
#endif
#ifdef DRYSTONE_REFUSES_BAD_FREES
#define DS_REFUSES_BAD_FREES 1
#else
#define DS_REFUSES_BAD_FREES 0
#endif
#ifdef DRYSTONE_ZEROED_ARENA
#define DS_ZEROED_ARENA 1
#else
#define DS_ZEROED_ARENA 0
#endif
#ifdef DRYSTONE_NO_ARENA
#define DS_NO_ARENA 1
#else
#define DS_NO_ARENA 0
#endif

#include "types.h"

DS_EXTERN const struct ds_facts ds_facts;
const struct ds_facts ds_facts = {
    DRYSTONE_ALIGNMENT, DRYSTONE_SIZE_ALIGNED, DRYSTONE_SPLITS, DRYSTONE_LARGEST, DRYSTONE_ARENA_ALIGNMENT,
    DRYSTONE_LEAST_ARENA, DRYSTONE_MOST_ARENA, DS_HAS_LARGEST, DS_ZERO_IS_NULL, DS_ZERO_IS_BLOCK, DS_NO_ZERO_SIZE, DS_ALL_COMES_BACK,
    DS_REUSES, DS_FIRST_FIT, DS_BEST_FIT, DS_FREE_NULL, DS_REALLOC_NULL, DS_REALLOC_FREES,
    DS_REFUSES_BAD_FREES, DS_ZEROED_ARENA, DS_NO_ARENA};
