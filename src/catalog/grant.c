/* Whether a principal may do something with a name of the catalog, from the grants in the state.
 *
 * Allowed is what the root user does, what an administrator may do by right, what is open to
 * IAM_ALLOWED_PRINCIPALS (everything, until someone closes it), and what some grant covers; there
 * are no refusals among grants. Follows "Lake Formation permissions reference" of the developer
 * guide. */
#include "catalog/grant_internal.h"

#include <ctype.h>

/* ---- names ---- */

const char *const permission_names[] = {"ALL",      "SELECT", "INSERT",   "DELETE",
                                        "ALTER",    "DROP",   "DESCRIBE", "CREATE_TABLE",
                                        "CREATE_DATABASE", "DATA_LOCATION_ACCESS", NULL};

unsigned permission_bit(const char *name)
{
    for (unsigned i = 0; name && permission_names[i]; i++)
        if (strcmp(permission_names[i], name) == 0) return 1u << i;
    return 0;
}

unsigned permission_bits(const json_t *names)
{
    unsigned bits = 0;
    for (size_t i = 0; i < json_array_size(names); i++)
        bits |= permission_bit(json_string_value(json_array_get(names, i)));
    return bits;
}

/* "CREATE_TABLE" -> "Create Table", as the errors say it. */
static const char *permission_words(struct arena *arena, const char *name)
{
    char *words = arena_text(arena, span_of(name));
    for (char *p = words; *p; p++) {
        bool first = p == words || p[-1] == ' ';
        *p = (char)(*p == '_' ? ' ' : first ? *p : tolower((unsigned char)*p));
    }
    return words;
}

/* ---- paths ---- */

static void append_name(struct buffer *path, const char *name)
{
    buffer_append_byte(path, '/');
    if (!name) {
        buffer_append_byte(path, '*');
        return;
    }
    struct buffer folded = {0};
    for (const char *p = name; *p; p++)
        buffer_append_byte(&folded, (uint8_t)tolower((unsigned char)*p));
    percent_encode(path, buffer_span(&folded), false);
    buffer_release(&folded);
}

const char *grant_path(struct arena *arena, const char *kind, const char *database,
                       const char *table)
{
    struct buffer path = {0};
    buffer_append_text(&path, kind);
    append_name(&path, database);
    if (strcmp(kind, "database") != 0) append_name(&path, table);
    const char *kept = arena_text(arena, buffer_span(&path));
    buffer_release(&path);
    return kept;
}

/* "s3://bucket/key/" and "arn:aws:s3:::bucket/key" are one location. */
const char *grant_location_arn(struct arena *arena, const char *location)
{
    static const char scheme[] = "s3://", prefix[] = "arn:aws:s3:::";
    const char *rest = location;
    if (strncmp(location, scheme, sizeof scheme - 1) == 0) rest += sizeof scheme - 1;
    else if (strncmp(location, "s3a://", 6) == 0) rest += 6;
    else if (strncmp(location, prefix, sizeof prefix - 1) == 0) rest += sizeof prefix - 1;
    else return NULL;
    size_t size = strlen(rest);
    while (size && rest[size - 1] == '/') size--;
    return arena_printf(arena, "%s%.*s", prefix, (int)size, rest);
}

const char *grant_location_path(struct arena *arena, const char *arn)
{
    struct buffer path = {0};
    buffer_append_text(&path, "location/");
    percent_encode(&path, span_of(arn), false);
    const char *kept = arena_text(arena, buffer_span(&path));
    buffer_release(&path);
    return kept;
}

static const char *object_path(const struct grant_scope *s, const struct grant_object *o)
{
    if (o->location) return grant_location_path(s->arena, o->location);
    if (o->table) return grant_path(s->arena, "table", o->database, o->table);
    return o->database ? grant_path(s->arena, "database", o->database, NULL) : "catalog";
}

struct state_key grant_key(const struct grant_scope *s, const char *kind, const char *name)
{
    return (struct state_key){s->account, s->region, kind, name};
}

/* ---- settings ---- */

static json_t *fresh_settings(void)
{
    json_t *open = json_pack("[{s:{s:s}, s:[s]}]", "Principal", "DataLakePrincipalIdentifier",
                             IAM_ALLOWED, "Permissions", "ALL");
    return json_pack("{s:[], s:[], s:O, s:o, s:{s:s}, s:[], s:b, s:[], s:[]}", "DataLakeAdmins",
                     "ReadOnlyAdmins", "CreateDatabaseDefaultPermissions", open,
                     "CreateTableDefaultPermissions", open, "Parameters", "CROSS_ACCOUNT_VERSION",
                     "1", "TrustedResourceOwners", "AllowExternalDataFiltering", 0,
                     "ExternalDataFilteringAllowList", "AuthorizedSessionTagValueList");
}

error grant_settings(const struct grant_scope *s, json_t **out)
{
    error e = state_get(s->txn, grant_key(s, "lf-settings", "settings"), out);
    if (e != ERR_NOT_FOUND) return e;
    *out = fresh_settings();
    return OK;
}

static bool names_principal(const json_t *list, const char *principal)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_text(json_array_get(list, i), "DataLakePrincipalIdentifier");
        if (name && strcmp(name, principal) == 0) return true;
    }
    return false;
}

static bool is_root(const struct grant_scope *s)
{
    if (!s->principal) return true;
    size_t size = strlen(s->principal);
    return strncmp(s->principal, "arn:aws:iam::", 13) == 0 &&
           strncmp(s->principal + 13, s->account, strlen(s->account)) == 0 && size > 5 &&
           strcmp(s->principal + 13 + strlen(s->account), ":root") == 0;
}

bool grant_is_admin(const struct grant_scope *s, bool *read_only)
{
    json_t *settings;
    *read_only = false;
    if (is_root(s)) return true;
    if (grant_settings(s, &settings) != OK) return false;
    bool admin = names_principal(json_object_get(settings, "DataLakeAdmins"), s->principal);
    *read_only = names_principal(json_object_get(settings, "ReadOnlyAdmins"), s->principal);
    json_decref(settings);
    return admin;
}

/* ---- grants of one principal ---- */

error grant_closed(const struct grant_scope *s, const char *path, bool *closed)
{
    json_t *document;
    error e = state_get(s->txn, grant_key(s, "lf-closed", path), &document);
    *closed = e == OK;
    if (e == OK) json_decref(document);
    return e == ERR_NOT_FOUND ? OK : e;
}

struct gather {
    const struct grant_scope *scope;
    const char *everyone; /* "ACCOUNT:IAMPrincipals" */
    bool below;           /* paths below the prefix count as well */
    size_t prefix;
    unsigned held, grantable;
    json_t *documents;    /* NULL: not wanted */
};

static bool gather_one(void *context, const char *name, json_t *document)
{
    struct gather *g = context;
    const char *principal = json_text(document, "Principal");
    if (!g->below && name[g->prefix] != '|') return true;
    if (!principal || (strcmp(principal, g->scope->principal) != 0 &&
                       strcmp(principal, g->everyone) != 0))
        return true;
    g->held |= permission_bits(json_object_get(document, "Permissions"));
    g->grantable |= permission_bits(json_object_get(document, "PermissionsWithGrantOption"));
    if (g->documents) json_array_append(g->documents, document);
    return true;
}

static error gather(struct gather *g, const char *path, bool below)
{
    const struct grant_scope *s = g->scope;
    g->everyone = arena_printf(s->arena, "%s:IAMPrincipals", s->account);
    g->below = below;
    g->prefix = strlen(path);
    return state_scan(s->txn, grant_key(s, "lf-grant", path), NULL, gather_one, g);
}

/* What the principal holds on a table, its columns and all tables included. */
static error gather_table(struct gather *g, const char *database, const char *table)
{
    struct arena *arena = g->scope->arena;
    TRY(gather(g, grant_path(arena, "table", database, table), false));
    if (table) TRY(gather(g, grant_path(arena, "table", database, NULL), false));
    TRY(gather(g, arena_printf(arena, "%s/", grant_path(arena, "columns", database, table)), true));
    if (table)
        TRY(gather(g, arena_printf(arena, "%s/", grant_path(arena, "columns", database, NULL)),
                   true));
    return OK;
}

/* A database shows to whoever holds anything in it. */
static error gather_database(struct gather *g, const char *database, bool inside)
{
    struct arena *arena = g->scope->arena;
    const char *path = grant_path(arena, "database", database, NULL);
    const char *rest = path + sizeof "database" - 1;
    TRY(gather(g, path, false));
    if (!inside) return OK;
    TRY(gather(g, arena_printf(arena, "table%s/", rest), true));
    return gather(g, arena_printf(arena, "columns%s/", rest), true);
}

/* The location's own grant, or one of a location above it. */
static error gather_location(struct gather *g, const char *location)
{
    char *arn = arena_text(g->scope->arena, span_of(location));
    for (char *end; *arn; *end = '\0') {
        TRY(gather(g, grant_location_path(g->scope->arena, arn), false));
        end = strrchr(arn, '/');
        if (!end) break;
    }
    return OK;
}

error grant_held(const struct grant_scope *s, const struct grant_object *o, unsigned wanted,
                 unsigned *held, unsigned *grantable)
{
    struct gather g = {.scope = s};
    if (o->location) TRY(gather_location(&g, o->location));
    else if (o->table)
        TRY(gather_table(&g, o->database, strcmp(o->table, GRANT_ALL_TABLES) == 0 ? NULL : o->table));
    else if (o->database)
        TRY(gather_database(&g, o->database, (wanted & PERMISSION_DESCRIBE) != 0));
    else TRY(gather(&g, "catalog", false));
    *held = g.held;
    *grantable = g.grantable;
    return OK;
}

/* ---- registered locations ---- */

struct nearest { const char *arn, *found; struct arena *arena; };

static bool nearest_one(void *context, const char *name, json_t *document)
{
    struct nearest *n = context;
    size_t size = strlen(name);
    (void)document;
    if (strncmp(n->arn, name, size) == 0 && (n->arn[size] == '/' || !n->arn[size]) &&
        (!n->found || strlen(n->found) < size))
        n->found = arena_text(n->arena, span_of(name));
    return true;
}

error grant_location(const struct grant_scope *s, const char *location, const char **out)
{
    struct nearest n = {grant_location_arn(s->arena, location), NULL, s->arena};
    *out = NULL;
    if (!n.arn) return OK;
    TRY(state_scan(s->txn, grant_key(s, "lf-resource", ""), NULL, nearest_one, &n));
    *out = n.found;
    return OK;
}

/* ---- deciding ---- */

static unsigned admin_rights(bool admin, bool read_only)
{
    if (admin)
        return PERMISSION_DESCRIBE | PERMISSION_LOCATION | PERMISSION_CREATE_DATABASE;
    return read_only ? PERMISSION_DESCRIBE : 0;
}

/* Pure: whether what is held covers one of the permissions wanted. */
bool permission_covers(unsigned held, unsigned wanted)
{
    if (held & PERMISSION_ALL) return true;
    if ((wanted & PERMISSION_DESCRIBE) && held) return true;
    return (held & wanted) != 0;
}

static const char *resource_json(const struct grant_scope *s, const struct grant_object *o)
{
    json_t *resource =
        o->location   ? json_pack("{s:{s:s}}", "DataLocation", "ResourceArn", o->location)
        : o->table    ? json_pack("{s:{s:s, s:s}}", "Table", "DatabaseName", o->database, "Name",
                                  o->table)
        : o->database ? json_pack("{s:{s:s}}", "Database", "Name", o->database)
                      : json_pack("{s:{}}", "Catalog");
    struct buffer text = {0};
    json_print(&text, resource);
    json_decref(resource);
    const char *kept = arena_text(s->arena, buffer_span(&text));
    buffer_release(&text);
    return kept;
}

static error refuse(const struct grant_scope *s, unsigned wanted, const struct grant_object *o)
{
    unsigned first = 0;
    if (wanted & PERMISSION_ALTER) wanted = PERMISSION_ALTER; /* covers what comes after as well */
    while (!(wanted >> first & 1u)) first++;
    const char *name = permission_names[first];
    const char *on = o->location ? o->location : o->table ? o->table
                     : o->database ? o->database : "Catalog";
    return fail(ERR_ACCESS_DENIED,
                "Insufficient Lake Formation permission(s): Required %s on %s. To grant it: aws "
                "lakeformation grant-permissions --principal DataLakePrincipalIdentifier=%s "
                "--permissions %s --resource '%s'",
                permission_words(s->arena, name), on, s->principal, name, resource_json(s, o));
}

error grant_require(const struct grant_scope *s, unsigned wanted, const struct grant_object *object)
{
    struct grant_object o = *object;
    bool closed = true, read_only;
    unsigned held, grantable;
    if (is_root(s)) return OK;
    if (o.location) {
        const char *registered;
        TRY(grant_location(s, o.location, &registered));
        if (!registered) return OK;
        o.location = grant_location_arn(s->arena, o.location);
    } else {
        TRY(grant_closed(s, object_path(s, &o), &closed));
        if (!closed) return OK;
    }
    bool admin = grant_is_admin(s, &read_only);
    if (admin_rights(admin, read_only) & wanted) return OK;
    TRY(grant_held(s, &o, wanted, &held, &grantable));
    return permission_covers(held, wanted) ? OK : refuse(s, wanted, &o);
}

/* ---- columns ---- */

static bool listed(const json_t *list, const char *name)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *one = json_string_value(json_array_get(list, i));
        if (one && strcasecmp(one, name) == 0) return true;
    }
    return false;
}

/* Whether one of the grants shows the column. */
static bool shown(const json_t *documents, const char *column)
{
    for (size_t i = 0; i < json_array_size(documents); i++) {
        const json_t *d = json_array_get(documents, i);
        const json_t *included = json_object_get(d, "Columns");
        const json_t *excluded = json_object_get(d, "Excluded");
        unsigned held = permission_bits(json_object_get(d, "Permissions"));
        if (held & PERMISSION_ALL) return true;
        if (!(held & PERMISSION_SELECT)) continue;
        if (included ? listed(included, column) : !listed(excluded, column)) return true;
    }
    return false;
}

static json_t *visible_of(const json_t *documents, const json_t *columns)
{
    json_t *visible = json_array();
    for (size_t i = 0; i < json_array_size(columns); i++) {
        json_t *name = json_array_get(columns, i);
        if (json_is_string(name) && shown(documents, json_string_value(name)))
            json_array_append(visible, name);
    }
    return visible;
}

error grant_columns(const struct grant_scope *s, const char *database, const char *table,
                    const json_t *columns, json_t **visible)
{
    bool closed = false;
    struct grant_object o = {.database = database, .table = table};
    *visible = NULL;
    if (is_root(s)) return OK;
    TRY(grant_closed(s, object_path(s, &o), &closed));
    if (!closed) return OK;
    struct gather g = {.scope = s, .documents = json_array()};
    error e = gather_table(&g, database, table);
    if (e == OK) {
        *visible = visible_of(g.documents, columns);
        size_t count = json_array_size(*visible);
        if (count == 0) e = refuse(s, PERMISSION_SELECT, &o);
        if (count == 0 || count == json_array_size(columns)) {
            json_decref(*visible);
            *visible = NULL;
        }
    }
    json_decref(g.documents);
    return e;
}

/* ---- creating ---- */

static bool opens(const json_t *defaults)
{
    for (size_t i = 0; i < json_array_size(defaults); i++) {
        const json_t *entry = json_array_get(defaults, i);
        const char *principal = json_text(json_object_get(entry, "Principal"),
                                          "DataLakePrincipalIdentifier");
        if (principal && strcmp(principal, IAM_ALLOWED) == 0 &&
            (permission_bits(json_object_get(entry, "Permissions")) & PERMISSION_ALL))
            return true;
    }
    return false;
}

error grant_close(const struct grant_scope *s, const char *path, bool close)
{
    struct state_key key = grant_key(s, "lf-closed", path);
    if (close) {
        json_t *document = json_object();
        error e = state_put(s->txn, key, document);
        json_decref(document);
        return e;
    }
    error e = state_delete(s->txn, key);
    return e == ERR_NOT_FOUND ? OK : e;
}

static error creator_give(const struct grant_scope *s, const struct grant_object *o)
{
    static const char database[] = "[\"ALL\",\"ALTER\",\"CREATE_TABLE\",\"DESCRIBE\",\"DROP\"]";
    static const char table[] =
        "[\"ALL\",\"ALTER\",\"DELETE\",\"DESCRIBE\",\"DROP\",\"INSERT\",\"SELECT\"]";
    json_t *all;
    if (is_root(s)) return OK;
    TRY(json_read(span_of(o->table ? table : database), &all));
    error e = grant_add(s, o, s->principal, all, all);
    json_decref(all);
    return e;
}

error grant_created(const struct grant_scope *s, const struct grant_object *o,
                    const json_t *database_document)
{
    json_t *settings;
    TRY(grant_settings(s, &settings));
    const json_t *defaults = json_object_get(settings, "CreateDatabaseDefaultPermissions");
    if (o->table) {
        defaults = json_object_get(database_document, "CreateTableDefaultPermissions");
        if (!json_is_array(defaults))
            defaults = json_object_get(settings, "CreateTableDefaultPermissions");
    }
    bool open = opens(defaults);
    json_decref(settings);
    TRY(grant_close(s, object_path(s, o), !open));
    return creator_give(s, o);
}
