/* cdk.context.json: what it has to say, and the slips that people make in it. A slip that still has
 * one meaning is tolerated and named; the rest is refused, all of it at once. */
#include "project/project.h"

#include "batch/batch.h"
#include "object/object.h"

#include <ctype.h>
#include <stdarg.h>

enum { NAME_MAX_BYTES = 255, STREAM_NAME_MAX = 128 };

/* What the example's random names come to without kinesis_stream_name: its generator is seeded. */
static const char default_stream[] = "PUT-aEhWz";

struct reader {
    struct arena *arena;
    struct project *project;
    struct slip **last;
    bool fatal;
};

/* ---- slips ---- */

static void add_slip(struct reader *r, bool fatal, const char *place, const char *format,
                     va_list args)
{
    char text[512];
    vsnprintf(text, sizeof text, format, args);
    struct slip *slip = ARENA_NEW(r->arena, struct slip);
    *slip = (struct slip){arena_text(r->arena, span_of(place)), arena_text(r->arena, span_of(text)),
                          fatal, NULL};
    *r->last = slip;
    r->last = &slip->next;
    r->fatal |= fatal;
}

static void tolerate(struct reader *r, const char *place, const char *format, ...) PRINTF(3, 4);
static void refuse(struct reader *r, const char *place, const char *format, ...) PRINTF(3, 4);

static void tolerate(struct reader *r, const char *place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_slip(r, false, place, format, args);
    va_end(args);
}

static void refuse(struct reader *r, const char *place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_slip(r, true, place, format, args);
    va_end(args);
}

/* ---- values ---- */

static const char *kind_of(const json_t *value)
{
    static const char *const kinds[] = {
        [JSON_OBJECT] = "an object", [JSON_ARRAY] = "a list",    [JSON_STRING] = "a text",
        [JSON_INTEGER] = "a number", [JSON_REAL] = "a number",   [JSON_TRUE] = "true",
        [JSON_FALSE] = "false",      [JSON_NULL] = "null",
    };
    return kinds[json_typeof(value)];
}

/* A text, without blanks at its ends; a number or boolean as it is written. NULL: refused. */
static const char *read_text(struct reader *r, const char *place, const json_t *value)
{
    const char *text = json_string_value(value);
    if (text) {
        span trimmed = span_trim(span_of(text));
        if (trimmed.size != strlen(text))
            tolerate(r, place, "blanks at its ends: left out");
        return arena_text(r->arena, trimmed);
    }
    if (json_is_number(value) || json_is_boolean(value)) {
        struct buffer printed = {0};
        json_print(&printed, value);
        text = arena_text(r->arena, buffer_span(&printed));
        buffer_release(&printed);
        tolerate(r, place, "%s, where a text belongs: read as \"%s\"", kind_of(value), text);
        return text;
    }
    refuse(r, place, "%s, where a text belongs: put it in quotes", kind_of(value));
    return NULL;
}

static void check_stream(struct reader *r, const char *place, const char **value)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789_.-";
    const char *slash = strstr(*value, ":stream/");
    if (slash && strncmp(*value, "arn:", 4) == 0) {
        *value = slash + strlen(":stream/");
        tolerate(r, place, "an ARN, where the stream's name belongs: read as \"%s\"", *value);
    }
    size_t size = strlen(*value);
    if (size > STREAM_NAME_MAX || strspn(*value, letters) != size)
        refuse(r, place, "\"%s\" is no name of a stream: 1 to %d letters, digits, '_', '.' and '-'",
               *value, STREAM_NAME_MAX);
}

static void check_bucket(struct reader *r, const char *place, const char *bucket)
{
    if (bucket_name_check(bucket) != OK)
        refuse(r, place, "\"%s\" is no name of a bucket: 3 to 63 lower-case letters, digits, '-' "
                         "and '.', with a letter or digit at both ends", bucket);
}

static void check_assets(struct reader *r, const char *place, const char **value)
{
    const char *key;
    if (strstr(*value, "://") && object_url_parse(r->arena, *value, value, &key) == OK)
        tolerate(r, place, "a URL, where the bucket's name belongs: read as \"%s\"", *value);
    check_bucket(r, place, *value);
}

static void check_script(struct reader *r, const char *place, const char **value)
{
    size_t size = strlen(*value);
    if (strstr(*value, "://"))
        refuse(r, place, "a URL, where the name of the file below scripts/ of the assets bucket "
                         "belongs");
    else if (size < 3 || strcmp(*value + size - 3, ".py") != 0)
        tolerate(r, place, "\"%s\" does not end in .py: Glue runs a Python script", *value);
    if (strncmp(*value, "scripts/", 8) == 0)
        tolerate(r, place, "the folder scripts/ comes in front of it anyway: the script will be "
                           "looked for at scripts/%s", *value);
}

static void check_name(struct reader *r, const char *place, const char **value)
{
    if (strlen(*value) > NAME_MAX_BYTES)
        refuse(r, place, "%zu bytes long; the limit is %d", strlen(*value), NAME_MAX_BYTES);
}

/* Databases, tables and columns. */
static void check_catalog_name(struct reader *r, const char *place, const char **value)
{
    check_name(r, place, value);
    for (const char *c = *value; *c; c++) {
        if (!isupper((unsigned char)*c)) continue;
        tolerate(r, place, "\"%s\" has upper-case letters: the catalog keeps names in lower case",
                 *value);
        return;
    }
}

/* ---- the members of an object ---- */

struct text_row {
    const char *name;
    bool optional;
    size_t offset; /* of struct project */
    void (*check)(struct reader *, const char *place, const char **value);
};

#define OFFSET(member) offsetof(struct project, member)

static const struct text_row root_texts[] = {
    {"kinesis_stream_name", true, OFFSET(stream), check_stream},
    {"glue_assets_s3_bucket_name", false, OFFSET(assets), check_assets},
    {"glue_job_script_file_name", false, OFFSET(script), check_script},
    {"glue_job_name", false, OFFSET(job), check_name},
    {0},
};
static const struct text_row table_texts[] = {
    {"database_name", false, OFFSET(database), check_catalog_name},
    {"table_name", false, OFFSET(table), check_catalog_name},
    {0},
};
static const char *const root_names[] = {
    "kinesis_stream_name",      "glue_assets_s3_bucket_name", "glue_job_script_file_name",
    "glue_job_name",            "glue_job_input_arguments",   "glue_kinesis_table",
    NULL,
};
static const char *const table_names[] = {"database_name", "table_name", "columns", NULL};
static const char *const column_names[] = {"name", "type", "comment", NULL};

static const char *place_in(struct reader *r, const char *place, const char *name)
{
    if (!*name) name = "\"\"";
    return *place ? arena_printf(r->arena, "%s.%s", place, name) : name;
}

/* What cdk.context.json holds besides, of the CDK's own. */
static bool is_of_the_cdk(const char *name)
{
    return *name == '@' || strchr(name, ':') || strcmp(name, "acknowledged-issue-numbers") == 0 ||
           strcmp(name, "cli-telemetry") == 0;
}

static bool is_among(const char *const *names, const char *name)
{
    for (; *names; names++)
        if (strcmp(*names, name) == 0) return true;
    return false;
}

/* The one of `names` that a misspelt one may have meant, or NULL. */
static const char *nearest(const char *const *names, const char *name)
{
    enum { NEAR = 2 };
    const char *found = NULL;
    size_t least = NEAR + 1;
    for (; *names; names++) {
        size_t distance = text_nearly_equal(*names, name) ? 0 : text_distance(*names, name);
        if (distance >= least || distance >= strlen(*names)) continue;
        found = *names;
        least = distance;
    }
    return found;
}

static void name_unknown(struct reader *r, const char *place, json_t *object,
                         const char *const *names)
{
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value) {
        if (is_among(names, name) || (!*place && is_of_the_cdk(name))) continue;
        const char *meant = nearest(names, name);
        bool used = meant && text_nearly_equal(meant, name) && !json_object_get(object, meant);
        if (used) tolerate(r, place_in(r, place, name), "read as \"%s\"", meant);
        else if (meant)
            tolerate(r, place_in(r, place, name), "not known, left out; did you mean \"%s\"?",
                     meant);
        else tolerate(r, place_in(r, place, name), "not known, left out");
    }
}

/* The member, also under a name that is nearly the same; NULL: there is none. */
static json_t *member_of(json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);
    if (value) return value;
    const char *other;
    json_object_foreach(object, other, value)
        if (text_nearly_equal(other, name)) return value;
    return NULL;
}

static void read_texts(struct reader *r, const char *place, json_t *object,
                       const struct text_row *row)
{
    for (; row->name; row++) {
        const char *at = place_in(r, place, row->name);
        const char **out = (const char **)((char *)r->project + row->offset);
        json_t *value = member_of(object, row->name);
        if (!value && !row->optional) refuse(r, at, "missing");
        if (!value) continue;
        *out = read_text(r, at, value);
        if (*out && !**out && !row->optional) refuse(r, at, "empty");
        else if (*out && **out) row->check(r, at, out);
    }
}

/* ---- the job's arguments ---- */

/* In the order of the example; those of the file come behind or in their places. */
static json_t *built_in_arguments(struct reader *r)
{
    const char *assets = r->project->assets ? r->project->assets : "";
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
        "--enable-metrics", "true",
        "--enable-spark-ui", "true",
        "--spark-event-logs-path", arena_printf(r->arena, "s3://%s/sparkHistoryLogs/", assets),
        "--enable-job-insights", "false",
        "--enable-glue-datacatalog", "true",
        "--enable-continuous-cloudwatch-log", "true",
        "--job-bookmark-option", "job-bookmark-disable",
        "--job-language", "python",
        "--TempDir", arena_printf(r->arena, "s3://%s/temporary/", assets));
}

/* Value of an argument, with or without its dashes. */
static const char *argument_of(const struct reader *r, const char *name)
{
    const char *value = json_text(r->project->arguments, name);
    return value ? value : json_text(r->project->arguments, name + 2);
}

static void check_key(struct reader *r, const char *place, const char *key)
{
    if (strncmp(key, "--", 2) == 0 && key[2]) return;
    if (strncmp(key, "\u2013", 3) == 0 || strncmp(key, "\u2014", 3) == 0)
        refuse(r, place, "begins with a dash of text processing: write two hyphens, \"--%s\"",
               key + 3);
    else if (!*key || strcmp(key, "--") == 0)
        refuse(r, place, "an argument without a name");
    else
        tolerate(r, place, "no \"--\" in front: deployed as it is, but AWS Glue's "
                           "getResolvedOptions does not find it so; write \"--%s\"",
                 key + strspn(key, "-"));
}

/* The bucket is the path's first part, its host for the CDK. */
static void read_output_path(struct reader *r)
{
    static const char name[] = "--output_path";
    const char *place = place_in(r, "glue_job_input_arguments", name);
    const char *path = argument_of(r, name), *key;
    if (!path) {
        refuse(r, place, "missing: where the job writes, \"s3://BUCKET/\"");
        return;
    }
    if (object_url_parse(r->arena, path, &r->project->bucket, &key) != OK) {
        refuse(r, place, "\"%s\" is no place in S3: \"s3://BUCKET/\" is", path);
        return;
    }
    check_bucket(r, place, r->project->bucket);
    if (path[strlen(path) - 1] == '/') return;
    const char *ended = arena_printf(r->arena, "%s/", path);
    tolerate(r, place, "no \"/\" at its end: read as \"%s\"", ended);
    json_object_set_new(r->project->arguments,
                        json_text(r->project->arguments, name) ? name : name + 2,
                        json_string(ended));
}

/* An argument that says the same as another part of the file. */
static void check_agrees(struct reader *r, const char *name, const char *place, const char *other)
{
    const char *value = argument_of(r, name);
    if (value && other && strcmp(value, other) != 0)
        tolerate(r, place_in(r, "glue_job_input_arguments", name),
                 "\"%s\", but %s is \"%s\": the job will look for what is not deployed", value,
                 place, other);
}

static void check_position(struct reader *r)
{
    static const char *const positions[] = {"latest", "trim_horizon", "earliest", NULL};
    static const char name[] = "--stream_starting_position";
    const char *value = argument_of(r, name);
    if (!value || isdigit((unsigned char)*value)) return; /* a time */
    for (int i = 0; positions[i]; i++)
        if (span_equal_nocase(span_of(value), span_of(positions[i]))) return;
    tolerate(r, place_in(r, "glue_job_input_arguments", name),
             "\"%s\" is none of LATEST, TRIM_HORIZON, EARLIEST and a time", value);
}

static void read_arguments(struct reader *r, json_t *root)
{
    static const char at[] = "glue_job_input_arguments";
    json_t *given = member_of(root, at), *value;
    const char *key;
    r->project->arguments = built_in_arguments(r);
    if (!json_is_object(given)) {
        if (given) refuse(r, at, "%s, where an object of texts belongs", kind_of(given));
        else refuse(r, at, "missing");
        return;
    }
    json_object_foreach(given, key, value) {
        const char *place = place_in(r, at, key), *text = read_text(r, place, value);
        check_key(r, place, key);
        if (text) json_object_set_new(r->project->arguments, key, json_string(text));
    }
    read_output_path(r);
    check_position(r);
    r->project->region = argument_of(r, "--aws_region");
}

/* ---- the table's columns ---- */

static void check_type(struct reader *r, const char *place, const char *type)
{
    const struct type *ignored;
    if (type && type_parse(r->arena, span_of(type), &ignored) != OK)
        tolerate(r, place, "\"%s\" is no type of the catalog: %s", type, error_text());
}

/* As the template has it. */
static json_t *column_of(const char *comment, const char *name, const char *type)
{
    return json_pack("{s:s*, s:s, s:s*}", "Comment", comment, "Name", name, "Type", type);
}

static void read_column(struct reader *r, const char *place, json_t *column)
{
    const char *texts[3] = {0}; /* in the order of column_names */
    if (!json_is_object(column)) {
        refuse(r, place, "%s, where {\"name\": ..., \"type\": ...} belongs", kind_of(column));
        return;
    }
    name_unknown(r, place, column, column_names);
    for (int i = 0; column_names[i]; i++) {
        json_t *value = member_of(column, column_names[i]);
        if (value) texts[i] = read_text(r, place_in(r, place, column_names[i]), value);
        else if (i < 2) refuse(r, place_in(r, place, column_names[i]), "missing");
    }
    const char *name = texts[0], *at = place_in(r, place, column_names[0]);
    if (!name) return;
    if (!*name) refuse(r, at, "empty");
    check_catalog_name(r, at, &name);
    check_type(r, place_in(r, place, column_names[1]), texts[1]);
    size_t i;
    json_t *other;
    json_array_foreach(r->project->columns, i, other)
        if (span_equal_nocase(span_of(json_text(other, "Name")), span_of(name)))
            refuse(r, at, "\"%s\" is the name of columns[%zu] already", name, i);
    json_array_append_new(r->project->columns, column_of(texts[2], name, texts[1]));
}

static void read_columns(struct reader *r, const char *place, json_t *table)
{
    json_t *columns = member_of(table, "columns"), *column;
    size_t i;
    if (!json_is_array(columns)) {
        if (columns)
            refuse(r, place, "%s, where a list of {\"name\": ..., \"type\": ...} belongs",
                   kind_of(columns));
        else refuse(r, place, "missing");
        return;
    }
    if (!json_array_size(columns)) refuse(r, place, "empty: the table would have no columns");
    json_array_foreach(columns, i, column)
        read_column(r, arena_printf(r->arena, "%s[%zu]", place, i), column);
}

static void read_table(struct reader *r, json_t *root)
{
    static const char at[] = "glue_kinesis_table";
    json_t *table = member_of(root, at);
    r->project->columns = json_array();
    if (!json_is_object(table)) {
        if (table) refuse(r, at, "%s, where an object belongs", kind_of(table));
        else refuse(r, at, "missing");
        return;
    }
    name_unknown(r, at, table, table_names);
    read_texts(r, at, table, table_texts);
    read_columns(r, place_in(r, at, "columns"), table);
}

/* ---- the whole ---- */

/* The script's name is where people take the job's from, and the two differ in a hyphen. */
static void check_job(struct reader *r)
{
    const char *job = r->project->job, *script = r->project->script;
    if (!job || !script) return;
    const char *base = arena_printf(r->arena, "%.*s", (int)strcspn(script, "."), script);
    if (strcmp(job, base) != 0 && text_nearly_equal(job, base))
        tolerate(r, "glue_job_name", "\"%s\", but the script is \"%s\": start the job by the "
                                     "first, with its hyphens and underscores as they are",
                 job, script);
}

static const char byte_order_mark[] = "\xEF\xBB\xBF";

error project_read(struct arena *arena, span text, struct project *project)
{
    struct reader r = {arena, project, &project->slips, false};
    json_t *root;
    *project = (struct project){0};
    if (span_starts(text, byte_order_mark)) {
        text = (span){text.data + 3, text.size - 3};
        tolerate(&r, "line 1", "begins with a byte order mark: left out");
    }
    TRY(json_read(text, &root));
    if (!json_is_object(root)) {
        const char *kind = kind_of(root);
        json_decref(root);
        return fail(ERR_PARSE, "%s, where an object belongs", kind);
    }
    name_unknown(&r, "", root, root_names);
    read_texts(&r, "", root, root_texts);
    read_arguments(&r, root);
    read_table(&r, root);
    check_job(&r);
    check_agrees(&r, "--glue_database", "glue_kinesis_table.database_name", project->database);
    check_agrees(&r, "--glue_table_name", "glue_kinesis_table.table_name", project->table);
    json_decref(root);
    if (!project->stream || !*project->stream) project->stream = default_stream;
    return r.fatal ? fail(ERR_INVALID_INPUT, "not usable as it is") : OK;
}

void project_release(struct project *project)
{
    json_decref(project->arguments);
    json_decref(project->columns);
    *project = (struct project){0};
}
