/* Templates of requests: where the text comes from, which values its parameters get, what it asks
 * for; and the operations that only look at templates. */
#include "aws/cloudformation.h"
#include "aws/s3.h"

/* ---- text ---- */

/* The URL's bucket and key, by path or virtual host, as a request to S3 would name them. */
static error url_read(struct call *c, const char *url, const char **bucket, const char **key)
{
    const char *scheme = strstr(url, "://"), *host = scheme ? scheme + 3 : url;
    const char *slash = strchr(host, '/'), *query = slash ? strchr(slash, '?') : NULL;
    if (!scheme || !slash || strncmp(url, "http", 4) != 0)
        return fail(ERR_VALIDATION, "TemplateURL must be a supported URL.");
    struct http_header header = {SPAN("host"), {host, (size_t)(slash - host)}};
    struct http_request http = {
        .method = SPAN("GET"), .path = {slash, query ? (size_t)(query - slash) : strlen(slash)},
        .headers = &header, .header_count = 1, .arena = c->arena};
    struct call inner = *c;
    inner.http = &http;
    inner.service = service_by_signing_name(SPAN("s3"));
    if (s3_recognise(&inner) != OK || !inner.s3->bucket || !inner.s3->key)
        return fail(ERR_VALIDATION, "TemplateURL must be a supported URL.");
    *bucket = inner.s3->bucket;
    *key = inner.s3->key;
    return OK;
}

static error url_template(struct call *c, const char *url, const char **text)
{
    const char *bucket = NULL, *key = NULL;
    struct buffer body = {0};
    struct object_store *store = s3_store(c);
    TRY(url_read(c, url, &bucket, &key));
    error e = store->ops->get(store, bucket, key, TEMPLATE_URL_MAX, &body);
    if (e == OK) *text = arena_text(c->arena, buffer_span(&body));
    buffer_release(&body);
    if (e == ERR_NO_SUCH_BUCKET || e == ERR_NO_SUCH_KEY)
        return fail(ERR_VALIDATION, "S3 error: The specified %s does not exist: s3://%.100s/%.300s",
                    e == ERR_NO_SUCH_KEY ? "key" : "bucket", bucket, key);
    if (e == ERR_TOO_LARGE)
        return fail(ERR_VALIDATION, "Template may not exceed %d bytes in size.", TEMPLATE_URL_MAX);
    return e;
}

error request_template(struct call *c, const char *previous, const char **text)
{
    const char *body = json_text(c->input, "TemplateBody"), *url = json_text(c->input, "TemplateURL");
    if (json_is_set(c->input, "UsePreviousTemplate")) {
        if (body || url)
            return fail(ERR_VALIDATION, "You cannot specify both UsePreviousTemplate and a template.");
        *text = previous;
        return previous ? OK : fail(ERR_VALIDATION, "There is no previous template to use.");
    }
    if ((body != NULL) == (url != NULL))
        return fail(ERR_VALIDATION, "Either Template URL or Template Body must be specified.");
    if (url) return url_template(c, url, text);
    if (strlen(body) > TEMPLATE_BODY_MAX)
        return fail(ERR_VALIDATION, "1 validation error detected: Value at 'templateBody' failed to "
                                    "satisfy constraint: Member must have length less than or equal "
                                    "to %d", TEMPLATE_BODY_MAX);
    *text = body;
    return OK;
}

/* ---- what it says ---- */

static error types_check(const json_t *document)
{
    struct arena arena = {0};
    struct buffer unknown = {0};
    const char *name;
    json_t *resource;
    error e = OK;
    json_object_foreach(json_object_get(document, "Resources"), name, resource) {
        const char *type = json_text(resource, "Type");
        if (!resource_type_find(type) && !strstr(buffer_text(&unknown), type))
            buffer_printf(&unknown, "%s%.100s", unknown.size ? ", " : "", type);
    }
    if (unknown.size)
        e = fail(ERR_VALIDATION, "Template format error: Unrecognized resource types: [%.200s]. Sluice "
                                 "knows: %s", buffer_text(&unknown), resource_type_names(&arena));
    buffer_release(&unknown);
    arena_release(&arena);
    return e;
}

struct attributes { const json_t *document; };

static error attribute_check(void *context, const char *path, const char *id, const char *attribute)
{
    const struct attributes *a = context;
    const json_t *resource = json_object_get(json_object_get(a->document, "Resources"), id);
    if (!attribute || !*attribute || !resource) return OK;
    const struct resource_type *type = resource_type_find(json_text(resource, "Type"));
    for (const char *const *one = type->attributes; one && *one; one++)
        if (strcmp(*one, attribute) == 0) return OK;
    return fail(ERR_VALIDATION, "Template error: [%.300s] resource %.255s does not support attribute "
                                "type %.100s in Fn::GetAtt", path, id, attribute);
}

static error attributes_check(const json_t *document)
{
    struct arena arena = {0};
    struct attributes a = {document};
    const char *name;
    json_t *resource;
    error e = OK;
    json_object_foreach(json_object_get(document, "Resources"), name, resource)
        if (e == OK)
            e = template_references(&arena,
                                    arena_printf(&arena, "/Resources/%s/Properties", name),
                                    json_object_get(resource, "Properties"), attribute_check, &a);
    json_object_foreach(json_object_get(document, "Outputs"), name, resource)
        if (e == OK)
            e = template_references(&arena, arena_printf(&arena, "/Outputs/%s/Value", name),
                                    json_object_get(resource, "Value"), attribute_check, &a);
    arena_release(&arena);
    return e;
}

error template_open(const char *text, json_t **out)
{
    TRY(template_parse(span_of(text), out));
    error e = template_check(*out);
    if (e == OK) e = types_check(*out);
    if (e == OK) e = attributes_check(*out);
    if (e != OK) json_decref(*out);
    return e;
}

const char *template_capability(struct arena *arena, const json_t *document, const char **types)
{
    struct buffer list = {0};
    const char *name, *capability = NULL;
    json_t *resource;
    json_object_foreach(json_object_get(document, "Resources"), name, resource) {
        const struct resource_type *type = resource_type_find(json_text(resource, "Type"));
        if (!type->iam) continue;
        bool named = type->named_by &&
                     json_object_get(json_object_get(resource, "Properties"), type->named_by);
        if (named) capability = "CAPABILITY_NAMED_IAM";
        else if (!capability) capability = "CAPABILITY_IAM";
        if (!strstr(buffer_text(&list), type->name))
            buffer_printf(&list, "%s%s", list.size ? ", " : "", type->name);
    }
    *types = arena_text(arena, buffer_span(&list));
    buffer_release(&list);
    return capability;
}

/* ---- parameters ---- */

error request_parameters(struct call *c, const json_t *previous, json_t **out)
{
    const json_t *list = json_object_get(c->input, "Parameters");
    *out = json_object();
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        const char *name = json_text(one, "ParameterKey");
        json_t *value = json_object_get(one, "ParameterValue");
        bool kept = json_is_set(one, "UsePreviousValue");
        if (!name || (!value && !kept)) {
            json_decref(*out);
            return fail(ERR_VALIDATION, "Parameters: every one needs a ParameterKey, and a "
                                        "ParameterValue or UsePreviousValue");
        }
        if (kept) value = json_object_get(previous, name);
        if (value) json_object_set(*out, name, value); /* else: the default */
    }
    return OK;
}

/* The value of an SSM parameter. */
static error stored_find(void *context, const char *name, char **value)
{
    struct call *c = context;
    struct resource r = {.call = c};
    json_t *output;
    error e = resource_call(&r, "ssm", "GetParameter", json_pack("{s:s}", "Name", name), &output);
    if (e == ERR_PARAMETER_NOT_FOUND)
        return fail(ERR_VALIDATION, "Unable to fetch parameters [%.1000s] from parameter store for "
                                    "this account.", name);
    TRY(e);
    *value = arena_text(c->arena,
                        span_of(json_text(json_object_get(output, "Parameter"), "Value")));
    json_decref(output);
    return OK;
}

error template_values(struct call *c, const json_t *document, const json_t *given, json_t **out)
{
    return template_parameters(document, given, stored_find, c, c->arena, out);
}

/* ---- operations ---- */

static json_t *parameter_show(struct call *c, const char *name, const json_t *parameter, bool typed)
{
    json_t *out = json_pack("{s:s}", "ParameterKey", name);
    const json_t *value = json_object_get(parameter, "Default");
    const json_t *echo = json_object_get(parameter, "NoEcho");
    const char *text = value ? template_text(c->arena, value) : NULL;
    if (text) json_object_set_new(out, "DefaultValue", json_string(text));
    if (typed) json_object_set(out, "ParameterType", json_object_get(parameter, "Type"));
    json_object_set_new(out, "NoEcho",
                        json_boolean(echo && strcmp(template_text(c->arena, echo), "true") == 0));
    value = json_object_get(parameter, "Description");
    if (value) json_object_set(out, "Description", (json_t *)value);
    value = json_object_get(parameter, "AllowedValues");
    if (typed && value)
        json_object_set_new(out, "ParameterConstraints",
                            json_pack("{s:O}", "AllowedValues", (json_t *)value));
    return out;
}

static void template_show(struct call *c, const json_t *document, bool typed)
{
    const char *types, *name, *capability = template_capability(c->arena, document, &types);
    json_t *list = json_array(), *parameter;
    json_object_foreach(json_object_get(document, "Parameters"), name, parameter)
        json_array_append_new(list, parameter_show(c, name, parameter, typed));
    c->output = json_pack("{s:o}", "Parameters", list);
    json_t *description = json_object_get(document, "Description");
    if (description) json_object_set(c->output, "Description", description);
    if (!capability) return;
    json_object_set_new(c->output, "Capabilities", json_pack("[s]", capability));
    json_object_set_new(c->output, "CapabilitiesReason",
                        json_string(arena_printf(c->arena, "The following resource(s) require "
                                                           "capabilities: [%s]", types)));
}

static error validate_template(struct call *c)
{
    const char *text;
    json_t *document;
    TRY(request_template(c, NULL, &text));
    TRY(template_open(text, &document));
    template_show(c, document, false);
    json_decref(document);
    return OK;
}

static error summary_text(struct call *c, const char **text)
{
    const char *name = json_text(c->input, "StackName");
    struct stack s;
    if (json_text(c->input, "StackSetName"))
        return fail(ERR_NOT_IMPLEMENTED, "Sluice does not serve stack sets");
    if (!name) return request_template(c, NULL, text);
    TRY(stack_open(c, name, &s));
    *text = arena_text(c->arena, span_of(json_text(s.document, "Template")));
    stack_release(&s);
    return OK;
}

static error get_template_summary(struct call *c)
{
    const char *text, *name;
    json_t *document, *resource, *types = json_array();
    error e = summary_text(c, &text);
    if (e == OK) e = template_open(text, &document);
    if (e != OK) {
        json_decref(types);
        return e;
    }
    template_show(c, document, true);
    json_object_foreach(json_object_get(document, "Resources"), name, resource)
        json_array_append(types, json_object_get(resource, "Type"));
    json_object_set_new(c->output, "ResourceTypes", types);
    json_object_set_new(c->output, "Version", json_string("2010-09-09"));
    json_t *metadata = json_object_get(document, "Metadata");
    if (metadata) {
        struct buffer printed = {0};
        json_print(&printed, metadata);
        json_object_set_new(c->output, "Metadata", json_from_span(buffer_span(&printed)));
        buffer_release(&printed);
    }
    json_decref(document);
    return OK;
}

/* ---- rows ---- */

static const struct member validate_input[] = {TEMPLATE_ROWS, ROWS_END};
static const char *const callers[] = {"SELF", "DELEGATED_ADMIN", NULL};
static const struct member summary_config[] = {
    BOOLEAN_ROW("TreatUnrecognizedResourceTypesAsWarnings"), ROWS_END};
static const struct member summary_input[] = {
    TEMPLATE_ROWS, TEXT_ROW("StackName", MEMBER_OPTIONAL, 1, 9e18, NULL),
    TEXT_ROW("StackSetName", MEMBER_OPTIONAL, 0, 0, NULL),
    ENUM_ROW("CallAs", MEMBER_OPTIONAL, callers),
    STRUCTURE_ROW("TemplateSummaryConfig", MEMBER_OPTIONAL, summary_config), ROWS_END};

const struct operation cloudformation_template_operations[] = {
    {.name = "ValidateTemplate", .run = validate_template, .input = validate_input},
    {.name = "GetTemplateSummary", .run = get_template_summary, .input = summary_input},
    {0},
};
