/* AWS Lake Formation. Facts: AWS Lake Formation API Reference, 2017-03-31. Grants are the
 * catalog's (catalog/grant.h); here are the operations. */
#pragma once

#include "aws/internal.h"
#include "aws/rows.h"
#include "catalog/catalog.h"

extern const struct operation lakeformation_operations[];          /* lakeformation.c */
extern const struct operation lakeformation_resource_operations[]; /* lakeformation_resource.c */
extern const struct operation lakeformation_unserved_operations[]; /* lakeformation_resource.c */

/* A transaction on the caller's grants. `end` commits what was written when all went well. */
error lakeformation_begin(struct call *, bool write, struct grant_scope *) MUST_CHECK;
error lakeformation_end(struct grant_scope *, bool write, error) MUST_CHECK;
/* The page that MaxResults and NextToken ask for of an array (stolen), as member `list`. */
error lakeformation_page(struct call *, const char *list, json_t *all) MUST_CHECK;

#define ACCOUNT_ROW(name) TEXT_ROW(name, MEMBER_OPTIONAL, 1, 255, NULL)
#define PAGE_ROWS                                                                                 \
    TEXT_ROW("NextToken", MEMBER_OPTIONAL, 0, 0, NULL),                                           \
        INTEGER_ROW("MaxResults", MEMBER_OPTIONAL, 1, 1000)
