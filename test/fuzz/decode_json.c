/* Any bytes as one record: the scanner accepts what jansson accepts, the decoder makes a row of
 * every accepted object under every policy and by every walk (the same row twice, whatever keys it
 * has learned in between), and its strings and numbers are jansson's. */
#include "decode/decode.h"

static const struct field inner_fields[] = {
    {.name = "a", .type = &(const struct type){.kind = TYPE_INT}},
    {.name = "b", .type = &(const struct type){.kind = TYPE_STRING}},
};
static const struct type inner = {.kind = TYPE_STRUCT, .child_count = 2, .children = inner_fields};
static const struct field element = {.name = "element", .type = &inner};
static const struct type string = {.kind = TYPE_STRING};
static const struct field entry[] = {{.name = "key", .type = &string},
                                     {.name = "value", .type = &string}};
static const struct field fields[] = {
    {.name = "a", .type = &(const struct type){.kind = TYPE_DOUBLE}},
    {.name = "b", .type = &string},
    {.name = "c", .type = &inner},
    {.name = "d",
     .type = &(const struct type){.kind = TYPE_ARRAY, .child_count = 1, .children = &element}},
    {.name = "e",
     .type = &(const struct type){.kind = TYPE_MAP, .child_count = 2, .children = entry}},
    {.name = "f", .type = &(const struct type){.kind = TYPE_DECIMAL, .precision = 38, .scale = 10}},
    {.name = "g", .type = &(const struct type){.kind = TYPE_TIMESTAMP}},
    {.name = "h", .type = &(const struct type){.kind = TYPE_BIGINT}},
    {.name = "i", .type = &(const struct type){.kind = TYPE_BINARY}},
    {.name = "j", .type = &(const struct type){.kind = TYPE_DATE}},
};
static const struct schema schema = {sizeof fields / sizeof *fields, fields};

static enum decode_reason scan(span text)
{
    struct json_scanner s;
    enum json_token token;
    json_scan_begin(&s, text);
    do token = json_scan_next(&s);
    while (token != JSON_TOKEN_ERROR && token != JSON_TOKEN_END);
    return token == JSON_TOKEN_END ? DECODED : s.reason;
}

/* Known differences: jansson swallows a NUL behind a number, refuses numbers beyond its types and
 * NUL in a key, and goes deeper. */
static void check_verdict(span text, enum decode_reason reason, json_t **value)
{
    json_error_t problem;
    *value = json_loadb(text.data ? text.data : "", text.size, JSON_DECODE_ANY | JSON_ALLOW_NUL,
                        &problem);
    bool known = !*value && (json_error_code(&problem) == json_error_numeric_overflow ||
                             json_error_code(&problem) == json_error_null_byte_in_key);
    bool nul = text.size && memchr(text.data, '\0', text.size);
    if (reason == DECODE_TOO_DEEP || known || nul) return;
    CHECK((reason == DECODED) == (*value != NULL));
}

static void check_values(const struct batch *batch, const json_t *value)
{
    const json_t *a = json_object_get(value, "a"), *b = json_object_get(value, "b");
    const struct column *c = batch->columns;
    if (json_is_number(a)) {
        CHECK(column_valid(&c[0], 0));
        CHECK(((const double *)c[0].values)[0] == json_number_value(a));
    }
    CHECK(column_valid(&c[1], 0) == (b && !json_is_null(b)));
    if (json_is_string(b))
        CHECK(
            span_equal(column_span(&c[1], 0), (span){json_string_value(b), json_string_length(b)}));
}

static void decode(const char *walk, enum decode_policy policy, span text, enum decode_reason reason,
                   const json_t *value)
{
    struct arena arena = {0};
    struct decoder *decoder;
    struct buffer first = {0}, second = {0};
    const struct decode_options options = {.policy = policy, .walk = walk};
    const span records[] = {text, text, SPAN("{\"x\":0,\"B\":\"y\",\"a\":2}"), text};
    enum { RECORDS = sizeof records / sizeof *records, SAME = RECORDS - 1 };
    struct decoded out;
    CHECK(decoder_open(&decoder, &schema, &options) == OK);
    CHECK(decoder_run(decoder, records, RECORDS, &arena, &out) == OK);
    CHECK(out.batch->rows + (int64_t)out.fault_count == RECORDS);
    if (out.fault_count < SAME) {
        CHECK(reason == DECODED);
        batch_print_row(&first, out.batch, 0);
        for (int i = 1; i < RECORDS; i++) {
            if (i == 2) continue;
            buffer_reset(&second);
            batch_print_row(&second, out.batch, i);
            CHECK(span_equal(buffer_span(&first), buffer_span(&second)));
        }
        if (policy == DECODE_PERMISSIVE && json_is_object(value)) check_values(out.batch, value);
    } else {
        const struct decode_fault *fault = &out.faults[0];
        for (int i = 1; i < SAME; i++)
            CHECK(fault->reason == out.faults[i].reason && fault->offset == out.faults[i].offset);
        CHECK(fault->offset <= text.size);
        if (reason == DECODED)
            CHECK(fault->reason == DECODE_NOT_OBJECT || fault->reason == DECODE_DUPLICATE_KEY);
        else if (fault->reason != DECODE_DUPLICATE_KEY) CHECK(fault->reason == reason);
    }
    decoder_close(decoder);
    buffer_release(&first);
    buffer_release(&second);
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    span text = {(const char *)data, size};
    json_t *value;
    enum decode_reason reason = scan(text);
    check_verdict(text, reason, &value);
    for (const char *const *walk = decode_walks(); *walk; walk++)
        for (int policy = DECODE_PERMISSIVE; policy <= DECODE_OPENX; policy++)
            decode(*walk, (enum decode_policy)policy, text, reason, value);
    json_decref(value);
    return 0;
}
