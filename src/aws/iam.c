/* IAM: users, access keys, managed policies; and how entities are kept. Roles are in iam_role.c. */
#include "aws/identity.h"

#include <ctype.h>

enum { PAGE = 100, TAGS_MAX = 50, KEYS_MAX = 2 };

/* ---- entities ---- */

static struct state *state_of(const struct call *c)
{
    return c->gateway->options.state;
}

static struct state_key place(struct call *c, const char *kind, const char *name)
{
    char *folded = arena_text(c->arena, span_of(name));
    for (char *p = folded; *p; p++) *p = (char)tolower((unsigned char)*p);
    return (struct state_key){c->account, "-", kind, folded};
}

static error missing(const char *kind, const char *name)
{
    if (strcmp(kind, IAM_POLICY) == 0)
        return fail(ERR_NO_SUCH_ENTITY, "Policy %.300s was not found.", name);
    return fail(ERR_NO_SUCH_ENTITY, "The %s with name %.128s cannot be found.", kind + 4, name);
}

error iam_get(struct call *c, const char *kind, const char *name, json_t **out)
{
    error e = state_get_one(state_of(c), place(c, kind, name), out);
    return e == ERR_NOT_FOUND ? missing(kind, name) : e;
}

static error end(struct state_txn *txn, error e)
{
    if (e == OK) return state_commit(txn);
    state_abort(txn);
    return e;
}

static error create_in(struct state_txn *txn, struct state_key key, const char *kind,
                       const char *name, const json_t *document)
{
    json_t *old;
    error e = state_get(txn, key, &old);
    if (e == ERR_NOT_FOUND) return state_put(txn, key, document);
    if (e != OK) return e;
    json_decref(old);
    if (strcmp(kind, IAM_POLICY) == 0)
        return fail(ERR_ENTITY_EXISTS, "A policy called %s already exists. Duplicate names are not "
                                       "allowed.", name);
    return fail(ERR_ENTITY_EXISTS, "%s with name %s already exists.",
                strcmp(kind, IAM_ROLE) == 0 ? "Role" : "User", name);
}

error iam_create(struct call *c, const char *kind, const char *name, json_t *document)
{
    struct state_txn *txn;
    error e = state_begin(state_of(c), true, &txn);
    if (e == OK) e = end(txn, create_in(txn, place(c, kind, name), kind, name, document));
    json_decref(document);
    return e;
}

error iam_update(struct call *c, const char *kind, const char *name, iam_change *change)
{
    struct state_txn *txn;
    json_t *document = NULL;
    bool gone = false;
    struct state_key key = place(c, kind, name);
    TRY(state_begin(state_of(c), true, &txn));
    error e = state_get(txn, key, &document);
    if (e == ERR_NOT_FOUND) e = missing(kind, name);
    else if (e == OK) e = change(c, txn, document, &gone);
    if (e == OK) e = gone ? state_delete(txn, key) : state_put(txn, key, document);
    json_decref(document);
    return end(txn, e);
}

/* ---- lists in pages: a marker is the place in the list ---- */

error iam_page(struct call *c, const char *list, json_t *all)
{
    const char *marker = json_text(c->input, "Marker");
    size_t from = 0, size = (size_t)json_integer_or(c->input, "MaxItems", PAGE);
    json_t *page = json_array(), *token = NULL;
    int64_t sealed_us;
    c->output = json_pack("{s:o}", list, page);
    if (marker && !call_token_read(c, TOKEN_IAM, marker, &sealed_us, &token)) {
        json_decref(all);
        return fail(ERR_VALIDATION, "Invalid Marker.");
    }
    if (token) from = (size_t)json_integer_or(token, "from", 0);
    json_decref(token);
    size_t i = from;
    for (; i < json_array_size(all) && i < from + size; i++)
        json_array_append(page, json_array_get(all, i));
    bool more = i < json_array_size(all);
    json_decref(all);
    json_object_set_new(c->output, "IsTruncated", json_boolean(more));
    if (more)
        json_object_set_new(c->output, "Marker",
                            json_string(call_token_make(c, TOKEN_IAM,
                                                        json_pack("{s:I}", "from", (json_int_t)i))));
    return OK;
}

struct listing {
    struct call *c;
    json_t *(*show)(struct call *, const json_t *);
    json_t *all;
};

static bool list_one(void *context, const char *name, json_t *document)
{
    struct listing *l = context;
    (void)name;
    json_t *shown = l->show(l->c, document);
    if (shown) json_array_append_new(l->all, shown);
    return true;
}

error iam_list(struct call *c, const char *kind, const char *list,
               json_t *(*show)(struct call *, const json_t *))
{
    struct state_txn *txn;
    struct listing l = {c, show, NULL};
    TRY(state_begin(state_of(c), false, &txn));
    l.all = json_array();
    error e = state_scan(txn, place(c, kind, ""), NULL, list_one, &l);
    state_abort(txn);
    if (e == OK) return iam_page(c, list, l.all);
    json_decref(l.all);
    return e;
}

/* ---- parts of entities ---- */

bool iam_path_matches(struct call *c, const json_t *document)
{
    const char *prefix = json_text(c->input, "PathPrefix");
    return !prefix || strncmp(json_text(document, "Path"), prefix, strlen(prefix)) == 0;
}

json_t *iam_entity(struct call *c, const char *what, const char *id_prefix, const char *arn_kind)
{
    const char *name = json_text(c->input, arena_printf(c->arena, "%sName", what));
    const char *path = json_text(c->input, "Path");
    if (!path) path = "/";
    int64_t now = now_us() / US_PER_SECOND * US_PER_SECOND;
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:{}}", "Path", path,
                     arena_printf(c->arena, "%sName", what), name,
                     arena_printf(c->arena, "%sId", what), access_key_random(c->arena, id_prefix),
                     "Arn", arena_printf(c->arena, "arn:aws:iam::%s:%s%s%s", c->account, arn_kind,
                                         path, name),
                     "CreateDate", json_timestamp(now), "Tags");
}

json_t *iam_tags_list(const json_t *tags)
{
    const char *key;
    json_t *value, *list = json_array();
    json_object_foreach((json_t *)tags, key, value)
        json_array_append_new(list, json_pack("{s:s, s:O}", "Key", key, "Value", value));
    return list;
}

error iam_tags_add(json_t *tags, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *tag = json_array_get(list, i);
        json_object_set(tags, json_text(tag, "Key"), json_object_get(tag, "Value"));
    }
    if (json_object_size(tags) <= TAGS_MAX) return OK;
    return fail(ERR_IAM_LIMIT, "The number of tags has reached the maximum limit.");
}

json_t *iam_document(const char *text)
{
    struct buffer out = {0};
    percent_encode(&out, span_of(text), false);
    json_t *encoded = json_from_span(buffer_span(&out));
    buffer_release(&out);
    return encoded;
}

void iam_carry(json_t *to, const json_t *from, const char *member)
{
    json_t *value = json_object_get(from, member);
    if (value) json_object_set(to, member, value);
}

/* ---- users ---- */

static void show_boundary(json_t *out, const json_t *document)
{
    const char *arn = json_text(document, "PermissionsBoundary");
    if (arn)
        json_object_set_new(out, "PermissionsBoundary",
                            json_pack("{s:s, s:s}", "PermissionsBoundaryType",
                                      "PermissionsBoundaryPolicy", "PermissionsBoundaryArn", arn));
}

static json_t *show_user(struct call *c, const json_t *document)
{
    if (!iam_path_matches(c, document)) return NULL;
    json_t *out = json_object();
    iam_carry(out, document, "Path");
    iam_carry(out, document, "UserName");
    iam_carry(out, document, "UserId");
    iam_carry(out, document, "Arn");
    iam_carry(out, document, "CreateDate");
    return out;
}

static json_t *show_user_whole(struct call *c, const json_t *document)
{
    json_t *out = show_user(c, document);
    show_boundary(out, document);
    if (json_object_size(json_object_get(document, "Tags")))
        json_object_set_new(out, "Tags", iam_tags_list(json_object_get(document, "Tags")));
    return out;
}

static error create_user(struct call *c)
{
    json_t *user = iam_entity(c, "User", "AIDA", "user");
    json_object_set_new(user, "Keys", json_array());
    iam_carry(user, c->input, "PermissionsBoundary");
    error e = iam_tags_add(json_object_get(user, "Tags"), json_object_get(c->input, "Tags"));
    if (e != OK) {
        json_decref(user);
        return e;
    }
    json_t *shown = show_user_whole(c, user);
    c->output = json_pack("{s:o}", "User", shown);
    return iam_create(c, IAM_USER, json_text(user, "UserName"), user);
}

/* UserName, or the name in the caller's own ARN; NULL: the root user. */
static const char *user_name(const struct call *c)
{
    const char *name = json_text(c->input, "UserName");
    if (name) return name;
    const char *slash = strrchr(c->principal.arn, '/');
    return strstr(c->principal.arn, ":user/") ? slash + 1 : NULL;
}

static error own_name(const struct call *c, const char **out)
{
    *out = user_name(c);
    if (*out) return OK;
    return fail(ERR_VALIDATION, "Must specify userName when calling with non-User credentials");
}

static error get_user(struct call *c)
{
    const char *name = user_name(c);
    json_t *user;
    if (!name && strcmp(c->principal.arn, c->principal.iam_arn) == 0) {
        c->output = json_pack("{s:{s:s, s:s, s:s, s:o}}", "User", "Path", "/", "UserId",
                              c->principal.id, "Arn", c->principal.arn, "CreateDate",
                              json_timestamp(0));
        return OK;
    }
    TRY(own_name(c, &name));
    TRY(iam_get(c, IAM_USER, name, &user));
    c->output = json_pack("{s:o}", "User", show_user_whole(c, user));
    json_decref(user);
    return OK;
}

static error list_users(struct call *c)
{
    return iam_list(c, IAM_USER, "Users", show_user);
}

static error remove_user(struct call *c, struct state_txn *txn, json_t *user, bool *gone)
{
    (void)c, (void)txn;
    if (json_array_size(json_object_get(user, "Keys")))
        return fail(ERR_DELETE_CONFLICT, "Cannot delete entity, must delete access keys first.");
    *gone = true;
    return OK;
}

static error delete_user(struct call *c)
{
    return iam_update(c, IAM_USER, json_text(c->input, "UserName"), remove_user);
}

/* ---- access keys: also documents of their own, which the gateway reads ---- */

static struct state_key key_place(const char *id)
{
    return (struct state_key){"-", "-", "access-key", id};
}

static error add_key(struct call *c, struct state_txn *txn, json_t *user, bool *gone)
{
    json_t *keys = json_object_get(user, "Keys");
    (void)gone;
    if (json_array_size(keys) >= KEYS_MAX)
        return fail(ERR_IAM_LIMIT, "Cannot exceed quota for AccessKeysPerUser: %d", KEYS_MAX);
    const char *id = access_key_random(c->arena, "AKIA"), *secret = secret_key_random(c->arena);
    json_t *made = json_timestamp(now_us() / US_PER_SECOND * US_PER_SECOND);
    json_t *document = json_pack(
        "{s:s, s:s, s:s, s:O, s:O, s:O, s:s, s:O}", "AccessKeyId", id, "SecretAccessKey", secret,
        "AccountId", c->account, "UserName", json_object_get(user, "UserName"), "UserArn",
        json_object_get(user, "Arn"), "UserId", json_object_get(user, "UserId"), "Status", "Active",
        "CreateDate", made);
    json_array_append_new(keys, json_pack("{s:s, s:s, s:O}", "AccessKeyId", id, "Status", "Active",
                                          "CreateDate", made));
    c->output = json_pack("{s:{s:O, s:s, s:s, s:s, s:o}}", "AccessKey", "UserName",
                          json_object_get(user, "UserName"), "AccessKeyId", id, "Status", "Active",
                          "SecretAccessKey", secret, "CreateDate", made);
    error e = state_put(txn, key_place(id), document);
    json_decref(document);
    return e;
}

static error create_access_key(struct call *c)
{
    const char *name;
    TRY(own_name(c, &name));
    return iam_update(c, IAM_USER, name, add_key);
}

static error key_index(struct call *c, const json_t *user, size_t *index)
{
    const json_t *keys = json_object_get(user, "Keys");
    const char *id = json_text(c->input, "AccessKeyId");
    for (*index = 0; *index < json_array_size(keys); ++*index)
        if (strcmp(json_text(json_array_get(keys, *index), "AccessKeyId"), id) == 0) return OK;
    return fail(ERR_NO_SUCH_ENTITY, "The Access Key with id %.128s cannot be found.", id);
}

static error change_key(struct call *c, struct state_txn *txn, json_t *user, bool *gone)
{
    size_t index;
    json_t *document;
    (void)gone;
    TRY(key_index(c, user, &index));
    TRY(state_get(txn, key_place(json_text(c->input, "AccessKeyId")), &document));
    iam_carry(document, c->input, "Status");
    iam_carry(json_array_get(json_object_get(user, "Keys"), index), c->input, "Status");
    error e = state_put(txn, key_place(json_text(c->input, "AccessKeyId")), document);
    json_decref(document);
    return e;
}

static error remove_key(struct call *c, struct state_txn *txn, json_t *user, bool *gone)
{
    size_t index;
    (void)gone;
    TRY(key_index(c, user, &index));
    json_array_remove(json_object_get(user, "Keys"), index);
    return state_delete(txn, key_place(json_text(c->input, "AccessKeyId")));
}

static error update_access_key(struct call *c)
{
    const char *name;
    if (strcmp(json_text(c->input, "Status"), "Expired") == 0)
        return fail(ERR_IAM_INPUT, "Expired is no status to set.");
    TRY(own_name(c, &name));
    return iam_update(c, IAM_USER, name, change_key);
}

static error delete_access_key(struct call *c)
{
    const char *name;
    TRY(own_name(c, &name));
    return iam_update(c, IAM_USER, name, remove_key);
}

static error list_access_keys(struct call *c)
{
    const char *name;
    json_t *user, *key;
    size_t i;
    TRY(own_name(c, &name));
    TRY(iam_get(c, IAM_USER, name, &user));
    json_t *all = json_deep_copy(json_object_get(user, "Keys"));
    json_array_foreach(all, i, key) iam_carry(key, user, "UserName");
    json_decref(user);
    return iam_page(c, "AccessKeyMetadata", all);
}

/* ---- managed policies ---- */

#define AWS_POLICIES "arn:aws:iam::aws:policy/"

error iam_policy_name(struct call *c, const char *arn, const char **name)
{
    json_t *policy;
    const char *prefix = arena_printf(c->arena, "arn:aws:iam::%s:policy/", c->account);
    const char *slash = strrchr(arn, '/');
    bool local = strncmp(arn, prefix, strlen(prefix)) == 0;
    if (strncmp(arn, "arn:", 4) != 0)
        return fail(ERR_IAM_INPUT, "ARN %.300s is not valid.", arn);
    *name = slash && slash[1] ? arena_text(c->arena, span_of(slash + 1)) : NULL;
    if (*name && strncmp(arn, AWS_POLICIES, sizeof AWS_POLICIES - 1) == 0) return OK;
    error e = *name && local ? iam_get(c, IAM_POLICY, *name, &policy) : ERR_NO_SUCH_ENTITY;
    if (e == OK) {
        bool same = strcmp(json_text(policy, "Arn"), arn) == 0;
        json_decref(policy);
        if (same) return OK;
    }
    if (e != OK && e != ERR_NO_SUCH_ENTITY) return e;
    return fail(ERR_NO_SUCH_ENTITY, "Policy %.300s does not exist or is not attachable.", arn);
}

/* The account's own policy of an ARN. */
static error policy_get(struct call *c, json_t **out)
{
    const char *arn = json_text(c->input, "PolicyArn"), *name;
    if (strncmp(arn, AWS_POLICIES, sizeof AWS_POLICIES - 1) == 0)
        return fail(ERR_NOT_IMPLEMENTED, "Sluice holds no documents of AWS managed policies: "
                                         "%.300s", arn);
    if (iam_policy_name(c, arn, &name) != OK)
        return fail(ERR_NO_SUCH_ENTITY, "Policy %.300s was not found.", arn);
    return iam_get(c, IAM_POLICY, name, out);
}

struct attached { struct call *c; const char *arn; int64_t count; };

static bool count_one(void *context, const char *name, json_t *role)
{
    struct attached *a = context;
    (void)name;
    a->count += json_object_get(json_object_get(role, "Attached"), a->arn) != NULL;
    return true;
}

static error attachments(struct call *c, const char *arn, int64_t *count)
{
    struct state_txn *txn;
    struct attached a = {c, arn, 0};
    TRY(state_begin(state_of(c), false, &txn));
    error e = state_scan(txn, place(c, IAM_ROLE, ""), NULL, count_one, &a);
    state_abort(txn);
    *count = a.count;
    return e;
}

static json_t *show_policy(struct call *c, const json_t *document)
{
    if (!iam_path_matches(c, document)) return NULL;
    json_t *out = json_copy((json_t *)document);
    json_object_del(out, "Document");
    json_object_del(out, "Tags");
    json_object_set_new(out, "DefaultVersionId", json_string("v1"));
    json_object_set_new(out, "PermissionsBoundaryUsageCount", json_integer(0));
    json_object_set_new(out, "IsAttachable", json_true());
    json_object_set(out, "UpdateDate", json_object_get(document, "CreateDate"));
    return out;
}

static error show_policy_whole(struct call *c, const json_t *policy)
{
    int64_t count;
    TRY(attachments(c, json_text(policy, "Arn"), &count));
    json_t *out = show_policy(c, policy);
    json_object_set_new(out, "AttachmentCount", json_integer(count));
    json_object_set_new(out, "Tags", iam_tags_list(json_object_get(policy, "Tags")));
    c->output = json_pack("{s:o}", "Policy", out);
    return OK;
}

static error create_policy(struct call *c)
{
    const char *document = json_text(c->input, "PolicyDocument");
    TRY(policy_check(document, POLICY_IDENTITY));
    json_t *policy = iam_entity(c, "Policy", "ANPA", "policy");
    json_object_set_new(policy, "Document", json_string(document));
    iam_carry(policy, c->input, "Description");
    error e = iam_tags_add(json_object_get(policy, "Tags"), json_object_get(c->input, "Tags"));
    if (e == OK) e = show_policy_whole(c, policy);
    if (e != OK) {
        json_decref(policy);
        return e;
    }
    return iam_create(c, IAM_POLICY, json_text(c->input, "PolicyName"), policy);
}

static error get_policy(struct call *c)
{
    json_t *policy;
    TRY(policy_get(c, &policy));
    error e = show_policy_whole(c, policy);
    json_decref(policy);
    return e;
}

static error get_policy_version(struct call *c)
{
    json_t *policy;
    const char *version = json_text(c->input, "VersionId");
    TRY(policy_get(c, &policy));
    if (strcmp(version, "v1") == 0)
        c->output = json_pack("{s:{s:o, s:s, s:b, s:O}}", "PolicyVersion", "Document",
                              iam_document(json_text(policy, "Document")), "VersionId", "v1",
                              "IsDefaultVersion", 1, "CreateDate",
                              json_object_get(policy, "CreateDate"));
    json_decref(policy);
    if (c->output) return OK;
    return fail(ERR_NO_SUCH_ENTITY, "Policy %.300s version %.30s does not exist or is not "
                                    "attachable.", json_text(c->input, "PolicyArn"), version);
}

static error list_policies(struct call *c)
{
    const char *scope = json_text(c->input, "Scope");
    if (json_is_set(c->input, "OnlyAttached") || json_text(c->input, "PolicyUsageFilter"))
        return fail(ERR_NOT_IMPLEMENTED, "Sluice does not serve ListPolicies by attachment yet");
    if (scope && strcmp(scope, "AWS") == 0)
        return fail(ERR_NOT_IMPLEMENTED, "Sluice holds no list of AWS managed policies");
    return iam_list(c, IAM_POLICY, "Policies", show_policy);
}

static error remove_policy(struct call *c, struct state_txn *txn, json_t *policy, bool *gone)
{
    struct attached a = {c, json_text(policy, "Arn"), 0};
    TRY(state_scan(txn, place(c, IAM_ROLE, ""), NULL, count_one, &a));
    if (a.count)
        return fail(ERR_DELETE_CONFLICT, "Cannot delete a policy attached to entities.");
    *gone = true;
    return OK;
}

static error delete_policy(struct call *c)
{
    json_t *policy;
    TRY(policy_get(c, &policy));
    const char *name = arena_text(c->arena, span_of(json_text(policy, "PolicyName")));
    json_decref(policy);
    return iam_update(c, IAM_POLICY, name, remove_policy);
}

/* ---- rows ---- */

static const struct member tag[] = {TEXT_ROW("Key", MEMBER_REQUIRED, 1, 128, NULL),
                                    TEXT_ROW("Value", MEMBER_REQUIRED, 0, 256, NULL), ROWS_END};
const struct member iam_tag_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, tag)};
const struct member iam_tag_key_row[] = {TEXT_ROW(NULL, MEMBER_OPTIONAL, 1, 128, NULL)};
static const char *const statuses[] = {"Active", "Inactive", "Expired", NULL};
static const char *const scopes[] = {"All", "AWS", "Local", NULL};
static const char *const usages[] = {"PermissionsPolicy", "PermissionsBoundary", NULL};

#define USER_ROW(flag, most) TEXT_ROW("UserName", flag, 1, most, IAM_NAME)
#define KEY_ID_ROW TEXT_ROW("AccessKeyId", MEMBER_REQUIRED, 16, 128, "[[:alnum:]_]+")
#define POLICY_ARN_ROW TEXT_ROW("PolicyArn", MEMBER_REQUIRED, 20, 2048, NULL)

static const struct member create_user_input[] = {
    TEXT_ROW("Path", MEMBER_OPTIONAL, 1, 512, IAM_PATH),
    USER_ROW(MEMBER_REQUIRED, 64),
    TEXT_ROW("PermissionsBoundary", MEMBER_OPTIONAL, 20, 2048, NULL),
    LIST_ROW("Tags", MEMBER_OPTIONAL, 0, 50, iam_tag_row),
    ROWS_END,
};
static const struct member user_input[] = {USER_ROW(MEMBER_OPTIONAL, 128), ROWS_END};
static const struct member existing_user_input[] = {USER_ROW(MEMBER_REQUIRED, 128), ROWS_END};
static const struct member list_users_input[] = {
    TEXT_ROW("PathPrefix", MEMBER_OPTIONAL, 1, 512, "/[!-\x7f]*"), IAM_PAGE_ROWS, ROWS_END};
static const struct member update_key_input[] = {
    USER_ROW(MEMBER_OPTIONAL, 128), KEY_ID_ROW, ENUM_ROW("Status", MEMBER_REQUIRED, statuses),
    ROWS_END};
static const struct member delete_key_input[] = {USER_ROW(MEMBER_OPTIONAL, 128), KEY_ID_ROW,
                                                 ROWS_END};
static const struct member list_keys_input[] = {USER_ROW(MEMBER_OPTIONAL, 128), IAM_PAGE_ROWS,
                                                ROWS_END};
static const struct member create_policy_input[] = {
    TEXT_ROW("PolicyName", MEMBER_REQUIRED, 1, 128, IAM_NAME),
    TEXT_ROW("Path", MEMBER_OPTIONAL, 1, 512, IAM_POLICY_PATH),
    TEXT_ROW("PolicyDocument", MEMBER_REQUIRED, 1, 131072, NULL),
    TEXT_ROW("Description", MEMBER_OPTIONAL, 0, 1000, NULL),
    LIST_ROW("Tags", MEMBER_OPTIONAL, 0, 50, iam_tag_row),
    ROWS_END,
};
static const struct member policy_input[] = {POLICY_ARN_ROW, ROWS_END};
static const struct member policy_version_input[] = {
    POLICY_ARN_ROW,
    TEXT_ROW("VersionId", MEMBER_REQUIRED, 0, 0, "v[1-9][0-9]*([.][A-Za-z0-9-]*)?"), ROWS_END};
static const struct member list_policies_input[] = {
    ENUM_ROW("Scope", MEMBER_OPTIONAL, scopes),
    BOOLEAN_ROW("OnlyAttached"),
    TEXT_ROW("PathPrefix", MEMBER_OPTIONAL, 1, 512, IAM_POLICY_PATH),
    ENUM_ROW("PolicyUsageFilter", MEMBER_OPTIONAL, usages),
    IAM_PAGE_ROWS,
    ROWS_END,
};

const struct operation iam_operations[] = {
    {.name = "CreateUser", .run = create_user, .input = create_user_input,
     .note = "identity policies are kept, not evaluated: every valid key may call everything "
             "that Lake Formation does not refuse"},
    {.name = "GetUser", .run = get_user, .input = user_input},
    {.name = "ListUsers", .run = list_users, .input = list_users_input},
    {.name = "DeleteUser", .run = delete_user, .input = existing_user_input},
    {.name = "CreateAccessKey", .run = create_access_key, .input = user_input,
     .note = "of users, not of the root user"},
    {.name = "UpdateAccessKey", .run = update_access_key, .input = update_key_input},
    {.name = "DeleteAccessKey", .run = delete_access_key, .input = delete_key_input},
    {.name = "ListAccessKeys", .run = list_access_keys, .input = list_keys_input},
    {.name = "CreatePolicy", .run = create_policy, .input = create_policy_input},
    {.name = "GetPolicy", .run = get_policy, .input = policy_input,
     .note = "of the account; AWS managed policies can be attached, not read"},
    {.name = "GetPolicyVersion", .run = get_policy_version, .input = policy_version_input,
     .note = "one version, v1"},
    {.name = "ListPolicies", .run = list_policies, .input = list_policies_input,
     .note = "the account's own"},
    {.name = "DeletePolicy", .run = delete_policy, .input = policy_input},
    {0},
};
