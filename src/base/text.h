/* Text encodings: base64 (RFC 4648, strict), hexadecimal, percent-encoding, UTF-8 (RFC 3629). */
#pragma once

#include "base/arena.h"

size_t base64_encoded_size(size_t size);
void base64_encode(char *out, span in); /* out: base64_encoded_size(in.size) bytes, no NUL */
size_t base64_decoded_max(size_t size);
/* Padding is required and blanks are refused; *size gets the bytes written to out. */
error base64_decode(void *out, size_t *size, span in) MUST_CHECK;

void hex_encode(char *out, const void *data, size_t size); /* lower case, 2*size bytes, no NUL */
error hex_decode(void *out, span in) MUST_CHECK;           /* in.size / 2 bytes */

/* RFC 3986: everything but A-Z a-z 0-9 - . _ ~ becomes %XX; '/' too unless keep_slash. */
void percent_encode(struct buffer *out, span in, bool keep_slash);
/* %XX to bytes; a malformed escape is an error. `plus_is_space` for form bodies. */
error percent_decode(struct buffer *out, span in, bool plus_is_space) MUST_CHECK;

/* Length of the valid UTF-8 prefix: equals in.size when all of it is valid (no surrogates, no
 * overlong forms, at most U+10FFFF). */
size_t utf8_valid_prefix(span in);
/* Number of Unicode characters of valid UTF-8. */
size_t utf8_count(span in);
/* Writes one code point, returns its bytes (1..4). */
size_t utf8_encode(char out[4], uint32_t code_point);

/* Whole-span decimal; false on anything else or overflow. */
bool parse_int64(span in, int64_t *out);
bool parse_uint64(span in, uint64_t *out);

/* Writes JSON string contents (without the quotes), escaping what RFC 8259 demands. */
void json_escape(struct buffer *out, span in);

/* Letters to insert, drop, change or swap with their neighbour to make one text of the other
 * (optimal string alignment distance); texts beyond 31 letters are far from everything. */
size_t text_distance(const char *a, const char *b);
/* Equal but for upper case, hyphens, underscores and blanks. */
bool text_nearly_equal(const char *a, const char *b);
