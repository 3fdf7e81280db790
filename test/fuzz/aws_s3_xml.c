/* Bytes as an XML document read by member rows: what is accepted is written back, and read again it
 * is the same. */
#include "aws/s3.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const statuses[] = {"Enabled", "Disabled", NULL};
static const struct member tag_rows[] = {
    TEXT_ROW("Key", MEMBER_REQUIRED, 0, 0, NULL),
    TEXT_ROW("Value", MEMBER_REQUIRED, 0, 10, NULL),
    ROWS_END,
};
static const struct member tag[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, tag_rows)};
static const struct member rows[] = {
    LIST_ROW("Tag", MEMBER_OPTIONAL, 0, 5, tag),
    STRUCTURE_ROW("One", MEMBER_OPTIONAL, tag_rows),
    INTEGER_ROW("Number", MEMBER_OPTIONAL, -5, 100),
    BOOLEAN_ROW("Truth"),
    ENUM_ROW("Status", MEMBER_OPTIONAL, statuses),
    ROWS_END,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct buffer text = {0};
    json_t *document, *again;
    if (protocol_xml_read(&arena, (span){(const char *)data, size}, "Doc", rows, &document) == OK) {
        xml_open_root(&text, "Doc", S3_NAMESPACE);
        protocol_xml_write(&text, rows, document);
        xml_close(&text, "Doc");
        CHECK(protocol_xml_read(&arena, buffer_span(&text), "Doc", rows, &again) == OK);
        CHECK(json_equal(document, again));
        json_decref(document);
        json_decref(again);
    }
    buffer_release(&text);
    arena_release(&arena);
    return 0;
}
