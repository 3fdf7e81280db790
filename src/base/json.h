/* The control plane's JSON: jansson, with the settings every caller wants (strict UTF-8, duplicate
 * keys refused, depth bounded by jansson, whole input consumed, integers exact, decimals kept).
 * Record data never comes through here (decode/ reads it). */
#pragma once

#include "base/arena.h"

#include <jansson.h>

enum { JSON_NUMBER_DIGITS = 15 }; /* keeps 1694102537.123 as it was */

/* New reference. Errors name line and column. */
error json_read(span text, json_t **out) MUST_CHECK;
/* Compact text, keys in insertion order. */
void json_print(struct buffer *out, const json_t *);
/* Same, a member a line, indented by so many blanks for each level; no final newline. */
void json_print_indented(struct buffer *out, const json_t *, int blanks);
/* Same, indented for people. */
void json_print_pretty(struct buffer *out, const json_t *);

/* Member of an object as text, or NULL when absent or not text. Borrowed. */
const char *json_text(const json_t *object, const char *name);
/* Member as integer, or `otherwise` when absent or not an integer. */
int64_t json_integer_or(const json_t *object, const char *name, int64_t otherwise);
bool json_is_set(const json_t *object, const char *name); /* present and true */
/* Prints what will be read again: a text with a zero byte, which json_read refuses, is
 * ERR_INVALID_INPUT. */
error json_print_kept(struct buffer *, const json_t *) MUST_CHECK;
/* SHA-256 of its compact text, in hexadecimal; in the arena. */
const char *json_digest(struct arena *, const json_t *);
/* New JSON string from a span of UTF-8. */
json_t *json_from_span(span);
/* AWS timestamp: seconds with milliseconds as a number. */
json_t *json_timestamp(int64_t us);

/* What pull readers say: the scanner of records (decode/) and that of CBOR (base/cbor.h). */
enum json_token {
    JSON_TOKEN_ERROR, JSON_TOKEN_END,
    JSON_TOKEN_OBJECT, JSON_TOKEN_OBJECT_END, JSON_TOKEN_ARRAY, JSON_TOKEN_ARRAY_END,
    JSON_TOKEN_KEY, JSON_TOKEN_STRING, JSON_TOKEN_NUMBER, JSON_TOKEN_TRUE, JSON_TOKEN_FALSE,
    JSON_TOKEN_NULL
};

/* ---- members of an object's text, read where they stand (base/json_pick.c) ---- */

/* A member to look for, and its value as it stands in the text; data NULL: absent. */
struct json_pick {
    span name, value;
};
/* Finds the members in the text of an object as json_print and json_print_kept make it (their names
 * without escapes); ERR_PARSE for any other. Values that are not picked are skipped unread. Allocates
 * nothing: for listings that look at a few members of very many documents. */
error json_pick(span text, struct json_pick *picks, size_t count) MUST_CHECK;
/* What json_text, json_integer_or and json_is_set say of the member. The text lives in the arena. */
const char *json_picked_text(struct arena *, span value);
int64_t json_picked_integer(span value, int64_t otherwise);
bool json_picked_set(span value);
