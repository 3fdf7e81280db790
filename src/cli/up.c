/* `sluice up`: the AWS-compatible endpoints over one data directory, until a signal ends it. */
#include "cli/internal.h"

#include "aws/aws.h"
#include "http/http.h"
#include "object/object.h"
#include "state/state.h"
#include "stream/stream.h"

#include <signal.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

enum { AUTH_ON, AUTH_OFF };
enum { TLS_OFF, TLS_SELF_SIGNED };
enum { LIMITS_OFF, LIMITS_AWS };
enum { RUNS_RESTART, RUNS_FAIL };

struct up_options {
    int64_t port;
    const char *listen, *dir, *region, *account;
    int auth, limits, runs, log_level;
    bool json;
    const char *tls_cert, *tls_key;
    int tls;
};

struct server {
    const struct up_options *options;
    struct arena arena;
    const char *path;
    const char *region, *account;
    struct directory_lock lock;
    struct state *state;
    struct stream_store *streams;
    struct object_store *objects;
    struct http_tls *tls;
    const char *authority; /* file for clients that shall trust our own certificate, or NULL */
    struct gateway *gateway;
    const char *access_key;
    bool new_key; /* the credentials file was written now */
};

static const char *part(struct server *server, const char *name)
{
    return arena_printf(&server->arena, "%s/%s", server->path, name);
}

static error open_stores(struct server *server)
{
    TRY(directory_path(&server->arena, server->options->dir, &server->path));
    TRY(directory_lock(server->path, &server->lock));
    endpoint_remove(server->path); /* of one that was killed */
    TRY(folder_make(part(server, "state")));
    TRY(state_open(part(server, "state"), &server->state));
    TRY(folder_make(part(server, "streams")));
    TRY(stream_store_open(part(server, "streams"), &server->streams));
    stream_store_set_limits(server->streams, server->options->limits == LIMITS_AWS);
    TRY(folder_make(part(server, "objects")));
    return object_open_local(part(server, "objects"), &server->objects);
}

static error open_tls(struct server *server)
{
    const struct up_options *options = server->options;
    if (options->tls_cert) return http_tls_open(options->tls_cert, options->tls_key, &server->tls);
    if (options->tls == TLS_OFF) return OK;
    const char *certificate = part(server, "tls/certificate.pem"), *key = part(server, "tls/key.pem");
    server->authority = part(server, "tls/ca.pem");
    if (access(key, F_OK) != 0) {
        TRY(folder_make(part(server, "tls")));
        TRY(http_tls_make(server->authority, certificate, key));
    }
    return http_tls_open(certificate, key, &server->tls);
}

static error open_gateway(struct server *server)
{
    const char *secret_key;
    TRY(access_key_default(server->state, server->account, &server->arena, &server->access_key,
                           &secret_key));
    TRY(credentials_write(server->path, server->access_key, secret_key, &server->new_key));
    struct gateway_options options = {
        .listen = server->options->listen,
        .port = (int)server->options->port,
        .tls = server->tls,
        .auth = server->options->auth == AUTH_ON,
        .account = server->account,
        .region = server->region,
        .state = server->state,
        .streams = server->streams,
        .objects = server->objects,
        .directory = server->path,
        .fail_dead_runs = server->options->runs == RUNS_FAIL,
    };
    return gateway_open(&options, &server->gateway);
}

static void close_server(struct server *server)
{
    if (server->gateway) gateway_close(server->gateway);
    http_tls_close(server->tls);
    if (server->objects) server->objects->ops->close(server->objects);
    if (server->streams) stream_store_close(server->streams);
    if (server->state) state_close(server->state);
    if (server->lock.file >= 0) {
        endpoint_remove(server->path);
        directory_unlock(&server->lock);
    }
    arena_release(&server->arena);
}

/* With a scheme; an address that means every one of this machine becomes the loopback's. */
static const char *url_of(struct server *server, const char *scheme)
{
    const char *address = server->options->listen;
    if (strcmp(address, "0.0.0.0") == 0) address = "127.0.0.1";
    else if (strcmp(address, "::") == 0) address = "::1";
    bool ipv6 = strchr(address, ':') != NULL;
    return arena_printf(&server->arena, "%s://%s%s%s:%d", scheme, ipv6 ? "[" : "", address,
                        ipv6 ? "]" : "", gateway_port(server->gateway));
}

static json_t *ready_document(struct server *server, const char *url)
{
    json_t *ready = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I}", "endpoint", url, "directory",
                              server->path, "region", server->region, "account", server->account,
                              "access_key", server->access_key, "pid", (json_int_t)getpid());
    if (server->tls) json_object_set_new(ready, "http_endpoint",
                                         json_string(url_of(server, "http")));
    if (server->authority) json_object_set_new(ready, "ca_bundle", json_string(server->authority));
    return ready;
}

static error announce(struct server *server)
{
    const char *url = url_of(server, server->tls ? "https" : "http");
    json_t *ready = ready_document(server, url);
    error e = endpoint_write(server->path, ready);
    if (server->new_key)
        fprintf(stderr,
                "sluice: new access key %s in %s/credentials; clients find it and the endpoint with\n"
                "        eval \"$(sluice env%s%s)\"\n",
                server->access_key, server->path, server->options->dir ? " --dir " : "",
                server->options->dir ? server->options->dir : "");
    if (server->authority)
        fprintf(stderr, "sluice: clients of https trust %s with AWS_CA_BUNDLE or NODE_EXTRA_CA_CERTS\n",
                server->authority);
    fprintf(stderr, "sluice: ready at %s%s%s (region %s, account %s, auth %s, limits %s), data in %s\n",
            bold(stderr), url, plain(stderr), server->region, server->account,
            server->options->auth == AUTH_ON ? "on" : "off",
            server->options->limits == LIMITS_AWS ? "aws" : "off", server->path);
    if (server->options->json) print_json_line(ready);
    json_decref(ready);
    return e;
}

/* Both signals are blocked in every thread and taken here. */
static void wait_for_end(const sigset_t *ends)
{
    while (sigwaitinfo(ends, NULL) < 0) continue; /* a stop and continue interrupts it */
}

static error serve(struct server *server)
{
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigprocmask(SIG_BLOCK, &ends, NULL); /* before any thread starts: all inherit it */
    TRY(open_stores(server));
    TRY(open_tls(server));
    TRY(open_gateway(server));
    TRY(announce(server));
    wait_for_end(&ends);
    sigprocmask(SIG_UNBLOCK, &ends, NULL); /* a second signal ends the process at once */
    log_line(LOG_INFO, "up", "ending");
    return OK;
}

static int up_run(const void *given, int count, char **arguments)
{
    (void)count, (void)arguments;
    const struct up_options *options = given;
    struct server server = {
        .options = options,
        .region = options->region ? options->region : default_region(),
        .account = options->account ? options->account : default_account,
        .lock.file = -1,
    };
    if (strlen(server.account) != ACCOUNT_DIGITS ||
        strspn(server.account, "0123456789") != ACCOUNT_DIGITS)
        return usage_error(&up_command, "--account: '%s' is not 12 digits", server.account);
    if (!options->tls_cert != !options->tls_key)
        return usage_error(&up_command, "--tls-cert and --tls-key come together");
    if (options->tls_cert && options->tls != TLS_OFF)
        return usage_error(&up_command, "--tls-cert or --tls self-signed, not both");
    log_set_level((enum log_level)options->log_level);
    error e = serve(&server);
    int status = e == OK ? STATUS_OK : command_failed(&up_command, e);
    close_server(&server);
    return status;
}

#define OFFSET(member) offsetof(struct up_options, member)

static const struct option_row up_options[] = {
    {.name = "port", .type = OPTION_INTEGER, .argument = "PORT",
     .summary = "TCP port; 0 takes a free one (default: 4566)", .offset = OFFSET(port),
     .max = 65535},
    {.name = "listen", .type = OPTION_STRING, .argument = "ADDRESS",
     .summary = "Address to listen on (default: 127.0.0.1)", .offset = OFFSET(listen)},
    {.name = "dir", .type = OPTION_STRING, .argument = "DIR", .summary = DIR_SUMMARY,
     .offset = OFFSET(dir)},
    {.name = "auth", .type = OPTION_ONE_OF, .argument = "on|off",
     .summary = "Verify the signatures of requests (default: on)", .offset = OFFSET(auth),
     .choices = (const char *const[]){"on", "off", NULL}},
    {.name = "limits", .type = OPTION_ONE_OF, .argument = "aws|off",
     .summary = "Throttle shards as AWS does (default: off)", .offset = OFFSET(limits),
     .choices = (const char *const[]){"off", "aws", NULL}},
    {.name = "runs", .type = OPTION_ONE_OF, .argument = "restart|fail",
     .summary = "What becomes of a job run whose process died: it goes on from its checkpoint, or "
                "it has FAILED (default: restart)",
     .offset = OFFSET(runs), .choices = (const char *const[]){"restart", "fail", NULL}},
    {.name = "tls", .type = OPTION_ONE_OF, .argument = "self-signed|off",
     .summary = "Serve https beside http on the port, with a certificate of our own for 127.0.0.1, "
                "::1 and localhost, made once; clients trust DIR/tls/ca.pem (default: off)",
     .offset = OFFSET(tls), .choices = (const char *const[]){"off", "self-signed", NULL}},
    {.name = "tls-cert", .type = OPTION_STRING, .argument = "FILE",
     .summary = "Serve https beside http with this certificate chain (PEM)",
     .offset = OFFSET(tls_cert)},
    {.name = "tls-key", .type = OPTION_STRING, .argument = "FILE",
     .summary = "Its private key (PEM)", .offset = OFFSET(tls_key)},
    {.name = "region", .type = OPTION_STRING, .argument = "REGION",
     .summary = "Region of requests that name none (default: $AWS_REGION, $AWS_DEFAULT_REGION or "
                "us-east-1)",
     .offset = OFFSET(region)},
    {.name = "account", .type = OPTION_STRING, .argument = "DIGITS",
     .summary = "Account that owns what is made (default: 123456789012)",
     .offset = OFFSET(account)},
    {.name = "log-level", .type = OPTION_ONE_OF, .argument = "LEVEL",
     .summary = "error, warn, info or debug (default: info)", .offset = OFFSET(log_level),
     .choices = (const char *const[]){"error", "warn", "info", "debug", NULL}},
    {.name = "json", .type = OPTION_TRUE,
     .summary = "One JSON line on stdout when ready: endpoint, directory, region, account, "
                "access_key, pid; with TLS http_endpoint and ca_bundle too",
     .offset = OFFSET(json)},
    {0},
};

const struct command up_command = {
    .name = "up",
    .summary = "Serve the AWS-compatible endpoints",
    .arguments = "",
    .description =
        "Serves the AWS APIs that `sluice help --compatibility' lists on one port, over the data "
        "directory, until SIGTERM or SIGINT: requests in flight are finished; a second signal "
        "ends it at once. A data directory is served by one process at a time.\n"
        "\n"
        "Runs that Glue's StartJobRun began are processes of `sluice run', with their output in "
        "DIR/logs. When the server ends they finish their batch and end too; when it is killed "
        "they go on. The next server finds them again, or starts them again.\n"
        "\n"
        "An access key is made with the directory; DIR/credentials holds it as an AWS shared "
        "credentials file. `sluice env' sets the clients of a shell up for it.",
    .examples = "  sluice up\n"
                "  sluice up --port 0 --dir /tmp/lake --json\n"
                "  AWS_SHARED_CREDENTIALS_FILE=/tmp/lake/credentials \\\n"
                "      aws --endpoint-url http://127.0.0.1:4566 kinesis list-streams\n",
    .options = up_options,
    .defaults = &(const struct up_options){
        .port = 4566, .listen = "127.0.0.1", .log_level = LOG_INFO},
    .options_size = sizeof(struct up_options),
    .run = up_run,
};
