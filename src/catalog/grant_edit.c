/* Giving, taking and listing grants, in Lake Formation's shapes and words. A grant of SELECT on a
 * table is kept, and listed, as one on its columns, as the service does; grants of one principal on
 * one resource merge. Columns are kept under "columns/DB/TABLE/": "*" all of them, "+" those named,
 * "-" all but those named; a "g" follows where the named ones may be granted on. */
#include "catalog/grant_internal.h"

#include <ctype.h>
#include <stdlib.h>

static const char refused[] =
    "Resource does not exist or requester is not authorized to access requested permissions.";

enum {
    ON_CATALOG = PERMISSION_CREATE_DATABASE | PERMISSION_ALL | PERMISSION_ALTER |
                 PERMISSION_DESCRIBE | PERMISSION_DROP,
    ON_DATABASE = PERMISSION_ALL | PERMISSION_ALTER | PERMISSION_CREATE_TABLE |
                  PERMISSION_DESCRIBE | PERMISSION_DROP,
    ON_TABLE = PERMISSION_ALL | PERMISSION_SELECT | PERMISSION_INSERT | PERMISSION_DELETE |
               PERMISSION_ALTER | PERMISSION_DROP | PERMISSION_DESCRIBE,
};

struct target {
    struct grant_object object; /* table "ALL_TABLES": the wildcard */
    bool columns;
    const json_t *included, *excluded; /* arrays; NULL: all columns */
    unsigned allowed;
};

/* ---- reading a Resource ---- */

static error invalid(const char *message)
{
    return fail(ERR_INVALID_INPUT, "%s", message);
}

static error table_read(const json_t *table, struct target *t)
{
    const char *name = json_text(table, "Name");
    bool wildcard = json_is_object(json_object_get(table, "TableWildcard"));
    bool all = name && strcmp(name, GRANT_ALL_TABLES) == 0;
    if (wildcard && name && !all)
        return invalid("Table name and table wildcard cannot be specified together.");
    if (!wildcard && !name) return invalid("Table name or table wildcard must be specified.");
    t->object.database = json_text(table, "DatabaseName");
    t->object.table = wildcard || all ? GRANT_ALL_TABLES : name;
    t->allowed = ON_TABLE;
    return OK;
}

static error columns_read(const json_t *table, struct target *t)
{
    const json_t *names = json_object_get(table, "ColumnNames");
    const json_t *wildcard = json_object_get(table, "ColumnWildcard");
    bool named = json_array_size(names) > 0;
    if (named == json_is_object(wildcard))
        return invalid("Either column names or a column wildcard must be specified.");
    t->object.database = json_text(table, "DatabaseName");
    t->object.table = json_text(table, "Name");
    t->columns = true;
    t->included = named ? names : NULL;
    t->excluded = named ? NULL : json_object_get(wildcard, "ExcludedColumnNames");
    if (json_array_size(t->excluded) == 0) t->excluded = NULL;
    t->allowed = PERMISSION_SELECT;
    return OK;
}

static error location_read(const struct grant_scope *s, const json_t *location, struct target *t)
{
    t->object.location = grant_location_arn(s->arena, json_text(location, "ResourceArn"));
    t->allowed = PERMISSION_LOCATION;
    return t->object.location ? OK : invalid("The resource ARN must be of an S3 location.");
}

static error target_read(const struct grant_scope *s, const json_t *resource, struct target *t)
{
    const char *kind = "";
    json_t *value = NULL;
    *t = (struct target){0};
    if (json_object_size(resource) != 1)
        return invalid("Resource must have exactly one of its members.");
    json_object_foreach((json_t *)resource, kind, value) break;
    const char *catalog = json_text(value, "CatalogId");
    if (catalog && strcmp(catalog, s->account) != 0)
        return fail(ERR_NOT_IMPLEMENTED, "Sluice does not serve catalogs of other accounts");
    if (strcmp(kind, "Table") == 0) return table_read(value, t);
    if (strcmp(kind, "TableWithColumns") == 0) return columns_read(value, t);
    if (strcmp(kind, "DataLocation") == 0) return location_read(s, value, t);
    if (strcmp(kind, "Catalog") == 0) t->allowed = ON_CATALOG;
    else if (strcmp(kind, "Database") == 0) {
        t->object.database = json_text(value, "Name");
        t->allowed = ON_DATABASE;
    } else return fail(ERR_NOT_IMPLEMENTED, "Sluice does not serve permissions on %s yet", kind);
    return OK;
}

static const char *table_or_all(const struct grant_object *o)
{
    return strcmp(o->table, GRANT_ALL_TABLES) == 0 ? NULL : o->table;
}

static const char *base_path(const struct grant_scope *s, const struct grant_object *o)
{
    if (o->location) return grant_location_path(s->arena, o->location);
    if (o->table) return grant_path(s->arena, "table", o->database, table_or_all(o));
    return o->database ? grant_path(s->arena, "database", o->database, NULL) : "catalog";
}

error grant_resource_path(const struct grant_scope *s, const json_t *resource, const char **path)
{
    struct target t;
    TRY(target_read(s, resource, &t));
    *path = base_path(s, &t.object);
    return OK;
}

/* ---- is it there ---- */

static bool has_column(const json_t *columns, const char *name)
{
    for (size_t i = 0; i < json_array_size(columns); i++) {
        const char *column = json_text(json_array_get(columns, i), "Name");
        if (column && strcasecmp(column, name) == 0) return true;
    }
    return false;
}

static error columns_check(const json_t *table, const json_t *names)
{
    const json_t *columns = json_object_get(json_object_get(table, "StorageDescriptor"), "Columns");
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        if (!name || (!has_column(columns, name) &&
                      !has_column(json_object_get(table, "PartitionKeys"), name)))
            return fail(ERR_INVALID_INPUT, "Column %.255s not found in table.", name ? name : "null");
    }
    return OK;
}

static error existing(const struct grant_scope *s, const char *kind, const char *path, json_t **out)
{
    error e = state_get(s->txn, grant_key(s, kind, strchr(path, '/') + 1), out);
    return e == ERR_NOT_FOUND ? fail(ERR_ACCESS_DENIED, refused) : e;
}

static error target_check(const struct grant_scope *s, const struct target *t)
{
    const struct grant_object *o = &t->object;
    json_t *document;
    if (o->location) {
        const char *registered;
        TRY(grant_location(s, o->location, &registered));
        return registered ? OK : fail(ERR_ENTITY_NOT_FOUND, "Entity not found: %s is not "
                                      "registered.", o->location);
    }
    if (!o->database) return OK;
    bool table = o->table && table_or_all(o);
    TRY(existing(s, table ? "glue-table" : "glue-database",
                 table ? base_path(s, o) : grant_path(s->arena, "database", o->database, NULL),
                 &document));
    error e = table ? columns_check(document, t->included) : OK;
    if (e == OK && table) e = columns_check(document, t->excluded);
    json_decref(document);
    return e;
}

/* ---- documents ---- */

static json_t *names_of(unsigned bits)
{
    static const char *const sorted[] = {
        "ALL", "ALTER", "CREATE_DATABASE", "CREATE_TABLE", "DATA_LOCATION_ACCESS", "DELETE",
        "DESCRIBE", "DROP", "INSERT", "SELECT", NULL};
    json_t *names = json_array();
    for (const char *const *name = sorted; *name; name++)
        if (bits & permission_bit(*name)) json_array_append_new(names, json_string(*name));
    return names;
}

static json_t *folded(const json_t *names)
{
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(names); i++) {
        char *name = must_strdup(json_string_value(json_array_get(names, i)));
        for (char *p = name; *p; p++) *p = (char)tolower((unsigned char)*p);
        json_array_append_new(out, json_string(name));
        free(name);
    }
    return out;
}

static bool holds(const json_t *list, const json_t *name)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_equal(json_array_get(list, i), name)) return true;
    return false;
}

/* The names of `a` that are (or are not) in `b`, then, for a union, those of `b` as well. */
static json_t *names_merge(const json_t *a, const json_t *b, bool keep_common, bool add)
{
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(a); i++)
        if (add || holds(b, json_array_get(a, i)) == keep_common)
            json_array_append(out, json_array_get(a, i));
    for (size_t i = 0; add && i < json_array_size(b); i++)
        if (!holds(a, json_array_get(b, i))) json_array_append(out, json_array_get(b, i));
    return out;
}

static json_t *resource_of(const struct grant_scope *s, const struct target *t,
                           const json_t *document)
{
    const struct grant_object *o = &t->object;
    if (o->location)
        return json_pack("{s:{s:s, s:s}}", "DataLocation", "CatalogId", s->account, "ResourceArn",
                         o->location);
    if (!o->database) return json_pack("{s:{s:s}}", "Catalog", "Id", s->account);
    struct buffer name = {0};
    for (const char *p = o->database; *p; p++) buffer_append_byte(&name, (uint8_t)tolower((uint8_t)*p));
    json_t *inner = json_pack("{s:s, s:s}", "CatalogId", s->account,
                              o->table ? "DatabaseName" : "Name", buffer_text(&name));
    buffer_reset(&name);
    json_t *out = json_object();
    if (!o->table) {
        json_object_set_new(out, "Database", inner);
        buffer_release(&name);
        return out;
    }
    bool all = !table_or_all(o);
    for (const char *p = o->table; *p; p++)
        buffer_append_byte(&name, (uint8_t)(all ? *p : tolower((uint8_t)*p)));
    json_object_set_new(inner, "Name", json_string(buffer_text(&name)));
    buffer_release(&name);
    if (!t->columns && all) json_object_set_new(inner, "TableWildcard", json_object());
    if (t->columns && t->included)
        json_object_set(inner, "ColumnNames", json_object_get(document, "Columns"));
    if (t->columns && !t->included) {
        json_t *wildcard = json_object();
        if (t->excluded)
            json_object_set(wildcard, "ExcludedColumnNames", json_object_get(document, "Excluded"));
        json_object_set_new(inner, "ColumnWildcard", wildcard);
    }
    json_object_set_new(out, t->columns ? "TableWithColumns" : "Table", inner);
    return out;
}

static const char *target_path(const struct grant_scope *s, const struct target *t, bool grantable)
{
    if (!t->columns) return base_path(s, &t->object);
    const char *path = grant_path(s->arena, "columns", t->object.database, table_or_all(&t->object));
    const char *which = t->included ? "+" : t->excluded ? "-" : "*";
    return arena_printf(s->arena, "%s/%s%s", path, which,
                        grantable && (t->included || t->excluded) ? "g" : "");
}

static struct state_key document_key(const struct grant_scope *s, const char *path,
                                     const char *principal)
{
    return grant_key(s, "lf-grant", arena_printf(s->arena, "%s|%s", path, principal));
}

static error document_get(const struct grant_scope *s, struct state_key key, json_t **out)
{
    error e = state_get(s->txn, key, out);
    if (e != ERR_NOT_FOUND) return e;
    *out = NULL;
    return OK;
}

static void stamp(const struct grant_scope *s, json_t *document, unsigned held, unsigned grantable)
{
    json_object_set_new(document, "Permissions", names_of(held));
    json_object_set_new(document, "PermissionsWithGrantOption", names_of(grantable));
    json_object_set_new(document, "LastUpdated", json_timestamp(now_us()));
    json_object_set_new(document, "LastUpdatedBy",
                        json_string(s->principal ? s->principal
                                                 : arena_printf(s->arena, "arn:aws:iam::%s:root",
                                                                s->account)));
}

/* The columns of a grant after one more: more named ones, fewer left out. */
static void columns_merge(json_t *document, const struct target *t)
{
    const char *member = t->included ? "Columns" : "Excluded";
    const json_t *more = t->included ? t->included : t->excluded;
    if (!more) return;
    json_t *fresh = folded(more), *old = json_object_get(document, member);
    json_t *merged = old ? names_merge(old, fresh, true, t->included != NULL) : json_incref(fresh);
    json_object_set_new(document, member, merged);
    json_decref(fresh);
}

static error target_add(const struct grant_scope *s, const struct target *t, const char *principal,
                        unsigned held, unsigned grantable)
{
    const char *path = target_path(s, t, grantable != 0);
    struct state_key key = document_key(s, path, principal);
    json_t *document;
    TRY(document_get(s, key, &document));
    held |= permission_bits(json_object_get(document, "Permissions"));
    grantable |= permission_bits(json_object_get(document, "PermissionsWithGrantOption"));
    if (!document) document = json_pack("{s:s, s:s}", "Path", path, "Principal", principal);
    if (t->columns) columns_merge(document, t);
    json_object_set_new(document, "Resource", resource_of(s, t, document));
    stamp(s, document, held, grantable);
    error e = state_put(s->txn, key, document);
    json_decref(document);
    return e;
}

/* SELECT on a table goes to its columns. */
static error split_add(const struct grant_scope *s, const struct target *t, const char *principal,
                       unsigned held, unsigned grantable)
{
    held |= grantable;
    if (!t->object.table || t->columns) return target_add(s, t, principal, held, grantable);
    struct target all = *t;
    all.columns = true;
    if (held & PERMISSION_SELECT)
        TRY(target_add(s, &all, principal, PERMISSION_SELECT, grantable & PERMISSION_SELECT));
    held &= ~(unsigned)PERMISSION_SELECT;
    return held ? target_add(s, t, principal, held, grantable & ~(unsigned)PERMISSION_SELECT) : OK;
}

error grant_add(const struct grant_scope *s, const struct grant_object *o, const char *principal,
                const json_t *permissions, const json_t *grantable)
{
    struct target t = {.object = *o};
    return split_add(s, &t, principal, permission_bits(permissions), permission_bits(grantable));
}

/* ---- taking ---- */

static error document_take(const struct grant_scope *s, const struct target *t, const char *path,
                           const char *principal, unsigned held_off, unsigned grantable_off,
                           bool *changed)
{
    struct state_key key = document_key(s, path, principal);
    json_t *document;
    TRY(document_get(s, key, &document));
    if (!document) return OK;
    unsigned held = permission_bits(json_object_get(document, "Permissions"));
    unsigned grantable = permission_bits(json_object_get(document, "PermissionsWithGrantOption"));
    unsigned after = held & ~held_off, grantable_after = grantable & ~(held_off | grantable_off);
    const json_t *columns = t->columns && t->included ? json_object_get(document, "Columns") : NULL;
    json_t *left = NULL;
    if (columns && held_off) {
        json_t *off = folded(t->included);
        left = names_merge(columns, off, false, false);
        bool some = json_array_size(left) < json_array_size(columns);
        json_decref(off);
        if (!some || json_array_size(left)) after = held, grantable_after = grantable;
        if (some) *changed = true;
        json_object_set_new(document, "Columns", left);
        json_object_set_new(document, "Resource", resource_of(s, t, document));
    }
    if (after != held || grantable_after != grantable) *changed = true;
    stamp(s, document, after, grantable_after);
    error e = after ? state_put(s->txn, key, document) : state_delete(s->txn, key);
    json_decref(document);
    return e;
}

/* ALL of which a part is taken becomes its parts first. */
static error all_expand(const struct grant_scope *s, const struct target *t, const char *principal)
{
    const char *path = base_path(s, &t->object);
    json_t *document;
    TRY(document_get(s, document_key(s, path, principal), &document));
    if (!document) return OK;
    bool all = permission_bits(json_object_get(document, "Permissions")) & PERMISSION_ALL;
    bool grant = permission_bits(json_object_get(document, "PermissionsWithGrantOption")) &
                 PERMISSION_ALL;
    json_decref(document);
    if (!all) return OK;
    bool changed;
    unsigned parts = (t->columns ? ON_TABLE : t->allowed) & ~(unsigned)PERMISSION_ALL;
    struct target whole = {.object = t->object};
    TRY(document_take(s, &whole, path, principal, PERMISSION_ALL, 0, &changed));
    return split_add(s, &whole, principal, parts, grant ? parts : 0);
}

static error target_take(const struct grant_scope *s, const struct target *t, const char *principal,
                         unsigned held, unsigned grantable, bool *changed)
{
    if (!(held & PERMISSION_ALL) && held) TRY(all_expand(s, t, principal));
    if (held & PERMISSION_ALL) held = ~0u;
    if (!t->columns)
        TRY(document_take(s, t, base_path(s, &t->object), principal, held, grantable, changed));
    if (!t->object.table) return OK;
    static const char *const variants[] = {"*", "+", "+g", "-", "-g"};
    const char *columns = grant_path(s->arena, "columns", t->object.database,
                                     table_or_all(&t->object));
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        const char kind = variants[i][0];
        bool all = !t->included && !t->excluded; /* the whole table: columns of any kind */
        if (!all && kind != (t->included ? '+' : '-')) continue;
        TRY(document_take(s, t, arena_printf(s->arena, "%s/%s", columns, variants[i]), principal,
                          held & PERMISSION_SELECT, grantable & PERMISSION_SELECT, changed));
    }
    return OK;
}

/* ---- IAM_ALLOWED_PRINCIPALS ---- */

struct closing { const struct grant_scope *scope; bool close, changed; error e; };

static error open_one(const struct grant_scope *s, const char *path, bool close, bool *changed)
{
    bool closed;
    TRY(grant_closed(s, path, &closed));
    if (closed != close) *changed = true;
    return closed == close ? OK : grant_close(s, path, close);
}

static bool close_table(void *context, const char *name, json_t *document)
{
    struct closing *c = context;
    (void)document;
    c->e = open_one(c->scope, arena_printf(c->scope->arena, "table/%s", name), c->close,
                    &c->changed);
    return c->e == OK;
}

static error iam_allowed_change(const struct grant_scope *s, const struct target *t,
                                unsigned permissions, bool close, bool *changed)
{
    bool catalog = !t->object.database && !t->object.location;
    unsigned whole = catalog ? PERMISSION_CREATE_DATABASE | PERMISSION_ALL : PERMISSION_ALL;
    if (t->object.location || t->columns || !(permissions & whole))
        return invalid("IAM_ALLOWED_PRINCIPALS holds ALL on databases and tables, and "
                       "CREATE_DATABASE on the catalog.");
    if (t->object.table && !table_or_all(&t->object)) {
        struct closing c = {s, close, false, OK};
        const char *path = grant_path(s->arena, "database", t->object.database, NULL);
        TRY(state_scan(s->txn, grant_key(s, "glue-table", arena_printf(
                           s->arena, "%s/", path + sizeof "database")), NULL, close_table, &c));
        *changed |= c.changed;
        return c.e;
    }
    return open_one(s, base_path(s, &t->object), close, changed);
}

/* ---- the two operations ---- */

/* "arn:aws:sts::1:assumed-role/NAME/SESSION" stands for the role. */
static error principal_read(const struct grant_scope *s, const json_t *entry, const char **out)
{
    static const char session[] = "assumed-role/";
    const char *text = json_text(json_object_get(entry, "Principal"), "DataLakePrincipalIdentifier");
    if (!text) return invalid("Principal is mandatory.");
    *out = text;
    if (strcmp(text, IAM_ALLOWED) == 0) return OK;
    if (strcmp(text, arena_printf(s->arena, "%s:IAMPrincipals", s->account)) == 0) return OK;
    const char *resource = strncmp(text, "arn:aws:", 8) == 0 ? strrchr(text, ':') + 1 : "";
    if (strncmp(text, "arn:aws:sts::", 13) == 0 &&
        strncmp(resource, session, sizeof session - 1) == 0) {
        const char *role = resource + sizeof session - 1;
        *out = arena_printf(s->arena, "arn:aws:iam::%.12s:role/%.*s", text + 13,
                            (int)strcspn(role, "/"), role);
        return OK;
    }
    if (strncmp(text, "arn:aws:iam::", 13) == 0 &&
        (strncmp(resource, "user/", 5) == 0 || strncmp(resource, "role/", 5) == 0 ||
         strcmp(resource, "root") == 0))
        return OK;
    return fail(ERR_INVALID_INPUT, "Invalid principal, %.255s", text);
}

/* The caller is an administrator, or may grant on each of the permissions. */
static error authority(const struct grant_scope *s, const struct target *t, unsigned permissions)
{
    bool read_only;
    unsigned held, grantable;
    if (grant_is_admin(s, &read_only)) return OK;
    TRY(grant_held(s, &t->object, 0, &held, &grantable));
    if (grantable & PERMISSION_ALL || (permissions & ~grantable) == 0) return OK;
    return fail(ERR_ACCESS_DENIED, refused);
}

struct change {
    const char *principal;
    struct target target;
    unsigned held, grantable;
};

static error permissions_read(const json_t *names, const struct target *t, unsigned *bits)
{
    *bits = 0;
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        unsigned bit = permission_bit(name);
        if (!(bit & t->allowed))
            return fail(ERR_INVALID_INPUT, "Permissions modification is invalid: %.64s is no "
                                           "permission on this resource.", name ? name : "null");
        *bits |= bit;
    }
    return OK;
}

static error change_read(const struct grant_scope *s, const json_t *entry, struct change *c)
{
    TRY(principal_read(s, entry, &c->principal));
    TRY(target_read(s, json_object_get(entry, "Resource"), &c->target));
    TRY(permissions_read(json_object_get(entry, "Permissions"), &c->target, &c->held));
    TRY(permissions_read(json_object_get(entry, "PermissionsWithGrantOption"), &c->target,
                         &c->grantable));
    if (!c->held && !c->grantable) return invalid("Permissions must not be empty.");
    return authority(s, &c->target, c->held | c->grantable);
}

error grant_give(const struct grant_scope *s, const json_t *entry)
{
    struct change c;
    bool changed;
    TRY(change_read(s, entry, &c));
    TRY(target_check(s, &c.target));
    if (strcmp(c.principal, IAM_ALLOWED) == 0)
        return iam_allowed_change(s, &c.target, c.held, false, &changed);
    return split_add(s, &c.target, c.principal, c.held, c.grantable);
}

error grant_take(const struct grant_scope *s, const json_t *entry)
{
    struct change c;
    bool changed = false;
    TRY(change_read(s, entry, &c));
    if (strcmp(c.principal, IAM_ALLOWED) == 0)
        TRY(iam_allowed_change(s, &c.target, c.held, true, &changed));
    else TRY(target_take(s, &c.target, c.principal, c.held, c.grantable, &changed));
    if (changed) return OK;
    return invalid("No permissions revoked. Grantee has no permissions and no grantable "
                   "permissions on resource.");
}

/* ---- listing ---- */

struct listing { const struct grant_scope *scope; json_t *out; const char *kind; error e; };

static bool list_grant(void *context, const char *name, json_t *document)
{
    struct listing *l = context;
    json_t *item = json_copy(document);
    (void)name;
    json_object_set_new(item, "Principal",
                        json_pack("{s:O}", "DataLakePrincipalIdentifier",
                                  json_object_get(document, "Principal")));
    json_object_del(item, "Columns");
    json_object_del(item, "Excluded");
    json_array_append_new(l->out, item);
    return true;
}

static error list_open(struct listing *l, const char *path, const struct target *t,
                       const char *permission)
{
    bool closed;
    TRY(grant_closed(l->scope, path, &closed));
    if (closed) return OK;
    json_array_append_new(
        l->out, json_pack("{s:s, s:{s:s}, s:o, s:[s], s:[]}", "Path", path, "Principal",
                          "DataLakePrincipalIdentifier", IAM_ALLOWED, "Resource",
                          resource_of(l->scope, t, NULL), "Permissions", permission,
                          "PermissionsWithGrantOption"));
    return OK;
}

static bool list_object(void *context, const char *name, json_t *document)
{
    struct listing *l = context;
    bool table = strcmp(l->kind, "table") == 0;
    struct target t = {0};
    t.object.database = json_text(document, table ? "DatabaseName" : "Name");
    t.object.table = table ? json_text(document, "Name") : NULL;
    l->e = list_open(l, arena_printf(l->scope->arena, "%s/%s", l->kind, name), &t, "ALL");
    return l->e == OK;
}

static error list_in(struct listing *l)
{
    const struct grant_scope *s = l->scope;
    struct target catalog = {0};
    TRY(list_open(l, "catalog", &catalog, "CREATE_DATABASE"));
    l->kind = "database";
    TRY(state_scan(s->txn, grant_key(s, "glue-database", ""), NULL, list_object, l));
    TRY(l->e);
    l->kind = "table";
    TRY(state_scan(s->txn, grant_key(s, "glue-table", ""), NULL, list_object, l));
    TRY(l->e);
    return state_scan(s->txn, grant_key(s, "lf-grant", ""), NULL, list_grant, l);
}

error grant_list(const struct grant_scope *s, json_t **array)
{
    struct listing l = {s, json_array(), NULL, OK};
    error e = list_in(&l);
    if (e == OK) *array = l.out;
    else json_decref(l.out);
    return e;
}

error grant_settings_put(const struct grant_scope *s, const json_t *settings)
{
    json_t *old, *kept = NULL;
    TRY(grant_settings(s, &old));
    kept = json_copy((json_t *)settings);
    /* members left out are empty afterwards; Parameters are kept by the service */
    if (!json_object_get(kept, "Parameters"))
        json_object_set(kept, "Parameters", json_object_get(old, "Parameters"));
    static const char *const lists[] = {
        "DataLakeAdmins", "ReadOnlyAdmins", "CreateDatabaseDefaultPermissions",
        "CreateTableDefaultPermissions", "TrustedResourceOwners", "ExternalDataFilteringAllowList",
        "AuthorizedSessionTagValueList"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (!json_object_get(kept, lists[i])) json_object_set_new(kept, lists[i], json_array());
    if (!json_object_get(kept, "AllowExternalDataFiltering"))
        json_object_set_new(kept, "AllowExternalDataFiltering", json_false());
    json_decref(old);
    error e = state_put(s->txn, grant_key(s, "lf-settings", "settings"), kept);
    json_decref(kept);
    return e;
}
