/* AWS::Glue types: what a template says is what the operations take. */
#include "aws/cloudformation.h"

/* How a type's operations are called. */
static error run(struct resource *r, const char *operation, json_t *input)
{
    return resource_call(r, "glue", operation, input, NULL);
}

static json_t *copied(const struct resource *r)
{
    return json_deep_copy(r->properties);
}

static void carry(json_t *to, const struct resource *r, const char *property)
{
    json_t *value = json_object_get(r->properties, property);
    if (value) json_object_set(to, property, value);
}

/* The properties with the resource's name in `holder`.`member`. */
static json_t *named(const struct resource *r, const char *holder, const char *member)
{
    json_t *input = copied(r);
    json_object_set_new(holder ? json_object_get(input, holder) : input, member, json_string(r->id));
    return input;
}

/* {"Name": id, ...} with the members that say where it is. */
static json_t *placed(const struct resource *r, const char *member)
{
    json_t *input = json_pack("{s:s}", member, r->id);
    carry(input, r, "CatalogId");
    carry(input, r, "DatabaseName");
    return input;
}

static error created(struct resource *r, const char *operation, json_t *input)
{
    TRY(run(r, operation, input));
    r->made = true;
    return OK;
}

static error set_tags(struct resource *r, const char *kind)
{
    const char *arn = arena_printf(r->call->arena, "arn:aws:glue:%s:%s:%s/%s", r->call->region,
                                   r->call->account, kind, r->id);
    json_t *gone = resource_tags_gone(r), *tags = json_object_get(r->properties, "Tags");
    error e = OK;
    if (json_array_size(gone))
        e = run(r, "UntagResource", json_pack("{s:s, s:O}", "ResourceArn", arn, "TagsToRemove", gone));
    json_decref(gone);
    if (e == OK && json_object_size(tags))
        e = run(r, "TagResource", json_pack("{s:s, s:O}", "ResourceArn", arn, "TagsToAdd", tags));
    return e;
}

/* ---- databases ---- */

static error create_database(struct resource *r)
{
    return created(r, "CreateDatabase", named(r, "DatabaseInput", "Name"));
}

static error update_database(struct resource *r)
{
    json_t *input = named(r, "DatabaseInput", "Name");
    json_object_set_new(input, "Name", json_string(r->id));
    TRY(run(r, "UpdateDatabase", input));
    return set_tags(r, "database");
}

static error remove_database(struct resource *r)
{
    return run(r, "DeleteDatabase", placed(r, "Name"));
}

static error read_database(struct resource *r)
{
    return run(r, "GetDatabase", placed(r, "Name"));
}

/* ---- tables ---- */

static error create_table(struct resource *r)
{
    return created(r, "CreateTable", named(r, "TableInput", "Name"));
}

static error update_table(struct resource *r)
{
    return run(r, "UpdateTable", named(r, "TableInput", "Name"));
}

static error remove_table(struct resource *r)
{
    return run(r, "DeleteTable", placed(r, "Name"));
}

static error read_table(struct resource *r)
{
    return run(r, "GetTable", placed(r, "Name"));
}

/* ---- partitions: named by their values ---- */

static void identify_partition(struct resource *r)
{
    const json_t *values = json_object_get(json_object_get(r->properties, "PartitionInput"), "Values");
    struct buffer text = {0};
    for (size_t i = 0; i < json_array_size(values); i++)
        buffer_printf(&text, "%s%s", i ? "|" : "", json_string_value(json_array_get(values, i)));
    r->id = arena_text(r->call->arena, buffer_span(&text));
    buffer_release(&text);
}

static json_t *valued(const struct resource *r, const char *member)
{
    json_t *input = json_object();
    carry(input, r, "CatalogId");
    carry(input, r, "DatabaseName");
    carry(input, r, "TableName");
    json_object_set(input, member,
                    json_object_get(json_object_get(r->properties, "PartitionInput"), "Values"));
    return input;
}

static error create_partition(struct resource *r)
{
    return created(r, "CreatePartition", copied(r));
}

static error update_partition(struct resource *r)
{
    json_t *input = valued(r, "PartitionValueList");
    carry(input, r, "PartitionInput");
    return run(r, "UpdatePartition", input);
}

static error remove_partition(struct resource *r)
{
    return run(r, "DeletePartition", valued(r, "PartitionValues"));
}

static error read_partition(struct resource *r)
{
    return run(r, "GetPartition", valued(r, "PartitionValues"));
}

/* ---- jobs ---- */

static error create_job(struct resource *r)
{
    return created(r, "CreateJob", named(r, NULL, "Name"));
}

static error update_job(struct resource *r)
{
    json_t *update = copied(r);
    json_object_del(update, "Name");
    json_object_del(update, "Tags");
    TRY(run(r, "UpdateJob", json_pack("{s:s, s:o}", "JobName", r->id, "JobUpdate", update)));
    return set_tags(r, "job");
}

static error remove_job(struct resource *r)
{
    return run(r, "DeleteJob", json_pack("{s:s}", "JobName", r->id));
}

static error read_job(struct resource *r)
{
    return run(r, "GetJob", json_pack("{s:s}", "JobName", r->id));
}

/* ---- connections ---- */

static error create_connection(struct resource *r)
{
    return created(r, "CreateConnection", named(r, "ConnectionInput", "Name"));
}

static error update_connection(struct resource *r)
{
    json_t *input = named(r, "ConnectionInput", "Name");
    json_object_set_new(input, "Name", json_string(r->id));
    TRY(run(r, "UpdateConnection", input));
    return set_tags(r, "connection");
}

static error remove_connection(struct resource *r)
{
    return run(r, "DeleteConnection", placed(r, "ConnectionName"));
}

static error read_connection(struct resource *r)
{
    return run(r, "GetConnection", placed(r, "Name"));
}

/* ---- triggers ---- */

static error trigger_run(struct resource *r, const char *operation)
{
    return run(r, operation, json_pack("{s:s}", "Name", r->id));
}

static error create_trigger(struct resource *r)
{
    return created(r, "CreateTrigger", named(r, NULL, "Name"));
}

static error update_trigger(struct resource *r)
{
    json_t *update = json_object();
    bool starts = json_is_set(r->properties, "StartOnCreation");
    carry(update, r, "Description");
    carry(update, r, "Schedule");
    carry(update, r, "Actions");
    carry(update, r, "Predicate");
    TRY(run(r, "UpdateTrigger", json_pack("{s:s, s:o}", "Name", r->id, "TriggerUpdate", update)));
    if (resource_changed(r, "StartOnCreation"))
        TRY(trigger_run(r, starts ? "StartTrigger" : "StopTrigger"));
    return set_tags(r, "trigger");
}

static error remove_trigger(struct resource *r) { return trigger_run(r, "DeleteTrigger"); }
static error read_trigger(struct resource *r) { return trigger_run(r, "GetTrigger"); }

/* ---- rows ---- */

static const char *const database_replaced[] = {"CatalogId", "DatabaseInput.Name", NULL};
static const char *const table_replaced[] = {"CatalogId", "DatabaseName", "TableInput.Name",
                                             "PartitionIndexes", NULL};
static const char *const partition_replaced[] = {"CatalogId", "DatabaseName", "TableName",
                                                 "PartitionInput.Values", NULL};
static const char *const name_replaced[] = {"Name", NULL};
static const char *const connection_replaced[] = {"CatalogId", "ConnectionInput.Name", NULL};
static const char *const trigger_replaced[] = {"Name", "Type", "WorkflowName", NULL};

const struct resource_type glue_types[] = {
    {.name = "AWS::Glue::Database", .like_service = "glue", .like = "CreateDatabase", .lower = true,
     .named_by = "DatabaseInput.Name", .replaced_by = database_replaced, .create = create_database,
     .update = update_database, .remove = remove_database, .read = read_database},
    {.name = "AWS::Glue::Table", .like_service = "glue", .like = "CreateTable", .lower = true,
     .named_by = "TableInput.Name", .replaced_by = table_replaced, .create = create_table,
     .update = update_table, .remove = remove_table, .read = read_table},
    {.name = "AWS::Glue::Partition", .like_service = "glue", .like = "CreatePartition",
     .replaced_by = partition_replaced, .identify = identify_partition, .create = create_partition,
     .update = update_partition, .remove = remove_partition, .read = read_partition},
    {.name = "AWS::Glue::Job", .like_service = "glue", .like = "CreateJob", .named_by = "Name",
     .replaced_by = name_replaced, .create = create_job, .update = update_job, .remove = remove_job,
     .read = read_job},
    {.name = "AWS::Glue::Connection", .like_service = "glue", .like = "CreateConnection",
     .named_by = "ConnectionInput.Name", .replaced_by = connection_replaced,
     .create = create_connection, .update = update_connection, .remove = remove_connection,
     .read = read_connection},
    {.name = "AWS::Glue::Trigger", .like_service = "glue", .like = "CreateTrigger",
     .named_by = "Name", .replaced_by = trigger_replaced, .create = create_trigger,
     .update = update_trigger, .remove = remove_trigger, .read = read_trigger},
    {0},
};
