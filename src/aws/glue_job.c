/* Glue jobs: documents of the kind "glue-job" by name, in the members of the API's Job. What the
 * caller leaves out is filled in as Glue does; a job's runs are glue_run.c's. */
#include "aws/glue.h"

enum { PAGE = 1000, TIMEOUT_MINUTES = 2880, CAPACITY_DPU = 10 };

static const char kind_job[] = "glue-job";

error glue_job_read(struct call *c, struct state_txn *txn, const char *name, json_t **out)
{
    error e = state_get(txn, glue_key(c, kind_job, name), out);
    return e == ERR_NOT_FOUND ? fail(ERR_ENTITY_NOT_FOUND, "Entity Not Found") : e;
}

static const char *command_name(const json_t *job)
{
    const char *name = json_text(json_object_get(job, "Command"), "Name");
    return name ? name : "";
}

bool glue_job_is_streaming(const json_t *job)
{
    return strcmp(command_name(job), "gluestreaming") == 0;
}

/* ---- capacity ---- */

static const struct worker {
    const char *type;
    double dpu;
} workers[] = {
    {"Standard", 1}, {"G.1X", 1},   {"G.2X", 2}, {"G.025X", 0.25}, {"G.4X", 4}, {"G.8X", 8},
    {"Z.2X", 2},     {"G.12X", 12}, {"G.16X", 16}, {"R.1X", 1},    {"R.2X", 2}, {"R.4X", 4},
    {"R.8X", 8},
};

static double worker_dpu(const char *type)
{
    for (size_t i = 0; i < sizeof workers / sizeof *workers; i++)
        if (strcmp(workers[i].type, type) == 0) return workers[i].dpu;
    return 1;
}

static bool is_shell(const json_t *job)
{
    return strcmp(command_name(job), "pythonshell") == 0;
}

/* Only Glue 0.9 and 1.0 size a job by DPU alone. */
static bool sized_by_workers(const json_t *job)
{
    const char *version = json_text(job, "GlueVersion");
    return !is_shell(job) && version && version[0] >= '2' && version[0] <= '9';
}

static error check_capacity(const json_t *job)
{
    const json_t *capacity = json_object_get(job, "MaxCapacity");
    const char *type = json_text(job, "WorkerType");
    const json_t *count = json_object_get(job, "NumberOfWorkers");
    double dpu = json_number_value(capacity);
    if ((type || count) && (capacity || json_object_get(job, "AllocatedCapacity")))
        return fail(ERR_INVALID_INPUT,
                    "Please do not set Max Capacity if using Worker Type and Number of Workers.");
    if (!type != !count)
        return fail(ERR_INVALID_INPUT, "Please set both Worker Type and Number of Workers.");
    if (count && json_integer_value(count) < 1)
        return fail(ERR_INVALID_INPUT, "Number of Workers must be at least 1.");
    if (type && is_shell(job))
        return fail(ERR_INVALID_INPUT, "Worker Type is not supported for Job Command pythonshell.");
    if (type && strcmp(type, "G.025X") == 0 && !glue_job_is_streaming(job))
        return fail(ERR_INVALID_INPUT,
                    "Worker Type G.025X is only supported for Job Command gluestreaming.");
    if (capacity && is_shell(job) && dpu != 0.0625 && dpu != 1)
        return fail(ERR_INVALID_INPUT,
                    "Max Capacity of Job Command pythonshell must be 0.0625 or 1.");
    if (capacity && !is_shell(job) && (dpu < 2 || dpu > 1000000))
        return fail(ERR_INVALID_INPUT, "Max Capacity must be at least 2 DPU.");
    return OK;
}

static void fill(json_t *job, const char *member, json_t *value)
{
    if (json_object_get(job, member)) json_decref(value);
    else json_object_set_new(job, member, value);
}

/* MaxCapacity and AllocatedCapacity (deprecated, the same in whole DPU) follow from the workers. */
static void fill_capacity(json_t *job)
{
    const json_t *allocated = json_object_get(job, "AllocatedCapacity");
    if (allocated) fill(job, "MaxCapacity", json_deep_copy(allocated));
    if (!json_object_get(job, "MaxCapacity") && sized_by_workers(job)) {
        fill(job, "WorkerType", json_string("G.1X"));
        fill(job, "NumberOfWorkers", json_integer(CAPACITY_DPU));
    }
    const char *type = json_text(job, "WorkerType");
    double dpu = is_shell(job) ? 0.0625 : CAPACITY_DPU;
    if (type) dpu = worker_dpu(type) * (double)json_integer_or(job, "NumberOfWorkers", 1);
    fill(job, "MaxCapacity", json_real(dpu));
    dpu = json_number_value(json_object_get(job, "MaxCapacity"));
    json_object_set_new(job, "AllocatedCapacity", json_integer((json_int_t)dpu));
}

error glue_job_capacity(const json_t *job, const json_t *input, json_t *run)
{
    static const char *const members[] = {"WorkerType", "NumberOfWorkers", "MaxCapacity",
                                          "AllocatedCapacity"};
    enum { COUNT = sizeof members / sizeof *members };
    bool given = false;
    for (int i = 0; i < COUNT; i++) given |= json_object_get(input, members[i]) != NULL;
    json_t *sized = json_deep_copy(job);
    for (int i = 0; given && i < COUNT; i++) {
        json_t *value = json_object_get(input, members[i]);
        if (value) json_object_set(sized, members[i], value);
        else json_object_del(sized, members[i]);
    }
    error e = given ? check_capacity(sized) : OK;
    if (e == OK) fill_capacity(sized);
    for (int i = 0; i < COUNT; i++) {
        json_t *value = json_object_get(sized, members[i]);
        if (value) json_object_set(run, members[i], value);
    }
    json_decref(sized);
    return e;
}

/* ---- the whole job ---- */

static error check_command(const json_t *job)
{
    static const char *const names[] = {"glueetl", "gluestreaming", "pythonshell"};
    const json_t *command = json_object_get(job, "Command");
    const char *name = json_text(command, "Name"), *role = json_text(job, "Role");
    if (!role || !*role) return fail(ERR_INVALID_INPUT, "Role should not be null or empty");
    if (!command || !name || !*name)
        return fail(ERR_INVALID_INPUT, "Command name should not be null or empty.");
    if (strcmp(name, "glueray") == 0)
        return fail(ERR_NOT_IMPLEMENTED, "Sluice does not serve jobs of the command glueray");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) return OK;
    return fail(ERR_INVALID_INPUT,
                "Job Command name %s is not supported: use glueetl, gluestreaming or pythonshell.",
                name);
}

static error check(const json_t *job)
{
    const char *class = json_text(job, "ExecutionClass");
    const json_t *property = json_object_get(job, "ExecutionProperty");
    TRY(check_command(job));
    TRY(check_capacity(job));
    if (json_integer_or(job, "MaxRetries", 0) < 0)
        return fail(ERR_INVALID_INPUT, "Max Retries must not be negative.");
    if (json_integer_or(property, "MaxConcurrentRuns", 1) < 1)
        return fail(ERR_INVALID_INPUT, "Max Concurrent Runs must be at least 1.");
    if (class && strcmp(class, "FLEX") == 0 && strcmp(command_name(job), "glueetl") != 0)
        return fail(ERR_INVALID_INPUT,
                    "Execution Class FLEX is only supported for Job Command glueetl.");
    return OK;
}

/* Streaming jobs have no timeout of their own. */
static void fill_defaults(json_t *job)
{
    fill(job, "MaxRetries", json_integer(0));
    fill(job, "ExecutionProperty", json_pack("{s:i}", "MaxConcurrentRuns", 1));
    fill(job, "GlueVersion", json_string("0.9"));
    if (!glue_job_is_streaming(job)) fill(job, "Timeout", json_integer(TIMEOUT_MINUTES));
    fill_capacity(job);
}

/* ---- operations ---- */

static error job_write(struct call *c, struct state_txn *txn, const char *name, json_t *job,
                       const json_t *old)
{
    int64_t now = now_us();
    fill_defaults(job);
    json_object_set_new(job, "Name", json_string(name));
    json_object_set_new(job, "CreatedOn", json_timestamp(now));
    json_object_set_new(job, "LastModifiedOn", json_timestamp(now));
    if (old) json_object_set(job, "CreatedOn", json_object_get(old, "CreatedOn"));
    return state_put(txn, glue_key(c, kind_job, name), job);
}

/* The same name again: Glue tells whether the rest was the same too. */
static error exists(const json_t *old, json_t *job)
{
    static const char *const own[] = {"CreatedOn", "LastModifiedOn"};
    fill_defaults(job);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        json_object_set(job, own[i], json_object_get(old, own[i]));
    if (json_equal(old, job)) return fail(ERR_ALREADY_EXISTS, "Job already exists.");
    return fail(ERR_IDEMPOTENT_MISMATCH,
                "Job with name: %s already submitted with different configuration",
                json_text(job, "Name"));
}

static error create_in(struct call *c, struct state_txn *txn, json_t *job, const json_t *tags)
{
    json_t *old;
    const char *name = json_text(c->input, "Name");
    error e = glue_job_read(c, txn, name, &old);
    if (e == OK) {
        e = exists(old, job);
        json_decref(old);
        return e;
    }
    if (e != ERR_ENTITY_NOT_FOUND) return e;
    TRY(job_write(c, txn, name, job, NULL));
    return glue_tags_add(c, txn, arena_printf(c->arena, "job/%s", name), tags);
}

static error create_job(struct call *c)
{
    struct state_txn *txn;
    json_t *job = member_copy(c->operation->input, c->input);
    json_object_del(job, "Tags");
    error e = check(job);
    if (e == OK) e = glue_begin(c, true, &txn);
    if (e == OK) e = glue_end(txn, create_in(c, txn, job, json_object_get(c->input, "Tags")));
    json_decref(job);
    if (e == OK) c->output = json_pack("{s:O}", "Name", json_object_get(c->input, "Name"));
    return e;
}

/* Everything is replaced; the version stays unless another is given. */
static error update_in(struct call *c, struct state_txn *txn, const char *name, json_t *job)
{
    json_t *old;
    TRY(glue_job_read(c, txn, name, &old));
    fill(job, "GlueVersion", json_incref(json_object_get(old, "GlueVersion")));
    error e = check(job);
    if (e == OK) e = job_write(c, txn, name, job, old);
    json_decref(old);
    return e;
}

static const struct member job_update[];

static error update_job(struct call *c)
{
    struct state_txn *txn;
    const char *name = json_text(c->input, "JobName");
    json_t *job = member_copy(job_update, json_object_get(c->input, "JobUpdate"));
    error e = glue_begin(c, true, &txn);
    if (e == OK) e = glue_end(txn, update_in(c, txn, name, job));
    json_decref(job);
    if (e == OK) c->output = json_pack("{s:s}", "JobName", name);
    return e;
}

static error get_job(struct call *c)
{
    struct state_txn *txn;
    json_t *job;
    TRY(glue_begin(c, false, &txn));
    TRY(glue_end(txn, glue_job_read(c, txn, json_text(c->input, "JobName"), &job)));
    c->output = json_pack("{s:o}", "Job", job);
    return OK;
}

static error delete_in(struct call *c, struct state_txn *txn, const char *name)
{
    error e = state_delete(txn, glue_key(c, kind_job, name));
    if (e != OK && e != ERR_NOT_FOUND) return e;
    return glue_tags_drop(c, txn, arena_printf(c->arena, "job/%s", name));
}

/* No error when there is none, as AWS says. */
static error delete_job(struct call *c)
{
    struct state_txn *txn;
    const char *name = json_text(c->input, "JobName");
    TRY(glue_begin(c, true, &txn));
    TRY(glue_end(txn, delete_in(c, txn, name)));
    c->output = json_pack("{s:s}", "JobName", name);
    return OK;
}

static error get_jobs(struct call *c)
{
    struct state_txn *txn;
    struct glue_page page;
    TRY(glue_page_open(c, "", PAGE, &page));
    error e = glue_begin(c, false, &txn);
    if (e == OK)
        e = glue_end(txn,
                     state_scan(txn, glue_key(c, kind_job, ""), page.after, glue_page_take, &page));
    return glue_page_close(&page, "Jobs", e);
}

/* ---- ListJobs ---- */

struct listing {
    struct call *call;
    struct state_txn *txn;
    struct glue_page page;
    error failure;
};

/* Whether the job has all the tags asked for. */
static error has_tags(struct listing *l, const char *name, bool *has)
{
    const char *key;
    json_t *wanted, *tags, *filter = json_object_get(l->call->input, "Tags");
    *has = true;
    if (json_object_size(filter) == 0) return OK;
    TRY(glue_tags_read(l->call, l->txn, arena_printf(l->call->arena, "job/%s", name), &tags));
    json_object_foreach(filter, key, wanted)
        if (!json_equal(wanted, json_object_get(tags, key))) *has = false;
    json_decref(tags);
    return OK;
}

static bool list_one(void *context, const char *name, json_t *job)
{
    struct listing *l = context;
    bool has;
    l->failure = has_tags(l, name, &has);
    if (l->failure != OK || !has) return l->failure == OK;
    return glue_page_take(&l->page, name, json_object_get(job, "Name"));
}

static error list_jobs(struct call *c)
{
    struct listing l = {.call = c};
    TRY(glue_page_open(c, "", PAGE, &l.page));
    error e = glue_begin(c, false, &l.txn);
    if (e == OK) {
        e = state_scan(l.txn, glue_key(c, kind_job, ""), l.page.after, list_one, &l);
        e = glue_end(l.txn, e == OK ? l.failure : e);
    }
    return glue_page_close(&l.page, "JobNames", e);
}

static error batch_get_in(struct call *c, struct state_txn *txn, json_t *jobs, json_t *missing)
{
    size_t i;
    json_t *name, *job;
    json_array_foreach(json_object_get(c->input, "JobNames"), i, name) {
        error e = glue_job_read(c, txn, json_string_value(name), &job);
        if (e == OK) json_array_append_new(jobs, job);
        else if (e == ERR_ENTITY_NOT_FOUND) json_array_append(missing, name);
        else return e;
    }
    return OK;
}

static error batch_get_jobs(struct call *c)
{
    struct state_txn *txn;
    TRY(glue_begin(c, false, &txn));
    json_t *jobs = json_array(), *missing = json_array();
    error e = glue_end(txn, batch_get_in(c, txn, jobs, missing));
    json_t *output = json_pack("{s:o, s:o}", "Jobs", jobs, "JobsNotFound", missing);
    if (e == OK) c->output = output;
    else json_decref(output);
    return e;
}

/* ---- rows ---- */

const char *const glue_worker_types[] = {
    "Standard", "G.1X", "G.2X", "G.025X", "G.4X", "G.8X", "Z.2X", "G.12X", "G.16X", "R.1X", "R.2X",
    "R.4X", "R.8X", NULL};
const char *const glue_execution_classes[] = {"FLEX", "STANDARD", NULL};
static const char *const modes[] = {"SCRIPT", "VISUAL", "NOTEBOOK", NULL};
static const char *const providers[] = {"GITHUB", "GITLAB", "BITBUCKET", "AWS_CODE_COMMIT", NULL};
static const char *const strategies[] = {"PERSONAL_ACCESS_TOKEN", "AWS_SECRETS_MANAGER", NULL};

static const struct member text[] = {{.type = MEMBER_STRING}};
static const struct member execution_property[] = {
    INTEGER_ROW("MaxConcurrentRuns", MEMBER_OPTIONAL, 0, 0), ROWS_END,
};
static const struct member command[] = {
    PLAIN_ROW("Name"),
    TEXT_ROW("ScriptLocation", MEMBER_OPTIONAL, 0, 400000, NULL),
    TEXT_ROW("PythonVersion", MEMBER_OPTIONAL, 0, 0, "^([2-3]|3[.]9)$"),
    TEXT_ROW("Runtime", MEMBER_OPTIONAL, 0, 64, ".*"),
    ROWS_END,
};
static const struct member connections[] = {
    LIST_ROW("Connections", MEMBER_OPTIONAL, 0, 0, text), ROWS_END,
};
const struct member glue_notification_property[] = {
    INTEGER_ROW("NotifyDelayAfter", MEMBER_OPTIONAL, 1, COUNT_MAX), ROWS_END,
};
static const struct member source_control[] = {
    ENUM_ROW("Provider", MEMBER_OPTIONAL, providers),
    TEXT_ROW("Repository", MEMBER_OPTIONAL, 1, 512, NULL),
    TEXT_ROW("Owner", MEMBER_OPTIONAL, 1, 512, NULL),
    TEXT_ROW("Branch", MEMBER_OPTIONAL, 1, 512, NULL),
    TEXT_ROW("Folder", MEMBER_OPTIONAL, 1, 512, NULL),
    TEXT_ROW("LastCommitId", MEMBER_OPTIONAL, 1, 512, NULL),
    ENUM_ROW("AuthStrategy", MEMBER_OPTIONAL, strategies),
    TEXT_ROW("AuthToken", MEMBER_OPTIONAL, 1, 512, NULL),
    ROWS_END,
};
/* Nodes are stored as they come; what a job may use of them is checked when it runs. */
static const struct member node[] = {{.type = MEMBER_STRUCTURE}};
static const struct member node_id[] = {{.type = MEMBER_STRING, .pattern = "[A-Za-z0-9_-]*"}};

#define NAMED_ARGUMENTS(text_name)                                                                \
    {.name = (text_name), .type = MEMBER_MAP, .of = text, .keys = text}
#define JOB_ROWS(flag)                                                                            \
    DESCRIPTION_ROW,                                                                              \
    PLAIN_ROW("LogUri"),                                                                          \
    {.name = "Role", .type = MEMBER_STRING, .flags = (flag)},                                     \
    STRUCTURE_ROW("ExecutionProperty", MEMBER_OPTIONAL, execution_property),                      \
    STRUCTURE_ROW("Command", flag, command),                                                      \
    NAMED_ARGUMENTS("DefaultArguments"),                                                          \
    NAMED_ARGUMENTS("NonOverridableArguments"),                                                   \
    STRUCTURE_ROW("Connections", MEMBER_OPTIONAL, connections),                                   \
    INTEGER_ROW("MaxRetries", MEMBER_OPTIONAL, 0, 0),                                             \
    INTEGER_ROW("AllocatedCapacity", MEMBER_OPTIONAL, 0, 0),                                      \
    INTEGER_ROW("Timeout", MEMBER_OPTIONAL, 1, COUNT_MAX),                                        \
    {.name = "MaxCapacity", .type = MEMBER_DOUBLE},                                               \
    NAME_ROW("SecurityConfiguration", MEMBER_OPTIONAL),                                           \
    STRUCTURE_ROW("NotificationProperty", MEMBER_OPTIONAL, glue_notification_property),           \
    {.name = "GlueVersion", .type = MEMBER_STRING, .min = 1, .max = 255,                          \
     .pattern = "^[[:alnum:]_]+[.][[:alnum:]_]+$", .told = "^\\w+\\.\\w+$"},                      \
    INTEGER_ROW("NumberOfWorkers", MEMBER_OPTIONAL, 0, 0),                                        \
    ENUM_ROW("WorkerType", MEMBER_OPTIONAL, glue_worker_types),                                   \
    {.name = "CodeGenConfigurationNodes", .type = MEMBER_MAP, .of = node, .keys = node_id},       \
    {.name = "ExecutionClass", .type = MEMBER_STRING, .max = 16,                                  \
     .values = glue_execution_classes},                                                           \
    STRUCTURE_ROW("SourceControlDetails", MEMBER_OPTIONAL, source_control),                       \
    ENUM_ROW("JobMode", MEMBER_OPTIONAL, modes),                                                  \
    BOOLEAN_ROW("JobRunQueuingEnabled"),                                                          \
    TEXT_ROW("MaintenanceWindow", MEMBER_OPTIONAL, 0, 0,                                          \
             "^(Sun|Mon|Tue|Wed|Thu|Fri|Sat):([01]?[0-9]|2[0-3])$")

static const struct member create_job_input[] = {
    NAME_ROW("Name", MEMBER_REQUIRED), JOB_ROWS(MEMBER_REQUIRED),
    TAGS_ROW_OF("Tags", MEMBER_OPTIONAL), ROWS_END,
};
static const struct member job_update[] = {JOB_ROWS(MEMBER_OPTIONAL), ROWS_END};
static const struct member update_job_input[] = {
    NAME_ROW("JobName", MEMBER_REQUIRED), STRUCTURE_ROW("JobUpdate", MEMBER_REQUIRED, job_update),
    ROWS_END,
};
static const struct member job_input[] = {NAME_ROW("JobName", MEMBER_REQUIRED), ROWS_END};
static const struct member get_jobs_input[] = {
    PLAIN_ROW("NextToken"), INTEGER_ROW("MaxResults", MEMBER_OPTIONAL, 1, 1000), ROWS_END,
};
static const struct member list_jobs_input[] = {
    PLAIN_ROW("NextToken"), INTEGER_ROW("MaxResults", MEMBER_OPTIONAL, 1, 1000),
    TAGS_ROW_OF("Tags", MEMBER_OPTIONAL), ROWS_END,
};
static const struct member batch_get_jobs_input[] = {
    LIST_ROW("JobNames", MEMBER_REQUIRED, 0, 0, glue_name), ROWS_END,
};

const struct operation glue_job_operations[] = {
    {.name = "CreateJob", .run = create_job, .input = create_job_input},
    {.name = "GetJob", .run = get_job, .input = job_input},
    {.name = "GetJobs", .run = get_jobs, .input = get_jobs_input},
    {.name = "ListJobs", .run = list_jobs, .input = list_jobs_input},
    {.name = "BatchGetJobs", .run = batch_get_jobs, .input = batch_get_jobs_input},
    {.name = "UpdateJob", .run = update_job, .input = update_job_input},
    {.name = "DeleteJob", .run = delete_job, .input = job_input},
    {0},
};
