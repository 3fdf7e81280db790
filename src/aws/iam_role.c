/* IAM roles: who may assume them, their inline and attached policies, their tags. */
#include "aws/identity.h"

enum { ATTACHED_MAX = 10, HOUR = 3600 };

static const char *role_of(const struct call *c)
{
    return json_text(c->input, "RoleName");
}

static error update(struct call *c, iam_change *change)
{
    return iam_update(c, IAM_ROLE, role_of(c), change);
}

/* ---- roles ---- */

static json_t *show(struct call *c, const json_t *role)
{
    static const char *const members[] = {"Path", "RoleName", "RoleId", "Arn", "CreateDate",
                                          "Description", "MaxSessionDuration"};
    json_t *out = json_object();
    if (!iam_path_matches(c, role)) {
        json_decref(out);
        return NULL;
    }
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) iam_carry(out, role, members[i]);
    json_object_set_new(out, "AssumeRolePolicyDocument",
                        iam_document(json_text(role, "AssumeRolePolicyDocument")));
    return out;
}

static json_t *show_whole(struct call *c, const json_t *role)
{
    json_t *out = show(c, role);
    const json_t *tags = json_object_get(role, "Tags");
    const char *boundary = json_text(role, "PermissionsBoundary");
    if (boundary)
        json_object_set_new(out, "PermissionsBoundary",
                            json_pack("{s:s, s:s}", "PermissionsBoundaryType",
                                      "PermissionsBoundaryPolicy", "PermissionsBoundaryArn",
                                      boundary));
    if (json_object_size(tags)) json_object_set_new(out, "Tags", iam_tags_list(tags));
    return out;
}

static error create_role(struct call *c)
{
    TRY(policy_check(json_text(c->input, "AssumeRolePolicyDocument"), POLICY_TRUST));
    json_t *role = iam_entity(c, "Role", "AROA", "role");
    json_object_set_new(role, "MaxSessionDuration", json_integer(HOUR));
    json_object_set_new(role, "Inline", json_object());
    json_object_set_new(role, "Attached", json_object());
    iam_carry(role, c->input, "AssumeRolePolicyDocument");
    iam_carry(role, c->input, "Description");
    iam_carry(role, c->input, "MaxSessionDuration");
    iam_carry(role, c->input, "PermissionsBoundary");
    error e = iam_tags_add(json_object_get(role, "Tags"), json_object_get(c->input, "Tags"));
    if (e != OK) {
        json_decref(role);
        return e;
    }
    c->output = json_pack("{s:o}", "Role", show_whole(c, role));
    return iam_create(c, IAM_ROLE, role_of(c), role);
}

static error get_role(struct call *c)
{
    json_t *role;
    TRY(iam_get(c, IAM_ROLE, role_of(c), &role));
    json_t *shown = show_whole(c, role);
    json_object_set_new(shown, "RoleLastUsed", json_object());
    c->output = json_pack("{s:o}", "Role", shown);
    json_decref(role);
    return OK;
}

static error list_roles(struct call *c)
{
    return iam_list(c, IAM_ROLE, "Roles", show);
}

static error change_settings(struct call *c, struct state_txn *txn, json_t *role, bool *gone)
{
    (void)txn, (void)gone;
    iam_carry(role, c->input, "Description");
    iam_carry(role, c->input, "MaxSessionDuration");
    return OK;
}

static error update_role(struct call *c)
{
    c->output = json_object();
    return update(c, change_settings);
}

static error update_role_description(struct call *c)
{
    TRY(update(c, change_settings));
    TRY(get_role(c));
    return OK;
}

static error change_trust(struct call *c, struct state_txn *txn, json_t *role, bool *gone)
{
    (void)txn, (void)gone;
    json_object_set(role, "AssumeRolePolicyDocument", json_object_get(c->input, "PolicyDocument"));
    return OK;
}

static error update_assume_role_policy(struct call *c)
{
    TRY(policy_check(json_text(c->input, "PolicyDocument"), POLICY_TRUST));
    return update(c, change_trust);
}

static error remove_role(struct call *c, struct state_txn *txn, json_t *role, bool *gone)
{
    (void)c, (void)txn;
    if (json_object_size(json_object_get(role, "Attached")))
        return fail(ERR_DELETE_CONFLICT, "Cannot delete entity, must detach all policies first.");
    if (json_object_size(json_object_get(role, "Inline")))
        return fail(ERR_DELETE_CONFLICT, "Cannot delete entity, must delete policies first.");
    *gone = true;
    return OK;
}

static error delete_role(struct call *c)
{
    return update(c, remove_role);
}

/* ---- inline policies ---- */

static error change_inline(struct call *c, struct state_txn *txn, json_t *role, bool *gone)
{
    (void)txn, (void)gone;
    json_object_set(json_object_get(role, "Inline"), json_text(c->input, "PolicyName"),
                    json_object_get(c->input, "PolicyDocument"));
    return OK;
}

static error put_role_policy(struct call *c)
{
    TRY(policy_check(json_text(c->input, "PolicyDocument"), POLICY_IDENTITY));
    return update(c, change_inline);
}

static error no_policy(struct call *c)
{
    return fail(ERR_NO_SUCH_ENTITY, "The role policy with name %.128s cannot be found.",
                json_text(c->input, "PolicyName"));
}

static error get_role_policy(struct call *c)
{
    json_t *role;
    const char *name = json_text(c->input, "PolicyName");
    TRY(iam_get(c, IAM_ROLE, role_of(c), &role));
    const char *document = json_text(json_object_get(role, "Inline"), name);
    if (document)
        c->output = json_pack("{s:O, s:s, s:o}", "RoleName", json_object_get(role, "RoleName"),
                              "PolicyName", name, "PolicyDocument", iam_document(document));
    json_decref(role);
    return c->output ? OK : no_policy(c);
}

static error remove_inline(struct call *c, struct state_txn *txn, json_t *role, bool *gone)
{
    (void)txn, (void)gone;
    return json_object_del(json_object_get(role, "Inline"), json_text(c->input, "PolicyName")) == 0
               ? OK
               : no_policy(c);
}

static error delete_role_policy(struct call *c)
{
    return update(c, remove_inline);
}

static error list_role_policies(struct call *c)
{
    json_t *role, *names = json_array(), *document;
    const char *name;
    error e = iam_get(c, IAM_ROLE, role_of(c), &role);
    if (e != OK) {
        json_decref(names);
        return e;
    }
    json_object_foreach(json_object_get(role, "Inline"), name, document)
        json_array_append_new(names, json_string(name));
    json_decref(role);
    return iam_page(c, "PolicyNames", names);
}

/* ---- attached policies ---- */

static error attach(struct call *c, struct state_txn *txn, json_t *role, bool *gone)
{
    json_t *attached = json_object_get(role, "Attached");
    const char *arn = json_text(c->input, "PolicyArn"), *name = strrchr(arn, '/') + 1;
    (void)txn, (void)gone;
    json_object_set_new(attached, arn, json_string(name));
    if (json_object_size(attached) <= ATTACHED_MAX) return OK;
    return fail(ERR_IAM_LIMIT, "Cannot exceed quota for PoliciesPerRole: %d", ATTACHED_MAX);
}

static error attach_role_policy(struct call *c)
{
    const char *name;
    TRY(iam_policy_name(c, json_text(c->input, "PolicyArn"), &name));
    return update(c, attach);
}

static error detach(struct call *c, struct state_txn *txn, json_t *role, bool *gone)
{
    const char *arn = json_text(c->input, "PolicyArn");
    (void)txn, (void)gone;
    if (json_object_del(json_object_get(role, "Attached"), arn) == 0) return OK;
    return fail(ERR_NO_SUCH_ENTITY, "Policy %.300s was not found.", arn);
}

static error detach_role_policy(struct call *c)
{
    return update(c, detach);
}

static error list_attached_role_policies(struct call *c)
{
    json_t *role, *all = json_array(), *name;
    const char *arn;
    error e = iam_get(c, IAM_ROLE, role_of(c), &role);
    if (e != OK) {
        json_decref(all);
        return e;
    }
    json_object_foreach(json_object_get(role, "Attached"), arn, name) {
        const char *path = strchr(arn, '/'), *prefix = json_text(c->input, "PathPrefix");
        if (prefix && strncmp(path, prefix, strlen(prefix)) != 0) continue;
        json_array_append_new(all, json_pack("{s:O, s:s}", "PolicyName", name, "PolicyArn", arn));
    }
    json_decref(role);
    return iam_page(c, "AttachedPolicies", all);
}

/* ---- tags ---- */

static error add_tags(struct call *c, struct state_txn *txn, json_t *role, bool *gone)
{
    (void)txn, (void)gone;
    return iam_tags_add(json_object_get(role, "Tags"), json_object_get(c->input, "Tags"));
}

static error remove_tags(struct call *c, struct state_txn *txn, json_t *role, bool *gone)
{
    size_t i;
    json_t *key;
    (void)txn, (void)gone;
    json_array_foreach(json_object_get(c->input, "TagKeys"), i, key)
        json_object_del(json_object_get(role, "Tags"), json_string_value(key));
    return OK;
}

static error tag_role(struct call *c) { return update(c, add_tags); }
static error untag_role(struct call *c) { return update(c, remove_tags); }

static error list_role_tags(struct call *c)
{
    json_t *role;
    TRY(iam_get(c, IAM_ROLE, role_of(c), &role));
    json_t *tags = iam_tags_list(json_object_get(role, "Tags"));
    json_decref(role);
    return iam_page(c, "Tags", tags);
}

/* ---- rows ---- */

#define ROLE_ROW TEXT_ROW("RoleName", MEMBER_REQUIRED, 1, 64, IAM_NAME)
#define POLICY_NAME_ROW TEXT_ROW("PolicyName", MEMBER_REQUIRED, 1, 128, IAM_NAME)
#define DOCUMENT_ROW(name) TEXT_ROW(name, MEMBER_REQUIRED, 1, 131072, NULL)
#define DESCRIPTION_ROW(flag) TEXT_ROW("Description", flag, 0, 1000, NULL)
#define DURATION_ROW INTEGER_ROW("MaxSessionDuration", MEMBER_OPTIONAL, 3600, 43200)

static const struct member create_input[] = {
    TEXT_ROW("Path", MEMBER_OPTIONAL, 1, 512, IAM_PATH),
    ROLE_ROW,
    DOCUMENT_ROW("AssumeRolePolicyDocument"),
    DESCRIPTION_ROW(MEMBER_OPTIONAL),
    DURATION_ROW,
    TEXT_ROW("PermissionsBoundary", MEMBER_OPTIONAL, 20, 2048, NULL),
    LIST_ROW("Tags", MEMBER_OPTIONAL, 0, 50, iam_tag_row),
    ROWS_END,
};
static const struct member role_input[] = {ROLE_ROW, ROWS_END};
static const struct member list_input[] = {
    TEXT_ROW("PathPrefix", MEMBER_OPTIONAL, 1, 512, "/[!-\x7f]*"), IAM_PAGE_ROWS, ROWS_END};
static const struct member update_input[] = {ROLE_ROW, DESCRIPTION_ROW(MEMBER_OPTIONAL),
                                             DURATION_ROW, ROWS_END};
static const struct member description_input[] = {ROLE_ROW, DESCRIPTION_ROW(MEMBER_REQUIRED),
                                                  ROWS_END};
static const struct member trust_input[] = {ROLE_ROW, DOCUMENT_ROW("PolicyDocument"), ROWS_END};
static const struct member put_policy_input[] = {ROLE_ROW, POLICY_NAME_ROW,
                                                 DOCUMENT_ROW("PolicyDocument"), ROWS_END};
static const struct member policy_input[] = {ROLE_ROW, POLICY_NAME_ROW, ROWS_END};
static const struct member role_list_input[] = {ROLE_ROW, IAM_PAGE_ROWS, ROWS_END};
static const struct member attach_input[] = {
    ROLE_ROW, TEXT_ROW("PolicyArn", MEMBER_REQUIRED, 20, 2048, NULL), ROWS_END};
static const struct member list_attached_input[] = {
    ROLE_ROW, TEXT_ROW("PathPrefix", MEMBER_OPTIONAL, 1, 512, IAM_POLICY_PATH), IAM_PAGE_ROWS,
    ROWS_END};
static const struct member tag_input[] = {
    ROLE_ROW, LIST_ROW("Tags", MEMBER_REQUIRED, 0, 50, iam_tag_row), ROWS_END};
static const struct member untag_input[] = {
    ROLE_ROW, LIST_ROW("TagKeys", MEMBER_REQUIRED, 0, 50, iam_tag_key_row), ROWS_END};

const struct operation iam_role_operations[] = {
    {.name = "CreateRole", .run = create_role, .input = create_input,
     .note = "the trust policy is evaluated by AssumeRole; identity policies are kept, not "
             "evaluated"},
    {.name = "GetRole", .run = get_role, .input = role_input},
    {.name = "ListRoles", .run = list_roles, .input = list_input},
    {.name = "UpdateRole", .run = update_role, .input = update_input},
    {.name = "UpdateRoleDescription", .run = update_role_description, .input = description_input},
    {.name = "UpdateAssumeRolePolicy", .run = update_assume_role_policy, .input = trust_input},
    {.name = "DeleteRole", .run = delete_role, .input = role_input},
    {.name = "PutRolePolicy", .run = put_role_policy, .input = put_policy_input},
    {.name = "GetRolePolicy", .run = get_role_policy, .input = policy_input},
    {.name = "DeleteRolePolicy", .run = delete_role_policy, .input = policy_input},
    {.name = "ListRolePolicies", .run = list_role_policies, .input = role_list_input},
    {.name = "AttachRolePolicy", .run = attach_role_policy, .input = attach_input,
     .note = "any ARN of an AWS managed policy, and the account's own"},
    {.name = "DetachRolePolicy", .run = detach_role_policy, .input = attach_input},
    {.name = "ListAttachedRolePolicies", .run = list_attached_role_policies,
     .input = list_attached_input},
    {.name = "TagRole", .run = tag_role, .input = tag_input},
    {.name = "UntagRole", .run = untag_role, .input = untag_input},
    {.name = "ListRoleTags", .run = list_role_tags, .input = role_list_input},
    {0},
};
