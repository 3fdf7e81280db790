/* `sluice diff`: what a deployment would change, value by value. */
#include "cli/stack.h"

#include <stddef.h>

struct shown {
    struct stack_door *door;
    const char *stack;
    const char *entry; /* of which the head was printed last */
    int stacks;        /* that differ */
};

static const char *printed(struct stack_door *door, const json_t *value)
{
    struct buffer text = {0};
    json_print(&text, value);
    const char *copy = arena_text(&door->arena, buffer_span(&text));
    buffer_release(&text);
    return copy;
}

static void print_json(const struct shown *shown, const struct difference *d)
{
    static const char *const kinds[] = {['+'] = "add", ['-'] = "remove", ['~'] = "change"};
    json_t *line = json_pack("{s:s, s:s, s:s, s:s, s:s*, s:s*, s:O*, s:O*, s:b}", "Stack",
                             shown->stack, "Difference", kinds[(int)d->mark], "Section", d->section,
                             "Name", d->name, "ResourceType", d->type, "Path",
                             *d->path ? d->path : NULL, "Before", (json_t *)d->before, "After",
                             (json_t *)d->after, "Replacement", d->replaces);
    print_json_line(line);
    json_decref(line);
}

static void print_head(struct shown *shown, const struct difference *d, char mark)
{
    if (shown->entry == d->name) return;
    if (!shown->entry) printf("%s%s%s\n", bold(stdout), shown->stack, plain(stdout));
    shown->entry = d->name;
    if (d->type) printf("  %c %s (%s)\n", mark, d->name, d->type);
    else printf("  %c %s: %s\n", mark, d->section, d->name);
}

/* "Properties." goes without saying. */
static const char *short_path(const char *path)
{
    static const char properties[] = "Properties.";
    size_t size = sizeof properties - 1;
    return strncmp(path, properties, size) == 0 ? path + size : path;
}

static void show(void *context, const struct difference *d)
{
    struct shown *shown = context;
    if (shown->door->options->json) {
        print_json(shown, d);
        return;
    }
    if (!*d->path) {
        print_head(shown, d, d->mark);
        if (d->mark == '~' )
            printf("      ~ %s -> %s\n", printed(shown->door, d->before),
                   printed(shown->door, d->after));
        return;
    }
    print_head(shown, d, '~');
    printf("      %c %s: ", d->mark, short_path(d->path));
    if (d->before) fputs(printed(shown->door, d->before), stdout);
    if (d->mark == '~') fputs(" -> ", stdout);
    if (d->after) fputs(printed(shown->door, d->after), stdout);
    puts(d->replaces ? "  (replaces the resource)" : "");
}

static error compare_stack(struct stack_door *door, int stack, struct shown *shown)
{
    struct stack_state state;
    json_t *deployed = NULL;
    shown->stack = project_stacks[stack].name;
    shown->entry = NULL;
    TRY(formation_state(door, shown->stack, &state));
    if (state.status) TRY(formation_template(door, shown->stack, &deployed));
    json_t *wanted = project_template(&door->project, stack);
    int found = project_compare(deployed, wanted, show, shown);
    shown->stacks += found > 0;
    if (!found && !door->options->json)
        printf("%s%s%s\n  no differences\n", bold(stdout), shown->stack, plain(stdout));
    json_decref(wanted);
    json_decref(deployed);
    return OK;
}

static error compare(struct stack_door *door, int count, char **names, struct shown *shown)
{
    TRY(stack_choose(door, count, names));
    TRY(stack_project(door));
    TRY(stack_connect(door));
    for (int i = 0; i < PROJECT_STACKS; i++)
        if (door->chosen[i]) TRY(compare_stack(door, i, shown));
    if (!door->options->json)
        printf("\nStacks with differences: %d\n", shown->stacks);
    return OK;
}

static int diff_run(const void *given, int count, char **names)
{
    const struct stack_options *options = given;
    struct stack_door door = {.command = &diff_command, .options = options};
    struct shown shown = {.door = &door};
    error e = compare(&door, count, names, &shown);
    int status = e != OK ? command_failed(&diff_command, e)
                 : options->fail && shown.stacks ? STATUS_FAILED
                                                 : STATUS_OK;
    stack_close(&door);
    return status;
}

static const struct option_row diff_options[] = {
    STACK_FILE_ROW,
    {.name = "fail", .type = OPTION_TRUE,
     .summary = "End with status 1 when there are differences (default: 0)",
     .offset = STACK_OPTION(fail)},
    STACK_SERVICE_ROWS,
    {.name = "json", .type = OPTION_TRUE,
     .summary = "A JSON line for each difference on stdout", .offset = STACK_OPTION(json)},
    {0},
};

const struct command diff_command = {
    .name = "diff",
    .summary = "Show what `deploy' would change",
    .arguments = "[STACK...]",
    .arguments_max = PROJECT_STACKS,
    .word = stack_word,
    .description =
        "Compares the project's stacks (all, or those named) with the templates that are deployed, "
        "value by value: + comes, - goes, ~ changes; one that makes CloudFormation replace the "
        "resource says so. Nothing is changed. What the CDK deploys for its own statistics counts "
        "as no difference.\n"
        "\n"
        "Ends with status 0, with --fail with 1 when there are differences; a failure is 1 too and "
        "has its reason on stderr.",
    .examples = "  sluice diff\n"
                "  sluice diff GlueSchemaOnKinesisStream --fail\n",
    .options = diff_options,
    .defaults = &(const struct stack_options){0},
    .options_size = sizeof(struct stack_options),
    .run = diff_run,
};
