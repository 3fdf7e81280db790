/* Parsing alone: a file of JSON lines in memory -> columns, by the decoder that jobs use.
 *
 *   decode_speed FILE.ndjson NAME:TYPE,... [WALK]     prints {"seconds": ..., "rows": ...} */
#include "decode/decode.h"

#include <stdio.h>
#include <stdlib.h>

enum { SLICE = 2048, FILE_MAX = INT32_MAX };

static error decode(span text, const struct schema *schema, const char *walk)
{
    struct decoder *decoder;
    struct arena arena = {0};
    struct decoded decoded;
    span lines[SLICE];
    const struct decode_options options = {.policy = DECODE_PERMISSIVE, .walk = walk};
    TRY(decoder_open(&decoder, schema, &options));
    int64_t begin = monotonic_us(), rows = 0;
    const char *end = text.data + text.size;
    for (const char *p = text.data; p < end;) {
        size_t count = lines_split(&p, end, lines, SLICE); /* counts, as it does for other parsers */
        arena_reset(&arena);
        TRY(decoder_run(decoder, lines, count, &arena, &decoded));
        rows += decoded.batch->rows;
    }
    printf("{\"seconds\": %.6f, \"rows\": %lld}\n", (double)(monotonic_us() - begin) / 1e6,
           (long long)rows);
    decoder_close(decoder);
    arena_release(&arena);
    return OK;
}

int main(int argc, char **argv)
{
    struct arena arena = {0};
    struct buffer text = {0};
    const struct type *type = NULL;
    if (argc < 3) return 2;
    error e = file_read_whole(argv[1], &text, FILE_MAX);
    if (e == OK)
        e = type_parse(&arena, span_of(arena_printf(&arena, "struct<%s>", argv[2])), &type);
    if (e == OK)
        e = decode(buffer_span(&text), &(struct schema){type->child_count, type->children},
                   argc > 3 ? argv[3] : NULL);
    if (e != OK) fprintf(stderr, "decode_speed: %s\n", error_text());
    buffer_release(&text);
    arena_release(&arena);
    return e == OK ? 0 : 1;
}
