/* The program that left the logs in this folder; it asks for memory in every way that there is. */
#define _GNU_SOURCE
#include <malloc.h>
#include <mcheck.h>
#include <stdlib.h>

int main(void) {
    mtrace();
    char *a = malloc(100), *b = calloc(3, 50), *c, *d, *e, *f, *huge;
    void *p = 0;
    a = realloc(a, 5000);
    b = realloc(b, 40);
    c = aligned_alloc(64, 128);
    if (posix_memalign(&p, 256, 300)) return 1;
    d = memalign(32, 77);
    e = malloc(0);
    free(e), free(NULL);
    a = realloc(a, 0);
    f = realloc(NULL, 24);
    huge = malloc((size_t)1 << 60);
    if (huge) return 1;
    f = realloc(f, (size_t)1 << 60) ? f : f;
    free(f), free(c), free(d), free(p);
    muntrace();
    return b == 0;
}
