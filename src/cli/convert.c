/* `sluice convert`: a file of JSON lines -> one Parquet file, by the decoder and the writer that
 * jobs use, without stream, lake or catalog.
 *
 *   parts of the file --read, decode (a task each)--> batches --encode (a task per column)--> file
 *
 * While the columns of one round are encoded and written, the parts of the next ones are read and
 * decoded. Rounds are the same with any number of threads, and so are the file's bytes. */
#include "cli/internal.h"
#include "cli/ndjson.h"
#include "decode/decode.h"
#include "parquet/parquet.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* While a row group leaves for the file, the rounds behind it keep the other threads at work. */
enum { ROUND_PARTS = 8, ROUNDS = 4, INFER_PARTS = 32 };

struct convert_options {
    const char *output, *schema;
    int codec, timestamps, policy, parquet_compat;
    int64_t level, threads, row_group_mib;
    bool skip, json;
};

/* A part on its way to a batch; one task at a time has it. */
struct lane {
    struct decoder *decoder;
    struct arena arena;
    struct decoded decoded;
    int64_t refused_at; /* where in the file the first refused record is */
    error failed;
    char *failure; /* the task's error text */
};

struct round {
    struct conversion_run *run;
    struct lane lanes[ROUND_PARTS];
    int64_t first_part;
    struct pool_job job;
};

struct conversion_run {
    const struct convert_options *options;
    struct ndjson input;
    const struct schema *schema;
    struct arena arena;
    struct pool *pool;
    struct round rounds[ROUNDS]; /* one thread needs only one */
    int round_count;
    struct ndjson_part *parts; /* text, by worker: needed only while it is decoded */
    struct parquet_writer *writer;
    const char *path;
    int file;
    int64_t written; /* bytes */
    int64_t refused, nulled;
};

/* ---- schema ---- */

/* "a:int,b:string", or the same within struct<>. */
static error given_schema(struct conversion_run *c)
{
    const char *text = c->options->schema;
    const struct type *type;
    if (strncmp(text, "struct<", 7) != 0) text = arena_printf(&c->arena, "struct<%s>", text);
    TRY(type_parse(&c->arena, span_of(text), &type));
    struct schema *schema = ARENA_NEW(&c->arena, struct schema);
    *schema = (struct schema){type->child_count, type->children};
    c->schema = schema;
    return OK;
}

static error inferred_schema(struct conversion_run *c)
{
    struct ndjson_part *part = &c->parts[0];
    for (int64_t k = 0; k < c->input.parts && k < INFER_PARTS; k++) {
        TRY(ndjson_read(&c->input, k, part));
        TRY(decode_infer(&c->arena, c->schema, ndjson_lines(part), ndjson_count(part), &c->schema));
    }
    if (c->schema && c->schema->field_count) return OK;
    return fail(ERR_INVALID_INPUT, "%s: no record to take a schema from; give one with --schema",
                c->input.path);
}

/* ---- a round of parts ---- */

static error lane_run(struct conversion_run *c, struct lane *lane, int64_t number,
                      struct ndjson_part *part)
{
    arena_reset(&lane->arena);
    TRY(ndjson_read(&c->input, number, part));
    const span *lines = ndjson_lines(part);
    TRY(decoder_run(lane->decoder, lines, ndjson_count(part), &lane->arena, &lane->decoded));
    if (lane->decoded.fault_count)
        lane->refused_at =
            part->offset + (lines[lane->decoded.faults[0].record].data - part->bytes.data);
    return OK;
}

static void lane_task(void *context, int task, int worker)
{
    struct round *round = context;
    struct conversion_run *c = round->run;
    struct lane *lane = &round->lanes[task];
    lane->failed = lane_run(c, lane, round->first_part + task, &c->parts[worker]);
    if (lane->failed) lane->failure = arena_text(&lane->arena, span_of(error_text()));
}

static void round_start(struct conversion_run *c, struct round *round, int64_t first_part)
{
    int64_t left = c->input.parts - first_part;
    round->first_part = first_part;
    round->job = (struct pool_job){.run = lane_task,
                                   .context = round,
                                   .count = left < ROUND_PARTS ? (int)left : ROUND_PARTS};
    pool_start(c->pool, &round->job);
}

static error refuse(struct conversion_run *c, const struct lane *lane)
{
    const struct decode_fault *fault = &lane->decoded.faults[0];
    return fail(ERR_INVALID_INPUT, "%s: the record at byte %lld is refused, %s at its byte %u "
                "(--skip-refused goes on without such records)", c->input.path,
                (long long)lane->refused_at, decode_reason_text(fault->reason), fault->offset);
}

static error round_write(struct conversion_run *c, struct round *round)
{
    const struct batch *batches[ROUND_PARTS];
    for (int i = 0; i < round->job.count; i++) {
        struct lane *lane = &round->lanes[i];
        if (lane->failed) return fail(lane->failed, "%s", lane->failure);
        c->refused += (int64_t)lane->decoded.fault_count;
        if (lane->decoded.fault_count && !c->options->skip) return refuse(c, lane);
        batches[i] = lane->decoded.batch;
    }
    return parquet_write_all(c->writer, batches, (size_t)round->job.count);
}

/* Rounds take turns in being read, and are written in order. */
static error convert(struct conversion_run *c)
{
    error e = OK;
    const int64_t count = (c->input.parts + ROUND_PARTS - 1) / ROUND_PARTS;
    int64_t started = 0, done = 0;
    for (; e == OK && done < count; done++) {
        for (; started < count && started < done + c->round_count; started++)
            round_start(c, &c->rounds[started % c->round_count], started * ROUND_PARTS);
        struct round *round = &c->rounds[done % c->round_count];
        pool_wait(c->pool, &round->job);
        e = round_write(c, round);
    }
    for (; done < started; done++) pool_wait(c->pool, &c->rounds[done % c->round_count].job);
    return e;
}

/* ---- the file ---- */

static error file_write(void *context, span bytes)
{
    struct conversion_run *c = context;
    TRY(file_write_all(c->file, c->path, bytes, c->written));
    c->written += (int64_t)bytes.size;
    return OK;
}

static error lanes_open(struct conversion_run *c)
{
    struct decode_options options = {.policy = (enum decode_policy)c->options->policy};
    c->round_count = pool_threads(c->pool) > 1 ? ROUNDS : 1;
    for (int r = 0; r < c->round_count; r++) {
        c->rounds[r].run = c;
        for (int i = 0; i < ROUND_PARTS; i++)
            TRY(decoder_open(&c->rounds[r].lanes[i].decoder, c->schema, &options));
    }
    return OK;
}

static error run_open(struct conversion_run *c)
{
    const struct convert_options *o = c->options;
    TRY(pool_open(&c->pool, (int)o->threads));
    c->parts = must_calloc((size_t)pool_threads(c->pool), sizeof *c->parts);
    TRY(o->schema ? given_schema(c) : inferred_schema(c));
    TRY(lanes_open(c));
    c->file = world->open(c->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (c->file < 0) return fail_errno("create %s", c->path);
    struct parquet_options options = {
        .codec = (enum parquet_codec)o->codec,
        .level = (int)o->level,
        .timestamps = (enum parquet_timestamps)o->timestamps,
        .row_group_bytes = (size_t)o->row_group_mib << 20,
        .delta = o->parquet_compat == COMPAT_2_0,
        .pool = c->pool,
    };
    return parquet_open(&c->writer, c->schema, &options, (struct parquet_sink){c, file_write});
}

/* What became NULL is counted by the decoders since they were opened. */
static void run_close(struct conversion_run *c)
{
    for (int i = 0; i < ROUNDS * ROUND_PARTS; i++) {
        struct lane *lane = &c->rounds[i / ROUND_PARTS].lanes[i % ROUND_PARTS];
        for (int k = 0; lane->decoded.bad_values && k < c->schema->field_count; k++)
            c->nulled += lane->decoded.bad_values[k];
        if (lane->decoder) decoder_close(lane->decoder);
        arena_release(&lane->arena);
    }
    for (int i = 0; c->parts && i < pool_threads(c->pool); i++) ndjson_part_release(&c->parts[i]);
    free(c->parts);
    pool_close(c->pool);
    ndjson_close(&c->input);
    arena_release(&c->arena);
}

static error convert_file(struct conversion_run *c, int64_t *rows)
{
    error e = run_open(c);
    if (e == OK) e = convert(c);
    if (e == OK) {
        e = parquet_close(c->writer, NULL, 0, rows, NULL);
    } else if (c->writer) {
        parquet_abandon(c->writer);
    }
    if (c->file >= 0 && world->close(c->file) != 0 && e == OK) e = fail_errno("close %s", c->path);
    if (c->file >= 0 && e != OK) world->unlink(c->path);
    return e;
}

static void report(const struct conversion_run *c, int64_t rows, int64_t took_us)
{
    double seconds = (double)took_us / US_PER_SECOND;
    if (c->options->json) {
        json_t *line = json_pack("{s:I, s:I, s:I, s:I, s:f}", "rows", (json_int_t)rows, "bytes",
                                 (json_int_t)c->written, "refused", (json_int_t)c->refused,
                                 "nulled", (json_int_t)c->nulled, "seconds", seconds);
        print_json_line(line);
        json_decref(line);
        return;
    }
    printf("%s rows, %s bytes in %.2f s: %s\n", grouped(rows), grouped(c->written), seconds,
           c->path);
    if (c->refused) printf("%s records refused\n", grouped(c->refused));
    if (c->nulled) printf("%s values did not fit their column and are NULL\n", grouped(c->nulled));
}

static int convert_run(const void *given, int count, char **arguments)
{
    const struct convert_options *options = given;
    struct conversion_run c = {.options = options, .path = options->output, .file = -1};
    int64_t rows = 0, begin_us = monotonic_us();
    (void)count;
    if (!c.path) return usage_error(&convert_command, "-o FILE is missing");
    error e = ndjson_open(&c.input, arguments[0]);
    if (e == OK) e = convert_file(&c, &rows);
    run_close(&c);
    if (e != OK) return command_failed(&convert_command, e);
    report(&c, rows, monotonic_us() - begin_us);
    return c.refused || c.nulled ? STATUS_DATA : STATUS_OK;
}

#define OFFSET(member) offsetof(struct convert_options, member)

const char *const parquet_compat_levels[] = {"1.0", "2.0", NULL};
static const char *const codecs[] = {"none", "snappy", "gzip", "zstd", "lz4", NULL};
static const char *const timestamps[] = {"int96", "int64", NULL};
static const char *const policies[] = {"permissive", "inferred", "openx", NULL};

static const struct option_row convert_options[] = {
    {.name = "output", .letter = 'o', .type = OPTION_STRING, .argument = "FILE",
     .summary = "The Parquet file to make", .offset = OFFSET(output)},
    {.name = "schema", .type = OPTION_STRING, .argument = "NAME:TYPE,...",
     .summary = "Columns in the catalog's types (default: detected from the first 4 MiB)",
     .offset = OFFSET(schema)},
    {.name = "policy", .type = OPTION_ONE_OF, .argument = "POLICY", .choices = policies,
     .summary = "How JSON values meet types: permissive (Spark's from_json), inferred (Spark's "
                "casts) or openx (Athena's SerDe) (default: permissive)",
     .offset = OFFSET(policy)},
    {.name = "codec", .type = OPTION_ONE_OF, .argument = "CODEC", .choices = codecs,
     .summary = "none, snappy, gzip, zstd or lz4 (default: snappy)", .offset = OFFSET(codec)},
    {.name = "level", .type = OPTION_INTEGER, .argument = "NUMBER",
     .summary = "Compression level of zstd and gzip (default: 1)", .offset = OFFSET(level),
     .max = 22},
    {.name = "timestamps", .type = OPTION_ONE_OF, .argument = "TYPE", .choices = timestamps,
     .summary = "int96 as Spark writes them, or int64 microseconds (default: int96)",
     .offset = OFFSET(timestamps)},
    {.name = "parquet-compat", .type = OPTION_ONE_OF, .argument = "1.0|2.0",
     .summary = PARQUET_COMPAT_SUMMARY,
     .offset = OFFSET(parquet_compat), .choices = parquet_compat_levels},
    {.name = "row-group-size", .type = OPTION_INTEGER, .argument = "MIB",
     .summary = "Encoded MiB after which a row group ends (default: 4, more with many columns)",
     .offset = OFFSET(row_group_mib), .min = 1, .max = 1024},
    {.name = "threads", .type = OPTION_INTEGER, .argument = "COUNT",
     .summary = "Threads to work with; the file is the same with any number (default: 1)",
     .offset = OFFSET(threads), .min = 1, .max = POOL_THREADS_MAX},
    {.name = "skip-refused", .type = OPTION_TRUE,
     .summary = "Leave records out that are no readable JSON object, and count them",
     .offset = OFFSET(skip)},
    {.name = "json", .type = OPTION_TRUE, .summary = JSON_SUMMARY, .offset = OFFSET(json)},
    {0},
};

const struct command convert_command = {
    .name = "convert",
    .summary = "Make a Parquet file of a file of JSON lines",
    .arguments = "FILE.ndjson",
    .arguments_min = 1,
    .arguments_max = 1,
    .description =
        "Reads one JSON object per line and writes the columns of a schema to one Parquet file, "
        "with the decoder and the writer that jobs use. A value that does not fit its column "
        "becomes NULL and is counted; the exit status is then 2. A record that is no readable JSON "
        "object ends the command, and no file is left.",
    .examples = "  sluice convert events.ndjson -o events.parquet\n"
                "  sluice convert events.ndjson -o events.parquet --codec zstd --threads 4\n"
                "  sluice convert v.ndjson -o v.parquet "
                "--schema ventilatorid:int,eventtime:timestamp,o2stats:int\n",
    .options = convert_options,
    .defaults =
        &(const struct convert_options){.codec = PARQUET_SNAPPY,
                                        .parquet_compat = COMPAT_2_0,
                                        .threads = 1},
    .options_size = sizeof(struct convert_options),
    .run = convert_run,
};
