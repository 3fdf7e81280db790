/* AWS CloudFormation. Facts: AWS CloudFormation API Reference, 2010-05-15, and User Guide.
 *
 * A stack is one document, and so is each event and each change set:
 *
 *   cfn-stack       ID           {"StackId", "StackName", "StackStatus", "StackStatusReason",
 *                                 "CreationTime", "LastUpdatedTime", "DeletionTime", "Description",
 *                                 "RoleARN", "Principal", "Tags", "Capabilities", "Template",
 *                                 "Parameters": {NAME: as given}, "Values": {NAME: as it is used},
 *                                 "Outputs": [..], "Imports": {EXPORT: true},
 *                                 "Resources": {LOGICAL: record}, "Cleanup": [what is left over],
 *                                 "Task": what is under way, "Event": number of the last event, ..}
 *   cfn-name        NAME         {"Id"} of the stack that has the name now
 *   cfn-event       ID/NUMBER    an event, as DescribeStackEvents tells it
 *   cfn-change-set  ID/ID        a change set
 *   cfn-export      NAME         {"ExportingStackId", "Name", "Value"}
 *   cfn-unfinished  ID           {"account", "region"}, under "-": stacks with a Task
 *
 * A record is {"Type", "PhysicalId", "Properties", "Attributes", "Status", "Reason", "Time",
 * "Retain", "Next"}: what exists, and (Next) what is being made of it. */
#pragma once

#include "aws/internal.h"
#include "aws/rows.h"
#include "stack/stack.h"

extern const struct operation cloudformation_operations[];            /* cloudformation.c */
extern const struct operation cloudformation_change_set_operations[]; /* .._change_set.c */
extern const struct operation cloudformation_list_operations[];       /* .._list.c */
extern const struct operation cloudformation_template_operations[];   /* .._template.c */
extern const struct operation cloudformation_unserved_operations[];   /* .._unserved.c */

/* ---- stacks as they are kept (cloudformation_stack.c) ---- */

struct stack {
    struct call *call;   /* acts as the stack's principal while a task runs */
    const char *id;      /* the UUID */
    json_t *document;
    json_t *events;      /* told, not kept yet */
    json_t *exports;     /* {NAME: value, or null where it goes}, not kept yet; NULL: none */
};

#define STACK_NAME "[a-zA-Z][-a-zA-Z0-9]*"

/* By name (the living one) or ARN (deleted ones too); ERR_VALIDATION "Stack with id X does not
 * exist". The caller closes. */
error stack_open(struct call *, const char *name, struct stack *) MUST_CHECK;
/* A new one, not kept yet. */
error stack_create(struct call *, const char *name, struct stack *) MUST_CHECK;
void stack_release(struct stack *);
/* Keeps document, events and exports in one transaction: durable when it returns. */
error stack_save(struct stack *) MUST_CHECK;
const char *stack_status(const struct stack *);
/* Held while a stack is looked at and its task begun, not while the task runs: of two requests for
 * one stack, the second sees that it is in progress. */
void stack_claims_lock(void);
void stack_claims_unlock(void);
/* Sets the stack's status and tells the event. */
void stack_turn(struct stack *, const char *status, const char *reason);
/* Tells an event of a resource. */
void stack_tell(struct stack *, const char *logical, const json_t *record, const char *physical,
                const char *reason);
/* Every stack of the account and region, as its document is; `each` returns false to stop. */
error stack_scan(struct call *, bool (*each)(void *context, const char *id, json_t *document),
                 void *context) MUST_CHECK;
error stack_kept(struct call *, const char *kind, const char *name, json_t **out) MUST_CHECK;
struct state_key stack_key(const struct call *, const char *kind, const char *name);
error stack_drop(struct call *, const char *kind, const char *name) MUST_CHECK;
/* All documents of the kind whose names start with the prefix. New reference to a list. */
error stack_list(struct call *, const char *kind, const char *prefix, json_t **out) MUST_CHECK;
/* Names of the stacks that import the export: "A, B"; NULL: none. */
error stack_importers(struct call *, const char *export, const char **out) MUST_CHECK;
/* Drops stacks that were deleted ninety days ago, with their events. */
error stacks_forget(struct call *) MUST_CHECK;
/* The page of an array (stolen) that NextToken asks for, as member `list` of the output. */
error stack_page(struct call *, const char *list, json_t *all) MUST_CHECK;

/* ---- templates of requests (cloudformation_template.c) ---- */

/* TemplateBody, what is at TemplateURL, or `previous` where UsePreviousTemplate says so. */
error request_template(struct call *, const char *previous, const char **text) MUST_CHECK;
/* Parsed, checked, its resource types known. New reference. */
error template_open(const char *text, json_t **out) MUST_CHECK;
/* The capabilities the template asks for: "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM" or NULL, and
 * which resources do. */
const char *template_capability(struct arena *, const json_t *document, const char **types);
/* {NAME: text} of the request's Parameters; `previous`: what UsePreviousValue refers to. */
error request_parameters(struct call *, const json_t *previous, json_t **out) MUST_CHECK;
/* As they are used; reads SSM parameters. */
error template_values(struct call *, const json_t *document, const json_t *given,
                      json_t **out) MUST_CHECK;

/* What a request says of a stack goes into its document: template, parameters, tags, capabilities
 * (cloudformation.c). `before`: the document of the stack as it is; NULL: it is new. */
error stack_prepare(struct stack *, const json_t *before) MUST_CHECK;
/* ERR_VALIDATION unless the stack may be updated now. */
error stack_may_update(const struct stack *, const json_t *before) MUST_CHECK;
extern const struct member cloudformation_parameter_row[], cloudformation_tag_row[],
    cloudformation_capability_row[], cloudformation_text_row[], cloudformation_type_row[],
    cloudformation_rollback[];
#define STACK_ROW(flag) TEXT_ROW("StackName", flag, 0, 0, NULL)
#define TOKEN_ROW TEXT_ROW("NextToken", MEMBER_OPTIONAL, 1, 1024, NULL)
#define CLIENT_TOKEN_ROW                                                                          \
    TEXT_ROW("ClientRequestToken", MEMBER_OPTIONAL, 1, 128, "[a-zA-Z0-9][-a-zA-Z0-9]*")
#define ROLE_ROW TEXT_ROW("RoleARN", MEMBER_OPTIONAL, 20, 2048, NULL)
#define TEMPLATE_ROWS                                                                             \
    TEXT_ROW("TemplateBody", MEMBER_OPTIONAL, 1, 9e18, NULL),                                     \
        TEXT_ROW("TemplateURL", MEMBER_OPTIONAL, 1, 5120, NULL)
/* What CreateStack, UpdateStack and CreateChangeSet have in common. */
#define PREPARE_ROWS                                                                              \
    TEMPLATE_ROWS, LIST_ROW("Parameters", MEMBER_OPTIONAL, 0, 0, cloudformation_parameter_row),   \
        LIST_ROW("Capabilities", MEMBER_OPTIONAL, 0, 0, cloudformation_capability_row),           \
        LIST_ROW("ResourceTypes", MEMBER_OPTIONAL, 0, 0, cloudformation_type_row), ROLE_ROW,      \
        STRUCTURE_ROW("RollbackConfiguration", MEMBER_OPTIONAL, cloudformation_rollback),         \
        LIST_ROW("NotificationARNs", MEMBER_OPTIONAL, 0, 5, cloudformation_text_row),             \
        LIST_ROW("Tags", MEMBER_OPTIONAL, 0, 50, cloudformation_tag_row)

/* ---- plans (cloudformation_plan.c): a template with its values, to be evaluated ---- */

struct plan {
    struct stack *stack;
    json_t *document;
    struct template_scope scope;
    const char **order;
    size_t count;
    json_t *imports;   /* {EXPORT: true} of those met */
};
/* Of the stack's Template and Values, over the records. Conditions and rules are decided. */
error plan_open(struct stack *, bool planning, struct plan *) MUST_CHECK;
void plan_close(struct plan *);
/* What the template says of a resource; NULL: nothing, or its condition does not hold. */
const json_t *plan_resource(const struct plan *, const char *logical);
/* Its properties, checked and in the shape of the type's rows. New reference. */
error plan_properties(struct plan *, const char *logical, json_t **out) MUST_CHECK;
/* New reference to the list of outputs, with ExportName where there is one. */
error plan_outputs(struct plan *, json_t **out) MUST_CHECK;
/* The changes that the stack's Template and Values would make of its records and `old` document
 * (the template they came from; NULL: none). New reference to the list; *other: something that is
 * no resource changes. */
error plan_changes(struct stack *, const json_t *before, json_t **out, bool *other) MUST_CHECK;

/* ---- the engine (cloudformation_engine.c) ---- */

/* Runs the stack's Task to its end; every step's intent is durable before it is done, so that it
 * goes on where it was after a crash. OK whatever becomes of the stack. */
error stack_run(struct stack *) MUST_CHECK;
/* Begins one: keeps the stack as it was for a rollback, turns the status. */
enum task { TASK_CREATE, TASK_UPDATE, TASK_DELETE, TASK_ROLLBACK };
void stack_task(struct stack *, enum task, const json_t *old);
/* Removes the stack's change sets but one (NULL: all). */
error change_sets_drop(struct stack *, const char *but) MUST_CHECK;
/* Acts as the role (NULL: the stack's own, else the caller); it must trust CloudFormation. */
error stack_act_as(struct stack *, const char *role) MUST_CHECK;
/* Finishes what a dead process left. */
error cloudformation_recover(struct gateway *) MUST_CHECK;

/* ---- resource types (cloudformation_type.c) ---- */

/* One step on one resource. */
struct resource {
    struct call *call;
    const struct resource_type *type;
    const char *stack_name, *stack_id, *logical;
    const char *id;            /* the physical id */
    const json_t *properties;  /* as they shall be, or of one to be removed: as they are */
    const json_t *before;      /* update: as they are */
    json_t *attributes;        /* filled by create and update */
    bool made;                 /* create: something exists that must be removed again */
};

struct resource_type {
    const char *name;
    const struct member *properties;       /* NULL: the input rows of `like` */
    const char *like_service, *like;       /* an operation */
    const char *named_by;                  /* the property that names it, or NULL: made up */
    const char *const *replaced_by;        /* properties whose change makes another one */
    const char *const *attributes;         /* of Fn::GetAtt; NULL-terminated or NULL */
    bool lower;                            /* made-up names are in lower case */
    bool iam;                              /* asks for a capability */
    void (*identify)(struct resource *);   /* the physical id from `id`, the name; may be NULL */
    error (*create)(struct resource *);
    error (*update)(struct resource *);    /* NULL: any change makes another one */
    error (*remove)(struct resource *);    /* one that is gone is an error like any other */
    error (*read)(struct resource *);      /* OK: it exists; NULL: cannot be told, need not */
    const char *note;                      /* for COMPATIBILITY.md; may be NULL */
};

extern const struct resource_type kinesis_types[], s3_types[], iam_types[], glue_types[],
    lake_types[], athena_types[], other_types[]; /* cloudformation_type_*.c; ended by a NULL name */

const struct resource_type *resource_type_find(const char *name);
/* The table of them, as Markdown. */
void resource_types_print(struct buffer *);
/* "AWS::A::B, AWS::C::D". */
const char *resource_type_names(struct arena *);
/* The properties as the type's rows have them: texts become numbers and numbers texts, unknown and
 * missing ones are refused by name. New reference. */
error resource_properties(struct arena *, const struct resource_type *, const char *logical,
                          const json_t *properties, json_t **out) MUST_CHECK;
/* The physical id that the resource gets. */
void resource_name(struct resource *);
enum change { CHANGE_NONE, CHANGE_UPDATE, CHANGE_REPLACE };
/* What differing properties do to the resource. */
enum change resource_change(const struct resource_type *, const json_t *before,
                            const json_t *after);
/* Whether a change of the one property makes another resource. */
bool resource_replaced_by(const struct resource_type *, const char *property);
/* Runs an operation as the resource's principal. Steals the input; `output` may be NULL, else gets
 * a new reference. */
error resource_call(struct resource *, const char *service, const char *operation, json_t *input,
                    json_t **output) MUST_CHECK;
/* A request to S3: "PUT", "/bucket?policy". */
error resource_s3(struct resource *, const char *method, const char *target,
                  span body) MUST_CHECK;
/* Sets one attribute; `value` is printed. */
void resource_set(struct resource *, const char *attribute, const char *format, ...) PRINTF(3, 4);
const char *resource_text(const struct resource *, const char *property); /* NULL: absent */
/* Whether the property is another than before. */
bool resource_changed(const struct resource *, const char *property);
/* {"k": "v"} of [{"Key": "k", "Value": "v"}] or of an object. New reference. */
json_t *resource_tags(const json_t *tags);
/* The tags that went: [KEY, ..]. New reference. */
json_t *resource_tags_gone(const struct resource *);
/* A document (text or object) as text, in the arena. */
const char *resource_document(struct resource *, const json_t *);
/* "Resource handler returned message: ..." of the thread's error. */
const char *resource_reason(const struct resource *, error);
/* Whether the error says that the thing is not there. */
bool resource_is_gone(error);

/* What `cdk bootstrap` would make, made on first use (cloudformation_bootstrap.c). */
error cloudformation_bootstrap(const struct call *) MUST_CHECK;
/* Whether the name, of a role or a parameter, is of that. */
bool cloudformation_bootstraps(const char *name);
