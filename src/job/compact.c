/* The small files of a closed partition -> few large ones, swapped in the catalog.
 *
 *   begin    compact/FOLDER/begun: from now on a job claims the folder before it publishes there
 *   look     checkpoints: no plan that is not committed has files for the folder; then its files
 *   merge    rows -> new files, staged for another folder: durable, invisible (compact_merge.c)
 *   plan     compact/FOLDER/plan/K, created only if absent: which files take the place of which
 *   publish  the new files, in a folder that reads as the same partition: ingest_hour=0%31 beside
 *            ingest_hour=01, two spellings of one value by Hive's escapes. Neither folder lies in the
 *            other, so who lists one of them never sees both
 *   swap     the partition's location in the catalog: what a reader asks now is the new folder
 *   wait     for readers that were told the old one
 *   remove   the old files
 *   done     compact/FOLDER/done/K
 *
 * A crash before the plan leaves staged bytes, which the next compaction of the partition removes;
 * after it, that one goes on, or, when staged bytes are gone, takes back what was published. Each
 * step may be repeated, also by two at once. A job whose batch is late for the folder finds the
 * compaction's plan and makes its batch again as of now (run.c). */
#include "job/compact.h"

#include <stdlib.h>
#include <strings.h>

struct compaction {
    const struct compact_options *options;
    struct arena arena;
    json_t *document;                /* of the table */
    struct table table;
    const char *bucket, *prefix;     /* of its location; the prefix ends with '/' or is "" */
    int ingest_keys;
    struct unit *units;
    size_t count;
    struct ledger *ledgers;
    size_t ledger_count;
};

static void decide(struct unit *u, const char *state, const char *reason)
{
    u->state = state;
    u->reason = reason;
}

/* ---- which table ---- */

static error open_table(struct compaction *c)
{
    const struct compact_options *o = c->options;
    const char *key;
    TRY(o->catalog->ops->get_table(o->catalog, o->database, o->table, &c->document));
    TRY(table_parse(&c->arena, c->document, &c->table));
    const char *projected = json_text(c->table.parameters, "projection.enabled");
    if (!c->table.location || strncmp(c->table.location, "s3", 2) != 0)
        return fail(ERR_INVALID_INPUT, "table %s.%s is not in the lake", o->database, o->table);
    if (projected && strcasecmp(projected, "true") == 0)
        return fail(ERR_UNSUPPORTED, "the partitions of %s.%s are projected: the catalog has no location "
                    "of theirs that could be swapped", o->database, o->table);
    const struct schema *keys = c->table.partition_keys;
    while (c->ingest_keys < keys->field_count && c->ingest_keys < INGEST_KEYS_MAX &&
           strcmp(keys->fields[c->ingest_keys].name, ingest_key_names[c->ingest_keys]) == 0)
        c->ingest_keys++;
    if (c->ingest_keys == 0)
        return fail(ERR_UNSUPPORTED, "%s.%s is not partitioned by ingest time (%s, ...): a job may write to "
                    "any of its folders at any time, none is ever closed", o->database, o->table,
                    ingest_key_names[0]);
    TRY(object_url_parse(&c->arena, c->table.location, &c->bucket, &key));
    size_t length = strlen(key);
    c->prefix = length && key[length - 1] != '/' ? arena_printf(&c->arena, "%s/", key) : key;
    return OK;
}

/* ---- which partitions ---- */

/* year=2023 or ingest_year=2023. */
static bool key_is(const char *key, const char *wanted)
{
    const char *mark = "ingest_";
    return strcmp(key, wanted) == 0 || (strncmp(key, mark, strlen(mark)) == 0 &&
                                        strcmp(key + strlen(mark), wanted) == 0);
}

static bool is_wanted(const struct compaction *c, const json_t *values)
{
    const struct schema *keys = c->table.partition_keys;
    const char *wanted;
    json_t *value;
    json_object_foreach((json_t *)c->options->partition, wanted, value)
        for (int i = 0; i < keys->field_count; i++)
            if (key_is(keys->fields[i].name, wanted) && !json_equal(value, json_array_get(values, (size_t)i)))
                return false;
    return true;
}

static error check_wanted(const struct compaction *c)
{
    const struct schema *keys = c->table.partition_keys;
    const char *wanted;
    json_t *value;
    json_object_foreach((json_t *)c->options->partition, wanted, value) {
        bool known = false;
        for (int i = 0; i < keys->field_count; i++) known |= key_is(keys->fields[i].name, wanted);
        if (!known)
            return fail(ERR_INVALID_INPUT, "'%s' is no partition key of %s.%s", wanted, c->options->database,
                        c->options->table);
    }
    return OK;
}

/* Where its ingest time ends; false: the values are no time. */
static bool ingest_end(const struct compaction *c, const json_t *values, int64_t *end_us)
{
    static const int64_t sizes[] = {0, 0, US_PER_DAY, US_PER_DAY / 24, US_PER_DAY / 24 / 60};
    static const int64_t least[] = {1, 1, 1, 0, 0}, most[] = {9999, 12, 31, 23, 59};
    int64_t v[INGEST_KEYS_MAX] = {1, 1, 1, 0, 0};
    for (int i = 0; i < c->ingest_keys; i++) {
        const char *text = json_string_value(json_array_get(values, (size_t)i));
        bool digits = text && *text && strspn(text, "0123456789") == strlen(text);
        if (!digits || !parse_int64(span_of(text), &v[i]) || v[i] < least[i] || v[i] > most[i]) return false;
    }
    struct civil begin = {.year = v[0], .month = (int)v[1], .day = (int)v[2], .hour = (int)v[3],
                          .minute = (int)v[4]};
    if (c->ingest_keys == 1) begin.year++;
    if (c->ingest_keys == 2 && begin.month++ == 12) begin.month = 1, begin.year++;
    *end_us = us_from_civil(&begin) + sizes[c->ingest_keys - 1];
    return true;
}

/* The folder of a partition; `other`: the last digit of its ingest time escaped, which reads as the
 * same value. */
static const char *folder_name(struct compaction *c, const json_t *values, bool other)
{
    struct buffer path = {0};
    buffer_append_text(&path, c->prefix);
    for (int i = 0; i < c->table.partition_keys->field_count; i++) {
        const char *value = json_string_value(json_array_get(values, (size_t)i));
        bool null = !value || strcmp(value, HIVE_NULL) == 0;
        hive_append(&path, c->table.partition_keys->fields[i].name, span_of(null ? "" : value));
        if (!other || i != c->ingest_keys - 1) continue;
        char digit = path.data[path.size - 2];
        path.size -= 2;
        buffer_printf(&path, "%%%02X/", digit);
    }
    const char *out = arena_text(&c->arena, buffer_span(&path));
    buffer_release(&path);
    return out;
}

static bool take_partition(void *context, json_t *partition)
{
    struct compaction *c = context;
    json_t *values = json_object_get(partition, "Values");
    const char *location = json_text(json_object_get(partition, "StorageDescriptor"), "Location");
    if (!is_wanted(c, values)) return true;
    c->units = must_realloc(c->units, (c->count + 1) * sizeof *c->units);
    struct unit *u = &c->units[c->count++];
    *u = (struct unit){.values = json_incref(values), .bucket = c->bucket};
    u->location = arena_text(&c->arena, span_of(location ? location : ""));
    if (!ingest_end(c, values, &u->end_us)) {
        decide(u, "skipped", "its ingest time is no time");
        return true;
    }
    u->folder = folder_name(c, values, false);
    u->merged_folder = folder_name(c, values, true);
    u->to = arena_printf(&c->arena, "s3://%s/%s", c->bucket, u->merged_folder);
    return true;
}

static error select_units(struct compaction *c)
{
    const struct compact_options *o = c->options;
    TRY(check_wanted(c));
    TRY(o->catalog->ops->partitions(o->catalog, o->database, o->table, NULL, take_partition, c));
    if (c->count == 0 && json_object_size(o->partition))
        return fail(ERR_NOT_FOUND, "%s.%s has no such partition", o->database, o->table);
    return OK;
}

/* ---- a plan, carried out ---- */

static error take_back(struct compaction *c, struct unit *u)
{
    struct object_store *objects = c->options->objects;
    size_t i;
    json_t *file;
    log_line(LOG_WARN, "compact", "%s: the merged files were staged and are gone, taking the plan back",
             u->folder);
    json_array_foreach(json_object_get(u->log.plan, "files"), i, file) {
        const char *key = json_text(file, "key"), *token = json_text(file, "token");
        error e = objects->ops->upload_abort(objects, c->bucket, key, token);
        if (e != OK && e != ERR_NO_SUCH_UPLOAD) return e;
        TRY(objects->ops->remove(objects, c->bucket, key));
    }
    return compact_log_done(&c->arena, objects, &u->log, true);
}

/* Publishes and swaps. *back: staged bytes were gone, the plan is taken back. */
static error carry_out(struct compaction *c, struct unit *u, bool *back)
{
    const struct compact_options *o = c->options;
    const json_t *plan = u->log.plan;
    const char *from = json_text(plan, "from"), *to = json_text(plan, "to");
    size_t i;
    json_t *file;
    *back = false;
    if (!from || !to) return fail(ERR_CORRUPT, "the compaction's plan of %s names no locations", u->folder);
    if (strcmp(u->location, to) == 0) return OK; /* it was swapped before */
    json_array_foreach(json_object_get(plan, "files"), i, file) {
        error e = o->objects->ops->upload_complete(o->objects, c->bucket, json_text(file, "key"),
                                                   json_text(file, "token"));
        *back = e == ERR_NO_SUCH_UPLOAD;
        if (*back) return take_back(c, u);
        TRY(e);
    }
    TRY(o->catalog->ops->move_partition(o->catalog, o->database, o->table, u->values, from, to));
    u->location = u->to;
    return OK;
}

static error remove_sources(struct compaction *c, struct unit *u)
{
    struct object_store *objects = c->options->objects;
    size_t i;
    json_t *source;
    json_array_foreach(json_object_get(u->log.plan, "sources"), i, source) {
        const char *key = json_text(source, "key");
        if (!key) return fail(ERR_CORRUPT, "the compaction's plan of %s has a source without a key", u->folder);
        TRY(objects->ops->remove(objects, c->bucket, key));
    }
    TRY(compact_sweep(c->options, u, &c->arena)); /* of another that came second */
    return compact_log_done(&c->arena, objects, &u->log, false);
}

static void tell_plan(struct unit *u)
{
    size_t i;
    json_t *entry;
    u->sources = (int64_t)json_array_size(json_object_get(u->log.plan, "sources"));
    u->files = (int64_t)json_array_size(json_object_get(u->log.plan, "files"));
    u->source_bytes = u->file_bytes = u->rows = 0;
    json_array_foreach(json_object_get(u->log.plan, "sources"), i, entry)
        u->source_bytes += json_integer_or(entry, "bytes", 0);
    json_array_foreach(json_object_get(u->log.plan, "files"), i, entry) {
        u->file_bytes += json_integer_or(entry, "bytes", 0);
        u->rows += json_integer_or(entry, "rows", 0);
    }
}

/* ---- what to do with each ---- */

static error count_object(void *context, const struct object_info *object)
{
    (void)object;
    ++*(int64_t *)context;
    return OK;
}

static error count_objects(struct compaction *c, const char *folder, int64_t *count)
{
    *count = 0;
    return ledger_list(c->options->objects, c->bucket, folder, &c->arena, count_object, count);
}

static bool is_at(struct compaction *c, const char *location, const char *folder)
{
    const char *bucket, *key;
    if (object_url_parse(&c->arena, location, &bucket, &key) != OK) return false;
    size_t length = strlen(folder);
    return strcmp(bucket, c->bucket) == 0 && strncmp(key, folder, length - 1) == 0 &&
           (key[length - 1] == '\0' || strcmp(key + length - 1, "/") == 0);
}

static const char *open_reason(struct compaction *c, const struct unit *u)
{
    return arena_printf(&c->arena, "it is still open: its time ends at %s, and --closed-for %lld minutes "
                        "must have passed since", date_iso8601(&c->arena, u->end_us),
                        (long long)(c->options->closed_for_us / (60 * US_PER_SECOND)));
}

/* Goes on with a plan that was left; else looks whether there is anything to merge. */
static error look_at(struct compaction *c, struct unit *u)
{
    const struct compact_options *o = c->options;
    int64_t objects;
    bool back = false;
    TRY(compact_log_read(&c->arena, o->objects, c->bucket, u->folder, &u->log));
    if (u->log.plan && !u->log.done) {
        tell_plan(u);
        if (!o->dry_run) TRY(carry_out(c, u, &back));
        if (!back) {
            decide(u, o->dry_run ? "unfinished" : "swapped", NULL);
            return OK;
        }
        compact_log_close(&u->log);
        TRY(compact_log_read(&c->arena, o->objects, c->bucket, u->folder, &u->log));
    }
    if (u->log.plan) {
        tell_plan(u);
        decide(u, "nothing", "it was compacted before");
        return OK;
    }
    if (!is_at(c, u->location, u->folder)) {
        decide(u, "skipped", arena_printf(&c->arena, "its location is %s, jobs write to s3://%s/%s",
                                          u->location, c->bucket, u->folder));
        return OK;
    }
    if (now_us() < u->end_us + o->closed_for_us) {
        decide(u, "open", open_reason(c, u));
        return OK;
    }
    TRY(count_objects(c, u->folder, &objects));
    if (objects < 2) decide(u, "nothing", "it has no two files");
    return OK;
}

/* ---- who else may write there ---- */

static error take_ledger(void *context, struct ledger *ledger)
{
    struct compaction *c = context;
    c->ledgers = must_realloc(c->ledgers, (c->ledger_count + 1) * sizeof *c->ledgers);
    c->ledgers[c->ledger_count++] = *ledger;
    return OK;
}

static error read_ledgers(struct compaction *c)
{
    const struct compact_options *o = c->options;
    struct ledger ledger;
    TRY(ledger_each(&c->arena, o->objects, c->bucket, take_ledger, c));
    if (!o->checkpoint) return OK;
    TRY(ledger_open(&c->arena, o->objects, o->checkpoint, &ledger));
    if (!ledger.metadata) return fail(ERR_NOT_FOUND, "there is no checkpoint at %s", o->checkpoint);
    return take_ledger(c, &ledger);
}

static bool writes_to(const struct compaction *c, const json_t *plan, const char *folder)
{
    size_t i;
    json_t *file;
    json_array_foreach(json_object_get(plan, "files"), i, file) {
        const char *bucket = json_text(file, "bucket"), *key = json_text(file, "key");
        if (bucket && key && strcmp(bucket, c->bucket) == 0 && strncmp(key, folder, strlen(folder)) == 0)
            return true;
    }
    return false;
}

/* A batch of the folder that is planned and not committed. */
static const char *pending_reason(struct compaction *c, const struct unit *u)
{
    for (size_t i = 0; i < c->ledger_count; i++) {
        const struct ledger *l = &c->ledgers[i];
        if (ledger_rewinding(l))
            return arena_printf(&c->arena, "batches of job %s are being taken back", l->job);
        for (size_t k = 0; k < l->count; k++) {
            const struct ledger_batch *b = &l->batches[k];
            if (b->number > l->committed && writes_to(c, b->plan, u->folder))
                return arena_printf(&c->arena, "batch %lld of job %s has files for it and is not committed: "
                                    "the job's next run finishes it", (long long)b->number, l->job);
        }
    }
    return NULL;
}

static bool is_known(const struct compaction *c, const char *job)
{
    for (size_t i = 0; i < c->ledger_count; i++)
        if (strcmp(c->ledgers[i].job, job) == 0) return true;
    return false;
}

/* Every file must be a job's whose checkpoint was looked at. */
static const char *foreign_reason(struct compaction *c, const struct audit *files)
{
    for (size_t i = 0; i < files->file_count; i++) {
        const struct audit_file *f = &files->files[i];
        if (f->trouble) return arena_printf(&c->arena, "%s: %s", f->key, f->trouble);
        if (f->merged || !f->job || !f->footer->schema)
            return arena_printf(&c->arena, "%s was not written by a job", f->key);
        if (!is_known(c, f->job))
            return arena_printf(&c->arena, "%s is of job %s, whose checkpoint is not below cp/ of the bucket: "
                                "say where it is (--checkpoint)", f->key, f->job);
    }
    return NULL;
}

/* ---- one partition ---- */

static json_t *plan_of(const struct unit *u, const struct audit *files, const struct data_file *merged)
{
    json_t *sources = json_array(), *list = json_array();
    for (size_t i = 0; i < files->file_count; i++)
        json_array_append_new(sources, json_pack("{s:s, s:I, s:I}", "key", files->files[i].key, "rows",
                                                 (json_int_t)files->files[i].rows, "bytes",
                                                 (json_int_t)files->files[i].size));
    for (int64_t i = 0; i < u->files; i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:I}", "key", merged[i].key, "token",
                                              merged[i].token, "rows", (json_int_t)merged[i].rows, "bytes",
                                              (json_int_t)merged[i].bytes));
    return json_pack("{s:i, s:O, s:s, s:s, s:I, s:o, s:o}", "version", 1, "values", u->values, "from",
                     u->location, "to", u->to, "time_us", (json_int_t)now_us(), "sources", sources, "files",
                     list);
}

static error discard(struct compaction *c, const struct data_file *files, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        error e = table_discard(c->options->objects, &files[i]);
        if (e != OK && e != ERR_NO_SUCH_UPLOAD) return e;
    }
    return OK;
}

/* Merges, plans and swaps. */
static error merge_unit(struct compaction *c, struct unit *u, struct audit *files)
{
    const struct compact_options *o = c->options;
    struct data_file *merged;
    size_t count;
    bool back;
    TRY(compact_merge(o, u, files, &c->arena, &merged, &count));
    u->files = (int64_t)count;
    json_t *plan = plan_of(u, files, merged);
    error e = compact_log_plan(&c->arena, o->objects, &u->log, plan);
    json_decref(plan);
    if (e == ERR_FENCED) {
        decide(u, "skipped", arena_text(&c->arena, span_of(error_text())));
        return discard(c, merged, count);
    }
    TRY(e);
    tell_plan(u);
    TRY(carry_out(c, u, &back));
    decide(u, back ? "skipped" : "swapped", back ? "its merged files got lost: compact again" : NULL);
    return OK;
}

static error compact_files(struct compaction *c, struct unit *u, struct audit *files)
{
    const struct compact_options *o = c->options;
    int64_t others;
    TRY(audit_read_files(files, arena_printf(&c->arena, "s3://%s/%s", c->bucket, u->folder), false));
    const char *foreign = foreign_reason(c, files);
    TRY(count_objects(c, u->merged_folder, &others));
    if (foreign) {
        decide(u, "refused", foreign);
        return OK;
    }
    compact_measure(o, u, files);
    if (u->files == u->sources) decide(u, "nothing", "its files are as large as they should be");
    else if (others) decide(u, "skipped", arena_printf(&c->arena, "there are files at %s already: another "
                                                       "compaction's, or not Sluice's", u->to));
    else if (o->dry_run) decide(u, "to do", NULL);
    else return merge_unit(c, u, files);
    return OK;
}

/* What was to be read may be gone because somebody planned for the folder meanwhile; *who NULL: nobody. */
static error overtaken_by(struct compaction *c, const struct unit *u, const char **who)
{
    struct compact_log log = {0};
    *who = NULL;
    error e = compact_log_read(&c->arena, c->options->objects, c->bucket, u->folder, &log);
    if (e == OK && log.plan) *who = "another compaction came first";
    else if (e == OK && log.next != u->log.next) *who = "a job has files for it that are on their way";
    compact_log_close(&log);
    return e;
}

static error compact_unit(struct compaction *c, struct unit *u)
{
    struct audit files = {.objects = c->options->objects};
    const char *pending = pending_reason(c, u);
    if (pending) {
        decide(u, "open", pending);
        return OK;
    }
    error e = compact_files(c, u, &files);
    audit_release(&files);
    if (e == OK && strcmp(u->state, "refused") != 0) return OK;
    const char *said = arena_text(&c->arena, span_of(error_text()));
    const char *who;
    TRY(overtaken_by(c, u, &who));
    if (who) {
        decide(u, "skipped", who);
        return OK;
    }
    return e == OK ? OK : fail(e, "%s", said);
}

/* ---- all of them ---- */

static error compact_units(struct compaction *c)
{
    const struct compact_options *o = c->options;
    bool any = false;
    for (size_t i = 0; i < c->count; i++) {
        if (c->units[i].state) continue;
        TRY(look_at(c, &c->units[i]));
        any |= !c->units[i].state;
    }
    if (!any) return OK;
    for (size_t i = 0; i < c->count && !o->dry_run; i++)
        if (!c->units[i].state) TRY(compact_log_begin(&c->arena, o->objects, &c->units[i].log));
    TRY(read_ledgers(c));
    for (size_t i = 0; i < c->count; i++)
        if (!c->units[i].state) TRY(compact_unit(c, &c->units[i]));
    return OK;
}

static bool is_swapped(const struct unit *u)
{
    return u->state && strcmp(u->state, "swapped") == 0;
}

/* Readers that were told the old folder have `grace` to list and read it. */
static error remove_replaced(struct compaction *c)
{
    bool any = false;
    for (size_t i = 0; i < c->count; i++) any |= is_swapped(&c->units[i]);
    if (any && c->options->grace_us) world->sleep_us(c->options->grace_us);
    for (size_t i = 0; i < c->count; i++) {
        if (!is_swapped(&c->units[i])) continue;
        TRY(remove_sources(c, &c->units[i]));
        decide(&c->units[i], "compacted", NULL);
    }
    return OK;
}

static json_t *report_document(const struct compaction *c)
{
    json_t *list = json_array();
    for (size_t i = 0; i < c->count; i++) {
        const struct unit *u = &c->units[i];
        json_array_append_new(list, json_pack("{s:O, s:s, s:s?, s:s, s:I, s:I, s:I, s:I, s:I}", "values",
                                              u->values, "state", u->state, "reason", u->reason, "location",
                                              u->location, "files_before", (json_int_t)u->sources,
                                              "bytes_before", (json_int_t)u->source_bytes, "files_after",
                                              (json_int_t)u->files, "bytes_after",
                                              (json_int_t)u->file_bytes, "rows", (json_int_t)u->rows));
    }
    return json_pack("{s:s, s:s, s:b, s:o}", "database", c->options->database, "table", c->options->table,
                     "dry_run", c->options->dry_run, "partitions", list);
}

static void close_all(struct compaction *c)
{
    for (size_t i = 0; i < c->count; i++) {
        compact_log_close(&c->units[i].log);
        json_decref(c->units[i].values);
    }
    for (size_t i = 0; i < c->ledger_count; i++) ledger_close(&c->ledgers[i]);
    free(c->units);
    free(c->ledgers);
    json_decref(c->document);
    arena_release(&c->arena);
}

error job_compact(const struct compact_options *options, json_t **report)
{
    struct compaction c = {.options = options};
    error e = open_table(&c);
    if (e == OK) e = select_units(&c);
    if (e == OK) e = compact_units(&c);
    if (e == OK) e = remove_replaced(&c);
    if (e == OK) *report = report_document(&c);
    close_all(&c);
    return e;
}
