/* Glue triggers: start job runs on demand or by a schedule. A trigger is a document of the kind
 * "glue-trigger"; one that waits for its time has another of the kind "glue-scheduled" under "-",
 * {"account", "region", "name", "next"}, by "ACCOUNT/REGION/NAME". */
#include "aws/glue.h"
#include "aws/schedule.h"

enum { PAGE = 100 };

static const char kind_trigger[] = "glue-trigger";

static error not_found(const char *name)
{
    return fail(ERR_ENTITY_NOT_FOUND, "Trigger %.255s not found.", name);
}

static error trigger_read(struct call *c, struct state_txn *txn, const char *name, json_t **out)
{
    error e = state_get(txn, glue_key(c, kind_trigger, name), out);
    return e == ERR_NOT_FOUND ? not_found(name) : e;
}

static struct state_key waiting_key(struct call *c, const char *name)
{
    return (struct state_key){"-", "-", "glue-scheduled",
                              arena_printf(c->arena, "%s/%s/%s", c->account, c->region, name)};
}

/* ---- checks ---- */

static error actions_check(struct call *c, struct state_txn *txn, const json_t *trigger)
{
    const json_t *actions = json_object_get(trigger, "Actions");
    for (size_t i = 0; i < json_array_size(actions); i++) {
        const char *job = json_text(json_array_get(actions, i), "JobName");
        json_t *document;
        if (json_text(json_array_get(actions, i), "CrawlerName"))
            return fail(ERR_NOT_IMPLEMENTED, "Sluice does not serve crawlers: an action names a JobName");
        if (!job) return fail(ERR_INVALID_INPUT, "Both JobName or CrawlerName cannot be null for an action.");
        TRY(glue_job_read(c, txn, job, &document));
        json_decref(document);
    }
    return json_array_size(actions) ? OK : fail(ERR_INVALID_INPUT, "Actions cannot be null or empty");
}

static error trigger_check(struct call *c, struct state_txn *txn, const json_t *trigger)
{
    const char *type = json_text(trigger, "Type"), *schedule = json_text(trigger, "Schedule");
    bool scheduled = strcmp(type, "SCHEDULED") == 0;
    if (!scheduled && strcmp(type, "ON_DEMAND") != 0)
        return fail(ERR_NOT_IMPLEMENTED, "Sluice serves triggers of the types ON_DEMAND and SCHEDULED");
    if (json_text(trigger, "WorkflowName"))
        return fail(ERR_NOT_IMPLEMENTED, "Sluice does not serve workflows");
    if (json_object_get(trigger, "Predicate") || json_object_get(trigger, "EventBatchingCondition"))
        return fail(ERR_INVALID_INPUT, "A trigger of the type %s has no predicate and no batching "
                                       "condition", type);
    if (scheduled && !schedule)
        return fail(ERR_INVALID_INPUT, "Schedule cannot be null for a trigger of the type SCHEDULED");
    if (!scheduled && schedule)
        return fail(ERR_INVALID_INPUT, "Schedule is not supported for a trigger of the type ON_DEMAND");
    if (scheduled) TRY(schedule_check(schedule));
    return actions_check(c, txn, trigger);
}

/* ---- writing ---- */

static error waiting_drop(struct call *c, struct state_txn *txn, const char *name)
{
    error e = state_delete(txn, waiting_key(c, name));
    return e == ERR_NOT_FOUND ? OK : e;
}

/* Keeps the trigger; an activated one waits for its next time. */
static error trigger_write(struct call *c, struct state_txn *txn, const json_t *trigger)
{
    const char *name = json_text(trigger, "Name");
    int64_t next;
    TRY(state_put(txn, glue_key(c, kind_trigger, name), trigger));
    if (strcmp(json_text(trigger, "State"), "ACTIVATED") != 0) return waiting_drop(c, txn, name);
    TRY(schedule_next(json_text(trigger, "Schedule"), now_us(), &next));
    if (next == INT64_MAX)
        return fail(ERR_INVALID_INPUT, "The schedule %s names no time to come",
                    json_text(trigger, "Schedule"));
    json_t *waiting = json_pack("{s:s, s:s, s:s, s:I}", "account", c->account, "region", c->region,
                                "name", name, "next", (json_int_t)next);
    error e = state_put(txn, waiting_key(c, name), waiting);
    json_decref(waiting);
    return e;
}

static error create_in(struct call *c, struct state_txn *txn, json_t *trigger)
{
    const char *name = json_text(trigger, "Name");
    json_t *old;
    error e = trigger_read(c, txn, name, &old);
    if (e == OK) {
        json_decref(old);
        return fail(ERR_ALREADY_EXISTS, "Trigger with name %.255s already exists", name);
    }
    if (e != ERR_ENTITY_NOT_FOUND) return e;
    TRY(trigger_check(c, txn, trigger));
    bool starts = json_is_set(c->input, "StartOnCreation");
    if (starts && strcmp(json_text(trigger, "Type"), "ON_DEMAND") == 0)
        return fail(ERR_INVALID_INPUT, "StartOnCreation is not supported for ON_DEMAND triggers");
    json_object_set_new(trigger, "State", json_string(starts ? "ACTIVATED" : "CREATED"));
    TRY(trigger_write(c, txn, trigger));
    return glue_tags_add(c, txn, arena_printf(c->arena, "trigger/%s", name),
                         json_object_get(c->input, "Tags"));
}

static error create_trigger(struct call *c)
{
    struct state_txn *txn;
    json_t *trigger = member_copy(c->operation->input, c->input);
    json_object_del(trigger, "Tags");
    json_object_del(trigger, "StartOnCreation");
    error e = glue_begin(c, true, &txn);
    if (e == OK) e = glue_end(txn, create_in(c, txn, trigger));
    json_decref(trigger);
    if (e == OK) c->output = json_pack("{s:O}", "Name", json_object_get(c->input, "Name"));
    return e;
}

/* Reads, changes and writes one. */
static error change(struct call *c, error (*run)(struct call *, struct state_txn *, json_t *),
                    json_t **changed)
{
    struct state_txn *txn;
    json_t *trigger;
    TRY(glue_begin(c, true, &txn));
    error e = trigger_read(c, txn, json_text(c->input, "Name"), &trigger);
    if (e != OK) return glue_end(txn, e);
    e = run(c, txn, trigger);
    if (e == OK) e = trigger_write(c, txn, trigger);
    e = glue_end(txn, e);
    if (e == OK && changed) *changed = json_incref(trigger);
    json_decref(trigger);
    return e;
}

static const struct member trigger_update[];

static error replace(struct call *c, struct state_txn *txn, json_t *trigger)
{
    const json_t *given = json_object_get(c->input, "TriggerUpdate");
    json_t *update = member_copy(trigger_update, given);
    json_object_del(update, "Name");
    json_object_update(trigger, update);
    json_decref(update);
    return trigger_check(c, txn, trigger);
}

static error update_trigger(struct call *c)
{
    json_t *trigger;
    TRY(change(c, replace, &trigger));
    c->output = json_pack("{s:o}", "Trigger", trigger);
    return OK;
}

static error delete_in(struct call *c, struct state_txn *txn, const char *name)
{
    error e = state_delete(txn, glue_key(c, kind_trigger, name));
    if (e == ERR_NOT_FOUND) return OK; /* as Glue does */
    TRY(e);
    TRY(waiting_drop(c, txn, name));
    return glue_tags_drop(c, txn, arena_printf(c->arena, "trigger/%s", name));
}

static error delete_trigger(struct call *c)
{
    struct state_txn *txn;
    const char *name = json_text(c->input, "Name");
    TRY(glue_begin(c, true, &txn));
    TRY(glue_end(txn, delete_in(c, txn, name)));
    c->output = json_pack("{s:s}", "Name", name);
    return OK;
}

/* ---- reading ---- */

static error get_trigger(struct call *c)
{
    struct state_txn *txn;
    json_t *trigger = NULL;
    TRY(glue_begin(c, false, &txn));
    TRY(glue_end(txn, trigger_read(c, txn, json_text(c->input, "Name"), &trigger)));
    c->output = json_pack("{s:o}", "Trigger", trigger);
    return OK;
}

static bool list_one(void *context, const char *name, json_t *trigger)
{
    struct glue_page *page = context;
    const char *job = json_text(page->call->input, "DependentJobName");
    const json_t *actions = json_object_get(trigger, "Actions");
    bool wanted = !job;
    for (size_t i = 0; !wanted && i < json_array_size(actions); i++)
        wanted = strcmp(json_text(json_array_get(actions, i), "JobName"), job) == 0;
    return wanted ? glue_page_take(page, name, trigger) : true;
}

static error get_triggers(struct call *c)
{
    struct state_txn *txn;
    struct glue_page page;
    const char *job = json_text(c->input, "DependentJobName");
    TRY(glue_page_open(c, job ? job : "", PAGE, &page));
    error e = glue_begin(c, false, &txn);
    if (e == OK)
        e = glue_end(txn, state_scan(txn, glue_key(c, kind_trigger, ""), page.after, list_one, &page));
    return glue_page_close(&page, "Triggers", e);
}

/* ---- starting ---- */

static error fire(struct call *c, const json_t *trigger)
{
    static const char *const members[] = {"JobName", "Arguments", "Timeout", "SecurityConfiguration",
                                          "NotificationProperty"};
    const json_t *actions = json_object_get(trigger, "Actions");
    for (size_t i = 0; i < json_array_size(actions); i++) {
        json_t *input = json_object();
        for (size_t m = 0; m < sizeof members / sizeof *members; m++) {
            json_t *value = json_object_get(json_array_get(actions, i), members[m]);
            if (value) json_object_set(input, members[m], value);
        }
        TRY(call_operation(c, "glue", "StartJobRun", input, NULL));
    }
    return OK;
}

static error activate(struct call *c, struct state_txn *txn, json_t *trigger)
{
    (void)c, (void)txn;
    if (strcmp(json_text(trigger, "Type"), "SCHEDULED") == 0)
        json_object_set_new(trigger, "State", json_string("ACTIVATED"));
    return OK;
}

static error start_trigger(struct call *c)
{
    json_t *trigger;
    TRY(change(c, activate, &trigger));
    error e = strcmp(json_text(trigger, "Type"), "ON_DEMAND") == 0 ? fire(c, trigger) : OK;
    json_decref(trigger);
    if (e == OK) c->output = json_pack("{s:O}", "Name", json_object_get(c->input, "Name"));
    return e;
}

static error deactivate(struct call *c, struct state_txn *txn, json_t *trigger)
{
    (void)c, (void)txn;
    if (strcmp(json_text(trigger, "Type"), "SCHEDULED") == 0)
        json_object_set_new(trigger, "State", json_string("DEACTIVATED"));
    return OK;
}

static error stop_trigger(struct call *c)
{
    TRY(change(c, deactivate, NULL));
    c->output = json_pack("{s:O}", "Name", json_object_get(c->input, "Name"));
    return OK;
}

/* ---- by the clock ---- */

struct due { json_t *list; int64_t now_us; };

static bool due_one(void *context, const char *name, json_t *waiting)
{
    const struct due *d = context;
    (void)name;
    if (json_integer_or(waiting, "next", INT64_MAX) <= d->now_us) json_array_append(d->list, waiting);
    return true;
}

/* The next time is durable before the runs begin: none begins twice. */
static error fire_due(struct call *c)
{
    json_t *trigger;
    TRY(change(c, activate, &trigger));
    error e = fire(c, trigger);
    json_decref(trigger);
    return e;
}

error glue_triggers_fire(struct gateway *g, int64_t now)
{
    struct arena arena = {0};
    struct http_request http = {.arena = &arena};
    struct state_txn *txn;
    struct due d = {json_array(), now};
    struct call c = {.gateway = g, .http = &http, .arena = &arena};
    error e = state_begin(g->options.state, false, &txn);
    if (e == OK) {
        e = state_scan(txn, (struct state_key){"-", "-", "glue-scheduled", ""}, NULL, due_one, &d);
        state_abort(txn);
    }
    for (size_t i = 0; e == OK && i < json_array_size(d.list); i++) {
        json_t *waiting = json_array_get(d.list, i);
        c.account = json_text(waiting, "account");
        c.region = json_text(waiting, "region");
        c.principal = principal_root(&arena, c.account);
        c.input = json_pack("{s:O}", "Name", json_object_get(waiting, "name"));
        if (fire_due(&c) != OK)
            log_line(LOG_ERROR, "glue", "trigger %s: %s", json_text(waiting, "name"), error_text());
        json_decref(c.input);
    }
    json_decref(d.list);
    arena_release(&arena);
    return e;
}

/* ---- rows ---- */

static const char *const types[] = {"SCHEDULED", "CONDITIONAL", "ON_DEMAND", "EVENT", NULL};
static const char *const logicals[] = {"AND", "ANY", NULL};
static const char *const operators[] = {"EQUALS", NULL};
static const char *const run_states[] = {"STARTING", "RUNNING", "STOPPING", "STOPPED", "SUCCEEDED",
                                         "FAILED", "TIMEOUT", "ERROR", "WAITING", NULL};
static const char *const crawl_states[] = {"RUNNING", "CANCELLING", "CANCELLED", "SUCCEEDED", "FAILED",
                                           "ERROR", NULL};
static const struct member text[] = {PLAIN_ROW(NULL)};
static const struct member action[] = {
    NAME_ROW("JobName", MEMBER_OPTIONAL),
    {.name = "Arguments", .type = MEMBER_MAP, .of = text, .keys = text},
    INTEGER_ROW("Timeout", MEMBER_OPTIONAL, 1, COUNT_MAX),
    NAME_ROW("SecurityConfiguration", MEMBER_OPTIONAL),
    STRUCTURE_ROW("NotificationProperty", MEMBER_OPTIONAL, glue_notification_property),
    NAME_ROW("CrawlerName", MEMBER_OPTIONAL), ROWS_END};
static const struct member action_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, action)};
static const struct member condition[] = {
    ENUM_ROW("LogicalOperator", MEMBER_OPTIONAL, operators), NAME_ROW("JobName", MEMBER_OPTIONAL),
    ENUM_ROW("State", MEMBER_OPTIONAL, run_states), NAME_ROW("CrawlerName", MEMBER_OPTIONAL),
    ENUM_ROW("CrawlState", MEMBER_OPTIONAL, crawl_states), ROWS_END};
static const struct member condition_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, condition)};
static const struct member predicate[] = {
    ENUM_ROW("Logical", MEMBER_OPTIONAL, logicals),
    LIST_ROW("Conditions", MEMBER_OPTIONAL, 0, 0, condition_row), ROWS_END};
static const struct member batching[] = {INTEGER_ROW("BatchSize", MEMBER_REQUIRED, 1, 100),
                                         INTEGER_ROW("BatchWindow", MEMBER_OPTIONAL, 1, 900), ROWS_END};
#define PREDICATE_ROW STRUCTURE_ROW("Predicate", MEMBER_OPTIONAL, predicate)
#define BATCHING_ROW STRUCTURE_ROW("EventBatchingCondition", MEMBER_OPTIONAL, batching)
static const struct member create_input[] = {
    NAME_ROW("Name", MEMBER_REQUIRED), NAME_ROW("WorkflowName", MEMBER_OPTIONAL),
    ENUM_ROW("Type", MEMBER_REQUIRED, types), PLAIN_ROW("Schedule"), PREDICATE_ROW,
    LIST_ROW("Actions", MEMBER_REQUIRED, 0, 0, action_row), DESCRIPTION_ROW,
    BOOLEAN_ROW("StartOnCreation"), TAGS_ROW_OF("Tags", MEMBER_OPTIONAL), BATCHING_ROW, ROWS_END};
static const struct member trigger_update[] = {
    NAME_ROW("Name", MEMBER_OPTIONAL), DESCRIPTION_ROW, PLAIN_ROW("Schedule"),
    LIST_ROW("Actions", MEMBER_OPTIONAL, 0, 0, action_row), PREDICATE_ROW, BATCHING_ROW, ROWS_END};
static const struct member update_input[] = {
    NAME_ROW("Name", MEMBER_REQUIRED), STRUCTURE_ROW("TriggerUpdate", MEMBER_REQUIRED, trigger_update),
    ROWS_END};
static const struct member trigger_input[] = {NAME_ROW("Name", MEMBER_REQUIRED), ROWS_END};
static const struct member get_many_input[] = {
    NEXT_TOKEN, NAME_ROW("DependentJobName", MEMBER_OPTIONAL), MAX_RESULTS(1000), ROWS_END};

const struct operation glue_trigger_operations[] = {
    {.name = "CreateTrigger", .run = create_trigger, .input = create_input,
     .note = "ON_DEMAND and SCHEDULED, with actions on jobs; cron expressions in UTC, looked at every "
             "few seconds. A time missed while no server ran is made up for once"},
    {.name = "GetTrigger", .run = get_trigger, .input = trigger_input},
    {.name = "GetTriggers", .run = get_triggers, .input = get_many_input},
    {.name = "UpdateTrigger", .run = update_trigger, .input = update_input},
    {.name = "StartTrigger", .run = start_trigger, .input = trigger_input},
    {.name = "StopTrigger", .run = stop_trigger, .input = trigger_input},
    {.name = "DeleteTrigger", .run = delete_trigger, .input = trigger_input},
    {0},
};
