/* The values of a reply in CBOR: data and texts stay where they are. Emulators that keep records as
 * JSON leave data as base64 text and times as seconds; both are told from what AWS sends. */
#include "stream/page.h"

static bool next_is(struct page_reader *s, enum json_token token)
{
    return cbor_reader_next(&s->cbor) == token;
}

static bool cbor_open(struct page_reader *s, bool list)
{
    return next_is(s, list ? JSON_TOKEN_ARRAY : JSON_TOKEN_OBJECT);
}

static bool cbor_member(struct page_reader *s, bool first, span *name)
{
    (void)first;
    enum json_token token = cbor_reader_next(&s->cbor);
    *name = token == JSON_TOKEN_KEY ? s->cbor.text : (span){0};
    return token == JSON_TOKEN_KEY || token == JSON_TOKEN_OBJECT_END;
}

static bool cbor_element(struct page_reader *s, bool first, bool *more)
{
    (void)first;
    enum json_token token = cbor_reader_next(&s->cbor);
    *more = token == JSON_TOKEN_OBJECT;
    return *more || token == JSON_TOKEN_ARRAY_END;
}

static bool cbor_text(struct page_reader *s, span *out)
{
    enum json_token token = cbor_reader_next(&s->cbor);
    *out = token == JSON_TOKEN_STRING ? s->cbor.text : (span){0};
    return token == JSON_TOKEN_NULL || (token == JSON_TOKEN_STRING && !s->cbor.bytes);
}

static bool cbor_blob(struct page_reader *s, span *out)
{
    if (!next_is(s, JSON_TOKEN_STRING)) return false;
    *out = s->cbor.text;
    return s->cbor.bytes || page_base64(s, s->cbor.text, out);
}

static bool cbor_time(struct page_reader *s, int64_t *us)
{
    if (!next_is(s, JSON_TOKEN_NUMBER)) return false;
    return page_time(s->cbor.integral ? (double)s->cbor.integer / 1000 : s->cbor.real, us);
}

static bool cbor_number(struct page_reader *s, double *out)
{
    enum json_token token = cbor_reader_next(&s->cbor);
    *out = 0;
    if (token == JSON_TOKEN_NUMBER)
        *out = s->cbor.integral ? (double)s->cbor.integer : s->cbor.real;
    return token == JSON_TOKEN_NUMBER || token == JSON_TOKEN_NULL;
}

static bool cbor_skip(struct page_reader *s)
{
    return cbor_reader_skip(&s->cbor, cbor_reader_next(&s->cbor));
}

static bool cbor_end(struct page_reader *s)
{
    return next_is(s, JSON_TOKEN_END);
}

const struct page_functions page_cbor = {
    .open = cbor_open,
    .member = cbor_member,
    .element = cbor_element,
    .text = cbor_text,
    .blob = cbor_blob,
    .time = cbor_time,
    .number = cbor_number,
    .skip = cbor_skip,
    .end = cbor_end,
};
