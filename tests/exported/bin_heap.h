/*
 * The bin heap: segregated free lists with a bitmap, 64-byte granules, large blocks mapped directly.
 *
 *     bins      0      1      2           255
 *             | 64 B | 128 B | 192 B | ... | 16 KiB |   each a list of the free blocks of exactly that size
 *     bitmap    1      0      1             0           bit set exactly if the list is not empty
 *
 * malloc rounds up to granules, finds the first bin that serves with at most four loads of bitmap, takes its
 * first block and splits what is too much.  Only if no bin serves does it map pages, and walk the list of blocks
 * by address to find the place of the new one.  free merges the block with free blocks that touch it, as long as
 * the sum stays within the threshold.  What is larger than the threshold is mapped for itself and unmapped when
 * it is freed.
 *
 * bin_layout.py draws header and tables.  Between any two steps of an operation all lists and the bitmap are in
 * order: a block in hand counts as allocated.
 *
 * Source: the PatchworkOS heap (statements BIN-1 to BIN-16).  Decisions where it is silent:
 *
 * - The machine chooses where new pages lie (Memory.find_place).  Blocks of different mappings that touch may
 *   merge.  Pages of blocks that are kept by address are never unmapped.
 * - A rest that cannot hold a header and 64 bytes is handed out with the block, not split off.
 * - size 0: malloc and calloc return NULL.  realloc of NULL is malloc; realloc to 0 is free and returns NULL.
 * - free(NULL) does nothing.  Of any other address that is not a live block nothing is changed and the caller
 *   is told: BIN_HEAP_INVALID_FREE if it is not aligned or no header can lie before it, BIN_HEAP_HEAP_CORRUPTION
 *   if the magic is lost or
 *   a neighbour in a list does not point back, BIN_HEAP_DOUBLE_FREE if the block is free.  One forgery is
 *   believed: a user who
 *   writes a whole header, magic, flags and two entries whose neighbours, forged too, point back, and frees it.
 * - realloc stays in place where it can: a large block as long as it fits; any other if it fits, or fits
 *   together with a free block behind it.
 * - The lock is a word of the descriptor.  There is one processor: to acquire a held lock is
 * BIN_HEAP_LOCK_ERROR.
 *
 * Written by `drystone export bin_heap`: change the Python, prove it, and export it again.
 */

#ifndef BIN_HEAP_H
#define BIN_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of the descriptor with its tables: what the caller sets aside. */
#define BIN_HEAP_DESCRIPTOR UINT64_C(6208) /* BIN_HEAP_LISTS + struct bin_heap_list_entry.SIZE * (BIN_HEAP_NUM_BINS + 1) */
/* A larger request cannot be rounded up to pages within a machine word; no heap can serve it. */
#define BIN_HEAP_LARGEST_REQUEST UINT64_C(0xffffffffffffe000) /* 2**64 - 2 * BIN_HEAP_PAGE_SIZE */

/* How an operation ended; after anything but OK it has changed nothing, if its comment says so. */
typedef enum {
    BIN_HEAP_OK = 0,
    /* The block at the address is free already; nothing changed. */
    BIN_HEAP_DOUBLE_FREE,
    /* What lies before the address is no intact header; nothing changed. */
    BIN_HEAP_HEAP_CORRUPTION,
    /* The address is not that of a live allocation; nothing changed. */
    BIN_HEAP_INVALID_FREE,
    /* A lock was taken that is held, or something that needs it was called without; nothing changed. */
    BIN_HEAP_LOCK_ERROR,
} bin_heap_status;

/* The descriptor, wherever the caller keeps it, and the documented operations; its tables follow it. */
struct bin_heap {
    uint64_t lock;
};

/*
 * Map pages fresh, zeroed, writable pages of 4096 bytes at address, all or nothing. True iff that could be done;
 * otherwise nothing changes.
 */
bool bin_heap_map(uint64_t address, uint64_t pages);

/* Where pages pages could be mapped: some address, or 0. Only bin_heap_map tells whether they can. */
uint64_t bin_heap_find_place(uint64_t pages);

/* Unmap pages pages from address on, all of which are mapped. */
void bin_heap_unmap(uint64_t address, uint64_t pages);

/*
 * Whether every page that [address, address + size) touches can be read and written. False for a range that
 * leaves the address space; an empty one touches no page.
 */
bool bin_heap_is_mapped(uint64_t address, uint64_t size);

/*
 * Make the descriptor that of a heap without blocks, whatever it held before (_heap_init).
 *
 * Proved: the call costs at most 780 stores.
 */
void bin_heap_init(struct bin_heap *heap);

/*
 * Address of at least size usable bytes, 64-byte aligned, or NULL (BIN-16).
 *
 * Returns NULL, with nothing changed, iff size is 0 or larger than BIN_HEAP_LARGEST_REQUEST, or no free block
 * serves and the machine cannot map more.  BIN_HEAP_LOCK_ERROR if the lock is held.
 *
 * Proved: the call costs at most 110 loads and stores if a free block serves; else 4 more, one per block by
 * address, and the cost of mapping.
 */
bin_heap_status bin_heap_malloc(struct bin_heap *heap, uint64_t size, uint64_t *result);

/*
 * calloc of one object of size bytes.
 *
 * Proved: as malloc with 112, and a store for 8 bytes of the block.
 */
bin_heap_status bin_heap_zalloc(struct bin_heap *heap, uint64_t size, uint64_t *result);

/*
 * Address of count * size bytes, all of them 0, or NULL (BIN-16); as malloc, but for the bytes.
 *
 * NULL, too, if the product is no machine word.
 *
 * Proved: as zalloc of the product.
 */
bin_heap_status bin_heap_calloc(struct bin_heap *heap, uint64_t count, uint64_t size, uint64_t *result);

/*
 * Give the block with payload address back (BIN-13, BIN-16); NULL is ignored.
 *
 * BIN_HEAP_INVALID_FREE, BIN_HEAP_HEAP_CORRUPTION or BIN_HEAP_DOUBLE_FREE, with nothing changed, if no live
 * block begins there. BIN_HEAP_LOCK_ERROR if the lock is held.
 *
 * Proved: the call costs at most 112 loads and stores, and the cost of unmapping the pages of a block mapped for
 * itself.
 */
bin_heap_status bin_heap_free(struct bin_heap *heap, uint64_t address);

/*
 * Address of size bytes that begin with what the block held, or NULL (BIN-16).
 *
 * NULL for address: as malloc.  0 for size: the block is freed, NULL returned.  Otherwise NULL leaves the block
 * as it was.  It moves only if it cannot stay.  Bad addresses are refused as by free.
 *
 * Proved: the call costs at most 226 loads and stores, two per 8 bytes that are copied, what malloc costs beyond
 * its constant, and the cost of unmapping the pages of a block mapped for itself.
 */
bin_heap_status bin_heap_realloc(struct bin_heap *heap, uint64_t address, uint64_t size, uint64_t *result);

#ifdef __cplusplus
}
#endif

#endif /* BIN_HEAP_H */
