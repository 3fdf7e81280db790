/* Work groups: where results go, and what a query may cost. `primary` is there without being made.
 */
#include "aws/athena.h"

#include <stdio.h>

enum { GROUP_PAGE = 50 };
static const char kind_group[] = "athena-workgroup";
#define ENGINE "Athena engine version 3"

static struct state_key group_key(const struct call *c, const char *name)
{
    return (struct state_key){c->account, c->region, kind_group, name};
}

/* ---- documents ---- */

static json_t *engine_made(void)
{
    return json_pack("{s:s, s:s}", "SelectedEngineVersion", "AUTO", "EffectiveEngineVersion",
                     ENGINE);
}

/* What Athena fills into a configuration. */
static void configuration_fill(json_t *config, bool enforce)
{
    if (!json_object_get(config, "ResultConfiguration"))
        json_object_set_new(config, "ResultConfiguration", json_object());
    if (!json_object_get(config, "EnforceWorkGroupConfiguration"))
        json_object_set_new(config, "EnforceWorkGroupConfiguration", json_boolean(enforce));
    if (!json_object_get(config, "PublishCloudWatchMetricsEnabled"))
        json_object_set_new(config, "PublishCloudWatchMetricsEnabled", json_false());
    if (!json_object_get(config, "RequesterPaysEnabled"))
        json_object_set_new(config, "RequesterPaysEnabled", json_false());
    json_object_set_new(config, "EngineVersion", engine_made());
}

static json_t *group_make(const char *name, const char *description, json_t *config, bool enforce)
{
    configuration_fill(config, enforce);
    return json_pack("{s:s, s:s, s:o, s:s, s:o}", "Name", name, "State", "ENABLED", "Configuration",
                     config, "Description", description ? description : "", "CreationTime",
                     json_timestamp(now_us()));
}

error athena_workgroup_read(struct call *c, struct state_txn *txn, const char *name, json_t **out)
{
    if (!name) name = PRIMARY;
    error e = state_get(txn, group_key(c, name), out);
    if (e != ERR_NOT_FOUND) return e;
    if (strcmp(name, PRIMARY) != 0) return fail(ERR_ATHENA_INPUT, "WorkGroup is not found.");
    *out = group_make(PRIMARY, "", json_object(), false);
    json_object_del(*out, "CreationTime");
    return OK;
}

static error begin(struct call *c, bool write, struct state_txn **txn)
{
    return state_begin(c->gateway->options.state, write, txn);
}

/* ---- checks ---- */

static error location_check(struct call *c, const json_t *result)
{
    const char *location = json_text(result, "OutputLocation"), *bucket, *key;
    if (!location || !*location || object_url_parse(c->arena, location, &bucket, &key) == OK)
        return OK;
    return fail(ERR_ATHENA_INPUT, "outputLocation is not a valid S3 path.");
}

static error supported_check(const json_t *config)
{
    const char *engine =
        json_text(json_object_get(config, "EngineVersion"), "SelectedEngineVersion");
    if (engine && strcmp(engine, "AUTO") != 0 && strcmp(engine, ENGINE) != 0)
        return fail(ERR_ATHENA_INPUT, "EngineVersion %s is not supported: AUTO and %s are", engine,
                    ENGINE);
    return OK;
}

/* ---- operations ---- */

static error create_in(struct call *c, struct state_txn *txn)
{
    const char *name = json_text(c->input, "Name");
    json_t *there;
    error e = strcmp(name, PRIMARY) == 0 ? OK : state_get(txn, group_key(c, name), &there);
    if (e == OK) {
        if (strcmp(name, PRIMARY) != 0) json_decref(there);
        return fail(ERR_ATHENA_INPUT, "WorkGroup is already created");
    }
    if (e != ERR_NOT_FOUND) return e;
    json_t *config = json_deep_copy(json_object_get(c->input, "Configuration"));
    json_t *group = group_make(name, json_text(c->input, "Description"),
                               config ? config : json_object(), true);
    e = state_put(txn, group_key(c, name), group);
    json_decref(group);
    if (e != OK) return e;
    return athena_tags_put(c, txn, arena_printf(c->arena, "workgroup/%s", name),
                           json_object_get(c->input, "Tags"));
}

static error create_work_group(struct call *c)
{
    struct state_txn *txn;
    const json_t *config = json_object_get(c->input, "Configuration");
    TRY(supported_check(config));
    TRY(location_check(c, json_object_get(config, "ResultConfiguration")));
    TRY(begin(c, true, &txn));
    TRY(glue_end(txn, create_in(c, txn)));
    c->output = json_object();
    return OK;
}

static error get_work_group(struct call *c)
{
    struct state_txn *txn;
    json_t *group;
    TRY(begin(c, false, &txn));
    error e = athena_workgroup_read(c, txn, json_text(c->input, "WorkGroup"), &group);
    state_abort(txn);
    if (e == OK) c->output = json_pack("{s:o}", "WorkGroup", group);
    return e;
}

/* ResultConfigurationUpdates -> ResultConfiguration. */
static void result_update(json_t *result, const json_t *updates)
{
    static const char *const members[] = {"OutputLocation", "EncryptionConfiguration",
                                          "ExpectedBucketOwner", "AclConfiguration"};
    char removal[64];
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        snprintf(removal, sizeof removal, "Remove%s", members[i]);
        if (json_object_get(updates, members[i]))
            json_object_set(result, members[i], json_object_get(updates, members[i]));
        if (json_is_set(updates, removal)) json_object_del(result, members[i]);
    }
}

static void group_update(struct call *c, json_t *group)
{
    static const char *const members[] = {
        "EnforceWorkGroupConfiguration", "PublishCloudWatchMetricsEnabled", "RequesterPaysEnabled",
        "AdditionalConfiguration", "ExecutionRole", "CustomerContentEncryptionConfiguration",
        "BytesScannedCutoffPerQuery"};
    const json_t *updates = json_object_get(c->input, "ConfigurationUpdates");
    json_t *config = json_object_get(group, "Configuration");
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (json_object_get(updates, members[i]))
            json_object_set(config, members[i], json_object_get(updates, members[i]));
    result_update(json_object_get(config, "ResultConfiguration"),
                  json_object_get(updates, "ResultConfigurationUpdates"));
    if (json_is_set(updates, "RemoveBytesScannedCutoffPerQuery"))
        json_object_del(config, "BytesScannedCutoffPerQuery");
    if (json_is_set(updates, "RemoveCustomerContentEncryptionConfiguration"))
        json_object_del(config, "CustomerContentEncryptionConfiguration");
    if (json_text(c->input, "State"))
        json_object_set(group, "State", json_object_get(c->input, "State"));
    if (json_text(c->input, "Description"))
        json_object_set(group, "Description", json_object_get(c->input, "Description"));
}

static error update_work_group(struct call *c)
{
    struct state_txn *txn;
    json_t *group;
    const json_t *updates = json_object_get(c->input, "ConfigurationUpdates");
    TRY(supported_check(updates));
    TRY(location_check(c, json_object_get(updates, "ResultConfigurationUpdates")));
    TRY(begin(c, true, &txn));
    error e = athena_workgroup_read(c, txn, json_text(c->input, "WorkGroup"), &group);
    if (e == OK) {
        group_update(c, group);
        e = state_put(txn, group_key(c, json_text(group, "Name")), group);
        json_decref(group);
    }
    TRY(glue_end(txn, e));
    c->output = json_object();
    return OK;
}

static bool find_one(void *context, const char *name, json_t *document)
{
    (void)name;
    (void)document;
    *(bool *)context = true;
    return false;
}

static error delete_in(struct call *c, struct state_txn *txn, const char *name)
{
    bool used = false;
    json_t *group;
    if (strcmp(name, PRIMARY) == 0)
        return fail(ERR_ATHENA_INPUT, "primary WorkGroup could not be deleted");
    TRY(athena_workgroup_read(c, txn, name, &group));
    json_decref(group);
    static const char *const kinds[] = {"athena-history", "athena-prepared", "athena-named-in"};
    const char *prefix = arena_printf(c->arena, "%s/", name);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        TRY(state_scan(txn, (struct state_key){c->account, c->region, kinds[i], prefix}, NULL,
                       find_one, &used));
    if (used && !json_is_set(c->input, "RecursiveDeleteOption"))
        return fail(ERR_ATHENA_INPUT, "WorkGroup %s is not empty", name);
    TRY(state_delete(txn, group_key(c, name)));
    return athena_tags_put(c, txn, arena_printf(c->arena, "workgroup/%s", name), NULL);
}

static error delete_work_group(struct call *c)
{
    struct state_txn *txn;
    TRY(begin(c, true, &txn));
    TRY(glue_end(txn, delete_in(c, txn, json_text(c->input, "WorkGroup"))));
    c->output = json_object();
    return OK;
}

struct listing { struct glue_page page; bool primary_told; bool full; };

static json_t *summary(const json_t *group)
{
    json_t *s = json_object();
    static const char *const members[] = {"Name", "State", "Description", "CreationTime"};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (json_object_get(group, members[i]))
            json_object_set(s, members[i], json_object_get(group, members[i]));
    json_object_set_new(s, "EngineVersion", engine_made());
    return s;
}

static bool list_take(struct listing *l, const char *name, const json_t *group)
{
    json_t *s = summary(group);
    bool more = glue_page_take(&l->page, name, s);
    json_decref(s);
    l->full = !more;
    return more;
}

/* In order of names, with `primary` in its place though nobody made it. */
static bool list_primary(struct listing *l, const char *before)
{
    if (l->primary_told || (before && strcmp(before, PRIMARY) <= 0)) return true;
    l->primary_told = true;
    if (l->page.after && strcmp(PRIMARY, l->page.after) <= 0) return true;
    json_t *group = group_make(PRIMARY, "", json_object(), false);
    json_object_del(group, "CreationTime");
    bool more = list_take(l, PRIMARY, group);
    json_decref(group);
    return more;
}

static bool list_one(void *context, const char *name, json_t *group)
{
    struct listing *l = context;
    if (strcmp(name, PRIMARY) == 0) l->primary_told = true;
    return list_primary(l, name) && list_take(l, name, group);
}

static error list_work_groups(struct call *c)
{
    struct state_txn *txn;
    struct listing l = {0};
    TRY(glue_page_open(c, "", GROUP_PAGE, &l.page));
    error e = begin(c, false, &txn);
    if (e == OK) {
        e = state_scan(txn, group_key(c, ""), l.page.after, list_one, &l);
        state_abort(txn);
    }
    if (e == OK && !l.full) list_primary(&l, NULL);
    return glue_page_close(&l.page, "WorkGroups", e);
}

static error list_engine_versions(struct call *c)
{
    c->output = json_pack("{s:[{s:s, s:s}, {s:s, s:s}]}", "EngineVersions", "SelectedEngineVersion",
                          "AUTO", "EffectiveEngineVersion", ENGINE, "SelectedEngineVersion", ENGINE,
                          "EffectiveEngineVersion", ENGINE);
    return OK;
}

/* ---- what a work group holds ---- */

error athena_workgroup_name(struct call *c, struct state_txn *txn, const char **out)
{
    json_t *group;
    TRY(athena_workgroup_read(c, txn, json_text(c->input, "WorkGroup"), &group));
    *out = arena_text(c->arena, span_of(json_text(group, "Name")));
    json_decref(group);
    return OK;
}

bool athena_take_id(void *page, const char *name, json_t *document)
{
    json_t *id = json_string(strrchr(name, '/') + 1);
    bool more = glue_page_take(page, name, id);
    (void)document;
    json_decref(id);
    return more;
}

error athena_workgroup_list(struct call *c, const char *kind, const char *member,
                            bool (*take)(void *page, const char *name, json_t *document))
{
    struct state_txn *txn;
    struct glue_page page;
    const char *group;
    TRY(glue_begin(c, false, &txn));
    error e = athena_workgroup_name(c, txn, &group);
    const char *prefix = e == OK ? arena_printf(c->arena, "%s/", group) : NULL;
    if (e == OK) e = glue_page_open(c, prefix, GROUP_PAGE, &page);
    if (e == OK)
        e = glue_page_close(&page, member,
                            state_scan(txn, (struct state_key){c->account, c->region, kind, prefix},
                                       page.after, take, &page));
    state_abort(txn);
    return e;
}

/* ---- rows ---- */

static const char *const encryption_options[] = {"SSE_S3", "SSE_KMS", "CSE_KMS", NULL};
static const char *const acl_options[] = {"BUCKET_OWNER_FULL_CONTROL", NULL};
static const char *const states[] = {"ENABLED", "DISABLED", NULL};
static const struct member encryption_rows[] = {
    ENUM_ROW("EncryptionOption", MEMBER_REQUIRED, encryption_options),
    {.name = "KmsKey", .type = MEMBER_STRING}, ROWS_END,
};
static const struct member acl_rows[] = {
    ENUM_ROW("S3AclOption", MEMBER_REQUIRED, acl_options), ROWS_END,
};
#define RESULT_ROWS                                                                            \
    {.name = "OutputLocation", .type = MEMBER_STRING},                                         \
    STRUCTURE_ROW("EncryptionConfiguration", MEMBER_OPTIONAL, encryption_rows),                \
    {.name = "ExpectedBucketOwner", .type = MEMBER_STRING, .min = 12, .max = 12,               \
     .pattern = "[0-9]+", .told = "^[0-9]+$"},                                                 \
    STRUCTURE_ROW("AclConfiguration", MEMBER_OPTIONAL, acl_rows)
const struct member athena_result_configuration[] = {RESULT_ROWS, ROWS_END};
static const struct member result_updates[] = {
    RESULT_ROWS, BOOLEAN_ROW("RemoveOutputLocation"), BOOLEAN_ROW("RemoveEncryptionConfiguration"),
    BOOLEAN_ROW("RemoveExpectedBucketOwner"), BOOLEAN_ROW("RemoveAclConfiguration"), ROWS_END,
};
static const struct member engine_rows[] = {
    TEXT_ROW("SelectedEngineVersion", MEMBER_OPTIONAL, 1, 128, NULL),
    TEXT_ROW("EffectiveEngineVersion", MEMBER_OPTIONAL, 1, 128, NULL), ROWS_END,
};
#define KMS_KEY "arn:aws[a-z-]*:kms:([a-z0-9-]+):[0-9]{12}:"
#define KMS_NAME "/?[a-zA-Z_0-9+=,.@/_-]+"
static const struct member customer_rows[] = {
    {.name = "KmsKey", .type = MEMBER_STRING, .flags = MEMBER_REQUIRED, .min = 1, .max = 2048,
     .pattern = KMS_KEY "key" KMS_NAME "|" KMS_KEY "alias" KMS_NAME "|alias/[a-zA-Z0-9/_-]+|"
                "[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}",
     .told = "^arn:aws[a-z\\-]*:kms:([a-z0-9\\-]+):\\d{12}:key/?[a-zA-Z_0-9+=,.@\\-_/]+$|"
             "^arn:aws[a-z\\-]*:kms:([a-z0-9\\-]+):\\d{12}:alias/?[a-zA-Z_0-9+=,.@\\-_/]+$|"
             "^alias/[a-zA-Z0-9/_-]+$|"
             "[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}"},
    ROWS_END,
};
#define CONFIGURATION_ROWS                                                                     \
    BOOLEAN_ROW("EnforceWorkGroupConfiguration"),                                              \
    BOOLEAN_ROW("PublishCloudWatchMetricsEnabled"),                                            \
    INTEGER_ROW("BytesScannedCutoffPerQuery", MEMBER_OPTIONAL, 10000000, 9e18),                \
    BOOLEAN_ROW("RequesterPaysEnabled"),                                                       \
    STRUCTURE_ROW("EngineVersion", MEMBER_OPTIONAL, engine_rows),                              \
    TEXT_ROW("AdditionalConfiguration", MEMBER_OPTIONAL, 1, 128, NULL),                        \
    {.name = "ExecutionRole", .type = MEMBER_STRING, .min = 20, .max = 2048,                   \
     .pattern = "arn:aws[a-z-]*:iam::[0-9]{12}:role/?[a-zA-Z_0-9+=,.@/_-]+",                   \
     .told = "^arn:aws[a-z\\-]*:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+$"},                   \
    STRUCTURE_ROW("CustomerContentEncryptionConfiguration", MEMBER_OPTIONAL, customer_rows)
const struct member athena_workgroup_configuration[] = {
    STRUCTURE_ROW("ResultConfiguration", MEMBER_OPTIONAL, athena_result_configuration),
    CONFIGURATION_ROWS, ROWS_END,
};
static const struct member configuration_updates[] = {
    STRUCTURE_ROW("ResultConfigurationUpdates", MEMBER_OPTIONAL, result_updates),
    CONFIGURATION_ROWS, BOOLEAN_ROW("RemoveBytesScannedCutoffPerQuery"),
    BOOLEAN_ROW("RemoveCustomerContentEncryptionConfiguration"), ROWS_END,
};
#define GROUP_DESCRIPTION TEXT_ROW("Description", MEMBER_OPTIONAL, 0, 1024, NULL)
static const struct member create_rows[] = {
    WORKGROUP_NAMED("Name", MEMBER_REQUIRED),
    STRUCTURE_ROW("Configuration", MEMBER_OPTIONAL, athena_workgroup_configuration),
    GROUP_DESCRIPTION,
    LIST_ROW("Tags", MEMBER_OPTIONAL, 0, 0, athena_tag_row), ROWS_END,
};
static const struct member get_rows[] = {WORKGROUP_ROW(MEMBER_REQUIRED), ROWS_END};
static const struct member update_rows[] = {
    WORKGROUP_ROW(MEMBER_REQUIRED), GROUP_DESCRIPTION,
    STRUCTURE_ROW("ConfigurationUpdates", MEMBER_OPTIONAL, configuration_updates),
    ENUM_ROW("State", MEMBER_OPTIONAL, states), ROWS_END,
};
static const struct member delete_rows[] = {
    WORKGROUP_ROW(MEMBER_REQUIRED), BOOLEAN_ROW("RecursiveDeleteOption"), ROWS_END,
};
static const struct member list_rows[] = {ATHENA_TOKEN_ROW, PAGE_ROW(1, 50), ROWS_END};
static const struct member engine_list_rows[] = {ATHENA_TOKEN_ROW, PAGE_ROW(1, 10), ROWS_END};

const struct operation athena_workgroup_operations[] = {
    {.name = "CreateWorkGroup", .run = create_work_group, .input = create_rows},
    {.name = "GetWorkGroup", .run = get_work_group, .input = get_rows},
    {.name = "ListWorkGroups", .run = list_work_groups, .input = list_rows},
    {.name = "UpdateWorkGroup", .run = update_work_group, .input = update_rows},
    {.name = "DeleteWorkGroup", .run = delete_work_group, .input = delete_rows},
    {.name = "ListEngineVersions", .run = list_engine_versions, .input = engine_list_rows},
    {0},
};
