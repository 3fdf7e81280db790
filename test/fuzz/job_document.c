/* Job documents of any shape: read, linked, opened against a catalog that knows one table. */
#include "job/job.h"

#include <stdlib.h>

static const char table_document[] =
    "{\"Name\":\"t\",\"DatabaseName\":\"d\",\"StorageDescriptor\":{\"Columns\":["
    "{\"Name\":\"id\",\"Type\":\"int\"},{\"Name\":\"s\",\"Type\":\"string\"},"
    "{\"Name\":\"n\",\"Type\":\"struct<a:int,b:array<struct<c:string>>>\"}],\"Location\":\"stream\","
    "\"Parameters\":{\"typeOfData\":\"kinesis\",\"streamName\":\"stream\"}}}";

static error get_table(struct catalog *catalog, const char *database, const char *table, json_t **out)
{
    (void)catalog, (void)database, (void)table;
    return json_read(SPAN(table_document), out);
}

static const struct catalog_ops ops = {.get_table = get_table};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct catalog catalog = {&ops};
    struct graph graph;
    json_t *document;
    log_set_level(LOG_ERROR);
    if (json_read((span){(const char *)data, size}, &document) != OK) return 0;
    if (json_is_object(document) && graph_read(&arena, document, &graph) == OK) {
        struct node_context context = {.arena = &arena, .catalog = &catalog};
        error e = graph_open(&graph, &context);
        CHECK(e == OK || error_text()[0]);
    }
    json_decref(document);
    arena_release(&arena);
    return 0;
}
