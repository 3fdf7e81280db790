/* What the commands share: the row types of the command table, exit statuses, the terminal, the
 * data directory. */
#pragma once

#include "base/base.h"

#include <stdio.h>

/* ---- exit statuses, the same for every command ---- */
enum {
    STATUS_OK = 0,
    STATUS_FAILED = 1, /* what was asked for could not be done; the reason is on stderr */
    STATUS_DATA = 2,   /* done, and the data is not as it should be */
    STATUS_USAGE = 64, /* the command line is wrong (EX_USAGE of sysexits.h) */
};

/* ---- the command table (command.c) ----
 * An option's row parses and checks it, and makes its line in --help, the man page and the bash
 * completion. `offset` is the member of the command's options struct that it fills. */
enum option_type {
    OPTION_TRUE,    /* bool */
    OPTION_STRING,  /* const char * */
    OPTION_INTEGER, /* int64_t, within min..max */
    OPTION_DECIMAL, /* double, within min..max */
    OPTION_ONE_OF,  /* int: index into choices */
};

struct option_row {
    const char *name; /* without the dashes; NULL ends a table */
    char letter;      /* a short form as well: 'f' is -f */
    enum option_type type;
    const char *argument; /* its name in help; FILE and DIR complete as paths */
    const char *summary;  /* no final stop; says the default */
    size_t offset;
    double min, max;
    const char *const *choices; /* NULL-terminated */
};

struct command {
    const char *name, *summary;
    const char *arguments; /* as help shows them: "JOB.json"; "" for none */
    int arguments_min, arguments_max;
    const char *(*word)(int i); /* words that an argument may be, NULL behind the last; may be NULL */
    const char *rest;        /* an argument that ends so takes all behind it for its own; NULL: none */
    const char *description; /* paragraphs, separated by an empty line */
    const char *examples;    /* one command line per line */
    const struct option_row *options;
    const void *defaults; /* an options struct */
    size_t options_size;
    /* `options` is a filled copy of the defaults. Returns the exit status. */
    int (*run)(const void *options, int count, char **arguments);
};

extern const struct command *const commands[]; /* NULL-terminated */
extern const struct command audit_command, checkpoint_command, compact_command, convert_command, requeue_command, demo_command, env_command, gen_command, help_command, job_command,
    lint_command, query_worker_command, run_command, script_command, sql_command,
    up_command, deploy_command, destroy_command, diff_command, ls_command, synth_command;
const struct command *command_find(const char *name); /* NULL when unknown */

/* The options that several commands take. */
#define DIR_SUMMARY "Data directory (default: $XDG_DATA_HOME/sluice or ~/.local/share/sluice)"
/* Options that several commands have. */
#define KEY_DIR_SUMMARY                                                                        \
    "Data directory of the `sluice up' whose access key to use (default: the AWS environment " \
    "and files, then, for an endpoint on this machine, the user's data directory)"
#define STREAM_REGION_SUMMARY \
    "Region of stream and catalog (default: $AWS_REGION, $AWS_DEFAULT_REGION or us-east-1)"
#define STREAM_ACCOUNT_SUMMARY "Account of stream and catalog (default: 123456789012)"
#define PARQUET_COMPAT_SUMMARY                                                               \
    "Encodings of the files: 2.0 allows delta encodings, which Athena engine 3, Spark 3.3 and " \
    "later read; 1.0 has plain values and dictionaries only (default: 2.0)"
enum { COMPAT_1_0, COMPAT_2_0 };
extern const char *const parquet_compat_levels[]; /* "1.0", "2.0" */
#define JSON_SUMMARY "Machine-readable output on stdout"

/* ---- parsing (option.c) ---- */
/* Parses argv behind the command's name and runs the command; --help and wrong use end here. */
int command_run(const struct command *, int argc, char **argv);
/* "sluice: gen: text" on stderr and a hint at --help; returns STATUS_USAGE. */
int usage_error(const struct command *, const char *format, ...) PRINTF(2, 3);
/* "sluice: gen: text of the error" on stderr; returns STATUS_FAILED. */
int command_failed(const struct command *, error);

/* ---- terminal (terminal.c) ---- */
/* Replaces the progress line on stderr, twenty times a second at most; nothing when stderr is no
 * terminal. */
void progress(const char *format, ...) PRINTF(1, 2);
void progress_end(void); /* clears the line */
/* Escape sequences for stdout or stderr, "" when that is no terminal or NO_COLOR is set. */
const char *bold(FILE *);
const char *plain(FILE *);
/* 1234567 -> "1,234,567" in one of a few static buffers of the thread. */
const char *grouped(int64_t);

/* Compact JSON and a newline on stdout, at once. */
void print_json_line(const json_t *);

/* ---- the data directory (directory.c) ---- */
enum { ACCOUNT_DIGITS = 12 };
extern const char default_account[];
const char *default_region(void); /* AWS_REGION, AWS_DEFAULT_REGION, us-east-1 */
/* `given`, or the user's own; absolute. In the arena. */
error directory_path(struct arena *, const char *given, const char **out) MUST_CHECK;

/* Makes the directory and takes it for this process: ERR_EXISTS names the process that has it. The
 * lock ends with the process, however it ends. */
struct directory_lock {
    int file;
};
error directory_lock(const char *path, struct directory_lock *) MUST_CHECK;
void directory_unlock(struct directory_lock *);

/* PATH/credentials, in the format of the AWS shared credentials file, readable by its owner only.
 * `written` tells whether the file was made or changed now. */
error credentials_write(const char *path, const char *access_key, const char *secret_key,
                        bool *written) MUST_CHECK;
error credentials_read(struct arena *, const char *path, const char **access_key,
                       const char **secret_key) MUST_CHECK;

/* PATH/endpoint.json: what `sluice up` says when it is ready, for the other commands; there only
 * while it is. Reading waits for one that is about to start or be ready, and is ERR_NOT_FOUND when nobody
 * serves the directory. */
error endpoint_write(const char *path, const json_t *ready) MUST_CHECK;
void endpoint_remove(const char *path);
error endpoint_read(struct arena *, const char *path, json_t **ready) MUST_CHECK;

/* ---- endpoints (endpoint.c) ----
 * A client for `given`, else $AWS_ENDPOINT_URL, else the local default; the URL used goes to *url.
 * Credentials: of data directory `dir` when given; else of the AWS environment and files; else, for
 * an endpoint on this machine, of the user's data directory. */
struct http_client;
error endpoint_client(struct arena *, const char *given, const char *dir, const char **url,
                      struct http_client **) MUST_CHECK;
