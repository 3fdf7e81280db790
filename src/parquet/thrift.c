/* Thrift compact protocol, both ways. Integers are zigzag varints, field headers hold the distance
 * to the last id in four bits, booleans live in the field's type. */
#include "parquet/thrift.h"

enum { SKIP_DEPTH = 64 };

static uint64_t zigzag(int64_t v)
{
    return ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
}

static void put_varint(struct buffer *out, uint64_t v)
{
    buffer_reserve(out, 10);
    uint8_t *to = (uint8_t *)out->data + out->size;
    while (v >= 0x80) {
        *to++ = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    *to++ = (uint8_t)v;
    out->size = (size_t)((char *)to - out->data);
}

/* Field header: (id - last) << 4 | type, or type, then the id, when the distance is not 1..15. */
static void put_field(struct thrift_out *t, int16_t id, enum thrift_type type)
{
    int16_t *last = &t->last[t->depth];
    CHECK(id > *last);
    int distance = id - *last;
    if (distance <= 15) {
        buffer_append_byte(t->out, (uint8_t)(distance << 4 | (int)type));
    } else {
        buffer_append_byte(t->out, (uint8_t)type);
        put_varint(t->out, zigzag(id));
    }
    *last = id;
}

static void push(struct thrift_out *t)
{
    CHECK(t->depth + 1 < THRIFT_DEPTH);
    t->last[++t->depth] = 0;
}

static void pop(struct thrift_out *t)
{
    CHECK(t->depth > 0);
    buffer_append_byte(t->out, THRIFT_STOP);
    t->depth--;
}

void thrift_open(struct thrift_out *t, struct buffer *out)
{
    *t = (struct thrift_out){.out = out};
    push(t);
}

void thrift_close(struct thrift_out *t)
{
    pop(t);
    CHECK(t->depth == 0);
}

void thrift_bool(struct thrift_out *t, int16_t id, bool v)
{
    put_field(t, id, v ? THRIFT_TRUE : THRIFT_FALSE);
}

void thrift_int(struct thrift_out *t, int16_t id, enum thrift_type type, int64_t v)
{
    put_field(t, id, type);
    if (type == THRIFT_BYTE) buffer_append_byte(t->out, (uint8_t)v);
    else put_varint(t->out, zigzag(v));
}

void thrift_binary(struct thrift_out *t, int16_t id, span v)
{
    put_field(t, id, THRIFT_BINARY);
    thrift_item_binary(t, v);
}

void thrift_struct_begin(struct thrift_out *t, int16_t id)
{
    put_field(t, id, THRIFT_STRUCT);
    push(t);
}

void thrift_struct_end(struct thrift_out *t)
{
    pop(t);
}

void thrift_fields(struct thrift_out *t, span fields, int16_t last)
{
    buffer_append_span(t->out, fields);
    t->last[t->depth] = last;
}

void thrift_list(struct thrift_out *t, int16_t id, enum thrift_type type, size_t count)
{
    put_field(t, id, THRIFT_LIST);
    if (count < 15) {
        buffer_append_byte(t->out, (uint8_t)(count << 4 | type));
    } else {
        buffer_append_byte(t->out, (uint8_t)(0xF0 | type));
        put_varint(t->out, count);
    }
}

void thrift_item_bool(struct thrift_out *t, bool v)
{
    buffer_append_byte(t->out, v ? THRIFT_TRUE : THRIFT_FALSE);
}

void thrift_item_int(struct thrift_out *t, int64_t v)
{
    put_varint(t->out, zigzag(v));
}

void thrift_item_binary(struct thrift_out *t, span v)
{
    put_varint(t->out, v.size);
    buffer_append_span(t->out, v);
}

void thrift_item_begin(struct thrift_out *t)
{
    push(t);
}

void thrift_item_end(struct thrift_out *t)
{
    pop(t);
}

/* ---- reading ---- */

static bool broken(struct thrift_in *in)
{
    in->bad = true;
    in->at = in->end;
    return false;
}

static uint8_t get_byte(struct thrift_in *in)
{
    if (in->at == in->end) return broken(in), 0;
    return *in->at++;
}

static uint64_t get_varint(struct thrift_in *in)
{
    uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        uint8_t byte = get_byte(in);
        if (shift == 63 && byte > 1) break;
        v |= (uint64_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80)) return v;
    }
    broken(in);
    return 0;
}

static int64_t get_zigzag(struct thrift_in *in)
{
    uint64_t v = get_varint(in);
    return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

static const uint8_t *get_bytes(struct thrift_in *in, uint64_t size)
{
    if (size > (uint64_t)(in->end - in->at)) return broken(in), NULL;
    const uint8_t *bytes = in->at;
    in->at += size;
    return bytes;
}

bool thrift_next(struct thrift_in *in, struct thrift_field *f)
{
    uint8_t head = get_byte(in);
    if (in->bad || head == THRIFT_STOP) return false;
    f->type = head & 0x0F;
    int64_t id = head >> 4 ? f->id + (head >> 4) : get_zigzag(in);
    if (in->bad || id < 0 || id > INT16_MAX || f->type == THRIFT_STOP) return broken(in);
    f->id = (int16_t)id;
    return true;
}

int64_t thrift_read_int(struct thrift_in *in, struct thrift_field f)
{
    if (f.type == THRIFT_BYTE) return (int8_t)get_byte(in);
    if (f.type < THRIFT_I16 || f.type > THRIFT_I64) return broken(in);
    return get_zigzag(in);
}

int32_t thrift_read_i32(struct thrift_in *in, struct thrift_field f)
{
    int64_t v = thrift_read_int(in, f);
    if (v < INT32_MIN || v > INT32_MAX) return broken(in);
    return (int32_t)v;
}

span thrift_read_item_binary(struct thrift_in *in)
{
    uint64_t size = get_varint(in);
    const uint8_t *bytes = get_bytes(in, size);
    if (!bytes) return (span){NULL, 0};
    return (span){(const char *)bytes, size};
}

span thrift_read_binary(struct thrift_in *in, struct thrift_field f)
{
    if (f.type != THRIFT_BINARY) return broken(in), (span){NULL, 0};
    return thrift_read_item_binary(in);
}

void thrift_enter(struct thrift_in *in, struct thrift_field f)
{
    if (f.type != THRIFT_STRUCT) broken(in);
}

size_t thrift_read_list(struct thrift_in *in, struct thrift_field f, enum thrift_type type,
                        size_t item_bytes)
{
    uint8_t head = f.type == THRIFT_LIST ? get_byte(in) : (uint8_t)broken(in);
    uint64_t count = head >> 4 == 15 ? get_varint(in) : head >> 4;
    if (in->bad || count > (uint64_t)(in->end - in->at) / item_bytes) return broken(in);
    if (count && (head & 0x0F) != type) return broken(in);
    return count;
}

int64_t thrift_read_item_int(struct thrift_in *in)
{
    return get_zigzag(in);
}

static void skip_items(struct thrift_in *in)
{
    uint8_t head = get_byte(in);
    uint64_t count = head >> 4 == 15 ? get_varint(in) : head >> 4;
    uint8_t type = head & 0x0F;
    if (type == THRIFT_TRUE || type == THRIFT_FALSE) type = THRIFT_BYTE; /* items take a byte */
    for (uint64_t i = 0; i < count && !in->bad; i++) thrift_skip(in, type);
}

static void skip_pairs(struct thrift_in *in)
{
    uint64_t count = get_varint(in);
    if (count == 0) return;
    uint8_t types = get_byte(in), key = types >> 4, value = types & 0x0F;
    if (key <= THRIFT_FALSE) key = THRIFT_BYTE;
    if (value <= THRIFT_FALSE) value = THRIFT_BYTE;
    for (uint64_t i = 0; i < count && !in->bad; i++) {
        thrift_skip(in, key);
        thrift_skip(in, value);
    }
}

void thrift_skip(struct thrift_in *in, uint8_t type)
{
    if (++in->depth > SKIP_DEPTH) broken(in);
    switch (in->bad ? THRIFT_TRUE : type) {
    case THRIFT_TRUE:
    case THRIFT_FALSE: break;
    case THRIFT_BYTE: get_bytes(in, 1); break;
    case THRIFT_I16:
    case THRIFT_I32:
    case THRIFT_I64: get_varint(in); break;
    case THRIFT_DOUBLE: get_bytes(in, 8); break;
    case THRIFT_BINARY: get_bytes(in, get_varint(in)); break;
    case THRIFT_UUID: get_bytes(in, 16); break;
    case THRIFT_LIST:
    case THRIFT_SET: skip_items(in); break;
    case THRIFT_MAP: skip_pairs(in); break;
    case THRIFT_STRUCT:
        for (struct thrift_field f = {0}; thrift_next(in, &f);) thrift_skip(in, f.type);
        break;
    default: broken(in);
    }
    in->depth--;
}
