/*
 * bin_heap: see the header. Written by `drystone export bin_heap`: change the Python, prove it, and export it
 * again.
 */

#include "bin_heap.h"

#define BIN_HEAP_PAGE_SIZE UINT64_C(4096)
#define BIN_HEAP_ALIGNMENT UINT64_C(64)
#define BIN_HEAP_MAGIC UINT64_C(0xDEADBEEF)
#define BIN_HEAP_LARGE_ALLOC_THRESHOLD UINT64_C(16384) /* 4 * BIN_HEAP_PAGE_SIZE */
#define BIN_HEAP_NUM_BINS UINT64_C(256) /* BIN_HEAP_LARGE_ALLOC_THRESHOLD // BIN_HEAP_ALIGNMENT */
#define BIN_HEAP_ERR UINT64_C(0xffffffffffffffff) /* 2**64 - 1 */
#define BIN_HEAP_ALLOCATED UINT64_C(1)
#define BIN_HEAP_MAPPED UINT64_C(2)
#define BIN_HEAP_ZEROED UINT64_C(4)
#define BIN_HEAP_HEADER UINT64_C(64)
#define BIN_HEAP_FREE_ENTRY UINT64_C(16)
#define BIN_HEAP_ADDRESS_ENTRY UINT64_C(40)
#define BIN_HEAP_BITMAP UINT64_C(8)
#define BIN_HEAP_LISTS UINT64_C(40)
#define BIN_HEAP_WORD_BITS UINT64_C(64)
#define BIN_HEAP_WORDS UINT64_C(4) /* BIN_HEAP_NUM_BINS // BIN_HEAP_WORD_BITS */
#define BIN_HEAP_ALL_ONES UINT64_C(0xffffffffffffffff) /* 2**BIN_HEAP_WORD_BITS - 1 */
#define BIN_HEAP_UNLOCKED UINT64_C(0)
#define BIN_HEAP_LOCKED UINT64_C(1)
#define BIN_HEAP_SIZEOF_BITMAP_WORD UINT64_C(8)
#define BIN_HEAP_SIZEOF_LIST_ENTRY UINT64_C(24)

/* 64 bins. */
struct bin_heap_bitmap_word {
    uint64_t value;
};

/* The first part of a header (BIN-3); size counts payload bytes.  Two entries follow. */
struct bin_heap_block_header {
    uint32_t magic;
    uint32_t flags;
    uint64_t size;
};

/* One link of a circular list. */
struct bin_heap_list_entry {
    uint64_t prev;
    uint64_t next;
    uint64_t list;
};

/* The layout of which everything is proved: a field elsewhere does not compile. */
#define BIN_HEAP_CHECK(name, holds) typedef char bin_heap_check_##name[(holds) ? 1 : -1]
BIN_HEAP_CHECK(bin_heap_lock, offsetof(struct bin_heap, lock) == 0);
BIN_HEAP_CHECK(bin_heap, sizeof(struct bin_heap) == 8);
BIN_HEAP_CHECK(bin_heap_bitmap_word_value, offsetof(struct bin_heap_bitmap_word, value) == 0);
BIN_HEAP_CHECK(bin_heap_bitmap_word, sizeof(struct bin_heap_bitmap_word) == 8);
BIN_HEAP_CHECK(bin_heap_block_header_magic, offsetof(struct bin_heap_block_header, magic) == 0);
BIN_HEAP_CHECK(bin_heap_block_header_flags, offsetof(struct bin_heap_block_header, flags) == 4);
BIN_HEAP_CHECK(bin_heap_block_header_size, offsetof(struct bin_heap_block_header, size) == 8);
BIN_HEAP_CHECK(bin_heap_block_header, sizeof(struct bin_heap_block_header) == 16);
BIN_HEAP_CHECK(bin_heap_list_entry_prev, offsetof(struct bin_heap_list_entry, prev) == 0);
BIN_HEAP_CHECK(bin_heap_list_entry_next, offsetof(struct bin_heap_list_entry, next) == 8);
BIN_HEAP_CHECK(bin_heap_list_entry_list, offsetof(struct bin_heap_list_entry, list) == 16);
BIN_HEAP_CHECK(bin_heap_list_entry, sizeof(struct bin_heap_list_entry) == 24);

void *memset(void *target, int byte, size_t size);
void *memcpy(void *target, const void *source, size_t size);

static inline struct bin_heap_bitmap_word *bin_heap_bitmap_word_at(uint64_t address)
{
    return (struct bin_heap_bitmap_word *)(uintptr_t)address;
}

static inline struct bin_heap_block_header *bin_heap_block_header_at(uint64_t address)
{
    return (struct bin_heap_block_header *)(uintptr_t)address;
}

static inline struct bin_heap_list_entry *bin_heap_list_entry_at(uint64_t address)
{
    return (struct bin_heap_list_entry *)(uintptr_t)address;
}

/* The address of what is viewed. */
static inline uint64_t bin_heap_address(const void *view)
{
    return (uint64_t)(uintptr_t)view;
}

static inline uint64_t bin_heap_min(uint64_t a, uint64_t b)
{
    return b < a ? b : a;
}

/* How many bits a number has, from its highest one on; 0 for 0. */
static inline uint64_t bin_heap_bit_length(uint64_t number)
{
    uint64_t bits = 0;
    for (unsigned step = 32; step > 0; step /= 2) {
        if (number >> step != 0) {
            number >>= step;
            bits += step;
        }
    }
    return bits + number;
}

/* Set every byte of [address, address + size) to byte. */
static inline void bin_heap_fill(uint64_t address, uint64_t size, uint64_t byte)
{
    if (size != 0) {
        memset((void *)(uintptr_t)address, (int)byte, (size_t)size);
    }
}

/* Copy size bytes; the ranges do not overlap. */
static inline void bin_heap_copy(uint64_t target, uint64_t source, uint64_t size)
{
    if (size != 0) {
        memcpy((void *)(uintptr_t)target, (const void *)(uintptr_t)source, (size_t)size);
    }
}

/* What 4 bytes at any address hold, whoever wrote them. */
static inline uint32_t bin_heap_peek_u32(uint64_t address)
{
    uint32_t value;
    memcpy(&value, (const void *)(uintptr_t)address, sizeof value);
    return value;
}

/* What 8 bytes at any address hold, whoever wrote them. */
static inline uint64_t bin_heap_peek_u64(uint64_t address)
{
    uint64_t value;
    memcpy(&value, (const void *)(uintptr_t)address, sizeof value);
    return value;
}

void bin_heap_init(struct bin_heap *heap)
{
    uint64_t word = 0;
    while (word < BIN_HEAP_WORDS) {
        bin_heap_bitmap_word_at(bin_heap_address(heap) + BIN_HEAP_BITMAP + BIN_HEAP_SIZEOF_BITMAP_WORD
                * word)->value = 0;
        word = word + 1;
    }
    uint64_t number = 0;
    while (number <= BIN_HEAP_NUM_BINS) {
        struct bin_heap_list_entry *head = bin_heap_list_entry_at(bin_heap_address(heap) + BIN_HEAP_LISTS
                + BIN_HEAP_SIZEOF_LIST_ENTRY * number);
        head->prev = bin_heap_address(head);
        head->next = bin_heap_address(head);
        head->list = bin_heap_address(head);
        number = number + 1;
    }
    heap->lock = BIN_HEAP_UNLOCKED;
}

/*
 * Take the lock (_heap_acquire, BIN-14); BIN_HEAP_LOCK_ERROR if it is held.
 *
 * Proved: a load and a store.
 */
static bin_heap_status bin_heap_acquire_lock(struct bin_heap *heap)
{
    if (heap->lock != BIN_HEAP_UNLOCKED) {
        return BIN_HEAP_LOCK_ERROR;
    }
    heap->lock = BIN_HEAP_LOCKED;
    return BIN_HEAP_OK;
}

/*
 * The payload of the allocated block, whose user may write to it: it is BIN_HEAP_ZEROED no more.
 *
 * Proved: a load and a store.
 */
static uint64_t bin_heap_hand_out(uint64_t block)
{
    struct bin_heap_block_header *header = bin_heap_block_header_at(block);
    header->flags = (uint32_t)(header->flags & (BIN_HEAP_ALLOCATED | BIN_HEAP_MAPPED));
    return block + BIN_HEAP_HEADER;
}

/* The payload of block for its user; NULL for NULL. */
static uint64_t bin_heap_handed_out(uint64_t block)
{
    return block == 0 ? UINT64_C(0) : bin_heap_hand_out(block);
}

/* Everything below runs with the lock held; BIN_HEAP_LOCK_ERROR otherwise. */
static bin_heap_status bin_heap_check_held(const struct bin_heap *heap)
{
    if (heap->lock != BIN_HEAP_LOCKED) {
        return BIN_HEAP_LOCK_ERROR;
    }
    return BIN_HEAP_OK;
}

/*
 * Give the lock back (_heap_release, BIN-14); BIN_HEAP_LOCK_ERROR if it is not held.
 *
 * Proved: a load and a store.
 */
static bin_heap_status bin_heap_release_lock(struct bin_heap *heap)
{
    bin_heap_status status;
    status = bin_heap_check_held(heap);
    if (status != BIN_HEAP_OK) {
        return status;
    }
    heap->lock = BIN_HEAP_UNLOCKED;
    return BIN_HEAP_OK;
}

/* Largest multiple of alignment (> 0) that is at most value. */
static uint64_t bin_heap_align_down(uint64_t value, uint64_t alignment)
{
    return value - value % alignment;
}

/* Smallest multiple of alignment (> 0) that is at least value; the caller shows that it is a word. */
static uint64_t bin_heap_align_up(uint64_t value, uint64_t alignment)
{
    return bin_heap_align_down(value + (alignment - 1), alignment);
}

/* The bin of blocks of size bytes, rounded up; BIN_HEAP_ERR for none: 0, or beyond the threshold (BIN-8). */
static uint64_t bin_heap_bin_index(uint64_t size)
{
    if (size == 0 || size > BIN_HEAP_LARGE_ALLOC_THRESHOLD) {
        return BIN_HEAP_ERR;
    }
    return (size + (BIN_HEAP_ALIGNMENT - 1)) / BIN_HEAP_ALIGNMENT - 1;
}

/* A word of the bitmap (0..3). */
static struct bin_heap_bitmap_word *bin_heap_word(const struct bin_heap *heap, uint64_t number)
{
    return bin_heap_bitmap_word_at(bin_heap_address(heap) + BIN_HEAP_BITMAP + BIN_HEAP_SIZEOF_BITMAP_WORD
            * number);
}

/*
 * The first bin from index (0..255) on that has a block, or BIN_HEAP_NUM_BINS: at most four loads of bitmap.
 *
 * Proved: the call loads at most 4 words of bitmap, and the lock.
 */
static bin_heap_status bin_heap_first_bin(const struct bin_heap *heap, uint64_t index, uint64_t *result)
{
    bin_heap_status status;
    status = bin_heap_check_held(heap);
    if (status != BIN_HEAP_OK) {
        return status;
    }
    uint64_t number = index / BIN_HEAP_WORD_BITS;
    uint64_t bins = bin_heap_word(heap, number)->value & (BIN_HEAP_ALL_ONES >> (index % BIN_HEAP_WORD_BITS));
    while (bins == 0 && number < BIN_HEAP_WORDS - 1) {
        number = number + 1;
        bins = bin_heap_word(heap, number)->value;
    }
    *result = bins == 0 ? BIN_HEAP_NUM_BINS : (number + 1) * BIN_HEAP_WORD_BITS - bin_heap_bit_length(bins);
    return BIN_HEAP_OK;
}

/* Number of 4 KiB pages that hold size bytes; size <= 2**64 - 4096. */
static uint64_t bin_heap_pages_for(uint64_t size)
{
    return bin_heap_align_up(size, BIN_HEAP_PAGE_SIZE) / BIN_HEAP_PAGE_SIZE;
}

/* The address of pages fresh pages, where the machine wants them, or NULL (_heap_map_memory). */
static bin_heap_status bin_heap_map_memory(const struct bin_heap *heap, uint64_t pages, uint64_t *result)
{
    bin_heap_status status;
    status = bin_heap_check_held(heap);
    if (status != BIN_HEAP_OK) {
        return status;
    }
    uint64_t address = bin_heap_find_place(pages);
    if (address == 0 || !bin_heap_map(address, pages)) {
        *result = 0;
        return BIN_HEAP_OK;
    }
    *result = address;
    return BIN_HEAP_OK;
}

/* A block comes into being, in no list. */
static void bin_heap_write_header(uint64_t block, uint64_t size, uint64_t flags)
{
    struct bin_heap_block_header *header = bin_heap_block_header_at(block);
    header->magic = BIN_HEAP_MAGIC;
    header->flags = (uint32_t)flags;
    header->size = size;
    static const uint64_t places[] = {BIN_HEAP_FREE_ENTRY, BIN_HEAP_ADDRESS_ENTRY};
    for (size_t number = 0; number < 2; number++) {
        uint64_t place = places[number];
        struct bin_heap_list_entry *entry = bin_heap_list_entry_at(block + place);
        entry->prev = bin_heap_address(entry);
        entry->next = bin_heap_address(entry);
        entry->list = 0;
    }
}

/*
 * An allocated block of at least size bytes, mapped for itself, or NULL (BIN-5).
 *
 * Proved: the call costs at most 19 loads and stores, and the cost of mapping.
 */
static bin_heap_status bin_heap_alloc_mapped(const struct bin_heap *heap, uint64_t size, uint64_t *result)
{
    bin_heap_status status;
    uint64_t pages = bin_heap_pages_for(size + BIN_HEAP_HEADER);
    uint64_t block = 0;
    status = bin_heap_map_memory(heap, pages, &block);
    if (status != BIN_HEAP_OK) {
        return status;
    }
    if (block != 0) {
        bin_heap_write_header(block, pages * BIN_HEAP_PAGE_SIZE - BIN_HEAP_HEADER, BIN_HEAP_ALLOCATED
                | BIN_HEAP_MAPPED | BIN_HEAP_ZEROED);
    }
    *result = block;
    return BIN_HEAP_OK;
}

/* The head of the list of blocks by address (_heapList, BIN-6). */
static struct bin_heap_list_entry *bin_heap_by_address(const struct bin_heap *heap)
{
    return bin_heap_list_entry_at(bin_heap_address(heap) + BIN_HEAP_LISTS);
}

/*
 * The last entry of the list by address that does not lie above entry, or the head of that list.
 *
 * Proved: a load per block by address, and one more.
 */
static uint64_t bin_heap_entry_before(const struct bin_heap *heap, uint64_t entry)
{
    struct bin_heap_list_entry *head = bin_heap_by_address(heap);
    uint64_t before = head->prev;
    while (before != bin_heap_address(head) && before > entry) {
        before = bin_heap_list_entry_at(before)->prev;
    }
    return before;
}

/* Put entry, which is in no list, after the entry before. */
static void bin_heap_insert(struct bin_heap_list_entry *before, uint64_t entry)
{
    struct bin_heap_list_entry *added = bin_heap_list_entry_at(entry);
    uint64_t after = before->next;
    uint64_t head = before->list;
    added->prev = bin_heap_address(before);
    added->next = after;
    added->list = head;
    before->next = entry;
    bin_heap_list_entry_at(after)->prev = entry;
}

/*
 * Map a new allocated block of at least size bytes, kept by address, or NULL (BIN-9).
 *
 * Proved: the call costs at most 19 loads and stores, one per block by address, and the cost of mapping.
 */
static bin_heap_status bin_heap_block_new(const struct bin_heap *heap, uint64_t size, uint64_t *result)
{
    bin_heap_status status;
    status = bin_heap_check_held(heap);
    if (status != BIN_HEAP_OK) {
        return status;
    }
    uint64_t pages = bin_heap_pages_for(size + BIN_HEAP_HEADER);
    uint64_t block = 0;
    status = bin_heap_map_memory(heap, pages, &block);
    if (status != BIN_HEAP_OK) {
        return status;
    }
    if (block == 0) {
        *result = 0;
        return BIN_HEAP_OK;
    }
    uint64_t entry = block + BIN_HEAP_ADDRESS_ENTRY;
    uint64_t before = bin_heap_entry_before(heap, entry);
    bin_heap_write_header(block, pages * BIN_HEAP_PAGE_SIZE - BIN_HEAP_HEADER, BIN_HEAP_ALLOCATED
            | BIN_HEAP_ZEROED);
    bin_heap_insert(bin_heap_list_entry_at(before), entry);
    *result = block;
    return BIN_HEAP_OK;
}

/* The head of a bin (0..255). */
static struct bin_heap_list_entry *bin_heap_bin(const struct bin_heap *heap, uint64_t index)
{
    return bin_heap_list_entry_at(bin_heap_address(heap) + (BIN_HEAP_LISTS + BIN_HEAP_SIZEOF_LIST_ENTRY)
            + BIN_HEAP_SIZEOF_LIST_ENTRY * index);
}

/*
 * The first block of a bin (0..255) that has one.
 *
 * Proved: one load.
 */
static uint64_t bin_heap_first_block(const struct bin_heap *heap, uint64_t index)
{
    return bin_heap_bin(heap, index)->next - BIN_HEAP_FREE_ENTRY;
}

/* The size of the block that two blocks that touch would make. */
static uint64_t bin_heap_joined(uint64_t left, uint64_t right)
{
    return bin_heap_block_header_at(left)->size + BIN_HEAP_HEADER + bin_heap_block_header_at(right)->size;
}

/* Whether block is free. */
static bool bin_heap_is_free(uint64_t block)
{
    bool free = (bin_heap_block_header_at(block)->flags & BIN_HEAP_ALLOCATED) == 0;
    (void)free;
    return free;
}

/* Whether the block left ends where right begins. */
static bool bin_heap_touch(uint64_t left, uint64_t right)
{
    bool touching = left + BIN_HEAP_HEADER + bin_heap_block_header_at(left)->size == right;
    (void)touching;
    return touching;
}

/*
 * The free block directly after block that it can be merged with, or NULL.
 *
 * Proved: the call costs at most 5 loads.
 */
static uint64_t bin_heap_mergeable_after(const struct bin_heap *heap, uint64_t block)
{
    uint64_t following = bin_heap_list_entry_at(block + BIN_HEAP_ADDRESS_ENTRY)->next
            - BIN_HEAP_ADDRESS_ENTRY;
    if (following == bin_heap_address(heap)) {
        return 0;
    }
    bool small = bin_heap_joined(block, following) <= BIN_HEAP_LARGE_ALLOC_THRESHOLD;
    return small && bin_heap_touch(block, following) && bin_heap_is_free(following) ? following : UINT64_C(0);
}

/*
 * The free block directly before block that it can be merged with, or NULL.
 *
 * Proved: the call costs at most 5 loads.
 */
static uint64_t bin_heap_mergeable_before(const struct bin_heap *heap, uint64_t block)
{
    uint64_t preceding = bin_heap_list_entry_at(block + BIN_HEAP_ADDRESS_ENTRY)->prev
            - BIN_HEAP_ADDRESS_ENTRY;
    if (preceding == bin_heap_address(heap)) {
        return 0;
    }
    bool small = bin_heap_joined(preceding, block) <= BIN_HEAP_LARGE_ALLOC_THRESHOLD;
    return small && bin_heap_touch(preceding, block) && bin_heap_is_free(preceding) ? preceding : UINT64_C(0);
}

/* A block goes, which is in no list; its header becomes 64 bytes of 0. */
static void bin_heap_wipe_header(uint64_t block)
{
    struct bin_heap_block_header *header = bin_heap_block_header_at(block);
    header->magic = 0;
    bin_heap_fill(block, BIN_HEAP_HEADER, 0);
}

/* Unmap size bytes, whole pages, from address on (_heap_unmap_memory). */
static bin_heap_status bin_heap_unmap_memory(const struct bin_heap *heap, uint64_t address, uint64_t size)
{
    bin_heap_status status;
    status = bin_heap_check_held(heap);
    if (status != BIN_HEAP_OK) {
        return status;
    }
    bin_heap_unmap(address, size / BIN_HEAP_PAGE_SIZE);
    return BIN_HEAP_OK;
}

/*
 * Unmap the pages of a block that was mapped for itself.
 *
 * Proved: the call costs at most 11 loads and stores, and the cost of unmapping its pages.
 */
static bin_heap_status bin_heap_unmap_block(const struct bin_heap *heap, uint64_t block)
{
    uint64_t size = bin_heap_block_header_at(block)->size;
    bin_heap_wipe_header(block);
    return bin_heap_unmap_memory(heap, block, size + BIN_HEAP_HEADER);
}

/* Take entry out of its list. */
static void bin_heap_unlink(uint64_t entry)
{
    struct bin_heap_list_entry *removed = bin_heap_list_entry_at(entry);
    uint64_t before = removed->prev;
    uint64_t after = removed->next;
    bin_heap_list_entry_at(before)->next = after;
    bin_heap_list_entry_at(after)->prev = before;
    removed->prev = entry;
    removed->next = entry;
    removed->list = 0;
}

/* Take block out of the bin of its size (BIN-11). */
static bin_heap_status bin_heap_remove_from_free_list(const struct bin_heap *heap, uint64_t block)
{
    bin_heap_status status;
    status = bin_heap_check_held(heap);
    if (status != BIN_HEAP_OK) {
        return status;
    }
    uint64_t index = bin_heap_block_header_at(block)->size / BIN_HEAP_ALIGNMENT - 1;
    bin_heap_unlink(block + BIN_HEAP_FREE_ENTRY);
    struct bin_heap_list_entry *head = bin_heap_bin(heap, index);
    if (head->next == bin_heap_address(head)) {
        struct bin_heap_bitmap_word *word = bin_heap_word(heap, index / BIN_HEAP_WORD_BITS);
        word->value = word->value ^ (UINT64_C(1) << (BIN_HEAP_WORD_BITS - 1 - index % BIN_HEAP_WORD_BITS));
    }
    return BIN_HEAP_OK;
}

/*
 * The free block becomes allocated.
 *
 * Proved: the call costs at most 14 loads and stores.
 */
static bin_heap_status bin_heap_take(const struct bin_heap *heap, uint64_t block)
{
    bin_heap_status status;
    struct bin_heap_block_header *header = bin_heap_block_header_at(block);
    status = bin_heap_remove_from_free_list(heap, block);
    if (status != BIN_HEAP_OK) {
        return status;
    }
    header->flags = (uint32_t)(header->flags | BIN_HEAP_ALLOCATED);
    return BIN_HEAP_OK;
}

/*
 * Make one allocated block of two that touch; BIN_HEAP_ZEROED only if both are.
 *
 * Proved: the call costs at most 22 loads and stores.
 */
static void bin_heap_join(uint64_t left, uint64_t right)
{
    struct bin_heap_block_header *header = bin_heap_block_header_at(left);
    struct bin_heap_block_header *absorbed = bin_heap_block_header_at(right);
    header->size = header->size + BIN_HEAP_HEADER + absorbed->size;
    if (header->flags != absorbed->flags) {
        header->flags = BIN_HEAP_ALLOCATED;
    }
    bin_heap_unlink(right + BIN_HEAP_ADDRESS_ENTRY);
    bin_heap_wipe_header(right);
}

/* List block in the bin of its size (BIN-11); it is in none so far. */
static bin_heap_status bin_heap_add_to_free_list(const struct bin_heap *heap, uint64_t block)
{
    bin_heap_status status;
    status = bin_heap_check_held(heap);
    if (status != BIN_HEAP_OK) {
        return status;
    }
    uint64_t index = bin_heap_block_header_at(block)->size / BIN_HEAP_ALIGNMENT - 1;
    struct bin_heap_list_entry *head = bin_heap_bin(heap, index);
    bin_heap_insert(bin_heap_list_entry_at(head->prev), block + BIN_HEAP_FREE_ENTRY);
    struct bin_heap_bitmap_word *word = bin_heap_word(heap, index / BIN_HEAP_WORD_BITS);
    word->value = word->value | (UINT64_C(1) << (BIN_HEAP_WORD_BITS - 1 - index % BIN_HEAP_WORD_BITS));
    return BIN_HEAP_OK;
}

/*
 * The allocated block becomes free; no free block that touches it could be merged with it.
 *
 * Proved: the call costs at most 14 loads and stores.
 */
static bin_heap_status bin_heap_give(const struct bin_heap *heap, uint64_t block)
{
    struct bin_heap_block_header *header = bin_heap_block_header_at(block);
    header->flags = (uint32_t)(header->flags & BIN_HEAP_ZEROED);
    return bin_heap_add_to_free_list(heap, block);
}

/*
 * Free the allocated block: unmap it, or merge it with free neighbours (_heap_free, BIN-13).
 *
 * Proved: the call costs at most 98 loads and stores, and the cost of unmapping the pages of a block mapped for
 * itself.
 *
 * Proved: the call costs at most 62 loads and stores for a block within the threshold where no free block ends.
 */
static bin_heap_status bin_heap_free_block(const struct bin_heap *heap, uint64_t block)
{
    bin_heap_status status;
    status = bin_heap_check_held(heap);
    if (status != BIN_HEAP_OK) {
        return status;
    }
    if ((bin_heap_block_header_at(block)->flags & BIN_HEAP_MAPPED) != 0) {
        status = bin_heap_unmap_block(heap, block);
        if (status != BIN_HEAP_OK) {
            return status;
        }
        return BIN_HEAP_OK;
    }
    uint64_t following = bin_heap_mergeable_after(heap, block);
    if (following != 0) {
        status = bin_heap_take(heap, following);
        if (status != BIN_HEAP_OK) {
            return status;
        }
        bin_heap_join(block, following);
    }
    uint64_t preceding = bin_heap_mergeable_before(heap, block);
    if (preceding != 0) {
        status = bin_heap_take(heap, preceding);
        if (status != BIN_HEAP_OK) {
            return status;
        }
        bin_heap_join(preceding, block);
        return bin_heap_give(heap, preceding);
    } else {
        return bin_heap_give(heap, block);
    }
}

/*
 * Cut the allocated block in two allocated ones, the first of size bytes; the second.
 *
 * Proved: the call costs at most 19 loads and stores.
 */
static uint64_t bin_heap_carve(uint64_t block, uint64_t size)
{
    struct bin_heap_block_header *header = bin_heap_block_header_at(block);
    uint64_t rest = block + BIN_HEAP_HEADER + size;
    bin_heap_write_header(rest, header->size - size - BIN_HEAP_HEADER, header->flags);
    header->size = size;
    bin_heap_insert(bin_heap_list_entry_at(block + BIN_HEAP_ADDRESS_ENTRY), rest + BIN_HEAP_ADDRESS_ENTRY);
    return rest;
}

/*
 * Give back what the allocated block has beyond size bytes, if it can stand alone (BIN-10).
 *
 * Proved: the call costs at most 83 loads and stores.
 */
static bin_heap_status bin_heap_block_split(const struct bin_heap *heap, uint64_t block, uint64_t size)
{
    bin_heap_status status;
    status = bin_heap_check_held(heap);
    if (status != BIN_HEAP_OK) {
        return status;
    }
    if (bin_heap_block_header_at(block)->size >= size + BIN_HEAP_HEADER + BIN_HEAP_ALIGNMENT) {
        return bin_heap_free_block(heap, bin_heap_carve(block, size));
    }
    return BIN_HEAP_OK;
}

/*
 * An allocated block of at least size bytes, or NULL (_heap_alloc, BIN-12); BIN_HEAP_ZEROED if it is all 0.
 *
 * Proved: the call costs at most 104 loads and stores if a free block serves; else 4 more, one per block by
 * address, and the cost of mapping.
 */
static bin_heap_status bin_heap_alloc(const struct bin_heap *heap, uint64_t size, uint64_t *result)
{
    bin_heap_status status;
    status = bin_heap_check_held(heap);
    if (status != BIN_HEAP_OK) {
        return status;
    }
    if (size == 0 || size > BIN_HEAP_LARGEST_REQUEST) {
        *result = 0;
        return BIN_HEAP_OK;
    }
    uint64_t needed = bin_heap_align_up(size, BIN_HEAP_ALIGNMENT);
    uint64_t index = bin_heap_bin_index(needed);
    if (index == BIN_HEAP_ERR) {
        return bin_heap_alloc_mapped(heap, needed, result);
    }
    uint64_t found = 0;
    status = bin_heap_first_bin(heap, index, &found);
    if (status != BIN_HEAP_OK) {
        return status;
    }
    uint64_t block;
    if (found == BIN_HEAP_NUM_BINS) {
        status = bin_heap_block_new(heap, needed, &block);
        if (status != BIN_HEAP_OK) {
            return status;
        }
        if (block == 0) {
            *result = 0;
            return BIN_HEAP_OK;
        }
    } else {
        block = bin_heap_first_block(heap, found);
        status = bin_heap_take(heap, block);
        if (status != BIN_HEAP_OK) {
            return status;
        }
    }
    status = bin_heap_block_split(heap, block, needed);
    if (status != BIN_HEAP_OK) {
        return status;
    }
    *result = block;
    return BIN_HEAP_OK;
}

bin_heap_status bin_heap_malloc(struct bin_heap *heap, uint64_t size, uint64_t *result)
{
    bin_heap_status status;
    uint64_t returned = 0;
    status = bin_heap_acquire_lock(heap);
    if (status != BIN_HEAP_OK) {
        return status;
    }
    bin_heap_status pending = BIN_HEAP_OK;
    uint64_t alloc = 0;
    status = bin_heap_alloc(heap, size, &alloc);
    if (status != BIN_HEAP_OK) {
        pending = status;
        goto finish;
    }
    returned = bin_heap_handed_out(alloc);
finish:
    status = bin_heap_release_lock(heap);
    if (status != BIN_HEAP_OK) {
        return status;
    }
    if (pending != BIN_HEAP_OK) {
        return pending;
    }
    *result = returned;
    return BIN_HEAP_OK;
}

/*
 * Make every byte of the payload of the allocated block 0; nothing is written if it is BIN_HEAP_ZEROED.
 *
 * Proved: two loads, and a store for 8 bytes.
 */
static void bin_heap_clear(uint64_t block)
{
    struct bin_heap_block_header *header = bin_heap_block_header_at(block);
    if ((header->flags & BIN_HEAP_ZEROED) == 0) {
        bin_heap_fill(block + BIN_HEAP_HEADER, header->size, 0);
    }
}

/* block, all of its payload 0. */
static uint64_t bin_heap_cleared(uint64_t block)
{
    if (block != 0) {
        bin_heap_clear(block);
    }
    return block;
}

bin_heap_status bin_heap_zalloc(struct bin_heap *heap, uint64_t size, uint64_t *result)
{
    bin_heap_status status;
    uint64_t returned = 0;
    status = bin_heap_acquire_lock(heap);
    if (status != BIN_HEAP_OK) {
        return status;
    }
    bin_heap_status pending = BIN_HEAP_OK;
    uint64_t alloc = 0;
    status = bin_heap_alloc(heap, size, &alloc);
    if (status != BIN_HEAP_OK) {
        pending = status;
        goto finish;
    }
    returned = bin_heap_handed_out(bin_heap_cleared(alloc));
finish:
    status = bin_heap_release_lock(heap);
    if (status != BIN_HEAP_OK) {
        return status;
    }
    if (pending != BIN_HEAP_OK) {
        return pending;
    }
    *result = returned;
    return BIN_HEAP_OK;
}

bin_heap_status bin_heap_calloc(struct bin_heap *heap, uint64_t count, uint64_t size, uint64_t *result)
{
    if (size != 0 && count > BIN_HEAP_ERR / size) {
        *result = 0;
        return BIN_HEAP_OK;
    }
    return bin_heap_zalloc(heap, count * size, result);
}

/* Whether value is a multiple of alignment (> 0). */
static bool bin_heap_is_aligned(uint64_t value, uint64_t alignment)
{
    return value % alignment == 0;
}

/* Whether [address, address + size) does not meet the lock. */
static bool bin_heap_is_clear(const struct bin_heap *heap, uint64_t address, uint64_t size)
{
    bool clear = address >= bin_heap_address(heap) + 8 || address + size <= bin_heap_address(heap);
    (void)clear;
    return clear;
}

/* Whether a header or an entry of size bytes can lie at address: it is mapped, and not the lock. */
static bool bin_heap_is_readable(const struct bin_heap *heap, uint64_t address, uint64_t size)
{
    return bin_heap_is_mapped(address, size) && bin_heap_is_clear(heap, address, size);
}

/* Whether both neighbours of what should be an entry point back. */
static bool bin_heap_is_linked(const struct bin_heap *heap, uint64_t entry)
{
    uint64_t before = bin_heap_peek_u64(entry + offsetof(struct bin_heap_list_entry, prev));
    uint64_t after = bin_heap_peek_u64(entry + offsetof(struct bin_heap_list_entry, next));
    if (!bin_heap_is_readable(heap, before, BIN_HEAP_SIZEOF_LIST_ENTRY)
            || !bin_heap_is_readable(heap, after, BIN_HEAP_SIZEOF_LIST_ENTRY)) {
        return false;
    }
    bool forth = bin_heap_peek_u64(before + offsetof(struct bin_heap_list_entry, next)) == entry;
    bool back = bin_heap_peek_u64(after + offsetof(struct bin_heap_list_entry, prev)) == entry;
    return forth && back;
}

/*
 * The live block with payload address; BIN_HEAP_INVALID_FREE, BIN_HEAP_HEAP_CORRUPTION or BIN_HEAP_DOUBLE_FREE
 * if there is none.
 */
static bin_heap_status bin_heap_block_at(const struct bin_heap *heap, uint64_t address, uint64_t *result)
{
    uint64_t block = bin_heap_is_aligned(address, BIN_HEAP_ALIGNMENT) ? address - BIN_HEAP_HEADER
            : UINT64_C(0);
    if (block == 0 || !bin_heap_is_readable(heap, block, BIN_HEAP_HEADER)) {
        return BIN_HEAP_INVALID_FREE;
    }
    if (bin_heap_peek_u32(block + offsetof(struct bin_heap_block_header, magic)) != BIN_HEAP_MAGIC) {
        return BIN_HEAP_HEAP_CORRUPTION;
    }
    if ((bin_heap_peek_u32(block + offsetof(struct bin_heap_block_header, flags)) & BIN_HEAP_ALLOCATED) ==
            0) {
        return BIN_HEAP_DOUBLE_FREE;
    }
    if (!bin_heap_is_linked(heap, block + BIN_HEAP_FREE_ENTRY)
            || !bin_heap_is_linked(heap, block + BIN_HEAP_ADDRESS_ENTRY)) {
        return BIN_HEAP_HEAP_CORRUPTION;
    }
    *result = block;
    return BIN_HEAP_OK;
}

bin_heap_status bin_heap_free(struct bin_heap *heap, uint64_t address)
{
    bin_heap_status status;
    if (address == 0) {
        return BIN_HEAP_OK;
    }
    status = bin_heap_acquire_lock(heap);
    if (status != BIN_HEAP_OK) {
        return status;
    }
    bin_heap_status pending = BIN_HEAP_OK;
    uint64_t block_at = 0;
    status = bin_heap_block_at(heap, address, &block_at);
    if (status != BIN_HEAP_OK) {
        pending = status;
        goto finish;
    }
    status = bin_heap_free_block(heap, block_at);
    if (status != BIN_HEAP_OK) {
        pending = status;
        goto finish;
    }
finish:
    status = bin_heap_release_lock(heap);
    if (status != BIN_HEAP_OK) {
        return status;
    }
    if (pending != BIN_HEAP_OK) {
        return pending;
    }
    return BIN_HEAP_OK;
}

/*
 * The free block directly after block that makes it one of needed bytes, once split, or NULL.
 *
 * Proved: the call costs at most 5 loads.
 */
static uint64_t bin_heap_absorbable_after(const struct bin_heap *heap, uint64_t block, uint64_t needed)
{
    uint64_t following = bin_heap_list_entry_at(block + BIN_HEAP_ADDRESS_ENTRY)->next
            - BIN_HEAP_ADDRESS_ENTRY;
    if (following == bin_heap_address(heap) || needed > BIN_HEAP_LARGE_ALLOC_THRESHOLD) {
        return 0;
    }
    uint64_t joined = bin_heap_joined(block, following);
    bool fits = joined <= BIN_HEAP_LARGE_ALLOC_THRESHOLD || joined >= needed + BIN_HEAP_HEADER
            + BIN_HEAP_ALIGNMENT;
    bool serves = joined >= needed && fits;
    return serves && bin_heap_touch(block, following) && bin_heap_is_free(following) ? following
            : UINT64_C(0);
}

/*
 * Whether the allocated block could be given needed bytes, a multiple of 64, where it is.
 *
 * Proved: the call costs at most 126 loads and stores.
 *
 * Proved: the call costs at most 7 loads if nothing is resized.
 */
static bin_heap_status bin_heap_resize_in_place(const struct bin_heap *heap, uint64_t block, uint64_t needed,
        bool *result)
{
    bin_heap_status status;
    struct bin_heap_block_header *header = bin_heap_block_header_at(block);
    if ((header->flags & BIN_HEAP_MAPPED) != 0) {
        *result = header->size >= needed;
        return BIN_HEAP_OK;
    }
    if (header->size < needed) {
        uint64_t following = bin_heap_absorbable_after(heap, block, needed);
        if (following == 0) {
            *result = false;
            return BIN_HEAP_OK;
        }
        status = bin_heap_take(heap, following);
        if (status != BIN_HEAP_OK) {
            return status;
        }
        bin_heap_join(block, following);
    }
    status = bin_heap_block_split(heap, block, needed);
    if (status != BIN_HEAP_OK) {
        return status;
    }
    *result = true;
    return BIN_HEAP_OK;
}

/*
 * The payload of the allocated block with size > 0 bytes, moved if it must be; or NULL.
 *
 * Proved: the call costs at most 212 loads and stores, two per 8 bytes that are copied, and what alloc and free
 * cost beyond their constants.
 */
static bin_heap_status bin_heap_resize(const struct bin_heap *heap, uint64_t block, uint64_t size,
        uint64_t *result)
{
    bin_heap_status status;
    if (size > BIN_HEAP_LARGEST_REQUEST) {
        *result = 0;
        return BIN_HEAP_OK;
    }
    bool resize_in_place = false;
    status = bin_heap_resize_in_place(heap, block, bin_heap_align_up(size, BIN_HEAP_ALIGNMENT),
            &resize_in_place);
    if (status != BIN_HEAP_OK) {
        return status;
    }
    if (resize_in_place) {
        *result = block + BIN_HEAP_HEADER;
        return BIN_HEAP_OK;
    }
    uint64_t target = 0;
    status = bin_heap_alloc(heap, size, &target);
    if (status != BIN_HEAP_OK) {
        return status;
    }
    if (target == 0) {
        *result = 0;
        return BIN_HEAP_OK;
    }
    uint64_t payload = bin_heap_hand_out(target);
    bin_heap_copy(payload, block + BIN_HEAP_HEADER, bin_heap_min(bin_heap_block_header_at(block)->size,
            size));
    status = bin_heap_free_block(heap, block);
    if (status != BIN_HEAP_OK) {
        return status;
    }
    *result = payload;
    return BIN_HEAP_OK;
}

bin_heap_status bin_heap_realloc(struct bin_heap *heap, uint64_t address, uint64_t size, uint64_t *result)
{
    bin_heap_status status;
    uint64_t returned = 0;
    if (address == 0) {
        return bin_heap_malloc(heap, size, result);
    }
    if (size == 0) {
        status = bin_heap_free(heap, address);
        if (status != BIN_HEAP_OK) {
            return status;
        }
        *result = 0;
        return BIN_HEAP_OK;
    }
    status = bin_heap_acquire_lock(heap);
    if (status != BIN_HEAP_OK) {
        return status;
    }
    bin_heap_status pending = BIN_HEAP_OK;
    uint64_t block_at = 0;
    status = bin_heap_block_at(heap, address, &block_at);
    if (status != BIN_HEAP_OK) {
        pending = status;
        goto finish;
    }
    uint64_t resize = 0;
    status = bin_heap_resize(heap, block_at, size, &resize);
    if (status != BIN_HEAP_OK) {
        pending = status;
        goto finish;
    }
    returned = resize;
finish:
    status = bin_heap_release_lock(heap);
    if (status != BIN_HEAP_OK) {
        return status;
    }
    if (pending != BIN_HEAP_OK) {
        return pending;
    }
    *result = returned;
    return BIN_HEAP_OK;
}
