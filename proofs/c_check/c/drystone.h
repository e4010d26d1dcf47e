/* drystone.h: what `drystone check --c GLUE.c` asks of an allocator.  MIT licence.

   The glue defines drystone_malloc and drystone_free, and of the other functions those that the heap has.
   Macros that it defines, before or after this file is included, declare what more the heap promises:

   DRYSTONE_ALIGNMENT n           every block lies at a multiple of n (default: 1, nothing)
   DRYSTONE_SIZE_ALIGNED n        a block lies at a multiple of its size rounded up to a power of two, up to n
   DRYSTONE_ZERO_IS_NULL          a request for 0 bytes gives NULL
   DRYSTONE_ZERO_IS_BLOCK         a request for 0 bytes gives a block while no other is live
   DRYSTONE_NO_ZERO_SIZE          nobody may ask for 0 bytes: the check does not
   DRYSTONE_LARGEST n             a request for more than n bytes is refused
   DRYSTONE_ALL_COMES_BACK        when no block is live, what a fresh heap grants is granted again
   DRYSTONE_REUSES                right after a block is freed, a request for as many bytes is granted
   DRYSTONE_FIRST_FIT             a block lies no higher than any other block that was freed, fits, and is still free
   DRYSTONE_BEST_FIT              a block is taken out of no freed block that is larger than the gap around another that fits
   DRYSTONE_SPLITS n              with either: a block is cut from the beginning of a free one, and of what is left all but
                                  n bytes (for its header, for rounding, too few for a block) are free as one block
   DRYSTONE_FREE_NULL             drystone_free(NULL, 0) may be called and does nothing
   DRYSTONE_REALLOC_NULL          drystone_realloc(NULL, 0, n) is drystone_malloc(n)
   DRYSTONE_REALLOC_FREES         drystone_realloc(block, old, 0) frees the block and gives NULL
   DRYSTONE_REFUSES_BAD_FREES     a free of what is no live block changes no byte of the arena

   and what the heap needs:

   DRYSTONE_ARENA_ALIGNMENT n     the arena begins and ends at multiples of n (default 16)
   DRYSTONE_LEAST_ARENA n         no arena is smaller (default 256)
   DRYSTONE_MOST_ARENA n          no arena is larger (default 1 MiB)
   DRYSTONE_ZEROED_ARENA          the arena is full of zeros at first (default: it holds anything)
   DRYSTONE_NO_ARENA              the heap gets its memory elsewhere, and blocks may lie anywhere */
#ifndef DRYSTONE_H
#define DRYSTONE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DRYSTONE_OPTIONAL __attribute__((weak))

/* A block of at least `size` bytes, or NULL. */
DRYSTONE_OPTIONAL void *drystone_malloc(size_t size);
/* The block is not needed any more; `size` is what was asked for last. */
DRYSTONE_OPTIONAL void drystone_free(void *block, size_t size);

/* The heap begins, on [arena, arena + size); nonzero iff it took the arena.  Called once, before all else. */
DRYSTONE_OPTIONAL int drystone_init(void *arena, size_t size);
/* A heap whose arena is its own, an array of its file, say: where it begins, and its bytes in *size. */
DRYSTONE_OPTIONAL void *drystone_arena(size_t *size);
/* A block of `count` times `size` bytes, all zero, or NULL. */
DRYSTONE_OPTIONAL void *drystone_calloc(size_t count, size_t size);
/* The block with `size` > 0 bytes instead of `old`, moved perhaps; or NULL, and the block is as it was.  It is asked for
   0 bytes only where DRYSTONE_REALLOC_FREES is declared. */
DRYSTONE_OPTIONAL void *drystone_realloc(void *block, size_t old, size_t size);
/* A block at a multiple of `alignment`, a power of two that is no less than a pointer's size, or NULL. */
DRYSTONE_OPTIONAL void *drystone_aligned(size_t alignment, size_t size);
/* The bytes of a live block that its owner may use, at least those asked for. */
DRYSTONE_OPTIONAL size_t drystone_usable_size(void *block);
/* The arena ends at its beginning + `size` from now on; nonzero iff the heap agrees.  The bytes are there. */
DRYSTONE_OPTIONAL int drystone_resize(size_t size);
/* Statistics: no more than the arena has beside the live blocks; no less than the live blocks have. */
DRYSTONE_OPTIONAL size_t drystone_free_bytes(void);
DRYSTONE_OPTIONAL size_t drystone_used_bytes(void);
/* The heap looks at itself: nonzero iff it finds itself whole. */
DRYSTONE_OPTIONAL int drystone_check(void);

/* For a heap over sbrk: `#define sbrk drystone_sbrk` in the glue.  It hands out the arena from its beginning on,
   and (void *)-1 when that is used up.  This one we define. */
void *drystone_sbrk(ptrdiff_t bytes);

#ifdef __cplusplus
}
#endif
#endif
