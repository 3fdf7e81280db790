#include "query/lint_internal.h"

#include <stdlib.h>

enum { TAIL_BYTES = 64 << 10, LIST_PAGE = 1000 };

/* ---- findings ---- */

void lint_tell(struct lint *l, struct finding f)
{
    static const char *const severities[] = {"error", "warning", "note"};
    const char *key = arena_printf(l->arena, "%s/%s", f.kind, f.column ? f.column : f.text);
    if (json_object_get(l->told, key)) return;
    json_object_set_new(l->told, key, json_true());
    json_array_append_new(l->findings, json_pack("{s:s, s:s, s:s*, s:s, s:s*, s:s*}", "severity",
                                                 severities[f.severity], "kind", f.kind, "column",
                                                 f.column, "text", f.text, "fix_table", f.fix_table,
                                                 "fix_writer", f.fix_writer));
}

/* ---- the table's own document ---- */

static void document_look(struct lint *l)
{
    const json_t *columns =
        json_object_get(json_object_get(l->document, "StorageDescriptor"), "Columns");
    if (!json_text(l->document, "TableType"))
        lint_tell(
            l,
            (struct finding){
                LINT_ERROR, "no TableType", NULL,
                "the table has no TableType: Athena fails with NullPointerException Name is null",
                "give it TableType EXTERNAL_TABLE (UpdateTable)", NULL});
    for (size_t i = 0; i < json_array_size(columns); i++) {
        const char *name = json_text(json_array_get(columns, i), "Name");
        const char *type = json_text(json_array_get(columns, i), "Type");
        if (type && strcmp(type, "integer") == 0)
            lint_tell(l, (struct finding){
                             LINT_WARNING, "type text", name,
                             arena_printf(
                                 l->arena,
                                 "column %s has the type text 'integer', which Hive's type parser "
                                 "does not know (DDL stores int)",
                                 name),
                             arena_printf(l->arena, "declare %s as int", name), NULL});
    }
}

/* ---- files ---- */

static error footer_read(struct lint *l, const char *bucket, const struct object_info *object,
                         struct parquet_footer **out)
{
    struct buffer tail = {0};
    size_t want = object->size < TAIL_BYTES ? (size_t)object->size : TAIL_BYTES, need = 0;
    error e = ERR_TOO_LARGE;
    for (int round = 0; round < 2 && e == ERR_TOO_LARGE; round++, want = need) {
        buffer_reset(&tail);
        e = l->objects->ops->get_range(l->objects, bucket, object->key, -(int64_t)want, want,
                                       &tail);
        if (e == OK)
            e = parquet_footer_read(l->arena, arena_span(l->arena, buffer_span(&tail)),
                                    object->size, out, &need);
        if (need > (size_t)object->size) break;
    }
    buffer_release(&tail);
    return e;
}

static void missing_tell(struct lint *l, const struct field *f, const struct schema *written,
                         const char *where)
{
    const char *like = NULL;
    for (int i = 0; i < written->field_count && !like; i++)
        if (schema_find(l->table->schema, span_of(written->fields[i].name)) < 0 &&
            type_equal(written->fields[i].type, f->type))
            like = written->fields[i].name;
    lint_tell(l,
              (struct finding){
                  LINT_WARNING, "missing column", f->name,
                  arena_printf(l->arena, "column %s is not in %s: it reads NULL%s%s%s", f->name,
                               where, like ? " (was it renamed? " : "", like ? like : "",
                               like ? " is there and not in the table)" : ""),
                  like ? arena_printf(l->arena, "declare %s in place of %s", like, f->name) : NULL,
                  arena_printf(l->arena, "write %s", f->name)});
}

static void columns_look(struct lint *l, const struct schema *written,
                         const struct parquet_footer *footer, const char *where)
{
    const struct schema *declared = l->table->schema;
    for (int i = 0; i < declared->field_count; i++) {
        const struct field *f = &declared->fields[i];
        int at = schema_find(written, span_of(f->name));
        if (at < 0) {
            missing_tell(l, f, written, where);
            continue;
        }
        lint_types(l, f->name, written->fields[at].type, f->type, where);
        if (footer) lint_range(l, f, footer, where);
        if (strcmp(written->fields[at].name, f->name) != 0)
            lint_tell(
                l, (struct finding){
                       LINT_NOTE, "case", f->name,
                       arena_printf(l->arena,
                                    "column %s is spelled %s in %s: Athena does not mind, readers "
                                    "that match names exactly do",
                                    f->name, written->fields[at].name, where),
                       NULL, arena_printf(l->arena, "write it as %s", f->name)});
    }
    for (int i = 0; i < written->field_count; i++) {
        const struct field *f = &written->fields[i];
        if (schema_find(declared, span_of(f->name)) >= 0) continue;
        bool key = schema_find(l->table->partition_keys, span_of(f->name)) >= 0;
        lint_tell(l, (struct finding){
                         LINT_NOTE, key ? "partition column in files" : "extra column", f->name,
                         arena_printf(l->arena,
                                      key ? "column %s is in %s and a partition column too: the "
                                            "partition's value counts"
                                          : "column %s of %s is not in the table",
                                      f->name, where),
                         key ? NULL
                             : arena_printf(l->arena, "ALTER TABLE %s.%s ADD COLUMNS (%s ...)",
                                            l->table->database, l->table->name, f->name),
                         NULL});
    }
}

static error file_look(struct lint *l, const char *bucket, const struct object_info *object)
{
    struct parquet_footer *footer;
    const char *where = arena_printf(l->arena, "s3://%s/%s", bucket, object->key);
    l->files++;
    error e = footer_read(l, bucket, object, &footer);
    if (e == ERR_CORRUPT || (e == OK && !footer->schema)) {
        lint_tell(l,
                  (struct finding){
                      LINT_ERROR, "not Parquet", NULL,
                      arena_printf(
                          l->arena, "%s is not read as Parquet: HIVE_CANNOT_OPEN_SPLIT (%s)", where,
                          e == OK ? "its schema has types that tables have not" : error_text()),
                      NULL, "remove the file, or give it a name that begins with _ or ."});
        return OK;
    }
    if (e == OK) columns_look(l, footer->schema, footer, where);
    return e;
}

static bool is_data(const struct object_info *object)
{
    const char *slash = strrchr(object->key, '/'), *base = slash ? slash + 1 : object->key;
    return object->size > 0 && *base && *base != '_' && *base != '.';
}

/* All data below a location; *found tells how many files. */
static error location_look(struct lint *l, const char *location, int64_t *found)
{
    const char *bucket, *key, *after = NULL;
    int64_t before = l->files;
    TRY(object_url_parse(l->arena, location, &bucket, &key));
    if (*key && key[strlen(key) - 1] != '/') key = arena_printf(l->arena, "%s/", key);
    for (bool more = true; more;) {
        struct object_info *page;
        size_t count;
        TRY(l->objects->ops->list(l->objects, bucket, key, after, LIST_PAGE, l->arena, &page,
                                  &count, &more));
        for (size_t i = 0; i < count; i++) {
            after = page[i].key;
            if (is_data(&page[i])) TRY(file_look(l, bucket, &page[i]));
        }
        more = more && count;
    }
    *found = l->files - before;
    return OK;
}

/* ---- partitions ---- */

struct partitions {
    struct lint *lint;
    json_t *canonical; /* values as the keys' types read them -> values as they are */
    json_t *locations; /* known ones, with a '/' at their ends */
    error failure;
};

static const char *slashed(struct arena *arena, const char *location)
{
    size_t size = strlen(location);
    return size && location[size - 1] == '/' ? location : arena_printf(arena, "%s/", location);
}

/* "2023/1/": integers without their zeros. NULL with a finding: a value its key cannot hold. */
static const char *canonical_name(struct lint *l, const json_t *values, const char *shown)
{
    const struct schema *keys = l->table->partition_keys;
    const char *name = "";
    int64_t number;
    for (int i = 0; i < keys->field_count; i++) {
        const char *value = json_string_value(json_array_get(values, (size_t)i));
        enum type_kind kind = keys->fields[i].type->kind;
        bool integer = kind >= TYPE_TINYINT && kind <= TYPE_BIGINT;
        bool null = !value || strcmp(value, HIVE_NULL) == 0;
        if (integer && !null && !parse_int64(span_of(value), &number)) {
            lint_tell(l, (struct finding){
                             LINT_ERROR, "partition value", keys->fields[i].name,
                             arena_printf(l->arena,
                                          "partition %s: '%s' is no integer, as column %s has them",
                                          shown, value, keys->fields[i].name),
                             arena_printf(l->arena, "ALTER TABLE %s.%s DROP PARTITION",
                                          l->table->database, l->table->name),
                             NULL});
            return NULL;
        }
        name = integer && !null ? arena_printf(l->arena, "%s%lld/", name, (long long)number)
                                : arena_printf(l->arena, "%s%s/", name, value ? value : "");
    }
    return name;
}

static const char *values_text(struct arena *arena, const json_t *values)
{
    const char *text = "";
    for (size_t i = 0; i < json_array_size(values); i++)
        text = arena_printf(arena, "%s%s%s", text, i ? "/" : "",
                            json_string_value(json_array_get(values, i)));
    return text;
}

/* "01" and "1" under an integer key. */
static void twin_look(struct partitions *p, const char *name, const char *shown,
                      const char *location)
{
    struct lint *l = p->lint;
    const json_t *other = json_object_get(p->canonical, name);
    if (!other) {
        json_object_set_new(p->canonical, name,
                            json_pack("{s:s, s:s}", "values", shown, "location", location));
        return;
    }
    bool same = strcmp(json_text(other, "location"), location) == 0;
    lint_tell(
        l, (struct finding){
               same ? LINT_ERROR : LINT_WARNING, "partition twice", NULL,
               arena_printf(l->arena, "partitions %s and %s are the same numbers%s",
                            json_text(other, "values"), shown,
                            same ? " and one folder: Athena counts its rows twice (Sluice once)"
                                 : " in two folders"),
               arena_printf(l->arena,
                            "drop the one whose text is not the folder's (ALTER TABLE %s.%s DROP "
                            "PARTITION)",
                            l->table->database, l->table->name),
               NULL});
}

/* A folder "k=v" of the location says another text than the value. */
static void folder_look(struct lint *l, const json_t *values, const char *location,
                        const char *shown)
{
    const struct schema *keys = l->table->partition_keys;
    for (int i = 0; i < keys->field_count; i++) {
        const char *mark = arena_printf(l->arena, "/%s=", keys->fields[i].name);
        const char *at = strstr(location, mark), *value = at ? at + strlen(mark) : NULL;
        const char *own = json_string_value(json_array_get(values, (size_t)i));
        size_t size = value ? strcspn(value, "/") : 0;
        if (!value || !own || strchr(value, '%') || span_is((span){value, size}, own)) continue;
        lint_tell(l,
                  (struct finding){
                      LINT_WARNING, "partition text", keys->fields[i].name,
                      arena_printf(
                          l->arena,
                          "partition %s has the value %s for %s, its folder says %.*s: MSCK REPAIR "
                          "TABLE in Athena would add the folder a second time",
                          shown, own, keys->fields[i].name, (int)size, value),
                      "drop it and run MSCK REPAIR TABLE", NULL});
    }
}

static void descriptor_look(struct lint *l, const json_t *partition, const char *shown)
{
    const json_t *columns =
        json_object_get(json_object_get(partition, "StorageDescriptor"), "Columns");
    for (size_t i = 0; i < json_array_size(columns); i++) {
        const char *name = json_text(json_array_get(columns, i), "Name");
        const char *text = json_text(json_array_get(columns, i), "Type");
        const struct type *type;
        int at = name ? schema_find(l->table->schema, span_of(name)) : -1;
        if (at < 0 || !text || type_parse(l->arena, span_of(text), &type) != OK ||
            type_equal(type, l->table->schema->fields[at].type))
            continue;
        lint_tell(
            l, (struct finding){
                   LINT_WARNING, "partition schema", name,
                   arena_printf(l->arena,
                                "partition %s declares column %s as %s, the table does not: "
                                "HIVE_PARTITION_SCHEMA_MISMATCH where the types cannot be coerced",
                                shown, name, text),
                   "drop the partition and add it again", NULL});
    }
}

static error partition_look(struct partitions *p, const json_t *partition)
{
    struct lint *l = p->lint;
    const json_t *values = json_object_get(partition, "Values");
    const char *shown = values_text(l->arena, values);
    const char *location = json_text(json_object_get(partition, "StorageDescriptor"), "Location");
    int64_t files = 0;
    l->partitions++;
    if (!location) {
        lint_tell(l, (struct finding){LINT_ERROR, "partition without location", NULL,
                                      arena_printf(l->arena, "partition %s has no location", shown),
                                      NULL, NULL});
        return OK;
    }
    location = arena_text(l->arena, span_of(slashed(l->arena, location)));
    const char *name = canonical_name(l, values, shown);
    if (name) twin_look(p, name, shown, location);
    folder_look(l, values, location, shown);
    descriptor_look(l, partition, shown);
    if (json_object_get(p->locations, location)) return OK;
    json_object_set_new(p->locations, location, json_true());
    TRY(location_look(l, location, &files));
    if (!files)
        lint_tell(l, (struct finding){LINT_WARNING, "empty partition", NULL,
                                      arena_printf(l->arena, "partition %s: there is no file at %s",
                                                   shown, location),
                                      arena_printf(l->arena, "ALTER TABLE %s.%s DROP PARTITION",
                                                   l->table->database, l->table->name),
                                      NULL});
    return OK;
}

static bool each_partition(void *context, json_t *partition)
{
    struct partitions *p = context;
    p->failure = partition_look(p, partition);
    return p->failure == OK;
}

/* Folders of data below the location that no partition names. */
static error unregistered_look(struct partitions *p)
{
    struct lint *l = p->lint;
    const char *bucket, *key, *after = NULL, *location = slashed(l->arena, l->table->location);
    TRY(object_url_parse(l->arena, location, &bucket, &key));
    for (bool more = true; more;) {
        struct object_info *page;
        size_t count;
        TRY(l->objects->ops->list(l->objects, bucket, key, after, LIST_PAGE, l->arena, &page,
                                  &count, &more));
        for (size_t i = 0; i < count; i++) {
            after = page[i].key;
            if (!is_data(&page[i])) continue;
            const char *slash = strrchr(page[i].key, '/');
            const char *folder =
                arena_printf(l->arena, "s3://%s/%.*s", bucket,
                             (int)(slash ? slash + 1 - page[i].key : 0), page[i].key);
            if (json_object_get(p->locations, folder)) continue;
            lint_tell(l, (struct finding){
                             LINT_WARNING, "unregistered folder", NULL,
                             arena_printf(l->arena,
                                          "%s has data and is no partition: queries do not see it",
                                          folder),
                             arena_printf(l->arena, "MSCK REPAIR TABLE %s.%s", l->table->database,
                                          l->table->name),
                             NULL});
            json_object_set_new(p->locations, folder, json_true());
        }
        more = more && count;
    }
    return OK;
}

static error partitions_look(struct lint *l)
{
    struct partitions p = {l, json_object(), json_object(), OK};
    error e = l->catalog->ops->partitions(l->catalog, l->table->database, l->table->name,
                                          NULL, each_partition, &p);
    if (e == OK) e = p.failure;
    if (e == OK) e = unregistered_look(&p);
    json_decref(p.canonical);
    json_decref(p.locations);
    return e;
}

/* ---- jobs ---- */

/* Whether a node of the job writes the table: by its name in the catalog, or by its location. */
static bool node_writes(const struct lint *l, const json_t *config)
{
    const json_t *policy = json_object_get(config, "SchemaChangePolicy");
    const char *database = json_text(policy, "Database"), *table = json_text(policy, "Table");
    const char *path = json_text(config, "Path");
    if (database && table && span_equal_nocase(span_of(database), span_of(l->table->database)) &&
        span_equal_nocase(span_of(table), span_of(l->table->name)))
        return true;
    return path && l->table->location &&
           strcmp(slashed(l->arena, path), slashed(l->arena, l->table->location)) == 0;
}

/* The columns that the job's last mapping makes. */
static error mapping_schema(struct lint *l, const json_t *mapping, struct schema **out)
{
    size_t count = json_array_size(mapping);
    struct field *fields = ARENA_ARRAY(l->arena, struct field, count + 1);
    struct schema *s = ARENA_NEW(l->arena, struct schema);
    for (size_t i = 0; i < count; i++) {
        const json_t *m = json_array_get(mapping, i);
        const char *name = json_text(m, "ToKey"), *type = json_text(m, "ToType");
        if (!name || !type || json_is_set(m, "Dropped")) continue;
        struct field *f = &fields[s->field_count];
        f->name = name;
        TRY(type_parse(l->arena, span_of(type), &f->type));
        s->field_count++;
    }
    s->fields = fields;
    *out = s;
    return OK;
}

static error job_look(struct lint *l, const json_t *job)
{
    json_t *nodes = json_object_get(job, "CodeGenConfigurationNodes"), *node, *config;
    const json_t *mapping = NULL;
    const char *id, *kind, *name = json_text(job, "Name");
    bool writes = false;
    struct schema *written;
    json_object_foreach(nodes, id, node) json_object_foreach(node, kind, config)
    {
        if (strcmp(kind, "ApplyMapping") == 0) mapping = json_object_get(config, "Mapping");
        else writes = writes || node_writes(l, config);
    }
    if (!writes || !mapping) return OK;
    TRY(mapping_schema(l, mapping, &written));
    columns_look(l, written, NULL, arena_printf(l->arena, "job %s", name ? name : "(unnamed)"));
    return OK;
}

/* ---- the whole ---- */

static error lint_in(struct lint *l, const json_t *jobs)
{
    int64_t files = 0;
    document_look(l);
    for (size_t i = 0; i < json_array_size(jobs); i++) TRY(job_look(l, json_array_get(jobs, i)));
    const char *serde = l->table->serde;
    if (!l->table->location || strncmp(l->table->location, "s3", 2) != 0 ||
        (serde && !strstr(serde, "Parquet"))) {
        lint_tell(l,
                  (struct finding){LINT_NOTE, "not Parquet", NULL,
                                   "the table is not Parquet in the lake: files are not looked at",
                                   NULL, NULL});
        return OK;
    }
    if (l->table->partition_keys->field_count) return partitions_look(l);
    return location_look(l, l->table->location, &files);
}

static bool is_clean(const json_t *findings)
{
    for (size_t i = 0; i < json_array_size(findings); i++)
        if (strcmp(json_text(json_array_get(findings, i), "severity"), "note") != 0) return false;
    return true;
}

error query_lint(struct catalog *catalog, struct object_store *objects, const json_t *jobs,
                 const char *database, const char *name, json_t **report)
{
    struct arena arena = {0};
    struct table table;
    json_t *document;
    TRY(catalog->ops->get_table(catalog, database, name, &document));
    struct lint l = {.catalog = catalog,
                     .objects = objects,
                     .arena = &arena,
                     .document = document,
                     .table = &table,
                     .findings = json_array(),
                     .told = json_object()};
    error e = table_parse(&arena, document, &table);
    if (e == ERR_PARSE || e == ERR_INVALID_INPUT || e == ERR_UNSUPPORTED) {
        lint_tell(&l, (struct finding){LINT_ERROR, "table", NULL, error_text(), NULL, NULL});
        e = OK;
    } else if (e == OK) {
        e = lint_in(&l, jobs);
    }
    if (e == OK)
        *report = json_pack("{s:s, s:s, s:I, s:I, s:b, s:O}", "database", database, "table", name,
                            "files", (json_int_t)l.files, "partitions", (json_int_t)l.partitions,
                            "clean", is_clean(l.findings), "findings", l.findings);
    json_decref(l.findings);
    json_decref(l.told);
    json_decref(document);
    arena_release(&arena);
    return e;
}
