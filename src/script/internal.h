/* What the files of script/ share. */
#pragma once

#include "script/python_api.h"
#include "script/script.h"

struct frame_engine;

/* The script that runs: one per process, since an interpreter is. */
struct script {
    const struct script_options *options;
    const struct python *py;
    struct frame_engine *frames;
    struct arena arena;              /* the script's life */

    /* while a batch loop runs */
    py_object *function;             /* called per batch; borrowed; NULL: no loop runs */
    void *thread;                    /* of the interpreter, while the engine has the floor */

    /* while a batch function runs */
    const struct window *window;     /* NULL: no batch */
    struct pipeline *pipeline;
};
extern struct script script;

/* ---- library.c ---- */
error python_load(const struct python **) MUST_CHECK;
/* Where that Python is installed, the parent of lib/: its standard library is found from there. */
const char *python_home(struct arena *);

/* ---- sources.c: the Python files of python/, in the binary ---- */
span source_find(const char *module, bool *package); /* data NULL: there is none */

/* ---- builtin.c: the module `_sluice` ---- */
error builtin_install(void) MUST_CHECK;
/* Calls the batch function of the loop that runs. */
error builtin_call_batch(const struct window *) MUST_CHECK;

/* ---- frame.c: plans to rows ----
 * A plan, as the Python side says it:
 *   {"leaf": NAME, "steps": [{"ApplyMapping": config}...]}     nodes of job documents, natively
 *   {"sql": TEXT}                                              Spark SQL over leaves by name
 * A leaf is a table in memory: "stream" is the batch's rows. */
struct rows {
    const struct schema *schema;
    const struct batch **batches;
    size_t count;
};
error frame_rows(struct arena *, const json_t *plan, struct rows *) MUST_CHECK;
void frame_batch_end(void);          /* the batch's rows are gone */
void frame_engine_close(void);

/* ---- value.c: columns to Python objects ---- */
/* A new list with one tuple per row. */
py_object *value_rows(const struct rows *);

/* ---- write.c: plans to tables ---- */
/* `target` is the config of an S3GlueParquetTarget node. */
error frame_write(const json_t *plan, const json_t *target) MUST_CHECK;
