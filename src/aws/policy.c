/* IAM policy documents: their grammar as IAM checks it (IAM User Guide, "Grammar of the IAM JSON
 * policy language"), and whether a trust policy trusts someone. */
#include "aws/identity.h"

static error malformed(const char *message)
{
    return fail(ERR_MALFORMED_POLICY, "%s", message);
}

/* ---- checking ---- */

static bool known_member(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(name, *names) == 0) return true;
    return false;
}

static error members_check(json_t *object, const char *const *names)
{
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
        if (!known_member(name, names)) return malformed("Syntax errors in policy.");
    return OK;
}

/* One text or a list of at least one. */
static bool texts(const json_t *value)
{
    if (json_is_string(value)) return true;
    if (!json_is_array(value) || json_array_size(value) == 0) return false;
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!json_is_string(json_array_get(value, i))) return false;
    return true;
}

/* Exactly one of a member and its negation, of texts. */
static bool one_of(const json_t *statement, const char *name, const char *negation)
{
    const json_t *a = json_object_get(statement, name), *b = json_object_get(statement, negation);
    return (a != NULL) != (b != NULL) && texts(a ? a : b);
}

static error action_check(const char *action)
{
    const char *colon = strchr(action, ':');
    if (strcmp(action, "*") == 0) return OK;
    if (!colon) return malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, "
                                 "sdb, ec2, etc.");
    if (colon == action || !colon[1] || strchr(colon + 1, ':'))
        return malformed("The policy failed legacy parsing");
    return OK;
}

static error actions_check(const json_t *statement)
{
    const json_t *actions = json_object_get(statement, "Action");
    if (!actions) actions = json_object_get(statement, "NotAction");
    if (json_is_string(actions)) return action_check(json_string_value(actions));
    for (size_t i = 0; i < json_array_size(actions); i++)
        TRY(action_check(json_string_value(json_array_get(actions, i))));
    return OK;
}

static error resource_check(const char *resource)
{
    if (strcmp(resource, "*") == 0 || strncmp(resource, "arn:", 4) == 0 || resource[0] == '*')
        return OK;
    return fail(ERR_MALFORMED_POLICY,
                "Resource %.200s must be in ARN format or \"*\".", resource);
}

static error resources_check(const json_t *statement)
{
    const json_t *resources = json_object_get(statement, "Resource");
    if (!one_of(statement, "Resource", "NotResource"))
        return malformed("Policy statement must contain resources.");
    if (!resources) resources = json_object_get(statement, "NotResource");
    if (json_is_string(resources)) return resource_check(json_string_value(resources));
    for (size_t i = 0; i < json_array_size(resources); i++)
        TRY(resource_check(json_string_value(json_array_get(resources, i))));
    return OK;
}

static error principal_check(const json_t *principal)
{
    static const char *const kinds[] = {"AWS", "Service", "Federated", "CanonicalUser", NULL};
    const char *kind;
    json_t *value;
    if (json_is_string(principal) && strcmp(json_string_value(principal), "*") == 0) return OK;
    if (!json_is_object(principal) || json_object_size(principal) == 0)
        return malformed("Invalid principal in policy.");
    json_object_foreach((json_t *)principal, kind, value)
        if (!known_member(kind, kinds) || !texts(value))
            return malformed("Invalid principal in policy.");
    return OK;
}

static error trust_check(const json_t *statement)
{
    const json_t *principal = json_object_get(statement, "Principal");
    if (json_object_get(statement, "Resource") || json_object_get(statement, "NotResource"))
        return malformed("Has prohibited field Resource");
    if (!principal) principal = json_object_get(statement, "NotPrincipal");
    if (!principal) return malformed("Missing required field Principal");
    TRY(principal_check(principal));
    const json_t *actions = json_object_get(statement, "Action");
    for (size_t i = 0; i < (json_is_string(actions) ? 1 : json_array_size(actions)); i++) {
        const char *action = json_string_value(
            json_is_string(actions) ? actions : json_array_get(actions, i));
        if (strncasecmp(action, "sts:", 4) != 0 && strcmp(action, "*") != 0)
            return malformed("AssumeRole policy may only specify STS AssumeRole actions.");
    }
    return OK;
}

static error condition_check(const json_t *condition)
{
    const char *operator;
    json_t *keys;
    if (!condition) return OK;
    if (!json_is_object(condition)) return malformed("Syntax errors in policy.");
    json_object_foreach((json_t *)condition, operator, keys)
        if (!json_is_object(keys)) return malformed("Syntax errors in policy.");
    return OK;
}

static error statement_check(json_t *statement, enum policy_kind kind)
{
    static const char *const members[] = {
        "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource",
        "NotResource", "Condition", NULL};
    if (!json_is_object(statement)) return malformed("Syntax errors in policy.");
    TRY(members_check(statement, members));
    const char *effect = json_text(statement, "Effect");
    if (!effect) return malformed("Missing required field Effect");
    if (strcmp(effect, "Allow") != 0 && strcmp(effect, "Deny") != 0)
        return fail(ERR_MALFORMED_POLICY, "Invalid effect: %.100s", effect);
    if (!one_of(statement, "Action", "NotAction"))
        return malformed(kind == POLICY_TRUST ? "Missing required field Action"
                                              : "Policy statement must contain actions.");
    TRY(actions_check(statement));
    TRY(condition_check(json_object_get(statement, "Condition")));
    if (kind == POLICY_TRUST) return trust_check(statement);
    if (json_object_get(statement, "Principal") || json_object_get(statement, "NotPrincipal"))
        return malformed("Policy document should not specify a principal.");
    return resources_check(statement);
}

static error document_check(json_t *document, enum policy_kind kind)
{
    static const char *const members[] = {"Version", "Id", "Statement", NULL};
    if (!json_is_object(document)) return malformed("Syntax errors in policy.");
    TRY(members_check(document, members));
    const json_t *version = json_object_get(document, "Version");
    if (version && (!json_is_string(version) ||
                    (strcmp(json_string_value(version), "2012-10-17") != 0 &&
                     strcmp(json_string_value(version), "2008-10-17") != 0)))
        return malformed("The policy must contain a valid version string");
    json_t *statements = json_object_get(document, "Statement");
    if (json_is_object(statements)) return statement_check(statements, kind);
    if (!json_is_array(statements) || json_array_size(statements) == 0)
        return malformed("Syntax errors in policy.");
    for (size_t i = 0; i < json_array_size(statements); i++)
        TRY(statement_check(json_array_get(statements, i), kind));
    return OK;
}

error policy_check(const char *text, enum policy_kind kind)
{
    json_t *document;
    if (json_read(span_of(text), &document) != OK)
        return malformed(kind == POLICY_TRUST ? "This policy contains invalid Json"
                                              : "Syntax errors in policy.");
    error e = document_check(document, kind);
    json_decref(document);
    return e;
}

/* ---- trusting ---- */

static bool any(const json_t *value, bool (*match)(const char *text, const void *context),
                const void *context)
{
    if (json_is_string(value)) return match(json_string_value(value), context);
    for (size_t i = 0; i < json_array_size(value); i++)
        if (match(json_string_value(json_array_get(value, i)), context)) return true;
    return false;
}

/* "sts:Assume*": stars and question marks, case aside. */
static bool action_matches(const char *pattern, const void *context)
{
    const char *action = context;
    const char *star = NULL, *from = NULL;
    while (*action) {
        if (*pattern == '*') {
            star = ++pattern;
            from = action;
        } else if (*pattern && (*pattern == '?' || (*pattern | 0x20) == (*action | 0x20))) {
            pattern++;
            action++;
        } else if (star) {
            pattern = star;
            action = ++from;
        } else return false;
    }
    while (*pattern == '*') pattern++;
    return !*pattern;
}

struct asking { const char *account; const struct principal *who; };

/* The account, by number or root ARN, stands for everyone in it. */
static bool principal_matches(const char *text, const void *context)
{
    const struct asking *a = context;
    size_t size = strlen(a->account);
    if (strcmp(text, "*") == 0 || strcmp(text, a->account) == 0) return true;
    if (strcmp(text, a->who->arn) == 0 || strcmp(text, a->who->iam_arn) == 0) return true;
    return strncmp(text, "arn:aws:iam::", 13) == 0 && strncmp(text + 13, a->account, size) == 0 &&
           strcmp(text + 13 + size, ":root") == 0;
}

static bool text_matches(const char *text, const void *context)
{
    return context && strcmp(text, context) == 0;
}

static bool principals_match(const json_t *principal, const struct asking *a)
{
    if (json_is_string(principal)) return true; /* "*" */
    return any(json_object_get(principal, "AWS"), principal_matches, a) ||
           any(json_object_get(principal, "Service"), text_matches, a->who->arn);
}

/* *judged: the condition is one that can be judged here. */
static bool condition_holds(const json_t *condition, const char *external_id, bool *judged)
{
    const json_t *equals = json_object_get(condition, "StringEquals");
    const json_t *wanted = json_object_get(equals, "sts:ExternalId");
    *judged = true;
    if (json_object_size(condition) == 0) return true;
    *judged = json_object_size(condition) == 1 && json_object_size(equals) == 1 && texts(wanted);
    return *judged && any(wanted, text_matches, external_id);
}

static bool statement_applies(const json_t *statement, const struct asking *a, const char *action,
                              const char *external_id, bool deny)
{
    const json_t *principal = json_object_get(statement, "Principal");
    const json_t *actions = json_object_get(statement, "Action");
    bool judged;
    bool whom = principal ? principals_match(principal, a)
                          : !principals_match(json_object_get(statement, "NotPrincipal"), a);
    bool what = actions ? any(actions, action_matches, action)
                        : !any(json_object_get(statement, "NotAction"), action_matches, action);
    bool when = condition_holds(json_object_get(statement, "Condition"), external_id, &judged);
    return whom && what && (judged ? when : deny);
}

bool policy_trusts(const char *text, const char *account, const struct principal *who,
                   const char *action, const char *external_id)
{
    json_t *document;
    bool allowed = false, denied = false;
    struct asking asking = {account, who};
    if (json_read(span_of(text), &document) != OK) return false;
    json_t *statements = json_object_get(document, "Statement");
    size_t count = json_is_object(statements) ? 1 : json_array_size(statements);
    for (size_t i = 0; i < count; i++) {
        json_t *statement = json_is_object(statements) ? statements : json_array_get(statements, i);
        const char *effect = json_text(statement, "Effect");
        bool deny = !effect || strcmp(effect, "Allow") != 0;
        if (!statement_applies(statement, &asking, action, external_id, deny)) continue;
        if (deny) denied = true;
        else allowed = true;
    }
    json_decref(document);
    return allowed && !denied;
}
