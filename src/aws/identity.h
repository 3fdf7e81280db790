/* What STS and IAM share: entities as the state keeps them, and policy documents. Facts: AWS STS
 * API Reference, 2011-06-15; IAM API Reference, 2010-05-08.
 *
 *   iam-role    NAME  {"RoleName", "Path", "RoleId", "Arn", "CreateDate", "MaxSessionDuration",
 *                      "AssumeRolePolicyDocument", "Description", "PermissionsBoundary",
 *                      "Tags": {}, "Inline": {NAME: document}, "Attached": {ARN: name}}
 *   iam-user    NAME  {"UserName", "Path", "UserId", "Arn", "CreateDate", "PermissionsBoundary",
 *                      "Tags": {}, "Keys": [{"AccessKeyId", "Status", "CreateDate"}]}
 *   iam-policy  NAME  {"PolicyName", "Path", "PolicyId", "Arn", "CreateDate", "Document", ...}
 *
 * IAM is one for all regions; a name is the same in any case of letters. */
#pragma once

#include "aws/internal.h"
#include "aws/rows.h"

extern const struct operation sts_operations[];             /* sts.c */
extern const struct operation iam_role_operations[];        /* iam_role.c */
extern const struct operation iam_operations[];             /* iam.c: users, keys, policies */
extern const struct operation iam_unserved_operations[];    /* iam_unserved.c */

/* ---- policy documents (policy.c) ---- */

enum policy_kind { POLICY_IDENTITY, POLICY_TRUST };
/* ERR_MALFORMED_POLICY in IAM's words. */
error policy_check(const char *text, enum policy_kind) MUST_CHECK;
/* Whether a trust policy lets the principal do the action. Conditions on sts:ExternalId are
 * judged; a statement with any other condition never allows, and always denies. */
bool policy_trusts(const char *text, const char *account, const struct principal *,
                   const char *action, const char *external_id);

/* ---- entities (iam.c) ---- */

#define IAM_ROLE "iam-role"
#define IAM_USER "iam-user"
#define IAM_POLICY "iam-policy"

/* New reference; ERR_NO_SUCH_ENTITY. */
error iam_get(struct call *, const char *kind, const char *name, json_t **out) MUST_CHECK;
/* ERR_ENTITY_EXISTS. Steals the document. */
error iam_create(struct call *, const char *kind, const char *name, json_t *document) MUST_CHECK;
/* Reads, changes and writes one in one transaction; a change that sets *gone deletes it. The
 * change may use the transaction for what belongs to the entity. */
typedef error iam_change(struct call *, struct state_txn *, json_t *document, bool *gone);
error iam_update(struct call *, const char *kind, const char *name, iam_change *) MUST_CHECK;
/* Every entity of the kind that `show` gives something for (NULL: not this one), as a page of the
 * output's member `list`. */
error iam_list(struct call *, const char *kind, const char *list,
               json_t *(*show)(struct call *, const json_t *document)) MUST_CHECK;
/* The page of an array (stolen) that Marker and MaxItems ask for. */
error iam_page(struct call *, const char *list, json_t *all) MUST_CHECK;

/* The members that roles, users and policies begin with. */
json_t *iam_entity(struct call *, const char *what, const char *id_prefix, const char *arn_kind);
json_t *iam_tags_list(const json_t *tags);        /* {"k": "v"} -> [{"Key", "Value"}] */
error iam_tags_add(json_t *tags, const json_t *list) MUST_CHECK;
/* As replies show documents: percent-encoded. New reference. */
json_t *iam_document(const char *text);
/* The member, if it is there, goes over. */
void iam_carry(json_t *to, const json_t *from, const char *member);
/* The attached policy's name; ERR_NO_SUCH_ENTITY when neither AWS nor the account has it. */
error iam_policy_name(struct call *, const char *arn, const char **name) MUST_CHECK;
bool iam_path_matches(struct call *, const json_t *document); /* PathPrefix */

#define IAM_NAME "[[:alnum:]_+=,.@-]+"
#define IAM_PATH "(/)|(/[!-\x7f]+/)"
#define IAM_POLICY_PATH "((/[A-Za-z0-9.,+@=_-]+)*)/"
#define IAM_PAGE_ROWS                                                                             \
    TEXT_ROW("Marker", MEMBER_OPTIONAL, 1, 320, NULL),                                            \
        INTEGER_ROW("MaxItems", MEMBER_OPTIONAL, 1, 1000)
extern const struct member iam_tag_row[], iam_tag_key_row[];
