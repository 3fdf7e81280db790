/* STS: who calls, and temporary credentials. */
#include "aws/cloudformation.h"
#include "aws/identity.h"

enum { HOUR = 3600 };

static json_t *credentials_json(const struct session *s)
{
    return json_pack("{s:s, s:s, s:s, s:o}", "AccessKeyId", s->access_key, "SecretAccessKey",
                     s->secret_key, "SessionToken", s->token, "Expiration",
                     json_timestamp(s->expiry_us));
}

static error get_caller_identity(struct call *c)
{
    c->output = json_pack("{s:s, s:s, s:s}", "UserId", c->principal.id, "Account", c->account,
                          "Arn", c->principal.arn);
    return OK;
}

/* ---- AssumeRole ---- */

static error refuse(const struct call *c, const char *arn)
{
    return fail(ERR_ACCESS_DENIED,
                "User: %s is not authorized to perform: sts:AssumeRole on resource: %s",
                c->principal.arn, arn);
}

/* "arn:aws:iam::ACCOUNT:role/path/NAME" -> NAME; NULL: a role of no account here. */
static const char *role_name(const struct call *c, const char *arn)
{
    const char *prefix = arena_printf(c->arena, "arn:aws:iam::%s:role/", c->account);
    if (strncmp(arn, prefix, strlen(prefix)) != 0) return NULL;
    const char *slash = strrchr(arn, '/');
    return slash[1] ? slash + 1 : NULL;
}

static error duration_check(const struct call *c, const json_t *role, int64_t *seconds)
{
    *seconds = json_integer_or(c->input, "DurationSeconds", HOUR);
    if (*seconds > json_integer_or(role, "MaxSessionDuration", HOUR))
        return fail(ERR_VALIDATION, "The requested DurationSeconds exceeds the MaxSessionDuration "
                                    "set for this role.");
    if (*seconds > HOUR && strcmp(c->principal.arn, c->principal.iam_arn) != 0)
        return fail(ERR_VALIDATION, "The requested DurationSeconds exceeds the 1 hour session "
                                    "limit for roles assumed by role chaining.");
    return OK;
}

static error assume(struct call *c, const json_t *role)
{
    const char *session = json_text(c->input, "RoleSessionName");
    const char *name = json_text(role, "RoleName"), *arn = json_text(role, "Arn");
    int64_t seconds;
    if (strcmp(arn, json_text(c->input, "RoleArn")) != 0 ||
        !policy_trusts(json_text(role, "AssumeRolePolicyDocument"), c->account, &c->principal,
                       "sts:AssumeRole", json_text(c->input, "ExternalId")))
        return refuse(c, json_text(c->input, "RoleArn"));
    TRY(duration_check(c, role, &seconds));
    struct principal who = {
        .arn = arena_printf(c->arena, "arn:aws:sts::%s:assumed-role/%s/%s", c->account, name,
                            session),
        .id = arena_printf(c->arena, "%s:%s", json_text(role, "RoleId"), session),
        .iam_arn = arena_text(c->arena, span_of(arn))};
    struct session s;
    session_issue(c, &who, seconds, &s);
    c->output = json_pack("{s:o, s:{s:s, s:s}}", "Credentials", credentials_json(&s),
                          "AssumedRoleUser", "AssumedRoleId", who.id, "Arn", who.arn);
    const char *source = json_text(c->input, "SourceIdentity");
    if (source) json_object_set_new(c->output, "SourceIdentity", json_string(source));
    return OK;
}

static error assume_role(struct call *c)
{
    const char *arn = json_text(c->input, "RoleArn"), *name = role_name(c, arn);
    json_t *role;
    if (strncmp(arn, "arn:", 4) != 0)
        return fail(ERR_VALIDATION, "%.200s is invalid", arn);
    if (!name) return refuse(c, arn);
    error e = iam_get(c, IAM_ROLE, name, &role);
    if (e == ERR_NO_SUCH_ENTITY && cloudformation_bootstraps(name)) {
        TRY(cloudformation_bootstrap(c));
        e = iam_get(c, IAM_ROLE, name, &role);
    }
    if (e == ERR_NO_SUCH_ENTITY) return refuse(c, arn);
    if (e != OK) return e;
    e = assume(c, role);
    json_decref(role);
    return e;
}

static error get_session_token(struct call *c)
{
    struct session s;
    bool root = strcmp(c->principal.id, c->account) == 0;
    if (strcmp(c->principal.arn, c->principal.iam_arn) != 0)
        return fail(ERR_ACCESS_DENIED, "Cannot call GetSessionToken with session credentials");
    int64_t seconds = json_integer_or(c->input, "DurationSeconds", root ? HOUR : 12 * HOUR);
    if (root && seconds > HOUR) seconds = HOUR; /* as AWS limits it for the root user */
    session_issue(c, &c->principal, seconds, &s);
    c->output = json_pack("{s:o}", "Credentials", credentials_json(&s));
    return OK;
}

/* ---- rows ---- */

#define TAG_KEY TEXT_ROW("Key", MEMBER_REQUIRED, 1, 128, NULL)
static const struct member tag[] = {
    TAG_KEY, TEXT_ROW("Value", MEMBER_REQUIRED, 0, 256, NULL), ROWS_END};
static const struct member tag_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, tag)};
static const struct member tag_key_row[] = {TEXT_ROW(NULL, MEMBER_OPTIONAL, 1, 128, NULL)};
static const struct member policy_arn[] = {
    TEXT_ROW("arn", MEMBER_OPTIONAL, 20, 2048, NULL), ROWS_END};
static const struct member policy_arn_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, policy_arn)};

static const struct member context[] = {
    TEXT_ROW("ProviderArn", MEMBER_OPTIONAL, 20, 2048, NULL),
    TEXT_ROW("ContextAssertion", MEMBER_OPTIONAL, 4, 2048, NULL), ROWS_END};
static const struct member context_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, context)};

static const struct member assume_role_input[] = {
    TEXT_ROW("RoleArn", MEMBER_REQUIRED, 20, 2048, NULL),
    TEXT_ROW("RoleSessionName", MEMBER_REQUIRED, 2, 64, "[[:alnum:]_+=,.@-]*"),
    LIST_ROW("PolicyArns", MEMBER_OPTIONAL, 0, 0, policy_arn_row),
    TEXT_ROW("Policy", MEMBER_OPTIONAL, 1, 9e18, NULL),
    INTEGER_ROW("DurationSeconds", MEMBER_OPTIONAL, 900, 43200),
    LIST_ROW("Tags", MEMBER_OPTIONAL, 0, 50, tag_row),
    LIST_ROW("TransitiveTagKeys", MEMBER_OPTIONAL, 0, 50, tag_key_row),
    TEXT_ROW("ExternalId", MEMBER_OPTIONAL, 2, 1224, "[[:alnum:]_+=,.@:/-]*"),
    TEXT_ROW("SerialNumber", MEMBER_OPTIONAL, 9, 256, "[[:alnum:]_+=/:,.@-]*"),
    TEXT_ROW("TokenCode", MEMBER_OPTIONAL, 6, 6, "[0-9]*"),
    LIST_ROW("ProvidedContexts", MEMBER_OPTIONAL, 1, 5, context_row),
    TEXT_ROW("SourceIdentity", MEMBER_OPTIONAL, 2, 64, "[[:alnum:]_+=,.@-]*"),
    ROWS_END,
};

static const struct member get_session_token_input[] = {
    INTEGER_ROW("DurationSeconds", MEMBER_OPTIONAL, 900, 129600),
    TEXT_ROW("SerialNumber", MEMBER_OPTIONAL, 9, 256, "[[:alnum:]_+=/:,.@-]*"),
    TEXT_ROW("TokenCode", MEMBER_OPTIONAL, 6, 6, "[0-9]*"),
    ROWS_END,
};

const struct operation sts_operations[] = {
    {.name = "GetCallerIdentity", .run = get_caller_identity},
    {.name = "AssumeRole", .run = assume_role, .input = assume_role_input,
     .note = "the trust policy decides: principals, actions, sts:ExternalId; a statement with other "
             "conditions never allows. Session policies, contexts and tags restrict nothing; the root "
             "user may assume roles"},
    {.name = "GetSessionToken", .run = get_session_token, .input = get_session_token_input,
     .note = "without MFA"},
    {.name = "AssumeRoleWithSAML"},
    {.name = "AssumeRoleWithWebIdentity"},
    {.name = "AssumeRoot"},
    {.name = "DecodeAuthorizationMessage"},
    {.name = "GetAccessKeyInfo"},
    {.name = "GetDelegatedAccessToken"},
    {.name = "GetFederationToken"},
    {.name = "GetWebIdentityToken"},
    {0},
};
