/*
 * bucket_heap: see the header. Written by `drystone export bucket_heap`: change the Python, prove it, and export
 * it again.
 */

#include "bucket_heap.h"

/* The smallest block is 8 bytes. */
#define BUCKET_HEAP_MIN_LOG2 UINT64_C(3)
#define BUCKET_HEAP_MIN_SHIFT UINT64_C(9)
/* A page has 2**9 to 2**15 bytes. */
#define BUCKET_HEAP_MAX_SHIFT UINT64_C(15)
#define BUCKET_HEAP_FREE UINT64_C(0)
#define BUCKET_HEAP_CONTINUED UINT64_C(1)
/* Kinds of page. A page of bucket k is of kind k, 3 to 14. */
#define BUCKET_HEAP_RUN UINT64_C(2)
#define BUCKET_HEAP_BLOCK_UNIT UINT64_C(8)
#define BUCKET_HEAP_BITS_PER_WORD UINT64_C(64)
/* Bytes whose live bits fill one word. */
#define BUCKET_HEAP_BYTES_PER_WORD UINT64_C(512) /* BUCKET_HEAP_BITS_PER_WORD * BUCKET_HEAP_BLOCK_UNIT */
#define BUCKET_HEAP_ENTRY UINT64_C(56) /* Page.SIZE + Links.SIZE */
#define BUCKET_HEAP_SIZEOF_BUCKET_HEAP UINT64_C(40)
#define BUCKET_HEAP_SIZEOF_LINKS UINT64_C(16)
#define BUCKET_HEAP_SIZEOF_LIVE_BITS UINT64_C(8)
#define BUCKET_HEAP_SIZEOF_EXTENT UINT64_C(16)
#define BUCKET_HEAP_SIZEOF_PAGE UINT64_C(40)

/* The header of an extent: the extent at the next higher address, and the lowest free page (or NULL). */
struct bucket_heap_extent {
    uint64_t next;
    uint64_t free;
};

/* The first word of a free page, or of a block that was given back: the next one, or NULL. */
struct bucket_heap_free_link {
    uint64_t next;
};

/* A place in the circular list of a bucket: of a page, directly behind its entry, or of the sentinel. */
struct bucket_heap_links {
    uint64_t next;
    uint64_t prev;
};

/* A word of live bits: bit i belongs to the i-th 8 bytes. */
struct bucket_heap_live_bits {
    uint64_t word;
};

/*
 * An entry of the page map.
 *
 * page is where the page begins, bits where its live bits do.  Of a bucket page, live is the number of live
 * blocks, free the block given back last (or NULL), and no block at or behind frontier was ever handed out.  Of
 * the first page of a run, frontier is the address behind the run.
 */
struct bucket_heap_page {
    uint8_t kind;
    uint8_t padding_1[1];
    uint16_t live;
    uint8_t padding_4[4];
    uint64_t page;
    uint64_t bits;
    uint64_t free;
    uint64_t frontier;
};

/* The layout of which everything is proved: a field elsewhere does not compile. */
#define BUCKET_HEAP_CHECK(name, holds) typedef char bucket_heap_check_##name[(holds) ? 1 : -1]
BUCKET_HEAP_CHECK(bucket_heap_extents, offsetof(struct bucket_heap, extents) == 0);
BUCKET_HEAP_CHECK(bucket_heap_shift, offsetof(struct bucket_heap, shift) == 8);
BUCKET_HEAP_CHECK(bucket_heap_extent_size, offsetof(struct bucket_heap, extent_size) == 16);
BUCKET_HEAP_CHECK(bucket_heap_bits, offsetof(struct bucket_heap, bits) == 24);
BUCKET_HEAP_CHECK(bucket_heap_header, offsetof(struct bucket_heap, header) == 32);
BUCKET_HEAP_CHECK(bucket_heap, sizeof(struct bucket_heap) == 40);
BUCKET_HEAP_CHECK(bucket_heap_extent_next, offsetof(struct bucket_heap_extent, next) == 0);
BUCKET_HEAP_CHECK(bucket_heap_extent_free, offsetof(struct bucket_heap_extent, free) == 8);
BUCKET_HEAP_CHECK(bucket_heap_extent, sizeof(struct bucket_heap_extent) == 16);
BUCKET_HEAP_CHECK(bucket_heap_free_link_next, offsetof(struct bucket_heap_free_link, next) == 0);
BUCKET_HEAP_CHECK(bucket_heap_free_link, sizeof(struct bucket_heap_free_link) == 8);
BUCKET_HEAP_CHECK(bucket_heap_links_next, offsetof(struct bucket_heap_links, next) == 0);
BUCKET_HEAP_CHECK(bucket_heap_links_prev, offsetof(struct bucket_heap_links, prev) == 8);
BUCKET_HEAP_CHECK(bucket_heap_links, sizeof(struct bucket_heap_links) == 16);
BUCKET_HEAP_CHECK(bucket_heap_live_bits_word, offsetof(struct bucket_heap_live_bits, word) == 0);
BUCKET_HEAP_CHECK(bucket_heap_live_bits, sizeof(struct bucket_heap_live_bits) == 8);
BUCKET_HEAP_CHECK(bucket_heap_page_kind, offsetof(struct bucket_heap_page, kind) == 0);
BUCKET_HEAP_CHECK(bucket_heap_page_live, offsetof(struct bucket_heap_page, live) == 2);
BUCKET_HEAP_CHECK(bucket_heap_page_page, offsetof(struct bucket_heap_page, page) == 8);
BUCKET_HEAP_CHECK(bucket_heap_page_bits, offsetof(struct bucket_heap_page, bits) == 16);
BUCKET_HEAP_CHECK(bucket_heap_page_free, offsetof(struct bucket_heap_page, free) == 24);
BUCKET_HEAP_CHECK(bucket_heap_page_frontier, offsetof(struct bucket_heap_page, frontier) == 32);
BUCKET_HEAP_CHECK(bucket_heap_page, sizeof(struct bucket_heap_page) == 40);

void *memset(void *target, int byte, size_t size);

static inline struct bucket_heap_extent *bucket_heap_extent_at(uint64_t address)
{
    return (struct bucket_heap_extent *)(uintptr_t)address;
}

static inline struct bucket_heap_free_link *bucket_heap_free_link_at(uint64_t address)
{
    return (struct bucket_heap_free_link *)(uintptr_t)address;
}

static inline struct bucket_heap_links *bucket_heap_links_at(uint64_t address)
{
    return (struct bucket_heap_links *)(uintptr_t)address;
}

static inline struct bucket_heap_live_bits *bucket_heap_live_bits_at(uint64_t address)
{
    return (struct bucket_heap_live_bits *)(uintptr_t)address;
}

static inline struct bucket_heap_page *bucket_heap_page_at(uint64_t address)
{
    return (struct bucket_heap_page *)(uintptr_t)address;
}

/* The address of what is viewed. */
static inline uint64_t bucket_heap_address(const void *view)
{
    return (uint64_t)(uintptr_t)view;
}

/* Set every byte of [address, address + size) to byte. */
static inline void bucket_heap_fill(uint64_t address, uint64_t size, uint64_t byte)
{
    if (size != 0) {
        memset((void *)(uintptr_t)address, (int)byte, (size_t)size);
    }
}

/* The smallest exponent from least on whose power of two is at least size; 16 if that is above 2**15. */
static inline uint64_t bucket_heap_log2(uint64_t size, uint64_t least)
{
    uint64_t log = least;
    while (log <= BUCKET_HEAP_MAX_SHIFT && UINT64_C(1) << log < size) {
        log = log + 1;
    }
    return log;
}

/* Largest multiple of alignment (> 0) that is at most value. */
static inline uint64_t bucket_heap_align_down(uint64_t value, uint64_t alignment)
{
    return value - value % alignment;
}

/* Smallest multiple of alignment (> 0) that is at least value; the caller shows that it is a word. */
static inline uint64_t bucket_heap_align_up(uint64_t value, uint64_t alignment)
{
    return bucket_heap_align_down(value + (alignment - 1), alignment);
}

/* The sentinel of the bucket of blocks of 2**log bytes. */
static inline uint64_t bucket_heap_sentinel(const struct bucket_heap *heap, uint64_t log)
{
    return bucket_heap_address(heap) + BUCKET_HEAP_SIZEOF_BUCKET_HEAP + (log - BUCKET_HEAP_MIN_LOG2)
            * BUCKET_HEAP_SIZEOF_LINKS;
}

/* Every bucket's list is empty. */
static inline void bucket_heap_empty_buckets(const struct bucket_heap *heap)
{
    for (uint64_t log = 3; log < 15; log++) {
        struct bucket_heap_links *sentinel = bucket_heap_links_at(bucket_heap_sentinel(heap, log));
        sentinel->next = bucket_heap_address(sentinel);
        sentinel->prev = bucket_heap_address(sentinel);
    }
}

/* Write the entry of a free page, and its link. */
static inline void bucket_heap_place(uint64_t entry, uint64_t page, uint64_t bits, uint64_t following)
{
    struct bucket_heap_page *view = bucket_heap_page_at(entry);
    view->kind = BUCKET_HEAP_FREE;
    view->page = page;
    view->bits = bits;
    bucket_heap_free_link_at(page)->next = following;
}

/* Write the header, the page map and the live bits of an extent of free pages. */
static inline void bucket_heap_build(const struct bucket_heap *heap, uint64_t address, uint64_t following)
{
    uint64_t bits = address + heap->bits;
    uint64_t first = address + heap->header;
    uint64_t size = heap->extent_size;
    bucket_heap_fill(bits, (size / BUCKET_HEAP_BYTES_PER_WORD) * BUCKET_HEAP_SIZEOF_LIVE_BITS, 0);
    struct bucket_heap_extent *extent = bucket_heap_extent_at(address);
    extent->next = following;
    extent->free = first;
    uint64_t page_size = UINT64_C(1) << heap->shift;
    uint64_t entry = address + BUCKET_HEAP_SIZEOF_EXTENT;
    uint64_t page = first;
    while (page < address + size) {
        bucket_heap_place(entry, page, bits + ((page - first) / BUCKET_HEAP_BYTES_PER_WORD)
                * BUCKET_HEAP_SIZEOF_LIVE_BITS, page + page_size);
        entry = entry + BUCKET_HEAP_ENTRY;
        page = page + page_size;
    }
    bucket_heap_free_link_at(page - page_size)->next = 0;
}

/*
 * Add an extent of free pages between two others, or NULL where there is none.
 *
 * Proved: a store for each 512 bytes of the extent, 4 for each page, and 8 loads and stores more.
 */
static void bucket_heap_add(struct bucket_heap *heap, uint64_t extent, uint64_t before, uint64_t following)
{
    bucket_heap_build(heap, extent, following);
    if (before == 0) {
        heap->extents = extent;
    } else {
        bucket_heap_extent_at(before)->next = extent;
    }
}

/* Whether value is a multiple of alignment (> 0). */
static inline bool bucket_heap_is_aligned(uint64_t value, uint64_t alignment)
{
    return value % alignment == 0;
}

/* Whether an extent may lie there, as far as alignment, mapping and the descriptor are concerned. */
static inline bool bucket_heap_is_usable(const struct bucket_heap *heap, uint64_t address, uint64_t size,
        uint64_t shift)
{
    if (address == 0 || size == 0 || !bucket_heap_is_aligned(address, UINT64_C(1) << shift)) {
        return false;
    }
    if (!bucket_heap_is_mapped(address, size)) {
        return false;
    }
    return bucket_heap_address(heap) + BUCKET_HEAP_DESCRIPTOR <= address || address + size <=
            bucket_heap_address(heap);
}

int bucket_heap_init(struct bucket_heap *heap, uint64_t address, uint64_t size, uint64_t page_size)
{
    uint64_t shift = bucket_heap_log2(page_size, BUCKET_HEAP_MIN_SHIFT);
    if (shift > BUCKET_HEAP_MAX_SHIFT || page_size != UINT64_C(1) << shift) {
        return -(int)BUCKET_HEAP_EINVAL;
    }
    if (size > BUCKET_HEAP_MAX_EXTENT || !bucket_heap_is_aligned(size, UINT64_C(1) << shift)
            || !bucket_heap_is_usable(heap, address, size, shift)) {
        return -(int)BUCKET_HEAP_EINVAL;
    }
    uint64_t bits = BUCKET_HEAP_SIZEOF_EXTENT + (size >> shift) * BUCKET_HEAP_ENTRY;
    uint64_t header = bucket_heap_align_up(bits + (size / BUCKET_HEAP_BYTES_PER_WORD)
            * BUCKET_HEAP_SIZEOF_LIVE_BITS, UINT64_C(1) << shift);
    if (header + 2 * page_size > size) {
        return -(int)BUCKET_HEAP_EINVAL;
    }
    heap->extents = 0;
    heap->shift = shift;
    heap->extent_size = size;
    heap->bits = bits;
    heap->header = header;
    bucket_heap_empty_buckets(heap);
    bucket_heap_add(heap, address, 0, 0);
    return 0;
}

/*
 * BUCKET_HEAP_HEAP_CORRUPTION if a list that is kept by address leads from current down, or nowhere: so every
 * walk ends.
 */
static inline bucket_heap_status bucket_heap_check_order(uint64_t current, uint64_t following)
{
    if (following != 0 && following <= current) {
        return BUCKET_HEAP_HEAP_CORRUPTION;
    }
    return BUCKET_HEAP_OK;
}

bucket_heap_status bucket_heap_extend(struct bucket_heap *heap, uint64_t address, uint64_t size, int *result)
{
    bucket_heap_status status;
    if (heap->extents == 0 || size != heap->extent_size || !bucket_heap_is_usable(heap, address, size,
            heap->shift)) {
        *result = -(int)BUCKET_HEAP_EINVAL;
        return BUCKET_HEAP_OK;
    }
    uint64_t before = 0;
    uint64_t following = heap->extents;
    while (following != 0 && following < address) {
        if (following + size > address) {
            *result = -(int)BUCKET_HEAP_EINVAL;
            return BUCKET_HEAP_OK;
        }
        before = following;
        following = bucket_heap_extent_at(before)->next;
        status = bucket_heap_check_order(before, following);
        if (status != BUCKET_HEAP_OK) {
            return status;
        }
    }
    if (following != 0 && address + size > following) {
        *result = -(int)BUCKET_HEAP_EINVAL;
        return BUCKET_HEAP_OK;
    }
    bucket_heap_add(heap, address, before, following);
    *result = 0;
    return BUCKET_HEAP_OK;
}

/* The lowest free pages in a row: the free page before them or NULL, the first, the last or NULL. */
static inline bucket_heap_status bucket_heap_find_row(uint64_t extent, uint64_t page_size, uint64_t size,
        uint64_t *before_out, uint64_t *first_out, uint64_t *last_out)
{
    bucket_heap_status status;
    uint64_t before = 0;
    uint64_t first = bucket_heap_extent_at(extent)->free;
    uint64_t last = first;
    while (last != 0 && last + page_size - first < size) {
        uint64_t following = bucket_heap_free_link_at(last)->next;
        if (following != last + page_size) {
            status = bucket_heap_check_order(last, following);
            if (status != BUCKET_HEAP_OK) {
                return status;
            }
            before = last;
            first = following;
        }
        last = following;
    }
    *before_out = before;
    *first_out = first;
    *last_out = last;
    return BUCKET_HEAP_OK;
}

/*
 * The entry of the page of extent in which address lies.
 *
 * Proved: two loads.
 */
static uint64_t bucket_heap_entry_of(const struct bucket_heap *heap, uint64_t extent, uint64_t address)
{
    uint64_t number = (address - extent - heap->header) >> heap->shift;
    return extent + BUCKET_HEAP_SIZEOF_EXTENT + number * BUCKET_HEAP_ENTRY;
}

/* Let the free page before, or the extent if that is NULL, lead to the free page page. */
static inline void bucket_heap_set_next(uint64_t extent, uint64_t before, uint64_t page)
{
    if (before == 0) {
        bucket_heap_extent_at(extent)->free = page;
    } else {
        bucket_heap_free_link_at(before)->next = page;
    }
}

/* Invert the live bit of an address in that page. */
static inline void bucket_heap_flip(const struct bucket_heap_page *entry, uint64_t address)
{
    uint64_t unit = (address - entry->page) / BUCKET_HEAP_BLOCK_UNIT;
    struct bucket_heap_live_bits *bits = bucket_heap_live_bits_at(entry->bits + (unit
            / BUCKET_HEAP_BITS_PER_WORD) * BUCKET_HEAP_SIZEOF_LIVE_BITS);
    bits->word = bits->word ^ (UINT64_C(1) << (unit % BUCKET_HEAP_BITS_PER_WORD));
}

/*
 * Make the free pages from first to last, to which before leads, a run; its entry.
 *
 * Proved: one store for each page, and a few loads and stores more.
 */
static uint64_t bucket_heap_cut(const struct bucket_heap *heap, uint64_t extent, uint64_t before,
        uint64_t first, uint64_t last)
{
    uint64_t taken = bucket_heap_entry_of(heap, extent, first);
    uint64_t page_size = UINT64_C(1) << heap->shift;
    uint64_t end = last + page_size;
    bucket_heap_set_next(extent, before, bucket_heap_free_link_at(last)->next);
    uint64_t entry = taken;
    uint64_t page = first;
    while (page < end) {
        bucket_heap_page_at(entry)->kind = BUCKET_HEAP_CONTINUED;
        entry = entry + BUCKET_HEAP_ENTRY;
        page = page + page_size;
    }
    struct bucket_heap_page *run = bucket_heap_page_at(taken);
    run->kind = BUCKET_HEAP_RUN;
    run->frontier = end;
    bucket_heap_flip(run, first);
    return taken;
}

/*
 * Make the lowest free pages in a row that hold size bytes, whole pages, a run; its entry, or NULL.
 *
 * Proved: a few loads per extent, one per page, one store per page taken.
 */
static bucket_heap_status bucket_heap_take_pages(const struct bucket_heap *heap, uint64_t size,
        uint64_t *result)
{
    bucket_heap_status status;
    uint64_t page_size = UINT64_C(1) << heap->shift;
    uint64_t extent = heap->extents;
    while (extent != 0) {
        uint64_t before = 0;
        uint64_t first = 0;
        uint64_t last = 0;
        status = bucket_heap_find_row(extent, page_size, size, &before, &first, &last);
        if (status != BUCKET_HEAP_OK) {
            return status;
        }
        if (last != 0) {
            *result = bucket_heap_cut(heap, extent, before, first, last);
            return BUCKET_HEAP_OK;
        }
        uint64_t following = bucket_heap_extent_at(extent)->next;
        status = bucket_heap_check_order(extent, following);
        if (status != BUCKET_HEAP_OK) {
            return status;
        }
        extent = following;
    }
    *result = 0;
    return BUCKET_HEAP_OK;
}

/* Take a page out of its bucket's list. */
static inline void bucket_heap_unlink(uint64_t links)
{
    struct bucket_heap_links *view = bucket_heap_links_at(links);
    uint64_t before = view->prev;
    uint64_t following = view->next;
    bucket_heap_links_at(before)->next = following;
    bucket_heap_links_at(following)->prev = before;
}

/*
 * A block of a page of bucket log that has one: the one given back last, or the lowest never used.
 *
 * Proved: the call costs at most 17 loads and stores.
 */
static uint64_t bucket_heap_take_block(const struct bucket_heap *heap, uint64_t entry, uint64_t log)
{
    struct bucket_heap_page *view = bucket_heap_page_at(entry);
    uint64_t block = view->free;
    if (block == 0) {
        block = view->frontier;
        view->frontier = block + (UINT64_C(1) << log);
    } else {
        struct bucket_heap_free_link *link = bucket_heap_free_link_at(block);
        view->free = link->next;
    }
    view->live = (uint16_t)((uint64_t)view->live + 1);
    bucket_heap_flip(view, block);
    if (view->free == 0 && view->frontier == view->page + (UINT64_C(1) << heap->shift)) {
        bucket_heap_unlink(entry + BUCKET_HEAP_SIZEOF_PAGE);
    }
    return block;
}

/* Make a page the first of its bucket's list. */
static inline void bucket_heap_push(const struct bucket_heap *heap, uint64_t links, uint64_t log)
{
    struct bucket_heap_links *sentinel = bucket_heap_links_at(bucket_heap_sentinel(heap, log));
    struct bucket_heap_links *view = bucket_heap_links_at(links);
    uint64_t first = sentinel->next;
    view->next = first;
    view->prev = bucket_heap_address(sentinel);
    bucket_heap_links_at(first)->prev = links;
    sentinel->next = links;
}

/*
 * Make a run of one page a page of bucket log, in which the first block is live.
 *
 * Proved: the call costs at most 10 loads and stores.
 */
static void bucket_heap_carve(const struct bucket_heap *heap, uint64_t entry, uint64_t log)
{
    struct bucket_heap_page *view = bucket_heap_page_at(entry);
    view->kind = (uint8_t)log;
    view->live = 1;
    view->free = 0;
    view->frontier = view->page + (UINT64_C(1) << log);
    bucket_heap_push(heap, entry + BUCKET_HEAP_SIZEOF_PAGE, log);
}

/* A block of the bucket of size, at most half a page, or NULL. */
static inline bucket_heap_status bucket_heap_alloc_block(const struct bucket_heap *heap, uint64_t size,
        uint64_t shift, uint64_t *result)
{
    bucket_heap_status status;
    uint64_t log = bucket_heap_log2(size, BUCKET_HEAP_MIN_LOG2);
    uint64_t sentinel = bucket_heap_sentinel(heap, log);
    uint64_t links = bucket_heap_links_at(sentinel)->next;
    if (links != sentinel) {
        *result = bucket_heap_take_block(heap, links - BUCKET_HEAP_SIZEOF_PAGE, log);
        return BUCKET_HEAP_OK;
    }
    uint64_t entry = 0;
    status = bucket_heap_take_pages(heap, UINT64_C(1) << shift, &entry);
    if (status != BUCKET_HEAP_OK) {
        return status;
    }
    if (entry == 0) {
        *result = 0;
        return BUCKET_HEAP_OK;
    }
    bucket_heap_carve(heap, entry, log);
    *result = bucket_heap_page_at(entry)->page;
    return BUCKET_HEAP_OK;
}

bucket_heap_status bucket_heap_alloc(const struct bucket_heap *heap, uint64_t size, uint64_t *result)
{
    bucket_heap_status status;
    if (size == 0 || size > BUCKET_HEAP_MAX_EXTENT || heap->extents == 0) {
        *result = 0;
        return BUCKET_HEAP_OK;
    }
    uint64_t shift = heap->shift;
    if (size <= UINT64_C(1) << (shift - 1)) {
        return bucket_heap_alloc_block(heap, size, shift, result);
    }
    uint64_t entry = 0;
    status = bucket_heap_take_pages(heap, bucket_heap_align_up(size, UINT64_C(1) << shift), &entry);
    if (status != BUCKET_HEAP_OK) {
        return status;
    }
    *result = entry == 0 ? UINT64_C(0) : bucket_heap_page_at(entry)->page;
    return BUCKET_HEAP_OK;
}

/*
 * The extent among whose pages address lies, or NULL.
 *
 * Proved: one load for each extent up to the right one, and a few more.
 */
static bucket_heap_status bucket_heap_extent_of(const struct bucket_heap *heap, uint64_t address,
        uint64_t *result)
{
    bucket_heap_status status;
    uint64_t size = heap->extent_size;
    uint64_t header = heap->header;
    uint64_t current = heap->extents;
    while (current != 0) {
        if (current + header <= address && address < current + size) {
            *result = current;
            return BUCKET_HEAP_OK;
        }
        uint64_t following = bucket_heap_extent_at(current)->next;
        status = bucket_heap_check_order(current, following);
        if (status != BUCKET_HEAP_OK) {
            return status;
        }
        current = following;
    }
    *result = 0;
    return BUCKET_HEAP_OK;
}

/* Whether the live bit of an address in that page is set. */
static inline bool bucket_heap_is_live(const struct bucket_heap_page *entry, uint64_t address)
{
    uint64_t unit = (address - entry->page) / BUCKET_HEAP_BLOCK_UNIT;
    uint64_t word = bucket_heap_live_bits_at(entry->bits + (unit / BUCKET_HEAP_BITS_PER_WORD)
            * BUCKET_HEAP_SIZEOF_LIVE_BITS)->word;
    return (word & (UINT64_C(1) << (unit % BUCKET_HEAP_BITS_PER_WORD))) != 0;
}

/*
 * The free pages of an extent before and behind page, that of entry, which is not free; or NULL.
 *
 * Two walks in step, whichever is shorter: up the list of free pages, and down the map until a page is free.
 */
static inline bucket_heap_status bucket_heap_neighbours(uint64_t extent, uint64_t entry, uint64_t page,
        uint64_t *before_out, uint64_t *following_out)
{
    bucket_heap_status status;
    uint64_t before = 0;
    uint64_t following = bucket_heap_extent_at(extent)->free;
    uint64_t current = entry;
    while (following != 0 && following < page) {
        current = current - BUCKET_HEAP_ENTRY;
        if (bucket_heap_page_at(current)->kind == BUCKET_HEAP_FREE) {
            following = bucket_heap_page_at(current)->page;
        }
        before = following;
        following = bucket_heap_free_link_at(before)->next;
        status = bucket_heap_check_order(before, following);
        if (status != BUCKET_HEAP_OK) {
            return status;
        }
    }
    *before_out = before;
    *following_out = following;
    return BUCKET_HEAP_OK;
}

/*
 * Make the pages of a run free again.
 *
 * Proved: two loads or stores for each page of the extent, and a few more.
 */
static bucket_heap_status bucket_heap_give_run(const struct bucket_heap *heap, uint64_t extent,
        uint64_t entry)
{
    bucket_heap_status status;
    struct bucket_heap_page *run = bucket_heap_page_at(entry);
    uint64_t page = run->page;
    uint64_t end = run->frontier;
    uint64_t before = 0;
    uint64_t following = 0;
    status = bucket_heap_neighbours(extent, entry, page, &before, &following);
    if (status != BUCKET_HEAP_OK) {
        return status;
    }
    bucket_heap_flip(run, page);
    uint64_t page_size = UINT64_C(1) << heap->shift;
    uint64_t low = page;
    uint64_t current = entry;
    while (page < end) {
        bucket_heap_page_at(current)->kind = BUCKET_HEAP_FREE;
        bucket_heap_free_link_at(page)->next = page + page_size;
        current = current + BUCKET_HEAP_ENTRY;
        page = page + page_size;
    }
    bucket_heap_free_link_at(end - page_size)->next = following;
    bucket_heap_set_next(extent, before, low);
    return BUCKET_HEAP_OK;
}

/*
 * Make a bucket page of which only the block at address is live a run of one page: all of it is live.
 *
 * Proved: the call costs at most 16 loads and stores.
 */
static void bucket_heap_dissolve(const struct bucket_heap *heap, uint64_t entry, uint64_t address)
{
    struct bucket_heap_page *view = bucket_heap_page_at(entry);
    uint64_t page = view->page;
    uint64_t end = page + (UINT64_C(1) << heap->shift);
    bucket_heap_unlink(entry + BUCKET_HEAP_SIZEOF_PAGE);
    bucket_heap_flip(view, address);
    bucket_heap_flip(view, page);
    view->kind = BUCKET_HEAP_RUN;
    view->frontier = end;
}

/*
 * A block goes back to its page, others of which are live.
 *
 * Proved: the call costs at most 18 loads and stores.
 */
static void bucket_heap_give_block(const struct bucket_heap *heap, uint64_t entry, uint64_t address)
{
    struct bucket_heap_page *view = bucket_heap_page_at(entry);
    uint64_t free = view->free;
    if (free == 0 && view->frontier == view->page + (UINT64_C(1) << heap->shift)) {
        bucket_heap_push(heap, entry + BUCKET_HEAP_SIZEOF_PAGE, view->kind);
    }
    bucket_heap_flip(view, address);
    bucket_heap_free_link_at(address)->next = free;
    view->free = address;
    view->live = (uint16_t)((uint64_t)view->live - 1);
}

bucket_heap_status bucket_heap_free(const struct bucket_heap *heap, uint64_t address, int *result)
{
    bucket_heap_status status;
    uint64_t extent = 0;
    status = bucket_heap_extent_of(heap, address, &extent);
    if (status != BUCKET_HEAP_OK) {
        return status;
    }
    if (extent == 0 || !bucket_heap_is_aligned(address, BUCKET_HEAP_BLOCK_UNIT)) {
        *result = -(int)BUCKET_HEAP_EINVAL;
        return BUCKET_HEAP_OK;
    }
    struct bucket_heap_page *entry = bucket_heap_page_at(bucket_heap_entry_of(heap, extent, address));
    if (!bucket_heap_is_live(entry, address)) {
        *result = -(int)BUCKET_HEAP_EINVAL;
        return BUCKET_HEAP_OK;
    }
    if (entry->kind == BUCKET_HEAP_RUN) {
        status = bucket_heap_give_run(heap, extent, bucket_heap_address(entry));
        if (status != BUCKET_HEAP_OK) {
            return status;
        }
    } else if (entry->live == 1) {
        bucket_heap_dissolve(heap, bucket_heap_address(entry), address);
        status = bucket_heap_give_run(heap, extent, bucket_heap_address(entry));
        if (status != BUCKET_HEAP_OK) {
            return status;
        }
    } else {
        bucket_heap_give_block(heap, bucket_heap_address(entry), address);
    }
    *result = 0;
    return BUCKET_HEAP_OK;
}

bucket_heap_status bucket_heap_destroy(struct bucket_heap *heap, struct bucket_heap_callback flush,
        int *result)
{
    bucket_heap_status status;
    uint64_t current = heap->extents;
    if (current == 0) {
        *result = -(int)BUCKET_HEAP_EINVAL;
        return BUCKET_HEAP_OK;
    }
    uint64_t size = heap->extent_size;
    heap->extents = 0;
    bucket_heap_empty_buckets(heap);
    while (current != 0) {
        uint64_t following = bucket_heap_extent_at(current)->next;
        status = bucket_heap_check_order(current, following);
        if (status != BUCKET_HEAP_OK) {
            return status;
        }
        flush.call(flush.context, current, size);
        current = following;
    }
    *result = 0;
    return BUCKET_HEAP_OK;
}
