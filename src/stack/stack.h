/* CloudFormation templates, without any service: text -> document -> checked template -> parameter
 * values, conditions and rules -> properties of resources, in an order that respects what refers
 * to what. Facts: AWS CloudFormation User Guide, "Template anatomy" and "Intrinsic functions".
 *
 * A document is what JSON says, or YAML (short tags become the long forms: "!Ref A" is
 * {"Ref": "A"}). Errors are ERR_VALIDATION in CloudFormation's words; what is wrong at one place
 * names it: "[/Resources/Bucket/Properties/BucketName] ...". No state, any thread. */
#pragma once

#include "base/base.h"
#include "base/json.h"

enum {
    TEMPLATE_BODY_MAX = 51200,     /* inline */
    TEMPLATE_URL_MAX = 1024 * 1024,
    TEMPLATE_DEPTH_MAX = 64,
    TEMPLATE_RESOURCES_MAX = 500, TEMPLATE_PARAMETERS_MAX = 200, TEMPLATE_OUTPUTS_MAX = 200,
};

/* ---- text (template.c, yaml.c) ---- */

/* New reference to the document; not checked yet. */
error template_parse(span text, json_t **out) MUST_CHECK;
/* Sections, names, shapes, that every reference has its target, that nothing waits for itself. */
error template_check(const json_t *document) MUST_CHECK;

/* ---- parameters (parameter.c) ---- */

/* Whether the parameter's value is the name of an SSM parameter; its type's inner part then, such
 * as "String" of "AWS::SSM::Parameter::Value<String>". */
bool template_parameter_is_stored(const char *type, bool *list);
/* The values, by name: a text, or a list of texts where the type is one. `given`: {NAME: text};
 * `find` reads an SSM parameter. New reference. */
typedef error template_find(void *context, const char *name, char **value);
error template_parameters(const json_t *document, const json_t *given, template_find *find,
                          void *context, struct arena *, json_t **out) MUST_CHECK;

/* ---- evaluation (function.c, condition.c) ---- */

/* What expressions are evaluated in. */
struct template_scope {
    struct arena *arena;
    const json_t *document;
    json_t *parameters;      /* as template_parameters() gives them */
    json_t *pseudo;          /* {"AWS::Region": text, ...}; lists where they are lists */
    json_t *conditions;      /* {NAME: true}: those decided so far */
    const json_t *resources; /* {LOGICAL: {"PhysicalId", "Attributes": {NAME: text}}} that exist */
    bool planning;           /* what is not known yet becomes TEMPLATE_UNKNOWN, else an error */
    /* Value of an export; NULL: Fn::ImportValue is refused. */
    error (*import)(struct template_scope *, const char *name, json_t **out);
    void *context;           /* the importer's */
};
#define TEMPLATE_UNKNOWN "{{changeSet:KNOWN_AFTER_APPLY}}"

/* Decides every condition of the template, then every rule; ERR_VALIDATION when one fails. */
error template_decide(struct template_scope *) MUST_CHECK;
/* Whether the thing (a resource, an output) is wanted: its Condition, if any, holds. */
bool template_wants(const struct template_scope *, const json_t *thing);
/* A new reference to the value without functions; NULL: AWS::NoValue. `path` says where it stands:
 * "/Resources/Bucket/Properties". */
error template_evaluate(struct template_scope *, const char *path, const json_t *value,
                        json_t **out) MUST_CHECK;
/* A scalar as text; NULL: it is none. */
const char *template_text(struct arena *, const json_t *scalar);

/* ---- order (graph.c) ---- */

/* Logical ids, each behind what it refers to or depends on, else in the order of the template.
 * ERR_VALIDATION names the members of a cycle. */
error template_order(const json_t *document, struct arena *, const char ***names,
                     size_t *count) MUST_CHECK;
/* Calls `each` with every logical id the value refers to by Ref, Fn::GetAtt or Fn::Sub; `attribute`
 * is NULL for a Ref. Parameters and pseudo parameters come too. */
typedef error template_reference(void *context, const char *path, const char *id,
                                 const char *attribute);
error template_references(struct arena *, const char *path, const json_t *value,
                          template_reference *each, void *context) MUST_CHECK;

/* ---- functions (function.c) ---- */

/* Name of the function an object calls ("Ref", "Fn::Join"), or NULL: it is a plain object. */
const char *template_function(const json_t *object, json_t **argument);
/* Cuts "a${B.c}d" at its first variable: the text before, the name inside; false: none is left.
 * "${!x}" is text and stays in `before`'s part as "${x}". `rest` moves on. */
bool template_sub_next(struct arena *, span *rest, span *before, span *name);
