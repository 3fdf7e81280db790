/* Text that casts read: whatever converts prints as text that converts to the same value. */
#include "batch/batch.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_numbers(span in, struct buffer *text)
{
    int64_t integer;
    double real, real_again;
    __int128 decimal, decimal_again;
    bool truth;
    if (cast_text_to_int(in, -128, 127, &integer)) CHECK(integer >= -128 && integer <= 127);
    if (cast_text_to_bool(in, &truth)) CHECK(truth == true || truth == false);
    if (cast_text_to_double(in, &real)) {
        cast_double_to_text(text, real);
        CHECK(cast_text_to_double(buffer_span(text), &real_again));
        CHECK(isnan(real) ? isnan(real_again)
                          : real == real_again && signbit(real) == signbit(real_again));
        buffer_reset(text);
        cast_float_to_text(text, (float)real);
        float narrow = strtof(buffer_text(text), NULL);
        CHECK(isnan(real) ? isnan(narrow) : narrow == (float)real);
        buffer_reset(text);
    }
    if (cast_text_to_decimal(in, 38, 18, &decimal)) {
        cast_decimal_to_text(text, decimal, 18);
        CHECK(cast_text_to_decimal(buffer_span(text), 38, 18, &decimal_again));
        CHECK(decimal == decimal_again);
        buffer_reset(text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    span in = {(const char *)data, size};
    struct buffer text = {0};
    int64_t us, us_again;
    int32_t days, days_again;
    check_numbers(in, &text);
    if (cast_text_to_timestamp(in, &us)) {
        cast_timestamp_to_text(&text, us);
        CHECK(cast_text_to_timestamp(buffer_span(&text), &us_again) && us == us_again);
        buffer_reset(&text);
    }
    if (cast_text_to_date(in, &days)) {
        cast_date_to_text(&text, days);
        CHECK(cast_text_to_date(buffer_span(&text), &days_again) && days == days_again);
    }
    buffer_release(&text);
    return 0;
}
