/* Types of one row each: SSM parameters, log groups, and those that are only kept. */
#include "aws/cloudformation.h"
#include "aws/logs.h"

/* ---- AWS::SSM::Parameter ---- */

static error put_parameter(struct resource *r, bool overwrite)
{
    json_t *input = json_deep_copy(r->properties), *tags = json_array(), *value;
    const char *key;
    json_object_foreach(json_object_get(r->properties, "Tags"), key, value)
        json_array_append_new(tags, json_pack("{s:s, s:O}", "Key", key, "Value", value));
    json_object_set_new(input, "Name", json_string(r->id));
    if (json_array_size(tags) && !overwrite) json_object_set(input, "Tags", tags);
    else json_object_del(input, "Tags");
    json_decref(tags);
    if (overwrite) json_object_set_new(input, "Overwrite", json_true());
    TRY(resource_call(r, "ssm", "PutParameter", input, NULL));
    r->made = true;
    resource_set(r, "Type", "%s", resource_text(r, "Type"));
    json_object_set(r->attributes, "Value", json_object_get(r->properties, "Value"));
    return OK;
}

static error create_parameter(struct resource *r) { return put_parameter(r, false); }
static error update_parameter(struct resource *r) { return put_parameter(r, true); }

static error remove_parameter(struct resource *r)
{
    return resource_call(r, "ssm", "DeleteParameter", json_pack("{s:s}", "Name", r->id), NULL);
}

static error read_parameter(struct resource *r)
{
    return resource_call(r, "ssm", "GetParameter", json_pack("{s:s}", "Name", r->id), NULL);
}

/* ---- AWS::Logs::LogGroup ---- */

static json_t *group_of(const struct resource *r)
{
    return json_pack("{s:s}", "logGroupName", r->id);
}

static error settle_group(struct resource *r)
{
    json_t *days = json_object_get(r->properties, "RetentionInDays"), *input = group_of(r);
    resource_set(r, "Arn", "arn:aws:logs:%s:%s:log-group:%s:*", r->call->region, r->call->account, r->id);
    if (!days) return resource_call(r, "logs", "DeleteRetentionPolicy", input, NULL);
    json_object_set(input, "retentionInDays", days);
    return resource_call(r, "logs", "PutRetentionPolicy", input, NULL);
}

static error create_group(struct resource *r)
{
    TRY(resource_call(r, "logs", "CreateLogGroup", group_of(r), NULL));
    r->made = true;
    return settle_group(r);
}

static error remove_group(struct resource *r)
{
    return resource_call(r, "logs", "DeleteLogGroup", group_of(r), NULL);
}

static error read_group(struct resource *r)
{
    json_t *document;
    TRY(log_group_read(r->call, r->id, &document));
    json_decref(document);
    return OK;
}

/* ---- kept in the stack alone ---- */

static error keep(struct resource *r)
{
    r->made = true;
    return OK;
}

static error forget(struct resource *r)
{
    (void)r;
    return OK;
}

static void identify_handle(struct resource *r)
{
    r->id = arena_printf(r->call->arena, "https://cloudformation-waitcondition-%s.s3.amazonaws.com/%s/%s",
                         r->call->region, r->stack_id, r->logical);
}

static error keep_repository(struct resource *r)
{
    const char *region = r->call->region, *account = r->call->account;
    r->made = true;
    resource_set(r, "Arn", "arn:aws:ecr:%s:%s:repository/%s", region, account, r->id);
    resource_set(r, "RepositoryUri", "%s.dkr.ecr.%s.amazonaws.com/%s", account, region, r->id);
    return OK;
}

static error refuse_key(struct resource *r)
{
    return fail(ERR_NOT_IMPLEMENTED, "Sluice keeps no keys: %s cannot be made", r->type->name);
}

/* ---- rows ---- */

#define TEXT(name, flag) TEXT_ROW(name, flag, 0, 0, NULL)
#define ANY(text) {.name = (text), .type = MEMBER_ANY}
static const struct member text_row[] = {TEXT(NULL, MEMBER_OPTIONAL)};
static const struct member parameter_rows[] = {
    TEXT("Name", MEMBER_OPTIONAL), TEXT("Type", MEMBER_REQUIRED), TEXT("Value", MEMBER_REQUIRED),
    TEXT("Description", MEMBER_OPTIONAL), TEXT("AllowedPattern", MEMBER_OPTIONAL),
    TEXT("DataType", MEMBER_OPTIONAL), TEXT("Policies", MEMBER_OPTIONAL),
    TEXT("Tier", MEMBER_OPTIONAL), MAP_ROW("Tags", MEMBER_OPTIONAL, 0, 0, text_row), ROWS_END};
static const struct member group_rows[] = {
    TEXT("LogGroupName", MEMBER_OPTIONAL), INTEGER_ROW("RetentionInDays", MEMBER_OPTIONAL, 0, 0), ROWS_END};
static const char *const group_replaced[] = {"LogGroupName", NULL};
static const char *const group_attributes[] = {"Arn", NULL};
static const struct member metadata_rows[] = {TEXT("Analytics", MEMBER_OPTIONAL), ROWS_END};
static const struct member no_rows[] = {ROWS_END};
static const struct member repository_rows[] = {
    TEXT("RepositoryName", MEMBER_OPTIONAL), TEXT("ImageTagMutability", MEMBER_OPTIONAL),
    ANY("ImageScanningConfiguration"), ANY("LifecyclePolicy"), ANY("RepositoryPolicyText"),
    ANY("EncryptionConfiguration"), ANY("Tags"), ANY("EmptyOnDelete"), ROWS_END};
static const struct member key_rows[] = {
    ANY("KeyPolicy"), ANY("Description"), ANY("EnableKeyRotation"), ANY("Enabled"), ANY("Tags"),
    ANY("KeyUsage"), ANY("KeySpec"), ANY("MultiRegion"), ANY("PendingWindowInDays"), ROWS_END};
static const struct member alias_rows[] = {ANY("AliasName"), ANY("TargetKeyId"), ROWS_END};
static const char *const parameter_replaced[] = {"Name", NULL};
static const char *const parameter_attributes[] = {"Type", "Value", NULL};
static const char *const repository_replaced[] = {"RepositoryName", NULL};
static const char *const repository_attributes[] = {"Arn", "RepositoryUri", NULL};
static const char *const key_attributes[] = {"Arn", "KeyId", NULL};

const struct resource_type other_types[] = {
    {.name = "AWS::SSM::Parameter", .properties = parameter_rows, .named_by = "Name",
     .replaced_by = parameter_replaced, .attributes = parameter_attributes,
     .create = create_parameter, .update = update_parameter, .remove = remove_parameter,
     .read = read_parameter},
    {.name = "AWS::Logs::LogGroup", .properties = group_rows, .named_by = "LogGroupName",
     .replaced_by = group_replaced, .attributes = group_attributes, .create = create_group,
     .update = settle_group, .remove = remove_group, .read = read_group},
    {.name = "AWS::CDK::Metadata", .properties = metadata_rows, .create = keep, .update = keep,
     .remove = forget, .note = "kept in the stack alone"},
    {.name = "AWS::CloudFormation::WaitConditionHandle", .properties = no_rows,
     .identify = identify_handle, .create = keep, .update = keep, .remove = forget,
     .note = "kept in the stack alone"},
    {.name = "AWS::ECR::Repository", .properties = repository_rows, .named_by = "RepositoryName",
     .lower = true, .replaced_by = repository_replaced, .attributes = repository_attributes,
     .create = keep_repository, .update = keep_repository, .remove = forget,
     .note = "kept in the stack alone: there are no images"},
    {.name = "AWS::KMS::Key", .properties = key_rows, .attributes = key_attributes,
     .create = refuse_key, .remove = forget, .note = "may stand in a template; making one fails"},
    {.name = "AWS::KMS::Alias", .properties = alias_rows, .create = refuse_key, .remove = forget,
     .note = "may stand in a template; making one fails"},
    {0},
};
