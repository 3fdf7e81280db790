/* The table of commands, and the way from argv to one of them. */
#include "cli/cli.h"

#include "cli/internal.h"

#include <signal.h>

const struct command *const commands[] = {
    &up_command, &env_command, &gen_command, &run_command, &job_command,
    &script_command, &sql_command, &lint_command, &convert_command, &audit_command, &compact_command, &checkpoint_command, &requeue_command, &synth_command, &ls_command,
    &deploy_command, &diff_command, &destroy_command, &demo_command, &help_command, NULL,
};

const struct command *command_find(const char *name)
{
    if (strcmp(query_worker_command.name, name) == 0) return &query_worker_command; /* our own */
    for (int i = 0; commands[i]; i++)
        if (strcmp(commands[i]->name, name) == 0) return commands[i];
    return NULL;
}

static int unknown_command(const char *name)
{
    enum { NEAR = 2 };
    const char *nearest = NULL;
    size_t distance = NEAR + 1;
    for (int i = 0; commands[i]; i++) {
        size_t d = text_distance(name, commands[i]->name);
        if (d < distance && d < strlen(commands[i]->name)) {
            nearest = commands[i]->name;
            distance = d;
        }
    }
    fprintf(stderr, "sluice: no command '%s'", name);
    if (nearest) fprintf(stderr, "; did you mean '%s'?", nearest);
    fprintf(stderr, "\nTry `sluice help' for the list of commands.\n");
    return STATUS_USAGE;
}

static int dispatch(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : NULL;
    if (!name) {
        char *help[] = {NULL, NULL};
        command_run(&help_command, 1, help);
        return STATUS_USAGE;
    }
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
        puts("sluice " SLUICE_VERSION);
        return STATUS_OK;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) name = "help";
    const struct command *command = command_find(name);
    if (!command) return unknown_command(name);
    return command_run(command, argc - 1, argv + 1);
}

/* What was asked for is done only when it has been written. */
int cli_main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN); /* a reader that went away is an error of the write, told in words */
    int status = dispatch(argc, argv);
    if (fflush(stdout) == 0 && !ferror(stdout)) return status;
    fprintf(stderr, "sluice: writing to standard output failed\n");
    return status == STATUS_OK ? STATUS_FAILED : status;
}
