/* A gateway over stores in a folder, for tests: prints where it listens and its keys as one line of
 * JSON, then obeys lines on its standard input until that ends:
 *
 *   advance SECONDS   moves its clocks, wall and monotonic
 *   limits on|off     AWS's limits per shard
 *   put-key ID SECRET ACCOUNT   one more access key
 *
 * usage: aws_server FOLDER [--no-auth] */
#include "aws/aws.h"
#include "object/object.h"
#include "state/state.h"
#include "stream/stream.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Atomic int64_t offset_us;
static struct world shifted;

static int64_t shifted_now_us(void) { return real_world.now_us() + offset_us; }
static int64_t shifted_monotonic_us(void) { return real_world.monotonic_us() + offset_us; }

static void must(error e, const char *what)
{
    if (e == OK) return;
    fprintf(stderr, "aws_server: %s: %s\n", what, error_text());
    exit(1);
}

static void put_key(struct state *state, const char *id, const char *secret, const char *account)
{
    json_t *document = json_pack("{s:s, s:s, s:s}", "AccessKeyId", id, "SecretAccessKey", secret,
                                 "AccountId", account);
    must(state_put_one(state, (struct state_key){"-", "-", "access-key", id}, document), "key");
    json_decref(document);
}

static void obey(struct state *state, struct stream_store *streams)
{
    char line[512], first[128], second[128], third[128];
    long long seconds;
    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "advance %lld", &seconds) == 1) offset_us += seconds * US_PER_SECOND;
        else if (sscanf(line, "limits %127s", first) == 1)
            stream_store_set_limits(streams, strcmp(first, "on") == 0);
        else if (sscanf(line, "put-key %127s %127s %127s", first, second, third) == 3)
            put_key(state, first, second, third);
        else fprintf(stderr, "aws_server: not understood: %s", line);
        puts("ok");
        fflush(stdout);
    }
}

/* Of the path of this program, with the final slash. */
static int folder_size(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (int)(slash - path) + 1 : 0;
}

int main(int count, char **arguments)
{
    if (count < 2) return 2;
    shifted = real_world;
    shifted.now_us = shifted_now_us;
    shifted.monotonic_us = shifted_monotonic_us;
    world = &shifted;
    struct arena arena = {0};
    struct state *state;
    struct stream_store *streams;
    struct object_store *objects;
    struct gateway *gateway;
    const char *access_key, *secret_key;
    const char *state_folder = arena_printf(&arena, "%s/state", arguments[1]);
    const char *stream_folder = arena_printf(&arena, "%s/streams", arguments[1]);
    const char *object_folder = arena_printf(&arena, "%s/objects", arguments[1]);
    must(folder_make(state_folder), "folder");
    must(folder_make(object_folder), "folder");
    must(folder_make(stream_folder), "folder");
    must(state_open(state_folder, &state), "state");
    must(stream_store_open(stream_folder, &streams), "streams");
    must(object_open_local(object_folder, &objects), "objects");
    struct gateway_options options = {
        .listen = "127.0.0.1", .account = "123456789012", .region = "us-east-1",
        .auth = !(count > 2 && strcmp(arguments[2], "--no-auth") == 0),
        .state = state, .streams = streams, .objects = objects, .directory = arguments[1],
        .run_binary = arena_printf(&arena, "%.*s../sluice", folder_size(arguments[0]), arguments[0]),
    };
    must(access_key_default(state, options.account, &arena, &access_key, &secret_key), "key");
    must(gateway_open(&options, &gateway), "gateway");
    printf("{\"port\":%d,\"access_key\":\"%s\",\"secret_key\":\"%s\",\"account\":\"%s\","
           "\"region\":\"%s\"}\n",
           gateway_port(gateway), access_key, secret_key, options.account, options.region);
    fflush(stdout);
    obey(state, streams);
    gateway_close(gateway);
    objects->ops->close(objects);
    stream_store_close(streams);
    state_close(state);
    arena_release(&arena);
    return 0;
}
