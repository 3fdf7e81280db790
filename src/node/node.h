/* Nodes of a job's graph: AWS Glue's visual job nodes (CodeGenConfigurationNodes of the Glue API
 * 2017-03-31), one type row and one file per family.
 *
 * A node is opened once its inputs are open: it checks its config against the type's member rows,
 * derives its output schema, and keeps what it needs in the job's arena. Then, per slice of
 * records, transforms map a batch to a batch. Sources and targets only describe themselves; the
 * job reads and writes for them (job/). One thread, but for `apply`. */
#pragma once

#include "catalog/catalog.h"
#include "decode/decode.h"
#include "object/object.h"
#include "parquet/parquet.h"
#include "stream/stream.h"
#include "table/table.h"

struct node;

enum node_role { NODE_SOURCE, NODE_TRANSFORM, NODE_TARGET };

/* A record that a transform could not process (strict casts): it goes to quarantine. */
struct node_fault {
    uint32_t record;      /* index in the slice */
    const char *column;   /* of the transform's output */
};

struct node_output {
    const struct batch *batch;
    const struct node_fault *faults;
    size_t fault_count;
    int64_t filtered;     /* rows left out on purpose */
    const int64_t *cast_failures; /* per output column: values that became NULL; or NULL */
};

/* What opening a node may ask for. */
struct node_context {
    struct arena *arena;          /* the job's life */
    struct catalog *catalog;
    bool strict_casts;
    enum parquet_timestamps timestamps;
};

struct node_type {
    const char *name;             /* the member name in CodeGenConfigurationNodes */
    enum node_role role;
    int inputs;                   /* how many it takes */
    const struct member *members; /* of its config; checked strictly */
    error (*open)(struct node *, struct node_context *);
    /* Transforms. Inputs are finished batches of one slice; the output lives in the slice's arena.
     * Several threads at once, with arenas of their own: the node is only read. */
    error (*apply)(const struct node *, const struct batch *in, struct arena *,
                   struct node_output *);
    /* The fields a transform reads from a source whose schema is detected, with their declared
     * types, so that the source decodes straight into them. NULL: it takes whatever comes. */
    error (*wants)(const struct node *, struct arena *, const struct schema **);
    /* Sets the columns of the input that a transform does nothing with but cast them from text to
     * TIMESTAMP: it takes them cast too. NULL: none. */
    void (*casts)(const struct node *, const struct schema *in, bool *columns);
};

/* What a source node says of itself. */
struct source {
    const char *stream;           /* name or ARN */
    const char *endpoint_url;     /* NULL: the job's own endpoint */
    struct position starting;     /* of the job's very first start */
    int64_t window_us;            /* 0: commit as soon as there are records */
    enum decode_policy policy;
    const struct schema *schema;  /* NULL: detected from the records */
    bool record_timestamp;        /* adds __src_timestamp */
};

enum { INGEST_KEYS_MAX = 5 };

/* What a target node says of itself. */
struct target {
    const char *bucket, *prefix;
    struct parquet_options parquet;
    const char *codec;
    int ingest_keys;              /* how many of ingest_year, _month, _day, _hour, _minute lead */
    const char **partition_columns;
    int partition_column_count;
    bool registers;               /* partitions go to the catalog at commit */
    bool update_schema;
    const char *database, *table;
};

struct node {
    const struct node_type *type;
    const char *id, *name;
    json_t *config;               /* borrowed from the document */
    struct node **inputs;
    int input_count;
    struct node **consumers;
    int consumer_count;
    const struct schema *schema;  /* of the output; NULL when known only per slice */
    struct source source;         /* sources */
    struct target target;         /* targets */
    void *state;                  /* transforms */
    int64_t *cast_failures;       /* per output column: values that became NULL; the job's count */
    bool strict_casts;
};

/* NULL when there is no such type; *known tells whether Glue has one of that name. */
const struct node_type *node_type_find(const char *name, bool *known);
/* Checks the config and opens: errors name the node's id and type. */
error node_open(struct node *, struct node_context *) MUST_CHECK;

extern const struct node_type node_catalog_kinesis_source, node_direct_kinesis_source,
    node_apply_mapping, node_s3_glue_parquet_target;

/* Names of the ingest-time partition keys, in order, and their text at an instant (UTC). */
extern const char *const ingest_key_names[INGEST_KEYS_MAX];
void ingest_key_values(struct arena *, int64_t wall_us, const char *out[INGEST_KEYS_MAX]);
