/* Any JSON against rows of every kind: a verdict, and words that are valid UTF-8. */
#include "base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const colours[] = {"RED", "GREEN", NULL};
static const struct member text = {.name = "x", .type = MEMBER_STRING, .min = 1, .max = 5,
                                   .pattern = "^[a-z]*$"};
static const struct member structure;
static const struct member members[] = {
    {.name = "S", .type = MEMBER_STRING, .flags = MEMBER_REQUIRED, .max = 9, .pattern = "[a-c]+"},
    {.name = "I", .type = MEMBER_INTEGER, .min = 1, .max = 9},
    {.name = "D", .type = MEMBER_DOUBLE, .min = -1, .max = 1},
    {.name = "B", .type = MEMBER_BOOLEAN},
    {.name = "T", .type = MEMBER_TIMESTAMP},
    {.name = "X", .type = MEMBER_BLOB, .max = 4},
    {.name = "C", .type = MEMBER_STRING, .values = colours},
    {.name = "L", .type = MEMBER_LIST, .max = 3, .of = &text},
    {.name = "M", .type = MEMBER_MAP, .max = 3, .of = &text},
    {.name = "R", .type = MEMBER_LIST, .of = &structure},
    {.name = "N", .type = MEMBER_MAP, .of = &structure},
    {.name = "A", .type = MEMBER_ANY},
    {0}};
static const struct member structure = {.name = "x", .type = MEMBER_STRUCTURE, .of = members};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *value;
    if (json_read((span){(const char *)data, size}, &value) != OK) return 0;
    for (int strict = 0; strict < 2; strict++) {
        error verdict = member_check(members, value, strict);
        CHECK(verdict == OK || verdict == ERR_VALIDATION || verdict == ERR_SERIALIZATION);
        span told = span_of(error_text());
        if (verdict != OK) CHECK(told.size && utf8_valid_prefix(told) == told.size);
    }
    json_decref(value);
    return 0;
}
