/* Athena's operations, and the shape of its errors. */
#include "aws/athena.h"

const struct operation *const athena_operations[] = {
    athena_query_operations,     athena_result_operations,  athena_saved_operations,
    athena_workgroup_operations, athena_catalog_operations, athena_tag_operations,
    athena_unserved_operations,  NULL,
};

static const struct { error e; const char *name, *code; } codes[] = {
    {ERR_VALIDATION, "InvalidRequestException", "INVALID_INPUT"},
    {ERR_INVALID_INPUT, "InvalidRequestException", "INVALID_INPUT"},
    {ERR_USAGE, "InvalidRequestException", "INVALID_INPUT"},
    {ERR_ATHENA_INPUT, NULL, "INVALID_INPUT"},
    {ERR_ATHENA_QUERY, NULL, "MALFORMED_QUERY"},
    {ERR_ATHENA_TOKEN, NULL, "IDEMPOTENT_PARAMETER_MISMATCH"},
    {ERR_ATHENA_UNKNOWN_QUERY, NULL, "QUERY_EXECUTION_NOT_FOUND"},
    {ERR_ATHENA_QUERY_STATE, NULL, "INVALID_QUERY_EXECUTION_STATE"},
};

void athena_reply_error(struct call *c, error e, const char *message)
{
    const char *name = error_row(e)->name, *code = NULL;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (codes[i].e != e) continue;
        code = codes[i].code;
        if (codes[i].name) name = codes[i].name;
    }
    struct writer w;
    writer_begin(&w, c->arena, c->wire, strlen(message) + 256);
    writer_map(&w);
    writer_member_text(&w, "__type", name);
    if (code) {
        writer_member_text(&w, "AthenaErrorCode", code);
        writer_member_text(&w, "ErrorCode", code);
    }
    if (e == ERR_TOO_MANY_REQUESTS)
        writer_member_text(&w, "Reason", "CONCURRENT_QUERY_LIMIT_EXCEEDED");
    writer_member_text(&w, "Message", message);
    writer_map_end(&w);
    call_reply_body(c, error_row(e)->status, wire_content_type(c->wire), writer_span(&w));
}

const char *athena_uuid_of(struct arena *arena, const uint8_t *bytes)
{
    uint8_t b[16];
    memcpy(b, bytes, sizeof b);
    b[6] = (b[6] & 0x0f) | 0x40; /* RFC 9562, version 4 */
    b[8] = (b[8] & 0x3f) | 0x80;
    return arena_printf(
        arena, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
        b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

const char *athena_uuid(struct arena *arena)
{
    uint8_t bytes[16];
    world->random(bytes, sizeof bytes);
    return athena_uuid_of(arena, bytes);
}
