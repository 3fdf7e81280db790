/* Permissions on names of the catalog: Lake Formation's grants (AWS Lake Formation Developer Guide,
 * "Lake Formation permissions reference"), kept beside the catalog they guard.
 *
 *   lf-grant     PATH|PRINCIPAL  {"Path", "Principal", "Permissions", "PermissionsWithGrantOption",
 *                                 "Columns" or "Excluded", "LastUpdated", "LastUpdatedBy"}
 *   lf-closed    PATH            IAM_ALLOWED_PRINCIPALS may no more use it; all else is open
 *   lf-settings  settings        DataLakeSettings as put
 *   lf-resource  ARN             ResourceInfo of a registered location
 *
 * PATH: catalog, database/DB, table/DB/T, columns/DB/T/..., location/ARN; names folded to lower case
 * and percent-encoded, "*" for all tables. SELECT on a table is kept with its columns. */
#pragma once

#include "base/base.h"
#include "state/state.h"

#define IAM_ALLOWED "IAM_ALLOWED_PRINCIPALS"

enum permission {
    PERMISSION_ALL = 1, PERMISSION_SELECT = 2, PERMISSION_INSERT = 4, PERMISSION_DELETE = 8,
    PERMISSION_ALTER = 16, PERMISSION_DROP = 32, PERMISSION_DESCRIBE = 64,
    PERMISSION_CREATE_TABLE = 128, PERMISSION_CREATE_DATABASE = 256, PERMISSION_LOCATION = 512,
};

/* A transaction, and whose permissions are asked for. */
struct grant_scope {
    struct state_txn *txn;
    struct arena *arena;
    const char *account, *region;
    const char *principal; /* IAM ARN of a user or role; NULL or the root user: everything */
};

/* What a permission is on: a location, a table, a database (table NULL), the catalog (all NULL). */
struct grant_object {
    const char *database, *table;
    const char *location; /* "s3://BUCKET/KEY" or an S3 ARN */
};

/* One of the permissions (bits) suffices. ERR_ACCESS_DENIED in Lake Formation's words, with the
 * command that grants the first of them. A location nobody registered is open. */
error grant_require(const struct grant_scope *, unsigned permissions,
                    const struct grant_object *) MUST_CHECK;
/* All columns, or those the principal may select of a table: a list of names, to be freed, or NULL
 * for all. `columns`: the names the table has. ERR_ACCESS_DENIED when none. */
error grant_columns(const struct grant_scope *, const char *database, const char *table,
                    const json_t *columns, json_t **visible) MUST_CHECK;
/* After creating: opens or closes the new object as the defaults say (those of the database's
 * document for a table) and gives its creator everything on it. */
error grant_created(const struct grant_scope *, const struct grant_object *,
                    const json_t *database_document) MUST_CHECK;

/* ---- for Lake Formation's door: documents in its shapes ---- */

bool grant_is_admin(const struct grant_scope *, bool *read_only);
error grant_settings(const struct grant_scope *, json_t **out) MUST_CHECK;
error grant_settings_put(const struct grant_scope *, const json_t *settings) MUST_CHECK;
/* `entry`: {Principal, Resource, Permissions, PermissionsWithGrantOption}. The scope's principal
 * gives or takes. ERR_INVALID_INPUT, ERR_ACCESS_DENIED. */
error grant_give(const struct grant_scope *, const json_t *entry) MUST_CHECK;
error grant_take(const struct grant_scope *, const json_t *entry) MUST_CHECK;
/* PrincipalResourcePermissions of all grants, IAM_ALLOWED_PRINCIPALS included; each also has
 * "Path", which the caller removes. */
error grant_list(const struct grant_scope *, json_t **array) MUST_CHECK;
/* The path of a Resource, without columns; checked. */
error grant_resource_path(const struct grant_scope *, const json_t *resource,
                          const char **path) MUST_CHECK;
/* The registered location at or above a location's ARN; *out NULL: none. */
error grant_location(const struct grant_scope *, const char *location, const char **out) MUST_CHECK;
