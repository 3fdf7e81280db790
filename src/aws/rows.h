/* Short forms of member rows, for the tables of all services. */
#pragma once

#include "base/member.h"

#define COUNT_MAX INT32_MAX /* integers without an upper bound in the model have 32 bits */

#define TEXT_ROW(text, flag, least, most, text_pattern)                                           \
    {.name = (text), .type = MEMBER_STRING, .flags = (flag), .min = (least), .max = (most),       \
     .pattern = (text_pattern)}
#define ENUM_ROW(text, flag, texts)                                                               \
    {.name = (text), .type = MEMBER_STRING, .flags = (flag), .values = (texts)}
#define INTEGER_ROW(text, flag, least, most)                                                      \
    {.name = (text), .type = MEMBER_INTEGER, .flags = (flag), .min = (least), .max = (most)}
#define BOOLEAN_ROW(text) {.name = (text), .type = MEMBER_BOOLEAN}
#define TIMESTAMP_ROW(text) {.name = (text), .type = MEMBER_TIMESTAMP}
#define STRUCTURE_ROW(text, flag, rows)                                                           \
    {.name = (text), .type = MEMBER_STRUCTURE, .flags = (flag), .of = (rows)}
#define LIST_ROW(text, flag, least, most, row)                                                    \
    {.name = (text), .type = MEMBER_LIST, .flags = (flag), .min = (least), .max = (most),         \
     .of = (row)}
#define MAP_ROW(text, flag, least, most, row)                                                     \
    {.name = (text), .type = MEMBER_MAP, .flags = (flag), .min = (least), .max = (most),          \
     .of = (row)}
#define ROWS_END {.name = NULL}
