/* Page bytes -> compressed page bytes (parquet-format Compression.md). Wraps the four libraries;
 * contexts are kept from page to page. */
#include "parquet/internal.h"

#include <lz4.h>
#include <snappy-c.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

enum { GZIP_WINDOW = 15 + 16, GZIP_MEMORY = 8, LEVEL_DEFAULT = 1 };
enum { LIGHT_LEVEL = 1, LIGHT_HASH = 6, LIGHT_MATCH = 7 }; /* 64 places, 7 bytes: zstd's ends */

#define SNAPPY_FUNCTIONS(F) F(snappy_compress) F(snappy_max_compressed_length)
LIBRARY_TABLE(snappy_library, SNAPPY_FUNCTIONS);
static struct snappy_library library;
static struct library snappy_file = LIBRARY_FILE("libsnappy.so.1", library, SNAPPY_FUNCTIONS);

struct compressor {
    enum parquet_codec codec;
    int level;
    ZSTD_CCtx *zstd;
    z_stream gzip;
};

/* CompressionCodec of parquet.thrift */
static const int numbers[] = {
    [PARQUET_NONE] = 0, [PARQUET_SNAPPY] = 1, [PARQUET_GZIP] = 2, [PARQUET_ZSTD] = 6,
    [PARQUET_LZ4_RAW] = 7,
};

int codec_number(enum parquet_codec codec)
{
    return numbers[codec];
}

bool codec_from_number(int64_t number, enum parquet_codec *out)
{
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (numbers[i] != number) continue;
        *out = (enum parquet_codec)i;
        return true;
    }
    return false;
}

error compressor_open(struct compressor **out, enum parquet_codec codec, int level)
{
    int most = codec == PARQUET_ZSTD ? ZSTD_maxCLevel() : codec == PARQUET_GZIP ? 9 : level;
    if ((unsigned)codec > PARQUET_LZ4_RAW) return fail(ERR_USAGE, "Parquet codec %d", (int)codec);
    if (level < 0 || level > most)
        return fail(ERR_USAGE, "compression level %d, the codec has 1..%d", level, most);
    if (codec == PARQUET_SNAPPY) TRY(library_load(&snappy_file));
    struct compressor *c = must_calloc(1, sizeof *c);
    c->codec = codec;
    c->level = level ? level : LEVEL_DEFAULT;
    bool made = true;
    if (codec == PARQUET_ZSTD) made = (c->zstd = ZSTD_createCCtx()) != NULL;
    if (codec == PARQUET_GZIP)
        made = deflateInit2(&c->gzip, c->level, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY,
                            Z_DEFAULT_STRATEGY) == Z_OK;
    if (!made) {
        free(c);
        return fail(ERR_MEMORY, "no memory for a compressor");
    }
    *out = c;
    return OK;
}

void compressor_close(struct compressor *c)
{
    if (!c) return;
    if (c->codec == PARQUET_ZSTD) ZSTD_freeCCtx(c->zstd);
    if (c->codec == PARQUET_GZIP) deflateEnd(&c->gzip);
    free(c);
}

static size_t gzip(z_stream *z, struct buffer *out, span in)
{
    CHECK(deflateReset(z) == Z_OK);
    buffer_reserve(out, deflateBound(z, in.size));
    z->next_in = (Bytef *)in.data;
    z->avail_in = (uInt)in.size;
    z->next_out = (Bytef *)out->data;
    z->avail_out = (uInt)out->capacity;
    CHECK(deflate(z, Z_FINISH) == Z_STREAM_END);
    return z->total_out;
}

bool compressor_has_light(const struct compressor *c)
{
    return c->codec == PARQUET_ZSTD && c->level == LIGHT_LEVEL;
}

/* Zero is the level's own. */
static void zstd_set(struct compressor *c, ZSTD_cParameter parameter, int value)
{
    CHECK(!ZSTD_isError(ZSTD_CCtx_setParameter(c->zstd, parameter, value)));
}

static size_t zstd(struct compressor *c, struct buffer *out, span in, bool light)
{
    buffer_reserve(out, ZSTD_compressBound(in.size));
    zstd_set(c, ZSTD_c_compressionLevel, c->level);
    zstd_set(c, ZSTD_c_hashLog, light ? LIGHT_HASH : 0);
    zstd_set(c, ZSTD_c_minMatch, light ? LIGHT_MATCH : 0);
    size_t n = ZSTD_compress2(c->zstd, out->data, out->capacity, in.data, in.size);
    CHECK(!ZSTD_isError(n));
    return n;
}

static size_t snappy(struct buffer *out, span in)
{
    size_t size = library.snappy_max_compressed_length(in.size);
    buffer_reserve(out, size);
    CHECK(library.snappy_compress(in.data, in.size, out->data, &size) == SNAPPY_OK);
    return size;
}

static size_t lz4(struct buffer *out, span in)
{
    int bound = LZ4_compressBound((int)in.size);
    buffer_reserve(out, (size_t)bound);
    int n = LZ4_compress_default(in.data, out->data, (int)in.size, bound);
    CHECK(n > 0);
    return (size_t)n;
}

error compressor_run(struct compressor *c, struct buffer *out, span in, bool light)
{
    if (in.size > LZ4_MAX_INPUT_SIZE) /* the least of the codecs' limits, just under 2 GiB */
        return fail(ERR_TOO_LARGE, "Parquet page of %zu bytes", in.size);
    buffer_reset(out);
    switch (c->codec) {
    case PARQUET_NONE: buffer_append_span(out, in); break;
    case PARQUET_SNAPPY: out->size = snappy(out, in); break;
    case PARQUET_GZIP: out->size = gzip(&c->gzip, out, in); break;
    case PARQUET_ZSTD: out->size = zstd(c, out, in, light); break;
    case PARQUET_LZ4_RAW: out->size = lz4(out, in); break;
    }
    return OK;
}
