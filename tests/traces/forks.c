/* A child that goes on with its parent's heap, one that executes this program again, and an end by a signal. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char **words) {
    char *block = malloc(1111);
    if (count > 1) {
        free(malloc(2222));
        return 0;
    }
    if (fork() == 0) {
        free(malloc(3333));
        free(block);
        _exit(0);
    }
    if (fork() == 0) execl(words[0], words[0], "again", (char *)NULL);
    while (wait(NULL) > 0) {}
    block = realloc(block, 4444);
    raise(SIGKILL);
    return 0;
}
