/* Kinesis PutRecords (API reference 2013-12-02): each record of a call succeeds or fails alone, so
 * only the failed ones go into the next call. */
#include "cli/producer.h"

#include "http/http.h"

#include <stdio.h>

enum {
    PAUSE_FIRST_US = 50 * US_PER_MS,
    PAUSE_MAX_US = 2 * US_PER_SECOND,
};

struct batch_record {
    size_t offset, size; /* in the batch's bytes */
    struct ventilator_record record;
};

static json_t *record_entry(const struct batch_record *record, const char *bytes,
                            struct buffer *scratch)
{
    span data = {bytes + record->offset, record->size};
    size_t size = base64_encoded_size(data.size);
    buffer_reset(scratch);
    buffer_reserve(scratch, size);
    base64_encode(scratch->data, data);
    char key[16];
    snprintf(key, sizeof key, "%d", record->record.id);
    json_t *entry = json_object();
    json_object_set_new_nocheck(entry, "Data", json_stringn_nocheck(scratch->data, size));
    json_object_set_new_nocheck(entry, "PartitionKey", json_string_nocheck(key));
    return entry;
}

static json_t *call_input(const struct producer *producer, const struct batch_record *records,
                          int count, const char *bytes)
{
    struct buffer scratch = {0};
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(list, record_entry(&records[i], bytes, &scratch));
    buffer_release(&scratch);
    json_t *input = json_object();
    json_object_set_new(input, "StreamName", json_string(producer->stream));
    json_object_set_new(input, "Records", list);
    return input;
}

/* Counts what the reply acknowledges and moves the refused records to the front; returns how many
 * those are. */
static error take_reply(struct producer *producer, const json_t *reply,
                        struct batch_record *records, int *count)
{
    const json_t *results = json_object_get(reply, "Records");
    if (json_array_size(results) != (size_t)*count)
        return fail(ERR_PARSE, "PutRecords answered %zu records instead of %d",
                    json_array_size(results), *count);
    int refused = 0;
    for (int i = 0; i < *count; i++) {
        if (json_text(json_array_get(results, (size_t)i), "SequenceNumber")) {
            producer->acknowledged++;
            producer->malformed += records[i].record.malformed;
        } else {
            records[refused++] = records[i];
        }
    }
    *count = refused;
    return OK;
}

static error put_all(struct producer *producer, struct batch_record *records, int count,
                     const char *bytes, const volatile int *stop)
{
    int64_t pause_us = PAUSE_FIRST_US;
    for (;;) {
        json_t *input = call_input(producer, records, count, bytes), *reply = NULL;
        error e = http_aws_json(producer->client, producer->endpoint_url, "kinesis",
                                producer->region, "Kinesis_20131202.PutRecords", input, 0, &reply);
        json_decref(input);
        if (e == OK) e = take_reply(producer, reply, records, &count);
        json_decref(reply);
        if (e != OK || count == 0 || *stop) return e;
        producer->resent += count;
        world->sleep_us(pause_us);
        pause_us = pause_us * 2 < PAUSE_MAX_US ? pause_us * 2 : PAUSE_MAX_US;
    }
}

error producer_put(struct producer *producer, int count, const volatile int *stop)
{
    CHECK(count > 0 && count <= PRODUCER_BATCH_MAX);
    struct batch_record records[PRODUCER_BATCH_MAX];
    struct buffer bytes = {0};
    for (int i = 0; i < count; i++) {
        records[i].offset = bytes.size;
        records[i].record = ventilator_record(&producer->series, producer->next++, &bytes);
        records[i].size = bytes.size - records[i].offset;
    }
    error e = put_all(producer, records, count, bytes.data, stop);
    buffer_release(&bytes);
    return e;
}
