/* `sluice job`: jobs and their runs through the endpoint, as any client of AWS Glue and CloudWatch
 * Logs would ask. */
#include "cli/internal.h"
#include "http/http.h"

#include <stddef.h>

struct job_options {
    const char *endpoint_url, *dir, *region, *run, *arguments;
    bool follow, output, json;
};

struct door {
    const struct job_options *options;
    struct arena arena;
    const char *url, *region;
    struct http_client *client;
};

enum { STOP_MAX = 25 }; /* BatchStopJobRun's run ids */
#define FOLLOW_EVERY_US (500 * US_PER_MS)

/* ---- calls ---- */

/* Steals the input. */
static error call(struct door *door, const char *service, const char *target, json_t *input,
                  json_t **output)
{
    error e =
        http_aws_json(door->client, door->url, service, door->region, target, input, 0, output);
    json_decref(input);
    return e;
}

static error call_glue(struct door *door, const char *operation, json_t *input, json_t **output)
{
    return call(door, "glue", arena_printf(&door->arena, "AWSGlue.%s", operation), input, output);
}

/* All pages of an operation's list, as one array. Steals the input. */
static error call_pages(struct door *door, const char *operation, json_t *input, const char *member,
                        json_t **out)
{
    *out = json_array();
    error e = OK;
    for (bool more = true; e == OK && more;) {
        json_t *page;
        e = call_glue(door, operation, json_incref(input), &page);
        if (e != OK) break;
        json_array_extend(*out, json_object_get(page, member));
        json_t *token = json_object_get(page, "NextToken");
        more = json_is_string(token);
        if (more) json_object_set(input, "NextToken", token);
        json_decref(page);
    }
    json_decref(input);
    if (e != OK) json_decref(*out);
    return e;
}

static error runs_of(struct door *door, const char *job, json_t **runs)
{
    return call_pages(door, "GetJobRuns", json_pack("{s:s}", "JobName", job), "JobRuns", runs);
}

static const char *text_of(const json_t *object, const char *member)
{
    const char *text = json_text(object, member);
    return text ? text : "";
}

static bool has_ended(const json_t *run)
{
    return json_object_get(run, "CompletedOn") != NULL;
}

static const char *started(struct door *door, const json_t *run)
{
    const json_t *at = json_object_get(run, "StartedOn");
    if (!at) return "";
    char *text = date_iso8601(&door->arena, (int64_t)(json_number_value(at) * US_PER_SECOND));
    text[sizeof "2026-01-10T06:07:08" - 1] = '\0';
    return text;
}

/* ---- list, runs ---- */

static void print_job(struct door *door, const json_t *job, const json_t *run, int width)
{
    if (door->options->json) {
        json_t *line = json_pack("{s:O, s:O*}", "Job", job, "LastRun", run);
        print_json_line(line);
        json_decref(line);
        return;
    }
    printf("%-*s  %-9s  %-19s  %s\n", width, text_of(job, "Name"), text_of(run, "JobRunState"),
           started(door, run), text_of(run, "Id"));
}

static error list_jobs(struct door *door, const char *name)
{
    json_t *jobs, *job, *page;
    size_t i;
    int width = sizeof "JOB" - 1;
    (void)name;
    TRY(call_pages(door, "GetJobs", json_object(), "Jobs", &jobs));
    json_array_foreach(jobs, i, job)
        if ((int)strlen(text_of(job, "Name")) > width) width = (int)strlen(text_of(job, "Name"));
    if (!door->options->json && json_array_size(jobs))
        printf("%-*s  %-9s  %-19s  %s\n", width, "JOB", "STATE", "STARTED (UTC)", "LAST RUN");
    error e = OK;
    json_array_foreach(jobs, i, job) {
        e = call_glue(door, "GetJobRuns", json_pack("{s:s, s:i}", "JobName", text_of(job, "Name"),
                                                    "MaxResults", 1), &page);
        if (e != OK) break;
        print_job(door, job, json_array_get(json_object_get(page, "JobRuns"), 0), width);
        json_decref(page);
    }
    json_decref(jobs);
    return e;
}

static error list_runs(struct door *door, const char *job)
{
    json_t *runs, *run;
    size_t i;
    TRY(runs_of(door, job, &runs));
    if (!door->options->json && json_array_size(runs))
        printf("%-9s  %-19s  %8s  %s\n", "STATE", "STARTED (UTC)", "SECONDS", "RUN");
    json_array_foreach(runs, i, run) {
        if (door->options->json) {
            print_json_line(run);
            continue;
        }
        printf("%-9s  %-19s  %8lld  %s\n", text_of(run, "JobRunState"), started(door, run),
               (long long)json_integer_or(run, "ExecutionTime", 0), text_of(run, "Id"));
        if (json_text(run, "ErrorMessage")) printf("           %s\n", text_of(run, "ErrorMessage"));
    }
    json_decref(runs);
    return OK;
}

/* ---- create, start, stop ---- */

static error create_job(struct door *door, const char *path)
{
    enum { DOCUMENT_MAX_BYTES = 16 << 20 };
    struct buffer text = {0};
    json_t *document = NULL, *output;
    error e = file_read_whole(path, &text, DOCUMENT_MAX_BYTES);
    if (e == OK) {
        e = json_read(buffer_span(&text), &document);
        if (e != OK) fail_context(e, "%s", path);
    }
    buffer_release(&text);
    if (e != OK) return e;
    TRY(call_glue(door, "CreateJob", document, &output));
    if (door->options->json) print_json_line(output);
    else printf("%s\n", text_of(output, "Name"));
    json_decref(output);
    return OK;
}

static error start_job(struct door *door, const char *job)
{
    json_t *arguments = NULL, *output;
    const char *given = door->options->arguments;
    if (given) {
        error e = json_read(span_of(given), &arguments);
        if (e != OK) return fail_context(ERR_USAGE, "--arguments");
    }
    TRY(call_glue(door, "StartJobRun",
                  json_pack("{s:s, s:o*}", "JobName", job, "Arguments", arguments), &output));
    if (door->options->json) print_json_line(output);
    else printf("%s\n", text_of(output, "JobRunId"));
    json_decref(output);
    return OK;
}

/* Up to STOP_MAX ids; what could not be stopped is an error. */
static error stop_some(struct door *door, const char *job, json_t *ids)
{
    json_t *output, *one;
    size_t i;
    TRY(call_glue(door, "BatchStopJobRun",
                  json_pack("{s:s, s:O}", "JobName", job, "JobRunIds", ids), &output));
    if (door->options->json) print_json_line(output);
    else json_array_foreach(json_object_get(output, "SuccessfulSubmissions"), i, one)
        printf("%s\n", text_of(one, "JobRunId"));
    error e = OK;
    json_array_foreach(json_object_get(output, "Errors"), i, one) {
        const json_t *detail = json_object_get(one, "ErrorDetail");
        e = fail(ERR_INVALID_INPUT, "%s", text_of(detail, "ErrorMessage"));
    }
    json_decref(output);
    return e;
}

static error living_runs(struct door *door, const char *job, json_t *ids)
{
    json_t *runs, *run;
    size_t i;
    if (door->options->run) {
        json_array_append_new(ids, json_string(door->options->run));
        return OK;
    }
    TRY(runs_of(door, job, &runs));
    json_array_foreach(runs, i, run)
        if (!has_ended(run)) json_array_append(ids, json_object_get(run, "Id"));
    json_decref(runs);
    return json_array_size(ids) ? OK : fail(ERR_NOT_FOUND, "job %s has no run that goes on", job);
}

static error stop_job(struct door *door, const char *job)
{
    json_t *ids = json_array();
    error e = living_runs(door, job, ids);
    for (size_t i = 0; e == OK && i < json_array_size(ids); i += STOP_MAX) {
        json_t *some = json_array();
        for (size_t k = i; k < json_array_size(ids) && k < i + STOP_MAX; k++)
            json_array_append(some, json_array_get(ids, k));
        e = stop_some(door, job, some);
        json_decref(some);
    }
    json_decref(ids);
    return e;
}

/* ---- logs ---- */

static error newest_run(struct door *door, const char *job, const char **id)
{
    json_t *runs;
    *id = door->options->run;
    if (*id) return OK;
    TRY(runs_of(door, job, &runs));
    const char *newest = json_text(json_array_get(runs, 0), "Id");
    if (newest) *id = arena_text(&door->arena, span_of(newest));
    json_decref(runs);
    return newest ? OK : fail(ERR_NOT_FOUND, "job %s has no runs", job);
}

static error run_has_ended(struct door *door, const char *job, const char *id, bool *ended)
{
    json_t *output;
    TRY(call_glue(door, "GetJobRun", json_pack("{s:s, s:s}", "JobName", job, "RunId", id),
                  &output));
    *ended = has_ended(json_object_get(output, "JobRun"));
    json_decref(output);
    return OK;
}

/* The next page of events; *moved: there may be more at once. */
static error print_events(struct door *door, const char *id, const char **token, bool *moved)
{
    json_t *output, *event;
    size_t i;
    TRY(call(door, "logs", "Logs_20140328.GetLogEvents",
             json_pack("{s:s, s:s, s:b, s:s*}", "logGroupName",
                       door->options->output ? "/aws-glue/jobs/output" : "/aws-glue/jobs/error",
                       "logStreamName", id, "startFromHead", 1, "nextToken", *token),
             &output));
    json_array_foreach(json_object_get(output, "events"), i, event) {
        if (door->options->json) print_json_line(event);
        else printf("%s\n", text_of(event, "message"));
    }
    const char *next = text_of(output, "nextForwardToken");
    *moved = !*token || strcmp(*token, next) != 0;
    if (*moved) *token = arena_text(&door->arena, span_of(next));
    json_decref(output);
    return fflush(stdout) == 0 ? OK : fail_errno("write to standard output");
}

/* Follows until the run has ended and all of it is shown. */
static error show_logs(struct door *door, const char *job)
{
    const char *id, *token = NULL;
    bool ended = true, moved = true;
    TRY(newest_run(door, job, &id));
    for (;;) {
        if (door->options->follow) TRY(run_has_ended(door, job, id, &ended));
        error e = print_events(door, id, &token, &moved);
        /* a run that has just begun has no log yet */
        if (e != OK && (e != ERR_RESOURCE_NOT_FOUND || ended)) return e;
        if (e == OK && moved) continue;
        if (ended) return OK;
        world->sleep_us(FOLLOW_EVERY_US);
    }
}

/* ---- the command ---- */

/* The job that a name which is none's may have meant, mostly one with other hyphens: added to the
 * error's words. */
static error suggest_job(struct door *door, error e, const char *name)
{
    enum { NEAR = 2 };
    const char *words = arena_text(&door->arena, span_of(error_text()));
    json_t *jobs, *job;
    size_t i;
    if (call_pages(door, "GetJobs", json_object(), "Jobs", &jobs) != OK) return fail(e, "%s", words);
    fail(e, "%s: %s", name, words);
    json_array_foreach(jobs, i, job) {
        const char *other = text_of(job, "Name");
        if (!text_nearly_equal(other, name) && text_distance(other, name) > NEAR) continue;
        fail(e, "%s: %s; did you mean '%s'?", name, words, other);
        break;
    }
    json_decref(jobs);
    return e;
}

static const struct action {
    const char *name;
    const char *argument; /* NULL: takes none */
    error (*run)(struct door *, const char *argument);
} actions[] = {
    {"list", NULL, list_jobs},   {"create", "FILE", create_job}, {"start", "JOB", start_job},
    {"runs", "JOB", list_runs},  {"logs", "JOB", show_logs},     {"stop", "JOB", stop_job},
};

static const char *job_word(int i)
{
    return i < (int)(sizeof actions / sizeof *actions) ? actions[i].name : NULL;
}

static const struct action *find_action(const char *name)
{
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (strcmp(actions[i].name, name) == 0) return &actions[i];
    return NULL;
}

static int job_run_command(const void *given, int count, char **arguments)
{
    const struct job_options *options = given;
    const struct action *action = find_action(arguments[0]);
    if (!action)
        return usage_error(&job_command, "'%s' is none of: list, create, start, runs, logs, stop",
                           arguments[0]);
    if (action->argument && count < 2)
        return usage_error(&job_command, "%s: %s is missing", action->name, action->argument);
    if (!action->argument && count > 1)
        return usage_error(&job_command, "%s: '%s' is one argument too many", action->name,
                           arguments[1]);
    struct door door = {.options = options,
                        .region = options->region ? options->region : default_region()};
    error e =
        endpoint_client(&door.arena, options->endpoint_url, options->dir, &door.url, &door.client);
    if (e == OK) {
        e = action->run(&door, arguments[1]);
        if (e == ERR_ENTITY_NOT_FOUND && arguments[1]) e = suggest_job(&door, e, arguments[1]);
        http_client_close(door.client);
    }
    arena_release(&door.arena);
    return e == OK ? STATUS_OK : command_failed(&job_command, e);
}

#define OFFSET(member) offsetof(struct job_options, member)

static const struct option_row job_options[] = {
    {.name = "run", .type = OPTION_STRING, .argument = "ID",
     .summary = "stop, logs: this run (default: those that go on; the newest)",
     .offset = OFFSET(run)},
    {.name = "arguments", .type = OPTION_STRING, .argument = "JSON",
     .summary = "start: arguments of the run, as an object of texts (default: the job's)",
     .offset = OFFSET(arguments)},
    {.name = "follow", .letter = 'f', .type = OPTION_TRUE,
     .summary = "logs: go on until the run has ended", .offset = OFFSET(follow)},
    {.name = "output", .type = OPTION_TRUE,
     .summary = "logs: what the run wrote to its standard output, a JSON line per batch",
     .offset = OFFSET(output)},
    {.name = "endpoint-url", .type = OPTION_STRING, .argument = "URL",
     .summary = "Endpoint (default: $AWS_ENDPOINT_URL or http://127.0.0.1:4566)",
     .offset = OFFSET(endpoint_url)},
    {.name = "region", .type = OPTION_STRING, .argument = "REGION",
     .summary = "Region (default: $AWS_REGION, $AWS_DEFAULT_REGION or us-east-1)",
     .offset = OFFSET(region)},
    {.name = "dir", .type = OPTION_STRING, .argument = "DIR",
     .summary = KEY_DIR_SUMMARY,
     .offset = OFFSET(dir)},
    {.name = "json", .type = OPTION_TRUE, .summary = JSON_SUMMARY, .offset = OFFSET(json)},
    {0},
};

const struct command job_command = {
    .name = "job",
    .summary = "Create, start and stop jobs, show their runs and logs",
    .arguments = "list|create|start|runs|logs|stop [FILE|JOB]",
    .arguments_min = 1,
    .arguments_max = 2,
    .word = job_word,
    .description =
        "Talks to the Glue jobs of an endpoint. `list' shows the jobs with their last run; "
        "`create' makes one of a document (the input of CreateJob); `start' begins a run and "
        "prints its id; `runs' shows the runs of a job, newest first; `logs' what a run said; "
        "`stop' lets the runs that go on finish their batch and end.",
    .examples = "  sluice job create example/ventilators/job.json\n"
                "  sluice job list\n"
                "  sluice job start ventilators_to_lake --arguments '{\"--window\": \"10\"}'\n"
                "  sluice job logs -f ventilators_to_lake\n"
                "  sluice job stop ventilators_to_lake\n",
    .options = job_options,
    .defaults = &(const struct job_options){0},
    .options_size = sizeof(struct job_options),
    .run = job_run_command,
};
