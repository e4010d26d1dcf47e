/*
 * The segment heap: first fit over a doubly linked, address-ordered chain of segments.
 *
 *     start                                                            end
 *       | header | payload ... | header | payload ... | header | payload |
 *
 * Every segment is a header of 48 bytes, directly followed by its payload; next and prev link neighbours.
 * allocate takes the first free segment that is large enough, splits what is too much, and grows the heap by
 * whole pages when nothing fits.  free merges with both neighbours.
 *
 * Every header is checked before a call relies on it and before the call writes anything: a header that lost its
 * magic is logged and the call changes nothing.  So is one whose next does not lead up and stay inside the heap,
 * so that every walk ends, whatever happened to the links.  An address is a valid argument of free only if the
 * walk from start reaches a used segment with that payload address, so nothing that a user writes into his own
 * block is ever taken for a header.
 *
 * Source: kernel/mm/heap.h (statements SEG-1 to SEG-14).  Decisions where it is silent: sizes are multiples of
 * 16; a segment is split when the rest holds a header and 16 bytes; init maps 16 pages; a heap that was
 * destructed serves nothing; trim gives back what free pages there are at the end, all but the 16 of init (pages
 * between live blocks stay: the heap is one range).
 *
 * Written by `drystone export segment_heap`: change the Python, prove it, and export it again.
 */

#ifndef SEGMENT_HEAP_H
#define SEGMENT_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SEGMENT_HEAP_INITIAL_PAGES UINT64_C(16)
/* A larger request cannot be rounded up to pages within a machine word; no heap can serve it. */
#define SEGMENT_HEAP_LARGEST_REQUEST UINT64_C(0xffffffffffffe000) /* 2**64 - 2 * SEGMENT_HEAP_PAGE_SIZE */

/* How an operation ended; after anything but OK it has changed nothing, if its comment says so. */
typedef enum {
    SEGMENT_HEAP_OK = 0,
    /* An argument that is refused. */
    SEGMENT_HEAP_VALUE_ERROR,
} segment_heap_status;

/* The descriptor heap_T (SEG-6), wherever the caller keeps it, and the documented operations. */
struct segment_heap {
    uint64_t start;
    uint64_t end;
    uint64_t last_segment;
};

/*
 * Map pages fresh, zeroed, writable pages of 4096 bytes at address, all or nothing. True iff that could be done;
 * otherwise nothing changes.
 */
bool segment_heap_map(uint64_t address, uint64_t pages);

/* Unmap pages pages from address on, all of which are mapped. */
void segment_heap_unmap(uint64_t address, uint64_t pages);

/*
 * Report something to the operator: the i-th pair of braces in message stands for values[i], in hexadecimal if the
 * braces hold :#x. There are count values.
 */
void segment_heap_log(const char *message, size_t count, const uint64_t *values);

/*
 * Start a heap at page-aligned virtual address base > 0 (heap_init, SEG-7).
 *
 * The heap does not live: it is new, or was destructed.  A new descriptor may hold anything, so nothing in it
 * could tell; the pages of a heap that lives would be lost, and its blocks belong to no heap. True:
 * SEGMENT_HEAP_INITIAL_PAGES pages are mapped there and hold one free segment.  False, with nothing changed, iff
 * the machine cannot map them.  SEGMENT_HEAP_VALUE_ERROR for a base that is 0 or not aligned.
 *
 * Proved: init costs at most 16 loads and stores beside the mapping.
 */
segment_heap_status segment_heap_init(struct segment_heap *heap, uint64_t base, bool *result);

/*
 * Address of size usable bytes, 16-byte aligned, or NULL (heap_memory_allocate, SEG-8).
 *
 * Returns NULL iff size is 0; or larger than SEGMENT_HEAP_LARGEST_REQUEST; or a header that the call needs is
 * corrupted (logged, SEG-9); or no free segment fits and the machine cannot map the pages to grow by.  A NULL
 * changes nothing.
 *
 * Proved: allocate costs at most 40 loads and stores, 4 per segment walked, and the cost of mapping the pages
 * that it grows by.
 */
uint64_t segment_heap_allocate(struct segment_heap *heap, uint64_t size);

/*
 * Give the segment with payload address back (heap_memory_free, SEG-11), merging it with free neighbours.
 *
 * Does nothing, but for a log line, if address is not the payload of a used segment (SEG-12) or if a header that
 * the call needs is corrupted.  NULL is ignored silently.
 *
 * Proved: free costs at most 40 loads and stores and 2 per segment walked.
 */
void segment_heap_free(struct segment_heap *heap, uint64_t address);

/*
 * Give the free pages at the end of the heap back, all but the SEGMENT_HEAP_INITIAL_PAGES from its start on;
 * their number.
 *
 * A heap without live block is afterwards as init left it.  0, with nothing changed, if there is no page to give
 * back, or if a header that the call needs is corrupted (logged).
 *
 * Proved: trim costs at most 16 loads and stores and the cost of unmapping the pages that go back.
 */
uint64_t segment_heap_trim(struct segment_heap *heap);

/*
 * Log every segment in address order (heap_dump_segments, SEG-13); stops at a corrupted header.
 *
 * Proved: dump costs at most 4 loads per segment and 2.
 */
void segment_heap_dump(const struct segment_heap *heap);

/*
 * Invalidate every segment, unmap every page and give its frame back (heap_destruct, SEG-14).
 *
 * Corruption is logged; the pages are given back all the same.
 *
 * Proved: destruct costs at most 8 loads and stores, 4 per segment, and the cost of unmapping.
 */
void segment_heap_destruct(struct segment_heap *heap);

#ifdef __cplusplus
}
#endif

#endif /* SEGMENT_HEAP_H */
