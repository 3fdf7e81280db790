/* launch FILE COMMAND...: runs the command and leaves its peak memory, in KiB, in FILE.
 *
 * The kernel counts the memory of whoever forked a process as that process's own peak; this program
 * is small, where the benchmarks' Python is not. Ends as the command ended. */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc < 3) return 2;
    pid_t child = fork();
    if (child == 0) {
        execvp(argv[2], argv + 2);
        perror(argv[2]);
        _exit(127);
    }
    struct rusage usage;
    int status;
    if (child < 0 || wait4(child, &status, 0, &usage) < 0) return 2;
    FILE *file = fopen(argv[1], "w");
    if (!file) return 2;
    fprintf(file, "%ld\n", usage.ru_maxrss);
    fclose(file);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
