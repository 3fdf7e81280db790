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
        bool found = real && access(arena_printf(arena, "%s/cdk.context.json", real), R_OK) == 0;
        if (found) *out = arena_text(arena, span_of(real));
        free(real);
        if (found) return OK;
        if (given) break;
    }
    return fail(ERR_USAGE, "no cdk.context.json in %s", given ? given : "the shipped example; give --example");
}

static error read_file(const char *path, struct buffer *text)
{
    enum { DOCUMENT_MAX_BYTES = 1024 * 1024 };
    return file_read_whole(path, text, DOCUMENT_MAX_BYTES);
}

static error read_project(struct arena *arena, const char *path, struct project *project)
{
    struct buffer text = {0};
    error e = read_file(path, &text);
    if (e == OK && (e = project_read(arena, buffer_span(&text), project)) != OK)
        fail_context(e, "%s", path);
    buffer_release(&text);
    return e;
}

static error read_document(const char *path, json_t **out)
{
    struct buffer text = {0};
    error e = read_file(path, &text);
    if (e == OK && (e = json_read(buffer_span(&text), out)) != OK) fail_context(e, "%s", path);
    buffer_release(&text);
    return e;
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
    place->context = arena_printf(arena, "%s/cdk.context.json", example);
    place->job = arena_printf(arena, "%s/job.json", example);
    TRY(read_project(arena, place->context, &place->project));
    TRY(read_document(arena_printf(arena, "%s/lake-table.json", example), &place->lake_table_input));
    const char *table = json_text(place->lake_table_input, "Name");
    const char *location =
        json_text(json_object_get(place->lake_table_input, "StorageDescriptor"), "Location");
    if (!table || !location)
        return fail(ERR_INVALID_INPUT, "%s/lake-table.json: Name or Location is missing", example);
    place->lake_table = arena_printf(arena, "%s.%s", place->project.database, table);
    const char *bucket, *key;
    TRY(object_url_parse(arena, location, &bucket, &key));
    place->files = arena_printf(arena, "%s/objects/%s/%s", place->directory, bucket, key);
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

/* ---- creating ---- */

error demo_place_create(struct demo_place *place, struct http_client *client,
                        const char *endpoint_url)
{
    json_t *input = json_pack("{s:s, s:O}", "DatabaseName", place->project.database, "TableInput",
                              place->lake_table_input), *output;
    error e = http_aws_json(client, endpoint_url, "glue", region, "AWSGlue.CreateTable", input, 0,
                            &output);
    if (e == OK) json_decref(output);
    json_decref(input);
    return e;
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
    project_release(&place->project);
    json_decref(place->lake_table_input);
}
