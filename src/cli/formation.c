/* AWS CloudFormation as a client of it: change sets are made, looked at and executed, and the
 * stack's events are followed until it has come to rest (API Reference, 2010-05-15). */
#include "cli/stack.h"

#include "stack/stack.h"

#include <stdlib.h>

enum { POLL_FIRST_US = 50 * US_PER_MS, POLL_MAX_US = 2 * US_PER_SECOND };

static const char text_of_nothing[] = "";

static const char *text_of(const struct xml_element *element, const char *name)
{
    const char *text = xml_child_value(element, name);
    return text ? text : text_of_nothing;
}

static error call(struct stack_door *door, const char *action, const struct http_member *members,
                  const struct xml_element **result)
{
    const struct http_aws_service service = {"cloudformation", "2010-05-15",
                                             stack_url(door, "cloudformation"), door->region};
    return http_aws_query(door->client, &door->arena, &service, action, members, result);
}

#define MEMBERS(...) ((const struct http_member[]){__VA_ARGS__, {NULL, NULL}})

/* Services have no code of its own for it. */
static bool says_there_is_none(void)
{
    return strstr(error_text(), "does not exist") != NULL;
}

/* Waits longer each time. */
static void wait_for(int64_t *us)
{
    world->sleep_us(*us);
    *us = *us * 2 < POLL_MAX_US ? *us * 2 : POLL_MAX_US;
}

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), n = strlen(end);
    return size >= n && strcmp(text + size - n, end) == 0;
}

static const char *random_name(struct stack_door *door, const char *prefix)
{
    uint8_t bytes[8];
    char hex[2 * sizeof bytes];
    world->random(bytes, sizeof bytes);
    hex_encode(hex, bytes, sizeof bytes);
    return arena_printf(&door->arena, "%s%.*s", prefix, (int)sizeof hex, hex);
}

/* ---- looking ---- */

/* `name` may be an id, which a deleted stack still has. */
static error describe(struct stack_door *door, const char *name, struct stack_state *state)
{
    const struct xml_element *result;
    *state = (struct stack_state){0};
    error e = call(door, "DescribeStacks", MEMBERS({"StackName", name}), &result);
    if (e != OK) return says_there_is_none() ? OK : e;
    state->stack = xml_child(xml_child(result, "Stacks"), "member");
    state->status = xml_child_value(state->stack, "StackStatus");
    state->reason = text_of(state->stack, "StackStatusReason");
    state->id = text_of(state->stack, "StackId");
    return state->status ? OK : fail(ERR_NETWORK, "DescribeStacks: no status of %s", name);
}

error formation_state(struct stack_door *door, const char *stack, struct stack_state *state)
{
    TRY(describe(door, stack, state));
    if (state->status && (strcmp(state->status, "REVIEW_IN_PROGRESS") == 0 ||
                          strcmp(state->status, "DELETE_COMPLETE") == 0))
        *state = (struct stack_state){0};
    return OK;
}

error formation_settle(struct stack_door *door, const char *stack, struct stack_state *state)
{
    int64_t pause_us = POLL_FIRST_US;
    for (;;) {
        TRY(formation_state(door, stack, state));
        if (!state->status || !ends_with(state->status, "_IN_PROGRESS")) return OK;
        progress("%s: waiting for what goes on with it: %s", stack, state->status);
        wait_for(&pause_us);
    }
}

error formation_template(struct stack_door *door, const char *stack, json_t **out)
{
    const struct xml_element *result;
    TRY(call(door, "GetTemplate",
             MEMBERS({"StackName", stack}, {"TemplateStage", "Original"}), &result));
    return template_parse(span_of(text_of(result, "TemplateBody")), out);
}

/* ---- events ---- */

struct followed {
    const struct xml_element *event;
    struct followed *older;
};

/* Events newer than `*last`, oldest first; `*last` becomes the newest. Sink NULL: they are passed
 * over. */
static error tell_events(struct stack_door *door, const char *stack, const char **last,
                         stack_event_sink *sink, void *context)
{
    struct followed *oldest = NULL;
    const char *token = NULL, *newest = NULL;
    bool more = true;
    while (more) {
        const struct xml_element *result, *event;
        error e = call(door, "DescribeStackEvents",
                       MEMBERS({"StackName", stack}, {"NextToken", token}), &result);
        if (e != OK && says_there_is_none()) break;
        if (e != OK) return e;
        token = xml_child_value(result, "NextToken");
        more = token && *token && sink;
        event = xml_child(xml_child(result, "StackEvents"), "member");
        for (; event; event = xml_again(event)) {
            const char *id = text_of(event, "EventId");
            if (!newest) newest = id;
            if (*last && strcmp(id, *last) == 0) {
                more = false;
                break;
            }
            struct followed *f = ARENA_NEW(&door->arena, struct followed);
            *f = (struct followed){event, oldest};
            oldest = f;
        }
    }
    for (; oldest && sink; oldest = oldest->older) {
        const struct xml_element *e = oldest->event;
        sink(context, &(struct stack_event){
            .id = text_of(e, "EventId"), .time = text_of(e, "Timestamp"),
            .stack = text_of(e, "StackName"), .resource = text_of(e, "LogicalResourceId"),
            .physical = text_of(e, "PhysicalResourceId"), .type = text_of(e, "ResourceType"),
            .status = text_of(e, "ResourceStatus"), .reason = text_of(e, "ResourceStatusReason")});
    }
    if (newest) *last = newest;
    return OK;
}

/* Until the stack has come to rest. */
static error follow(struct stack_door *door, const char *id, const char *last,
                    stack_event_sink *sink, void *context, struct stack_state *state)
{
    int64_t pause_us = POLL_FIRST_US;
    for (;;) {
        TRY(describe(door, id, state));
        bool rests = !state->status || !ends_with(state->status, "_IN_PROGRESS");
        TRY(tell_events(door, id, &last, sink, context));
        if (rests) return OK;
        wait_for(&pause_us);
    }
}

/* ---- changing ---- */

/* The role that works for CloudFormation: that of the CDK's bootstrap, unless another is given. */
static error role_of(struct stack_door *door, const char **role)
{
    const struct xml_element *caller;
    const char *given = door->options->role;
    *role = given && strcmp(given, "none") == 0 ? NULL : given ? given : door->role;
    if (given || door->role) return OK;
    const struct http_aws_service sts = {"sts", "2011-06-15", stack_url(door, "sts"), door->region};
    TRY(http_aws_query(door->client, &door->arena, &sts, "GetCallerIdentity",
                       (const struct http_member[]){{NULL, NULL}}, &caller));
    const char *arn = text_of(caller, "Arn"), *account = text_of(caller, "Account");
    span partition = {arn, 0};
    if (strncmp(arn, "arn:", 4) == 0) partition = (span){arn + 4, strcspn(arn + 4, ":")};
    *role = door->role =
        arena_printf(&door->arena, "arn:%.*s:iam::%s:role/cdk-hnb659fds-cfn-exec-role-%s-%s",
                     (int)partition.size, partition.data, account, account, door->region);
    return OK;
}

static error await_change_set(struct stack_door *door, const char *id,
                              const struct xml_element **result)
{
    int64_t pause_us = POLL_FIRST_US;
    for (;;) {
        TRY(call(door, "DescribeChangeSet", MEMBERS({"ChangeSetName", id}), result));
        const char *status = text_of(*result, "Status");
        if (!ends_with(status, "_PENDING") && !ends_with(status, "_IN_PROGRESS")) return OK;
        wait_for(&pause_us);
    }
}

/* Such a one is of no use, and of a new stack neither is the stack. */
static error change_set_failed(struct stack_door *door, const char *stack, bool exists,
                               const char *id, const char *reason)
{
    bool empty = strstr(reason, "didn't contain changes") || strstr(reason, "No updates");
    error e = empty ? OK : fail(ERR_VALIDATION, "%s: the change set failed: %s", stack, reason);
    char *words = must_strdup(e == OK ? "" : error_text());
    error removed = exists ? call(door, "DeleteChangeSet", MEMBERS({"ChangeSetName", id}), NULL)
                           : call(door, "DeleteStack", MEMBERS({"StackName", stack}), NULL);
    if (e != OK) fail(e, "%s", words);
    free(words);
    return e != OK ? e : removed;
}

error formation_change(struct stack_door *door, const char *stack, bool exists, span template,
                       struct change_set *set)
{
    const struct xml_element *result;
    const char *role, *name = random_name(door, "sluice-");
    TRY(role_of(door, &role));
    error e = call(door, "CreateChangeSet",
                   MEMBERS({"StackName", stack}, {"ChangeSetName", name},
                           {"ChangeSetType", exists ? "UPDATE" : "CREATE"},
                           {"TemplateBody", arena_text(&door->arena, template)},
                           {"Capabilities.member.1", "CAPABILITY_IAM"},
                           {"Capabilities.member.2", "CAPABILITY_NAMED_IAM"}, {"RoleARN", role},
                           {"ClientToken", name}),
                   &result);
    if (e != OK) return fail_context(e, "%s", stack);
    *set = (struct change_set){text_of(result, "Id"), text_of(result, "StackId")};
    TRY(await_change_set(door, set->id, &result));
    if (strcmp(text_of(result, "Status"), "FAILED") != 0) return OK;
    TRY(change_set_failed(door, stack, exists, set->id, text_of(result, "StatusReason")));
    set->id = NULL;
    return OK;
}

error formation_execute(struct stack_door *door, const struct change_set *set,
                        stack_event_sink *sink, void *context, struct stack_state *state)
{
    const char *last = NULL;
    TRY(tell_events(door, set->stack, &last, NULL, NULL));
    TRY(call(door, "ExecuteChangeSet",
             MEMBERS({"ChangeSetName", set->id},
                     {"ClientRequestToken", random_name(door, "sluice-")}),
             NULL));
    return follow(door, set->stack, last, sink, context, state);
}

error formation_delete(struct stack_door *door, const char *stack, stack_event_sink *sink,
                       void *context, struct stack_state *state)
{
    const char *last = NULL, *role;
    TRY(describe(door, stack, state));
    if (!state->status) return OK;
    const char *id = state->id;
    TRY(role_of(door, &role));
    TRY(tell_events(door, id, &last, NULL, NULL));
    TRY(call(door, "DeleteStack",
             MEMBERS({"StackName", id}, {"RoleARN", role},
                     {"ClientRequestToken", random_name(door, "sluice-")}),
             NULL));
    return follow(door, id, last, sink, context, state);
}
