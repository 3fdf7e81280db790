/* What the stack commands say while CloudFormation works: a line for each resource on a terminal,
 * each event as a JSON line elsewhere; and what a failure means. */
#include "cli/stack.h"

/* What to do about reasons that CloudFormation and its resources give. */
static const struct {
    const char *reason, *advice;
} advices[] = {
    {"/cdk-bootstrap/", "bootstrap the account and region once: cdk bootstrap"},
    {"No export named", "deploy the stack that exports it first (without --exclusively that "
                        "happens by itself)"},
    {"as it is in use by", "destroy the stacks that import it first, or all together: --all"},
    {"not empty", "empty it (aws s3 rm s3://BUCKET --recursive), or destroy with --empty-buckets"},
    {"lready exists", "something of that name was not made by this stack: remove it, or choose "
                      "another name in cdk.context.json"},
    {"lready owned", "the bucket was not made by this stack: remove it, or choose another "
                     "--output_path"},
    {"BucketAlreadyExists", "bucket names are taken worldwide: choose another --output_path"},
    {"oncurrent", "somebody else changes it too: try again"},
    {"cdk-hnb659fds-cfn-exec-role", "the bootstrap's role is not there or may not be passed: cdk "
                                    "bootstrap, or give --role-arn"},
    {"not authorized", "the caller, or the role given by --role-arn, lacks this right"},
    {"AccessDenied", "the caller, or the role given by --role-arn, lacks this right"},
    {"nsufficient Lake Formation", "make the caller a data lake administrator first"},
};

static const char *advice_for(const char *reason)
{
    for (size_t i = 0; i < sizeof advices / sizeof *advices; i++)
        if (strstr(reason, advices[i].reason)) return advices[i].advice;
    return NULL;
}

error stack_report_advise(error e)
{
    const char *advice = advice_for(error_text());
    return advice ? fail(e, "%s\n  What to do: %s", error_text(), advice) : e;
}

void stack_report_begin(struct stack_report *report, struct stack_door *door, const char *stack)
{
    *report = (struct stack_report){.door = door, .stack = stack, .started_us = monotonic_us()};
    if (!door->json) printf("%s%s%s\n", bold(stdout), stack, plain(stdout));
    fflush(stdout);
}

static bool is_of_the_stack(const struct stack_event *event)
{
    return strcmp(event->type, "AWS::CloudFormation::Stack") == 0;
}

static bool has_failed(const struct stack_event *event)
{
    size_t size = strlen(event->status), n = sizeof "_FAILED" - 1;
    return size > n && strcmp(event->status + size - n, "_FAILED") == 0;
}

/* The first failure is the cause; what was cancelled for it is none. */
static void remember_failure(struct stack_report *report, const struct stack_event *event)
{
    bool cancelled = strstr(event->reason, "cancelled") != NULL;
    if (report->failure || !has_failed(event) || is_of_the_stack(event) || cancelled) return;
    report->failure = arena_printf(&report->door->arena, "%s (%s): %s", event->resource,
                                   event->type, event->reason);
}

static void print_event(const struct stack_event *event)
{
    json_t *line = json_pack(
        "{s:s, s:s, s:s*, s:s, s:s, s:s, s:s*}", "Stack", event->stack, "LogicalResourceId",
        event->resource, "PhysicalResourceId", *event->physical ? event->physical : NULL,
        "ResourceType", event->type, "ResourceStatus", event->status, "Timestamp", event->time,
        "ResourceStatusReason", *event->reason ? event->reason : NULL);
    print_json_line(line);
    json_decref(line);
}

void stack_report_event(void *context, const struct stack_event *event)
{
    struct stack_report *report = context;
    remember_failure(report, event);
    if (report->door->json) {
        print_event(event);
        return;
    }
    if (is_of_the_stack(event)) return;
    bool goes_on = strstr(event->status, "_IN_PROGRESS") != NULL;
    progress_end();
    if (goes_on) progress("  %-18s  %s", event->status, event->resource);
    else printf("  %-18s  %-40s  %s\n", event->status, event->type, event->resource);
    if (has_failed(event)) printf("  %18s  %s\n", "", event->reason);
    fflush(stdout);
}

/* Exports are outputs too, by names that only other stacks read. */
static bool is_export(const char *name)
{
    return strncmp(name, "ExportsOutput", sizeof "ExportsOutput" - 1) == 0;
}

void stack_report_end(struct stack_report *report, const char *status, bool changed,
                      const json_t *outputs)
{
    progress_end();
    double seconds = (double)(monotonic_us() - report->started_us) / US_PER_SECOND;
    if (report->door->json) {
        json_t *line = json_pack("{s:s, s:s, s:b, s:f, s:O*}", "Stack", report->stack,
                                 "StackStatus", status, "Changed", changed, "Seconds", seconds,
                                 "Outputs", (json_t *)outputs);
        print_json_line(line);
        json_decref(line);
        return;
    }
    if (changed) printf("  %s in %.1f s\n", status, seconds);
    else printf("  no changes\n");
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)outputs, name, value)
        if (!is_export(name)) printf("  %s = %s\n", name, json_string_value(value));
    fflush(stdout);
}

error stack_report_failure(struct stack_report *report, const struct stack_state *state)
{
    const char *status = state->status ? state->status : "gone";
    const char *reason = report->failure ? report->failure : state->reason ? state->reason : "";
    progress_end();
    error e = fail(ERR_INVALID_INPUT, "%s: %s: %s", report->stack, status, reason);
    return stack_report_advise(e);
}
