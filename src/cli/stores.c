/* The stores that a command works over: those of a data directory, or the APIs of AWS: Kinesis for
 * streams, S3 for objects, Glue for the catalog. */
#include "cli/stores.h"

#include <unistd.h>

/* Without a data directory an endpoint means all of AWS's services, with one the streams alone. */
bool table_name_split(struct arena *arena, const char *name, const char **database,
                      const char **table)
{
    const char *dot = strchr(name, '.');
    if (!dot || dot == name || !dot[1]) return false;
    *database = arena_text(arena, (span){name, (size_t)(dot - name)});
    *table = dot + 1;
    return true;
}

bool stores_are_remote(const struct store_choice *choice)
{
    return choice->remote || (choice->endpoint_url && !choice->dir);
}

/* What the command line or the environment says; NULL: nothing. */
static const char *endpoint_given(struct stores *s, const char *service)
{
    const char *given = s->choice->endpoint_url;
    if (given || !stores_are_remote(s->choice)) return given;
    return http_aws_endpoint_set(&s->arena, service);
}

/* ---- streams ---- */

/* "arn:aws:kinesis:REGION:ACCOUNT:stream/NAME" or a plain name -> whose stream it is. */
static error stream_key_parse(struct stores *s, const char *stream, struct stream_key *key)
{
    *key = (struct stream_key){s->choice->account, s->region, stream};
    if (strncmp(stream, "arn:", 4) != 0) return OK;
    char *copy = arena_text(&s->arena, span_of(stream)), *parts[6];
    int count = 0;
    for (char *p = copy; p && count < 6;) parts[count++] = strsep(&p, ":");
    if (count < 6 || strcmp(parts[2], "kinesis") != 0 || strncmp(parts[5], "stream/", 7) != 0)
        return fail(ERR_INVALID_INPUT, "'%s' is not the ARN of a Kinesis stream", stream);
    *key = (struct stream_key){parts[4], parts[3], parts[5] + 7};
    return OK;
}

/* In a data directory the document's own endpoint comes first: it says that this stream lies
 * elsewhere. Over the network whoever starts the command says where everything is. */
static const char *stream_endpoint(struct stores *s, const char *own, const char *region)
{
    bool remote = stores_are_remote(s->choice);
    const char *given = endpoint_given(s, "kinesis");
    if (given && (remote || !own)) return given;
    if (own || !remote) return own;
    return http_aws_endpoint(&s->arena, "kinesis", region);
}

error stores_stream(struct stores *s, const char *stream, const char *endpoint, struct stream **out)
{
    struct stream_key key;
    TRY(stream_key_parse(s, stream, &key));
    endpoint = stream_endpoint(s, endpoint, key.region);
    if (!endpoint) {
        if (!s->streams)
            TRY(stream_store_open(arena_printf(&s->arena, "%s/streams", s->path), &s->streams));
        return stream_open_local(s->streams, key, out);
    }
    if (!s->client) TRY(http_client_open(NULL, &s->client));
    return stream_open_kinesis(s->client, endpoint, key.region, stream, out);
}

error stores_source(void *context, const struct source *source, struct stream **out)
{
    return stores_stream(context, source->stream, source->endpoint_url, out);
}

/* ---- objects and catalog ---- */

static error open_local(struct stores *s)
{
    struct arena *arena = &s->arena;
    TRY(directory_path(arena, s->choice->dir, &s->path));
    const char *state = arena_printf(arena, "%s/state", s->path);
    if (access(state, F_OK) != 0)
        return fail(ERR_NOT_FOUND, "%s holds no tables (no `sluice up' has served it yet)", s->path);
    TRY(state_open(state, &s->state));
    TRY(catalog_open_local(s->state, s->choice->account, s->region, &s->catalog));
    return object_open_local(arena_printf(arena, "%s/objects", s->path), &s->objects);
}

static const char *service_endpoint(struct stores *s, const char *service)
{
    const char *given = endpoint_given(s, service);
    return given ? given : http_aws_endpoint(&s->arena, service, s->region);
}

static error open_remote(struct stores *s)
{
    const char *s3 = service_endpoint(s, "s3"), *glue = service_endpoint(s, "glue");
    const char *used;
    if (s->choice->dir)
        return fail(ERR_USAGE, "--remote and --dir exclude each other: remote stores keep nothing "
                               "in a data directory");
    if (http_is_aws(s3) && !s->choice->region && !http_aws_region(&s->arena))
        return fail(ERR_USAGE, "no region: give --region, set AWS_REGION or the profile's region");
    TRY(endpoint_client(&s->arena, s3, NULL, &used, &s->client));
    TRY(catalog_open_glue(s->client, glue, s->region, &s->catalog));
    return object_open_s3(s->client, s3, s->region, &s->objects);
}

error stores_open(const struct store_choice *choice, struct stores *s)
{
    bool remote = stores_are_remote(choice);
    *s = (struct stores){.choice = choice, .region = choice->region};
    if (!s->region && remote) s->region = http_aws_region(&s->arena);
    if (!s->region) s->region = default_region();
    return remote ? open_remote(s) : open_local(s);
}

void stores_close(struct stores *s)
{
    if (s->streams) stream_store_close(s->streams);
    if (s->objects) s->objects->ops->close(s->objects);
    if (s->catalog) s->catalog->ops->close(s->catalog);
    if (s->client) http_client_close(s->client);
    if (s->state) state_close(s->state);
    arena_release(&s->arena);
}
