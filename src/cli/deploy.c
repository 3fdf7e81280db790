/* `sluice deploy`: makes the stacks what the project says, each by a change set, in the order of
 * their needs; what is as it should be is left alone. */
#include "cli/stack.h"

#include "object/object.h"

#include <stddef.h>

/* ---- what the stacks take for granted ---- */

/* The job is of use only with its script, which no stack brings along. */
static error check_script(struct stack_door *door)
{
    const struct project *p = &door->project;
    const char *key = arena_printf(&door->arena, "scripts/%s", p->script);
    struct object_store *store;
    struct object_info info;
    TRY(object_open_s3(door->client, stack_url(door, "s3"), door->region, &store));
    error e = store->ops->head(store, p->assets, key, &door->arena, &info);
    store->ops->close(store);
    if (e == ERR_NO_SUCH_BUCKET || e == ERR_NO_SUCH_KEY)
        stack_note(door, "the job's script is not at s3://%s/%s; before the job is started:%s%s\n"
                         "  aws s3 cp %s s3://%s/%s", p->assets, key,
                   e == ERR_NO_SUCH_BUCKET ? "\n  aws s3 mb s3://" : "",
                   e == ERR_NO_SUCH_BUCKET ? p->assets : "", p->script, p->assets, key);
    else if (e != OK) stack_note(door, "the job's script cannot be looked for: %s", error_text());
    if (p->region && strcmp(p->region, door->region) != 0)
        stack_note(door, "the job's argument --aws_region is %s, the stacks go to %s", p->region,
                   door->region);
    return OK;
}

/* ---- one stack ---- */

static json_t *outputs_of(const struct stack_state *state)
{
    json_t *outputs = json_object();
    const struct xml_element *one = xml_child(xml_child(state->stack, "Outputs"), "member");
    for (; one; one = xml_again(one)) {
        const char *key = xml_child_value(one, "OutputKey");
        const char *value = xml_child_value(one, "OutputValue");
        if (key && value) json_object_set_new(outputs, key, json_string(value));
    }
    return outputs;
}

static void tell_end(struct stack_report *report, const struct stack_state *state, bool changed)
{
    json_t *outputs = outputs_of(state);
    stack_report_end(report, state->status, changed, outputs);
    json_decref(outputs);
}

/* States out of which a stack is neither made nor changed. */
static const struct {
    const char *status, *advice;
} stuck[] = {
    {"UPDATE_ROLLBACK_FAILED", "aws cloudformation continue-update-rollback, then deploy again"},
    {"CREATE_FAILED", "destroy it, then deploy again"},
    {"ROLLBACK_FAILED", "destroy it, then deploy again"},
    {"DELETE_FAILED", "destroy it, then deploy again"},
    {"IMPORT_ROLLBACK_FAILED", "destroy it, then deploy again"},
};

static error check_usable(const char *stack, const struct stack_state *state)
{
    for (size_t i = 0; state->status && i < sizeof stuck / sizeof *stuck; i++)
        if (strcmp(state->status, stuck[i].status) == 0)
            return fail(ERR_INVALID_INPUT, "%s is in state %s: %s", stack, state->status,
                        stuck[i].advice);
    return OK;
}

/* As it is now, at rest; what a creation that failed has left is removed. */
static error settle(struct stack_report *report, struct stack_state *state)
{
    struct stack_door *door = report->door;
    TRY(formation_settle(door, report->stack, state));
    TRY(check_usable(report->stack, state));
    if (!state->status || strcmp(state->status, "ROLLBACK_COMPLETE") != 0) return OK;
    TRY(formation_delete(door, report->stack, stack_report_event, report, state));
    TRY(formation_settle(door, report->stack, state));
    return state->status ? stack_report_failure(report, state) : OK;
}

static error is_deployed(struct stack_door *door, const char *stack, const json_t *wanted,
                         bool *same)
{
    json_t *deployed;
    TRY(formation_template(door, stack, &deployed));
    *same = project_compare(deployed, wanted, NULL, NULL) == 0;
    json_decref(deployed);
    return OK;
}

static error execute(struct stack_report *report, const struct change_set *set, bool grants,
                     struct stack_state *state)
{
    struct stack_door *door = report->door;
    json_t *admins = NULL;
    if (grants) TRY(lake_admins_read(door, &admins));
    error e = formation_execute(door, set, stack_report_event, report, state);
    if (e == OK && grants) e = lake_admins_keep(door, admins);
    json_decref(admins);
    if (e != OK) return e;
    bool good = state->status && (strcmp(state->status, "CREATE_COMPLETE") == 0 ||
                                  strcmp(state->status, "UPDATE_COMPLETE") == 0);
    return good ? OK : stack_report_failure(report, state);
}

static error change(struct stack_report *report, const json_t *wanted, bool grants,
                    struct stack_state *state)
{
    struct buffer text = {0};
    struct change_set set;
    bool exists = state->status != NULL;
    project_template_print(&text, wanted);
    error e = formation_change(report->door, report->stack, exists, buffer_span(&text), &set);
    buffer_release(&text);
    if (e != OK) return stack_report_advise(e);
    if (set.id) e = execute(report, &set, grants, state);
    if (e == OK) tell_end(report, state, set.id != NULL);
    return e;
}

static error deploy_stack(struct stack_door *door, int stack)
{
    struct stack_report report;
    struct stack_state state;
    bool same = false, grants = stack == project_stack_find("GrantLFPermissionsOnGlueJobRole");
    json_t *wanted = project_template(&door->project, stack);
    stack_report_begin(&report, door, project_stacks[stack].name);
    error e = settle(&report, &state);
    if (e == OK && state.status) e = is_deployed(door, report.stack, wanted, &same);
    if (e == OK && same) tell_end(&report, &state, false);
    else if (e == OK) e = change(&report, wanted, grants, &state);
    json_decref(wanted);
    return e;
}

/* ---- the command ---- */

/* What the chosen ones need comes along. */
static void choose_needs(struct stack_door *door)
{
    for (int i = PROJECT_STACKS - 1; i >= 0; i--)
        for (int k = 0; door->chosen[i] && project_stacks[i].needs[k]; k++)
            door->chosen[project_stack_find(project_stacks[i].needs[k])] = true;
}

static error deploy(struct stack_door *door, int count, char **names)
{
    if (!count && !door->options->all)
        return fail(ERR_USAGE, "which stacks? Name them (sluice ls), or give --all");
    TRY(stack_choose(door, count, names));
    if (!door->options->exclusively) choose_needs(door);
    TRY(stack_project(door));
    TRY(stack_connect(door));
    if (door->chosen[PROJECT_STACKS - 1]) TRY(check_script(door));
    for (int i = 0; i < PROJECT_STACKS; i++)
        if (door->chosen[i]) TRY(deploy_stack(door, i));
    return OK;
}

static int deploy_run(const void *options, int count, char **names)
{
    struct stack_door door = {.command = &deploy_command, .options = options};
    error e = deploy(&door, count, names);
    progress_end();
    int status = e == OK ? STATUS_OK : command_failed(&deploy_command, e);
    stack_close(&door);
    return status;
}

static const struct option_row deploy_options[] = {
    STACK_FILE_ROW,
    {.name = "all", .type = OPTION_TRUE, .summary = "All stacks", .offset = STACK_OPTION(all)},
    {.name = "exclusively", .letter = 'e', .type = OPTION_TRUE,
     .summary = "Only the stacks that are named, not those that they need",
     .offset = STACK_OPTION(exclusively)},
    STACK_SERVICE_ROWS,
    STACK_ROLE_ROW,
    STACK_EVENTS_ROW,
    {0},
};

const struct command deploy_command = {
    .name = "deploy",
    .summary = "Deploy a project's stacks by CloudFormation",
    .arguments = "STACK...|--all",
    .arguments_max = PROJECT_STACKS,
    .word = stack_word,
    .description =
        "Makes the stacks what cdk.context.json says, those that a STACK needs first, through the "
        "CloudFormation of an endpoint: this machine's `sluice up', or with --remote AWS's. Each "
        "stack gets a change set, which is executed and followed to its end; a stack that is as it "
        "should be is left alone. STACK may be a pattern.\n"
        "\n"
        "A stack that fails is rolled back by CloudFormation; the resource and its reason are told "
        "and the stacks behind it are not begun. To deploy again once the cause is mended is safe: "
        "what a failed creation left is removed first. Administrators of the data lake that the "
        "stack with the grants would drop are put back, and named.",
    .examples = "  sluice deploy --all\n"
                "  sluice deploy 'GlueStreamingSinkToS3*'\n"
                "  sluice deploy --all --remote --region eu-central-1\n",
    .options = deploy_options,
    .defaults = &(const struct stack_options){0},
    .options_size = sizeof(struct stack_options),
    .run = deploy_run,
};
