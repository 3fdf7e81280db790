/* Lake Formation: registered locations; and the operations that are not served. */
#include "aws/lakeformation.h"

static error location_arn(const char *arn)
{
    if (strncmp(arn, "arn:aws:s3:::", 13) == 0 && arn[13]) return OK;
    return fail(ERR_INVALID_INPUT, "Invalid resource ARN: %.300s", arn);
}

/* A trailing slash means the same location. */
static struct state_key place(struct call *c)
{
    span arn = span_of(json_text(c->input, "ResourceArn"));
    while (arn.size && arn.data[arn.size - 1] == '/') arn.size--;
    return (struct state_key){c->account, c->region, "lf-resource", arena_text(c->arena, arn)};
}

static error missing(void)
{
    return fail(ERR_ENTITY_NOT_FOUND, "Entity not found");
}

static error write_in(struct call *c, struct state_txn *txn, bool fresh)
{
    json_t *old = NULL;
    const char *role = json_text(c->input, "RoleArn");
    error e = state_get(txn, place(c), &old);
    json_decref(old);
    if (e != OK && e != ERR_NOT_FOUND) return e;
    if (e == OK && fresh) return fail(ERR_ALREADY_EXISTS, "Resource is already registered");
    if (e != OK && !fresh) return missing();
    if (!role)
        role = arena_printf(c->arena, "arn:aws:iam::%s:role/aws-service-role/lakeformation."
                                      "amazonaws.com/AWSServiceRoleForLakeFormationDataAccess",
                            c->account);
    json_t *document = json_pack("{s:s, s:s, s:o}", "ResourceArn", place(c).name, "RoleArn", role,
                                 "LastModified", json_timestamp(now_us()));
    e = state_put(txn, place(c), document);
    json_decref(document);
    return e;
}

static error write(struct call *c, bool fresh)
{
    struct grant_scope s;
    static const char *const unserved[] = {"WithFederation", "HybridAccessEnabled",
                                           "WithPrivilegedAccess"};
    for (size_t i = 0; i < sizeof unserved / sizeof *unserved; i++)
        if (json_is_set(c->input, unserved[i]))
            return fail(ERR_NOT_IMPLEMENTED, "Sluice does not serve %s yet", unserved[i]);
    const char *owner = json_text(c->input, "ExpectedResourceOwnerAccount");
    if (owner && strcmp(owner, c->account) != 0)
        return fail(ERR_NOT_IMPLEMENTED, "Sluice does not serve locations of other accounts");
    TRY(location_arn(json_text(c->input, "ResourceArn")));
    TRY(lakeformation_begin(c, true, &s));
    return lakeformation_end(&s, true, write_in(c, s.txn, fresh));
}

static error register_resource(struct call *c)
{
    bool linked = json_is_set(c->input, "UseServiceLinkedRole");
    if (linked == (json_text(c->input, "RoleArn") != NULL))
        return fail(ERR_INVALID_INPUT, "Either RoleArn or UseServiceLinkedRole must be specified.");
    return write(c, true);
}

static error update_resource(struct call *c)
{
    return write(c, false);
}

static error deregister_resource(struct call *c)
{
    struct grant_scope s;
    TRY(location_arn(json_text(c->input, "ResourceArn")));
    TRY(lakeformation_begin(c, true, &s));
    error e = state_delete(s.txn, place(c));
    return lakeformation_end(&s, true, e == ERR_NOT_FOUND ? missing() : e);
}

static error describe_resource(struct call *c)
{
    json_t *document;
    error e = state_get_one(c->gateway->options.state, place(c), &document);
    if (e == ERR_NOT_FOUND) return missing();
    if (e != OK) return e;
    c->output = json_pack("{s:o}", "ResourceInfo", document);
    return OK;
}

/* ---- listing ---- */

static bool compare(const char *operator, const char *text, const char *value)
{
    if (strcmp(operator, "NE") == 0) return strcmp(text, value) != 0;
    if (strcmp(operator, "CONTAINS") == 0) return strstr(text, value) != NULL;
    if (strcmp(operator, "NOT_CONTAINS") == 0) return strstr(text, value) == NULL;
    if (strcmp(operator, "BEGINS_WITH") == 0) return strncmp(text, value, strlen(value)) == 0;
    return strcmp(text, value) == 0; /* EQ, IN */
}

static bool passes(const json_t *document, const json_t *filters)
{
    for (size_t i = 0; i < json_array_size(filters); i++) {
        const json_t *f = json_array_get(filters, i);
        const json_t *values = json_object_get(f, "StringValueList");
        bool role = strcmp(json_text(f, "Field"), "ROLE_ARN") == 0, any = false;
        const char *text = json_text(document, role ? "RoleArn" : "ResourceArn");
        for (size_t v = 0; v < json_array_size(values) && !any; v++)
            any = compare(json_text(f, "ComparisonOperator"), text,
                          json_string_value(json_array_get(values, v)));
        if (!any) return false;
    }
    return true;
}

static error filters_check(const json_t *filters)
{
    static const char *const known[] = {"EQ", "NE", "CONTAINS", "NOT_CONTAINS", "BEGINS_WITH",
                                        "IN", NULL};
    for (size_t i = 0; i < json_array_size(filters); i++) {
        const json_t *f = json_array_get(filters, i);
        const char *field = json_text(f, "Field"), *operator = json_text(f, "ComparisonOperator");
        bool good = false;
        if (!field || !operator)
            return fail(ERR_INVALID_INPUT, "A filter must have a field and an operator.");
        for (const char *const *k = known; *k; k++) good |= strcmp(*k, operator) == 0;
        if (!good || strcmp(field, "LAST_MODIFIED") == 0)
            return fail(ERR_NOT_IMPLEMENTED, "Sluice does not serve filters by %s %s yet", field,
                        operator);
    }
    return OK;
}

struct listing { struct call *c; json_t *all; };

static bool list_one(void *context, const char *name, json_t *document)
{
    struct listing *l = context;
    (void)name;
    if (passes(document, json_object_get(l->c->input, "FilterConditionList")))
        json_array_append(l->all, document);
    return true;
}

static error list_resources(struct call *c)
{
    struct grant_scope s;
    struct listing l = {c, NULL};
    TRY(filters_check(json_object_get(c->input, "FilterConditionList")));
    TRY(lakeformation_begin(c, false, &s));
    l.all = json_array();
    error e = state_scan(s.txn, (struct state_key){c->account, c->region, "lf-resource", ""}, NULL,
                         list_one, &l);
    e = lakeformation_end(&s, false, e);
    if (e == OK) return lakeformation_page(c, "ResourceInfoList", l.all);
    json_decref(l.all);
    return e;
}

/* ---- rows ---- */

#define ARN_ROW TEXT_ROW("ResourceArn", MEMBER_REQUIRED, 0, 0, NULL)
#define ROLE_ROW(flag) TEXT_ROW("RoleArn", flag, 0, 0, "arn:aws:iam::[0-9]*:role/.*")

#define OWNER_ROW TEXT_ROW("ExpectedResourceOwnerAccount", MEMBER_OPTIONAL, 0, 0, "[0-9]{12}")

static const char *const fields[] = {"RESOURCE_ARN", "ROLE_ARN", "LAST_MODIFIED", NULL};
static const char *const operators[] = {"EQ", "NE", "LE", "LT", "GE", "GT", "CONTAINS",
                                        "NOT_CONTAINS", "BEGINS_WITH", "IN", "BETWEEN", NULL};
static const struct member value_row[] = {TEXT_ROW(NULL, MEMBER_OPTIONAL, 0, 0, NULL)};
static const struct member filter[] = {
    ENUM_ROW("Field", MEMBER_OPTIONAL, fields),
    ENUM_ROW("ComparisonOperator", MEMBER_OPTIONAL, operators),
    LIST_ROW("StringValueList", MEMBER_OPTIONAL, 0, 0, value_row), ROWS_END};
static const struct member filter_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, filter)};

static const struct member register_input[] = {
    ARN_ROW, BOOLEAN_ROW("UseServiceLinkedRole"), ROLE_ROW(MEMBER_OPTIONAL),
    BOOLEAN_ROW("WithFederation"), BOOLEAN_ROW("HybridAccessEnabled"),
    BOOLEAN_ROW("WithPrivilegedAccess"), OWNER_ROW, ROWS_END};
static const struct member update_input[] = {
    ROLE_ROW(MEMBER_REQUIRED), ARN_ROW, BOOLEAN_ROW("WithFederation"),
    BOOLEAN_ROW("HybridAccessEnabled"), OWNER_ROW, ROWS_END};
static const struct member arn_input[] = {ARN_ROW, ROWS_END};
static const struct member list_input[] = {
    LIST_ROW("FilterConditionList", MEMBER_OPTIONAL, 1, 20, filter_row), PAGE_ROWS, ROWS_END};

const struct operation lakeformation_resource_operations[] = {
    {.name = "RegisterResource", .run = register_resource, .input = register_input,
     .note = "a registered location asks for DATA_LOCATION_ACCESS; no credentials are vended"},
    {.name = "UpdateResource", .run = update_resource, .input = update_input},
    {.name = "DeregisterResource", .run = deregister_resource, .input = arn_input},
    {.name = "DescribeResource", .run = describe_resource, .input = arn_input},
    {.name = "ListResources", .run = list_resources, .input = list_input},
    {0},
};

const struct operation lakeformation_unserved_operations[] = {
    {.name = "AddLFTagsToResource"},
    {.name = "AssumeDecoratedRoleWithSAML"},
    {.name = "CancelTransaction"},
    {.name = "CommitTransaction"},
    {.name = "CreateDataCellsFilter"},
    {.name = "CreateLFTag"},
    {.name = "CreateLFTagExpression"},
    {.name = "CreateLakeFormationIdentityCenterConfiguration"},
    {.name = "CreateLakeFormationOptIn"},
    {.name = "DeleteDataCellsFilter"},
    {.name = "DeleteLFTag"},
    {.name = "DeleteLFTagExpression"},
    {.name = "DeleteLakeFormationIdentityCenterConfiguration"},
    {.name = "DeleteLakeFormationOptIn"},
    {.name = "DeleteObjectsOnCancel"},
    {.name = "DescribeLakeFormationIdentityCenterConfiguration"},
    {.name = "DescribeTransaction"},
    {.name = "ExtendTransaction"},
    {.name = "GetDataCellsFilter"},
    {.name = "GetDataLakePrincipal"},
    {.name = "GetEffectivePermissionsForPath"},
    {.name = "GetLFTag"},
    {.name = "GetLFTagExpression"},
    {.name = "GetQueryState"},
    {.name = "GetQueryStatistics"},
    {.name = "GetResourceLFTags"},
    {.name = "GetTableObjects"},
    {.name = "GetTemporaryDataLocationCredentials"},
    {.name = "GetTemporaryGluePartitionCredentials"},
    {.name = "GetTemporaryGlueTableCredentials"},
    {.name = "GetWorkUnitResults"},
    {.name = "GetWorkUnits"},
    {.name = "ListDataCellsFilter"},
    {.name = "ListLFTagExpressions"},
    {.name = "ListLFTags"},
    {.name = "ListLakeFormationOptIns"},
    {.name = "ListTableStorageOptimizers"},
    {.name = "ListTransactions"},
    {.name = "RemoveLFTagsFromResource"},
    {.name = "SearchDatabasesByLFTags"},
    {.name = "SearchTablesByLFTags"},
    {.name = "StartQueryPlanning"},
    {.name = "StartTransaction"},
    {.name = "UpdateDataCellsFilter"},
    {.name = "UpdateLFTag"},
    {.name = "UpdateLFTagExpression"},
    {.name = "UpdateLakeFormationIdentityCenterConfiguration"},
    {.name = "UpdateTableObjects"},
    {.name = "UpdateTableStorageOptimizer"},
    {0},
};
