/* GetRecords' reply, the hot one of the remote back end: text or CBOR in, records out, without a
 * tree in between.
 *
 *   {"Records": [{"SequenceNumber": text, "ApproximateArrivalTimestamp": time, "Data": blob,
 *                 "PartitionKey": text, ...} ...],
 *    "NextShardIterator": text or null, "MillisBehindLatest": number, ...}
 *
 * Members come in any order and unknown ones are skipped. What is malformed counts as the network's
 * fault: the page is asked for again. */
#include "stream/page.h"

#include <math.h>

bool page_time(double seconds, int64_t *us)
{
    if (!(fabs(seconds) < 1e12)) return false;
    *us = llround(seconds * 1000) * US_PER_MS;
    return true;
}

bool page_base64(struct page_reader *s, span text, span *out)
{
    char *bytes = arena_alloc(s->arena, base64_decoded_max(text.size));
    *out = (span){bytes, 0};
    return base64_decode(bytes, &out->size, text) == OK;
}

static bool read_record(const struct page_functions *f, struct page_reader *s,
                        struct stored_record *r)
{
    span name, text;
    bool has_data = false, has_key = false, has_sequence = false;
    *r = (struct stored_record){.arrival_us = 0};
    for (bool first = true;; first = false) {
        bool good;
        if (!f->member(s, first, &name)) return false;
        if (!name.data) return has_data && has_key && has_sequence;
        if (span_is(name, "Data")) {
            good = has_data = f->blob(s, &r->data);
        } else if (span_is(name, "PartitionKey")) {
            good = has_key = f->text(s, &r->partition_key) && r->partition_key.data;
        } else if (span_is(name, "SequenceNumber")) {
            good = has_sequence =
                f->text(s, &text) && text.data && sequence_parse(text, &r->sequence) == OK;
        } else if (span_is(name, "ApproximateArrivalTimestamp")) {
            good = f->time(s, &r->arrival_us);
        } else {
            good = f->skip(s);
        }
        if (!good) return false;
    }
}

static bool read_records(const struct page_functions *f, struct page_reader *s, struct page *page)
{
    size_t capacity = 0;
    bool more;
    if (!f->open(s, true)) return false;
    for (;; page->count++) {
        if (!f->element(s, page->count == 0, &more)) return false;
        if (!more) return true;
        if (page->count == capacity) {
            capacity = capacity ? 4 * capacity : 256;
            struct stored_record *grown = ARENA_ARRAY(s->arena, struct stored_record, capacity);
            if (page->count) memcpy(grown, page->records, page->count * sizeof *grown);
            page->records = grown;
        }
        if (!read_record(f, s, &page->records[page->count])) return false;
    }
}

static bool read_page(const struct page_functions *f, struct page_reader *s, struct page *page)
{
    span name;
    bool has_records = false;
    double behind;
    if (!f->open(s, false)) return false;
    for (bool first = true;; first = false) {
        bool good;
        if (!f->member(s, first, &name)) return false;
        if (!name.data) return has_records && f->end(s);
        if (span_is(name, "Records")) {
            if (has_records) return false;
            good = has_records = read_records(f, s, page);
        } else if (span_is(name, "NextShardIterator")) {
            good = f->text(s, &page->next);
        } else if (span_is(name, "MillisBehindLatest")) {
            good = f->number(s, &behind) && fabs(behind) < 1e15;
            page->behind_ms = good ? (int64_t)behind : 0;
        } else {
            good = f->skip(s);
        }
        if (!good) return false;
    }
}

error page_parse(struct arena *a, enum page_form form, span reply, struct page *page)
{
    struct page_reader s = {.at = reply.data, .end = reply.data + reply.size, .arena = a};
    if (form == PAGE_CBOR) cbor_reader_begin(&s.cbor, a, reply);
    *page = (struct page){0};
    if (reply.size && read_page(form == PAGE_CBOR ? &page_cbor : &page_json, &s, page)) return OK;
    *page = (struct page){0};
    const char *at = form == PAGE_CBOR ? s.cbor.at : s.at;
    return fail(ERR_NETWORK, "GetRecords: the reply of %zu bytes is damaged near byte %zu",
                reply.size, (size_t)(at - reply.data));
}
