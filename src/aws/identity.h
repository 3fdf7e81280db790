/* What STS and IAM share: roles as the state keeps them, and policy documents. Facts: AWS STS API
 * Reference, 2011-06-15; IAM API Reference, 2010-05-08. */
#pragma once

#include "aws/internal.h"
#include "aws/rows.h"

extern const struct operation sts_operations[];             /* sts.c */

/* ---- policy documents (policy.c) ---- */

enum policy_kind { POLICY_IDENTITY, POLICY_TRUST };
/* ERR_MALFORMED_POLICY in IAM's words. */
error policy_check(const char *text, enum policy_kind) MUST_CHECK;
/* Whether a trust policy lets the principal do the action. Conditions on sts:ExternalId are
 * judged; a statement with any other condition never allows, and always denies. */
bool policy_trusts(const char *text, const char *account, const struct principal *,
                   const char *action, const char *external_id);

/* ---- entities as the state keeps them ---- */

#define IAM_ROLE "iam-role"
#define IAM_USER "iam-user"
#define IAM_POLICY "iam-policy"
/* IAM is one for all regions; names are the same in any case of letters. */
struct state_key iam_place(struct call *, const char *kind, const char *name);
/* New reference; ERR_NO_SUCH_ENTITY. */
error iam_role_get(struct call *, const char *name, json_t **out) MUST_CHECK;
