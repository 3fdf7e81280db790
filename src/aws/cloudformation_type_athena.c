/* AWS::Athena::WorkGroup and NamedQuery over the operations of Athena. */
#include "aws/athena.h"
#include "aws/cloudformation.h"

static error run(struct resource *r, const char *operation, json_t *input)
{
    return resource_call(r, "athena", operation, input, NULL);
}

static void carry_as(json_t *to, const struct resource *r, const char *property, const char *member)
{
    json_t *value = json_object_get(r->properties, property);
    if (value) json_object_set(to, member, value);
}

/* ---- work groups ---- */

/* What a configuration is called when it changes. */
static json_t *updates_of(const struct resource *r)
{
    json_t *out = json_deep_copy(json_object_get(r->properties, "WorkGroupConfiguration"));
    if (!out) out = json_object();
    json_t *result = json_object_get(out, "ResultConfiguration");
    if (result) {
        json_object_set(out, "ResultConfigurationUpdates", result);
        json_object_del(out, "ResultConfiguration");
    }
    return out;
}

static error update_group(struct resource *r)
{
    json_t *input = json_pack("{s:s, s:o}", "WorkGroup", r->id, "ConfigurationUpdates", updates_of(r));
    carry_as(input, r, "Description", "Description");
    carry_as(input, r, "State", "State");
    if (!resource_text(r, "State")) json_object_set_new(input, "State", json_string("ENABLED"));
    if (r->before && resource_changed(r, "Tags")) {
        json_decref(input);
        return fail(ERR_NOT_IMPLEMENTED, "Sluice does not change the tags of a work group in a stack");
    }
    return run(r, "UpdateWorkGroup", input);
}

static error create_group(struct resource *r)
{
    json_t *input = json_pack("{s:s}", "Name", r->id);
    const char *state = resource_text(r, "State");
    carry_as(input, r, "WorkGroupConfiguration", "Configuration");
    carry_as(input, r, "Description", "Description");
    carry_as(input, r, "Tags", "Tags");
    TRY(run(r, "CreateWorkGroup", input));
    r->made = true;
    return state && strcmp(state, "DISABLED") == 0 ? update_group(r) : OK;
}

static error remove_group(struct resource *r)
{
    json_t *input = json_pack("{s:s}", "WorkGroup", r->id);
    carry_as(input, r, "RecursiveDeleteOption", "RecursiveDeleteOption");
    return run(r, "DeleteWorkGroup", input);
}

/* Athena says that one is not there as a fault of the request. */
static error read_group(struct resource *r)
{
    error e = run(r, "GetWorkGroup", json_pack("{s:s}", "WorkGroup", r->id));
    return e == ERR_ATHENA_INPUT && strstr(error_text(), "is not found") ? ERR_NOT_FOUND : e;
}

/* ---- named queries: Athena gives the id, the same one for the same token ---- */

static error create_query(struct resource *r)
{
    json_t *output, *input = json_deep_copy(r->properties);
    const char *stack = strrchr(r->stack_id, '/') + 1;
    if (!json_text(input, "Name")) json_object_set_new(input, "Name", json_string(r->id));
    json_object_set_new(input, "ClientRequestToken",
                        json_string(arena_printf(r->call->arena, "%s-%s", stack, r->id)));
    TRY(resource_call(r, "athena", "CreateNamedQuery", input, &output));
    r->id = arena_text(r->call->arena, span_of(json_text(output, "NamedQueryId")));
    r->made = true;
    resource_set(r, "NamedQueryId", "%s", r->id);
    json_decref(output);
    return OK;
}

static error remove_query(struct resource *r)
{
    return run(r, "DeleteNamedQuery", json_pack("{s:s}", "NamedQueryId", r->id));
}

static error read_query(struct resource *r)
{
    error e = run(r, "GetNamedQuery", json_pack("{s:s}", "NamedQueryId", r->id));
    return e == ERR_ATHENA_INPUT ? ERR_NOT_FOUND : e;
}

/* ---- rows ---- */

#define TEXT(name, flag) TEXT_ROW(name, flag, 0, 0, NULL)
static const struct member group_rows[] = {
    TEXT("Name", MEMBER_REQUIRED), TEXT("Description", MEMBER_OPTIONAL), TEXT("State", MEMBER_OPTIONAL),
    STRUCTURE_ROW("WorkGroupConfiguration", MEMBER_OPTIONAL, athena_workgroup_configuration),
    BOOLEAN_ROW("RecursiveDeleteOption"), LIST_ROW("Tags", MEMBER_OPTIONAL, 0, 0, athena_tag_row),
    ROWS_END};
static const struct member query_rows[] = {
    TEXT("Name", MEMBER_OPTIONAL), TEXT("Database", MEMBER_REQUIRED), TEXT("QueryString", MEMBER_REQUIRED),
    TEXT("Description", MEMBER_OPTIONAL), TEXT("WorkGroup", MEMBER_OPTIONAL), ROWS_END};
static const char *const group_replaced[] = {"Name", NULL};
static const char *const query_attributes[] = {"NamedQueryId", NULL};

const struct resource_type athena_types[] = {
    {.name = "AWS::Athena::WorkGroup", .properties = group_rows, .named_by = "Name",
     .replaced_by = group_replaced, .create = create_group, .update = update_group,
     .remove = remove_group, .read = read_group},
    {.name = "AWS::Athena::NamedQuery", .properties = query_rows, .attributes = query_attributes,
     .create = create_query, .remove = remove_query, .read = read_query},
    {0},
};
