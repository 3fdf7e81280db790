/* Systems Manager's Parameter Store. Facts: AWS Systems Manager API Reference, 2014-11-06.
 *
 *   ssm-parameter  NAME  {"Name", "Type", "Tags": {}, "Versions": [{"Version", "Value", ...}, ...]}
 *
 * The newest version is the last; a hundred are kept. A SecureString is kept as it is: what guards
 * it is the data directory. */
#include "aws/cloudformation.h"
#include "aws/ssm.h"

#include <regex.h>

#define KIND "ssm-parameter"
enum { VERSIONS_MAX = 100, LEVELS_MAX = 15, STANDARD_MAX = 4096, ADVANCED_MAX = 8192, TAGS_MAX = 50 };

static struct state_key place(const struct call *c, const char *name)
{
    return (struct state_key){c->account, c->region, KIND, name};
}

static struct state *state_of(const struct call *c)
{
    return c->gateway->options.state;
}

/* ---- names: "NAME", "NAME:VERSION" or an ARN of either ---- */

static const char *arn_of(const struct call *c, const char *name)
{
    return arena_printf(c->arena, "arn:aws:ssm:%s:%s:parameter%s%s", c->region, c->account,
                        name[0] == '/' ? "" : "/", name);
}

struct selector { const char *name, *version; }; /* version NULL: the newest */

static error selector_read(const struct call *c, const char *text, struct selector *out)
{
    const char *prefix = arena_printf(c->arena, "arn:aws:ssm:%s:%s:parameter/", c->region,
                                      c->account);
    size_t size = strlen(prefix);
    if (strncmp(text, "arn:", 4) == 0) {
        if (strncmp(text, prefix, size) != 0)
            return fail(ERR_VALIDATION, "Parameter %.300s is not of this account and region.", text);
        /* a name without levels has no slash of its own */
        text += strchr(text + size, '/') ? size - 1 : size;
    }
    const char *colon = strchr(text, ':');
    out->name = colon ? arena_text(c->arena, (span){text, (size_t)(colon - text)}) : text;
    out->version = colon ? colon + 1 : NULL;
    return OK;
}

static error name_check(const char *name)
{
    size_t levels = 0, bare = name[0] == '/';
    const char *words = name + bare;
    for (const char *p = name; *p; p++) {
        levels += *p == '/';
        if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/", *p) ||
            (*p == '/' && (p[1] == '/' || !p[1])))
            return fail(ERR_VALIDATION,
                        "Parameter name: can't be prefixed with \"ssm\" (case-insensitive). If "
                        "formed as a path, it can consist of sub-paths divided by slash symbol; "
                        "each sub-path can be formed as a mix of letters, numbers and the "
                        "following 3 symbols .-_");
    }
    if (levels && name[0] != '/')
        return fail(ERR_VALIDATION, "Parameter name must be a fully qualified name.");
    if (levels > LEVELS_MAX)
        return fail(ERR_PARAMETER_LEVELS, "Parameter name has more than %d levels.", LEVELS_MAX);
    if (strncasecmp(words, "aws", 3) == 0 || strncasecmp(words, "ssm", 3) == 0)
        return fail(ERR_VALIDATION, "No access to reserved parameter name: %.300s.", name);
    return OK;
}

/* ---- versions ---- */

static json_t *newest(const json_t *document)
{
    const json_t *versions = json_object_get(document, "Versions");
    return json_array_get(versions, json_array_size(versions) - 1);
}

static const json_t *version_find(const json_t *document, const char *version)
{
    int64_t number;
    const json_t *versions = json_object_get(document, "Versions");
    if (!version) return newest(document);
    if (!parse_int64(span_of(version), &number)) return NULL;
    for (size_t i = 0; i < json_array_size(versions); i++) {
        const json_t *v = json_array_get(versions, i);
        if (json_integer_or(v, "Version", 0) == number) return v;
    }
    return NULL;
}

/* What stands for a secret text that was not asked for in clear. */
static const char *opaque(const struct call *c, const char *value)
{
    uint8_t digest[SHA256_SIZE];
    hmac_sha256(digest, (span){(const char *)c->gateway->token_key, TOKEN_KEY_SIZE},
                span_of(value));
    char *text = arena_calloc(c->arena, 1, base64_encoded_size(sizeof digest) + 1);
    base64_encode(text, (span){(const char *)digest, sizeof digest});
    return text;
}

static json_t *parameter_json(const struct call *c, const json_t *document, const json_t *version)
{
    const char *name = json_text(document, "Name"), *type = json_text(version, "Type");
    const char *value = json_text(version, "Value");
    if (strcmp(type, "SecureString") == 0 && !json_is_set(c->input, "WithDecryption"))
        value = opaque(c, value);
    return json_pack("{s:s, s:s, s:s, s:O, s:O, s:s, s:O}", "Name", name, "Type", type, "Value",
                     value, "Version", json_object_get(version, "Version"), "LastModifiedDate",
                     json_object_get(version, "LastModifiedDate"), "ARN", arn_of(c, name),
                     "DataType", json_object_get(version, "DataType"));
}

/* ERR_PARAMETER_NOT_FOUND, ERR_PARAMETER_VERSION. */
static error parameter_get(const struct call *c, const char *text, json_t **out)
{
    struct selector s;
    json_t *document;
    TRY(selector_read(c, text, &s));
    error e = state_get_one(state_of(c), place(c, s.name), &document);
    if (e == ERR_NOT_FOUND) return fail(ERR_PARAMETER_NOT_FOUND, "Parameter %.300s not found.", s.name);
    if (e != OK) return e;
    const json_t *version = version_find(document, s.version);
    if (!version)
        e = fail(ERR_PARAMETER_VERSION,
                 "Systems Manager could not find version %.100s of %.300s. Verify the version and "
                 "try again.", s.version, s.name);
    else *out = parameter_json(c, document, version);
    if (version && s.version)
        json_object_set_new(*out, "Selector", json_string(arena_printf(c->arena, ":%s", s.version)));
    json_decref(document);
    return e;
}

/* ---- PutParameter ---- */

static error value_check(const json_t *input)
{
    const char *value = json_text(input, "Value"), *pattern = json_text(input, "AllowedPattern");
    const char *tier = json_text(input, "Tier");
    bool standard = !tier || strcmp(tier, "Standard") == 0;
    if (strlen(value) > (standard ? STANDARD_MAX : ADVANCED_MAX))
        return fail(ERR_VALIDATION, "%s tier parameters support a maximum parameter value of %d "
                                    "characters.", standard ? "Standard" : "Advanced",
                    standard ? STANDARD_MAX : ADVANCED_MAX);
    if (!*value) return fail(ERR_VALIDATION, "Value must not be empty.");
    if (!pattern || !*pattern) return OK;
    regex_t compiled;
    if (regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return fail(ERR_PARAMETER_PATTERN, "Pattern %.300s is not a regular expression.", pattern);
    bool matches = regexec(&compiled, value, 0, NULL, 0) == 0;
    regfree(&compiled);
    if (matches) return OK;
    return fail(ERR_PARAMETER_MISMATCH,
                "Parameter value, cannot be validated against allowedPattern: %.300s", pattern);
}

/* What is not said again stays as it was. */
static void inherit(json_t *version, const json_t *input, const json_t *old, const char *name,
                    const char *otherwise)
{
    const json_t *value = json_object_get(input, name);
    if (!json_is_string(value)) value = json_object_get(old, name);
    if (value) json_object_set(version, name, (json_t *)value);
    else if (otherwise) json_object_set_new(version, name, json_string(otherwise));
}

static json_t *version_make(const struct call *c, const json_t *old)
{
    json_t *v = json_pack("{s:O, s:I, s:o, s:s}", "Value", json_object_get(c->input, "Value"),
                          "Version", (json_int_t)(json_integer_or(old, "Version", 0) + 1),
                          "LastModifiedDate", json_timestamp(now_us()), "LastModifiedUser",
                          c->principal.arn);
    inherit(v, c->input, old, "Type", NULL);
    inherit(v, c->input, old, "Description", NULL);
    inherit(v, c->input, NULL, "AllowedPattern", NULL);
    inherit(v, c->input, old, "DataType", "text");
    inherit(v, c->input, old, "Tier", "Standard");
    if (strcmp(json_text(v, "Type"), "SecureString") == 0)
        inherit(v, c->input, old, "KeyId", "alias/aws/ssm");
    return v;
}

static error tags_add(json_t *tags, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *tag = json_array_get(list, i);
        json_object_set(tags, json_text(tag, "Key"), json_object_get(tag, "Value"));
    }
    if (json_object_size(tags) <= TAGS_MAX) return OK;
    return fail(ERR_VALIDATION, "A parameter may have %d tags.", TAGS_MAX);
}

static error put_in(struct call *c, struct state_txn *txn, const char *name, json_t **document)
{
    bool overwrite = json_is_set(c->input, "Overwrite");
    error e = state_get(txn, place(c, name), document);
    if (e == OK && !overwrite)
        return fail(ERR_PARAMETER_EXISTS,
                    "The parameter already exists. To overwrite this value, set the overwrite "
                    "option in the request to true.");
    if (e == ERR_NOT_FOUND) {
        if (!json_text(c->input, "Type"))
            return fail(ERR_VALIDATION, "A parameter type is required when you create a parameter.");
        *document = json_pack("{s:s, s:{}, s:[]}", "Name", name, "Tags", "Versions");
        TRY(tags_add(json_object_get(*document, "Tags"), json_object_get(c->input, "Tags")));
    } else if (e != OK) return e;
    json_t *versions = json_object_get(*document, "Versions");
    json_array_append_new(versions, version_make(c, newest(*document)));
    if (json_array_size(versions) > VERSIONS_MAX) json_array_remove(versions, 0);
    return state_put(txn, place(c, name), *document);
}

static error put_parameter(struct call *c)
{
    struct selector s;
    struct state_txn *txn;
    json_t *document = NULL;
    TRY(selector_read(c, json_text(c->input, "Name"), &s));
    TRY(name_check(s.name));
    if (json_text(c->input, "Policies"))
        return fail(ERR_NOT_IMPLEMENTED, "Sluice does not serve policies of parameters yet");
    if (json_is_set(c->input, "Overwrite") && json_array_size(json_object_get(c->input, "Tags")))
        return fail(ERR_VALIDATION,
                    "Invalid request: tags and overwrite can't be used together. To create a "
                    "parameter with tags, please remove overwrite flag. To update tags for an "
                    "existing parameter, please use AddTagsToResource or RemoveTagsFromResource.");
    TRY(value_check(c->input));
    TRY(state_begin(state_of(c), true, &txn));
    error e = put_in(c, txn, s.name, &document);
    if (e == OK)
        c->output = json_pack("{s:O, s:O}", "Version", json_object_get(newest(document), "Version"),
                              "Tier", json_object_get(newest(document), "Tier"));
    json_decref(document);
    if (e == OK) return state_commit(txn);
    state_abort(txn);
    return e;
}

/* ---- reading and deleting by name ---- */

static error get_parameter(struct call *c)
{
    json_t *parameter;
    const char *name = json_text(c->input, "Name");
    error e = parameter_get(c, name, &parameter);
    if (e == ERR_PARAMETER_NOT_FOUND && cloudformation_bootstraps(name)) {
        TRY(cloudformation_bootstrap(c));
        e = parameter_get(c, name, &parameter);
    }
    TRY(e);
    c->output = json_pack("{s:o}", "Parameter", parameter);
    return OK;
}

static error get_parameters(struct call *c)
{
    json_t *found = json_array(), *invalid = json_array(), *parameter, *name;
    size_t i;
    c->output = json_pack("{s:o, s:o}", "Parameters", found, "InvalidParameters", invalid);
    json_array_foreach(json_object_get(c->input, "Names"), i, name) {
        error e = parameter_get(c, json_string_value(name), &parameter);
        if (e == OK) json_array_append_new(found, parameter);
        else if (e == ERR_PARAMETER_NOT_FOUND || e == ERR_PARAMETER_VERSION)
            json_array_append(invalid, name);
        else return e;
    }
    return OK;
}

static error delete_one(struct call *c, const char *name)
{
    struct selector s;
    struct state_txn *txn;
    TRY(selector_read(c, name, &s));
    TRY(state_begin(state_of(c), true, &txn));
    error e = s.version ? ERR_NOT_FOUND : state_delete(txn, place(c, s.name));
    if (e == OK) return state_commit(txn);
    state_abort(txn);
    return e == ERR_NOT_FOUND ? fail(ERR_PARAMETER_NOT_FOUND, "Parameter %.300s not found.", name)
                              : e;
}

static error delete_parameter(struct call *c)
{
    return delete_one(c, json_text(c->input, "Name"));
}

static error delete_parameters(struct call *c)
{
    json_t *deleted = json_array(), *invalid = json_array(), *name;
    size_t i;
    c->output = json_pack("{s:o, s:o}", "DeletedParameters", deleted, "InvalidParameters", invalid);
    json_array_foreach(json_object_get(c->input, "Names"), i, name) {
        error e = delete_one(c, json_string_value(name));
        if (e != OK && e != ERR_PARAMETER_NOT_FOUND) return e;
        json_array_append(e == OK ? deleted : invalid, name);
    }
    return OK;
}

static error get_parameter_history(struct call *c)
{
    struct selector s;
    json_t *document, *list = json_array(), *version;
    size_t i;
    c->output = json_pack("{s:o}", "Parameters", list);
    TRY(selector_read(c, json_text(c->input, "Name"), &s));
    error e = state_get_one(state_of(c), place(c, s.name), &document);
    if (e == ERR_NOT_FOUND) return fail(ERR_PARAMETER_NOT_FOUND, "Parameter %.300s not found.", s.name);
    if (e != OK) return e;
    json_array_foreach(json_object_get(document, "Versions"), i, version) {
        json_t *item = json_copy(version);
        json_t *shown = parameter_json(c, document, version);
        json_object_set(item, "Name", json_object_get(document, "Name"));
        json_object_set(item, "Value", json_object_get(shown, "Value"));
        json_object_set_new(item, "Labels", json_array());
        json_object_set_new(item, "Policies", json_array());
        json_decref(shown);
        json_array_append_new(list, item);
    }
    json_decref(document);
    return OK;
}

/* ---- filters ---- */

static bool below(const char *name, const char *path, bool recursive)
{
    size_t size = strlen(path);
    while (size && path[size - 1] == '/') size--;
    if (strncmp(name, path, size) != 0 || name[size] != '/') return false;
    return recursive || !strchr(name + size + 1, '/');
}

static bool value_matches(const char *key, const char *option, const char *text, const char *value)
{
    if (strcmp(key, "Path") == 0)
        return text && below(text, value, strcmp(option, "Recursive") == 0);
    if (!text) return false;
    if (strcmp(option, "BeginsWith") == 0) return strncmp(text, value, strlen(value)) == 0;
    if (strcmp(option, "Contains") == 0) return strstr(text, value) != NULL;
    return strcmp(text, value) == 0;
}

static const char *filtered_text(const json_t *document, const char *key)
{
    if (strncmp(key, "tag:", 4) == 0) return json_text(json_object_get(document, "Tags"), key + 4);
    if (strcmp(key, "Name") == 0 || strcmp(key, "Path") == 0) return json_text(document, "Name");
    return json_text(newest(document), key);
}

/* One value must match, of each filter; one without values asks whether there is a text. */
static bool filter_matches(const json_t *document, const json_t *filter, const char *otherwise)
{
    const char *key = json_text(filter, "Key"), *option = json_text(filter, "Option");
    const json_t *values = json_object_get(filter, "Values");
    const char *text = filtered_text(document, key);
    if (!option) option = strcmp(key, "Path") == 0 ? "OneLevel" : otherwise;
    for (size_t i = 0; i < json_array_size(values); i++)
        if (value_matches(key, option, text, json_string_value(json_array_get(values, i))))
            return true;
    return json_array_size(values) == 0 && text;
}

static error filters_check(const json_t *filters, bool by_path)
{
    static const char *const options[] = {"Equals", "BeginsWith", "Contains", "OneLevel",
                                          "Recursive", NULL};
    for (size_t i = 0; i < json_array_size(filters); i++) {
        const json_t *filter = json_array_get(filters, i);
        const char *key = json_text(filter, "Key"), *option = json_text(filter, "Option");
        bool known = false, path = strcmp(key, "Path") == 0;
        if (strcmp(key, "Label") == 0)
            return fail(ERR_NOT_IMPLEMENTED, "Sluice does not serve labels of parameters yet");
        if (by_path && strcmp(key, "Type") != 0 && strcmp(key, "KeyId") != 0)
            return fail(ERR_FILTER_KEY, "The following filter key is not valid: %.132s. Valid "
                                        "filter keys include: [Type, KeyId].", key);
        for (const char *const *o = options; option && *o; o++)
            known |= strcmp(*o, option) == 0 && path == (o - options >= 3);
        if (option && !known)
            return fail(ERR_FILTER_OPTION, "The following filter option is not valid: %.10s.",
                        option);
    }
    return OK;
}

static bool filters_match(const json_t *document, const json_t *filters, const char *otherwise)
{
    for (size_t i = 0; i < json_array_size(filters); i++)
        if (!filter_matches(document, json_array_get(filters, i), otherwise)) return false;
    return true;
}

/* ---- lists in pages ---- */

struct listing {
    struct call *c;
    const char *path; /* NULL: all */
    bool recursive;
    size_t limit;
    json_t *(*show)(const struct call *, const json_t *document);
    json_t *out;
    const char *last; /* of the page when there is more */
    bool more;
};

static bool list_one(void *context, const char *name, json_t *document)
{
    struct listing *l = context;
    const json_t *input = l->c->input;
    if (l->path && strcmp(l->path, "/") != 0 && !below(name, l->path, l->recursive)) return true;
    if (l->path && strcmp(l->path, "/") == 0 && !l->recursive &&
        strchr(name[0] == '/' ? name + 1 : name, '/'))
        return true;
    if (!filters_match(document, json_object_get(input, "ParameterFilters"), "Equals") ||
        !filters_match(document, json_object_get(input, "Filters"), "BeginsWith"))
        return true;
    if (json_array_size(l->out) == l->limit) {
        l->more = true;
        return false;
    }
    json_array_append_new(l->out, l->show(l->c, document));
    l->last = arena_text(l->c->arena, span_of(name));
    return true;
}

static error list_run(struct listing *l)
{
    struct call *c = l->c;
    struct state_txn *txn;
    const char *token = json_text(c->input, "NextToken"), *after = NULL;
    json_t *from = NULL;
    int64_t sealed_us;
    if (token && !call_token_read(c, TOKEN_PARAMETERS, token, &sealed_us, &from))
        return fail(ERR_NEXT_TOKEN, "The specified token is not valid.");
    if (from) after = arena_text(c->arena, span_of(json_text(from, "after")));
    json_decref(from);
    l->out = json_array();
    c->output = json_pack("{s:o}", "Parameters", l->out);
    TRY(state_begin(state_of(c), false, &txn));
    error e = state_scan(txn, place(c, ""), after, list_one, l);
    state_abort(txn);
    if (e != OK || !l->more) return e;
    json_object_set_new(c->output, "NextToken",
                        json_string(call_token_make(c, TOKEN_PARAMETERS,
                                                    json_pack("{s:s}", "after", l->last))));
    return OK;
}

static json_t *show_value(const struct call *c, const json_t *document)
{
    return parameter_json(c, document, newest(document));
}

static json_t *show_metadata(const struct call *c, const json_t *document)
{
    json_t *out = json_copy(newest(document));
    json_object_del(out, "Value");
    json_object_set(out, "Name", json_object_get(document, "Name"));
    json_object_set_new(out, "ARN", json_string(arn_of(c, json_text(document, "Name"))));
    json_object_set_new(out, "Policies", json_array());
    return out;
}

static error get_parameters_by_path(struct call *c)
{
    const char *path = json_text(c->input, "Path");
    if (path[0] != '/')
        return fail(ERR_VALIDATION, "The parameter path must begin with a forward slash (/).");
    TRY(filters_check(json_object_get(c->input, "ParameterFilters"), true));
    struct listing l = {.c = c, .path = path, .recursive = json_is_set(c->input, "Recursive"),
                        .limit = (size_t)json_integer_or(c->input, "MaxResults", 10),
                        .show = show_value};
    return list_run(&l);
}

static error describe_parameters(struct call *c)
{
    if (json_is_set(c->input, "Shared"))
        return fail(ERR_NOT_IMPLEMENTED, "Sluice does not serve parameters of other accounts");
    if (json_object_get(c->input, "Filters") && json_object_get(c->input, "ParameterFilters"))
        return fail(ERR_VALIDATION, "You can use either Filters or ParameterFilters in a single "
                                    "request.");
    TRY(filters_check(json_object_get(c->input, "ParameterFilters"), false));
    struct listing l = {.c = c, .limit = (size_t)json_integer_or(c->input, "MaxResults", 50),
                        .show = show_metadata};
    return list_run(&l);
}

/* ---- tags ---- */

/* Changes the document of the parameter the input names. */
static error tags_change(struct call *c, error (*change)(struct call *, json_t *tags))
{
    struct selector s;
    struct state_txn *txn;
    json_t *document = NULL;
    if (strcmp(json_text(c->input, "ResourceType"), "Parameter") != 0)
        return fail(ERR_NOT_IMPLEMENTED, "Sluice serves tags of parameters alone");
    TRY(selector_read(c, json_text(c->input, "ResourceId"), &s));
    TRY(state_begin(state_of(c), true, &txn));
    error e = state_get(txn, place(c, s.name), &document);
    if (e == ERR_NOT_FOUND)
        e = fail(ERR_RESOURCE_ID, "The resource ID is not valid. Verify that you entered the "
                                  "correct ID and try again.");
    if (e == OK) e = change(c, json_object_get(document, "Tags"));
    if (e == OK) e = state_put(txn, place(c, s.name), document);
    json_decref(document);
    if (e == OK) return state_commit(txn);
    state_abort(txn);
    return e;
}

static error change_add(struct call *c, json_t *tags)
{
    return tags_add(tags, json_object_get(c->input, "Tags"));
}

static error change_remove(struct call *c, json_t *tags)
{
    size_t i;
    json_t *key;
    json_array_foreach(json_object_get(c->input, "TagKeys"), i, key)
        json_object_del(tags, json_string_value(key));
    return OK;
}

static error change_list(struct call *c, json_t *tags)
{
    const char *key;
    json_t *value, *list = json_array();
    json_object_foreach(tags, key, value)
        json_array_append_new(list, json_pack("{s:s, s:O}", "Key", key, "Value", value));
    c->output = json_pack("{s:o}", "TagList", list);
    return OK;
}

static error add_tags(struct call *c) { return tags_change(c, change_add); }
static error remove_tags(struct call *c) { return tags_change(c, change_remove); }
static error list_tags(struct call *c) { return tags_change(c, change_list); }

/* ---- rows ---- */

static const char *const types[] = {"String", "StringList", "SecureString", NULL};
static const char *const tiers[] = {"Standard", "Advanced", "Intelligent-Tiering", NULL};
static const char *const filter_keys[] = {"Name", "Type", "KeyId", NULL};
static const char *const resource_types[] = {
    "Document", "ManagedInstance", "MaintenanceWindow", "Parameter", "PatchBaseline", "OpsItem",
    "OpsMetadata", "Automation", "Association", NULL};

#define NAME_ROW TEXT_ROW("Name", MEMBER_REQUIRED, 1, 2048, NULL)
#define NEXT_ROW TEXT_ROW("NextToken", MEMBER_OPTIONAL, 0, 0, NULL)
#define RESOURCE_ROWS                                                                             \
    ENUM_ROW("ResourceType", MEMBER_REQUIRED, resource_types),                                    \
        TEXT_ROW("ResourceId", MEMBER_REQUIRED, 0, 0, NULL)

static const struct member tag[] = {TEXT_ROW("Key", MEMBER_REQUIRED, 1, 128, NULL),
                                    TEXT_ROW("Value", MEMBER_REQUIRED, 0, 256, NULL), ROWS_END};
static const struct member tag_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, tag)};
static const struct member tag_key_row[] = {TEXT_ROW(NULL, MEMBER_OPTIONAL, 1, 128, NULL)};
static const struct member name_row[] = {TEXT_ROW(NULL, MEMBER_OPTIONAL, 1, 2048, NULL)};
static const struct member filter_value[] = {TEXT_ROW(NULL, MEMBER_OPTIONAL, 1, 1024, NULL)};
static const struct member filter[] = {ENUM_ROW("Key", MEMBER_REQUIRED, filter_keys),
                                       LIST_ROW("Values", MEMBER_REQUIRED, 1, 50, filter_value),
                                       ROWS_END};
static const struct member filter_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, filter)};
static const struct member parameter_filter[] = {
    TEXT_ROW("Key", MEMBER_REQUIRED, 1, 132, "tag:.+|Name|Type|KeyId|Path|Label|Tier|DataType"),
    TEXT_ROW("Option", MEMBER_OPTIONAL, 1, 10, NULL),
    LIST_ROW("Values", MEMBER_OPTIONAL, 1, 50, filter_value),
    ROWS_END,
};
static const struct member parameter_filter_row[] = {
    STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, parameter_filter)};

static const struct member put_input[] = {
    NAME_ROW,
    TEXT_ROW("Description", MEMBER_OPTIONAL, 0, 1024, NULL),
    TEXT_ROW("Value", MEMBER_REQUIRED, 0, 0, NULL),
    ENUM_ROW("Type", MEMBER_OPTIONAL, types),
    TEXT_ROW("KeyId", MEMBER_OPTIONAL, 1, 256, "^([a-zA-Z0-9:/_-]+)$"),
    BOOLEAN_ROW("Overwrite"),
    TEXT_ROW("AllowedPattern", MEMBER_OPTIONAL, 0, 1024, NULL),
    LIST_ROW("Tags", MEMBER_OPTIONAL, 0, 1000, tag_row),
    ENUM_ROW("Tier", MEMBER_OPTIONAL, tiers),
    TEXT_ROW("Policies", MEMBER_OPTIONAL, 1, 4096, NULL),
    TEXT_ROW("DataType", MEMBER_OPTIONAL, 0, 128, NULL),
    ROWS_END,
};
static const struct member get_input[] = {NAME_ROW, BOOLEAN_ROW("WithDecryption"), ROWS_END};
static const struct member get_many_input[] = {LIST_ROW("Names", MEMBER_REQUIRED, 1, 10, name_row),
                                               BOOLEAN_ROW("WithDecryption"), ROWS_END};
static const struct member by_path_input[] = {
    TEXT_ROW("Path", MEMBER_REQUIRED, 1, 2048, NULL),
    BOOLEAN_ROW("Recursive"),
    LIST_ROW("ParameterFilters", MEMBER_OPTIONAL, 0, 0, parameter_filter_row),
    BOOLEAN_ROW("WithDecryption"),
    INTEGER_ROW("MaxResults", MEMBER_OPTIONAL, 1, 10),
    NEXT_ROW,
    ROWS_END,
};
static const struct member delete_input[] = {NAME_ROW, ROWS_END};
static const struct member delete_many_input[] = {
    LIST_ROW("Names", MEMBER_REQUIRED, 1, 10, name_row), ROWS_END};
static const struct member describe_input[] = {
    LIST_ROW("Filters", MEMBER_OPTIONAL, 0, 0, filter_row),
    LIST_ROW("ParameterFilters", MEMBER_OPTIONAL, 0, 0, parameter_filter_row),
    INTEGER_ROW("MaxResults", MEMBER_OPTIONAL, 1, 50),
    NEXT_ROW,
    BOOLEAN_ROW("Shared"),
    ROWS_END,
};
static const struct member history_input[] = {NAME_ROW, BOOLEAN_ROW("WithDecryption"),
                                              INTEGER_ROW("MaxResults", MEMBER_OPTIONAL, 1, 50),
                                              NEXT_ROW, ROWS_END};
static const struct member add_tags_input[] = {
    RESOURCE_ROWS, LIST_ROW("Tags", MEMBER_REQUIRED, 0, 1000, tag_row), ROWS_END};
static const struct member remove_tags_input[] = {
    RESOURCE_ROWS, LIST_ROW("TagKeys", MEMBER_REQUIRED, 0, 0, tag_key_row), ROWS_END};
static const struct member list_tags_input[] = {RESOURCE_ROWS, ROWS_END};

const struct operation ssm_operations[] = {
    {.name = "PutParameter", .run = put_parameter, .input = put_input,
     .note = "a SecureString is kept unencrypted in the data directory; no policies, no labels; "
             "AllowedPattern is a POSIX extended expression"},
    {.name = "GetParameter", .run = get_parameter, .input = get_input,
     .note = "a SecureString without WithDecryption is an opaque text"},
    {.name = "GetParameters", .run = get_parameters, .input = get_many_input},
    {.name = "GetParametersByPath", .run = get_parameters_by_path, .input = by_path_input},
    {.name = "GetParameterHistory", .run = get_parameter_history, .input = history_input,
     .note = "one page, at most a hundred versions"},
    {.name = "DeleteParameter", .run = delete_parameter, .input = delete_input},
    {.name = "DeleteParameters", .run = delete_parameters, .input = delete_many_input},
    {.name = "DescribeParameters", .run = describe_parameters, .input = describe_input},
    {.name = "AddTagsToResource", .run = add_tags, .input = add_tags_input, .note = "of parameters"},
    {.name = "RemoveTagsFromResource", .run = remove_tags, .input = remove_tags_input,
     .note = "of parameters"},
    {.name = "ListTagsForResource", .run = list_tags, .input = list_tags_input,
     .note = "of parameters"},
    {0},
};
