/* `sluice gen`: synthetic ventilator records into a stream, with the flags of the example generator
 * of AWS Glue's streaming samples. */
#include "cli/internal.h"
#include "cli/producer.h"
#include "http/http.h"

#include <signal.h>
#include <stddef.h>

struct gen_options {
    const char *region, *stream, *endpoint_url, *dir;
    int64_t max_count, seed;
    double rate, malformed;
    bool dry_run, json;
};

static volatile int stopped;

static void stop(int number)
{
    (void)number;
    stopped = 1;
}

static void stop_on_signals(void)
{
    /* A second signal ends the process at once. */
    struct sigaction action = {.sa_handler = stop, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* How many records go next so that the rate holds, at most a full call; waits until the first of
 * them is due. A slow rate goes out in calls of a twentieth of a second's records. */
static int due(const struct gen_options *options, int64_t sent, int64_t started_us)
{
    int64_t count = PRODUCER_BATCH_MAX;
    if (options->rate > 0) {
        int64_t share = (int64_t)(options->rate / 20);
        if (share < count) count = share > 0 ? share : 1;
        int64_t at = started_us + (int64_t)((double)sent / options->rate * US_PER_SECOND);
        for (int64_t left; !stopped && (left = at - monotonic_us()) > 0;)
            world->sleep_us(left < US_PER_SECOND / 10 ? left : US_PER_SECOND / 10);
    }
    if (options->max_count && options->max_count - sent < count)
        count = options->max_count - sent;
    return stopped ? 0 : (int)count;
}

static error print_records(const struct gen_options *options, int64_t *printed)
{
    struct ventilator_series series = {(uint64_t)options->seed, options->malformed};
    struct buffer text = {0};
    int64_t started_us = monotonic_us();
    error e = OK;
    for (int count; e == OK && (count = due(options, *printed, started_us)) > 0;) {
        buffer_reset(&text);
        for (int i = 0; i < count; i++)
            ventilator_record(&series, (uint64_t)(*printed)++, &text);
        if (fwrite(text.data, 1, text.size, stdout) != text.size || fflush(stdout) != 0)
            e = fail_errno("write to stdout");
    }
    buffer_release(&text);
    return e;
}

static error put_records(const struct gen_options *options, struct producer *producer)
{
    int64_t started_us = monotonic_us();
    error e = OK;
    for (int count; e == OK && (count = due(options, (int64_t)producer->next, started_us)) > 0;) {
        e = producer_put(producer, count, &stopped);
        double seconds = (double)(monotonic_us() - started_us) / US_PER_SECOND;
        progress("%s records acknowledged, %s/s", grouped(producer->acknowledged),
                 grouped((int64_t)((double)producer->acknowledged / seconds)));
    }
    progress_end();
    return e;
}

static void report(const struct gen_options *options, const struct producer *producer,
                   int64_t took_us)
{
    double seconds = (double)took_us / US_PER_SECOND;
    if (options->json) {
        json_t *line = json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:f}", "stream", options->stream,
                                 "seed", (json_int_t)options->seed, "sent",
                                 (json_int_t)producer->next, "acknowledged",
                                 (json_int_t)producer->acknowledged, "malformed",
                                 (json_int_t)producer->malformed, "resent",
                                 (json_int_t)producer->resent, "seconds", seconds);
        print_json_line(line);
        json_decref(line);
    } else {
        printf("%s records acknowledged in %.1f s (stream %s, seed %lld)\n",
               grouped(producer->acknowledged), seconds, options->stream,
               (long long)options->seed);
    }
}

static int put_series(const struct gen_options *options)
{
    struct arena arena = {0};
    struct producer producer = {
        .region = options->region ? options->region : default_region(),
        .stream = options->stream,
        .series = {(uint64_t)options->seed, options->malformed},
    };
    int64_t started_us = monotonic_us();
    error e = endpoint_client(&arena, options->endpoint_url, options->dir, &producer.endpoint_url,
                              &producer.client);
    if (e == OK) {
        e = put_records(options, &producer);
        report(options, &producer, monotonic_us() - started_us);
        http_client_close(producer.client);
    }
    arena_release(&arena);
    return e == OK ? STATUS_OK : command_failed(&gen_command, e);
}

static int gen_run(const void *given, int count, char **arguments)
{
    (void)count, (void)arguments;
    struct gen_options options = *(const struct gen_options *)given;
    if (!options.dry_run && !options.stream)
        return usage_error(&gen_command, "--stream-name is missing (or give --dry-run)");
    if (options.seed < 0) {
        uint32_t random;
        world->random(&random, sizeof random);
        options.seed = random;
    }
    stop_on_signals();
    if (!options.dry_run) return put_series(&options);
    int64_t printed = 0;
    error e = print_records(&options, &printed);
    return e == OK ? STATUS_OK : command_failed(&gen_command, e);
}

#define OFFSET(member) offsetof(struct gen_options, member)

static const struct option_row gen_options[] = {
    {.name = "stream-name", .type = OPTION_STRING, .argument = "NAME",
     .summary = "Stream to put the records into", .offset = OFFSET(stream)},
    {.name = "region-name", .type = OPTION_STRING, .argument = "REGION",
     .summary = "Region (default: $AWS_REGION, $AWS_DEFAULT_REGION or us-east-1)",
     .offset = OFFSET(region)},
    {.name = "endpoint-url", .type = OPTION_STRING, .argument = "URL",
     .summary = "Kinesis endpoint (default: $AWS_ENDPOINT_URL or http://127.0.0.1:4566)",
     .offset = OFFSET(endpoint_url)},
    {.name = "max-count", .type = OPTION_INTEGER, .argument = "COUNT",
     .summary = "Records to make; 0 makes them until stopped (default: 10)",
     .offset = OFFSET(max_count), .max = 1e15},
    {.name = "rate", .type = OPTION_DECIMAL, .argument = "RECORDS/S",
     .summary = "Records per second; 0 is as many as the stream takes (default: 0)",
     .offset = OFFSET(rate), .max = 1e9},
    {.name = "seed", .type = OPTION_INTEGER, .argument = "NUMBER",
     .summary = "The same seed makes the same records (default: another one each time)",
     .offset = OFFSET(seed), .max = 9007199254740991},
    {.name = "malformed", .type = OPTION_DECIMAL, .argument = "PERCENT",
     .summary = "Of a hundred records, this many are no readable JSON object (default: 0)",
     .offset = OFFSET(malformed), .max = 100},
    {.name = "dry-run", .type = OPTION_TRUE, .summary = "Print the records instead of putting them",
     .offset = OFFSET(dry_run)},
    {.name = "dir", .type = OPTION_STRING, .argument = "DIR",
     .summary = KEY_DIR_SUMMARY,
     .offset = OFFSET(dir)},
    {.name = "json", .type = OPTION_TRUE, .summary = JSON_SUMMARY, .offset = OFFSET(json)},
    {0},
};

const struct command gen_command = {
    .name = "gen",
    .summary = "Put synthetic records into a stream",
    .arguments = "",
    .description =
        "Makes records of ventilators (JSON objects, one per line) and puts them into a Kinesis "
        "stream with PutRecords, 500 at a time; what the stream refuses is sent again. Counts the "
        "records that were acknowledged. A first Ctrl-C ends after the call in flight.",
    .examples = "  sluice gen --dry-run --max-count 3 --seed 1\n"
                "  sluice gen --stream-name ventilatorstream --max-count 100000\n"
                "  sluice gen --stream-name ventilatorstream --max-count 0 --rate 200\n",
    .options = gen_options,
    .defaults = &(const struct gen_options){.max_count = 10, .seed = -1},
    .options_size = sizeof(struct gen_options),
    .run = gen_run,
};
