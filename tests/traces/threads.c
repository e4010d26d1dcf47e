/* Threads that resize blocks and free each other's: 4 x 500 x (malloc, realloc, free), and what threads themselves need. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 4, ROUNDS = 500, SIZE = 4242 };
static char *handed[THREADS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *work(void *given) {
    int me = (int)(size_t)given, i;
    for (i = 0; i < ROUNDS; i++) {
        char *block = malloc(SIZE), *other;
        memset(block, me, SIZE);
        block = realloc(block, SIZE + 1 + (size_t)i);
        pthread_mutex_lock(&lock);
        other = handed[(me + 1) % THREADS], handed[(me + 1) % THREADS] = NULL;
        if (!other) other = block;
        else if (handed[me]) free(handed[me]), handed[me] = block;
        else handed[me] = block;
        pthread_mutex_unlock(&lock);
        free(other);
    }
    return NULL;
}

int main(void) {
    pthread_t threads[THREADS];
    size_t i;
    for (i = 0; i < THREADS; i++) pthread_create(threads + i, NULL, work, (void *)i);
    for (i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    for (i = 0; i < THREADS; i++) free(handed[i]);
    return 0;
}
