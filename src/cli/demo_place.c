/* The data directory of a demo and what the example's documents put into it. */
#include "cli/demo.h"

#include "cli/internal.h"
#include "http/http.h"
#include "object/object.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

static const char region[] = "us-east-1";

/* ---- finding things ---- */

static const char *binary_folder(struct arena *arena)
{
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n <= 0) return ".";
    path[n] = '\0';
    *strrchr(path, '/') = '\0';
    return arena_text(arena, span_of(path));
}

/* The shipped example, in the source tree or installed. */
static error find_example(struct arena *arena, const char *given, const char **out)
{
    const char *binary = binary_folder(arena);
    const char *const places[] = {
        given,
        arena_printf(arena, "%s/../example/ventilators", binary),
        arena_printf(arena, "%s/../share/sluice/example/ventilators", binary),
        "example/ventilators",
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (!places[i]) continue;
        char *real = realpath(places[i], NULL);
        bool found = real && access(arena_printf(arena, "%s/job.json", real), R_OK) == 0;
        if (found) *out = arena_text(arena, span_of(real));
        free(real);
        if (found) return OK;
        if (given) break;
    }
    return fail(ERR_USAGE, "no job.json in %s", given ? given : "the shipped example; give --example");
}

static error read_document(struct arena *arena, const char *folder, const char *name, json_t **out)
{
    enum { DOCUMENT_MAX_BYTES = 1024 * 1024 };
    const char *path = arena_printf(arena, "%s/%s", folder, name);
    struct buffer text = {0};
    error e = file_read_whole(path, &text, DOCUMENT_MAX_BYTES);
    if (e == OK) e = json_read(buffer_span(&text), out);
    buffer_release(&text);
    return e == ERR_PARSE ? fail_context(e, "%s", path) : e;
}

/* The directory exists and has nothing in it. */
static error check_empty(const char *path)
{
    DIR *folder = opendir(path);
    if (!folder) return fail_errno("open folder %s", path);
    int entries = 0;
    for (struct dirent *entry; (entry = readdir(folder));)
        entries += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(folder);
    return entries ? fail(ERR_USAGE, "--keep: %s is not empty", path) : OK;
}

static error open_directory(struct arena *arena, const char *keep, struct demo_place *place)
{
    if (keep) {
        TRY(directory_path(arena, keep, &place->directory));
        TRY(folder_make(place->directory));
        return check_empty(place->directory);
    }
    const char *temporary = getenv("TMPDIR");
    char *path = arena_printf(arena, "%s/sluice-demo-XXXXXX",
                              temporary && *temporary == '/' ? temporary : "/tmp");
    if (!mkdtemp(path)) return fail_errno("make %s", path);
    place->directory = path;
    place->temporary = true;
    return OK;
}

static error read_documents(struct arena *arena, const char *example, struct demo_place *place)
{
    TRY(read_document(arena, example, "stream.json", &place->stream_input));
    TRY(read_document(arena, example, "table.json", &place->table_input));
    TRY(read_document(arena, example, "lake-table.json", &place->lake_table_input));
    place->job = arena_printf(arena, "%s/job.json", example);
    place->stream = json_text(place->stream_input, "StreamName");
    const char *table = json_text(place->lake_table_input, "Name");
    const char *location =
        json_text(json_object_get(place->lake_table_input, "StorageDescriptor"), "Location");
    if (!place->stream || !table || !location)
        return fail(ERR_INVALID_INPUT, "%s: StreamName, Name or Location is missing", example);
    place->lake_table = arena_printf(arena, "%s.%s", DEMO_DATABASE, table);
    const char *key;
    TRY(object_url_parse(arena, location, &place->bucket, &key));
    place->files =
        arena_printf(arena, "%s/objects/%s/%s", place->directory, place->bucket, key);
    return OK;
}

error demo_place_open(struct arena *arena, const char *keep, const char *example,
                      struct demo_place *place)
{
    const char *folder = NULL;
    TRY(find_example(arena, example, &folder));
    TRY(open_directory(arena, keep, place));
    place->binary = arena_printf(arena, "%s/sluice", binary_folder(arena));
    place->log = arena_printf(arena, "%s/demo.log", place->directory);
    return read_documents(arena, folder, place);
}

/* ---- creating, through the doors that any client uses ---- */

struct door {
    struct http_client *client;
    const char *endpoint_url;
};

/* Takes the reference of `input`; the reply goes to *output unless that is NULL. */
static error call(const struct door *door, const char *service, const char *target, json_t *input,
                  json_t **output)
{
    json_t *reply = NULL;
    error e = http_aws_json(door->client, door->endpoint_url, service, region, target, input, 0,
                            &reply);
    json_decref(input);
    if (e == OK && output) *output = reply;
    else json_decref(reply);
    return e;
}

static error create_stream(const struct door *door, const struct demo_place *place)
{
    TRY(call(door, "kinesis", "Kinesis_20131202.CreateStream", json_incref(place->stream_input),
             NULL));
    for (bool active = false; !active;) {
        json_t *reply;
        TRY(call(door, "kinesis", "Kinesis_20131202.DescribeStreamSummary",
                 json_pack("{s:s}", "StreamName", place->stream), &reply));
        const char *status =
            json_text(json_object_get(reply, "StreamDescriptionSummary"), "StreamStatus");
        active = status && strcmp(status, "ACTIVE") == 0;
        json_decref(reply);
        if (!active) world->sleep_us(20 * US_PER_MS);
    }
    return OK;
}

static error create_bucket(const struct door *door, const struct demo_place *place)
{
    struct buffer url = {0}, reply = {0};
    buffer_printf(&url, "%s/%s", door->endpoint_url, place->bucket);
    struct http_call put = {.method = "PUT",
                            .url = buffer_text(&url),
                            .service = "s3",
                            .region = region,
                            .reply_body = &reply};
    error e = http_call(door->client, &put);
    if (e == OK && put.status != 200)
        e = fail(ERR_UNAVAILABLE, "PUT %s answered %d: %s", put.url, put.status,
                 buffer_text(&reply));
    buffer_release(&reply);
    buffer_release(&url);
    return e;
}

static error create_table(const struct door *door, json_t *input)
{
    return call(door, "glue", "AWSGlue.CreateTable",
                json_pack("{s:s, s:O}", "DatabaseName", DEMO_DATABASE, "TableInput", input), NULL);
}

error demo_place_create(struct demo_place *place, struct http_client *client,
                        const char *endpoint_url)
{
    struct door door = {client, endpoint_url};
    TRY(create_stream(&door, place));
    TRY(create_bucket(&door, place));
    TRY(call(&door, "glue", "AWSGlue.CreateDatabase",
             json_pack("{s:{s:s}}", "DatabaseInput", "Name", DEMO_DATABASE), NULL));
    TRY(create_table(&door, place->table_input));
    return create_table(&door, place->lake_table_input);
}

/* ---- ending ---- */

static void show_log(const struct demo_place *place)
{
    enum { LOG_MAX_BYTES = 64 * 1024 * 1024, SHOWN_BYTES = 4096 };
    struct buffer text = {0};
    if (file_read_whole(place->log, &text, LOG_MAX_BYTES) == OK && text.size) {
        size_t from = text.size > SHOWN_BYTES ? text.size - SHOWN_BYTES : 0;
        fprintf(stderr, "--- what its processes said:\n%.*s", (int)(text.size - from),
                text.data + from);
    }
    buffer_release(&text);
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info, (void)kind, (void)place;
    return remove(path);
}

void demo_place_close(struct demo_place *place, bool failed)
{
    enum { OPEN_FOLDERS = 16 };
    if (failed && place->log) show_log(place);
    if (place->temporary &&
        nftw(place->directory, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS) != 0)
        fprintf(stderr, "sluice demo: remove %s: %s\n", place->directory, strerror(errno));
    json_decref(place->stream_input);
    json_decref(place->table_input);
    json_decref(place->lake_table_input);
}
