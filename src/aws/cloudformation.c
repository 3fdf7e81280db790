/* CloudFormation: stacks are created, updated and deleted. A call answers when the work is done. */
#include "aws/cloudformation.h"

/* ---- what requests say ---- */

static error refuse_options(const struct call *c)
{
    const json_t *triggers = json_object_get(json_object_get(c->input, "RollbackConfiguration"),
                                             "RollbackTriggers");
    static const char *const policies[] = {"StackPolicyBody", "StackPolicyURL",
                                           "StackPolicyDuringUpdateBody",
                                           "StackPolicyDuringUpdateURL"};
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++)
        if (json_text(c->input, policies[i]))
            return fail(ERR_NOT_IMPLEMENTED, "Sluice does not serve stack policies (%s)", policies[i]);
    if (json_array_size(triggers))
        return fail(ERR_NOT_IMPLEMENTED, "Sluice does not serve rollback triggers");
    if (json_array_size(json_object_get(c->input, "ResourceTypes")))
        return fail(ERR_NOT_IMPLEMENTED, "Sluice does not restrict resource types (ResourceTypes)");
    return OK;
}

static error capabilities_check(struct call *c, const json_t *document)
{
    const char *types, *wanted = template_capability(c->arena, document, &types);
    const json_t *given = json_object_get(c->input, "Capabilities");
    for (size_t i = 0; wanted && i < json_array_size(given); i++) {
        const char *one = json_string_value(json_array_get(given, i));
        if (strcmp(one, "CAPABILITY_NAMED_IAM") == 0 || strcmp(one, wanted) == 0) wanted = NULL;
    }
    return wanted ? fail(ERR_CAPABILITIES, "Requires capabilities : [%s]", wanted) : OK;
}

static void carry(struct stack *s, const json_t *before, const char *name)
{
    json_t *given = json_object_get(s->call->input, name);
    if (!given) given = json_object_get(before, name);
    if (given) json_object_set(s->document, name, given);
}

static error values_set(struct stack *s, const json_t *document, const json_t *before)
{
    json_t *given, *values;
    TRY(request_parameters(s->call, json_object_get(before, "Parameters"), &given));
    error e = template_values(s->call, document, given, &values);
    if (e == OK) {
        json_object_set(s->document, "Parameters", given);
        json_object_set_new(s->document, "Values", values);
    }
    json_decref(given);
    return e;
}

/* The rules hold, nothing refers to what its conditions take away. */
static error plan_check(struct stack *s)
{
    struct plan p;
    TRY(plan_open(s, true, &p));
    plan_close(&p);
    return OK;
}

error stack_prepare(struct stack *s, const json_t *before)
{
    struct call *c = s->call;
    const char *text;
    json_t *document;
    TRY(refuse_options(c));
    TRY(request_template(c, json_text(before, "Template"), &text));
    TRY(template_open(text, &document));
    error e = capabilities_check(c, document);
    if (e == OK) e = values_set(s, document, before);
    if (e == OK) {
        json_t *description = json_object_get(document, "Description");
        json_object_set_new(s->document, "Template", json_string(text));
        if (description) json_object_set(s->document, "Description", description);
        else json_object_del(s->document, "Description");
        carry(s, before, "Tags");
        carry(s, NULL, "Capabilities");
        carry(s, before, "NotificationARNs");
        e = plan_check(s);
    }
    json_decref(document);
    return e;
}

static bool is_in_progress(const char *status)
{
    return strstr(status, "_IN_PROGRESS") != NULL;
}

/* A resource keeps its type. */
static error types_check(const struct stack *s, const json_t *before)
{
    const char *logical;
    json_t *record, *document;
    error e = OK;
    TRY(template_parse(span_of(json_text(s->document, "Template")), &document));
    json_object_foreach(json_object_get(before, "Resources"), logical, record) {
        const json_t *declared = json_object_get(json_object_get(document, "Resources"), logical);
        const char *type = json_text(declared, "Type");
        if (type && strcmp(type, json_text(record, "Type")) != 0)
            e = fail(ERR_VALIDATION, "Update of resource type is not permitted. The new template "
                                     "modifies resource type of the following resources: [%.255s]",
                     logical);
    }
    json_decref(document);
    return e;
}

error stack_may_update(const struct stack *s, const json_t *before)
{
    static const char *const good[] = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE",
                                       "CREATE_FAILED", "UPDATE_FAILED"};
    const char *status = json_text(before, "StackStatus");
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (strcmp(status, good[i]) == 0) return types_check(s, before);
    return fail(ERR_VALIDATION, "Stack:%s is in %s state and can not be updated.",
                json_text(before, "StackId"), status);
}

/* ---- running ---- */

/* A request sent twice with one token is done once. */
static bool token_is_known(const struct stack *s, const char *operation)
{
    const char *token = json_text(s->call->input, "ClientRequestToken");
    const json_t *last = json_object_get(s->document, "LastToken");
    return token && json_text(last, "Token") && strcmp(json_text(last, "Token"), token) == 0 &&
           strcmp(json_text(last, "Operation"), operation) == 0;
}

static void task_begin(struct stack *s, enum task task, const json_t *old)
{
    const char *token = json_text(s->call->input, "ClientRequestToken");
    stack_task(s, task, old);
    json_t *record = json_object_get(s->document, "Task");
    if (token)
        json_object_set_new(s->document, "LastToken",
                            json_pack("{s:s, s:O}", "Token", token, "Operation",
                                      json_object_get(record, "Operation")));
    const char *on_failure = json_text(s->call->input, "OnFailure");
    bool disabled = json_is_set(s->call->input, "DisableRollback");
    if (disabled || on_failure)
        json_object_set_new(record, "OnFailure", json_string(disabled ? "DO_NOTHING" : on_failure));
    json_object_set_new(s->document, "DisableRollback", json_boolean(disabled));
}

/* `claim` checks and begins, alone; then the task runs. */
static error claimed(struct stack *s, error (*claim)(struct stack *))
{
    stack_claims_lock();
    error e = claim(s);
    stack_claims_unlock();
    if (e == OK && json_object_get(s->document, "Task")) e = stack_run(s);
    return e;
}

/* ---- create ---- */

static error stack_is_new(struct call *c, const char *name, bool *same)
{
    struct stack s;
    *same = false;
    error e = stack_open(c, name, &s);
    if (e == ERR_VALIDATION) return OK;
    if (e != OK) return e;
    *same = token_is_known(&s, "CREATE");
    if (*same) c->output = json_pack("{s:O}", "StackId", json_object_get(s.document, "StackId"));
    stack_release(&s);
    return *same ? OK : fail(ERR_ALREADY_EXISTS, "Stack [%.128s] already exists", name);
}

static error claim_create(struct stack *s)
{
    bool same;
    TRY(stack_is_new(s->call, json_text(s->document, "StackName"), &same));
    if (same) return OK;
    TRY(stack_act_as(s, json_text(s->call->input, "RoleARN")));
    json_object_set_new(s->document, "EnableTerminationProtection",
                        json_boolean(json_is_set(s->call->input, "EnableTerminationProtection")));
    task_begin(s, TASK_CREATE, NULL);
    return stack_save(s);
}

static error create_stack(struct call *c)
{
    struct stack s;
    TRY(stack_create(c, json_text(c->input, "StackName"), &s));
    error e = stack_prepare(&s, NULL);
    if (e == OK) e = claimed(&s, claim_create);
    if (e == OK && !c->output)
        c->output = json_pack("{s:O}", "StackId", json_object_get(s.document, "StackId"));
    stack_release(&s);
    return e;
}

/* ---- update ---- */

static error update_begin(struct stack *s, const json_t *before)
{
    json_t *changes;
    bool other;
    TRY(stack_prepare(s, before));
    TRY(stack_may_update(s, before));
    TRY(stack_act_as(s, json_text(s->call->input, "RoleARN")));
    TRY(plan_changes(s, before, &changes, &other));
    bool none = !json_array_size(changes) && !other;
    json_decref(changes);
    if (none && strstr(stack_status(s), "COMPLETE"))
        return fail(ERR_VALIDATION, "No updates are to be performed.");
    task_begin(s, TASK_UPDATE, before);
    return stack_save(s);
}

static error claim_update(struct stack *s)
{
    if (token_is_known(s, "UPDATE")) return OK;
    json_t *before = json_deep_copy(s->document);
    error e = update_begin(s, before);
    json_decref(before);
    return e;
}

static error update_stack(struct call *c)
{
    struct stack s;
    const char *name = json_text(c->input, "StackName");
    error e = stack_open(c, name, &s);
    if (e == ERR_VALIDATION) return fail(e, "Stack [%.200s] does not exist", name);
    TRY(e);
    e = claimed(&s, claim_update);
    if (e == OK) c->output = json_pack("{s:O}", "StackId", json_object_get(s.document, "StackId"));
    stack_release(&s);
    return e;
}

/* ---- delete ---- */

static error delete_admit(const struct stack *s)
{
    const char *name = json_text(s->document, "StackName"), *status = stack_status(s);
    bool failed = strcmp(status, "DELETE_FAILED") == 0;
    if (json_is_set(s->document, "EnableTerminationProtection"))
        return fail(ERR_VALIDATION, "Stack [%s] cannot be deleted while TerminationProtection is enabled",
                    name);
    if (is_in_progress(status) && strcmp(status, "REVIEW_IN_PROGRESS") != 0)
        return fail(ERR_VALIDATION, "Stack [%s] cannot be deleted while in status %s", name, status);
    if (json_array_size(json_object_get(s->call->input, "RetainResources")) && !failed)
        return fail(ERR_VALIDATION, "Invalid operation on stack [%s]. When you delete a stack, specify "
                                    "which resources to retain only when the stack is in the "
                                    "DELETE_FAILED state.", name);
    return OK;
}

static error claim_delete(struct stack *s)
{
    const struct call *c = s->call;
    const char *mode = json_text(c->input, "DeletionMode");
    const json_t *retain = json_object_get(c->input, "RetainResources");
    TRY(delete_admit(s));
    TRY(stack_act_as(s, json_text(c->input, "RoleARN")));
    TRY(change_sets_drop(s, NULL));
    json_t *retained = json_object();
    for (size_t i = 0; i < json_array_size(retain); i++)
        json_object_set_new(retained, json_string_value(json_array_get(retain, i)), json_true());
    stack_task(s, TASK_DELETE, NULL);
    json_t *task = json_object_get(s->document, "Task");
    json_object_set_new(task, "RetainResources", retained);
    json_object_set_new(task, "Force",
                        json_boolean(mode && strcmp(mode, "FORCE_DELETE_STACK") == 0));
    return stack_save(s);
}

static error delete_stack(struct call *c)
{
    struct stack s;
    error e = stack_open(c, json_text(c->input, "StackName"), &s);
    if (e == ERR_VALIDATION) return OK; /* there is none */
    TRY(e);
    if (strcmp(stack_status(&s), "DELETE_COMPLETE") != 0) e = claimed(&s, claim_delete);
    stack_release(&s);
    if (e == OK) e = stacks_forget(c);
    return e;
}

/* ---- other changes ---- */

static error claim_continue(struct stack *s)
{
    const json_t *skip = json_object_get(s->call->input, "ResourcesToSkip");
    if (strcmp(stack_status(s), "UPDATE_ROLLBACK_FAILED") != 0)
        return fail(ERR_VALIDATION, "Stack:%s is in %s state and can not be rolled back.",
                    json_text(s->document, "StackId"), stack_status(s));
    json_t *task = json_object_get(s->document, "Task"), *skipped = json_object();
    for (size_t i = 0; i < json_array_size(skip); i++)
        json_object_set_new(skipped, json_string_value(json_array_get(skip, i)), json_true());
    json_object_set_new(task, "Skip", skipped);
    TRY(stack_act_as(s, json_text(s->call->input, "RoleARN")));
    stack_turn(s, "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated");
    return stack_save(s);
}

static error continue_update_rollback(struct call *c)
{
    struct stack s;
    TRY(stack_open(c, json_text(c->input, "StackName"), &s));
    error e = claimed(&s, claim_continue);
    if (e == OK) c->output = json_object();
    stack_release(&s);
    return e;
}

static error update_termination_protection(struct call *c)
{
    struct stack s;
    stack_claims_lock();
    error e = stack_open(c, json_text(c->input, "StackName"), &s);
    if (e == OK) {
        json_object_set(s.document, "EnableTerminationProtection",
                        json_object_get(c->input, "EnableTerminationProtection"));
        e = stack_save(&s);
        if (e == OK) c->output = json_pack("{s:O}", "StackId", json_object_get(s.document, "StackId"));
        stack_release(&s);
    }
    stack_claims_unlock();
    return e;
}

/* ---- rows ---- */

static const char *const failures[] = {"DO_NOTHING", "ROLLBACK", "DELETE", NULL};
static const char *const capabilities[] = {"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM",
                                           "CAPABILITY_AUTO_EXPAND", NULL};
static const char *const deletion_modes[] = {"STANDARD", "FORCE_DELETE_STACK", NULL};
const struct member cloudformation_text_row[] = {TEXT_ROW(NULL, MEMBER_OPTIONAL, 0, 0, NULL)};
const struct member cloudformation_type_row[] = {TEXT_ROW(NULL, MEMBER_OPTIONAL, 1, 256, NULL)};
const struct member cloudformation_capability_row[] = {ENUM_ROW(NULL, MEMBER_OPTIONAL, capabilities)};
static const struct member parameter[] = {
    TEXT_ROW("ParameterKey", MEMBER_OPTIONAL, 0, 0, NULL),
    TEXT_ROW("ParameterValue", MEMBER_OPTIONAL, 0, 0, NULL), BOOLEAN_ROW("UsePreviousValue"),
    TEXT_ROW("ResolvedValue", MEMBER_OPTIONAL, 0, 0, NULL), ROWS_END};
const struct member cloudformation_parameter_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, parameter)};
static const struct member tag[] = {TEXT_ROW("Key", MEMBER_REQUIRED, 1, 128, NULL),
                                    TEXT_ROW("Value", MEMBER_REQUIRED, 1, 256, NULL), ROWS_END};
const struct member cloudformation_tag_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, tag)};
static const struct member trigger[] = {TEXT_ROW("Arn", MEMBER_REQUIRED, 0, 0, NULL),
                                        TEXT_ROW("Type", MEMBER_REQUIRED, 0, 0, NULL), ROWS_END};
static const struct member trigger_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, trigger)};
const struct member cloudformation_rollback[] = {
    LIST_ROW("RollbackTriggers", MEMBER_OPTIONAL, 0, 5, trigger_row),
    INTEGER_ROW("MonitoringTimeInMinutes", MEMBER_OPTIONAL, 0, 180), ROWS_END};

#define POLICY_ROWS                                                                               \
    TEXT_ROW("StackPolicyBody", MEMBER_OPTIONAL, 1, 16384, NULL),                                 \
        TEXT_ROW("StackPolicyURL", MEMBER_OPTIONAL, 1, 5120, NULL)
static const struct member create_input[] = {
    STACK_ROW(MEMBER_REQUIRED), PREPARE_ROWS, POLICY_ROWS, BOOLEAN_ROW("DisableRollback"),
    INTEGER_ROW("TimeoutInMinutes", MEMBER_OPTIONAL, 1, COUNT_MAX),
    ENUM_ROW("OnFailure", MEMBER_OPTIONAL, failures), CLIENT_TOKEN_ROW,
    BOOLEAN_ROW("EnableTerminationProtection"), BOOLEAN_ROW("RetainExceptOnCreate"), ROWS_END};
static const struct member update_input[] = {
    STACK_ROW(MEMBER_REQUIRED), PREPARE_ROWS, POLICY_ROWS, BOOLEAN_ROW("UsePreviousTemplate"),
    TEXT_ROW("StackPolicyDuringUpdateBody", MEMBER_OPTIONAL, 1, 16384, NULL),
    TEXT_ROW("StackPolicyDuringUpdateURL", MEMBER_OPTIONAL, 1, 5120, NULL),
    BOOLEAN_ROW("DisableRollback"), CLIENT_TOKEN_ROW, BOOLEAN_ROW("RetainExceptOnCreate"), ROWS_END};
static const struct member delete_input[] = {
    STACK_ROW(MEMBER_REQUIRED),
    LIST_ROW("RetainResources", MEMBER_OPTIONAL, 0, 0, cloudformation_text_row), ROLE_ROW,
    CLIENT_TOKEN_ROW, ENUM_ROW("DeletionMode", MEMBER_OPTIONAL, deletion_modes), ROWS_END};
static const struct member continue_input[] = {
    TEXT_ROW("StackName", MEMBER_REQUIRED, 1, 9e18, NULL), ROLE_ROW,
    LIST_ROW("ResourcesToSkip", MEMBER_OPTIONAL, 0, 0, cloudformation_text_row), CLIENT_TOKEN_ROW,
    ROWS_END};
static const struct member protection_input[] = {
    {.name = "EnableTerminationProtection", .type = MEMBER_BOOLEAN, .flags = MEMBER_REQUIRED},
    TEXT_ROW("StackName", MEMBER_REQUIRED, 1, 9e18, NULL), ROWS_END};

const struct operation cloudformation_operations[] = {
    {.name = "CreateStack", .run = create_stack, .input = create_input,
     .note = "done when it answers; what the stack then says is its status. A role (RoleARN) must "
             "trust CloudFormation. No stack policies, rollback triggers, notifications; tags stay "
             "with the stack"},
    {.name = "UpdateStack", .run = update_stack, .input = update_input,
     .note = "done when it answers; in place or by replacement per property"},
    {.name = "DeleteStack", .run = delete_stack, .input = delete_input,
     .note = "done when it answers"},
    {.name = "ContinueUpdateRollback", .run = continue_update_rollback, .input = continue_input},
    {.name = "UpdateTerminationProtection", .run = update_termination_protection,
     .input = protection_input},
    {0},
};
