/* What grant.c (deciding) and grant_edit.c (giving, taking, listing) share. */
#pragma once

#include "catalog/grant.h"

#define GRANT_ALL_TABLES "ALL_TABLES"

extern const char *const permission_names[]; /* in the order of the bits */
unsigned permission_bit(const char *name);   /* 0: none of ours */
unsigned permission_bits(const json_t *names);
bool permission_covers(unsigned held, unsigned wanted);

/* "table/DB/T"; table NULL: "*"; kind "database" has no table. */
const char *grant_path(struct arena *, const char *kind, const char *database, const char *table);
/* NULL: not of S3. */
const char *grant_location_arn(struct arena *, const char *location);
const char *grant_location_path(struct arena *, const char *arn);
struct state_key grant_key(const struct grant_scope *, const char *kind, const char *name);

error grant_closed(const struct grant_scope *, const char *path, bool *closed) MUST_CHECK;
error grant_close(const struct grant_scope *, const char *path, bool close) MUST_CHECK;
/* What the principal holds on an object; the table "ALL_TABLES" is the wildcard. */
error grant_held(const struct grant_scope *, const struct grant_object *, unsigned wanted,
                 unsigned *held, unsigned *grantable) MUST_CHECK;
/* Adds to what a principal holds on an object. */
error grant_add(const struct grant_scope *, const struct grant_object *, const char *principal,
                const json_t *permissions, const json_t *grantable) MUST_CHECK;
