/* AWS::IAM::Role, Policy and ManagedPolicy over the operations of IAM. */
#include "aws/cloudformation.h"

static error run(struct resource *r, const char *operation, json_t *input)
{
    return resource_call(r, "iam", operation, input, NULL);
}

/* Gone already is as good. */
static error run_gone(struct resource *r, const char *operation, json_t *input)
{
    error e = run(r, operation, input);
    return resource_is_gone(e) ? OK : e;
}

static json_t *of_role(const char *role, const char *name, const char *value)
{
    return json_pack("{s:s, s:s}", "RoleName", role, name, value);
}

static error put_inline(struct resource *r, const char *role, const char *name, const json_t *document)
{
    return run(r, "PutRolePolicy",
               json_pack("{s:s, s:s, s:s}", "RoleName", role, "PolicyName", name, "PolicyDocument",
                         resource_document(r, document)));
}

/* ---- roles ---- */

static bool list_has(const json_t *list, const char *name, const json_t *wanted)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        if (name ? json_equal(json_object_get(one, name), wanted) : json_equal(one, wanted)) return true;
    }
    return false;
}

static error set_policies(struct resource *r)
{
    const json_t *old = json_object_get(r->before, "Policies");
    const json_t *list = json_object_get(r->properties, "Policies");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        TRY(put_inline(r, r->id, json_text(one, "PolicyName"), json_object_get(one, "PolicyDocument")));
    }
    for (size_t i = 0; i < json_array_size(old); i++) {
        const json_t *name = json_object_get(json_array_get(old, i), "PolicyName");
        if (!list_has(list, "PolicyName", name))
            TRY(run_gone(r, "DeleteRolePolicy", of_role(r->id, "PolicyName", json_string_value(name))));
    }
    return OK;
}

static error set_attached(struct resource *r)
{
    const json_t *old = json_object_get(r->before, "ManagedPolicyArns");
    const json_t *list = json_object_get(r->properties, "ManagedPolicyArns");
    for (size_t i = 0; i < json_array_size(list); i++)
        TRY(run(r, "AttachRolePolicy",
                of_role(r->id, "PolicyArn", json_string_value(json_array_get(list, i)))));
    for (size_t i = 0; i < json_array_size(old); i++) {
        const json_t *arn = json_array_get(old, i);
        if (!list_has(list, NULL, arn))
            TRY(run_gone(r, "DetachRolePolicy", of_role(r->id, "PolicyArn", json_string_value(arn))));
    }
    return OK;
}

static error set_tags(struct resource *r)
{
    json_t *gone = resource_tags_gone(r), *tags = json_object_get(r->properties, "Tags");
    error e = OK;
    if (json_array_size(gone))
        e = run(r, "UntagRole", json_pack("{s:s, s:O}", "RoleName", r->id, "TagKeys", gone));
    json_decref(gone);
    if (e == OK && json_array_size(tags))
        e = run(r, "TagRole", json_pack("{s:s, s:O}", "RoleName", r->id, "Tags", tags));
    return e;
}

static error role_attributes(struct resource *r)
{
    json_t *output;
    TRY(resource_call(r, "iam", "GetRole", json_pack("{s:s}", "RoleName", r->id), &output));
    const json_t *role = json_object_get(output, "Role");
    resource_set(r, "Arn", "%s", json_text(role, "Arn"));
    resource_set(r, "RoleId", "%s", json_text(role, "RoleId"));
    json_decref(output);
    return OK;
}

static error settle(struct resource *r)
{
    TRY(set_policies(r));
    TRY(set_attached(r));
    TRY(set_tags(r));
    return role_attributes(r);
}

static void carry(json_t *input, const struct resource *r, const char *property)
{
    json_t *value = json_object_get(r->properties, property);
    if (value) json_object_set(input, property, value);
}

static error create_role(struct resource *r)
{
    const json_t *trust = json_object_get(r->properties, "AssumeRolePolicyDocument");
    json_t *input = of_role(r->id, "AssumeRolePolicyDocument", resource_document(r, trust));
    carry(input, r, "Description");
    carry(input, r, "MaxSessionDuration");
    carry(input, r, "Path");
    carry(input, r, "PermissionsBoundary");
    TRY(run(r, "CreateRole", input));
    r->made = true;
    return settle(r);
}

static error update_role(struct resource *r)
{
    const json_t *trust = json_object_get(r->properties, "AssumeRolePolicyDocument");
    json_t *input = json_pack("{s:s, s:s, s:i}", "RoleName", r->id, "Description", "",
                              "MaxSessionDuration", 3600);
    if (resource_changed(r, "PermissionsBoundary")) {
        json_decref(input);
        return fail(ERR_NOT_IMPLEMENTED, "Sluice does not change the PermissionsBoundary of a role");
    }
    carry(input, r, "Description");
    carry(input, r, "MaxSessionDuration");
    TRY(run(r, "UpdateRole", input));
    TRY(run(r, "UpdateAssumeRolePolicy",
            of_role(r->id, "PolicyDocument", resource_document(r, trust))));
    return settle(r);
}

static error remove_role(struct resource *r)
{
    const json_t *policies = json_object_get(r->properties, "Policies");
    const json_t *attached = json_object_get(r->properties, "ManagedPolicyArns");
    for (size_t i = 0; i < json_array_size(policies); i++)
        TRY(run_gone(r, "DeleteRolePolicy",
                     of_role(r->id, "PolicyName", json_text(json_array_get(policies, i), "PolicyName"))));
    for (size_t i = 0; i < json_array_size(attached); i++)
        TRY(run_gone(r, "DetachRolePolicy",
                     of_role(r->id, "PolicyArn", json_string_value(json_array_get(attached, i)))));
    return run(r, "DeleteRole", json_pack("{s:s}", "RoleName", r->id));
}

static error read_role(struct resource *r)
{
    return run(r, "GetRole", json_pack("{s:s}", "RoleName", r->id));
}

/* ---- inline policies ---- */

static error put_policy(struct resource *r)
{
    const json_t *roles = json_object_get(r->properties, "Roles");
    const json_t *old = json_object_get(r->before, "Roles");
    const char *name = resource_text(r, "PolicyName");
    bool renamed = r->before && strcmp(json_text(r->before, "PolicyName"), name) != 0;
    if (!json_array_size(roles))
        return fail(ERR_INVALID_REQUEST, "At least one of [Groups,Roles,Users] must be non-empty; "
                                         "Sluice keeps policies of roles.");
    r->made = true;
    for (size_t i = 0; i < json_array_size(roles); i++)
        TRY(put_inline(r, json_string_value(json_array_get(roles, i)), name,
                       json_object_get(r->properties, "PolicyDocument")));
    for (size_t i = 0; i < json_array_size(old); i++)
        if (renamed || !list_has(roles, NULL, json_array_get(old, i)))
            TRY(run_gone(r, "DeleteRolePolicy",
                         of_role(json_string_value(json_array_get(old, i)), "PolicyName",
                                 json_text(r->before, "PolicyName"))));
    resource_set(r, "Id", "%s", r->id);
    return OK;
}

static error remove_policy(struct resource *r)
{
    const json_t *roles = json_object_get(r->properties, "Roles");
    for (size_t i = 0; i < json_array_size(roles); i++)
        TRY(run_gone(r, "DeleteRolePolicy", of_role(json_string_value(json_array_get(roles, i)),
                                                    "PolicyName", resource_text(r, "PolicyName"))));
    return OK;
}

/* ---- managed policies ---- */

static void identify_managed(struct resource *r)
{
    const char *path = resource_text(r, "Path");
    r->id = arena_printf(r->call->arena, "arn:aws:iam::%s:policy%s%s", r->call->account,
                         path ? path : "/", r->id);
}

static error attach_managed(struct resource *r, const json_t *properties, const char *operation)
{
    const json_t *roles = json_object_get(properties, "Roles");
    for (size_t i = 0; i < json_array_size(roles); i++)
        TRY(run_gone(r, operation,
                     of_role(json_string_value(json_array_get(roles, i)), "PolicyArn", r->id)));
    return OK;
}

static error create_managed(struct resource *r)
{
    json_t *input = json_pack(
        "{s:s, s:s}", "PolicyName", strrchr(r->id, '/') + 1, "PolicyDocument",
        resource_document(r, json_object_get(r->properties, "PolicyDocument")));
    carry(input, r, "Description");
    carry(input, r, "Path");
    TRY(run(r, "CreatePolicy", input));
    r->made = true;
    resource_set(r, "PolicyArn", "%s", r->id);
    return attach_managed(r, r->properties, "AttachRolePolicy");
}

static error remove_managed(struct resource *r)
{
    TRY(attach_managed(r, r->properties, "DetachRolePolicy"));
    return run(r, "DeletePolicy", json_pack("{s:s}", "PolicyArn", r->id));
}

/* IAM here has no versions of policies: the policy is made anew under its ARN. */
static error update_managed(struct resource *r)
{
    TRY(attach_managed(r, r->before, "DetachRolePolicy"));
    TRY(run_gone(r, "DeletePolicy", json_pack("{s:s}", "PolicyArn", r->id)));
    return create_managed(r);
}

static error read_managed(struct resource *r)
{
    return run(r, "GetPolicy", json_pack("{s:s}", "PolicyArn", r->id));
}

/* ---- rows ---- */

#define TEXT(name, flag) TEXT_ROW(name, flag, 0, 0, NULL)
#define DOCUMENT(text) {.name = (text), .type = MEMBER_ANY, .flags = MEMBER_REQUIRED}
static const struct member text_row[] = {TEXT(NULL, MEMBER_OPTIONAL)};
static const struct member tag_rows[] = {TEXT("Key", MEMBER_REQUIRED), TEXT("Value", MEMBER_REQUIRED),
                                         ROWS_END};
static const struct member tag_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, tag_rows)};
static const struct member inline_rows[] = {TEXT("PolicyName", MEMBER_REQUIRED),
                                            DOCUMENT("PolicyDocument"), ROWS_END};
static const struct member inline_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, inline_rows)};
static const struct member role_rows[] = {
    TEXT("RoleName", MEMBER_OPTIONAL), DOCUMENT("AssumeRolePolicyDocument"),
    TEXT("Description", MEMBER_OPTIONAL), TEXT("Path", MEMBER_OPTIONAL),
    TEXT("PermissionsBoundary", MEMBER_OPTIONAL),
    INTEGER_ROW("MaxSessionDuration", MEMBER_OPTIONAL, 0, 0),
    LIST_ROW("ManagedPolicyArns", MEMBER_OPTIONAL, 0, 0, text_row),
    LIST_ROW("Policies", MEMBER_OPTIONAL, 0, 0, inline_row),
    LIST_ROW("Tags", MEMBER_OPTIONAL, 0, 0, tag_row), ROWS_END};
static const struct member policy_rows[] = {
    TEXT("PolicyName", MEMBER_REQUIRED), DOCUMENT("PolicyDocument"),
    LIST_ROW("Roles", MEMBER_OPTIONAL, 0, 0, text_row), ROWS_END};
static const struct member managed_rows[] = {
    TEXT("ManagedPolicyName", MEMBER_OPTIONAL), DOCUMENT("PolicyDocument"),
    TEXT("Description", MEMBER_OPTIONAL), TEXT("Path", MEMBER_OPTIONAL),
    LIST_ROW("Roles", MEMBER_OPTIONAL, 0, 0, text_row), ROWS_END};
static const char *const role_replaced[] = {"RoleName", "Path", NULL};
static const char *const role_attributes_known[] = {"Arn", "RoleId", NULL};
static const char *const policy_attributes[] = {"Id", NULL};
static const char *const managed_replaced[] = {"ManagedPolicyName", "Path", NULL};
static const char *const managed_attributes[] = {"PolicyArn", NULL};

const struct resource_type iam_types[] = {
    {.name = "AWS::IAM::Role", .properties = role_rows, .named_by = "RoleName", .iam = true,
     .replaced_by = role_replaced, .attributes = role_attributes_known, .create = create_role,
     .update = update_role, .remove = remove_role, .read = read_role},
    {.name = "AWS::IAM::Policy", .properties = policy_rows, .iam = true,
     .attributes = policy_attributes, .create = put_policy, .update = put_policy,
     .remove = remove_policy},
    {.name = "AWS::IAM::ManagedPolicy", .properties = managed_rows, .named_by = "ManagedPolicyName",
     .iam = true, .attributes = managed_attributes, .identify = identify_managed,
     .replaced_by = managed_replaced, .create = create_managed, .update = update_managed,
     .remove = remove_managed, .read = read_managed},
    {0},
};
