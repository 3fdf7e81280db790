/* What Glue keeps of the catalog as a whole: its resource policy (a document of the kind
 * "glue-policy"; kept, not enforced: each account sees its own catalog alone), the state of an
 * import that never was needed, and encryption, which is off. */
#include "aws/glue.h"

static const char kind_policy[] = "glue-policy";
static const char policy_name[] = "catalog";

static error policy_read(struct call *c, struct state_txn *txn, json_t **out)
{
    error e = state_get(txn, glue_key(c, kind_policy, policy_name), out);
    return e == ERR_NOT_FOUND ? fail(ERR_ENTITY_NOT_FOUND, "Policy not found") : e;
}

/* The policy is the catalog's; no other resource has one. */
static error check_resource(struct call *c)
{
    const char *arn = json_text(c->input, "ResourceArn");
    const char *own = arena_printf(c->arena, "arn:aws:glue:%s:%s:catalog", c->region, c->account);
    if (!arn || strcmp(arn, own) == 0) return OK;
    return fail(ERR_INVALID_INPUT, "Resource %s has no policy of its own.", arn);
}

static json_t *policy_hash(span text)
{
    uint8_t digest[SHA256_SIZE];
    char encoded[64];
    sha256(digest, text);
    base64_encode(encoded, (span){(const char *)digest, sizeof digest});
    return json_stringn(encoded, base64_encoded_size(sizeof digest));
}

static error check_text(const char *text)
{
    json_t *document;
    if (json_read(span_of(text), &document) != OK || !json_is_object(document))
        return fail(ERR_INVALID_INPUT, "Policy is not a JSON document: %s", error_text());
    json_decref(document);
    return OK;
}

/* `old` NULL: there is none. */
static error check_conditions(struct call *c, const json_t *old)
{
    const char *exists = json_text(c->input, "PolicyExistsCondition");
    const char *hash = json_text(c->input, "PolicyHashCondition");
    if (exists && strcmp(exists, "MUST_EXIST") == 0 && !old)
        return fail(ERR_ENTITY_NOT_FOUND, "Policy not found");
    if (exists && strcmp(exists, "NOT_EXIST") == 0 && old)
        return fail(ERR_CONDITION_CHECK, "Policy already exists");
    if (hash && (!old || strcmp(hash, json_text(old, "PolicyHash")) != 0))
        return fail(ERR_CONDITION_CHECK, "Policy hash does not match");
    return OK;
}

static error put_in(struct call *c, struct state_txn *txn, json_t *policy)
{
    json_t *old = NULL;
    error e = policy_read(c, txn, &old);
    if (e != OK && e != ERR_ENTITY_NOT_FOUND) return e;
    e = check_conditions(c, old);
    if (old) json_object_set(policy, "CreateTime", json_object_get(old, "CreateTime"));
    if (e == OK) e = state_put(txn, glue_key(c, kind_policy, policy_name), policy);
    json_decref(old);
    return e;
}

static error put_policy(struct call *c)
{
    struct state_txn *txn;
    const char *text = json_text(c->input, "PolicyInJson");
    TRY(check_resource(c));
    TRY(check_text(text));
    json_t *hash = policy_hash(span_of(text)), *now = json_timestamp(now_us());
    json_t *policy = json_pack("{s:s, s:O, s:O, s:o}", "PolicyInJson", text, "PolicyHash", hash,
                               "CreateTime", now, "UpdateTime", now);
    error e = glue_begin(c, true, &txn);
    if (e == OK) e = glue_end(txn, put_in(c, txn, policy));
    if (e == OK) c->output = json_pack("{s:O}", "PolicyHash", hash);
    json_decref(hash);
    json_decref(policy);
    return e;
}

static error get_policy(struct call *c)
{
    struct state_txn *txn;
    TRY(check_resource(c));
    TRY(glue_begin(c, false, &txn));
    return glue_end(txn, policy_read(c, txn, &c->output));
}

static error get_policies(struct call *c)
{
    struct state_txn *txn;
    json_t *policy = NULL;
    TRY(glue_begin(c, false, &txn));
    error e = policy_read(c, txn, &policy);
    TRY(glue_end(txn, e == ERR_ENTITY_NOT_FOUND ? OK : e));
    c->output = json_pack("{s:[o*]}", "GetResourcePoliciesResponseList", policy);
    return OK;
}

static error delete_in(struct call *c, struct state_txn *txn)
{
    json_t *old;
    TRY(policy_read(c, txn, &old));
    error e = check_conditions(c, old);
    json_decref(old);
    return e == OK ? state_delete(txn, glue_key(c, kind_policy, policy_name)) : e;
}

static error delete_policy(struct call *c)
{
    struct state_txn *txn;
    TRY(check_resource(c));
    TRY(glue_begin(c, true, &txn));
    TRY(glue_end(txn, delete_in(c, txn)));
    c->output = json_object();
    return OK;
}

static error get_import_status(struct call *c)
{
    struct catalog *catalog;
    TRY(glue_catalog(c, &catalog));
    c->output = json_pack("{s:{s:b}}", "ImportStatus", "ImportCompleted", 1);
    return OK;
}

static error get_encryption(struct call *c)
{
    struct catalog *catalog;
    TRY(glue_catalog(c, &catalog));
    c->output = json_pack("{s:{s:{s:s}, s:{s:b}}}", "DataCatalogEncryptionSettings",
                          "EncryptionAtRest", "CatalogEncryptionMode", "DISABLED",
                          "ConnectionPasswordEncryption", "ReturnConnectionPasswordEncrypted", 0);
    return OK;
}

/* ---- rows ---- */

#define ARN_ROW                                                                                   \
    TEXT_ROW("ResourceArn", MEMBER_OPTIONAL, 1, 10240, "arn:(aws|aws-us-gov|aws-cn):glue:.*")
#define HASH_ROW NAME_ROW("PolicyHashCondition", MEMBER_OPTIONAL)

static const char *const exists_conditions[] = {"MUST_EXIST", "NOT_EXIST", "NONE", NULL};
static const char *const hybrid[] = {"TRUE", "FALSE", NULL};

static const struct member put_policy_input[] = {
    TEXT_ROW("PolicyInJson", MEMBER_REQUIRED, 2, 0, NULL), ARN_ROW, HASH_ROW,
    ENUM_ROW("PolicyExistsCondition", MEMBER_OPTIONAL, exists_conditions),
    ENUM_ROW("EnableHybrid", MEMBER_OPTIONAL, hybrid), ROWS_END,
};
static const struct member get_policy_input[] = {ARN_ROW, ROWS_END};
static const struct member delete_policy_input[] = {HASH_ROW, ARN_ROW, ROWS_END};
static const struct member get_policies_input[] = {NEXT_TOKEN, MAX_RESULTS(1000), ROWS_END};
static const struct member catalog_input[] = {CATALOG_ROW, ROWS_END};

const struct operation glue_policy_operations[] = {
    {.name = "PutResourcePolicy", .run = put_policy, .input = put_policy_input,
     .note = "kept, not enforced"},
    {.name = "GetResourcePolicy", .run = get_policy, .input = get_policy_input},
    {.name = "GetResourcePolicies", .run = get_policies, .input = get_policies_input},
    {.name = "DeleteResourcePolicy", .run = delete_policy, .input = delete_policy_input},
    {.name = "GetCatalogImportStatus", .run = get_import_status, .input = catalog_input,
     .note = "always completed"},
    {.name = "GetDataCatalogEncryptionSettings", .run = get_encryption, .input = catalog_input,
     .note = "always DISABLED"},
    {0},
};
