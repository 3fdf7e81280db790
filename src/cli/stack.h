/* What the stack commands (synth, ls, deploy, diff, destroy) share: their options, the project they
 * read, the stacks they are about, the services they talk to. */
#pragma once

#include "cli/internal.h"

#include "http/http.h"
#include "project/project.h"

struct stack_options {
    const char *file, *output, *endpoint_url, *dir, *region, *role;
    bool all, exclusively, details, remote, fail, force, empty_buckets, drop_tables, json;
};

/* The rows of options that several of them have, for a command's table. */
#define STACK_OPTION(member) offsetof(struct stack_options, member)
#define STACK_FILE_ROW                                                                           \
    {.name = "file", .letter = 'f', .type = OPTION_STRING, .argument = "FILE",                   \
     .summary = "The project's context (default: cdk.context.json)", .offset = STACK_OPTION(file)}
#define STACK_JSON_ROW \
    {.name = "json", .type = OPTION_TRUE, .summary = JSON_SUMMARY, .offset = STACK_OPTION(json)}
#define STACK_EVENTS_ROW                                                                    \
    {.name = "json", .type = OPTION_TRUE,                                                   \
     .summary = "Events as JSON lines on stdout (default: when stdout is no terminal)",     \
     .offset = STACK_OPTION(json)}
#define STACK_SERVICE_ROWS                                                                   \
    {.name = "endpoint-url", .type = OPTION_STRING, .argument = "URL",                       \
     .summary = "Endpoint (default: $AWS_ENDPOINT_URL or http://127.0.0.1:4566)",            \
     .offset = STACK_OPTION(endpoint_url)},                                                  \
    {.name = "remote", .type = OPTION_TRUE,                                                  \
     .summary = "AWS itself, with the usual AWS credentials (or what "                       \
                "$AWS_ENDPOINT_URL_CLOUDFORMATION and its like say)",                        \
     .offset = STACK_OPTION(remote)},                                                        \
    {.name = "region", .type = OPTION_STRING, .argument = "REGION",                          \
     .summary = "Region (default: $AWS_REGION, $AWS_DEFAULT_REGION or us-east-1)",           \
     .offset = STACK_OPTION(region)},                                                        \
    {.name = "dir", .type = OPTION_STRING, .argument = "DIR", .summary = KEY_DIR_SUMMARY,    \
     .offset = STACK_OPTION(dir)}
#define STACK_ROLE_ROW                                                                            \
    {.name = "role-arn", .type = OPTION_STRING, .argument = "ARN",                                \
     .summary = "Role that CloudFormation works as, `none' for the caller's own rights (default: " \
                "the execution role of `cdk bootstrap', as the CDK does)",                        \
     .offset = STACK_OPTION(role)}

struct stack_door {
    const struct command *command;
    const struct stack_options *options;
    struct arena arena;
    struct project project;
    bool chosen[PROJECT_STACKS];
    struct http_client *client;
    const char *region;
    const char *url;  /* of every service; NULL: each has its own */
    const char *role; /* that CloudFormation works as, once asked for */
    bool json;       /* events as JSON lines */
};

/* Reads the file and tells its slips on stderr. */
error stack_project(struct stack_door *) MUST_CHECK;
/* Sets `chosen` by names or patterns; none: all. ERR_USAGE names the stacks that there are. */
error stack_choose(struct stack_door *, int count, char **names) MUST_CHECK;
const char *stack_word(int i); /* their names, for struct command */
/* Opens the client; afterwards the services may be called. */
error stack_connect(struct stack_door *) MUST_CHECK;
void stack_close(struct stack_door *);

const char *stack_url(struct stack_door *, const char *service);
/* An AWS JSON operation, by its target, or by its path where the service speaks REST. Steals the
 * input. */
error stack_call(struct stack_door *, const char *service, const char *target, json_t *input,
                 json_t **output) MUST_CHECK;
error stack_call_rest(struct stack_door *, const char *service, const char *operation,
                      json_t *input, json_t **output) MUST_CHECK;

/* "sluice deploy: note: text" on stderr. */
void stack_note(const struct stack_door *, const char *format, ...) PRINTF(2, 3);

/* ---- the data lake's administrators (lake_admins.c) ---- */
/* Those that there are, named on stderr. */
error lake_admins_read(struct stack_door *, json_t **admins) MUST_CHECK;
/* Puts those back that are there no more. */
error lake_admins_keep(struct stack_door *, const json_t *before) MUST_CHECK;

/* ---- CloudFormation (formation.c) ---- */
struct stack_state {
    const char *status; /* NULL: there is no such stack */
    const char *reason, *id;
    const struct xml_element *stack;
};
struct stack_event {
    const char *id, *time, *stack, *resource, *physical, *type, *status, *reason; /* "" : none */
};
typedef void stack_event_sink(void *context, const struct stack_event *);

/* A stack that is only under review, its first change set not executed, counts as none. */
error formation_state(struct stack_door *, const char *stack, struct stack_state *) MUST_CHECK;
/* As it was given, in JSON or YAML. */
error formation_template(struct stack_door *, const char *stack, json_t **out) MUST_CHECK;
struct change_set {
    const char *id; /* NULL: nothing would change */
    const char *stack;
};
/* Makes a change set of the template, for a new stack or one that exists. */
error formation_change(struct stack_door *, const char *stack, bool exists, span template,
                       struct change_set *) MUST_CHECK;
/* Each starts it, tells the events, and returns with the state it came to. */
error formation_execute(struct stack_door *, const struct change_set *, stack_event_sink *,
                        void *context, struct stack_state *) MUST_CHECK;
error formation_delete(struct stack_door *, const char *stack, stack_event_sink *, void *context,
                       struct stack_state *) MUST_CHECK;
/* Waits while something goes on with the stack. */
error formation_settle(struct stack_door *, const char *stack, struct stack_state *) MUST_CHECK;

/* ---- telling what happens (stack_report.c) ---- */
/* What an operation's events said: told as they come, and remembered where they are failures. */
struct stack_report {
    struct stack_door *door;
    const char *stack;
    int64_t started_us;
    const char *failure; /* the first reason, with its resource; NULL: none */
};
void stack_report_begin(struct stack_report *, struct stack_door *, const char *stack);
stack_event_sink stack_report_event;
/* `status`: what the stack has come to; `outputs` may be NULL. */
void stack_report_end(struct stack_report *, const char *status, bool changed,
                      const json_t *outputs);
/* Words the failure of an operation, with what to do about it. */
error stack_report_failure(struct stack_report *, const struct stack_state *) MUST_CHECK;
/* Adds what to do about it to the words of an error, where that is known; returns it. */
error stack_report_advise(error);
