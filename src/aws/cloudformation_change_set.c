/* Change sets: what an update would do, told before it is done. */
#include "aws/cloudformation.h"

/* ---- finding ---- */

static error missing(const char *name)
{
    return fail(ERR_NO_CHANGE_SET, "ChangeSet [%.300s] does not exist", name);
}

static bool is_it(const json_t *set, const char *name)
{
    return strcmp(json_text(set, "ChangeSetId"), name) == 0 ||
           strcmp(json_text(set, "ChangeSetName"), name) == 0;
}

/* Key of a change set: the stack's and its own UUID. */
static const char *key_of(struct call *c, const json_t *set)
{
    const char *stack = strrchr(json_text(set, "StackId"), '/') + 1;
    return arena_printf(c->arena, "%s/%s", stack, strrchr(json_text(set, "ChangeSetId"), '/') + 1);
}

static error set_put(struct call *c, const json_t *set)
{
    return state_put_one(c->gateway->options.state, stack_key(c, "cfn-change-set", key_of(c, set)), set);
}

/* Of the stack (NULL: of any, by ARN). New reference. */
static error set_find(struct call *c, const struct stack *s, const char *name, json_t **out)
{
    json_t *all, *set;
    size_t i;
    *out = NULL;
    TRY(stack_list(c, "cfn-change-set", s ? arena_printf(c->arena, "%s/", s->id) : "", &all));
    json_array_foreach(all, i, set)
        if (is_it(set, name)) *out = json_incref(set);
    json_decref(all);
    return *out ? OK : missing(name);
}

/* The change set a request names, and its stack. */
static error set_open(struct call *c, struct stack *s, json_t **set)
{
    const char *name = json_text(c->input, "ChangeSetName"), *stack = json_text(c->input, "StackName");
    if (!stack && strncmp(name, "arn:", 4) != 0)
        return fail(ERR_VALIDATION, "StackName must be specified if ChangeSetName is not specified as an ARN.");
    if (!stack) {
        TRY(set_find(c, NULL, name, set));
        error e = stack_open(c, json_text(*set, "StackId"), s);
        if (e != OK) json_decref(*set);
        return e;
    }
    if (stack_open(c, stack, s) != OK)
        return fail(ERR_VALIDATION, "Stack [%.200s] does not exist", stack);
    error e = set_find(c, s, name, set);
    if (e != OK) stack_release(s);
    return e;
}

error change_sets_drop(struct stack *s, const char *but)
{
    json_t *all, *set;
    size_t i;
    error e = OK;
    TRY(stack_list(s->call, "cfn-change-set", arena_printf(s->call->arena, "%s/", s->id), &all));
    json_array_foreach(all, i, set)
        if (e == OK && !(but && strcmp(json_text(set, "ChangeSetId"), but) == 0))
            e = stack_drop(s->call, "cfn-change-set", key_of(s->call, set));
    json_decref(all);
    return e;
}

/* ---- create ---- */

/* The stack that the change set is of: an existing one, or a new one under review. */
static error review(struct call *c, bool create, struct stack *s)
{
    const char *name = json_text(c->input, "StackName");
    error e = stack_open(c, name, s);
    if (e == ERR_VALIDATION && create) {
        TRY(stack_create(c, name, s));
        stack_turn(s, "REVIEW_IN_PROGRESS", "User Initiated");
        return OK;
    }
    if (e == ERR_VALIDATION) return fail(e, "Stack [%.200s] does not exist", name);
    TRY(e);
    bool reviewed = strcmp(stack_status(s), "REVIEW_IN_PROGRESS") == 0;
    if (create == reviewed) return OK;
    e = create ? fail(ERR_VALIDATION, "Stack [%.128s] already exists and cannot be created again with the "
                                      "changeSet [%.128s].", name, json_text(c->input, "ChangeSetName"))
               : fail(ERR_VALIDATION, "Stack [%.128s] does not exist", name);
    stack_release(s);
    return e;
}

static void carry(json_t *to, const json_t *from, const char *name)
{
    json_t *value = json_object_get(from, name);
    if (value) json_object_set(to, name, value);
}

static void status_set(json_t *set, const char *status, const char *execution, const char *reason)
{
    json_object_set_new(set, "Status", json_string(status));
    json_object_set_new(set, "ExecutionStatus", json_string(execution));
    if (reason) json_object_set_new(set, "StatusReason", json_string(reason));
}

static void changes_find(struct stack *s, const json_t *before, json_t *set)
{
    json_t *changes;
    bool other;
    if (plan_changes(s, before, &changes, &other) != OK) {
        json_object_set_new(set, "Changes", json_array());
        status_set(set, "FAILED", "UNAVAILABLE", call_error_text(s->call->arena));
        return;
    }
    json_object_set_new(set, "Changes", changes);
    if (json_array_size(changes) || other) status_set(set, "CREATE_COMPLETE", "AVAILABLE", NULL);
    else
        status_set(set, "FAILED", "UNAVAILABLE",
                   "The submitted information didn't contain changes. Submit different information to "
                   "create a change set.");
}

static json_t *set_new(const struct stack *s, bool create)
{
    static const char *const of_stack[] = {"StackId", "StackName", "Template", "Parameters", "Values",
                                           "Tags", "Capabilities", "NotificationARNs"};
    static const char *const of_request[] = {"ChangeSetName", "Description", "RoleARN",
                                             "OnStackFailure", "ClientToken"};
    const struct call *c = s->call;
    char id[37];
    json_t *set = json_object();
    uuid_make(id);
    for (size_t i = 0; i < sizeof of_stack / sizeof *of_stack; i++) carry(set, s->document, of_stack[i]);
    for (size_t i = 0; i < sizeof of_request / sizeof *of_request; i++)
        carry(set, c->input, of_request[i]);
    json_object_set_new(set, "ChangeSetId",
                        json_string(arena_printf(c->arena,
                                                 "arn:aws:cloudformation:%s:%s:changeSet/%s/%s", c->region,
                                                 c->account, json_text(c->input, "ChangeSetName"), id)));
    json_object_set_new(set, "CreationTime", json_timestamp(now_us()));
    json_object_set_new(set, "ChangeSetType", json_string(create ? "CREATE" : "UPDATE"));
    return set;
}

static error name_is_free(struct stack *s, const char *name, json_t **same)
{
    const char *token = json_text(s->call->input, "ClientToken");
    error e = set_find(s->call, s, name, same);
    if (e != OK) return e == ERR_NO_CHANGE_SET ? OK : e;
    const char *old = json_text(*same, "ClientToken");
    if (token && old && strcmp(token, old) == 0) return OK;
    json_decref(*same);
    *same = NULL;
    return fail(ERR_ALREADY_EXISTS, "ChangeSet [%.128s] already exists", name);
}

/* `s` is changed as a request wants it, and not kept; what is kept is the change set. */
static error set_make(struct stack *s, bool create, json_t **set)
{
    struct stack planned = *s;
    TRY(name_is_free(s, json_text(s->call->input, "ChangeSetName"), set));
    if (*set) return OK;
    planned.document = json_deep_copy(s->document);
    error e = stack_prepare(&planned, create ? NULL : s->document);
    if (e == OK && !create) e = stack_may_update(&planned, s->document);
    if (e == OK) e = stack_act_as(&planned, json_text(s->call->input, "RoleARN"));
    if (e == OK) {
        *set = set_new(&planned, create);
        changes_find(&planned, s->document, *set);
        if (create && json_array_size(s->events)) e = stack_save(s); /* it is new */
        if (e == OK) e = set_put(s->call, *set);
        if (e != OK) json_decref(*set);
    }
    json_decref(planned.document);
    return e;
}

static error create_change_set(struct call *c)
{
    const char *type = json_text(c->input, "ChangeSetType");
    bool create = type && strcmp(type, "CREATE") == 0;
    struct stack s;
    json_t *set = NULL;
    if (type && strcmp(type, "IMPORT") == 0)
        return fail(ERR_NOT_IMPLEMENTED, "Sluice does not import resources into stacks");
    stack_claims_lock();
    error e = review(c, create, &s);
    if (e == OK) {
        e = set_make(&s, create, &set);
        stack_release(&s);
    }
    stack_claims_unlock();
    TRY(e);
    c->output = json_pack("{s:O, s:O}", "Id", json_object_get(set, "ChangeSetId"), "StackId",
                          json_object_get(set, "StackId"));
    json_decref(set);
    return OK;
}

/* ---- execute ---- */

static error claim_execute(struct stack *s, json_t *set)
{
    static const char *const members[] = {"Template", "Parameters", "Values", "Tags", "Capabilities",
                                          "NotificationARNs"};
    bool create = strcmp(stack_status(s), "REVIEW_IN_PROGRESS") == 0;
    const char *execution = json_text(set, "ExecutionStatus");
    const char *on_failure = json_text(set, "OnStackFailure");
    json_t *before = json_deep_copy(s->document);
    error e = OK;
    if (strcmp(execution, "AVAILABLE") != 0)
        e = fail(ERR_CHANGE_SET_STATUS, "ChangeSet [%s] cannot be executed in its current status of [%s]",
                 json_text(set, "ChangeSetId"), json_text(set, "Status"));
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) carry(s->document, set, members[i]);
    if (e == OK && !create) e = stack_may_update(s, before);
    if (e == OK) e = stack_act_as(s, json_text(set, "RoleARN"));
    if (e == OK) {
        stack_task(s, create ? TASK_CREATE : TASK_UPDATE, create ? NULL : before);
        bool disabled = json_is_set(s->call->input, "DisableRollback");
        if (disabled) on_failure = "DO_NOTHING";
        if (on_failure)
            json_object_set_new(json_object_get(s->document, "Task"), "OnFailure",
                                json_string(on_failure));
        json_object_set(s->document, "ChangeSetId", json_object_get(set, "ChangeSetId"));
        json_object_set_new(s->document, "DisableRollback", json_boolean(disabled));
        e = stack_save(s);
    }
    json_decref(before);
    return e;
}

static void description_set(struct stack *s)
{
    json_t *document;
    if (template_parse(span_of(json_text(s->document, "Template")), &document) != OK) return;
    json_t *description = json_object_get(document, "Description");
    if (description) json_object_set(s->document, "Description", description);
    else json_object_del(s->document, "Description");
    json_decref(document);
}

static error execute(struct stack *s, json_t *set)
{
    struct call *c = s->call;
    stack_claims_lock();
    error e = claim_execute(s, set);
    stack_claims_unlock();
    TRY(e);
    description_set(s);
    TRY(change_sets_drop(s, json_text(set, "ChangeSetId")));
    TRY(stack_run(s));
    bool good = strstr(stack_status(s), "ROLLBACK") == NULL && !strstr(stack_status(s), "FAILED");
    json_object_set_new(set, "ExecutionStatus", json_string(good ? "EXECUTE_COMPLETE" : "EXECUTE_FAILED"));
    return set_put(c, set);
}

static error execute_change_set(struct call *c)
{
    struct stack s;
    json_t *set;
    TRY(set_open(c, &s, &set));
    error e = execute(&s, set);
    if (e == OK) c->output = json_object();
    stack_release(&s);
    json_decref(set);
    return e;
}

/* ---- describe, list, delete ---- */

static json_t *parameters_show(const json_t *set)
{
    const char *name;
    json_t *value, *list = json_array();
    json_object_foreach(json_object_get(set, "Parameters"), name, value)
        json_array_append_new(list, json_pack("{s:s, s:O}", "ParameterKey", name, "ParameterValue", value));
    return list;
}

/* Values of properties are told when they are asked for. */
static json_t *changes_show(const json_t *set, bool values)
{
    json_t *all = json_deep_copy(json_object_get(set, "Changes")), *one, *detail;
    size_t i, j;
    json_array_foreach(all, i, one) {
        json_t *change = json_object_get(one, "ResourceChange");
        if (values) continue;
        json_object_del(change, "BeforeContext");
        json_object_del(change, "AfterContext");
        json_array_foreach(json_object_get(change, "Details"), j, detail) {
            json_t *target = json_object_get(detail, "Target");
            json_object_del(target, "BeforeValue");
            json_object_del(target, "AfterValue");
            json_object_del(target, "Path");
            json_object_del(target, "AttributeChangeType");
        }
    }
    return all;
}

static error describe_change_set(struct call *c)
{
    static const char *const members[] = {
        "ChangeSetName", "ChangeSetId", "StackId", "StackName", "Description", "CreationTime",
        "ExecutionStatus", "Status", "StatusReason", "NotificationARNs", "Capabilities", "Tags",
        "OnStackFailure"};
    struct stack s;
    json_t *set;
    TRY(set_open(c, &s, &set));
    c->output = json_object();
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) carry(c->output, set, members[i]);
    json_object_set_new(c->output, "Parameters", parameters_show(set));
    json_object_set_new(c->output, "IncludeNestedStacks", json_false());
    error e = stack_page(c, "Changes",
                         changes_show(set, json_is_set(c->input, "IncludePropertyValues")));
    stack_release(&s);
    json_decref(set);
    return e;
}

static error list_change_sets(struct call *c)
{
    static const char *const members[] = {"StackId", "StackName", "ChangeSetId", "ChangeSetName",
                                          "ExecutionStatus", "Status", "StatusReason", "CreationTime",
                                          "Description"};
    struct stack s;
    json_t *all, *set, *shown = json_array();
    size_t i;
    error e = stack_open(c, json_text(c->input, "StackName"), &s);
    if (e == OK) {
        e = stack_list(c, "cfn-change-set", arena_printf(c->arena, "%s/", s.id), &all);
        stack_release(&s);
    }
    if (e != OK) {
        json_decref(shown);
        return e;
    }
    json_array_foreach(all, i, set) {
        json_t *one = json_object();
        for (size_t m = 0; m < sizeof members / sizeof *members; m++) carry(one, set, members[m]);
        json_array_append_new(shown, one);
    }
    json_decref(all);
    return stack_page(c, "Summaries", shown);
}

static error delete_change_set(struct call *c)
{
    struct stack s;
    json_t *set;
    c->output = json_object();
    error e = set_open(c, &s, &set);
    if (e == ERR_NO_CHANGE_SET) return OK;
    TRY(e);
    e = stack_drop(c, "cfn-change-set", key_of(c, set));
    stack_release(&s);
    json_decref(set);
    return e;
}

/* ---- rows ---- */

#define STACK_PATTERN "([a-zA-Z][-a-zA-Z0-9]*)|(arn:(aws|aws-us-gov|aws-cn):[-a-zA-Z0-9:/._+]*)"
#define STACK(flag)                                                                               \
    {.name = "StackName", .type = MEMBER_STRING, .flags = (flag), .min = 1, .max = 9e18,          \
     .pattern = STACK_PATTERN,                                                                    \
     .told = "([a-zA-Z][-a-zA-Z0-9]*)|(arn:\\b(aws|aws-us-gov|aws-cn)\\b:[-a-zA-Z0-9:/._+]*)"}
#define SET_ROW                                                                                   \
    TEXT_ROW("ChangeSetName", MEMBER_REQUIRED, 1, 1600, "[a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/]*")
static const char *const kinds[] = {"CREATE", "UPDATE", "IMPORT", NULL};
static const char *const failures[] = {"DO_NOTHING", "ROLLBACK", "DELETE", NULL};
static const char *const modes[] = {"REVERT_DRIFT", NULL};
static const struct member identifier_row[] = {TEXT_ROW(NULL, MEMBER_OPTIONAL, 1, 2048, NULL)};
static const struct member import_rows[] = {
    TEXT_ROW("ResourceType", MEMBER_REQUIRED, 1, 256, NULL),
    TEXT_ROW("LogicalResourceId", MEMBER_REQUIRED, 0, 0, NULL),
    MAP_ROW("ResourceIdentifier", MEMBER_REQUIRED, 1, 256, identifier_row), ROWS_END};
static const struct member import_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, import_rows)};
static const struct member create_input[] = {
    STACK(MEMBER_REQUIRED), PREPARE_ROWS, BOOLEAN_ROW("UsePreviousTemplate"),
    TEXT_ROW("ChangeSetName", MEMBER_REQUIRED, 1, 128, "[a-zA-Z][-a-zA-Z0-9]*"),
    TEXT_ROW("ClientToken", MEMBER_OPTIONAL, 1, 128, NULL),
    TEXT_ROW("Description", MEMBER_OPTIONAL, 1, 1024, NULL),
    ENUM_ROW("ChangeSetType", MEMBER_OPTIONAL, kinds),
    LIST_ROW("ResourcesToImport", MEMBER_OPTIONAL, 0, 200, import_row),
    BOOLEAN_ROW("IncludeNestedStacks"), ENUM_ROW("OnStackFailure", MEMBER_OPTIONAL, failures),
    BOOLEAN_ROW("ImportExistingResources"), ENUM_ROW("DeploymentMode", MEMBER_OPTIONAL, modes),
    ROWS_END};
static const struct member set_input[] = {SET_ROW, STACK(MEMBER_OPTIONAL), ROWS_END};
static const struct member describe_input[] = {
    SET_ROW, STACK(MEMBER_OPTIONAL), TOKEN_ROW, BOOLEAN_ROW("IncludePropertyValues"), ROWS_END};
static const struct member execute_input[] = {
    SET_ROW, STACK(MEMBER_OPTIONAL), CLIENT_TOKEN_ROW, BOOLEAN_ROW("DisableRollback"),
    BOOLEAN_ROW("RetainExceptOnCreate"), ROWS_END};
static const struct member list_input[] = {STACK(MEMBER_REQUIRED), TOKEN_ROW, ROWS_END};

const struct operation cloudformation_change_set_operations[] = {
    {.name = "CreateChangeSet", .run = create_change_set, .input = create_input,
     .note = "done when it answers; nothing is imported (ImportExistingResources is ignored)"},
    {.name = "DescribeChangeSet", .run = describe_change_set, .input = describe_input},
    {.name = "ExecuteChangeSet", .run = execute_change_set, .input = execute_input,
     .note = "done when it answers"},
    {.name = "DeleteChangeSet", .run = delete_change_set, .input = set_input},
    {.name = "ListChangeSets", .run = list_change_sets, .input = list_input},
    {0},
};
