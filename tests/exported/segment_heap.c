/*
 * segment_heap: see the header. Written by `drystone export segment_heap`: change the Python, prove it, and
 * export it again.
 */

#include "segment_heap.h"

#define SEGMENT_HEAP_PAGE_SIZE UINT64_C(4096)
#define SEGMENT_HEAP_MAGIC UINT64_C(0x5E60BEEF)
#define SEGMENT_HEAP_GRANULE UINT64_C(16)
#define SEGMENT_HEAP_SIZEOF_SEGMENT UINT64_C(48)

/* Header of a segment (SEG-1, SEG-2): size counts payload bytes; next and prev are NULL at the ends. */
struct segment_heap_segment {
    uint32_t magic;
    uint8_t padding_4[4];
    uint64_t size;
    uint8_t free; /* a flag: 0, or anything else for true */
    uint8_t padding_17[7];
    uint64_t next;
    uint64_t prev;
    uint8_t padding_40[8];
};

/* The layout of which everything is proved: a field elsewhere does not compile. */
#define SEGMENT_HEAP_CHECK(name, holds) typedef char segment_heap_check_##name[(holds) ? 1 : -1]
SEGMENT_HEAP_CHECK(segment_heap_segment_magic, offsetof(struct segment_heap_segment, magic) == 0);
SEGMENT_HEAP_CHECK(segment_heap_segment_size, offsetof(struct segment_heap_segment, size) == 8);
SEGMENT_HEAP_CHECK(segment_heap_segment_free, offsetof(struct segment_heap_segment, free) == 16);
SEGMENT_HEAP_CHECK(segment_heap_segment_next, offsetof(struct segment_heap_segment, next) == 24);
SEGMENT_HEAP_CHECK(segment_heap_segment_prev, offsetof(struct segment_heap_segment, prev) == 32);
SEGMENT_HEAP_CHECK(segment_heap_segment, sizeof(struct segment_heap_segment) == 48);
SEGMENT_HEAP_CHECK(segment_heap_start, offsetof(struct segment_heap, start) == 0);
SEGMENT_HEAP_CHECK(segment_heap_end, offsetof(struct segment_heap, end) == 8);
SEGMENT_HEAP_CHECK(segment_heap_last_segment, offsetof(struct segment_heap, last_segment) == 16);
SEGMENT_HEAP_CHECK(segment_heap, sizeof(struct segment_heap) == 24);

static inline struct segment_heap_segment *segment_heap_segment_at(uint64_t address)
{
    return (struct segment_heap_segment *)(uintptr_t)address;
}

/* The address of what is viewed. */
static inline uint64_t segment_heap_address(const void *view)
{
    return (uint64_t)(uintptr_t)view;
}

static inline uint64_t segment_heap_max(uint64_t a, uint64_t b)
{
    return b > a ? b : a;
}

/* Write the header of a free segment without successor at address. */
static inline struct segment_heap_segment *segment_heap_place(uint64_t address, uint64_t size,
        uint64_t previous)
{
    struct segment_heap_segment *segment = segment_heap_segment_at(address);
    segment->magic = SEGMENT_HEAP_MAGIC;
    segment->size = size;
    segment->free = 1;
    segment->next = 0;
    segment->prev = previous;
    return segment;
}

/* Whether value is a multiple of alignment (> 0). */
static inline bool segment_heap_is_aligned(uint64_t value, uint64_t alignment)
{
    return value % alignment == 0;
}

segment_heap_status segment_heap_init(struct segment_heap *heap, uint64_t base, bool *result)
{
    if (base == 0 || !segment_heap_is_aligned(base, SEGMENT_HEAP_PAGE_SIZE)) {
        return SEGMENT_HEAP_VALUE_ERROR;
    }
    if (!segment_heap_map(base, SEGMENT_HEAP_INITIAL_PAGES)) {
        *result = false;
        return SEGMENT_HEAP_OK;
    }
    (void)segment_heap_place(base, SEGMENT_HEAP_INITIAL_PAGES * SEGMENT_HEAP_PAGE_SIZE
            - SEGMENT_HEAP_SIZEOF_SEGMENT, 0);
    heap->start = base;
    heap->end = base + SEGMENT_HEAP_INITIAL_PAGES * SEGMENT_HEAP_PAGE_SIZE;
    heap->last_segment = base;
    *result = true;
    return SEGMENT_HEAP_OK;
}

/* Largest multiple of alignment (> 0) that is at most value. */
static inline uint64_t segment_heap_align_down(uint64_t value, uint64_t alignment)
{
    return value - value % alignment;
}

/* Smallest multiple of alignment (> 0) that is at least value; the caller shows that it is a word. */
static inline uint64_t segment_heap_align_up(uint64_t value, uint64_t alignment)
{
    return segment_heap_align_down(value + (alignment - 1), alignment);
}

/* Number of 4 KiB pages that hold size bytes; size <= 2**64 - 4096. */
static inline uint64_t segment_heap_pages_for(uint64_t size)
{
    return segment_heap_align_up(size, SEGMENT_HEAP_PAGE_SIZE) / SEGMENT_HEAP_PAGE_SIZE;
}

/* Keep size bytes; the rest becomes a free segment. */
static inline void segment_heap_split(struct segment_heap *heap, struct segment_heap_segment *segment,
        uint64_t size)
{
    uint64_t following = segment->next;
    struct segment_heap_segment *rest = segment_heap_place(segment_heap_address(segment)
            + SEGMENT_HEAP_SIZEOF_SEGMENT + size, segment->size - size - SEGMENT_HEAP_SIZEOF_SEGMENT,
            segment_heap_address(segment));
    rest->next = following;
    segment->size = size;
    segment->next = segment_heap_address(rest);
    if (following == 0) {
        heap->last_segment = segment_heap_address(rest);
    } else {
        segment_heap_segment_at(following)->prev = segment_heap_address(rest);
    }
}

/* Log the header whose next no heap can have; NULL for the caller to return. */
static inline uint64_t segment_heap_astray(uint64_t address)
{
    segment_heap_log("heap corrupted: next of the header at {:#x} leads astray", 1,
            (const uint64_t[]){address});
    return 0;
}

/* Whether there is no header (NULL) or one that still carries its magic. */
static inline bool segment_heap_is_intact(uint64_t address)
{
    return address == 0 || segment_heap_segment_at(address)->magic == SEGMENT_HEAP_MAGIC;
}

/* Log the corrupted header; NULL for the caller to return (SEG-3, SEG-9). */
static inline uint64_t segment_heap_corrupted(uint64_t address)
{
    segment_heap_log("heap corrupted: the header at {:#x} lost its magic", 1, (const uint64_t[]){address});
    return 0;
}

/* Whether nothing follows the header at address, or an intact header above it; if not, that is logged. */
static inline bool segment_heap_is_sound(uint64_t address, uint64_t following, uint64_t end)
{
    if (!(following == 0 || (address < following && following <= end - SEGMENT_HEAP_SIZEOF_SEGMENT))) {
        (void)segment_heap_astray(address);
        return false;
    }
    if (!segment_heap_is_intact(following)) {
        (void)segment_heap_corrupted(following);
        return false;
    }
    return true;
}

/* Hand out a free segment of at least needed bytes, split if the rest can stand alone. */
static inline uint64_t segment_heap_take(struct segment_heap *heap, struct segment_heap_segment *segment,
        uint64_t needed, uint64_t end)
{
    if (segment->size - needed >= SEGMENT_HEAP_SIZEOF_SEGMENT + SEGMENT_HEAP_GRANULE) {
        if (!segment_heap_is_sound(segment_heap_address(segment), segment->next, end)) {
            return 0;
        }
        segment_heap_split(heap, segment, needed);
    }
    segment->free = 0;
    return segment_heap_address(segment) + SEGMENT_HEAP_SIZEOF_SEGMENT;
}

/* Map the pages that a segment of needed bytes lacks at end, all or nothing, and take it. */
static inline uint64_t segment_heap_grow(struct segment_heap *heap, uint64_t needed, uint64_t end)
{
    struct segment_heap_segment *last = segment_heap_segment_at(heap->last_segment);
    if (segment_heap_address(last) == 0) {
        return 0;
    }
    uint64_t missing = last->free != 0 ? needed - last->size : needed + SEGMENT_HEAP_SIZEOF_SEGMENT;
    uint64_t pages = segment_heap_pages_for(missing);
    if (!segment_heap_map(end, pages)) {
        return 0;
    }
    uint64_t grown = end + pages * SEGMENT_HEAP_PAGE_SIZE;
    heap->end = grown;
    if (last->free != 0) {
        last->size = last->size + pages * SEGMENT_HEAP_PAGE_SIZE;
        return segment_heap_take(heap, last, needed, grown);
    }
    struct segment_heap_segment *fresh = segment_heap_place(end, pages * SEGMENT_HEAP_PAGE_SIZE
            - SEGMENT_HEAP_SIZEOF_SEGMENT, segment_heap_address(last));
    last->next = end;
    heap->last_segment = end;
    return segment_heap_take(heap, fresh, needed, grown);
}

uint64_t segment_heap_allocate(struct segment_heap *heap, uint64_t size)
{
    if (size == 0 || size > SEGMENT_HEAP_LARGEST_REQUEST) {
        return 0;
    }
    uint64_t needed = segment_heap_align_up(size, SEGMENT_HEAP_GRANULE);
    uint64_t end = heap->end;
    uint64_t current = heap->start;
    while (current != 0) {
        struct segment_heap_segment *segment = segment_heap_segment_at(current);
        if (segment->magic != SEGMENT_HEAP_MAGIC) {
            return segment_heap_corrupted(current);
        }
        if (segment->free != 0 && segment->size >= needed) {
            return segment_heap_take(heap, segment, needed, end);
        }
        uint64_t following = segment->next;
        if (!(following == 0 || (current < following && following <= end - SEGMENT_HEAP_SIZEOF_SEGMENT))) {
            return segment_heap_astray(current);
        }
        current = following;
    }
    return segment_heap_grow(heap, needed, end);
}

/* Log why address is no block; the last segment below it begins at before, or NULL, ends at end. */
static inline void segment_heap_refuse(uint64_t address, uint64_t before, uint64_t end)
{
    if (before != 0 && address < end && segment_heap_segment_at(before)->free != 0) {
        segment_heap_log("segment {:#x} is free: free of {:#x} in it, freed before or never handed out", 2,
                (const uint64_t[]){before, address});
        return;
    }
    segment_heap_log("free of {:#x}: no segment starts there", 1, (const uint64_t[]){address});
}

/* Merge segment with the segment after it, whose header is wiped. */
static inline void segment_heap_absorb_next(struct segment_heap *heap, struct segment_heap_segment *segment)
{
    struct segment_heap_segment *absorbed = segment_heap_segment_at(segment->next);
    uint64_t following = absorbed->next;
    segment->size = segment->size + SEGMENT_HEAP_SIZEOF_SEGMENT + absorbed->size;
    segment->next = following;
    if (following == 0) {
        heap->last_segment = segment_heap_address(segment);
    } else {
        segment_heap_segment_at(following)->prev = segment_heap_address(segment);
    }
    absorbed->magic = 0;
}

/* Free a segment that the walk reached, unless it is free already or its neighbourhood is corrupted. */
static inline void segment_heap_reclaim(struct segment_heap *heap, struct segment_heap_segment *segment,
        uint64_t end)
{
    if (segment->free != 0) {
        uint64_t address = segment_heap_address(segment);
        segment_heap_log("segment {:#x} is free already: free of {:#x}", 2, (const uint64_t[]){address,
                address + SEGMENT_HEAP_SIZEOF_SEGMENT});
        return;
    }
    uint64_t following = segment->next;
    if (!segment_heap_is_sound(segment_heap_address(segment), following, end)) {
        return;
    }
    bool merge = following != 0 && segment_heap_segment_at(following)->free != 0;
    if (merge && !segment_heap_is_sound(following, segment_heap_segment_at(following)->next, end)) {
        return;
    }
    segment->free = 1;
    if (merge) {
        segment_heap_absorb_next(heap, segment);
    }
    struct segment_heap_segment *previous = segment_heap_segment_at(segment->prev);
    if (segment_heap_address(previous) != 0 && previous->free != 0) {
        segment_heap_absorb_next(heap, previous);
    }
}

void segment_heap_free(struct segment_heap *heap, uint64_t address)
{
    if (address == 0) {
        return;
    }
    uint64_t end = heap->end;
    uint64_t before = 0;
    uint64_t current = heap->start;
    while (current != 0 && current < address) {
        struct segment_heap_segment *segment = segment_heap_segment_at(current);
        if (segment->magic != SEGMENT_HEAP_MAGIC) {
            (void)segment_heap_corrupted(current);
            return;
        }
        if (current + SEGMENT_HEAP_SIZEOF_SEGMENT == address) {
            segment_heap_reclaim(heap, segment, end);
            return;
        }
        uint64_t following = segment->next;
        if (!(following == 0 || (current < following && following <= end - SEGMENT_HEAP_SIZEOF_SEGMENT))) {
            (void)segment_heap_astray(current);
            return;
        }
        before = current;
        current = following;
    }
    segment_heap_refuse(address, before, current == 0 ? end : current);
}

/* The heap ends at kept from now on; the pages from there to end go back.  Their number. */
static inline uint64_t segment_heap_end_at(struct segment_heap *heap, uint64_t kept, uint64_t end)
{
    uint64_t pages = (end - kept) / SEGMENT_HEAP_PAGE_SIZE;
    heap->end = kept;
    segment_heap_unmap(kept, pages);
    return pages;
}

/* Give back a free last segment, header and all, and what follows it up to end. */
static inline uint64_t segment_heap_drop(struct segment_heap *heap, struct segment_heap_segment *last,
        uint64_t end)
{
    uint64_t before = last->prev;
    if (!segment_heap_is_intact(before)) {
        return segment_heap_corrupted(before);
    }
    segment_heap_segment_at(before)->next = 0;
    heap->last_segment = before;
    last->magic = 0;
    return segment_heap_end_at(heap, segment_heap_address(last), end);
}

uint64_t segment_heap_trim(struct segment_heap *heap)
{
    struct segment_heap_segment *last = segment_heap_segment_at(heap->last_segment);
    if (segment_heap_address(last) == 0) {
        return 0;
    }
    if (last->magic != SEGMENT_HEAP_MAGIC) {
        return segment_heap_corrupted(segment_heap_address(last));
    }
    if (!(last->free != 0)) {
        return 0;
    }
    uint64_t end = heap->end;
    uint64_t least = heap->start + SEGMENT_HEAP_INITIAL_PAGES * SEGMENT_HEAP_PAGE_SIZE;
    if (segment_heap_is_aligned(segment_heap_address(last), SEGMENT_HEAP_PAGE_SIZE)
            && segment_heap_address(last) >= least) {
        return segment_heap_drop(heap, last, end);
    }
    uint64_t kept = segment_heap_max(least, segment_heap_align_up(segment_heap_address(last)
            + (SEGMENT_HEAP_SIZEOF_SEGMENT + SEGMENT_HEAP_GRANULE), SEGMENT_HEAP_PAGE_SIZE));
    if (kept == end) {
        return 0;
    }
    last->size = kept - (segment_heap_address(last) + SEGMENT_HEAP_SIZEOF_SEGMENT);
    return segment_heap_end_at(heap, kept, end);
}

void segment_heap_dump(const struct segment_heap *heap)
{
    uint64_t end = heap->end;
    uint64_t current = heap->start;
    while (current != 0) {
        struct segment_heap_segment *segment = segment_heap_segment_at(current);
        if (segment->magic != SEGMENT_HEAP_MAGIC) {
            (void)segment_heap_corrupted(current);
            return;
        }
        segment_heap_log("segment {:#x}: {} bytes, free: {}", 3, (const uint64_t[]){current, segment->size,
                (uint64_t)(segment->free != 0)});
        uint64_t following = segment->next;
        if (!(following == 0 || (current < following && following <= end - SEGMENT_HEAP_SIZEOF_SEGMENT))) {
            (void)segment_heap_astray(current);
            return;
        }
        current = following;
    }
}

void segment_heap_destruct(struct segment_heap *heap)
{
    uint64_t start = heap->start;
    uint64_t end = heap->end;
    uint64_t current = start;
    while (current != 0) {
        struct segment_heap_segment *segment = segment_heap_segment_at(current);
        if (segment->magic != SEGMENT_HEAP_MAGIC) {
            (void)segment_heap_corrupted(current);
            break;
        }
        uint64_t following = segment->next;
        if (!(following == 0 || (current < following && following <= end - SEGMENT_HEAP_SIZEOF_SEGMENT))) {
            (void)segment_heap_astray(current);
            break;
        }
        segment->magic = 0;
        current = following;
    }
    if (start != 0) {
        segment_heap_unmap(start, (end - start) / SEGMENT_HEAP_PAGE_SIZE);
    }
    heap->start = 0;
    heap->end = 0;
    heap->last_segment = 0;
}
