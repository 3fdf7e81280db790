/* application/x-amz-cbor-1.1 (RFC 8949): in come bodies, out go the JSON scanner's tokens or a
 * document.
 *
 * libcbor decodes one head at a time; nesting, counts and duplicate keys are checked here. */
#include "base/cbor.h"

#include "base/text.h"

#include <cbor.h>

enum item_kind {
    ITEM_NONE, ITEM_UNSIGNED, ITEM_NEGATIVE, ITEM_REAL, ITEM_BYTES, ITEM_TEXT, ITEM_BYTES_OPEN,
    ITEM_TEXT_OPEN, ITEM_LIST, ITEM_LIST_OPEN, ITEM_MAP, ITEM_MAP_OPEN, ITEM_TAG, ITEM_TRUE,
    ITEM_FALSE, ITEM_NULL, ITEM_BREAK
};

struct item {
    enum item_kind kind;
    uint64_t value; /* number, count, tag */
    double real;
    span text;
};

static void on_number(void *context, enum item_kind kind, uint64_t value)
{
    struct item *item = context;
    item->kind = kind;
    item->value = value;
}

static void on_uint8(void *c, uint8_t v) { on_number(c, ITEM_UNSIGNED, v); }
static void on_uint16(void *c, uint16_t v) { on_number(c, ITEM_UNSIGNED, v); }
static void on_uint32(void *c, uint32_t v) { on_number(c, ITEM_UNSIGNED, v); }
static void on_uint64(void *c, uint64_t v) { on_number(c, ITEM_UNSIGNED, v); }
static void on_negint8(void *c, uint8_t v) { on_number(c, ITEM_NEGATIVE, v); }
static void on_negint16(void *c, uint16_t v) { on_number(c, ITEM_NEGATIVE, v); }
static void on_negint32(void *c, uint32_t v) { on_number(c, ITEM_NEGATIVE, v); }
static void on_negint64(void *c, uint64_t v) { on_number(c, ITEM_NEGATIVE, v); }
static void on_list(void *c, size_t n) { on_number(c, ITEM_LIST, n); }
static void on_map(void *c, size_t n) { on_number(c, ITEM_MAP, n); }
static void on_tag(void *c, uint64_t v) { on_number(c, ITEM_TAG, v); }
static void on_bytes_open(void *c) { on_number(c, ITEM_BYTES_OPEN, 0); }
static void on_text_open(void *c) { on_number(c, ITEM_TEXT_OPEN, 0); }
static void on_list_open(void *c) { on_number(c, ITEM_LIST_OPEN, 0); }
static void on_map_open(void *c) { on_number(c, ITEM_MAP_OPEN, 0); }
static void on_null(void *c) { on_number(c, ITEM_NULL, 0); }
static void on_break(void *c) { on_number(c, ITEM_BREAK, 0); }
static void on_boolean(void *c, bool v) { on_number(c, v ? ITEM_TRUE : ITEM_FALSE, 0); }

static void on_text(void *context, cbor_data data, size_t size)
{
    on_number(context, ITEM_TEXT, 0);
    ((struct item *)context)->text = (span){(const char *)data, size};
}

static void on_bytes(void *context, cbor_data data, size_t size)
{
    on_number(context, ITEM_BYTES, 0);
    ((struct item *)context)->text = (span){(const char *)data, size};
}

static void on_double(void *context, double value)
{
    on_number(context, ITEM_REAL, 0);
    ((struct item *)context)->real = value;
}

static void on_float(void *context, float value)
{
    on_double(context, value);
}

static const struct cbor_callbacks callbacks = {
    .uint8 = on_uint8,
    .uint16 = on_uint16,
    .uint32 = on_uint32,
    .uint64 = on_uint64,
    .negint8 = on_negint8,
    .negint16 = on_negint16,
    .negint32 = on_negint32,
    .negint64 = on_negint64,
    .byte_string_start = on_bytes_open,
    .byte_string = on_bytes,
    .string_start = on_text_open,
    .string = on_text,
    .indef_array_start = on_list_open,
    .array_start = on_list,
    .indef_map_start = on_map_open,
    .map_start = on_map,
    .tag = on_tag,
    .float2 = on_float,
    .float4 = on_float,
    .float8 = on_double,
    .undefined = on_null,
    .null = on_null,
    .boolean = on_boolean,
    .indef_break = on_break,
};

void cbor_reader_begin(struct cbor_reader *r, struct arena *arena, span body)
{
    *r = (struct cbor_reader){.at = body.data, .end = body.data + body.size, .arena = arena};
}

/* The heads that records are made of: a number or a tag, the count of a list or map, a string. False
 * for all others, also where the body ends too early, which libcbor then says. */
static bool plain_item(struct cbor_reader *r, struct item *item)
{
    static const enum item_kind kinds[] = {ITEM_UNSIGNED, ITEM_NEGATIVE, ITEM_BYTES, ITEM_TEXT,
                                           ITEM_LIST,     ITEM_MAP,      ITEM_TAG,   ITEM_NONE};
    uint8_t head = (uint8_t)*r->at, low = head & 31;
    size_t size = low < 24 ? 0 : (size_t)1 << (low & 3), left = (size_t)(r->end - r->at) - 1;
    enum item_kind kind = kinds[head >> 5];
    if (kind == ITEM_NONE || low > 27 || left < size) return false;
    uint64_t value = size ? 0 : low;
    for (size_t i = 1; i <= size; i++) value = value << 8 | (uint8_t)r->at[i];
    bool string = kind == ITEM_BYTES || kind == ITEM_TEXT;
    if (string && value > left - size) return false;
    *item = (struct item){.kind = kind, .value = value};
    r->at += 1 + size;
    if (string) {
        item->text = (span){r->at, (size_t)value};
        r->at += value;
    }
    return true;
}

static bool item_next(struct cbor_reader *r, struct item *item)
{
    if (r->at == r->end) return false;
    if (plain_item(r, item)) return true;
    *item = (struct item){0};
    struct cbor_decoder_result result =
        cbor_stream_decode((cbor_data)r->at, (size_t)(r->end - r->at), &callbacks, item);
    if (result.status != CBOR_DECODER_FINISHED || item->kind == ITEM_NONE) return false;
    r->at += result.read;
    return true;
}

/* A string in chunks: joins them in the arena. */
static bool join_chunks(struct cbor_reader *r, enum item_kind kind, span *out)
{
    const char *start = r->at;
    struct item item;
    size_t size = 0;
    do {
        if (!item_next(r, &item) || (item.kind != kind && item.kind != ITEM_BREAK)) return false;
        size += item.text.size;
    } while (item.kind != ITEM_BREAK);
    char *joined = arena_alloc(r->arena, size);
    *out = (span){joined, size};
    for (r->at = start; item_next(r, &item) && item.kind != ITEM_BREAK; joined += item.text.size)
        memcpy(joined, item.text.data, item.text.size);
    return true;
}

static enum json_token string_token(struct cbor_reader *r, const struct item *item)
{
    bool bytes = item->kind == ITEM_BYTES || item->kind == ITEM_BYTES_OPEN;
    r->text = item->text;
    if ((item->kind == ITEM_BYTES_OPEN || item->kind == ITEM_TEXT_OPEN) &&
        !join_chunks(r, bytes ? ITEM_BYTES : ITEM_TEXT, &r->text))
        return JSON_TOKEN_ERROR;
    if (!bytes && utf8_valid_prefix(r->text) != r->text.size) return JSON_TOKEN_ERROR;
    r->bytes = bytes;
    return JSON_TOKEN_STRING;
}

static enum json_token container_token(struct cbor_reader *r, const struct item *item)
{
    bool map = item->kind == ITEM_MAP || item->kind == ITEM_MAP_OPEN;
    uint64_t left = item->value;
    /* every item takes a byte at least: a larger count cannot be meant */
    if (r->depth == CBOR_DEPTH_MAX || left > (uint64_t)(r->end - r->at)) return JSON_TOKEN_ERROR;
    r->levels[r->depth].map = map;
    r->levels[r->depth].value_next = false;
    r->levels[r->depth].indefinite = item->kind == ITEM_LIST_OPEN || item->kind == ITEM_MAP_OPEN;
    r->levels[r->depth].left = map ? 2 * left : left;
    r->depth++;
    return map ? JSON_TOKEN_OBJECT : JSON_TOKEN_ARRAY;
}

static enum json_token number_token(struct cbor_reader *r, const struct item *item)
{
    r->integral = item->kind != ITEM_REAL;
    r->real = item->real;
    if (r->integral) {
        if (item->value > INT64_MAX) return JSON_TOKEN_ERROR;
        r->integer = item->kind == ITEM_UNSIGNED ? (int64_t)item->value : ~(int64_t)item->value;
    }
    return JSON_TOKEN_NUMBER;
}

static enum json_token close_level(struct cbor_reader *r)
{
    r->depth--;
    if (r->depth == 0) r->done = true;
    return r->levels[r->depth].map ? JSON_TOKEN_OBJECT_END : JSON_TOKEN_ARRAY_END;
}

static enum json_token value_token(struct cbor_reader *r, struct item *item)
{
    r->time = item->kind == ITEM_TAG && item->value == 1;
    /* other tags say nothing the operations' inputs need; tags on tags are not sent by anyone */
    if (item->kind == ITEM_TAG && (!item_next(r, item) || item->kind == ITEM_TAG))
        return JSON_TOKEN_ERROR;
    switch (item->kind) {
    case ITEM_UNSIGNED:
    case ITEM_NEGATIVE:
    case ITEM_REAL:
        return number_token(r, item);
    case ITEM_TEXT:
    case ITEM_TEXT_OPEN:
    case ITEM_BYTES:
    case ITEM_BYTES_OPEN:
        return string_token(r, item);
    case ITEM_LIST:
    case ITEM_LIST_OPEN:
    case ITEM_MAP:
    case ITEM_MAP_OPEN:
        return container_token(r, item);
    case ITEM_TRUE:
        return JSON_TOKEN_TRUE;
    case ITEM_FALSE:
        return JSON_TOKEN_FALSE;
    case ITEM_NULL:
        return JSON_TOKEN_NULL;
    default:
        return JSON_TOKEN_ERROR;
    }
}

enum json_token cbor_reader_next(struct cbor_reader *r)
{
    struct item item;
    r->bytes = r->time = false;
    if (r->done) return r->at == r->end ? JSON_TOKEN_END : JSON_TOKEN_ERROR;
    if (r->depth == 0) {
        if (!item_next(r, &item)) return JSON_TOKEN_ERROR;
        enum json_token token = value_token(r, &item);
        r->done = r->depth == 0;
        return token;
    }
    int level = r->depth - 1;
    bool complete = r->levels[level].left == 0 && !r->levels[level].indefinite;
    if (complete) return close_level(r);
    if (!item_next(r, &item)) return JSON_TOKEN_ERROR;
    if (item.kind == ITEM_BREAK) {
        if (!r->levels[level].indefinite || r->levels[level].value_next) return JSON_TOKEN_ERROR;
        return close_level(r);
    }
    bool key = r->levels[level].map && !r->levels[level].value_next;
    if (r->levels[level].map) r->levels[level].value_next = key;
    if (!r->levels[level].indefinite) r->levels[level].left--;
    if (!key) return value_token(r, &item);
    if (item.kind != ITEM_TEXT && item.kind != ITEM_TEXT_OPEN) return JSON_TOKEN_ERROR;
    return string_token(r, &item) == JSON_TOKEN_STRING ? JSON_TOKEN_KEY : JSON_TOKEN_ERROR;
}

bool cbor_reader_skip(struct cbor_reader *r, enum json_token token)
{
    int depth = 0;
    for (;; token = cbor_reader_next(r)) {
        if (token == JSON_TOKEN_ERROR || token == JSON_TOKEN_END) return false;
        if (token == JSON_TOKEN_OBJECT || token == JSON_TOKEN_ARRAY) depth++;
        if (token == JSON_TOKEN_OBJECT_END || token == JSON_TOKEN_ARRAY_END) depth--;
        if (depth == 0 && token != JSON_TOKEN_KEY) return true;
    }
}

/* ---- documents ---- */

static json_t *base64_text(struct cbor_reader *r)
{
    size_t size = base64_encoded_size(r->text.size);
    char *text = arena_alloc(r->arena, size);
    base64_encode(text, r->text);
    return json_stringn(text, size);
}

/* NULL for a token that starts no value, and for text jansson refuses (a NUL inside). */
static json_t *document_scalar(struct cbor_reader *r, enum json_token token)
{
    switch (token) {
    case JSON_TOKEN_STRING:
        return r->bytes ? base64_text(r) : json_from_span(r->text);
    case JSON_TOKEN_NUMBER:
        if (r->integral && r->time) return json_real((double)r->integer / 1000.0);
        return r->integral ? json_integer(r->integer) : json_real(r->real);
    case JSON_TOKEN_TRUE:
        return json_true();
    case JSON_TOKEN_FALSE:
        return json_false();
    case JSON_TOKEN_NULL:
        return json_null();
    case JSON_TOKEN_OBJECT:
        return json_object();
    case JSON_TOKEN_ARRAY:
        return json_array();
    default:
        return NULL;
    }
}

/* Fills root, a container, up to its end. Parents are borrowed: each is held by its own parent. */
static bool document_fill(struct cbor_reader *r, json_t *root)
{
    json_t *open[CBOR_DEPTH_MAX] = {root};
    span keys[CBOR_DEPTH_MAX] = {{0}};
    for (int top = 0; top >= 0;) {
        enum json_token token = cbor_reader_next(r);
        if (token == JSON_TOKEN_OBJECT_END || token == JSON_TOKEN_ARRAY_END) {
            top--;
            continue;
        }
        if (token == JSON_TOKEN_KEY) {
            keys[top] = r->text;
            continue;
        }
        json_t *value = document_scalar(r, token);
        if (!value) return false;
        if (json_is_array(open[top])) {
            json_array_append_new(open[top], value);
        } else {
            char *key = arena_text(r->arena, keys[top]);
            if (strlen(key) != keys[top].size || json_object_get(open[top], key)) {
                json_decref(value);
                return false;
            }
            json_object_set_new(open[top], key, value);
        }
        if (token == JSON_TOKEN_OBJECT || token == JSON_TOKEN_ARRAY) open[++top] = value;
    }
    return cbor_reader_next(r) == JSON_TOKEN_END;
}

error cbor_read(span body, json_t **out)
{
    struct arena arena = {0};
    struct cbor_reader reader;
    cbor_reader_begin(&reader, &arena, body);
    json_t *root = cbor_reader_next(&reader) == JSON_TOKEN_OBJECT ? json_object() : NULL;
    bool read = root && document_fill(&reader, root);
    arena_release(&arena);
    if (!read) {
        json_decref(root);
        return fail(ERR_SERIALIZATION, "CBOR: malformed near byte %zu",
                    (size_t)(reader.at - body.data));
    }
    *out = root;
    return OK;
}

/* ---- writing ---- */

static void append_head(struct buffer *out, enum cbor_major major, uint64_t value)
{
    uint8_t head[CBOR_HEAD_MAX];
    buffer_append(out, head, cbor_head(head, major, value));
}

static void append_text(struct buffer *out, span text)
{
    append_head(out, CBOR_TEXT, text.size);
    buffer_append_span(out, text);
}

void cbor_print(struct buffer *out, const json_t *object)
{
    const char *name;
    json_t *value;
    append_head(out, CBOR_MAP, json_object_size(object));
    json_object_foreach((json_t *)object, name, value)
    {
        append_text(out, span_of(name));
        if (json_is_string(value)) {
            append_text(out, (span){json_string_value(value), json_string_length(value)});
        } else {
            CHECK(json_is_integer(value) && json_integer_value(value) >= 0);
            append_head(out, CBOR_UNSIGNED, (uint64_t)json_integer_value(value));
        }
    }
}
