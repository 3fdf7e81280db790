/* A small Parquet reader that shares no code with the writer but its footer reader's offsets: flat
 * optional columns of INT32, INT64 and BYTE_ARRAY, data pages v1, PLAIN and dictionary encoding, no
 * codec or Snappy. From apache/parquet-format 2.10: README.md, Encodings.md, parquet.thrift. */
#include "sim.h"

#include <snappy-c.h>

struct in { const uint8_t *at, *end; bool bad; };

static uint64_t read_varint(struct in *in)
{
    uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        if (in->at >= in->end) break;
        uint8_t b = *in->at++;
        v |= (uint64_t)(b & 0x7f) << shift;
        if (!(b & 0x80)) return v;
    }
    in->bad = true;
    return 0;
}

static int64_t read_zigzag(struct in *in)
{
    uint64_t v = read_varint(in);
    return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

struct page { int64_t type, uncompressed, compressed, values, encoding; };

/* Thrift compact: field ids are deltas, nested structs end in a zero byte. Ids of one struct matter
 * at a time: PageHeader (depth 0), DataPageHeader (5) and DictionaryPageHeader (7). */
static void read_struct(struct in *in, int which, struct page *page, int depth)
{
    int64_t id = 0;
    while (!in->bad && in->at < in->end) {
        uint8_t head = *in->at++;
        int type = head & 15;
        if (type == 0) return;
        id = head >> 4 ? id + (head >> 4) : read_zigzag(in);
        int64_t value = 0;
        switch (type) {
        case 1: case 2: break;
        case 3: in->at++; break;
        case 4: case 5: case 6: value = read_zigzag(in); break;
        case 8: value = (int64_t)read_varint(in); in->at += value; break;
        case 12: if (depth < 4) { read_struct(in, depth == 0 ? (int)id : -1, page, depth + 1); break; }
            /* fall through */
        default: in->bad = true;
        }
        if (which == 0 && id == 1) page->type = value;
        if (which == 0 && id == 2) page->uncompressed = value;
        if (which == 0 && id == 3) page->compressed = value;
        if ((which == 5 || which == 7) && id == 1) page->values = value;
        if ((which == 5 || which == 7) && id == 2) page->encoding = value;
    }
    in->bad = true;
}

/* RLE and bit-packed runs, mixed. */
static void read_hybrid(struct in *in, int width, int64_t count, uint32_t *out)
{
    for (int64_t n = 0; n < count && !in->bad;) {
        uint64_t head = read_varint(in);
        if (head & 1) {
            int64_t values = (int64_t)(head >> 1) * 8;
            for (int64_t i = 0; i < values; i++) {
                uint32_t v = 0;
                for (int b = 0; b < width; b++) {
                    int64_t bit = i * width + b;
                    if (in->at + bit / 8 >= in->end) break;
                    v |= (uint32_t)(in->at[bit / 8] >> bit % 8 & 1) << b;
                }
                if (n < count) out[n++] = v;
            }
            in->at += values * width / 8;
        } else {
            uint32_t v = 0;
            if (in->end - in->at < (width + 7) / 8 || head >> 1 == 0) in->bad = true;
            for (int b = 0; !in->bad && b < (width + 7) / 8; b++) v |= (uint32_t)*in->at++ << 8 * b;
            for (uint64_t i = 0; i < head >> 1 && n < count; i++) out[n++] = v;
        }
    }
    if (in->at > in->end) in->bad = true;
}

static void read_plain(struct in *in, const struct row_column *c, int width, int64_t *number, span *text)
{
    if (in->end - in->at < width) {
        in->bad = true;
        return;
    }
    if (c->is_int) {
        *number = width == 8 ? (int64_t)get_le64(in->at) : (int32_t)get_le32(in->at);
        in->at += width;
        return;
    }
    size_t size = get_le32(in->at);
    in->at += 4;
    if ((size_t)(in->end - in->at) < size) in->bad = true;
    else *text = (span){(const char *)in->at, size};
    in->at += in->bad ? 0 : size;
}

struct dictionary { int64_t count; int64_t *numbers; span *texts; };

static void read_data_page(struct arena *arena, struct in *in, const struct page *page,
                           const struct dictionary *dictionary, int width, struct row_column *c,
                           int64_t row)
{
    uint32_t *levels = ARENA_ARRAY(arena, uint32_t, (size_t)page->values);
    uint32_t *indexes = ARENA_ARRAY(arena, uint32_t, (size_t)page->values);
    if (in->end - in->at < 4) {
        in->bad = true;
        return;
    }
    uint32_t size = get_le32(in->at);
    struct in part = {in->at + 4, in->at + 4 + size, false};
    if (part.end > in->end) part.bad = true;
    else read_hybrid(&part, 1, page->values, levels);
    in->at += 4 + size;
    int64_t present = 0, used = 0;
    for (int64_t i = 0; i < page->values; i++) present += levels[i];
    bool coded = page->encoding == 2 || page->encoding == 8;
    if (part.bad || (!coded && page->encoding != 0)) in->bad = true;
    if (coded && present && !in->bad) {
        int bits = *in->at++;
        read_hybrid(in, bits, present, indexes);
    }
    for (int64_t i = 0; i < page->values && !in->bad; i++, row++) {
        c->nulls[row] = !levels[i];
        if (!levels[i]) continue;
        if (!coded) {
            read_plain(in, c, width, &c->ints[row], &c->texts[row]);
        } else if (indexes[used] < dictionary->count) {
            c->ints[row] = dictionary->numbers[indexes[used]];
            c->texts[row] = dictionary->texts[indexes[used++]];
        } else {
            in->bad = true;
        }
    }
}

static bool read_chunk(struct arena *arena, span file, const struct parquet_chunk *chunk, int width,
                       struct row_column *c, int64_t row)
{
    struct in in = {(const uint8_t *)file.data + chunk->file_offset, NULL, false};
    in.end = in.at + chunk->compressed_bytes;
    struct dictionary dictionary = {0};
    for (int64_t read = 0; read < chunk->values;) {
        struct page page = {0};
        read_struct(&in, 0, &page, 0);
        if (in.bad || in.end - in.at < page.compressed || page.values < 0) return false;
        size_t size = (size_t)page.uncompressed;
        const char *bytes = (const char *)in.at;
        if (chunk->codec == PARQUET_SNAPPY) {
            char *plain = arena_alloc(arena, size + 1);
            if (snappy_uncompress(bytes, (size_t)page.compressed, plain, &size) != SNAPPY_OK) return false;
            bytes = plain;
        }
        struct in body = {(const uint8_t *)bytes, (const uint8_t *)bytes + size, false};
        in.at += page.compressed;
        if (page.type == 2) {
            dictionary.count = page.values;
            dictionary.numbers = ARENA_ARRAY(arena, int64_t, (size_t)page.values);
            dictionary.texts = ARENA_ARRAY(arena, span, (size_t)page.values);
            for (int64_t i = 0; i < page.values && !body.bad; i++)
                read_plain(&body, c, width, &dictionary.numbers[i], &dictionary.texts[i]);
        } else if (page.type == 0) {
            read_data_page(arena, &body, &page, &dictionary, width, c, row + read);
            read += page.values;
        } else {
            return false;
        }
        if (body.bad) return false;
    }
    return true;
}

bool rows_read(struct arena *arena, span file, struct row_column *columns, int count, int64_t *rows)
{
    struct parquet_footer *footer;
    size_t need;
    if (parquet_footer_read(arena, file, (int64_t)file.size, &footer, &need) != OK) return false;
    *rows = footer->rows;
    for (int i = 0; i < count; i++) {
        struct row_column *c = &columns[i];
        size_t room = (size_t)footer->rows + 1;
        c->ints = ARENA_ARRAY(arena, int64_t, room);
        c->texts = ARENA_ARRAY(arena, span, room);
        c->nulls = ARENA_ARRAY(arena, bool, room);
        int at = schema_find(footer->schema, span_of(c->name));
        if (at < 0 && c->optional) {
            memset(c->nulls, 1, room * sizeof *c->nulls);
            continue;
        }
        if (at < 0) return false;
        int width = footer->schema->fields[at].type->kind == TYPE_BIGINT ? 8 : 4;
        int64_t row = 0;
        for (int g = 0; g < footer->group_count; g++) {
            const struct parquet_group *group = &footer->groups[g];
            if (group->chunks[at].values != group->rows) return false;
            if (!read_chunk(arena, file, &group->chunks[at], width, c, row)) return false;
            row += group->rows;
        }
        if (row != footer->rows) return false;
    }
    return true;
}
