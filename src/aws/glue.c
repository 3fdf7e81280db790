/* What every Glue operation begins or ends with: the catalog it speaks of, transactions over the
 * documents that are not the catalog's, and the pages of listings. */
#include "aws/glue.h"

const struct operation *const glue_operations[] = {
    glue_database_operations, glue_table_operations, glue_version_operations,
    glue_partition_operations, glue_index_operations, glue_statistics_operations,
    glue_function_operations, glue_search_operations, glue_policy_operations,
    glue_job_operations, glue_run_operations, glue_tag_operations,
    glue_connection_operations, glue_trigger_operations, glue_unserved_operations, NULL,
};

error glue_catalog(struct call *c, struct catalog **out)
{
    const char *id = json_text(c->input, "CatalogId");
    if (id && strcmp(id, c->account) != 0)
        return fail(ERR_ACCESS_DENIED,
                    "User: arn:aws:iam::%s:root is not authorized to perform: glue:%s on resource: "
                    "arn:aws:glue:%s:%s:catalog because no resource-based policy allows it",
                    c->account, c->operation->name, c->region, id);
    if (json_text(c->input, "TransactionId"))
        return fail(ERR_NOT_IMPLEMENTED, "Sluice does not serve transactions of governed tables");
    *out = catalog_local_in(c->arena, c->gateway->options.state, c->account, c->region);
    catalog_act_as(*out, c->principal.iam_arn);
    return OK;
}

struct state_key glue_key(const struct call *c, const char *kind, const char *name)
{
    return (struct state_key){c->account, c->region, kind, name};
}

error glue_begin(struct call *c, bool write, struct state_txn **out)
{
    return state_begin(c->gateway->options.state, write, out);
}

error glue_end(struct state_txn *txn, error e)
{
    if (e == OK) return state_commit(txn);
    state_abort(txn);
    return e;
}

json_t *glue_error_detail(error e)
{
    return json_pack("{s:s, s:s}", "ErrorCode", error_row(e)->name, "ErrorMessage", error_text());
}

void glue_fill_descriptor(json_t *holder)
{
    json_t *descriptor = json_object_get(holder, "StorageDescriptor");
    if (!descriptor) return;
    static const char *const flags[] = {"Compressed", "StoredAsSubDirectories"};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (!json_object_get(descriptor, flags[i]))
            json_object_set_new(descriptor, flags[i], json_false());
    if (!json_object_get(descriptor, "NumberOfBuckets"))
        json_object_set_new(descriptor, "NumberOfBuckets", json_integer(0));
}

/* ---- pages ---- */

static error page_start(struct glue_page *page, const char *token)
{
    int64_t sealed_us;
    json_t *document;
    if (!call_token_read(page->call, TOKEN_GLUE, token, &sealed_us, &document))
        return fail(ERR_INVALID_INPUT, "Invalid NextToken.");
    bool same = strcmp(json_text(document, "scope"), page->scope) == 0;
    page->after = arena_text(page->call->arena, span_of(json_text(document, "after")));
    json_decref(document);
    return same ? OK : fail(ERR_INVALID_INPUT, "Invalid NextToken.");
}

error glue_page_open(struct call *c, const char *scope, size_t most, struct glue_page *page)
{
    const char *token = json_text(c->input, "NextToken");
    *page = (struct glue_page){
        .call = c,
        .scope = arena_printf(c->arena, "%s %s", c->operation->name, scope),
        .limit = (size_t)json_integer_or(c->input, "MaxResults", (int64_t)most)};
    if (token && *token) TRY(page_start(page, token)); /* some clients send "" first */
    page->list = json_array();
    return OK;
}

bool glue_page_take(void *context, const char *name, json_t *document)
{
    struct glue_page *page = context;
    page->more = json_array_size(page->list) == page->limit;
    if (page->more) return false;
    json_array_append(page->list, document);
    page->last = arena_text(page->call->arena, span_of(name));
    return true;
}

error glue_page_close(struct glue_page *page, const char *member, error e)
{
    if (e != OK) {
        json_decref(page->list);
        return e;
    }
    struct call *c = page->call;
    c->output = json_pack("{s:o}", member, page->list);
    if (page->more) {
        json_t *document = json_pack("{s:s, s:s}", "scope", page->scope, "after", page->last);
        json_object_set_new(c->output, "NextToken",
                            json_string(call_token_make(c, TOKEN_GLUE, document)));
    }
    return OK;
}
