/* Arguments of a run (Glue's map of texts) -> options of `sluice run`. */
#include "aws/run.h"

#include <ctype.h>
#include <stdlib.h>

enum effect {
    EFFECT_NONE,     /* known to Glue, without a meaning here */
    EFFECT_TEXT,     /* the option takes the value as it is */
    EFFECT_SWITCH,   /* true or false */
    EFFECT_SECONDS,  /* "100 seconds", "2 minutes", "0.5" */
    EFFECT_TEMP_DIR, /* the checkpoint lies where Glue's generated scripts put it */
};

struct argument_row { const char *name, *option; enum effect effect; };

/* Options that a script's own arguments may happen to be called like. */
static const char *const of_documents[] = {"checkpoint", "window", "memory"};

/* When two rows set one option, the first one that a run gives counts. */
static const struct argument_row rows[] = {
    {"checkpoint", "checkpoint", EFFECT_TEXT},
    {"TempDir", "checkpoint", EFFECT_TEMP_DIR},
    {"window", "window", EFFECT_SECONDS},
    {"windowSize", "window", EFFECT_SECONDS},
    {"strict-casts", "strict-casts", EFFECT_SWITCH},
    {"drain", "drain", EFFECT_SWITCH},
    {"timestamps", "timestamps", EFFECT_TEXT},
    {"on-data-loss", "on-data-loss", EFFECT_TEXT},
    {"memory", "memory", EFFECT_TEXT},
    {"record-max", "record-max", EFFECT_TEXT},
    {"job-language", NULL, EFFECT_NONE},
    {"class", NULL, EFFECT_NONE},
    {"scriptLocation", NULL, EFFECT_NONE},
    {"extra-py-files", NULL, EFFECT_NONE},
    {"extra-jars", NULL, EFFECT_NONE},
    {"user-jars-first", NULL, EFFECT_NONE},
    {"extra-files", NULL, EFFECT_NONE},
    {"additional-python-modules", NULL, EFFECT_NONE},
    {"python-modules-installer-option", NULL, EFFECT_NONE},
    {"job-bookmark-option", NULL, EFFECT_NONE},
    {"job-bookmark-from", NULL, EFFECT_NONE},
    {"job-bookmark-to", NULL, EFFECT_NONE},
    {"enable-glue-datacatalog", NULL, EFFECT_NONE},
    {"enable-metrics", NULL, EFFECT_NONE},
    {"enable-observability-metrics", NULL, EFFECT_NONE},
    {"enable-continuous-cloudwatch-log", NULL, EFFECT_NONE},
    {"enable-continuous-log-filter", NULL, EFFECT_NONE},
    {"continuous-log-logGroup", NULL, EFFECT_NONE},
    {"continuous-log-logStreamPrefix", NULL, EFFECT_NONE},
    {"continuous-log-conversionPattern", NULL, EFFECT_NONE},
    {"enable-spark-ui", NULL, EFFECT_NONE},
    {"spark-event-logs-path", NULL, EFFECT_NONE},
    {"enable-auto-scaling", NULL, EFFECT_NONE},
    {"auto-scale-within-microbatch", NULL, EFFECT_NONE},
    {"enable-job-insights", NULL, EFFECT_NONE},
    {"datalake-formats", NULL, EFFECT_NONE},
    {"conf", NULL, EFFECT_NONE},
    {"enable-s3-parquet-optimized-committer", NULL, EFFECT_NONE},
    {"JOB_NAME", NULL, EFFECT_NONE},
};
enum { ROW_COUNT = sizeof rows / sizeof *rows };

json_t *run_arguments_merge(const json_t *base, const json_t *over)
{
    json_t *merged = json_object();
    if (base) json_object_update(merged, (json_t *)base);
    if (over) json_object_update(merged, (json_t *)over);
    return merged;
}

/* ---- one value ---- */

static error refuse(const struct argument_row *row, const char *value, const char *what)
{
    return fail(ERR_INVALID_INPUT, "argument --%s: '%s' is not %s", row->name, value, what);
}

static error seconds_of(const struct argument_row *row, const char *value, double *out)
{
    static const struct { const char *name; double seconds; } units[] = {
        {"", 1}, {"second", 1}, {"seconds", 1}, {"minute", 60}, {"minutes", 60}, {"hour", 3600},
        {"hours", 3600},
    };
    char *end;
    double number = strtod(value, &end);
    span unit = span_trim(span_of(end));
    bool given = end != value && number >= 0;
    for (size_t i = 0; given && i < sizeof units / sizeof *units; i++) {
        if (!span_equal_nocase(unit, span_of(units[i].name))) continue;
        *out = number * units[i].seconds;
        return OK;
    }
    return refuse(row, value, "a length of time like \"100 seconds\"");
}

static error switch_of(const struct argument_row *row, const char *value, bool *out)
{
    *out = !*value || strcasecmp(value, "true") == 0;
    if (*out || strcasecmp(value, "false") == 0) return OK;
    return refuse(row, value, "true or false");
}

/* args["TempDir"] + "/" + args["JOB_NAME"] + "/checkpoint/" */
static const char *temp_checkpoint(struct arena *arena, const char *folder, const char *job)
{
    size_t size = strlen(folder);
    while (size && folder[size - 1] == '/') size--;
    return arena_printf(arena, "--checkpoint=%.*s/%s/checkpoint", (int)size, folder, job);
}

static error translate(struct arena *arena, const char *job, const struct argument_row *row,
                       const char *value, struct run_options_list *list)
{
    const char **next = &list->texts[list->count];
    double seconds = 0;
    bool on = true;
    switch (row->effect) {
    case EFFECT_NONE:
        return OK;
    case EFFECT_TEXT:
        *next = arena_printf(arena, "--%s=%s", row->option, value);
        break;
    case EFFECT_SWITCH:
        TRY(switch_of(row, value, &on));
        *next = arena_printf(arena, "--%s", row->option);
        break;
    case EFFECT_SECONDS:
        TRY(seconds_of(row, value, &seconds));
        *next = arena_printf(arena, "--%s=%.6f", row->option, seconds);
        break;
    case EFFECT_TEMP_DIR:
        *next = temp_checkpoint(arena, value, job);
        break;
    }
    list->count += on;
    return OK;
}

/* ---- all of them ---- */

/* Names are the same whatever their case and whether words are parted by '-' or '_'. */
static bool same_name(const char *a, const char *b)
{
    for (; *a && *b; a++, b++) {
        char x = *a == '_' ? '-' : (char)tolower((uint8_t)*a);
        char y = *b == '_' ? '-' : (char)tolower((uint8_t)*b);
        if (x != y) return false;
    }
    return *a == *b;
}

/* The value of a row's argument; the key with its dashes counts more than the one without. */
static const char *given(const json_t *arguments, const struct argument_row *row)
{
    const char *key, *plain = NULL;
    json_t *value;
    json_object_foreach((json_t *)arguments, key, value)
    {
        bool dashes = strncmp(key, "--", 2) == 0;
        if (!same_name(dashes ? key + 2 : key, row->name)) continue;
        if (dashes) return json_string_value(value);
        plain = json_string_value(value);
    }
    return plain;
}

static const struct argument_row *find_row(const char *key)
{
    for (int i = 0; i < ROW_COUNT; i++)
        if (same_name(strncmp(key, "--", 2) == 0 ? key + 2 : key, rows[i].name)) return &rows[i];
    return NULL;
}

static void add_name(struct buffer *list, const char *key)
{
    buffer_printf(list, "%s%s", list->size ? ", " : "", key);
}

static void tell(const json_t *arguments, bool script,
                 void (*log)(void *context, enum log_level, const char *text), void *context)
{
    struct buffer idle = {0}, unknown = {0}, text = {0};
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)arguments, key, value)
    {
        const struct argument_row *row = find_row(key);
        if (!row) add_name(&unknown, key);
        else if (row->effect == EFFECT_NONE) add_name(&idle, key);
        if (strncmp(key, "--", 2) == 0) continue;
        buffer_reset(&text);
        buffer_printf(&text, "argument '%s' lacks its dashes: taken as --%s, which AWS Glue would "
                      "not do", key, key);
        log(context, LOG_WARN, buffer_text(&text));
    }
    buffer_reset(&text);
    buffer_printf(&text, "arguments without effect here: %s", buffer_text(&idle));
    if (idle.size) log(context, LOG_INFO, buffer_text(&text));
    buffer_reset(&text);
    buffer_printf(&text, "unknown arguments, without effect: %s", buffer_text(&unknown));
    if (unknown.size && !script) log(context, LOG_WARN, buffer_text(&text));
    buffer_release(&idle);
    buffer_release(&unknown);
    buffer_release(&text);
}

static bool is_of_documents(const char *option)
{
    for (size_t i = 0; i < sizeof of_documents / sizeof *of_documents; i++)
        if (strcmp(of_documents[i], option) == 0) return true;
    return false;
}

error run_arguments_translate(struct arena *arena, const char *job, const json_t *arguments,
                              struct run_options_list *list,
                              void (*log)(void *context, enum log_level, const char *text),
                              void *context)
{
    const char *done = NULL; /* the option set last: rows of one option stand together */
    tell(arguments, list->script, log, context);
    for (int i = 0; i < ROW_COUNT; i++) {
        const char *value = given(arguments, &rows[i]);
        if (!value || !rows[i].option || (done && strcmp(done, rows[i].option) == 0)) continue;
        if (list->script && is_of_documents(rows[i].option)) continue;
        TRY(translate(arena, job, &rows[i], value, list));
        done = rows[i].option;
    }
    return OK;
}
