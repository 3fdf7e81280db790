/* Tags of Glue resources: documents of the kind "glue-tags" by resource, the end of its ARN. */
#include "aws/glue.h"

enum { TAGS_MAX = 50 };

static const char kind_tags[] = "glue-tags";

error glue_tags_read(struct call *c, struct state_txn *txn, const char *resource, json_t **out)
{
    error e = state_get(txn, glue_key(c, kind_tags, resource), out);
    if (e != ERR_NOT_FOUND) return e;
    *out = json_object();
    return OK;
}

static error tags_write(struct call *c, struct state_txn *txn, const char *resource,
                        const json_t *tags)
{
    if (json_object_size(tags)) return state_put(txn, glue_key(c, kind_tags, resource), tags);
    return glue_tags_drop(c, txn, resource);
}

error glue_tags_add(struct call *c, struct state_txn *txn, const char *resource, const json_t *tags)
{
    json_t *all;
    if (json_object_size(tags) == 0) return OK;
    TRY(glue_tags_read(c, txn, resource, &all));
    json_object_update(all, (json_t *)tags);
    error e = json_object_size(all) > TAGS_MAX
                  ? fail(ERR_INVALID_INPUT, "A resource may have at most %d tags.", TAGS_MAX)
                  : tags_write(c, txn, resource, all);
    json_decref(all);
    return e;
}

error glue_tags_drop(struct call *c, struct state_txn *txn, const char *resource)
{
    error e = state_delete(txn, glue_key(c, kind_tags, resource));
    return e == ERR_NOT_FOUND ? OK : e;
}

/* ---- operations ---- */

static error not_found(const char *arn)
{
    return fail(ERR_ENTITY_NOT_FOUND, "Resource %s not found.", arn);
}

static error job_require(struct call *c, const char *name)
{
    struct state_txn *txn;
    json_t *document;
    TRY(glue_begin(c, false, &txn));
    error e = glue_job_read(c, txn, name, &document);
    if (e == OK) json_decref(document);
    return glue_end(txn, e);
}

static error document_require(struct call *c, const char *kind, const char *name)
{
    json_t *document;
    error e = state_get_one(c->gateway->options.state, glue_key(c, kind, name), &document);
    if (e == ERR_NOT_FOUND) return ERR_ENTITY_NOT_FOUND;
    if (e == OK) json_decref(document);
    return e;
}

static error database_require(struct call *c, const char *name)
{
    struct catalog *catalog;
    json_t *document;
    TRY(glue_catalog(c, &catalog));
    TRY(catalog->ops->get_database(catalog, name, &document));
    json_decref(document);
    return OK;
}

/* "job/NAME" of an ARN of this account and region, which must exist. */
static error resource_find(struct call *c, const char **resource)
{
    const char *arn = json_text(c->input, "ResourceArn");
    const char *prefix = arena_printf(c->arena, "arn:aws:glue:%s:%s:", c->region, c->account);
    if (strncmp(arn, prefix, strlen(prefix)) != 0) return not_found(arn);
    *resource = arn + strlen(prefix);
    error e = ERR_ENTITY_NOT_FOUND;
    if (strncmp(*resource, "job/", 4) == 0) e = job_require(c, *resource + 4);
    else if (strncmp(*resource, "database/", 9) == 0) e = database_require(c, *resource + 9);
    else if (strncmp(*resource, "trigger/", 8) == 0)
        e = document_require(c, "glue-trigger", *resource + 8);
    else if (strncmp(*resource, "connection/", 11) == 0)
        e = document_require(c, "glue-connection", *resource + 11);
    return e == ERR_ENTITY_NOT_FOUND ? not_found(arn) : e;
}

static error tag_resource(struct call *c)
{
    struct state_txn *txn;
    const char *resource;
    TRY(resource_find(c, &resource));
    TRY(glue_begin(c, true, &txn));
    TRY(glue_end(txn, glue_tags_add(c, txn, resource, json_object_get(c->input, "TagsToAdd"))));
    c->output = json_object();
    return OK;
}

static error tags_remove(struct call *c, struct state_txn *txn, const char *resource)
{
    json_t *tags, *key;
    size_t i;
    TRY(glue_tags_read(c, txn, resource, &tags));
    json_array_foreach(json_object_get(c->input, "TagsToRemove"), i, key)
        json_object_del(tags, json_string_value(key));
    error e = tags_write(c, txn, resource, tags);
    json_decref(tags);
    return e;
}

static error untag_resource(struct call *c)
{
    struct state_txn *txn;
    const char *resource;
    TRY(resource_find(c, &resource));
    TRY(glue_begin(c, true, &txn));
    TRY(glue_end(txn, tags_remove(c, txn, resource)));
    c->output = json_object();
    return OK;
}

static error get_tags(struct call *c)
{
    struct state_txn *txn;
    const char *resource;
    json_t *tags;
    TRY(resource_find(c, &resource));
    TRY(glue_begin(c, false, &txn));
    TRY(glue_end(txn, glue_tags_read(c, txn, resource, &tags)));
    c->output = json_pack("{s:o}", "Tags", tags);
    return OK;
}

/* ---- rows ---- */

#define ARN_ROW                                                                                   \
    TEXT_ROW("ResourceArn", MEMBER_REQUIRED, 1, 10240, "arn:(aws|aws-us-gov|aws-cn):glue:.*")

static const struct member tag_resource_input[] = {
    ARN_ROW, TAGS_ROW_OF("TagsToAdd", MEMBER_REQUIRED), ROWS_END,
};
static const struct member untag_resource_input[] = {
    ARN_ROW, LIST_ROW("TagsToRemove", MEMBER_REQUIRED, 0, 50, glue_tag_key), ROWS_END,
};
static const struct member get_tags_input[] = {ARN_ROW, ROWS_END};

const struct operation glue_tag_operations[] = {
    {.name = "TagResource", .run = tag_resource, .input = tag_resource_input,
     .note = "jobs and databases"},
    {.name = "UntagResource", .run = untag_resource, .input = untag_resource_input},
    {.name = "GetTags", .run = get_tags, .input = get_tags_input},
    {0},
};
