/* Records of the Kinesis Producer Library that hold several user records.
 *
 *   F3 89 9A C2 | AggregatedRecord | MD5 of the AggregatedRecord, 16 bytes
 *
 * AggregatedRecord and Record are protocol buffers (Amazon Kinesis Producer Library, aggregation
 * format; wire format: protobuf.dev/programming-guides/encoding):
 *
 *   AggregatedRecord { 1: repeated string partition_key_table
 *                      2: repeated string explicit_hash_key_table
 *                      3: repeated Record records }
 *   Record           { 1: uint64 partition_key_index   2: optional uint64 explicit_hash_key_index
 *                      3: bytes data                   4: repeated Tag }
 *
 * Everything comes from outside; whatever does not check out makes the whole a plain record. Spans
 * of the result point into the record. */
#include "stream/shard.h"

static const uint8_t magic[4] = {0xf3, 0x89, 0x9a, 0xc2};

struct reader {
    const uint8_t *at, *end;
};

static bool read_varint(struct reader *r, uint64_t *out)
{
    uint64_t value = 0;
    for (int shift = 0; shift < 64 && r->at < r->end; shift += 7) {
        uint8_t byte = *r->at++;
        if (shift == 63 && byte > 1) return false; /* more than 64 bits */
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *out = value;
            return true;
        }
    }
    return false;
}

enum wire { WIRE_VARINT = 0, WIRE_I64 = 1, WIRE_BYTES = 2, WIRE_I32 = 5 };

struct field {
    uint64_t number;
    enum wire wire;
    uint64_t value; /* WIRE_VARINT */
    span bytes;     /* WIRE_BYTES */
};

static bool read_bytes(struct reader *r, uint64_t size, span *out)
{
    if (size > (size_t)(r->end - r->at)) return false;
    *out = (span){(const char *)r->at, (size_t)size};
    r->at += size;
    return true;
}

static bool read_field(struct reader *r, struct field *f)
{
    uint64_t tag, size;
    if (!read_varint(r, &tag)) return false;
    *f = (struct field){.number = tag >> 3, .wire = (enum wire)(tag & 7)};
    if (f->number == 0 || f->number > (1u << 29) - 1) return false;
    switch (tag & 7) {
    case WIRE_VARINT:
        return read_varint(r, &f->value);
    case WIRE_I64:
        return read_bytes(r, 8, &f->bytes);
    case WIRE_I32:
        return read_bytes(r, 4, &f->bytes);
    case WIRE_BYTES:
        return read_varint(r, &size) && read_bytes(r, size, &f->bytes);
    default:
        return false; /* groups: never written */
    }
}

struct tables {
    span *keys, *hashes;
    size_t key_count, hash_count;
};

/* Known fields come with their own wire type only. */
static bool parse_record(span in, const struct tables *t, struct aggregated_record *out)
{
    struct reader r = {(const uint8_t *)in.data, (const uint8_t *)in.data + in.size};
    bool has_key = false, has_data = false;
    *out = (struct aggregated_record){0};
    while (r.at < r.end) {
        struct field f;
        if (!read_field(&r, &f)) return false;
        if (f.number == 1) {
            if (f.wire != WIRE_VARINT || f.value >= t->key_count) return false;
            out->partition_key = t->keys[f.value];
            has_key = true;
        } else if (f.number == 2) {
            if (f.wire != WIRE_VARINT || f.value >= t->hash_count) return false;
            out->explicit_hash_key = t->hashes[f.value];
        } else if (f.number == 3) {
            if (f.wire != WIRE_BYTES) return false;
            out->data = f.bytes;
            has_data = true;
        }
    }
    return has_key && has_data; /* both are required */
}

/* Counts the fields of each number; the whole message must be well-formed. */
static bool count_fields(span in, size_t counts[4])
{
    struct reader r = {(const uint8_t *)in.data, (const uint8_t *)in.data + in.size};
    while (r.at < r.end) {
        struct field f;
        if (!read_field(&r, &f)) return false;
        if (f.number > 3) continue;
        if (f.wire != WIRE_BYTES) return false;
        counts[f.number]++;
    }
    return true;
}

/* The tables may stand behind the records that refer to them, hence two passes. */
static bool parse_message(struct arena *a, span in, struct aggregated_record **out, size_t *count)
{
    size_t counts[4] = {0}, records = 0;
    if (!count_fields(in, counts)) return false;
    struct tables t = {.keys = ARENA_ARRAY(a, span, counts[1]),
                       .hashes = ARENA_ARRAY(a, span, counts[2])};
    *out = ARENA_ARRAY(a, struct aggregated_record, counts[3]);
    struct reader r = {(const uint8_t *)in.data, (const uint8_t *)in.data + in.size};
    for (struct field f; r.at < r.end && read_field(&r, &f);) {
        if (f.number == 1) t.keys[t.key_count++] = f.bytes;
        if (f.number == 2) t.hashes[t.hash_count++] = f.bytes;
    }
    r.at = (const uint8_t *)in.data;
    for (struct field f; r.at < r.end && read_field(&r, &f);)
        if (f.number == 3 && !parse_record(f.bytes, &t, &(*out)[records++])) return false;
    *count = records;
    return true;
}

bool aggregated_unpack(struct arena *a, span record, struct aggregated_record **out, size_t *count)
{
    uint8_t digest[MD5_SIZE];
    if (record.size < sizeof magic + MD5_SIZE || memcmp(record.data, magic, sizeof magic) != 0)
        return false;
    span message = {record.data + sizeof magic, record.size - sizeof magic - MD5_SIZE};
    md5(digest, message);
    if (memcmp(digest, message.data + message.size, MD5_SIZE) != 0) return false;
    return parse_message(a, message, out, count);
}
