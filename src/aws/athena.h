/* What the Athena files share. Facts: Amazon Athena API Reference, 2017-05-18. */
#pragma once

#include "aws/athena_runner.h"
#include "aws/glue.h"

extern const struct operation *const athena_operations[];
extern const struct operation athena_query_operations[];     /* athena_query.c */
extern const struct operation athena_result_operations[];    /* athena_result.c */
extern const struct operation athena_saved_operations[];     /* athena_saved.c */
extern const struct operation athena_workgroup_operations[]; /* athena_workgroup.c */
extern const struct operation athena_catalog_operations[];   /* athena_catalog.c */
extern const struct operation athena_tag_operations[];       /* athena_tag.c */
extern const struct operation athena_unserved_operations[];  /* athena_unserved.c */

/* {"__type", "AthenaErrorCode", "ErrorCode", "Message"} */
void athena_reply_error(struct call *, error, const char *message);

const char *athena_uuid(struct arena *); /* a fresh id */
const char *athena_uuid_of(struct arena *, const uint8_t *bytes); /* of 16 that say which */

/* ---- member rows ---- */

#define WORKGROUP_ROW(flag) WORKGROUP_NAMED("WorkGroup", flag)
#define WORKGROUP_NAMED(text, flag) TEXT_ROW(text, flag, 0, 0, "[a-zA-Z0-9._-]{1,128}")
#define ID_ROW(text, flag)                                                                     \
    {.name = (text), .type = MEMBER_STRING, .flags = (flag), .min = 1, .max = 128,             \
     .pattern = "[^[:space:]]+", .told = "\\S+"}
#define QUERY_ID_ROW ID_ROW("QueryExecutionId", MEMBER_REQUIRED)
#define ATHENA_TOKEN_ROW TEXT_ROW("NextToken", MEMBER_OPTIONAL, 1, 1024, NULL)
#define PAGE_ROW(least, most) INTEGER_ROW("MaxResults", MEMBER_OPTIONAL, least, most)
#define CATALOG_NAME_ROW(text, flag)                                                           \
    {.name = (text), .type = MEMBER_STRING, .flags = (flag), .min = 1, .max = 256,             \
     .pattern = LINE_PATTERN, .told = LINE_TOLD}

extern const struct member athena_result_configuration[]; /* athena_workgroup.c */
extern const struct member athena_workgroup_configuration[];
extern const struct member athena_tag_row[];              /* one row: a Tag (athena_tag.c) */

/* ---- work groups (athena_workgroup.c) ---- */

enum { WORKGROUP_NAME_MAX = 128 };
#define PRIMARY "primary"
/* New reference to the WorkGroup; `primary` is there without being made. `name` NULL: primary. */
error athena_workgroup_read(struct call *, struct state_txn *, const char *name,
                            json_t **out) MUST_CHECK;

/* The name of the input's work group, checked to be there. */
error athena_workgroup_name(struct call *, struct state_txn *, const char **out) MUST_CHECK;
/* Replies with a page of the documents WORKGROUP/... of a kind, as `take` tells each. */
error athena_workgroup_list(struct call *, const char *kind, const char *member,
                            bool (*take)(void *page, const char *name,
                                         json_t *document)) MUST_CHECK;
bool athena_take_id(void *page, const char *name, json_t *document); /* what is behind the last '/' */

/* ---- tags (athena_tag.c): of "workgroup/NAME", "datacatalog/NAME" ---- */

error athena_tags_put(struct call *, struct state_txn *, const char *resource,
                      const json_t *list) MUST_CHECK;
