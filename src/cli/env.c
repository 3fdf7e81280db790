/* `sluice env`: what makes AWS clients reach a local endpoint without flags.
 *
 * Out go environment variables, as commands of a shell, and files below DIR/client that they point
 * at. Clients differ in what they know (AWS SDKs and Tools guide, "Service-specific endpoints"):
 *
 *   AWS_ENDPOINT_URL            AWS CLI from 2.13 and 1.29 on, boto3 from 1.28, JavaScript v3, CDK
 *   AWS_CONFIG_FILE             region and endpoint as a profile; `aws configure get region` reads
 *                               nothing else
 *   AWS_DATA_PATH               older botocore: rule sets that resolve every service to the endpoint
 *
 * The user's own files are left alone. The one that can only be there, the AWS CLI's alias file,
 * is made on request. */
#include "cli/internal.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

enum { SHELL_SH, SHELL_FISH, SHELL_JSON };

struct env_options {
    const char *dir, *endpoint_url, *region;
    int shell;
    bool write, force;
};

struct env {
    const struct env_options *options;
    struct arena arena;
    const char *path;      /* the data directory */
    const char *url, *region;
    const char *authority; /* to be trusted, or NULL */
    const char *access_key, *secret_key;
    json_t *variables;     /* name -> text, or null: not to be set */
};

/* ---- the endpoint ---- */

static const char *text_copy(struct env *env, const json_t *object, const char *name)
{
    const char *text = json_text(object, name);
    return text ? arena_text(&env->arena, span_of(text)) : NULL;
}

static error find_endpoint(struct env *env)
{
    const struct env_options *options = env->options;
    json_t *ready = NULL;
    TRY(directory_path(&env->arena, options->dir, &env->path));
    if (options->endpoint_url) {
        bool https = strncmp(options->endpoint_url, "https://", 8) == 0;
        if (!https && strncmp(options->endpoint_url, "http://", 7) != 0)
            return fail(ERR_USAGE, "--endpoint-url: '%s' does not begin with http:// or https://",
                        options->endpoint_url);
        const char *authority = arena_printf(&env->arena, "%s/tls/ca.pem", env->path);
        env->url = options->endpoint_url;
        if (https && access(authority, R_OK) == 0) env->authority = authority;
    } else {
        error e = endpoint_read(&env->arena, env->path, &ready);
        if (e == ERR_NOT_FOUND)
            return fail(e, "no `sluice up' serves %s: start one, or give --endpoint-url", env->path);
        if (e != OK) return e;
    }
    if (ready) {
        env->url = text_copy(env, ready, "endpoint");
        env->region = text_copy(env, ready, "region");
        env->authority = text_copy(env, ready, "ca_bundle");
        json_decref(ready);
    }
    if (options->region) env->region = options->region;
    if (!env->region) env->region = default_region();
    if (!env->url) return fail(ERR_PARSE, "%s/endpoint.json: no endpoint in it", env->path);
    return credentials_read(&env->arena, env->path, &env->access_key, &env->secret_key);
}

/* ---- files ---- */

/* botocore's names of services and of their models. */
static const struct {
    const char *name, *version;
} services[] = {
    {"athena", "2017-05-18"},  {"cloudformation", "2010-05-15"}, {"ecr", "2015-09-21"},
    {"firehose", "2015-08-04"}, {"glue", "2017-03-31"},          {"iam", "2010-05-08"},
    {"kinesis", "2013-12-02"}, {"lakeformation", "2017-03-31"},  {"logs", "2014-03-28"},
    {"s3", "2006-03-01"},      {"ssm", "2014-11-06"},            {"sts", "2011-06-15"},
};
enum { SERVICES = sizeof services / sizeof *services };

static json_t *rule_to(const char *url, json_t *conditions)
{
    return json_pack("{s:o, s:{s:s, s:{}, s:{}}, s:s}", "conditions", conditions, "endpoint",
                     "url", url, "properties", "headers", "type", "endpoint");
}

static json_t *parameter(void)
{
    return json_pack("{s:b, s:s, s:s}", "required", 0, "documentation", "", "type", "String");
}

/* An endpoint rule set that answers the URL whatever is asked. S3 has the bucket in the path: no
 * name but the endpoint's own resolves. */
static json_t *rule_set(struct env *env, const char *service)
{
    json_t *region = parameter(), *rules = json_array();
    json_object_set_new(region, "builtIn", json_string("AWS::Region"));
    json_t *parameters = json_pack("{s:o}", "Region", region);
    if (strcmp(service, "s3") == 0) {
        json_object_set_new(parameters, "Bucket", parameter());
        json_t *has_bucket = json_pack("[{s:s, s:[{s:s}]}]", "fn", "isSet", "argv", "ref", "Bucket");
        json_array_append_new(rules, rule_to(arena_printf(&env->arena, "%s/{Bucket}", env->url),
                                             has_bucket));
    }
    json_array_append_new(rules, rule_to(env->url, json_array()));
    return json_pack("{s:s, s:o, s:o}", "version", "1.0", "parameters", parameters, "rules", rules);
}

static error write_rule_set(struct env *env, const char *service, const char *version)
{
    const char *folder = arena_printf(&env->arena, "%s/client/data/%s/%s", env->path, service,
                                      version);
    TRY(folder_make(folder));
    json_t *rules = rule_set(env, service);
    struct buffer text = {0};
    json_print_pretty(&text, rules);
    json_decref(rules);
    error e = file_replace(arena_printf(&env->arena, "%s/endpoint-rule-set-1.json", folder),
                           buffer_span(&text));
    buffer_release(&text);
    return e;
}

static error write_client_files(struct env *env)
{
    for (int i = 0; i < SERVICES; i++)
        TRY(write_rule_set(env, services[i].name, services[i].version));
    const char *bundle = env->authority ? arena_printf(&env->arena, "ca_bundle = %s\n",
                                                       env->authority)
                                        : "";
    const char *config = arena_printf(&env->arena, "[default]\nregion = %s\nendpoint_url = %s\n%s",
                                      env->region, env->url, bundle);
    return file_replace(arena_printf(&env->arena, "%s/client/config", env->path), span_of(config));
}

/* The AWS CLI looks for its aliases in one place only. */
static error write_aliases(struct env *env)
{
    static const char aliases[] = "[toplevel]\nmb = s3 mb\ncp = s3 cp\n";
    const char *home = getenv("HOME");
    if (!home || *home != '/') return fail(ERR_USAGE, "--write: HOME is not set");
    const char *folder = arena_printf(&env->arena, "%s/.aws/cli", home);
    const char *file = arena_printf(&env->arena, "%s/alias", folder);
    const char *kept = arena_printf(&env->arena, "%s.before-sluice", file);
    bool exists = access(file, F_OK) == 0;
    if (exists && !env->options->force) {
        fprintf(stderr, "sluice env: %s exists and was left alone (--force replaces it); what it "
                        "lacks may be:\n%s", file, aliases);
        return OK;
    }
    TRY(folder_make(folder));
    if (exists && rename(file, kept) != 0) return fail_errno("rename %s to %s", file, kept);
    TRY(file_replace(file, SPAN(aliases)));
    fprintf(stderr, "sluice env: wrote %s: `aws mb' and `aws cp' are `aws s3 mb' and `aws s3 cp'\n",
            file);
    if (exists) fprintf(stderr, "sluice env: the file that was there is %s\n", kept);
    return OK;
}

/* ---- variables ---- */

static void set(struct env *env, const char *name, const char *value)
{
    json_object_set_new(env->variables, name, value ? json_string(value) : json_null());
}

/* What would win over the variables that we set, where somebody has set it. */
static void unset_rivals(struct env *env)
{
    extern char **environ;
    static const char *const rivals[] = {"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN",
                                         "AWS_SECURITY_TOKEN",
                                         "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"};
    for (size_t i = 0; i < sizeof rivals / sizeof *rivals; i++)
        if (getenv(rivals[i])) set(env, rivals[i], NULL);
    for (char **entry = environ; *entry; entry++) {
        span name = {*entry, strcspn(*entry, "=")};
        if (span_starts(name, "AWS_ENDPOINT_URL_"))
            set(env, arena_text(&env->arena, name), NULL);
    }
}

static void collect(struct env *env)
{
    struct arena *arena = &env->arena;
    env->variables = json_object();
    unset_rivals(env);
    set(env, "AWS_ENDPOINT_URL", env->url);
    set(env, "AWS_REGION", env->region);
    set(env, "AWS_DEFAULT_REGION", env->region);
    set(env, "AWS_ACCESS_KEY_ID", env->access_key);
    set(env, "AWS_SECRET_ACCESS_KEY", env->secret_key);
    set(env, "AWS_SHARED_CREDENTIALS_FILE", arena_printf(arena, "%s/credentials", env->path));
    set(env, "AWS_CONFIG_FILE", arena_printf(arena, "%s/client/config", env->path));
    set(env, "AWS_DATA_PATH", arena_printf(arena, "%s/client/data", env->path));
    set(env, "AWS_EC2_METADATA_DISABLED", "true"); /* no credentials are looked for elsewhere */
    set(env, "CDK_DISABLE_CLI_TELEMETRY", "1");
    if (!env->authority) return;
    set(env, "AWS_CA_BUNDLE", env->authority);
    set(env, "NODE_EXTRA_CA_CERTS", env->authority);
}

/* In single quotes nothing is special to a POSIX shell; to fish, the quote and the backslash. */
static void print_quoted(const char *text, int shell)
{
    putchar('\'');
    for (; *text; text++) {
        if (*text == '\'') fputs(shell == SHELL_SH ? "'\\''" : "\\'", stdout);
        else if (*text == '\\' && shell == SHELL_FISH) fputs("\\\\", stdout);
        else putchar(*text);
    }
    putchar('\'');
}

static void print_variables(const struct env *env)
{
    int shell = env->options->shell;
    if (shell == SHELL_JSON) {
        print_json_line(env->variables);
        return;
    }
    const char *name;
    json_t *value;
    json_object_foreach(env->variables, name, value) {
        const char *text = json_string_value(value);
        if (!text) {
            printf(shell == SHELL_SH ? "unset %s;\n" : "set -e %s;\n", name);
            continue;
        }
        printf(shell == SHELL_SH ? "export %s=" : "set -gx %s ", name);
        print_quoted(text, shell);
        fputs(";\n", stdout);
    }
    puts(shell == SHELL_SH ? "# eval \"$(sluice env)\"" : "# sluice env --shell fish | source");
}

/* ---- the command ---- */

static error env_do(struct env *env)
{
    TRY(find_endpoint(env));
    TRY(write_client_files(env));
    if (env->options->write) TRY(write_aliases(env));
    collect(env);
    print_variables(env);
    return OK;
}

static int env_run(const void *given, int count, char **arguments)
{
    (void)count, (void)arguments;
    struct env env = {.options = given};
    if (env.options->force && !env.options->write)
        return usage_error(&env_command, "--force goes with --write");
    error e = env_do(&env);
    int status = e == OK ? STATUS_OK : command_failed(&env_command, e);
    json_decref(env.variables);
    arena_release(&env.arena);
    return status;
}

#define OFFSET(member) offsetof(struct env_options, member)

static const struct option_row env_options[] = {
    {.name = "dir", .type = OPTION_STRING, .argument = "DIR", .summary = DIR_SUMMARY,
     .offset = OFFSET(dir)},
    {.name = "endpoint-url", .type = OPTION_STRING, .argument = "URL",
     .summary = "Endpoint (default: that of the `sluice up' which serves the data directory)",
     .offset = OFFSET(endpoint_url)},
    {.name = "region", .type = OPTION_STRING, .argument = "REGION",
     .summary = "Region of the clients (default: that of `sluice up')", .offset = OFFSET(region)},
    {.name = "shell", .type = OPTION_ONE_OF, .argument = "sh|fish|json",
     .summary = "Language of the output (default: sh)", .offset = OFFSET(shell),
     .choices = (const char *const[]){"sh", "fish", "json", NULL}},
    {.name = "write", .type = OPTION_TRUE,
     .summary = "Also make ~/.aws/cli/alias, if there is none, so that `aws mb' and `aws cp' mean "
                "`aws s3 mb' and `aws s3 cp'",
     .offset = OFFSET(write)},
    {.name = "force", .type = OPTION_TRUE,
     .summary = "With --write: replace an alias file that exists; it is kept beside the new one",
     .offset = OFFSET(force)},
    {0},
};

const struct command env_command = {
    .name = "env",
    .summary = "Set the AWS clients of a shell up for the endpoints",
    .arguments = "",
    .description =
        "Prints what makes the AWS CLI, the SDKs and the CDK use the endpoints of `sluice up' "
        "without any flag: endpoint, region, credentials, and for clients too old to know "
        "AWS_ENDPOINT_URL the data files that they read instead. The files lie in DIR/client; "
        "files of your own are not touched, except by --write.\n"
        "\n"
        "Variables that would win over these, such as AWS_PROFILE, are unset.",
    .examples = "  eval \"$(sluice env)\"\n"
                "  sluice env --shell fish | source\n"
                "  sluice env --dir /tmp/lake --shell json\n",
    .options = env_options,
    .defaults = &(const struct env_options){0},
    .options_size = sizeof(struct env_options),
    .run = env_run,
};
