/* Records what a program asks of its allocator.  Preloaded into the program; MIT licence.

   In the folder $DRYSTONE_RECORD each program image writes a file PID.NUMBER: records of 32 bytes in shared memory, so
   that nothing is lost when the program crashes or is killed.  A free is noted before it is made, an allocation after
   it was made, and realloc both before and after: so the order of records is one in which all addresses make sense,
   whatever threads do.  A child that is forked records nothing; one that executes a program begins a file of its own. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct record {
    uint64_t kind, address, size, more;
};

enum { WINDOW = 1 << 16 }; /* records that are mapped at a time */
static struct record *window;
static size_t used;
static off_t written;
static int file = -1;
static volatile int taken;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static __thread int inside __attribute__((tls_model("initial-exec")));

/* ---------------------------------------------------------------- the allocator below */

static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static void (*real_free)(void *);
static void *(*real_memalign)(size_t, size_t);
static int (*real_posix_memalign)(void **, size_t, size_t);
static void *(*real_aligned_alloc)(size_t, size_t);

/* dlsym may ask for memory before it has found out where to get it. */
static char early[1 << 16] __attribute__((aligned(16)));
static size_t early_used;
static int resolving;

static int is_early(const void *block) { return (const char *)block >= early && (const char *)block < early + sizeof early; }

static void *early_block(size_t size) {
    size_t begin = early_used + 16;
    if (size > sizeof early - begin - 16) abort();
    memcpy(early + early_used, &size, sizeof size);
    early_used = (begin + size + 15) / 16 * 16;
    return early + begin;
}

static void resolve(void) {
    if (real_free || resolving) return;
    resolving = 1;
    *(void **)&real_malloc = dlsym(RTLD_NEXT, "malloc");
    *(void **)&real_calloc = dlsym(RTLD_NEXT, "calloc");
    *(void **)&real_realloc = dlsym(RTLD_NEXT, "realloc");
    *(void **)&real_memalign = dlsym(RTLD_NEXT, "memalign");
    *(void **)&real_posix_memalign = dlsym(RTLD_NEXT, "posix_memalign");
    *(void **)&real_aligned_alloc = dlsym(RTLD_NEXT, "aligned_alloc");
    *(void **)&real_free = dlsym(RTLD_NEXT, "free");
    resolving = 0;
}

/* ---------------------------------------------------------------- the record */

static void lock(void) {
    while (__atomic_exchange_n(&taken, 1, __ATOMIC_ACQUIRE)) sched_yield();
}

static void unlock(void) { __atomic_store_n(&taken, 0, __ATOMIC_RELEASE); }

static void stop(void) {
    if (file >= 0) close(file);
    file = -1;
    window = NULL;
    unlock();
}

static void begin(void) {
    const char *folder = getenv("DRYSTONE_RECORD");
    char name[4096];
    int number;
    inside++;
    for (number = 0; folder && file < 0 && number < 1000; number++) {
        snprintf(name, sizeof name, "%s/%ld.%d", folder, (long)getpid(), number);
        file = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (file < 0 && errno != EEXIST) break;
    }
    if (file >= 0) {
        int high = fcntl(file, F_DUPFD_CLOEXEC, 200); /* programs count on the numbers of the files that they open */
        if (high >= 0) close(file), file = high;
        used = WINDOW;
        pthread_atfork(lock, unlock, stop);
    }
    inside--;
}

static int next_window(void) {
    size_t bytes = WINDOW * sizeof *window;
    void *mapped;
    if (window) munmap(window, bytes);
    window = NULL;
    if (ftruncate(file, written + (off_t)bytes)) return 0;
    mapped = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, written);
    if (mapped == MAP_FAILED) return 0;
    window = mapped, written += (off_t)bytes, used = 0;
    return 1;
}

static void note(char kind, const void *address, uint64_t size, uint64_t more) {
    int kept = errno;
    if (inside) return;
    inside++;
    pthread_once(&once, begin);
    if (file >= 0) {
        lock();
        if (file >= 0 && used == WINDOW && !next_window()) close(file), file = -1;
        if (file >= 0) {
            struct record *at = window + used++;
            at->address = (uint64_t)(uintptr_t)address, at->size = size, at->more = more;
            at->kind = (uint64_t)(unsigned char)kind;
        }
        unlock();
    }
    inside--;
    errno = kept;
}

__attribute__((constructor)) static void loaded(void) {
    resolve();
    pthread_once(&once, begin);
}

/* ---------------------------------------------------------------- what programs call */

void *malloc(size_t size) {
    void *block;
    resolve();
    if (!real_malloc) return early_block(size);
    block = real_malloc(size);
    if (block) note('m', block, size, 0);
    return block;
}

void *calloc(size_t count, size_t size) {
    void *block;
    resolve();
    if (!real_calloc) return early_block(count * size); /* a static array is zero */
    block = real_calloc(count, size);
    if (block) note('c', block, count * size, 0);
    return block;
}

void free(void *block) {
    if (!block || is_early(block)) return;
    resolve();
    note('f', block, 0, 0);
    real_free(block);
}

void *realloc(void *block, size_t size) {
    void *moved;
    if (!block) return malloc(size);
    if (is_early(block)) {
        size_t old;
        memcpy(&old, (char *)block - 16, sizeof old);
        moved = malloc(size);
        return moved ? memcpy(moved, block, old < size ? old : size) : NULL;
    }
    resolve();
    note('<', block, 0, 0);
    moved = real_realloc(block, size);
    note('>', moved, size, (uint64_t)(uintptr_t)block);
    return moved;
}

void *reallocarray(void *block, size_t count, size_t size) {
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(block, total);
}

void *memalign(size_t alignment, size_t size) {
    void *block;
    resolve();
    block = real_memalign ? real_memalign(alignment, size) : NULL;
    if (block) note('a', block, size, alignment);
    return block;
}

int posix_memalign(void **block, size_t alignment, size_t size) {
    int error;
    resolve();
    error = real_posix_memalign ? real_posix_memalign(block, alignment, size) : ENOMEM;
    if (!error && *block) note('a', *block, size, alignment);
    return error;
}

void *aligned_alloc(size_t alignment, size_t size) {
    void *block;
    resolve();
    block = real_aligned_alloc ? real_aligned_alloc(alignment, size) : NULL;
    if (block) note('a', block, size, alignment);
    return block;
}

void *valloc(size_t size) { return memalign((size_t)sysconf(_SC_PAGESIZE), size); }

void *pvalloc(size_t size) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return memalign(page, (size + page - 1) / page * page);
}
