/* Log groups that somebody made: documents of the kind "log-group", {"logGroupName",
 * "creationTime", "retentionInDays"}. Glue's own groups are there without one. */
#include "aws/logs.h"
#include "aws/rows.h"

static const char kind_group[] = "log-group";

static struct state_key key_of(const struct call *c, const char *name)
{
    return (struct state_key){c->account, c->region, kind_group, name};
}

error log_group_read(struct call *c, const char *name, json_t **out)
{
    error e = state_get_one(c->gateway->options.state, key_of(c, name), out);
    if (e == ERR_NOT_FOUND)
        return fail(ERR_RESOURCE_NOT_FOUND, "The specified log group does not exist.");
    return e;
}

struct listing { json_t *all; };

static bool list_one(void *context, const char *name, json_t *document)
{
    const struct listing *l = context;
    json_object_set(l->all, name, document);
    return true;
}

error log_group_list(struct call *c, json_t **out)
{
    struct state_txn *txn;
    TRY(state_begin(c->gateway->options.state, false, &txn));
    struct listing l = {json_object()};
    error e = state_scan(txn, key_of(c, ""), NULL, list_one, &l);
    state_abort(txn);
    if (e == OK) *out = l.all;
    else json_decref(l.all);
    return e;
}

/* ---- operations ---- */

/* Reads, changes (NULL: removes), writes. */
static error change(struct call *c, error (*run)(struct call *, json_t *))
{
    struct state_txn *txn;
    json_t *document;
    struct state_key key = key_of(c, json_text(c->input, "logGroupName"));
    TRY(state_begin(c->gateway->options.state, true, &txn));
    error e = state_get(txn, key, &document);
    if (e == ERR_NOT_FOUND)
        e = fail(ERR_RESOURCE_NOT_FOUND, "The specified log group does not exist.");
    else if (e == OK) {
        if (run) e = run(c, document);
        if (e == OK) e = run ? state_put(txn, key, document) : state_delete(txn, key);
        json_decref(document);
    }
    if (e == OK) return state_commit(txn);
    state_abort(txn);
    return e;
}

static error create_in(struct call *c, struct state_txn *txn, struct state_key key)
{
    json_t *old;
    error e = state_get(txn, key, &old);
    if (e == OK) {
        json_decref(old);
        return fail(ERR_RESOURCE_EXISTS, "The specified log group already exists");
    }
    if (e != ERR_NOT_FOUND) return e;
    (void)c;
    json_t *document = json_pack("{s:s, s:I}", "logGroupName", key.name, "creationTime",
                                 (json_int_t)(now_us() / US_PER_MS));
    e = state_put(txn, key, document);
    json_decref(document);
    return e;
}

static error create_log_group(struct call *c)
{
    struct state_txn *txn;
    const char *class = json_text(c->input, "logGroupClass");
    if (json_text(c->input, "kmsKeyId") || json_object_size(json_object_get(c->input, "tags")))
        return fail(ERR_NOT_IMPLEMENTED, "Sluice keeps no keys and no tags of log groups");
    if (class && strcmp(class, "STANDARD") != 0)
        return fail(ERR_NOT_IMPLEMENTED, "Sluice has log groups of the class STANDARD");
    TRY(state_begin(c->gateway->options.state, true, &txn));
    error e = create_in(c, txn, key_of(c, json_text(c->input, "logGroupName")));
    if (e == OK) return state_commit(txn);
    state_abort(txn);
    return e;
}

static error delete_log_group(struct call *c)
{
    return change(c, NULL);
}

static error set_retention(struct call *c, json_t *document)
{
    static const int good[] = {1,   3,   5,   7,   14,  30,   60,   90,   120,  150,  180, 365,
                               400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};
    int64_t days = json_integer_or(c->input, "retentionInDays", 0);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (good[i] == days) {
            json_object_set_new(document, "retentionInDays", json_integer(days));
            return OK;
        }
    return fail(ERR_INVALID_PARAMETER, "retentionInDays must be one of the numbers of days that "
                                       "CloudWatch Logs has, such as 1, 7, 30, 365");
}

static error put_retention(struct call *c)
{
    return change(c, set_retention);
}

static error drop_retention(struct call *c, json_t *document)
{
    (void)c;
    json_object_del(document, "retentionInDays");
    return OK;
}

static error delete_retention(struct call *c)
{
    return change(c, drop_retention);
}

/* ---- rows ---- */

#define GROUP_ROW                                                                                 \
    {.name = "logGroupName", .type = MEMBER_STRING, .flags = MEMBER_REQUIRED, .min = 1, .max = 512, \
     .pattern = "[-._/#A-Za-z0-9]+", .told = "[\\.\\-_/#A-Za-z0-9]+"}
static const char *const classes[] = {"STANDARD", "INFREQUENT_ACCESS", "DELIVERY", NULL};
static const struct member tag_key[] = {
    {.type = MEMBER_STRING, .min = 1, .max = 128, .told = "^([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+)$"}};
static const struct member tag_value[] = {
    {.type = MEMBER_STRING, .max = 256, .told = "^([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)$"}};
static const struct member create_input[] = {
    GROUP_ROW, TEXT_ROW("kmsKeyId", MEMBER_OPTIONAL, 0, 256, NULL),
    {.name = "tags", .type = MEMBER_MAP, .min = 1, .max = 50, .of = tag_value, .keys = tag_key},
    ENUM_ROW("logGroupClass", MEMBER_OPTIONAL, classes), ROWS_END};
static const struct member group_input[] = {GROUP_ROW, ROWS_END};
static const struct member retention_input[] = {
    GROUP_ROW, {.name = "retentionInDays", .type = MEMBER_INTEGER, .flags = MEMBER_REQUIRED}, ROWS_END};

const struct operation logs_group_operations[] = {
    {.name = "CreateLogGroup", .run = create_log_group, .input = create_input,
     .note = "kept; nothing but the runs of jobs writes logs"},
    {.name = "DeleteLogGroup", .run = delete_log_group, .input = group_input,
     .note = "of those made by CreateLogGroup"},
    {.name = "PutRetentionPolicy", .run = put_retention, .input = retention_input, .note = "kept"},
    {.name = "DeleteRetentionPolicy", .run = delete_retention, .input = group_input},
    {0},
};
