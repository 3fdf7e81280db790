/* Stacks as the state keeps them: finding, keeping, events, exports, pages. */
#include "aws/cloudformation.h"

enum { PAGE = 100, REMEMBERED_DAYS = 90 };

/* ---- keys ---- */

struct state_key stack_key(const struct call *c, const char *kind, const char *name)
{
    return (struct state_key){c->account, c->region, kind, name};
}

static struct state *state_of(const struct call *c)
{
    return c->gateway->options.state;
}

error stack_kept(struct call *c, const char *kind, const char *name, json_t **out)
{
    return state_get_one(state_of(c), stack_key(c, kind, name), out);
}

error stack_drop(struct call *c, const char *kind, const char *name)
{
    struct state_txn *txn;
    TRY(state_begin(state_of(c), true, &txn));
    error e = state_delete(txn, stack_key(c, kind, name));
    if (e == OK || e == ERR_NOT_FOUND) return state_commit(txn);
    state_abort(txn);
    return e;
}

static bool list_one(void *context, const char *name, json_t *document)
{
    (void)name;
    json_array_append(context, document);
    return true;
}

error stack_list(struct call *c, const char *kind, const char *prefix, json_t **out)
{
    struct state_txn *txn;
    TRY(state_begin(state_of(c), false, &txn));
    *out = json_array();
    error e = state_scan(txn, stack_key(c, kind, prefix), NULL, list_one, *out);
    state_abort(txn);
    if (e != OK) json_decref(*out);
    return e;
}

/* ---- finding ---- */

/* The UUID behind "arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/"; NULL: not ours. */
static const char *uuid_of(const struct call *c, const char *arn)
{
    const char *prefix = arena_printf(c->arena, "arn:aws:cloudformation:%s:%s:stack/", c->region,
                                      c->account);
    size_t size = strlen(prefix);
    const char *slash = strncmp(arn, prefix, size) == 0 ? strchr(arn + size, '/') : NULL;
    return slash && slash[1] ? slash + 1 : NULL;
}

error stack_open(struct call *c, const char *name, struct stack *out)
{
    json_t *named;
    *out = (struct stack){.call = c};
    const char *id = NULL;
    error e = OK;
    if (strncmp(name, "arn:", 4) == 0) id = uuid_of(c, name);
    else if ((e = stack_kept(c, "cfn-name", name, &named)) == OK) {
        id = arena_text(c->arena, span_of(json_text(named, "Id")));
        json_decref(named);
    }
    if (id) e = stack_kept(c, "cfn-stack", id, &out->document);
    if (e == ERR_NOT_FOUND || !id)
        return fail(ERR_VALIDATION, "Stack with id %.300s does not exist", name);
    if (e != OK) return e;
    out->id = arena_text(c->arena, span_of(id));
    out->events = json_array();
    return OK;
}

error stack_create(struct call *c, const char *name, struct stack *out)
{
    char *id = arena_calloc(c->arena, 1, 37);
    size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
    if (name[size] || size > 128 || !strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
                                            *name) || !*name)
        return fail(ERR_VALIDATION, "1 validation error detected: Value '%.200s' at 'stackName' failed "
                                    "to satisfy constraint: Member must satisfy regular expression "
                                    "pattern: " STACK_NAME, name);
    uuid_make(id);
    *out = (struct stack){.call = c, .id = id, .events = json_array()};
    out->document = json_pack(
        "{s:o, s:s, s:o, s:{}, s:{}, s:[], s:{}, s:{}, s:[], s:[]}", "StackId",
        json_string(arena_printf(c->arena, "arn:aws:cloudformation:%s:%s:stack/%s/%s", c->region,
                                 c->account, name, id)),
        "StackName", name, "CreationTime", json_timestamp(now_us()), "Parameters", "Values",
        "Outputs", "Imports", "Resources", "Cleanup", "Tags");
    return OK;
}

void stack_release(struct stack *s)
{
    json_decref(s->document);
    json_decref(s->events);
    json_decref(s->exports);
    *s = (struct stack){0};
}

/* ---- keeping ---- */

static error put(struct state_txn *txn, struct state_key key, json_t *document)
{
    error e = state_put(txn, key, document);
    json_decref(document);
    return e;
}

static error drop(struct state_txn *txn, struct state_key key)
{
    error e = state_delete(txn, key);
    return e == ERR_NOT_FOUND ? OK : e;
}

static error events_save(struct stack *s, struct state_txn *txn)
{
    struct call *c = s->call;
    int64_t number = json_integer_or(s->document, "Event", 0);
    for (size_t i = 0; i < json_array_size(s->events); i++) {
        const char *name = arena_printf(c->arena, "%s/%010lld", s->id, (long long)++number);
        TRY(state_put(txn, stack_key(c, "cfn-event", name), json_array_get(s->events, i)));
    }
    json_object_set_new(s->document, "Event", json_integer(number));
    return OK;
}

static error exports_save(struct stack *s, struct state_txn *txn)
{
    const char *name;
    json_t *value;
    json_object_foreach(s->exports, name, value) {
        struct state_key key = stack_key(s->call, "cfn-export", name);
        if (json_is_null(value)) TRY(drop(txn, key));
        else TRY(put(txn, key, json_pack("{s:O, s:s, s:O}", "ExportingStackId",
                                         json_object_get(s->document, "StackId"), "Name", name,
                                         "Value", value)));
    }
    return OK;
}

static error save_in(struct stack *s, struct state_txn *txn)
{
    struct call *c = s->call;
    struct state_key name = stack_key(c, "cfn-name", json_text(s->document, "StackName"));
    struct state_key unfinished = {"-", "-", "cfn-unfinished", s->id};
    TRY(events_save(s, txn));
    TRY(exports_save(s, txn));
    if (strcmp(stack_status(s), "DELETE_COMPLETE") == 0) TRY(drop(txn, name));
    else TRY(put(txn, name, json_pack("{s:s}", "Id", s->id)));
    if (json_object_get(s->document, "Task"))
        TRY(put(txn, unfinished, json_pack("{s:s, s:s, s:O}", "account", c->account, "region",
                                           c->region, "StackId",
                                           json_object_get(s->document, "StackId"))));
    else TRY(drop(txn, unfinished));
    return state_put(txn, stack_key(c, "cfn-stack", s->id), s->document);
}

error stack_save(struct stack *s)
{
    struct state_txn *txn;
    TRY(state_begin(state_of(s->call), true, &txn));
    error e = save_in(s, txn);
    if (e != OK) {
        state_abort(txn);
        return e;
    }
    TRY(state_commit(txn));
    json_array_clear(s->events);
    json_decref(s->exports);
    s->exports = NULL;
    return OK;
}

static pthread_mutex_t claims = PTHREAD_MUTEX_INITIALIZER;

void stack_claims_lock(void)
{
    pthread_mutex_lock(&claims);
}

void stack_claims_unlock(void)
{
    pthread_mutex_unlock(&claims);
}

/* ---- events ---- */

const char *stack_status(const struct stack *s)
{
    const char *status = json_text(s->document, "StackStatus");
    return status ? status : "";
}

/* Later than every event before, so that they sort. */
static json_t *event_time(struct stack *s)
{
    int64_t now = now_us() / US_PER_MS, last = json_integer_or(s->document, "LastMs", 0);
    if (now <= last) now = last + 1;
    json_object_set_new(s->document, "LastMs", json_integer(now));
    return json_timestamp(now * US_PER_MS);
}

static void event_add(struct stack *s, const char *logical, const char *physical, const char *type,
                      const char *status, const char *reason, const json_t *properties)
{
    struct call *c = s->call;
    char id[37];
    const json_t *task = json_object_get(s->document, "Task");
    const char *token = json_text(task, "Token");
    uuid_make(id);
    json_t *event = json_pack(
        "{s:O, s:s, s:O, s:s, s:s, s:s, s:o, s:s}", "StackId",
        json_object_get(s->document, "StackId"), "EventId", id, "StackName",
        json_object_get(s->document, "StackName"), "LogicalResourceId", logical,
        "PhysicalResourceId", physical ? physical : "", "ResourceType", type, "Timestamp",
        event_time(s), "ResourceStatus", status);
    if (reason) json_object_set_new(event, "ResourceStatusReason", json_string(reason));
    if (token) json_object_set_new(event, "ClientRequestToken", json_string(token));
    if (properties) {
        struct buffer text = {0};
        json_print(&text, properties);
        json_object_set_new(event, "ResourceProperties",
                            json_string(arena_text(c->arena, buffer_span(&text))));
        buffer_release(&text);
    }
    json_array_append_new(s->events, event);
}

void stack_turn(struct stack *s, const char *status, const char *reason)
{
    json_object_set_new(s->document, "StackStatus", json_string(status));
    if (reason) json_object_set_new(s->document, "StackStatusReason", json_string(reason));
    else json_object_del(s->document, "StackStatusReason");
    event_add(s, json_text(s->document, "StackName"), json_text(s->document, "StackId"),
              "AWS::CloudFormation::Stack", status, reason, NULL);
}

void stack_tell(struct stack *s, const char *logical, const json_t *record, const char *physical,
                const char *reason)
{
    const json_t *next = json_object_get(record, "Next");
    const json_t *properties = json_object_get(next, "Properties");
    if (!properties) properties = json_object_get(record, "Properties");
    event_add(s, logical, physical, json_text(record, "Type"), json_text(record, "Status"), reason,
              properties);
}

/* ---- several ---- */

error stack_scan(struct call *c, bool (*each)(void *, const char *, json_t *), void *context)
{
    struct state_txn *txn;
    TRY(state_begin(state_of(c), false, &txn));
    error e = state_scan(txn, stack_key(c, "cfn-stack", ""), NULL, each, context);
    state_abort(txn);
    return e;
}

struct importing { const char *export; struct buffer names; };

static bool import_one(void *context, const char *id, json_t *document)
{
    struct importing *i = context;
    const json_t *old = json_object_get(json_object_get(document, "Task"), "Old");
    (void)id;
    if (json_object_get(json_object_get(document, "Imports"), i->export) ||
        json_object_get(json_object_get(old, "Imports"), i->export))
        buffer_printf(&i->names, "%s%s", i->names.size ? ", " : "", json_text(document, "StackName"));
    return true;
}

error stack_importers(struct call *c, const char *export, const char **out)
{
    struct importing i = {.export = export};
    error e = stack_scan(c, import_one, &i);
    *out = e == OK && i.names.size ? arena_text(c->arena, buffer_span(&i.names)) : NULL;
    buffer_release(&i.names);
    return e;
}

struct forgetting { json_t *names; double before; };

static bool forget_old(void *context, const char *id, json_t *document)
{
    const struct forgetting *f = context;
    const char *status = json_text(document, "StackStatus");
    if (status && strcmp(status, "DELETE_COMPLETE") == 0 &&
        json_number_value(json_object_get(document, "DeletionTime")) < f->before)
        json_array_append_new(f->names, json_string(id));
    return true;
}

static bool forget_event(void *context, const char *name, json_t *document)
{
    (void)document;
    json_array_append_new(context, json_string(name));
    return true;
}

/* The stack's document and its events. */
static error forget(struct call *c, struct state_txn *txn, const char *id)
{
    json_t *events = json_array();
    error e = state_scan(txn, stack_key(c, "cfn-event", arena_printf(c->arena, "%s/", id)), NULL,
                         forget_event, events);
    for (size_t i = 0; e == OK && i < json_array_size(events); i++)
        e = state_delete(txn, stack_key(c, "cfn-event", json_string_value(json_array_get(events, i))));
    json_decref(events);
    return e == OK ? state_delete(txn, stack_key(c, "cfn-stack", id)) : e;
}

error stacks_forget(struct call *c)
{
    struct state_txn *txn;
    struct forgetting f = {json_array(),
                           (double)((now_us() - REMEMBERED_DAYS * US_PER_DAY) / US_PER_SECOND)};
    error e = state_begin(state_of(c), true, &txn);
    if (e == OK) {
        e = state_scan(txn, stack_key(c, "cfn-stack", ""), NULL, forget_old, &f);
        for (size_t i = 0; e == OK && i < json_array_size(f.names); i++)
            e = forget(c, txn, json_string_value(json_array_get(f.names, i)));
        if (e == OK) e = state_commit(txn);
        else state_abort(txn);
    }
    json_decref(f.names);
    return e;
}

error stack_page(struct call *c, const char *list, json_t *all)
{
    const char *text = json_text(c->input, "NextToken");
    size_t from = 0, i;
    json_t *page = json_array(), *token = NULL;
    int64_t sealed_us;
    if (!c->output) c->output = json_object();
    json_object_set_new(c->output, list, page);
    if (text && !call_token_read(c, TOKEN_STACKS, text, &sealed_us, &token)) {
        json_decref(all);
        return fail(ERR_VALIDATION, "Invalid NextToken.");
    }
    if (token) from = (size_t)json_integer_or(token, "from", 0);
    json_decref(token);
    for (i = from; i < json_array_size(all) && i < from + PAGE; i++)
        json_array_append(page, json_array_get(all, i));
    bool more = i < json_array_size(all);
    json_decref(all);
    if (more)
        json_object_set_new(c->output, "NextToken",
                            json_string(call_token_make(c, TOKEN_STACKS,
                                                        json_pack("{s:I}", "from", (json_int_t)i))));
    return OK;
}
