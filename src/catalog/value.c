/* Two texts under an integer key that name the same number name the same rows. */
#include "catalog/value.h"

#include <ctype.h>

bool type_is_integer(const char *type)
{
    static const char *const names[] = {"tinyint", "smallint", "int", "integer", "bigint",
                                        "byte", "short", "long"};
    for (size_t i = 0; type && i < sizeof names / sizeof *names; i++)
        if (span_equal_nocase(span_of(type), span_of(names[i]))) return true;
    return false;
}

void value_canonical(struct buffer *out, span value)
{
    span digits = value;
    bool negative = value.size && value.data[0] == '-';
    if (value.size && (negative || value.data[0] == '+')) digits.data++, digits.size--;
    for (size_t i = 0; i < digits.size; i++)
        if (!isdigit((unsigned char)digits.data[i])) digits.size = 0;
    if (digits.size == 0) {
        percent_encode(out, value, false);
        return;
    }
    while (digits.size > 1 && digits.data[0] == '0') digits.data++, digits.size--;
    if (negative && !span_is(digits, "0")) buffer_append_byte(out, '-');
    buffer_append_span(out, digits);
}
