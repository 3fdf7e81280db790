/* What the Glue files share: operation tables, the rows that many operations have, the catalog of
 * a call, and its pages. Facts: AWS Glue Web API Reference, 2017-03-31.
 *
 * Objects are stored as the catalog's documents: what the input rows know reads back. */
#pragma once

#include "aws/internal.h"
#include "aws/rows.h"
#include "catalog/catalog.h"

extern const struct operation *const glue_operations[];   /* glue.c: all tables */
extern const struct operation glue_database_operations[]; /* glue_database.c */
extern const struct operation glue_table_operations[];    /* glue_table.c */
extern const struct operation glue_run_operations[];      /* glue_run.c */
extern const struct operation glue_job_operations[];      /* glue_job.c */
extern const struct operation glue_tag_operations[];      /* glue_tag.c */
extern const struct operation glue_version_operations[];  /* glue_version.c */
extern const struct operation glue_partition_operations[]; /* glue_partition.c */
extern const struct operation glue_index_operations[];    /* glue_index.c */
extern const struct operation glue_statistics_operations[]; /* glue_statistics.c */
extern const struct operation glue_function_operations[]; /* glue_function.c */
extern const struct operation glue_policy_operations[];   /* glue_policy.c */
extern const struct operation glue_search_operations[];   /* glue_search.c */
extern const struct operation glue_connection_operations[]; /* glue_connection.c */
extern const struct operation glue_trigger_operations[];  /* glue_trigger.c */
extern const struct operation glue_unserved_operations[]; /* glue_unserved.c */

/* ---- member rows, as in the service's model ---- */

/* One line of text: no control characters but the tabulator. */
#define LINE_PATTERN "[^\001-\010\012-\037]*"
#define LINE_TOLD "[\\u0020-\\uD7FF\\uE000-\\uFFFD\\uD800\\uDC00-\\uDBFF\\uDFFF\\t]*"
#define LINES_PATTERN "[^\001-\010\013\014\016-\037]*"
#define LINES_TOLD "[\\u0020-\\uD7FF\\uE000-\\uFFFD\\uD800\\uDC00-\\uDBFF\\uDFFF\\r\\n\\t]*"

#define LINE_ROW(text, flag, least, most)                                                         \
    {.name = (text), .type = MEMBER_STRING, .flags = (flag), .min = (least), .max = (most),       \
     .pattern = LINE_PATTERN, .told = LINE_TOLD}
#define LINES_ROW(text, flag, least, most)                                                        \
    {.name = (text), .type = MEMBER_STRING, .flags = (flag), .min = (least), .max = (most),       \
     .pattern = LINES_PATTERN, .told = LINES_TOLD}
#define NAME_ROW(text, flag) LINE_ROW(text, flag, 1, 255)
#define DESCRIPTION_ROW LINES_ROW("Description", MEMBER_OPTIONAL, 0, 2048)
#define NEXT_TOKEN PLAIN_ROW("NextToken")
#define MAX_RESULTS(most) INTEGER_ROW("MaxResults", MEMBER_OPTIONAL, 1, most)
#define VALUES_ROW(text)                                                                          \
    LIST_ROW(text, MEMBER_REQUIRED, 0, 0, glue_partition_value)
#define PLAIN_ROW(text) {.name = (text), .type = MEMBER_STRING}
#define CATALOG_ROW NAME_ROW("CatalogId", MEMBER_OPTIONAL)
#define DATABASE_ROW NAME_ROW("DatabaseName", MEMBER_REQUIRED)
#define TABLE_ROW NAME_ROW("TableName", MEMBER_REQUIRED)
#define TRANSACTION_ROW                                                                           \
    {.name = "TransactionId", .type = MEMBER_STRING, .min = 1, .max = 255,                        \
     .pattern = "[^\001-\040\177$+<=>^`|~]*", .told = "[\\p{L}\\p{N}\\p{P}]*"}
#define PARAMETERS_ROW                                                                            \
    {.name = "Parameters", .type = MEMBER_MAP, .of = glue_parameter_value,                        \
     .keys = glue_parameter_key}
#define TAGS_ROW_OF(text, flag)                                                                   \
    {.name = (text), .type = MEMBER_MAP, .flags = (flag), .min = 0, .max = 50,                    \
     .of = glue_tag_value, .keys = glue_tag_key}

extern const struct member glue_name[];            /* one row: an element that is a name */
extern const struct member glue_location[];        /* one row */
extern const struct member glue_parameter_key[], glue_parameter_value[]; /* one row each */
extern const struct member glue_tag_key[], glue_tag_value[];             /* one row each */
extern const struct member glue_database_input[];
extern const struct member glue_table_input[];
extern const struct member glue_partition_input[];
extern const struct member glue_partition_index[];
extern const char *const glue_worker_types[], *const glue_execution_classes[];
extern const struct member glue_notification_property[];
extern const struct member glue_partition_value[]; /* one row: an element of Values */
extern const char *const glue_worker_types[], *const glue_execution_classes[];
extern const struct member glue_notification_property[];

/* ---- one call (glue.c) ---- */

/* The catalog of the call's account and region, in the call's arena: nothing to close. Refuses the
 * CatalogId of another account and TransactionId. */
error glue_catalog(struct call *, struct catalog **) MUST_CHECK;
/* A document of the call's account and region that is not the catalog's (jobs, tags). */
struct state_key glue_key(const struct call *, const char *kind, const char *name);
error glue_begin(struct call *, bool write, struct state_txn **) MUST_CHECK;
error glue_end(struct state_txn *, error) MUST_CHECK; /* commits when all went well */

/* One page of a listing: as many documents as MaxResults allows, and NextToken. */
struct glue_page {
    struct call *call;
    const char *scope;  /* what is listed: a token of another listing is refused */
    const char *after;  /* the listing goes on after this name; NULL: from the start */
    size_t limit;
    json_t *list;
    const char *last;   /* name of the last one in the list */
    bool more;
};
/* `most`: the page's size without MaxResults. */
error glue_page_open(struct call *, const char *scope, size_t most, struct glue_page *) MUST_CHECK;
/* Takes one, as a state_scan() does; false: the page is full. */
bool glue_page_take(void *page, const char *name, json_t *document);
/* The call's output: {MEMBER: [...], "NextToken": ...}; without an output after an error. */
error glue_page_close(struct glue_page *, const char *member, error) MUST_CHECK;

/* {"ErrorCode", "ErrorMessage"} of the thread's error, for one item of a batch. */
json_t *glue_error_detail(error);
/* The StorageDescriptor's members that Glue fills in. */
void glue_fill_descriptor(json_t *holder);

/* A Java regular expression of the whole name (glue_search.c); refused when it costs too much. */
struct glue_pattern;
error glue_pattern_make(struct call *, const char *expression, struct glue_pattern **) MUST_CHECK;
bool glue_pattern_matches(const struct glue_pattern *, const char *name); /* NULL matches all */
void glue_pattern_free(struct glue_pattern *);

/* ---- triggers (glue_trigger.c) ---- */

/* Starts the runs of scheduled triggers whose time has come. */
error glue_triggers_fire(struct gateway *, int64_t now_us) MUST_CHECK;

/* ---- jobs (glue_job.c) ---- */

/* New reference to the Job; ERR_ENTITY_NOT_FOUND. */
error glue_job_read(struct call *, struct state_txn *, const char *name, json_t **out) MUST_CHECK;
/* How large a run is: as StartJobRun's input says, else as the job does. Fills its members. */
error glue_job_capacity(const json_t *job, const json_t *input, json_t *run) MUST_CHECK;
/* Whether the command is one that streams. */
bool glue_job_is_streaming(const json_t *job);

/* ---- tags (glue_tag.c): of a resource ("job/NAME", "database/NAME") ---- */

/* Merges; NULL adds nothing. */
error glue_tags_add(struct call *, struct state_txn *, const char *resource,
                    const json_t *tags) MUST_CHECK;
error glue_tags_drop(struct call *, struct state_txn *, const char *resource) MUST_CHECK;
/* New reference to the map, empty when there are none. */
error glue_tags_read(struct call *, struct state_txn *, const char *resource,
                     json_t **out) MUST_CHECK;
