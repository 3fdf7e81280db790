/* Runs of Glue jobs through Glue's door: start, look, stop. Processes and states are run.h's. */
#include "aws/glue.h"
#include "aws/run.h"

enum { RUN_ID_BYTES = 32, PAGE = 200 };

/* ---- StartJobRun ---- */

static error supervisor(const struct call *c, struct run_supervisor **out)
{
    *out = c->gateway->runs;
    return *out ? OK : fail(ERR_NOT_IMPLEMENTED, "this gateway runs no jobs");
}

static json_t *new_run_id(void)
{
    uint8_t bytes[RUN_ID_BYTES];
    char text[3 + 2 * RUN_ID_BYTES] = "jr_";
    world->random(bytes, sizeof bytes);
    hex_encode(text + 3, bytes, sizeof bytes);
    return json_stringn(text, sizeof text);
}

/* The run to try again. */
static error previous_run(struct call *c, const char *job, json_t **out)
{
    const char *id = json_text(c->input, "JobRunId");
    *out = NULL;
    if (!id) return OK;
    error e = run_get(c->gateway->options.state, (struct run_key){c->account, c->region, id}, out);
    if (e == ERR_NOT_FOUND || (e == OK && strcmp(json_text(*out, "JobName"), job) != 0)) {
        json_decref(*out);
        *out = NULL;
        return fail(ERR_ENTITY_NOT_FOUND, "Entity Not Found");
    }
    if (e == OK && !json_object_get(*out, "CompletedOn")) {
        e = fail(ERR_INVALID_INPUT, "Job run %s has not ended", id);
        json_decref(*out);
        *out = NULL;
    }
    return e;
}

/* NonOverridableArguments over those of the call over the defaults; a run that is tried again
 * begins with its own. */
static json_t *run_arguments(const struct call *c, const json_t *job, const json_t *previous)
{
    const json_t *base = previous ? json_object_get(previous, "Arguments")
                                  : json_object_get(job, "DefaultArguments");
    json_t *own = run_arguments_merge(base, json_object_get(c->input, "Arguments"));
    json_t *all = run_arguments_merge(own, json_object_get(job, "NonOverridableArguments"));
    json_decref(own);
    return all;
}

static error new_run(struct call *c, const json_t *job, const json_t *previous, json_t *run)
{
    static const char *const inherited[] = {"Timeout", "SecurityConfiguration",
                                            "NotificationProperty", "ExecutionClass"};
    static const char *const copied[] = {"GlueVersion", "JobMode", "MaintenanceWindow"};
    int64_t now = now_us(), attempt = previous ? json_integer_or(previous, "Attempt", 0) + 1 : 0;
    json_object_set_new(run, "Id", previous ? run_attempt_id(json_text(previous, "Id"), attempt)
                                            : new_run_id());
    json_object_set_new(run, "Attempt", json_integer(attempt));
    if (previous) json_object_set(run, "PreviousRunId", json_object_get(previous, "Id"));
    json_object_set(run, "JobName", json_object_get(job, "Name"));
    json_object_set_new(run, "StartedOn", json_timestamp(now));
    json_object_set_new(run, "LastModifiedOn", json_timestamp(now));
    json_object_set_new(run, "JobRunState", json_string("STARTING"));
    json_object_set_new(run, "Arguments", run_arguments(c, job, previous));
    json_object_set_new(run, "PredecessorRuns", json_array());
    json_object_set_new(run, "LogGroupName", json_string(RUN_LOG_GROUP));
    for (size_t i = 0; i < sizeof inherited / sizeof *inherited; i++) {
        json_t *value = json_object_get(c->input, inherited[i]);
        if (!value) value = json_object_get(job, inherited[i]);
        if (value) json_object_set(run, inherited[i], value);
    }
    for (size_t i = 0; i < sizeof copied / sizeof *copied; i++) {
        json_t *value = json_object_get(job, copied[i]);
        if (value) json_object_set(run, copied[i], value);
    }
    return glue_job_capacity(job, c->input, run);
}

static error start_run(struct call *c, const json_t *job, json_t *run)
{
    struct run_supervisor *runs;
    json_t *previous;
    const json_t *property = json_object_get(job, "ExecutionProperty");
    TRY(supervisor(c, &runs));
    TRY(previous_run(c, json_text(job, "Name"), &previous));
    error e = new_run(c, job, previous, run);
    json_decref(previous);
    if (e != OK) return e;
    return run_supervisor_begin(runs, (struct run_key){c->account, c->region, json_text(run, "Id")},
                                run, json_integer_or(property, "MaxConcurrentRuns", 1));
}

static error read_job(struct call *c, json_t **job)
{
    struct state_txn *txn;
    TRY(glue_begin(c, false, &txn));
    return glue_end(txn, glue_job_read(c, txn, json_text(c->input, "JobName"), job));
}

static error start_job_run(struct call *c)
{
    json_t *job;
    if (json_is_set(c->input, "JobRunQueuingEnabled"))
        return fail(ERR_NOT_IMPLEMENTED, "Sluice does not queue job runs");
    error e = read_job(c, &job);
    if (e == ERR_ENTITY_NOT_FOUND)
        return fail(e, "Failed to start job run due to missing metadata");
    if (e != OK) return e;
    json_t *run = json_object();
    e = start_run(c, job, run);
    if (e == OK) c->output = json_pack("{s:O}", "JobRunId", json_object_get(run, "Id"));
    json_decref(run);
    json_decref(job);
    return e;
}

/* ---- GetJobRun, GetJobRuns ---- */

/* ExecutionTime of a run that goes on. */
static void complete_view(json_t *run)
{
    double started = json_number_value(json_object_get(run, "StartedOn"));
    if (json_object_get(run, "CompletedOn")) return;
    json_object_set_new(run, "ExecutionTime",
                        json_integer((json_int_t)((double)now_us() / US_PER_SECOND - started)));
}

static error get_job_run(struct call *c)
{
    json_t *run;
    const char *job = json_text(c->input, "JobName");
    struct run_key k = {c->account, c->region, json_text(c->input, "RunId")};
    error e = run_get(c->gateway->options.state, k, &run);
    if (e == ERR_NOT_FOUND) return fail(ERR_ENTITY_NOT_FOUND, "Entity Not Found");
    if (e != OK) return e;
    if (strcmp(json_text(run, "JobName"), job) != 0) {
        json_decref(run);
        return fail(ERR_ENTITY_NOT_FOUND, "Entity Not Found");
    }
    complete_view(run);
    c->output = json_pack("{s:o}", "JobRun", run);
    return OK;
}

/* A job that was deleted keeps its history. */
static error must_exist(struct call *c, const json_t *runs)
{
    json_t *job;
    if (json_array_size(runs)) return OK;
    TRY(read_job(c, &job));
    json_decref(job);
    return OK;
}

static error get_job_runs(struct call *c)
{
    const char *job = json_text(c->input, "JobName");
    struct glue_page page;
    json_t *runs, *run;
    size_t i;
    TRY(run_list(c->gateway->options.state, c->account, c->region, job, &runs));
    error e = must_exist(c, runs);
    if (e == OK) e = glue_page_open(c, job, PAGE, &page);
    if (e != OK) {
        json_decref(runs);
        return e;
    }
    bool reached = !page.after;
    json_array_foreach(runs, i, run) {
        const char *id = json_text(run, "Id");
        complete_view(run);
        if (reached && !glue_page_take(&page, id, run)) break;
        reached = reached || strcmp(id, page.after) == 0;
    }
    json_decref(runs);
    return glue_page_close(&page, "JobRuns", OK);
}

/* ---- BatchStopJobRun ---- */

static error stop_one(struct call *c, const char *job, const char *id, json_t *stopped,
                      json_t *errors)
{
    struct run_supervisor *runs;
    TRY(supervisor(c, &runs));
    error e = run_supervisor_stop(runs, (struct run_key){c->account, c->region, id}, job);
    if (e == OK) {
        json_array_append_new(stopped, json_pack("{s:s, s:s}", "JobName", job, "JobRunId", id));
    } else if (e == ERR_ENTITY_NOT_FOUND || e == ERR_INVALID_INPUT) {
        json_array_append_new(errors, json_pack("{s:s, s:s, s:{s:s, s:s}}", "JobName", job,
                                                "JobRunId", id, "ErrorDetail", "ErrorCode",
                                                error_row(e)->name, "ErrorMessage", error_text()));
        e = OK;
    }
    return e;
}

static error batch_stop_job_run(struct call *c)
{
    const char *job = json_text(c->input, "JobName");
    json_t *stopped = json_array(), *errors = json_array(), *id;
    error e = OK;
    size_t i;
    json_array_foreach(json_object_get(c->input, "JobRunIds"), i, id)
        if (e == OK) e = stop_one(c, job, json_string_value(id), stopped, errors);
    json_t *output = json_pack("{s:o, s:o}", "SuccessfulSubmissions", stopped, "Errors", errors);
    if (e == OK) c->output = output;
    else json_decref(output);
    return e;
}

/* ---- rows ---- */

static const struct member text[] = {{.type = MEMBER_STRING}};

static const struct member start_input[] = {
    NAME_ROW("JobName", MEMBER_REQUIRED),
    NAME_ROW("JobRunId", MEMBER_OPTIONAL),
    {.name = "Arguments", .type = MEMBER_MAP, .of = text, .keys = text},
    INTEGER_ROW("AllocatedCapacity", MEMBER_OPTIONAL, 0, 0),
    INTEGER_ROW("Timeout", MEMBER_OPTIONAL, 1, COUNT_MAX),
    {.name = "MaxCapacity", .type = MEMBER_DOUBLE},
    NAME_ROW("SecurityConfiguration", MEMBER_OPTIONAL),
    STRUCTURE_ROW("NotificationProperty", MEMBER_OPTIONAL, glue_notification_property),
    ENUM_ROW("WorkerType", MEMBER_OPTIONAL, glue_worker_types),
    INTEGER_ROW("NumberOfWorkers", MEMBER_OPTIONAL, 0, 0),
    {.name = "ExecutionClass", .type = MEMBER_STRING, .max = 16, .values = glue_execution_classes},
    BOOLEAN_ROW("JobRunQueuingEnabled"),
    ROWS_END,
};
static const struct member get_input[] = {
    NAME_ROW("JobName", MEMBER_REQUIRED), NAME_ROW("RunId", MEMBER_REQUIRED),
    BOOLEAN_ROW("PredecessorsIncluded"), ROWS_END,
};
static const struct member list_input[] = {
    NAME_ROW("JobName", MEMBER_REQUIRED), PLAIN_ROW("NextToken"),
    INTEGER_ROW("MaxResults", MEMBER_OPTIONAL, 1, 1000), ROWS_END,
};
static const struct member stop_input[] = {
    NAME_ROW("JobName", MEMBER_REQUIRED), LIST_ROW("JobRunIds", MEMBER_REQUIRED, 1, 25, glue_name),
    ROWS_END,
};

const struct operation glue_run_operations[] = {
    {.name = "StartJobRun", .run = start_job_run, .input = start_input,
     .note = "a run is a process of `sluice run`, of a job document or a Python script; runs are not queued"},
    {.name = "GetJobRun", .run = get_job_run, .input = get_input},
    {.name = "GetJobRuns", .run = get_job_runs, .input = list_input},
    {.name = "BatchStopJobRun", .run = batch_stop_job_run, .input = stop_input,
     .note = "the run finishes its batch, then it is STOPPED"},
    {.name = "GetJobBookmark", .note = "streaming jobs have checkpoints"},
    {.name = "ResetJobBookmark", .note = "streaming jobs have checkpoints"},
    {0},
};
