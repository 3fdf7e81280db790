/* Tags of work groups and data catalogs.
 *
 *   athena-tags  RESOURCE ("workgroup/NAME", "datacatalog/NAME")   {KEY: VALUE} */
#include "aws/athena.h"

enum { TAGS_MAX = 50 };

static struct state_key tags_key(const struct call *c, const char *resource)
{
    return (struct state_key){c->account, c->region, "athena-tags", resource};
}

static error tags_read(struct call *c, struct state_txn *txn, const char *resource, json_t **out)
{
    error e = state_get(txn, tags_key(c, resource), out);
    if (e == ERR_NOT_FOUND) *out = json_object();
    return e == ERR_NOT_FOUND ? OK : e;
}

/* `list` NULL: takes all away. */
error athena_tags_put(struct call *c, struct state_txn *txn, const char *resource,
                      const json_t *list)
{
    json_t *map = json_object(), *tag;
    size_t i;
    json_array_foreach(list, i, tag)
        json_object_set(map, json_text(tag, "Key"), json_object_get(tag, "Value"));
    error e = json_object_size(map) ? state_put(txn, tags_key(c, resource), map)
                                    : state_delete(txn, tags_key(c, resource));
    json_decref(map);
    return e == ERR_NOT_FOUND ? OK : e;
}

/* The resource that the ARN names, which must be there. */
static error resource_find(struct call *c, struct state_txn *txn, const char **out)
{
    const char *arn = json_text(c->input, "ResourceARN");
    const char *own = arena_printf(c->arena, "arn:aws:athena:%s:%s:", c->region, c->account);
    json_t *group;
    if (strncmp(arn, own, strlen(own)) != 0)
        return fail(ERR_RESOURCE_NOT_FOUND, "Resource %s is not found", arn);
    *out = arn + strlen(own);
    if (strncmp(*out, "datacatalog/", 12) == 0 &&
        span_equal_nocase(span_of(*out + 12), SPAN("AwsDataCatalog")))
        return OK;
    error e = strncmp(*out, "workgroup/", 10) == 0
                  ? athena_workgroup_read(c, txn, *out + 10, &group)
                  : ERR_ATHENA_INPUT;
    if (e == OK) json_decref(group);
    return e == ERR_ATHENA_INPUT ? fail(ERR_RESOURCE_NOT_FOUND, "Resource %s is not found", arn)
                                 : e;
}

static error change(struct call *c, struct state_txn *txn, bool add)
{
    const char *resource;
    json_t *map, *item;
    size_t i;
    TRY(resource_find(c, txn, &resource));
    TRY(tags_read(c, txn, resource, &map));
    json_array_foreach(json_object_get(c->input, add ? "Tags" : "TagKeys"), i, item) {
        if (!add) json_object_del(map, json_string_value(item));
        else if (json_text(item, "Key"))
            json_object_set_new(
                map, json_text(item, "Key"),
                json_string(json_text(item, "Value") ? json_text(item, "Value") : ""));
    }
    error e = json_object_size(map) > TAGS_MAX
                  ? fail(ERR_ATHENA_INPUT, "a resource may have %d tags", TAGS_MAX)
                  : state_put(txn, tags_key(c, resource), map);
    json_decref(map);
    return e;
}

static error tag_resource(struct call *c)
{
    struct state_txn *txn;
    TRY(glue_begin(c, true, &txn));
    TRY(glue_end(txn, change(c, txn, strcmp(c->operation->name, "TagResource") == 0)));
    c->output = json_object();
    return OK;
}

static error list_tags_for_resource(struct call *c)
{
    struct state_txn *txn;
    const char *resource, *key;
    json_t *map = NULL, *value, *list = json_array();
    error e = glue_begin(c, false, &txn);
    if (e == OK) {
        e = resource_find(c, txn, &resource);
        if (e == OK) e = tags_read(c, txn, resource, &map);
        state_abort(txn);
    }
    json_object_foreach(map, key, value)
        json_array_append_new(list, json_pack("{s:s, s:O}", "Key", key, "Value", value));
    json_decref(map);
    if (e == OK) c->output = json_pack("{s:O}", "Tags", list);
    json_decref(list);
    return e;
}

static const struct member tag[] = {
    TEXT_ROW("Key", MEMBER_OPTIONAL, 1, 128, NULL),
    TEXT_ROW("Value", MEMBER_OPTIONAL, 0, 256, NULL),
    ROWS_END,
};
const struct member athena_tag_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, tag)};
static const struct member key_row[] = {TEXT_ROW(NULL, MEMBER_OPTIONAL, 1, 128, NULL)};
#define ARN_ROW TEXT_ROW("ResourceARN", MEMBER_REQUIRED, 1, 1011, NULL)
static const struct member tag_rows[] = {
    ARN_ROW, LIST_ROW("Tags", MEMBER_REQUIRED, 0, 0, athena_tag_row), ROWS_END,
};
static const struct member untag_rows[] = {
    ARN_ROW, LIST_ROW("TagKeys", MEMBER_REQUIRED, 0, 0, key_row), ROWS_END,
};
static const struct member list_rows[] = {
    ARN_ROW, ATHENA_TOKEN_ROW, PAGE_ROW(75, COUNT_MAX), ROWS_END,
};

const struct operation athena_tag_operations[] = {
    {.name = "TagResource", .run = tag_resource, .input = tag_rows},
    {.name = "UntagResource", .run = tag_resource, .input = untag_rows},
    {.name = "ListTagsForResource", .run = list_tags_for_resource, .input = list_rows},
    {0},
};
