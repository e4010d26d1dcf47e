/*
 * The bucket heap: power-of-two blocks in buckets of pages, larger blocks as runs of pages, over extents.
 *
 *     extent       +16                              +bits           +header                             +size
 *       | next, free | entry | entry | entry | ...    | live bits     | page | page | page | ...          |
 *                      kind of page 0, of page 1 ...    a bit per       carved into blocks of 2**k bytes,
 *                      and its links (56 bytes)         8 bytes         or part of a run, or free
 *
 * The page map has an entry for every page.  A *free* page links to the next free page of its extent, by
 * address, through its own first word.  A page of *bucket k* is carved into blocks of 2**k bytes; those given
 * back link through their own first word, those never handed out begin at frontier.  The pages of bucket k that
 * have a block to give form a circular list, whose sentinel is part of the descriptor.  A larger request takes a
 * *run* of pages.  A live bit is set exactly for the first byte of every live block, so free needs to look at
 * one bit to refuse an address; extents are searched one after the other.
 *
 * A bucket page whose last block is freed is a free page again at once, and leaves its bucket.
 *
 * Source: McKusick and Karels, USENIX 1988; xnheap, heap.c (statements BKT-1 to BKT-8).  Decisions where they
 * are silent:
 *
 * - A page is a power of two from 512 to 32768 bytes. An extent is at most 2 GiB, a multiple of the page size,
 *   aligned to it, not at NULL, mapped, apart from the descriptor, and has room for two pages behind its header.
 *   Its map and its live bits have room for as many pages as if it had no header.
 * - A block of one page or of two is the only block of its pages, so its bucket can never hold a free block:
 *   requests above half a page are page runs, of one page, two, or as many as hold them. So a block of up to two
 *   pages has 8, 16, 32 ... bytes, and is aligned to its size, or to the page size if that is less.
 * - Extents are kept in the order of their addresses; "lowest" is lowest over all of them.
 * - Nothing guards a link against stray writes, but every walk ends: a link of extents or of free pages that
 *   leads down is BUCKET_HEAP_HEAP_CORRUPTION. Then nothing changed, but that free may have made the page of its
 *   last block a run of nobody, and that destroy has flushed the extents before.
 * - init, extend, free and destroy return 0 or -BUCKET_HEAP_EINVAL: constants with which nothing here computes.
 *   free(NULL) is -BUCKET_HEAP_EINVAL. A heap that was destroyed has no extent: alloc gives NULL, the others
 *   -BUCKET_HEAP_EINVAL; init revives it.
 *
 * Written by `drystone export bucket_heap`: change the Python, prove it, and export it again.
 */

#ifndef BUCKET_HEAP_H
#define BUCKET_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The largest extent; no larger request can be served. */
#define BUCKET_HEAP_MAX_EXTENT UINT64_C(2147483648) /* 1 << 31 */
#define BUCKET_HEAP_EINVAL UINT64_C(22)
/* Bytes of the descriptor and of the sentinels behind it. */
#define BUCKET_HEAP_DESCRIPTOR UINT64_C(232) /* 5 * 8 + BUCKET_HEAP_BUCKETS * Links.SIZE */

/* How an operation ended; after anything but OK it has changed nothing, if its comment says so. */
typedef enum {
    BUCKET_HEAP_OK = 0,
    /* No intact header lies before the address, or a link of a list leads where none can. */
    BUCKET_HEAP_HEAP_CORRUPTION,
} bucket_heap_status;

/*
 * The descriptor xnheap_t, wherever the caller keeps it, and the documented operations (BKT-1).
 *
 * Directly behind it lie the sentinels of the buckets, for 8 bytes, 16, 32 ...; BUCKET_HEAP_DESCRIPTOR bytes in
 * all. A page has 1 << shift bytes; in each extent the live bits begin at bits, the pages at header.
 */
struct bucket_heap {
    uint64_t extents;
    uint64_t shift;
    uint64_t extent_size;
    uint64_t bits;
    uint64_t header;
};

/* What is called, and the context that it is handed first. */
struct bucket_heap_callback {
    void (*call)(void *context, uint64_t argument_0, uint64_t argument_1);
    void *context;
};

/*
 * Whether every page that [address, address + size) touches can be read and written. False for a range that
 * leaves the address space; an empty one touches no page.
 */
bool bucket_heap_is_mapped(uint64_t address, uint64_t size);

/*
 * Start a heap on the extent [address, address + size) with pages of page_size bytes (xnheap_init, BKT-3).
 *
 * 0: every page behind the extent's header is free, whatever the memory held.  -BUCKET_HEAP_EINVAL, with nothing
 * changed, unless page_size is a power of two from 512 to 32768; address and size are multiples of it; the
 * extent does not begin at NULL, is at most BUCKET_HEAP_MAX_EXTENT, mapped, and apart from the descriptor; and
 * its header leaves room for two pages.
 *
 * The heap does not live: it is new, or was destroyed.  A new descriptor may hold anything, so nothing in it
 * could tell; no extent of a former life would ever be flushed, and its blocks belong to no heap.
 *
 * Proved: a store for each 512 bytes of the extent, 4 for each page, and 37 loads and stores more.
 */
int bucket_heap_init(struct bucket_heap *heap, uint64_t address, uint64_t size, uint64_t page_size);

/*
 * Add the extent [address, address + size), whose pages are all free (xnheap_extend, BKT-6).
 *
 * 0, or -BUCKET_HEAP_EINVAL with nothing changed: unless size is that of the first extent, address a multiple of
 * the page size, the extent mapped, not at NULL, and apart from the descriptor and all extents that the heap
 * has; or if the heap was destroyed.
 *
 * Proved: a load for each extent that the heap has, a store for each 512 bytes of the new one, 4 for each of its
 * pages, and 12 loads and stores more.
 */
bucket_heap_status bucket_heap_extend(struct bucket_heap *heap, uint64_t address, uint64_t size, int *result);

/*
 * Address of size bytes, 8-byte aligned at least, or NULL (xnheap_alloc, BKT-2, BKT-4, BKT-8).
 *
 * Up to half a page: a block of the smallest power of two from 8 that holds them, from its bucket, else from the
 * lowest free page, which joins the bucket.  Above: the lowest run of free pages in one extent that holds them.
 * Returns NULL, with nothing changed, iff size is 0, or the heap was destroyed, or there is neither such a block
 * nor such a page, or no such run.
 *
 * Proved: alloc costs at most 20 loads and stores if the block comes from a page that the bucket has; else at
 * most 27, 2 per extent, one per page of all extents and one per page of one extent.
 */
bucket_heap_status bucket_heap_alloc(const struct bucket_heap *heap, uint64_t size, uint64_t *result);

/*
 * Give the live block at address back (xnheap_free, BKT-5).
 *
 * 0, or -BUCKET_HEAP_EINVAL with nothing changed if no live block begins at address.
 *
 * Proved: free costs at most 38 loads and stores, one per extent and two per page of one extent; a refusal at
 * most 8 and one per extent.
 */
bucket_heap_status bucket_heap_free(const struct bucket_heap *heap, uint64_t address, int *result);

/*
 * Hand each extent to flush(address, size) once, by address; the heap has none (xnheap_destroy, BKT-7).
 *
 * Nothing reads an extent after it was flushed.  0, or -BUCKET_HEAP_EINVAL, with nothing changed, if it was
 * destroyed before.
 *
 * Proved: a load for each extent, and 27 loads and stores more.
 */
bucket_heap_status bucket_heap_destroy(struct bucket_heap *heap, struct bucket_heap_callback flush,
        int *result);

#ifdef __cplusplus
}
#endif

#endif /* BUCKET_HEAP_H */
