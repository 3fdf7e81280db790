/* `sluice destroy`: deletes stacks, those first that need others, after a look at what stands in
 * the way. */
#include "cli/destroy.h"

#include <stddef.h>
#include <unistd.h>

/* Asks on the terminal; without one somebody has to have said so. */
static error confirm(const struct stack_door *door, const struct stack_state *states)
{
    char answer[16];
    if (door->options->force) return OK;
    if (isatty(STDIN_FILENO) != 1)
        return fail(ERR_USAGE, "stdin is no terminal that could be asked: give --force");
    for (int i = PROJECT_STACKS - 1; i >= 0; i--)
        if (door->chosen[i] && states[i].status) fprintf(stderr, "  %s\n", project_stacks[i].name);
    fprintf(stderr, "Destroy these in %s at %s? [y/N] ", door->region,
            door->url ? door->url : "AWS");
    if (fgets(answer, sizeof answer, stdin) && (*answer == 'y' || *answer == 'Y')) return OK;
    return fail(ERR_STOPPED, "nothing was destroyed");
}

static error destroy_stack(struct stack_door *door, int stack, const struct stack_state *deployed)
{
    static const char gone[] = "DELETE_COMPLETE";
    struct stack_report report;
    struct stack_state state;
    stack_report_begin(&report, door, project_stacks[stack].name);
    if (door->options->empty_buckets) TRY(destroy_empty_bucket(door, deployed));
    TRY(formation_delete(door, report.stack, stack_report_event, &report, &state));
    if (state.status && strcmp(state.status, gone) != 0)
        return stack_report_failure(&report, &state);
    stack_report_end(&report, gone, true, NULL);
    return OK;
}

static error destroy(struct stack_door *door, int count, char **names)
{
    struct stack_state states[PROJECT_STACKS];
    int deployed = 0;
    if (!count && !door->options->all)
        return fail(ERR_USAGE, "which stacks? Name them (sluice ls), or give --all");
    TRY(stack_choose(door, count, names));
    TRY(stack_connect(door));
    for (int i = 0; i < PROJECT_STACKS; i++) {
        TRY(formation_settle(door, project_stacks[i].name, &states[i]));
        deployed += door->chosen[i] && states[i].status;
    }
    progress_end();
    if (!deployed) {
        if (!door->json) printf("Nothing to destroy: none of them is deployed.\n");
        return OK;
    }
    TRY(destroy_check(door, states));
    TRY(confirm(door, states));
    for (int i = PROJECT_STACKS - 1; i >= 0; i--)
        if (door->chosen[i] && states[i].status) TRY(destroy_stack(door, i, &states[i]));
    return OK;
}

static int destroy_run(const void *options, int count, char **names)
{
    struct stack_door door = {.command = &destroy_command, .options = options};
    error e = destroy(&door, count, names);
    progress_end();
    int status = e == OK ? STATUS_OK : command_failed(&destroy_command, e);
    stack_close(&door);
    return status;
}

static const struct option_row destroy_options[] = {
    {.name = "all", .type = OPTION_TRUE, .summary = "All stacks", .offset = STACK_OPTION(all)},
    {.name = "empty-buckets", .type = OPTION_TRUE,
     .summary = "Remove the objects of the stack's bucket first",
     .offset = STACK_OPTION(empty_buckets)},
    {.name = "drop-tables", .type = OPTION_TRUE,
     .summary = "Let tables that no stack made go with the database",
     .offset = STACK_OPTION(drop_tables)},
    {.name = "force", .type = OPTION_TRUE, .summary = "Do not ask", .offset = STACK_OPTION(force)},
    STACK_SERVICE_ROWS,
    STACK_ROLE_ROW,
    STACK_EVENTS_ROW,
    {0},
};

const struct command destroy_command = {
    .name = "destroy",
    .summary = "Delete a project's stacks and what they made",
    .arguments = "STACK...|--all",
    .arguments_max = PROJECT_STACKS,
    .word = stack_word,
    .description =
        "Deletes the stacks that are named, in the reverse order of their deployment, after "
        "asking. First it looks at all of them for what stands in the way: a stack that needs one "
        "and stays, objects in the bucket, a run of the job that goes on, tables in the database "
        "that no stack made. Whatever it finds is told, and nothing is deleted. STACK may be a "
        "pattern.",
    .examples = "  sluice destroy --all\n"
                "  sluice destroy --all --empty-buckets --drop-tables --force\n"
                "  sluice destroy GlueStreamingSinkToS3Job\n",
    .options = destroy_options,
    .defaults = &(const struct stack_options){0},
    .options_size = sizeof(struct stack_options),
    .run = destroy_run,
};
