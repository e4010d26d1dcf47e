/* What a program may ask of malloc and its kin, with threads and a fork. Ends 0, or tells the line that fails. */

#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ASK(holds) do { if (!(holds)) { fprintf(stderr, "line %d: " #holds "\n", __LINE__); exit(1); } } while (0)
#define BLOCKS 2000

static size_t any_size(unsigned *seed)
{
    unsigned r = (unsigned)rand_r(seed);
    return r % 50 == 0 ? r % 200000 : r % 900;
}

static void check(const unsigned char *block, size_t size, unsigned char fill)
{
    for (size_t n = 0; n < size; n++) {
        ASK(block[n] == fill);
    }
}

static void *any_history(void *own)
{
    unsigned seed = (unsigned)(uintptr_t)own;
    static const size_t alignments[] = {8, 16, 64, 128, 4096, 65536};
    unsigned char *blocks[BLOCKS] = {0};
    size_t sizes[BLOCKS] = {0};
    for (int step = 0; step < 40000; step++) {
        size_t n = (size_t)rand_r(&seed) % BLOCKS, size = any_size(&seed), alignment = alignments[rand_r(&seed) % 6];
        unsigned char fill = (unsigned char)n;
        check(blocks[n], sizes[n], fill);
        if (blocks[n] != NULL && size % 3 == 0 && size != 0) {
            unsigned char *moved = realloc(blocks[n], size);
            ASK(moved != NULL);
            check(moved, sizes[n] < size ? sizes[n] : size, fill);
            blocks[n] = moved;
        } else {
            free(blocks[n]);
            if (size % 7 == 0) {
                ASK(posix_memalign((void **)&blocks[n], alignment, size) == 0);
                ASK((uintptr_t)blocks[n] % alignment == 0);
            } else if (size % 5 == 0) {
                blocks[n] = calloc(size, 1);
                ASK(blocks[n] != NULL);
                check(blocks[n], size, 0);
            } else {
                blocks[n] = malloc(size);
                ASK(blocks[n] != NULL && (uintptr_t)blocks[n] % 16 == 0);
            }
        }
        ASK(malloc_usable_size(blocks[n]) >= size);
        sizes[n] = size;
        memset(blocks[n], fill, size);
    }
    for (size_t n = 0; n < BLOCKS; n++) {
        check(blocks[n], sizes[n], (unsigned char)n);
        free(blocks[n]);
    }
    return NULL;
}

static void the_edges(void)
{
    volatile size_t most = SIZE_MAX, half = SIZE_MAX / 2 + 1;
    void *none = NULL;
    errno = 0;
    ASK(malloc(most) == NULL && errno == ENOMEM);
    ASK(calloc(half, 2) == NULL && realloc(NULL, most) == NULL && reallocarray(NULL, half, 2) == NULL);
    ASK(posix_memalign(&none, 24, 8) == EINVAL && posix_memalign(&none, 4, 8) == EINVAL);
    ASK(posix_memalign(&none, 64, most) == ENOMEM && none == NULL);
    ASK(aligned_alloc(24, 8) == NULL && memalign((size_t)1 << 21, 100) != NULL);
    ASK(malloc_usable_size(NULL) == 0 && realloc(malloc(9), 0) == NULL);
    void *empty = malloc(0), *other = malloc(0);
    ASK(empty != NULL && other != NULL && empty != other);
    free(empty);
    free(other);
    free(NULL);
    unsigned char *large = calloc(300, 1 << 20);
    ASK(large != NULL && large[0] == 0 && large[(300 << 20) - 1] == 0);
    large[5] = 7;
    large = realloc(large, 100);
    ASK(large != NULL && large[5] == 7);
    free(large);
    ASK((uintptr_t)valloc(5) % 4096 == 0 && malloc_usable_size(pvalloc(5)) >= 4096);
    errno = 5;
    free(malloc(1 << 20));
    ASK(errno == 5);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        char *twice = malloc(100);
        free(twice + (argv[1][0] == 'i' ? 16 : 0));
        free(twice);
        return 0;
    }
    the_edges();
    pthread_t threads[3];
    for (uintptr_t n = 0; n < 3; n++) {
        ASK(pthread_create(&threads[n], NULL, any_history, (void *)(n + 1)) == 0);
    }
    for (int n = 0; n < 20; n++) {
        pid_t child = fork();
        if (child == 0) {
            free(malloc(1000));
            _exit(malloc(10) == NULL);
        }
        int status = 1;
        ASK(waitpid(child, &status, 0) == child && status == 0);
    }
    for (int n = 0; n < 3; n++) {
        ASK(pthread_join(threads[n], NULL) == 0);
    }
    return 0;
}
