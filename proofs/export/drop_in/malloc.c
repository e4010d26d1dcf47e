/*
 * malloc and its kin on an exported heap, for LD_PRELOAD on Linux.
 *
 * Proved is the heap, which HEAP includes as it was exported.  This file is the machine under it, and what the C
 * library promises beyond the heap's contract; it is tested, not proved:
 *
 * - one lock for all threads, taken around every call of the heap, and held across fork;
 * - memory: an arena of addresses reserved once; its pages count as mapped if their bit is set;
 * - alignments beyond the heap's own: the block is taken larger, and the address inside it that is handed out is
 *   kept in a table with the block's; what is larger than the heap serves is mapped for itself and kept there, too;
 * - malloc(0) is a block of one byte; a request above PTRDIFF_MAX is refused; errno is ENOMEM where NULL is returned;
 * - free of what is no live block ends the program, with one line on standard error.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096u
#define ARENA ((size_t)1 << 36)
#define LEAST_ARENA ((size_t)1 << 28)

static uint64_t arena;       /* Where the arena begins; 0 before the first call. */
static size_t arena_pages;   /* How many pages it has. */
static uint64_t *mapped;     /* A bit for each page of the arena: whether it is mapped. */
static size_t next_page;     /* Where the search for a place begins. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *reserve(size_t size)
{
    void *got = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return got == MAP_FAILED ? NULL : got;
}

static void die(const char *why)
{
    const char *said[] = {"drystone malloc: ", why, "\n"};
    for (int n = 0; n < 3; n++) {
        if (write(2, said[n], strlen(said[n])) < 0) {
            break;
        }
    }
    abort();
}

static bool page_is_mapped(size_t page)
{
    return mapped[page / 64] >> page % 64 & 1;
}

static void mark_pages(size_t first, size_t count, bool as)
{
    for (size_t page = first; page < first + count; page++) {
        uint64_t bit = (uint64_t)1 << page % 64;
        mapped[page / 64] = as ? mapped[page / 64] | bit : mapped[page / 64] & ~bit;
    }
}

/* The first of count pages in a row that are unmapped, from page from on, or arena_pages. */
static size_t hole(size_t from, size_t count)
{
    size_t first = from;
    for (size_t page = from; page < arena_pages;) {
        if (page % 64 == 0 && mapped[page / 64] == UINT64_MAX) {
            page += 64;
            first = page;
        } else if (page_is_mapped(page)) {
            page += 1;
            first = page;
        } else if (++page - first == count) {
            return first;
        }
    }
    return arena_pages;
}

static bool machine_map(uint64_t address, uint64_t pages)
{
    mark_pages((address - arena) / PAGE, pages, true);
    return true;
}

/* Places go up through the arena and begin again below: a heap that keeps its blocks by address adds at the end. */
static uint64_t machine_find_place(uint64_t pages)
{
    size_t first = arena_pages;
    if (pages <= arena_pages) {
        first = hole(next_page, pages);
        first = first == arena_pages ? hole(0, pages) : first;
    }
    if (first == arena_pages) {
        return 0;
    }
    next_page = first + pages;
    return arena + first * PAGE;
}

/* What is mapped again holds zeros: the kernel takes the pages back. */
__attribute__((unused)) static void machine_unmap(uint64_t address, uint64_t pages)
{
    mark_pages((address - arena) / PAGE, pages, false);
    madvise((void *)(uintptr_t)address, pages * PAGE, MADV_DONTNEED);
}

static bool machine_is_mapped(uint64_t address, uint64_t size)
{
    if (size == 0) {
        return true;
    }
    if (address < arena || address - arena >= arena_pages * PAGE || size > arena_pages * PAGE - (address - arena)) {
        return false;
    }
    for (size_t page = (address - arena) / PAGE; page <= (address + size - 1 - arena) / PAGE; page++) {
        if (!page_is_mapped(page)) {
            return false;
        }
    }
    return true;
}

/* A place of the arena for what lives as long as the program. */
static uint64_t take_pages(uint64_t size)
{
    uint64_t pages = (size + PAGE - 1) / PAGE, place = machine_find_place(pages);
    if (place != 0) {
        machine_map(place, pages);
    }
    return place;
}

/*
 * What each heap provides: heap_begin (false if there is no memory), heap_take (0 if refused), heap_give (false if no
 * live block begins there), heap_size (usable bytes of a live block), heap_change (realloc, 0 if refused),
 * own_alignment (what every block of that size has), and LARGEST (the largest request that it serves).
 */
#include HEAP

/* Addresses that are not those of a block of the heap: inside of one, or mapped for themselves (block 0). */
struct special {
    uint64_t address, block, size;
};
static struct special *specials;
static size_t special_count, special_room;

/* Where an address stands, or would stand: open addressing, linear probing. */
static struct special *special_at(struct special *table, size_t room, uint64_t address)
{
    size_t n = (size_t)(address / 16 * UINT64_C(0x9E3779B97F4A7C15)) & (room - 1);
    while (table[n].address != 0 && table[n].address != address) {
        n = (n + 1) & (room - 1);
    }
    return &table[n];
}

static bool remember(uint64_t address, uint64_t block, uint64_t size)
{
    if (special_count * 2 >= special_room) {
        size_t room = special_room == 0 ? 256 : special_room * 2;
        struct special *table = reserve(room * sizeof *table);
        if (table == NULL) {
            return false;
        }
        for (size_t n = 0; n < special_room; n++) {
            if (specials[n].address != 0) {
                *special_at(table, room, specials[n].address) = specials[n];
            }
        }
        if (specials != NULL) {
            munmap(specials, special_room * sizeof *specials);
        }
        specials = table;
        special_room = room;
    }
    *special_at(specials, special_room, address) = (struct special){address, block, size};
    special_count++;
    return true;
}

static struct special *special_of(uint64_t address)
{
    if (special_count == 0) {
        return NULL;
    }
    struct special *found = special_at(specials, special_room, address);
    return found->address == address ? found : NULL;
}

/* Take an entry out; those behind it move up, so that each is found where its probes come by. */
static void forget(struct special *gone)
{
    size_t n = (size_t)(gone - specials);
    specials[n].address = 0;
    special_count--;
    for (n = (n + 1) & (special_room - 1); specials[n].address != 0; n = (n + 1) & (special_room - 1)) {
        struct special moved = specials[n];
        specials[n].address = 0;
        *special_at(specials, special_room, moved.address) = moved;
    }
}

static bool begin(void)
{
    if (arena != 0) {
        return true;
    }
    for (size_t size = ARENA; size >= LEAST_ARENA; size /= 2) {
        uint64_t got = (uint64_t)(uintptr_t)reserve(size);
        if (got != 0) {
            arena_pages = size / PAGE;
            mapped = reserve(arena_pages / 8);
            arena = mapped == NULL ? 0 : got;
            break;
        }
    }
    if (arena == 0 || !heap_begin()) {
        arena = 0;
        return false;
    }
    return true;
}

/* A block of its own mapping, at a multiple of alignment. */
static uint64_t take_mapped(uint64_t size, uint64_t alignment)
{
    uint64_t slack = alignment > PAGE ? alignment : 0, whole = size + slack;
    uint64_t got = (uint64_t)(uintptr_t)reserve(whole);
    if (got == 0) {
        return 0;
    }
    uint64_t address = (got + alignment - 1) / alignment * alignment;
    if (address != got) {
        munmap((void *)(uintptr_t)got, address - got);
        whole -= address - got;
    }
    if (!remember(address, 0, whole)) {
        munmap((void *)(uintptr_t)address, whole);
        return 0;
    }
    return address;
}

static uint64_t take_aligned(uint64_t size, uint64_t alignment)
{
    if (alignment <= own_alignment(size)) {
        return heap_take(size);
    }
    uint64_t block = heap_take(size + alignment);
    uint64_t address = (block + alignment - 1) / alignment * alignment;
    if (block != 0 && address != block && !remember(address, block, size + block + alignment - address)) {
        heap_give(block);
        return 0;
    }
    return block == 0 ? 0 : address;
}

static uint64_t take(uint64_t size, uint64_t alignment)
{
    if (size > PTRDIFF_MAX || alignment > (uint64_t)1 << 32 || !begin()) {
        return 0;
    }
    size = size == 0 ? 1 : size;
    return size + alignment > LARGEST ? take_mapped(size, alignment) : take_aligned(size, alignment);
}

static void give(uint64_t address)
{
    struct special *found = special_of(address);
    if (found == NULL) {
        if (arena == 0 || !heap_give(address)) {
            die("free of what is no live block");
        }
        return;
    }
    struct special was = *found;
    forget(found);
    if (was.block == 0) {
        munmap((void *)(uintptr_t)was.address, was.size);
    } else {
        heap_give(was.block);
    }
}

static uint64_t usable(uint64_t address)
{
    struct special *found = special_of(address);
    return found != NULL ? found->size : heap_size(address);
}

/* As realloc of a live block to a size above 0. */
static uint64_t change(uint64_t address, uint64_t size)
{
    if (special_of(address) == NULL && size <= LARGEST) {
        return heap_change(address, size);
    }
    uint64_t had = usable(address), got = take(size, 1);
    if (got != 0) {
        memcpy((void *)(uintptr_t)got, (const void *)(uintptr_t)address, had < size ? had : size);
        give(address);
    }
    return got;
}

static void *answer(uint64_t address)
{
    if (address == 0) {
        errno = ENOMEM;
    }
    return (void *)(uintptr_t)address;
}

static uint64_t locked_take(uint64_t size, uint64_t alignment)
{
    pthread_mutex_lock(&lock);
    uint64_t got = take(size, alignment);
    pthread_mutex_unlock(&lock);
    return got;
}

static bool is_power_of_two(size_t number)
{
    return number != 0 && (number & (number - 1)) == 0;
}

void *malloc(size_t size)
{
    return answer(locked_take(size, 1));
}

void free(void *block)
{
    if (block != NULL) {
        int before = errno;
        pthread_mutex_lock(&lock);
        give((uint64_t)(uintptr_t)block);
        pthread_mutex_unlock(&lock);
        errno = before;
    }
}

void *calloc(size_t count, size_t size)
{
    size_t whole;
    if (__builtin_mul_overflow(count, size, &whole)) {
        return answer(0);
    }
    uint64_t got = locked_take(whole, 1);
    if (got != 0) {
        memset((void *)(uintptr_t)got, 0, whole);
    }
    return answer(got);
}

void *realloc(void *block, size_t size)
{
    if (block == NULL) {
        return malloc(size);
    }
    if (size == 0) {
        free(block);
        return NULL;
    }
    if (size > PTRDIFF_MAX) {
        return answer(0);
    }
    pthread_mutex_lock(&lock);
    uint64_t got = change((uint64_t)(uintptr_t)block, size);
    pthread_mutex_unlock(&lock);
    return answer(got);
}

void *reallocarray(void *block, size_t count, size_t size)
{
    size_t whole;
    return __builtin_mul_overflow(count, size, &whole) ? answer(0) : realloc(block, whole);
}

int posix_memalign(void **result, size_t alignment, size_t size)
{
    if (!is_power_of_two(alignment) || alignment % sizeof(void *) != 0) {
        return EINVAL;
    }
    uint64_t got = locked_take(size, alignment);
    if (got == 0) {
        return ENOMEM;
    }
    *result = (void *)(uintptr_t)got;
    return 0;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    if (!is_power_of_two(alignment)) {
        errno = EINVAL;
        return NULL;
    }
    return answer(locked_take(size, alignment));
}

void *memalign(size_t alignment, size_t size)
{
    return aligned_alloc(alignment, size);
}

void *valloc(size_t size)
{
    return aligned_alloc(PAGE, size);
}

void *pvalloc(size_t size)
{
    return size > PTRDIFF_MAX ? answer(0) : aligned_alloc(PAGE, (size + PAGE - 1) / PAGE * PAGE);
}

size_t malloc_usable_size(void *block)
{
    if (block == NULL) {
        return 0;
    }
    pthread_mutex_lock(&lock);
    size_t size = usable((uint64_t)(uintptr_t)block);
    pthread_mutex_unlock(&lock);
    return size;
}

/* A thread that forks finds the heap whole in the child. */
static void before_fork(void)
{
    pthread_mutex_lock(&lock);
}

static void after_fork(void)
{
    pthread_mutex_unlock(&lock);
}

__attribute__((constructor)) static void at_start(void)
{
    pthread_atfork(before_fork, after_fork, after_fork);
}
