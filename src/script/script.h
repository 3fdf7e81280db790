/* A Glue script (PySpark, awsglue) on Sluice's engine: an embedded CPython runs the script; the
 * packages `pyspark` and `awsglue` are Sluice's own (python/), thin, over a builtin module in C. A
 * DataFrame there is a plan. Rows stay in columns; they become Python objects only where a script
 * collects them. A micro-batch that the script writes is one batch of the job's protocol (job/).
 *
 * libpython is loaded with dlopen when a script is run; nothing else needs it. */
#pragma once

#include "job/job.h"

struct script_options {
    const char *path;               /* of the script */
    int argument_count;             /* of the script's own arguments, behind its path */
    char **arguments;
    struct job_options job;         /* of every batch loop the script starts; checkpoint and window,
                                       when given, take the place of the script's */
    const char *region, *account;
};

/* Runs the script to its end, in this process: one script per process. ERR_SCRIPT: an exception
 * left it; the text is "Type: message", the traceback is on stderr. ERR_UNSUPPORTED: no libpython,
 * and how to get it. */
error script_run(const struct script_options *) MUST_CHECK;

/* What the script uses and Sluice does not serve, without running it: a new document, an array of
 * "line", "name", "text". */
error script_check(const char *path, json_t **problems) MUST_CHECK;
