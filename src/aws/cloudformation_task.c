/* Tasks of stacks: what begins one, as whom it acts, and what finishes those of a dead process. */
#include "aws/cloudformation.h"
#include "aws/identity.h"

void stack_task(struct stack *s, enum task task, const json_t *old)
{
    static const struct { const char *operation, *phase, *status; } rows[] = {
        [TASK_CREATE] = {"CREATE", "apply", "CREATE_IN_PROGRESS"},
        [TASK_UPDATE] = {"UPDATE", "apply", "UPDATE_IN_PROGRESS"},
        [TASK_DELETE] = {"DELETE", "delete", "DELETE_IN_PROGRESS"},
        [TASK_ROLLBACK] = {"UPDATE", "rollback", "UPDATE_ROLLBACK_IN_PROGRESS"}};
    static const char *const kept[] = {"Template", "Parameters", "Values", "Tags", "Resources",
                                       "Description", "Capabilities", "NotificationARNs", "Cleanup",
                                       "Imports"};
    const struct call *c = s->call;
    const char *token = json_text(c->input, "ClientRequestToken");
    json_t *record = json_pack("{s:s, s:s}", "Operation", rows[task].operation, "Phase",
                               rows[task].phase);
    if (token) json_object_set_new(record, "Token", json_string(token));
    if (old) {
        json_t *copy = json_object();
        for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
            const json_t *value = json_object_get(old, kept[i]);
            if (value) json_object_set_new(copy, kept[i], json_deep_copy(value));
        }
        json_object_set_new(record, "Old", copy);
    }
    json_object_set_new(s->document, "Task", record);
    stack_turn(s, rows[task].status, "User Initiated");
}

/* ---- who acts ---- */

static error role_principal(struct call *c, const char *arn, struct principal *out)
{
    static const struct principal service = {"cloudformation.amazonaws.com", "", ""};
    const char *slash = strrchr(arn, '/');
    json_t *role = NULL;
    bool good = slash && iam_get(c, IAM_ROLE, slash + 1, &role) == OK &&
                strcmp(json_text(role, "Arn"), arn) == 0 &&
                policy_trusts(json_text(role, "AssumeRolePolicyDocument"), c->account, &service,
                              "sts:AssumeRole", NULL);
    if (good)
        *out = (struct principal){
            arena_printf(c->arena, "arn:aws:sts::%s:assumed-role/%s/AWSCloudFormation", c->account,
                         slash + 1),
            arena_printf(c->arena, "%s:AWSCloudFormation", json_text(role, "RoleId")),
            arena_text(c->arena, span_of(arn))};
    json_decref(role);
    return good ? OK : fail(ERR_VALIDATION, "Role %.300s is invalid or cannot be assumed", arn);
}

error stack_act_as(struct stack *s, const char *role)
{
    struct call *c = s->call;
    struct principal who = c->principal;
    if (role) json_object_set_new(s->document, "RoleARN", json_string(role));
    role = json_text(s->document, "RoleARN");
    if (role) TRY(role_principal(c, role, &who));
    struct call *acting = ARENA_NEW(c->arena, struct call);
    *acting = *c;
    acting->principal = who;
    s->call = acting;
    json_object_set_new(s->document, "Principal", json_pack("{s:s, s:s, s:s}", "arn", who.arn, "id",
                                                            who.id, "iam", who.iam_arn));
    return OK;
}

/* ---- after a crash ---- */

static error resume(struct call *c, const char *arn)
{
    struct stack s;
    TRY(stack_open(c, arn, &s));
    const json_t *who = json_object_get(s.document, "Principal");
    if (who)
        c->principal = (struct principal){json_text(who, "arn"), json_text(who, "id"),
                                          json_text(who, "iam")};
    log_line(LOG_INFO, "cloudformation", "finishing %s of stack %s",
             json_text(json_object_get(s.document, "Task"), "Operation"),
             json_text(s.document, "StackName"));
    error e = stack_run(&s);
    stack_release(&s);
    return e;
}

error cloudformation_recover(struct gateway *g)
{
    struct arena arena = {0};
    struct http_request http = {.arena = &arena};
    struct http_reply reply = {.file = -1};
    struct call c = {.gateway = g, .http = &http, .reply = &reply, .arena = &arena, .account = "-",
                     .region = "-", .input = json_object()};
    json_t *list, *one;
    size_t i;
    uuid_make(c.request_id);
    error e = stack_list(&c, "cfn-unfinished", "", &list);
    json_array_foreach(e == OK ? list : NULL, i, one) {
        c.account = json_text(one, "account");
        c.region = json_text(one, "region");
        c.principal = principal_root(&arena, c.account);
        if (resume(&c, json_text(one, "StackId")) != OK)
            log_line(LOG_ERROR, "cloudformation", "%s: %s", json_text(one, "StackId"), error_text());
    }
    if (e == OK) json_decref(list);
    json_decref(c.input);
    arena_release(&arena);
    return e;
}
