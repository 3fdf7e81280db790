/* `sluice synth` and `sluice ls`: the stacks of a project, without anything being called. */
#include "cli/stack.h"

#include <stddef.h>

/* ---- synth ---- */

static error write_file(struct stack_door *door, const char *name, span text)
{
    return file_replace(arena_printf(&door->arena, "%s/%s", door->options->output, name), text);
}

/* Texts that end with NULL. */
static json_t *list_of(const char *const *texts)
{
    json_t *list = json_array();
    for (; *texts; texts++) json_array_append_new(list, json_string(*texts));
    return list;
}

/* The cloud assembly's manifest, by which `cdk --app DIR` takes the folder for a project. */
static json_t *manifest_of(struct stack_door *door)
{
    json_t *artifacts = json_object();
    for (int i = 0; i < PROJECT_STACKS; i++) {
        const struct project_stack *stack = &project_stacks[i];
        if (!door->chosen[i]) continue;
        json_object_set_new(
            artifacts, stack->name,
            json_pack("{s:s, s:s, s:{s:s, s:b}, s:o, s:s}", "type", "aws:cloudformation:stack",
                      "environment", "aws://unknown-account/unknown-region", "properties",
                      "templateFile", arena_printf(&door->arena, "%s.template.json", stack->name),
                      "validateOnSynth", 0, "dependencies", list_of(stack->needs), "displayName",
                      stack->name));
    }
    return json_pack("{s:s, s:o}", "version", "35.0.0", "artifacts", artifacts);
}

static error write_manifest(struct stack_door *door)
{
    struct buffer text = {0};
    json_t *manifest = manifest_of(door);
    json_print_indented(&text, manifest, 2);
    json_decref(manifest);
    error e = write_file(door, "manifest.json", buffer_span(&text));
    buffer_release(&text);
    return e;
}

static error write_stack(struct stack_door *door, int stack)
{
    struct buffer text = {0};
    json_t *template = project_template(&door->project, stack);
    project_template_print(&text, template);
    json_decref(template);
    error e = write_file(door, arena_printf(&door->arena, "%s.template.json",
                                            project_stacks[stack].name), buffer_span(&text));
    buffer_release(&text);
    return e;
}

static error write_folder(struct stack_door *door)
{
    TRY(folder_make(door->options->output));
    for (int i = 0; i < PROJECT_STACKS; i++)
        if (door->chosen[i]) TRY(write_stack(door, i));
    return write_manifest(door);
}

/* A single stack's template is itself; of several each is under its name. */
static void print_templates(struct stack_door *door)
{
    struct buffer text = {0};
    json_t *all = json_object(), *last = NULL;
    for (int i = 0; i < PROJECT_STACKS; i++) {
        if (!door->chosen[i]) continue;
        last = project_template(&door->project, i);
        json_object_set_new(all, project_stacks[i].name, last);
    }
    project_template_print(&text, json_object_size(all) == 1 ? last : all);
    buffer_append_byte(&text, '\n');
    fwrite(text.data, 1, text.size, stdout);
    buffer_release(&text);
    json_decref(all);
}

static error synth(struct stack_door *door, int count, char **names)
{
    TRY(stack_choose(door, count, names));
    TRY(stack_project(door));
    if (door->options->output) return write_folder(door);
    print_templates(door);
    return OK;
}

static int synth_run(const void *options, int count, char **names)
{
    struct stack_door door = {.command = &synth_command, .options = options};
    error e = synth(&door, count, names);
    int status = e == OK ? STATUS_OK : command_failed(&synth_command, e);
    stack_close(&door);
    return status;
}

static const struct option_row synth_options[] = {
    STACK_FILE_ROW,
    {.name = "output", .letter = 'o', .type = OPTION_STRING, .argument = "DIR",
     .summary = "Write STACK.template.json files and manifest.json into this folder, as "
                "`cdk synth' does into cdk.out (default: templates on stdout)",
     .offset = STACK_OPTION(output)},
    {0},
};

const struct command synth_command = {
    .name = "synth",
    .summary = "Print a project's stacks as CloudFormation templates",
    .arguments = "[STACK...]",
    .arguments_max = PROJECT_STACKS,
    .word = stack_word,
    .description =
        "Makes the example's six CloudFormation stacks of cdk.context.json, as the CDK application "
        "does, without CDK, Node or Python. One STACK: its template. Several, or none for all: one "
        "object of templates by name. The same file gives the same bytes. STACK may be a pattern.\n"
        "\n"
        "What is not as it should be in the file is told on stderr: slips that still have one "
        "meaning as notes, the rest as errors, all at once.\n"
        "\n"
        "The templates are those of the construct library, without AWS::CDK::Metadata; a folder "
        "made by --output can be deployed by the CDK as well: cdk --app DIR deploy --all.",
    .examples = "  sluice synth GlueStreamingSinkToS3Path\n"
                "  sluice synth --output cdk.out\n",
    .options = synth_options,
    .defaults = &(const struct stack_options){0},
    .options_size = sizeof(struct stack_options),
    .run = synth_run,
};

/* ---- ls ---- */

static void print_stack(const struct stack_door *door, const struct project_stack *stack)
{
    if (door->options->json) {
        json_t *needs = list_of(stack->needs);
        json_t *line = json_pack("{s:s, s:o}", "Stack", stack->name, "Needs", needs);
        print_json_line(line);
        json_decref(line);
        return;
    }
    fputs(stack->name, stdout);
    for (int i = 0; door->options->details && stack->needs[i]; i++)
        printf("%s%s", i ? ", " : "  needs ", stack->needs[i]);
    putchar('\n');
}

static int ls_run(const void *options, int count, char **names)
{
    struct stack_door door = {.command = &ls_command, .options = options};
    error e = stack_choose(&door, count, names);
    for (int i = 0; e == OK && i < PROJECT_STACKS; i++)
        if (door.chosen[i]) print_stack(&door, &project_stacks[i]);
    int status = e == OK ? STATUS_OK : command_failed(&ls_command, e);
    stack_close(&door);
    return status;
}

static const struct option_row ls_options[] = {
    {.name = "long", .letter = 'l', .type = OPTION_TRUE,
     .summary = "Also tell which stacks each needs", .offset = STACK_OPTION(details)},
    STACK_JSON_ROW,
    {0},
};

const struct command ls_command = {
    .name = "ls",
    .summary = "List a project's stacks in the order of their deployment",
    .arguments = "[STACK...]",
    .arguments_max = PROJECT_STACKS,
    .word = stack_word,
    .description = "Lists the example's stacks, one name a line, in the order in which `deploy' "
                   "goes through them; `destroy' goes the other way. STACK may be a pattern.",
    .examples = "  sluice ls --long\n"
                "  sluice ls 'Glue*'\n",
    .options = ls_options,
    .defaults = &(const struct stack_options){0},
    .options_size = sizeof(struct stack_options),
    .run = ls_run,
};
