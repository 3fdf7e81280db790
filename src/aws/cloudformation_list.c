/* CloudFormation: looking at stacks, their events, resources, templates and exports. */
#include "aws/cloudformation.h"

static void carry(json_t *to, const json_t *from, const char *name)
{
    json_t *value = json_object_get(from, name);
    if (value) json_object_set(to, name, value);
}

/* ---- stacks ---- */

static bool is_hidden(const json_t *template, const char *name)
{
    const json_t *parameter = json_object_get(json_object_get(template, "Parameters"), name);
    const json_t *echo = json_object_get(parameter, "NoEcho");
    const char *text = json_string_value(echo);
    return json_is_true(echo) || (text && strcmp(text, "true") == 0);
}

/* As given or by default; the value of a stored one besides. */
static json_t *parameters_show(struct call *c, const json_t *document)
{
    json_t *template = NULL, *list = json_array(), *declared;
    const char *name, *text = json_text(document, "Template");
    bool is_list;
    if (!text || template_parse(span_of(text), &template) != OK) return list;
    json_object_foreach(json_object_get(template, "Parameters"), name, declared) {
        const json_t *given = json_object_get(json_object_get(document, "Parameters"), name);
        if (!given) given = json_object_get(declared, "Default");
        const char *value = given ? template_text(c->arena, given) : "";
        json_t *one = json_pack("{s:s, s:s}", "ParameterKey", name, "ParameterValue",
                                is_hidden(template, name) ? "****" : value);
        if (template_parameter_is_stored(json_text(declared, "Type"), &is_list) && !is_list)
            json_object_set(one, "ResolvedValue",
                            json_object_get(json_object_get(document, "Values"), name));
        json_array_append_new(list, one);
    }
    json_decref(template);
    return list;
}

static json_t *stack_show(struct call *c, const json_t *document)
{
    static const char *const members[] = {"StackId", "StackName", "ChangeSetId", "Description",
                                          "CreationTime", "LastUpdatedTime", "DeletionTime",
                                          "StackStatus", "StackStatusReason", "RoleARN",
                                          "Capabilities", "Outputs", "Tags", "NotificationARNs"};
    json_t *out = json_object();
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) carry(out, document, members[i]);
    json_object_set_new(out, "Parameters", parameters_show(c, document));
    json_object_set_new(out, "DisableRollback", json_boolean(json_is_set(document, "DisableRollback")));
    json_object_set_new(out, "EnableTerminationProtection",
                        json_boolean(json_is_set(document, "EnableTerminationProtection")));
    json_object_set_new(out, "DriftInformation", json_pack("{s:s}", "StackDriftStatus", "NOT_CHECKED"));
    return out;
}

struct showing { struct call *c; json_t *list; const json_t *filter; };

static bool show_living(void *context, const char *id, json_t *document)
{
    struct showing *s = context;
    (void)id;
    if (strcmp(json_text(document, "StackStatus"), "DELETE_COMPLETE") != 0)
        json_array_append_new(s->list, stack_show(s->c, document));
    return true;
}

static error describe_stacks(struct call *c)
{
    const char *name = json_text(c->input, "StackName");
    struct showing all = {.c = c};
    struct stack s;
    error e;
    if (name && *name) {
        TRY(stack_open(c, name, &s));
        all.list = json_array();
        json_array_append_new(all.list, stack_show(c, s.document));
        stack_release(&s);
        return stack_page(c, "Stacks", all.list);
    }
    all.list = json_array();
    e = stack_scan(c, show_living, &all);
    if (e == OK) return stack_page(c, "Stacks", all.list);
    json_decref(all.list);
    return e;
}

static bool show_summary(void *context, const char *id, json_t *document)
{
    static const char *const members[] = {"StackId", "StackName", "CreationTime", "LastUpdatedTime",
                                          "DeletionTime", "StackStatus", "StackStatusReason"};
    struct showing *s = context;
    bool wanted = !json_array_size(s->filter);
    (void)id;
    for (size_t i = 0; i < json_array_size(s->filter); i++)
        wanted = wanted || json_equal(json_array_get(s->filter, i),
                                      json_object_get(document, "StackStatus"));
    if (!wanted) return true;
    json_t *one = json_object();
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) carry(one, document, members[i]);
    if (json_text(document, "Description"))
        json_object_set(one, "TemplateDescription", json_object_get(document, "Description"));
    json_object_set_new(one, "DriftInformation", json_pack("{s:s}", "StackDriftStatus", "NOT_CHECKED"));
    json_array_append_new(s->list, one);
    return true;
}

static error list_stacks(struct call *c)
{
    struct showing all = {c, json_array(), json_object_get(c->input, "StackStatusFilter")};
    error e = stack_scan(c, show_summary, &all);
    if (e == OK) return stack_page(c, "StackSummaries", all.list);
    json_decref(all.list);
    return e;
}

/* ---- events, the newest first ---- */

static error events_read(struct call *c, json_t **out)
{
    const char *name = json_text(c->input, "StackName");
    struct stack s;
    json_t *all;
    error e = stack_open(c, name, &s);
    if (e == ERR_VALIDATION) return fail(e, "Stack [%.300s] does not exist", name);
    TRY(e);
    e = stack_list(c, "cfn-event", arena_printf(c->arena, "%s/", s.id), &all);
    stack_release(&s);
    TRY(e);
    *out = json_array();
    for (size_t i = json_array_size(all); i-- > 0;) json_array_append(*out, json_array_get(all, i));
    json_decref(all);
    return OK;
}

static error describe_stack_events(struct call *c)
{
    json_t *all;
    TRY(events_read(c, &all));
    return stack_page(c, "StackEvents", all);
}

/* The same events as DescribeEvents words them; of change sets there are none. */
static error describe_events(struct call *c)
{
    json_t *all = json_array(), *events, *event;
    bool failed = json_is_set(json_object_get(c->input, "Filters"), "FailedEvents");
    size_t i;
    if (!json_text(c->input, "StackName") || json_text(c->input, "ChangeSetName"))
        return stack_page(c, "OperationEvents", all);
    error e = events_read(c, &events);
    if (e != OK) {
        json_decref(all);
        return e;
    }
    json_array_foreach(events, i, event) {
        if (failed && !strstr(json_text(event, "ResourceStatus"), "FAILED")) continue;
        json_object_set_new(event, "EventType", json_string("STACK_EVENT"));
        json_object_del(event, "StackName");
        json_array_append(all, event);
    }
    json_decref(events);
    return stack_page(c, "OperationEvents", all);
}

/* There are no hooks. */
static error list_hook_results(struct call *c)
{
    return stack_page(c, "HookResults", json_array());
}

/* ---- resources ---- */

static json_t *resource_show(const struct stack *s, const char *logical, const json_t *record,
                             const char *time)
{
    json_t *out = json_pack("{s:s, s:O, s:s}", "LogicalResourceId", logical, "ResourceType",
                            json_object_get(record, "Type"), "ResourceStatus",
                            json_text(record, "Status") ? json_text(record, "Status") : "CREATE_COMPLETE");
    const char *physical = json_text(record, "PhysicalId"), *reason = json_text(record, "Reason");
    if (physical) json_object_set_new(out, "PhysicalResourceId", json_string(physical));
    if (reason) json_object_set_new(out, "ResourceStatusReason", json_string(reason));
    json_t *at = json_object_get(record, "Time");
    if (!at) at = json_object_get(s->document, "CreationTime");
    json_object_set(out, time, at);
    json_object_set_new(out, "DriftInformation", json_pack("{s:s}", "StackResourceDriftStatus",
                                                           "NOT_CHECKED"));
    return out;
}

static void stack_named(json_t *out, const struct stack *s)
{
    carry(out, s->document, "StackId");
    carry(out, s->document, "StackName");
}

struct holding { const char *physical; char *arn; struct arena *arena; };

static bool holds(void *context, const char *id, json_t *document)
{
    struct holding *h = context;
    const char *logical;
    json_t *record;
    (void)id;
    json_object_foreach(json_object_get(document, "Resources"), logical, record) {
        const char *physical = json_text(record, "PhysicalId");
        if (physical && strcmp(physical, h->physical) == 0)
            h->arn = arena_text(h->arena, span_of(json_text(document, "StackId")));
    }
    return h->arn == NULL;
}

/* The stack by name, or the one that has the physical id. */
static error stack_of_resource(struct call *c, struct stack *s)
{
    const char *name = json_text(c->input, "StackName");
    struct holding h = {json_text(c->input, "PhysicalResourceId"), NULL, c->arena};
    if (name) return stack_open(c, name, s);
    if (!h.physical)
        return fail(ERR_VALIDATION, "You must specify either StackName or PhysicalResourceId.");
    TRY(stack_scan(c, holds, &h));
    if (!h.arn) return fail(ERR_VALIDATION, "Stack for %.300s does not exist", h.physical);
    return stack_open(c, h.arn, s);
}

static error describe_stack_resources(struct call *c)
{
    const char *wanted = json_text(c->input, "LogicalResourceId"), *logical;
    struct stack s;
    json_t *record, *list = json_array();
    c->output = json_pack("{s:o}", "StackResources", list);
    TRY(stack_of_resource(c, &s));
    json_object_foreach(json_object_get(s.document, "Resources"), logical, record) {
        if (wanted && strcmp(wanted, logical) != 0) continue;
        json_t *one = resource_show(&s, logical, record, "Timestamp");
        stack_named(one, &s);
        json_array_append_new(list, one);
    }
    stack_release(&s);
    return OK;
}

static json_t *metadata_of(const struct stack *s, const char *logical)
{
    json_t *template, *out = NULL;
    struct buffer text = {0};
    if (template_parse(span_of(json_text(s->document, "Template")), &template) != OK) return NULL;
    const json_t *metadata = json_object_get(
        json_object_get(json_object_get(template, "Resources"), logical), "Metadata");
    if (metadata) {
        json_print(&text, metadata);
        out = json_from_span(buffer_span(&text));
        buffer_release(&text);
    }
    json_decref(template);
    return out;
}

static error describe_stack_resource(struct call *c)
{
    const char *logical = json_text(c->input, "LogicalResourceId");
    struct stack s;
    TRY(stack_open(c, json_text(c->input, "StackName"), &s));
    const json_t *record = json_object_get(json_object_get(s.document, "Resources"), logical);
    error e = OK;
    if (record) {
        json_t *one = resource_show(&s, logical, record, "LastUpdatedTimestamp");
        json_t *metadata = metadata_of(&s, logical);
        stack_named(one, &s);
        if (metadata) json_object_set_new(one, "Metadata", metadata);
        c->output = json_pack("{s:o}", "StackResourceDetail", one);
    } else
        e = fail(ERR_VALIDATION, "Resource %.255s does not exist for stack %s", logical,
                 json_text(s.document, "StackName"));
    stack_release(&s);
    return e;
}

static error list_stack_resources(struct call *c)
{
    struct stack s;
    const char *logical;
    json_t *record, *list;
    TRY(stack_open(c, json_text(c->input, "StackName"), &s));
    list = json_array();
    json_object_foreach(json_object_get(s.document, "Resources"), logical, record)
        json_array_append_new(list, resource_show(&s, logical, record, "LastUpdatedTimestamp"));
    stack_release(&s);
    return stack_page(c, "StackResourceSummaries", list);
}

/* ---- templates ---- */

/* The template of a change set, or of the stack. */
static error template_of(struct call *c, const struct stack *s, const char **text)
{
    const char *name = json_text(c->input, "ChangeSetName");
    json_t *all, *set;
    size_t i;
    *text = NULL;
    if (!name) {
        const char *own = json_text(s->document, "Template");
        *text = own ? arena_text(c->arena, span_of(own)) : "";
        return OK;
    }
    TRY(stack_list(c, "cfn-change-set", arena_printf(c->arena, "%s/", s->id), &all));
    json_array_foreach(all, i, set)
        if (strcmp(json_text(set, "ChangeSetId"), name) == 0 ||
            strcmp(json_text(set, "ChangeSetName"), name) == 0)
            *text = arena_text(c->arena, span_of(json_text(set, "Template")));
    json_decref(all);
    return *text ? OK : fail(ERR_NO_CHANGE_SET, "ChangeSet [%.300s] does not exist", name);
}

static error get_template(struct call *c)
{
    const char *name = json_text(c->input, "StackName"), *text;
    struct stack s;
    if (!name) return fail(ERR_VALIDATION, "StackName must be specified.");
    TRY(stack_open(c, name, &s));
    error e = template_of(c, &s, &text);
    stack_release(&s);
    TRY(e);
    c->output = json_pack("{s:s, s:[s, s]}", "TemplateBody", text, "StagesAvailable", "Original",
                          "Processed");
    return OK;
}

/* ---- exports ---- */

static error list_exports(struct call *c)
{
    json_t *all;
    TRY(stack_list(c, "cfn-export", "", &all));
    return stack_page(c, "Exports", all);
}

static error list_imports(struct call *c)
{
    const char *name = json_text(c->input, "ExportName"), *users;
    json_t *list = json_array();
    error e = stack_importers(c, name, &users);
    if (e == OK && !users)
        e = fail(ERR_VALIDATION, "Export '%.255s' is not imported by any stack.", name);
    if (e != OK) {
        json_decref(list);
        return e;
    }
    for (const char *at = users; *at;) {
        size_t size = strcspn(at, ",");
        json_array_append_new(list, json_from_span(span_trim((span){at, size})));
        at += size + (at[size] != '\0');
    }
    return stack_page(c, "Imports", list);
}

/* ---- rows ---- */

#define STACK_PATTERN "([a-zA-Z][-a-zA-Z0-9]*)|(arn:(aws|aws-us-gov|aws-cn):[-a-zA-Z0-9:/._+]*)"
#define SET_PATTERN "[a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/]*"
static const char *const stages[] = {"Original", "Processed", NULL};
static const char *const targets[] = {"CHANGE_SET", "STACK", "RESOURCE", "CLOUD_CONTROL", NULL};
static const char *const hook_statuses[] = {"HOOK_IN_PROGRESS", "HOOK_COMPLETE_SUCCEEDED",
                                            "HOOK_COMPLETE_FAILED", "HOOK_FAILED", NULL};
static const char *const statuses[] = {
    "CREATE_IN_PROGRESS", "CREATE_FAILED", "CREATE_COMPLETE", "ROLLBACK_IN_PROGRESS",
    "ROLLBACK_FAILED", "ROLLBACK_COMPLETE", "DELETE_IN_PROGRESS", "DELETE_FAILED", "DELETE_COMPLETE",
    "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE", "UPDATE_FAILED",
    "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED",
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS",
    "IMPORT_IN_PROGRESS", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_IN_PROGRESS", "IMPORT_ROLLBACK_FAILED",
    "IMPORT_ROLLBACK_COMPLETE", NULL};
static const struct member status_row[] = {ENUM_ROW(NULL, MEMBER_OPTIONAL, statuses)};
static const struct member describe_input[] = {STACK_ROW(MEMBER_OPTIONAL), TOKEN_ROW, ROWS_END};
static const struct member named_input[] = {STACK_ROW(MEMBER_REQUIRED), TOKEN_ROW, ROWS_END};
static const struct member list_input[] = {
    TOKEN_ROW, LIST_ROW("StackStatusFilter", MEMBER_OPTIONAL, 0, 0, status_row), ROWS_END};
static const struct member resource_input[] = {
    STACK_ROW(MEMBER_REQUIRED), TEXT_ROW("LogicalResourceId", MEMBER_REQUIRED, 0, 0, NULL), ROWS_END};
static const struct member resources_input[] = {
    STACK_ROW(MEMBER_OPTIONAL), TEXT_ROW("LogicalResourceId", MEMBER_OPTIONAL, 0, 0, NULL),
    TEXT_ROW("PhysicalResourceId", MEMBER_OPTIONAL, 0, 0, NULL), ROWS_END};
static const struct member template_input[] = {
    STACK_ROW(MEMBER_OPTIONAL), TEXT_ROW("ChangeSetName", MEMBER_OPTIONAL, 1, 1600, SET_PATTERN),
    ENUM_ROW("TemplateStage", MEMBER_OPTIONAL, stages), ROWS_END};
static const struct member exports_input[] = {TOKEN_ROW, ROWS_END};
static const struct member imports_input[] = {TEXT_ROW("ExportName", MEMBER_REQUIRED, 0, 0, NULL),
                                              TOKEN_ROW, ROWS_END};
static const struct member filters[] = {BOOLEAN_ROW("FailedEvents"), ROWS_END};
static const struct member events_input[] = {
    TEXT_ROW("StackName", MEMBER_OPTIONAL, 1, 9e18, STACK_PATTERN),
    TEXT_ROW("ChangeSetName", MEMBER_OPTIONAL, 1, 1600, SET_PATTERN),
    TEXT_ROW("OperationId", MEMBER_OPTIONAL, 0, 0, NULL),
    STRUCTURE_ROW("Filters", MEMBER_OPTIONAL, filters), TOKEN_ROW, ROWS_END};
static const struct member hooks_input[] = {
    ENUM_ROW("TargetType", MEMBER_OPTIONAL, targets), TEXT_ROW("TargetId", MEMBER_OPTIONAL, 1, 1600, NULL),
    TEXT_ROW("TypeArn", MEMBER_OPTIONAL, 0, 1024, NULL),
    ENUM_ROW("Status", MEMBER_OPTIONAL, hook_statuses), TOKEN_ROW, ROWS_END};

const struct operation cloudformation_list_operations[] = {
    {.name = "DescribeStacks", .run = describe_stacks, .input = describe_input,
     .note = "a deleted stack stays visible by its id for ninety days"},
    {.name = "ListStacks", .run = list_stacks, .input = list_input},
    {.name = "DescribeStackEvents", .run = describe_stack_events, .input = named_input},
    {.name = "DescribeEvents", .run = describe_events, .input = events_input,
     .note = "of stacks; change sets have none"},
    {.name = "ListHookResults", .run = list_hook_results, .input = hooks_input,
     .note = "there are no hooks"},
    {.name = "DescribeStackResource", .run = describe_stack_resource, .input = resource_input},
    {.name = "DescribeStackResources", .run = describe_stack_resources, .input = resources_input},
    {.name = "ListStackResources", .run = list_stack_resources, .input = named_input},
    {.name = "GetTemplate", .run = get_template, .input = template_input},
    {.name = "ListExports", .run = list_exports, .input = exports_input},
    {.name = "ListImports", .run = list_imports, .input = imports_input},
    {0},
};
