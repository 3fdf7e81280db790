/* The engine: makes a stack's resources what its template says, or takes them away. In: a stack
 * with a Task. Out: the same stack in a final status.
 *
 * A step on a resource is three things: its intent is kept in the record's Next, then it is done,
 * then the record says what exists. All comparisons are between the template and the records, so
 * a task that was cut short is simply run again: steps that are done compare equal, and a Next
 * says which one was under way. A thing being created had been seen to be absent, so a leftover of
 * its name is its own and is removed before it is created again.
 *
 * Phases of a task: "apply" (towards the template), "rollback" (back to Old), "cleanup" (removes
 * what Cleanup lists: replaced and no longer wanted resources), "delete" (of all). */
#include "aws/cloudformation.h"

struct engine {
    struct stack *stack;
    json_t *document;  /* the stack's */
    json_t *resources; /* records */
    json_t *failed;    /* logical ids */
    struct plan plan;
};

static json_t *task_of(const struct engine *g)
{
    return json_object_get(g->document, "Task");
}

static const char *operation_of(const struct engine *g)
{
    return json_text(task_of(g), "Operation");
}

static bool operation_is(const struct engine *g, const char *operation)
{
    return strcmp(operation_of(g), operation) == 0;
}

static void phase_set(struct engine *g, const char *phase)
{
    json_object_set_new(task_of(g), "Phase", json_string(phase));
}

static struct resource resource_of(const struct engine *g, const char *logical, const char *type)
{
    return (struct resource){
        .call = g->stack->call, .type = resource_type_find(type), .logical = logical,
        .stack_name = json_text(g->document, "StackName"),
        .stack_id = json_text(g->document, "StackId")};
}

static void status_set(json_t *record, const char *status, const char *reason)
{
    json_object_set_new(record, "Status", json_string(status));
    json_object_set_new(record, "Time", json_timestamp(now_us()));
    if (reason) json_object_set_new(record, "Reason", json_string(reason));
    else json_object_del(record, "Reason");
}

/* ---- removing ---- */

/* Gone already is as good. */
static error remove_thing(const struct engine *g, const char *logical, const json_t *thing,
                          struct resource *r)
{
    *r = resource_of(g, logical, json_text(thing, "Type"));
    r->id = json_text(thing, "PhysicalId");
    r->properties = json_object_get(thing, "Properties");
    error e = r->type->read ? r->type->read(r) : OK;
    if (e == OK) e = r->type->remove(r);
    return resource_is_gone(e) ? OK : e;
}

/* Tells, removes, tells. The thing is a record or an entry of Cleanup. */
static error step_remove(struct engine *g, const char *logical, json_t *thing)
{
    struct resource r;
    const char *id = json_text(thing, "PhysicalId");
    if (json_is_set(thing, "Retain")) {
        status_set(thing, "DELETE_SKIPPED", NULL);
        stack_tell(g->stack, logical, thing, id, NULL);
        return OK;
    }
    status_set(thing, "DELETE_IN_PROGRESS", NULL);
    stack_tell(g->stack, logical, thing, id, NULL);
    TRY(stack_save(g->stack));
    error e = remove_thing(g, logical, thing, &r);
    const char *reason = e == OK ? NULL : resource_reason(&r, e);
    status_set(thing, e == OK ? "DELETE_COMPLETE" : "DELETE_FAILED", reason);
    stack_tell(g->stack, logical, thing, id, reason);
    if (e != OK) json_array_append_new(g->failed, json_string(logical));
    return e;
}

static void cleanup_add(struct engine *g, const char *logical, const json_t *record, const char *id,
                        bool retain)
{
    const json_t *properties = json_object_get(record, "Properties");
    json_array_append_new(json_object_get(g->document, "Cleanup"),
                          json_pack("{s:s, s:O, s:s, s:o, s:b}", "Logical", logical, "Type",
                                    json_object_get(record, "Type"), "PhysicalId", id, "Properties",
                                    properties ? json_deep_copy(properties) : json_object(), "Retain",
                                    retain));
}

/* Removes what Cleanup lists, the last one first. What cannot be removed is told and let go, as
 * CloudFormation does. */
static error cleanup(struct engine *g)
{
    json_t *list = json_object_get(g->document, "Cleanup");
    while (json_array_size(list)) {
        size_t last = json_array_size(list) - 1;
        json_t *thing = json_array_get(list, last);
        const char *logical = json_text(thing, "Logical");
        if (step_remove(g, logical, thing) != OK)
            log_line(LOG_WARN, "cloudformation", "%s of %s stays: %s", logical,
                     json_text(g->document, "StackName"), json_text(thing, "Reason"));
        json_array_remove(list, last);
        TRY(stack_save(g->stack));
    }
    return OK;
}

/* ---- creating and updating ---- */

static const char *verb_of(const json_t *record)
{
    return json_text(record, "PhysicalId") ? "UPDATE" : "CREATE";
}

static const char *status_text(const struct engine *g, const char *verb, const char *state)
{
    return arena_printf(g->stack->call->arena, "%s_%s", verb, state);
}

/* The policies of the template that say what becomes of the thing later. */
static void retain_set(const struct engine *g, const char *logical, json_t *record)
{
    const json_t *declared = plan_resource(&g->plan, logical);
    const char *policy = json_text(declared, "DeletionPolicy");
    const char *replace = json_text(declared, "UpdateReplacePolicy");
    bool on_create = policy && strcmp(policy, "RetainExceptOnCreate") == 0;
    json_object_set_new(record, "Retain",
                        json_boolean(policy && strncmp(policy, "Retain", 6) == 0));
    json_object_set_new(record, "ExceptOnCreate", json_boolean(on_create));
    json_object_set_new(record, "RetainReplaced",
                        json_boolean(replace && strcmp(replace, "Retain") == 0));
}

/* The id the thing will have, when nothing of that id exists. */
static error claim(struct resource *r, const json_t *record)
{
    const char *old = json_text(record, "PhysicalId");
    resource_name(r);
    if (old && strcmp(old, r->id) == 0)
        return fail(ERR_VALIDATION, "CloudFormation cannot update a stack when a custom-named resource "
                                    "requires replacing. Rename %.255s and update the stack again.", old);
    error e = r->type->read ? r->type->read(r) : ERR_NOT_FOUND;
    if (e == OK)
        return fail(ERR_ALREADY_EXISTS, "Resource of type '%s' with identifier '%.255s' already exists.",
                    r->type->name, r->id);
    return resource_is_gone(e) || !r->type->read ? OK : e;
}

/* The intent of one that a dead process began: what it left is its own. */
static error reclaim(struct engine *g, struct resource *r, const json_t *next)
{
    struct resource left;
    json_t *thing = json_pack("{s:s, s:O, s:O}", "Type", r->type->name, "PhysicalId",
                              json_object_get(next, "PhysicalId"), "Properties",
                              json_object_get(next, "Properties"));
    r->id = arena_text(g->stack->call->arena, span_of(json_text(next, "PhysicalId")));
    error e = remove_thing(g, r->logical, thing, &left);
    json_decref(thing);
    return e;
}

static error step_failed(struct engine *g, json_t *record, const struct resource *r, const char *verb,
                         error e)
{
    const char *reason = resource_reason(r, e);
    status_set(record, status_text(g, verb, "FAILED"), reason);
    stack_tell(g->stack, r->logical, record, json_text(record, "PhysicalId"), reason);
    json_array_append_new(g->failed, json_string(r->logical));
    TRY(stack_save(g->stack));
    return fail(e, "%s", reason);
}

/* What was made of a failed creation is removed by the rollback. */
static void keep_made(struct engine *g, json_t *record, const struct resource *r)
{
    json_t *next = json_incref(json_object_get(record, "Next"));
    json_object_del(record, "Next");
    if (r->made && json_text(record, "PhysicalId"))
        cleanup_add(g, r->logical, record, r->id, false);
    else if (r->made) {
        json_object_set_new(record, "PhysicalId", json_string(r->id));
        json_object_set(record, "Properties", json_object_get(next, "Properties"));
    }
    json_decref(next);
}

static void step_done(struct engine *g, json_t *record, struct resource *r, const char *verb,
                      const json_t *properties)
{
    json_object_set_new(record, "PhysicalId", json_string(r->id));
    json_object_set(record, "Properties", (json_t *)properties);
    json_object_set(record, "Attributes", r->attributes);
    json_object_del(record, "Next");
    retain_set(g, r->logical, record);
    status_set(record, status_text(g, verb, "COMPLETE"), NULL);
    stack_tell(g->stack, r->logical, record, r->id, NULL);
}

static error step_create(struct engine *g, json_t *record, struct resource *r, json_t *properties)
{
    const char *verb = verb_of(record);
    const json_t *next = json_object_get(record, "Next");
    bool again = next && strcmp(json_text(next, "Do"), "create") == 0;
    r->properties = properties;
    error e = again ? reclaim(g, r, next) : claim(r, record);
    if (e != OK) return step_failed(g, record, r, verb, e);
    json_object_set_new(record, "Next", json_pack("{s:s, s:s, s:O}", "Do", "create", "PhysicalId",
                                                  r->id, "Properties", properties));
    status_set(record, status_text(g, verb, "IN_PROGRESS"), NULL);
    stack_tell(g->stack, r->logical, record, json_text(record, "PhysicalId"),
               json_text(record, "PhysicalId")
                   ? "Requested update requires the creation of a new physical resource; hence "
                     "creating one." : NULL);
    TRY(stack_save(g->stack));
    e = r->type->create(r);
    if (e != OK) {
        const char *reason = arena_text(g->stack->call->arena, span_of(error_text()));
        keep_made(g, record, r);
        return step_failed(g, record, r, verb, fail(e, "%s", reason));
    }
    stack_tell(g->stack, r->logical, record, r->id, "Resource creation Initiated");
    if (json_text(record, "PhysicalId"))
        cleanup_add(g, r->logical, record, json_text(record, "PhysicalId"),
                    json_is_set(record, "RetainReplaced"));
    step_done(g, record, r, verb, properties);
    return stack_save(g->stack);
}

/* An update of the thing was begun and has not come to its end. */
static bool is_halfway(const json_t *record)
{
    const char *doing = json_text(json_object_get(record, "Next"), "Do");
    return doing && strcmp(doing, "update") == 0;
}

static error step_update(struct engine *g, json_t *record, struct resource *r, json_t *properties)
{
    json_t *halfway = NULL;
    /* A copy: the record's own text goes when it is set anew. */
    r->id = arena_text(g->stack->call->arena, span_of(json_text(record, "PhysicalId")));
    r->properties = properties;
    r->before = json_object_get(record, "Properties");
    if (is_halfway(record) && json_equal(r->before, properties)) /* back from what failed */
        r->before = halfway = json_incref(json_object_get(json_object_get(record, "Next"), "Properties"));
    json_object_set_new(record, "Next",
                        json_pack("{s:s, s:O}", "Do", "update", "Properties", properties));
    status_set(record, "UPDATE_IN_PROGRESS", NULL);
    stack_tell(g->stack, r->logical, record, r->id, NULL);
    error e = stack_save(g->stack);
    if (e == OK) e = r->type->update(r);
    json_decref(halfway);
    if (e != OK) return step_failed(g, record, r, "UPDATE", e);
    if (!json_object_size(r->attributes))
        json_object_update(r->attributes, json_object_get(record, "Attributes"));
    step_done(g, record, r, "UPDATE", properties);
    return stack_save(g->stack);
}

static error step_with(struct engine *g, const char *logical, json_t *record, json_t *properties)
{
    struct resource r = resource_of(g, logical, json_text(record, "Type"));
    const json_t *before = json_object_get(record, "Properties");
    enum change change = json_text(record, "PhysicalId")
                             ? resource_change(r.type, before, properties) : CHANGE_REPLACE;
    if (change == CHANGE_NONE && is_halfway(record)) change = CHANGE_UPDATE;
    if (change == CHANGE_NONE) {
        retain_set(g, logical, record);
        return OK;
    }
    r.attributes = json_object();
    error e = change == CHANGE_UPDATE ? step_update(g, record, &r, properties)
                                      : step_create(g, record, &r, properties);
    json_decref(r.attributes);
    return e;
}

static error step_apply(struct engine *g, const char *logical)
{
    const json_t *declared = plan_resource(&g->plan, logical);
    json_t *properties;
    if (!declared) return OK;
    json_t *record = json_object_get(g->resources, logical);
    if (!record) {
        record = json_pack("{s:O}", "Type", json_object_get(declared, "Type"));
        json_object_set_new(g->resources, logical, record);
    }
    error e = plan_properties(&g->plan, logical, &properties);
    if (e != OK) {
        struct resource r = resource_of(g, logical, json_text(record, "Type"));
        return step_failed(g, record, &r, verb_of(record), e);
    }
    e = step_with(g, logical, record, properties);
    json_decref(properties);
    return e;
}

/* ---- outputs and exports ---- */

static const char *export_value(const json_t *outputs, const char *name)
{
    for (size_t i = 0; i < json_array_size(outputs); i++) {
        const char *export = json_text(json_array_get(outputs, i), "ExportName");
        if (export && strcmp(export, name) == 0)
            return json_text(json_array_get(outputs, i), "OutputValue");
    }
    return NULL;
}

/* An export that goes or changes must not be in use. */
static error export_leave(struct engine *g, const char *name, const char *value, const char *wanted)
{
    const char *users;
    if (wanted && strcmp(wanted, value) == 0) return OK;
    TRY(stack_importers(g->stack->call, name, &users));
    if (users)
        return fail(ERR_VALIDATION, "Export %.255s cannot be %s as it is in use by %.400s", name,
                    wanted ? "updated" : "deleted", users);
    json_object_set_new(g->stack->exports, name, wanted ? json_string(wanted) : json_null());
    return OK;
}

static error export_enter(struct engine *g, const char *name, const char *value)
{
    json_t *export;
    error e = stack_kept(g->stack->call, "cfn-export", name, &export);
    if (e == OK) {
        const char *owner = json_text(export, "ExportingStackId");
        bool own = strcmp(owner, json_text(g->document, "StackId")) == 0;
        if (!own)
            e = fail(ERR_VALIDATION, "Export with name %.255s is already exported by stack %.200s. "
                                     "Rollback requested by user.", name,
                     strchr(owner, '/') ? strchr(owner, '/') + 1 : owner);
        json_decref(export);
        if (!own) return e;
    } else if (e != ERR_NOT_FOUND) return e;
    json_object_set_new(g->stack->exports, name, json_string(value));
    return OK;
}

/* What the exports become with the new outputs, to be kept with them. */
static error exports_change(struct engine *g, const json_t *outputs)
{
    const json_t *old = json_object_get(g->document, "Outputs");
    g->stack->exports = json_object();
    for (size_t i = 0; i < json_array_size(old); i++) {
        const json_t *one = json_array_get(old, i);
        const char *name = json_text(one, "ExportName");
        if (name)
            TRY(export_leave(g, name, json_text(one, "OutputValue"), export_value(outputs, name)));
    }
    for (size_t i = 0; i < json_array_size(outputs); i++) {
        const json_t *one = json_array_get(outputs, i);
        const char *name = json_text(one, "ExportName");
        if (name && !export_value(old, name))
            TRY(export_enter(g, name, json_text(one, "OutputValue")));
    }
    return OK;
}

static error outputs_set(struct engine *g)
{
    json_t *outputs;
    TRY(plan_outputs(&g->plan, &outputs));
    error e = exports_change(g, outputs);
    if (e == OK) {
        json_object_set(g->document, "Outputs", outputs);
        json_object_set(g->document, "Imports", g->plan.imports);
    } else {
        json_decref(g->stack->exports);
        g->stack->exports = NULL;
    }
    json_decref(outputs);
    return e;
}

/* ---- apply ---- */

static const char *failed_list(const struct engine *g, const char *verb)
{
    struct buffer text = {0};
    for (size_t i = 0; i < json_array_size(g->failed); i++)
        buffer_printf(&text, "%s%s", i ? ", " : "", json_string_value(json_array_get(g->failed, i)));
    const char *out = arena_printf(g->stack->call->arena,
                                   "The following resource(s) failed to %s: [%s]. ", verb,
                                   buffer_text(&text));
    buffer_release(&text);
    return out;
}

/* Ends the task in the status. */
static error finish(struct engine *g, const char *status, const char *reason)
{
    stack_turn(g->stack, status, reason);
    json_object_del(g->document, "Task");
    return stack_save(g->stack);
}

/* What this update wanted removed stays: it was put on the list only to make room. */
static void cleanup_withdraw(struct engine *g)
{
    const json_t *old = json_object_get(task_of(g), "Old");
    const json_t *was = json_object_get(old, "Resources");
    json_t *list = json_object_get(g->document, "Cleanup");
    for (size_t i = json_array_size(list); i-- > json_array_size(json_object_get(old, "Cleanup"));) {
        const json_t *thing = json_array_get(list, i);
        const json_t *record = json_object_get(was, json_text(thing, "Logical"));
        const char *id = json_text(record, "PhysicalId");
        if (id && strcmp(id, json_text(thing, "PhysicalId")) == 0) json_array_remove(list, i);
    }
}

static const char *rollback_reason(struct engine *g, const char *reason)
{
    static const char asked[] = "Rollback requested by user.";
    size_t size = strlen(reason);
    if (strstr(reason, asked)) return reason;
    return arena_printf(g->stack->call->arena, "%s%s%s", reason,
                        size && reason[size - 1] != ' ' ? " " : "", asked);
}

/* Towards what was before, or as the request wanted it. */
static error apply_failed(struct engine *g, const char *reason)
{
    bool create = operation_is(g, "CREATE");
    const char *on_failure = json_text(task_of(g), "OnFailure");
    if (json_array_size(g->failed)) reason = failed_list(g, create ? "create" : "update");
    if (on_failure && strcmp(on_failure, "DO_NOTHING") == 0)
        return finish(g, create ? "CREATE_FAILED" : "UPDATE_FAILED", reason);
    bool gone = create && on_failure && strcmp(on_failure, "DELETE") == 0;
    stack_turn(g->stack, gone     ? "DELETE_IN_PROGRESS"
                         : create ? "ROLLBACK_IN_PROGRESS"
                                  : "UPDATE_ROLLBACK_IN_PROGRESS", rollback_reason(g, reason));
    if (gone) json_object_set_new(task_of(g), "Operation", json_string("DELETE"));
    if (!create) cleanup_withdraw(g);
    phase_set(g, create ? "delete" : "rollback");
    return stack_save(g->stack);
}

/* Resources that the template no longer has are cleaned up, those made last first. */
static void unwanted_add(struct engine *g)
{
    const char *logical;
    json_t *record, *kept = json_object();
    json_object_foreach(g->resources, logical, record) {
        if (plan_resource(&g->plan, logical)) json_object_set(kept, logical, record);
        else if (json_text(record, "PhysicalId"))
            cleanup_add(g, logical, record, json_text(record, "PhysicalId"),
                        json_is_set(record, "Retain"));
    }
    json_object_set_new(g->document, "Resources", kept);
    g->resources = kept;
}

static error applied(struct engine *g)
{
    bool create = operation_is(g, "CREATE");
    unwanted_add(g);
    json_object_set_new(g->document, create ? "CreatedTime" : "LastUpdatedTime",
                        json_timestamp(now_us()));
    if (create) return finish(g, "CREATE_COMPLETE", NULL);
    stack_turn(g->stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", NULL);
    phase_set(g, "cleanup");
    return stack_save(g->stack);
}

static error apply_all(struct engine *g)
{
    TRY(plan_open(g->stack, false, &g->plan));
    error e = OK;
    for (size_t i = 0; i < g->plan.count && e == OK; i++) e = step_apply(g, g->plan.order[i]);
    if (e == OK) e = outputs_set(g);
    return e;
}

static error apply(struct engine *g)
{
    error e = apply_all(g);
    if (e == OK) e = applied(g);
    else e = apply_failed(g, arena_text(g->stack->call->arena, span_of(error_text())));
    plan_close(&g->plan);
    return e;
}

/* ---- rollback of an update ---- */

static error back_update(struct engine *g, const char *logical, json_t *record, json_t *was)
{
    struct resource r = resource_of(g, logical, json_text(record, "Type"));
    const json_t *next = json_object_get(record, "Next");
    bool halfway = is_halfway(record);
    r.id = json_text(record, "PhysicalId");
    r.before = json_object_get(halfway ? next : record, "Properties");
    r.properties = json_object_get(was, "Properties");
    if (!halfway && json_equal(r.before, r.properties)) return OK;
    r.attributes = json_object();
    status_set(record, "UPDATE_IN_PROGRESS", NULL);
    stack_tell(g->stack, logical, record, r.id, NULL);
    error e = stack_save(g->stack);
    if (e == OK) e = r.type->update(&r);
    json_decref(r.attributes);
    if (e != OK) return step_failed(g, record, &r, "UPDATE", e);
    status_set(was, "UPDATE_COMPLETE", NULL);
    stack_tell(g->stack, logical, was, r.id, NULL);
    return OK;
}

/* One resource as it was. */
static error back(struct engine *g, const char *logical, json_t *record, json_t *was)
{
    const char *id = json_text(record, "PhysicalId"), *old = json_text(was, "PhysicalId");
    const json_t *next = json_object_get(record, "Next");
    bool creating = next && strcmp(json_text(next, "Do"), "create") == 0;
    if (creating && json_text(next, "PhysicalId"))
        cleanup_add(g, logical, record, json_text(next, "PhysicalId"), false);
    if (id && (!old || strcmp(id, old) != 0)) cleanup_add(g, logical, record, id, false);
    else if (id) TRY(back_update(g, logical, record, was));
    if (was) json_object_set(g->resources, logical, was);
    else json_object_del(g->resources, logical);
    return stack_save(g->stack);
}

static void old_restore(struct engine *g)
{
    static const char *const members[] = {"Template", "Parameters", "Values", "Tags", "Description",
                                          "Capabilities", "NotificationARNs"};
    const json_t *old = json_object_get(task_of(g), "Old");
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        json_t *value = json_object_get(old, members[i]);
        if (value) json_object_set(g->document, members[i], value);
        else json_object_del(g->document, members[i]);
    }
}

/* One that ContinueUpdateRollback skips is taken as it was. */
static error back_or_skip(struct engine *g, const char *logical)
{
    const json_t *old = json_object_get(task_of(g), "Old");
    json_t *was = json_object_get(json_object_get(old, "Resources"), logical);
    bool skipped = json_object_get(json_object_get(task_of(g), "Skip"), logical) != NULL;
    json_t *record = json_incref(json_object_get(g->resources, logical));
    error e = OK;
    if (!skipped) e = back(g, logical, record, was);
    else if (was) json_object_set(g->resources, logical, was);
    json_decref(record);
    return e;
}

static error rollback(struct engine *g)
{
    const char *logical;
    json_t *record;
    size_t i = 0;
    struct arena *arena = g->stack->call->arena;
    const char **names = ARENA_ARRAY(arena, const char *, json_object_size(g->resources) + 1);
    json_object_foreach(g->resources, logical, record) names[i++] = arena_text(arena, span_of(logical));
    while (i-- > 0) {
        if (back_or_skip(g, names[i]) == OK) continue;
        stack_turn(g->stack, "UPDATE_ROLLBACK_FAILED", failed_list(g, "update"));
        return stack_save(g->stack);
    }
    old_restore(g);
    stack_turn(g->stack, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", NULL);
    phase_set(g, "cleanup");
    return stack_save(g->stack);
}

/* ---- cleanup and delete ---- */

static error clean(struct engine *g)
{
    bool back_again = strncmp(stack_status(g->stack), "UPDATE_ROLLBACK", 15) == 0;
    TRY(cleanup(g));
    return finish(g, back_again ? "UPDATE_ROLLBACK_COMPLETE" : "UPDATE_COMPLETE", NULL);
}

struct keeping { json_t *kept; };

static error keep_one(void *context, const char *path, const char *id, const char *attribute)
{
    const struct keeping *k = context;
    (void)path, (void)attribute;
    json_object_set_new(k->kept, id, json_true());
    return OK;
}

/* What a resource that stays needs stays too. */
static void keep_needed(struct engine *g, const json_t *template, const char *logical, json_t *kept)
{
    const json_t *declared = json_object_get(json_object_get(template, "Resources"), logical);
    const json_t *depends = json_object_get(declared, "DependsOn");
    struct keeping k = {kept};
    if (json_is_string(depends)) json_object_set_new(kept, json_string_value(depends), json_true());
    for (size_t i = 0; i < json_array_size(depends); i++)
        json_object_set_new(kept, json_string_value(json_array_get(depends, i)), json_true());
    if (template_references(g->stack->call->arena, "", json_object_get(declared, "Properties"),
                            keep_one, &k) != OK)
        log_line(LOG_WARN, "cloudformation", "%s", error_text());
}

/* A record of a resource that is to go: its leftovers first. */
static error delete_one(struct engine *g, const char *logical, json_t *record)
{
    const json_t *next = json_object_get(record, "Next");
    const json_t *retained = json_object_get(task_of(g), "RetainResources");
    bool rollback_of_create = operation_is(g, "CREATE");
    if (next && json_text(next, "PhysicalId") && !json_text(record, "PhysicalId")) {
        json_object_set(record, "PhysicalId", json_object_get(next, "PhysicalId"));
        json_object_set(record, "Properties", json_object_get(next, "Properties"));
    }
    json_object_del(record, "Next");
    if (json_object_get(retained, logical)) json_object_set_new(record, "Retain", json_true());
    if (rollback_of_create && json_is_set(record, "ExceptOnCreate"))
        json_object_set_new(record, "Retain", json_false());
    error e = json_text(record, "PhysicalId") ? step_remove(g, logical, record) : OK;
    if (e == OK) json_object_del(g->resources, logical);
    return e;
}

/* The names of the records, dependent ones first. */
static error delete_order(struct engine *g, const json_t *template, const char ***names, size_t *count)
{
    const char **order, *logical;
    size_t ordered, i;
    struct arena *arena = g->stack->call->arena;
    json_t *record;
    TRY(template_order(template, arena, &order, &ordered));
    *names = ARENA_ARRAY(arena, const char *, ordered + json_object_size(g->resources) + 1);
    *count = 0;
    json_object_foreach(g->resources, logical, record)
        if (!json_object_get(json_object_get(template, "Resources"), logical))
            (*names)[(*count)++] = arena_text(arena, span_of(logical));
    for (i = ordered; i-- > 0;) (*names)[(*count)++] = order[i];
    return OK;
}

static error delete_all(struct engine *g)
{
    const char **names;
    size_t count;
    json_t *template, *kept;
    if (!json_object_size(g->resources)) return OK; /* a stack under review has no template */
    kept = json_object();
    error e = template_parse(span_of(json_text(g->document, "Template")), &template);
    if (e != OK) {
        json_decref(kept);
        return e;
    }
    e = delete_order(g, template, &names, &count);
    for (size_t i = 0; e == OK && i < count; i++) {
        json_t *record = json_incref(json_object_get(g->resources, names[i]));
        if (record && (json_object_get(kept, names[i]) || delete_one(g, names[i], record) != OK))
            keep_needed(g, template, names[i], kept);
        json_decref(record);
        if (record) e = stack_save(g->stack);
    }
    json_decref(kept);
    json_decref(template);
    return e;
}

static error exports_leave(struct engine *g)
{
    error e = exports_change(g, NULL);
    if (e == OK) return OK;
    json_decref(g->stack->exports);
    g->stack->exports = NULL;
    return e;
}

static error delete(struct engine *g)
{
    bool create = operation_is(g, "CREATE"), forced = json_is_set(task_of(g), "Force");
    if (!create && exports_leave(g) != OK)
        return finish(g, "DELETE_FAILED", arena_text(g->stack->call->arena, span_of(error_text())));
    json_t *exports = g->stack->exports; /* leave with the last save */
    g->stack->exports = NULL;
    error e = cleanup(g);
    if (e == OK) e = delete_all(g);
    g->stack->exports = exports;
    TRY(e);
    if (json_array_size(g->failed) && !forced) {
        json_decref(g->stack->exports);
        g->stack->exports = NULL;
        return finish(g, create ? "ROLLBACK_FAILED" : "DELETE_FAILED", failed_list(g, "delete"));
    }
    if (create) return finish(g, "ROLLBACK_COMPLETE", NULL);
    json_object_set_new(g->document, "DeletionTime", json_timestamp(now_us()));
    json_object_set_new(g->document, "Outputs", json_array());
    json_object_set_new(g->document, "Imports", json_object());
    return finish(g, "DELETE_COMPLETE", NULL);
}

/* ---- tasks ---- */

static const struct { const char *name; error (*run)(struct engine *); } phases[] = {
    {"apply", apply}, {"rollback", rollback}, {"cleanup", clean}, {"delete", delete},
};

static error phase_run(struct engine *g)
{
    const char *phase = json_text(task_of(g), "Phase");
    for (size_t i = 0; i < sizeof phases / sizeof *phases; i++)
        if (strcmp(phase, phases[i].name) == 0) return phases[i].run(g);
    return fail(ERR_CORRUPT, "stack %s has the unknown phase %s", g->stack->id, phase);
}

error stack_run(struct stack *s)
{
    struct engine g = {.stack = s, .document = s->document, .failed = json_array()};
    error e = OK;
    while (e == OK && task_of(&g) && strcmp(stack_status(s), "UPDATE_ROLLBACK_FAILED") != 0) {
        g.resources = json_object_get(g.document, "Resources");
        json_array_clear(g.failed);
        e = phase_run(&g);
    }
    json_decref(g.failed);
    return e;
}
