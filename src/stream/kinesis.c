/* A stream of a remote Kinesis endpoint: ListShards, GetShardIterator and GetRecords (API
 * 2013-12-02) as struct stream. Pages come in as CBOR where the service speaks it, else as JSON, and
 * records go out in the cursor's memory.
 *
 * - The first reply to GetRecords shows whether the service speaks CBOR. One that is not CBOR, be it a
 *   refusal or a page, makes it JSON for as long as the stream is open, if asking in JSON succeeds.
 * - A shard's trouble (throttling, server faults, the network) is the shard's: its cursor answers
 *   "nothing now, data follows" and tries again later, longer each time, while others go on.
 * - Expired iterators are renewed behind the last record handed out.
 * - Against AWS itself each cursor keeps to 5 calls and 2 MB a second; elsewhere nothing waits.
 * - The service goes on at the oldest record, without a word, when a place has left the retention.
 *   So a cursor opened AFTER a sequence number asks AT it and wants to see that record first. When
 *   it is gone, more may be gone, which counts as data loss: unless nothing lay behind it at a time
 *   (seen_us) since when nothing can have expired.
 * - While a page is used the next one is asked for, by a thread beside: at most AHEAD_MAX pages of a
 *   stream, and only while more is known to follow.
 * - Times are the service's, from its replies: this machine's clock may be wrong. */
#include "base/pool.h"
#include "http/http.h"
#include "stream/shard.h"

#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    LIST_SHARDS_PAGE = 1000,
    SHARDS_MAX = 100000,
    LIST_RESTARTS = 3,
    RECORDS_PER_CALL = 10000,
    CALL_TIMEOUT_US = 10 * US_PER_SECOND, /* other shards wait for the client meanwhile */
    CALL_INTERVAL_US = US_PER_SECOND / 5,
    BYTES_PER_SECOND = 2 * 1024 * 1024,
    BACKOFF_FIRST_US = 100 * 1000,
    BACKOFF_MAX_US = 10 * US_PER_SECOND,
    WAIT_AWS_US = US_PER_SECOND, /* one call a second and shard is the polite pace */
    WAIT_US = 50 * 1000,
    LATEST_MARGIN_US = 60 * US_PER_SECOND,
    CLOCKS_AGREE_US = US_PER_SECOND + US_PER_SECOND / 4, /* replies tell whole seconds */
    RETENTION_MARGIN_US = 300 * US_PER_SECOND,
    AHEAD_MAX = 4, /* pages of a stream that lie ready or are on their way */
    AHEAD_TEXT_MAX = 512,
};

enum speech { SPEECH_UNKNOWN, SPEECH_CBOR, SPEECH_JSON };

struct remote {
    struct stream base;
    struct http_client *client;
    char *endpoint, *region, *name, *arn; /* arn NULL: named by name */
    int64_t ahead_us; /* the service's clock before ours, as of the last reply, where one is wrong */
    bool paced;
    enum speech speech; /* of pages; known before one is asked for ahead */
    int64_t retention_us; /* as last described */
    pthread_mutex_t lock; /* the client and `known` */
    struct arena arena;   /* of known */
    struct shard *known;  /* as of the last listing */
    size_t known_count;
    struct reading_ahead {
        struct pool *pool; /* a thread beside the owner; NULL: none yet, or none to be had */
        struct http_client *client; /* of its own: the other is everybody's */
        pthread_mutex_t lock;
        int pages; /* ready or on their way; the owner's */
    } ahead;
};

/* What the first record of a fresh iterator must be. */
enum expectation { EXPECT_NOTHING, EXPECT_AND_SKIP, EXPECT_AND_KEEP };

/* The page behind the one at hand, asked for while that one is used. */
struct ahead {
    bool started;
    struct pool_job job;
    size_t limit;
    struct buffer reply;
    enum page_form form;
    int64_t told_us;
    error e;
    char text[AHEAD_TEXT_MAX]; /* of `e` */
};

struct remote_cursor {
    struct stream_cursor base;
    char *shard;
    struct position position; /* behind the last record handed out */
    char *iterator;           /* NULL: to be asked for */
    bool iterator_last;       /* the reply had no next one: the shard ends with the page */
    enum expectation expect;
    int64_t opened_us; /* the service's clock, when LATEST was fixed */
    /* the page: one reply's records, handed out from `at` on */
    struct buffer reply;
    enum page_form form;
    struct arena arena;
    struct page page;
    size_t at;
    int64_t behind_ms;
    int64_t told_us;       /* the service's clock as of the reply; 0: it did not say */
    int64_t not_before_us; /* monotonic: pacing and backoff */
    int failures;          /* in a row */
    struct ahead ahead;
    struct slice slice;
};

static struct remote *remote_of(const struct stream_cursor *c)
{
    return (struct remote *)c->stream;
}

/* ---- calls ---- */

/* Where the clocks differ, by what a reply says; its seconds may be cut short. */
static void compare_clocks(struct remote *r)
{
    int64_t told_us = http_client_told_us(r->client), here_us = now_us();
    bool agree = here_us >= told_us && here_us < told_us + CLOCKS_AGREE_US;
    if (told_us) r->ahead_us = agree ? 0 : told_us - here_us;
}

static error call(struct remote *r, const char *operation, json_t *input, int attempts,
                  json_t **output)
{
    char target[64];
    snprintf(target, sizeof target, "Kinesis_20131202.%s", operation);
    pthread_mutex_lock(&r->lock);
    error e = http_aws_json(r->client, r->endpoint, "kinesis", r->region, target, input, attempts,
                            output);
    compare_clocks(r);
    pthread_mutex_unlock(&r->lock);
    json_decref(input);
    return e;
}

/* By the service's clock. */
static int64_t remote_now_us(const struct remote *r)
{
    return now_us() + r->ahead_us;
}

/* A call that is tried once, its reply as bytes. */
struct post {
    const char *operation;
    struct buffer *reply;
    bool unrepeated; /* also not where a kept connection breaks */
    bool ahead;      /* by the client that reads ahead */
    enum page_form form; /* of the request */
    /* out */
    int status;              /* 0: no reply came */
    enum page_form answered; /* the reply's form */
    int64_t told_us;         /* the service's clock; 0: it did not say */
};

static void post_header(void *context, span name, span value)
{
    struct post *p = context;
    if (span_equal_nocase(name, SPAN("content-type")))
        p->answered = span_starts(value, CBOR_CONTENT_TYPE) ? PAGE_CBOR : PAGE_JSON;
}

static error post_judge(void *context, const struct http_call *call)
{
    struct post *p = context;
    span reply = buffer_span(p->reply);
    p->status = call->status;
    if (call->status == 200) return OK;
    return fail_context(p->answered == PAGE_CBOR ? http_cbor_error(call->status, reply)
                                                 : http_json_error(call->status, reply),
                        "%s", p->operation);
}

static error post_body(struct remote *r, struct post *p, span body)
{
    char target[64];
    snprintf(target, sizeof target, "Kinesis_20131202.%s", p->operation);
    const struct http_header headers[] = {
        {SPAN("content-type"), p->form == PAGE_CBOR ? SPAN(CBOR_CONTENT_TYPE)
                                                    : SPAN("application/x-amz-json-1.1")},
        {SPAN("x-amz-target"), span_of(target)},
    };
    struct http_call call = {.method = "POST",
                             .url = r->endpoint,
                             .service = "kinesis",
                             .region = r->region,
                             .headers = headers,
                             .header_count = 2,
                             .body = body,
                             .timeout_us = CALL_TIMEOUT_US,
                             .unrepeated = p->unrepeated,
                             .reply_body = p->reply,
                             .on_header = post_header,
                             .context = p};
    struct http_client *client = p->ahead ? r->ahead.client : r->client;
    pthread_mutex_t *lock = p->ahead ? &r->ahead.lock : &r->lock;
    buffer_reset(p->reply);
    p->status = 0;
    p->answered = PAGE_JSON;
    pthread_mutex_lock(lock);
    error e = http_call_retried(client, &call, 1, post_judge, p);
    p->told_us = http_client_told_us(client);
    pthread_mutex_unlock(lock);
    return e;
}

static error post(struct remote *r, struct post *p, const json_t *input)
{
    struct buffer body = {0};
    if (p->form == PAGE_CBOR) cbor_print(&body, input);
    else json_print(&body, input);
    error e = post_body(r, p, buffer_span(&body));
    buffer_release(&body);
    return e;
}

static json_t *input_for(const struct remote *r)
{
    return r->arn ? json_pack("{s:s}", "StreamARN", r->arn)
                  : json_pack("{s:s}", "StreamName", r->name);
}

static error fail_reply(const char *operation, const char *what)
{
    return fail(ERR_NETWORK, "%s: the reply's %s is missing or no such thing", operation, what);
}

/* ---- what the stream is ---- */

static error describe(struct remote *r)
{
    json_t *output;
    TRY(call(r, "DescribeStreamSummary", input_for(r), 0, &output));
    const json_t *summary = json_object_get(output, "StreamDescriptionSummary");
    const json_t *created = json_object_get(summary, "StreamCreationTimestamp");
    error e = json_is_number(created)
                  ? OK
                  : fail_reply("DescribeStreamSummary", "StreamCreationTimestamp");
    if (e == OK) r->base.created_us = llround(json_number_value(created) * 1000) * US_PER_MS;
    r->retention_us = json_integer_or(summary, "RetentionPeriodHours", 0) * 3600 * US_PER_SECOND;
    json_decref(output);
    return e;
}

/* ---- shards ---- */

static error parse_hash(const json_t *range, const char *name, struct hash_key *out)
{
    const char *text = json_text(range, name);
    return text && hash_parse(span_of(text), out) ? OK : fail_reply("ListShards", name);
}

static error parse_shard(const json_t *in, struct arena *a, struct shard *out)
{
    const json_t *keys = json_object_get(in, "HashKeyRange");
    const json_t *sequences = json_object_get(in, "SequenceNumberRange");
    const char *id = json_text(in, "ShardId"), *parent = json_text(in, "ParentShardId");
    const char *adjacent = json_text(in, "AdjacentParentShardId");
    const char *starting = json_text(sequences, "StartingSequenceNumber");
    const char *ending = json_text(sequences, "EndingSequenceNumber");
    if (!id || !starting) return fail_reply("ListShards", id ? "SequenceNumberRange" : "ShardId");
    *out = (struct shard){
        .id = arena_text(a, span_of(id)),
        .parent = parent ? arena_text(a, span_of(parent)) : NULL,
        .adjacent_parent = adjacent ? arena_text(a, span_of(adjacent)) : NULL,
        .closed = ending != NULL,
    };
    TRY(parse_hash(keys, "StartingHashKey", &out->start));
    TRY(parse_hash(keys, "EndingHashKey", &out->end));
    TRY(sequence_parse(span_of(starting), &out->starting));
    return ending ? sequence_parse(span_of(ending), &out->ending) : OK;
}

/* One page; *token is replaced by the next one's, NULL at the end. */
static error list_page(struct remote *r, struct arena *a, char **token, struct buffer *shards)
{
    json_t *input = *token ? json_pack("{s:s}", "NextToken", *token) : input_for(r), *output;
    json_object_set_new(input, "MaxResults", json_integer(LIST_SHARDS_PAGE));
    TRY(call(r, "ListShards", input, 0, &output));
    const char *next = json_text(output, "NextToken");
    *token = next && *next ? arena_text(a, span_of(next)) : NULL;
    error e = OK;
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(output, "Shards"), i, row)
    {
        struct shard shard;
        e = parse_shard(row, a, &shard);
        if (e != OK) break;
        buffer_append(shards, &shard, sizeof shard);
    }
    json_decref(output);
    if (e == OK && shards->size / sizeof(struct shard) > SHARDS_MAX)
        e = fail(ERR_LIMIT, "stream %s has more than %d shards", r->name, SHARDS_MAX);
    return e;
}

/* Ids are given in the order of creation, so parents come first. */
static int shard_compare(const void *a, const void *b)
{
    return strcmp(((const struct shard *)a)->id, ((const struct shard *)b)->id);
}

static error list_shards(struct remote *r, struct arena *a, struct shard **out, size_t *count)
{
    struct buffer shards = {0};
    char *token = NULL;
    error e = OK;
    int restarts = 0;
    do {
        e = list_page(r, a, &token, &shards);
        if (e == ERR_EXPIRED_NEXT_TOKEN && restarts++ < LIST_RESTARTS) {
            buffer_reset(&shards);
            token = NULL;
            e = list_page(r, a, &token, &shards);
        }
    } while (e == OK && token);
    if (e == OK) {
        *count = shards.size / sizeof(struct shard);
        *out = arena_copy(a, shards.data, shards.size);
        qsort(*out, *count, sizeof **out, shard_compare);
    }
    buffer_release(&shards);
    return e;
}

static struct shard *copy_shards(struct arena *a, const struct shard *shards, size_t count)
{
    struct shard *copy = arena_copy(a, shards, count * sizeof *shards);
    for (size_t i = 0; i < count; i++) {
        copy[i].id = arena_text(a, span_of(shards[i].id));
        if (shards[i].parent) copy[i].parent = arena_text(a, span_of(shards[i].parent));
        if (shards[i].adjacent_parent)
            copy[i].adjacent_parent = arena_text(a, span_of(shards[i].adjacent_parent));
    }
    return copy;
}

static void remember_shards(struct remote *r, const struct shard *shards, size_t count)
{
    pthread_mutex_lock(&r->lock);
    arena_reset(&r->arena);
    r->known = copy_shards(&r->arena, shards, count);
    r->known_count = count;
    pthread_mutex_unlock(&r->lock);
}

/* While listing fails and the fault may pass, what was listed last still holds: shards do not
 * change, they only become more, or fewer. */
static bool recall_shards(struct remote *r, error e, struct arena *a, struct shard **out,
                          size_t *count)
{
    pthread_mutex_lock(&r->lock);
    bool good = r->known_count > 0 && error_row(e)->retry == RETRY_BACKOFF;
    if (good) {
        *out = copy_shards(a, r->known, r->known_count);
        *count = r->known_count;
    }
    pthread_mutex_unlock(&r->lock);
    if (good) log_line(LOG_WARN, "stream", "shards of %s: %s", r->name, error_text());
    return good;
}

static error remote_shards(struct stream *base, struct arena *a, struct shard **out, size_t *count)
{
    struct remote *r = (struct remote *)base;
    error e = list_shards(r, a, out, count);
    if (e != OK) return recall_shards(r, e, a, out, count) ? OK : e;
    remember_shards(r, *out, *count);
    return OK;
}

static bool is_known(struct remote *r, const char *id)
{
    struct shard key = {.id = id};
    pthread_mutex_lock(&r->lock);
    const struct shard *shard =
        r->known_count ? bsearch(&key, r->known, r->known_count, sizeof key, shard_compare) : NULL;
    pthread_mutex_unlock(&r->lock);
    return shard != NULL;
}

static error find_shard(struct remote *r, const char *id)
{
    if (is_known(r, id)) return OK;
    struct arena arena = {0};
    struct shard *shards;
    size_t count;
    error e = remote_shards(&r->base, &arena, &shards, &count);
    arena_release(&arena);
    TRY(e);
    if (is_known(r, id)) return OK;
    return fail(ERR_RESOURCE_NOT_FOUND, "Shard %s in stream %s does not exist", id, r->name);
}

/* ---- iterators ---- */

static void iterator_drop(struct remote_cursor *c)
{
    free(c->iterator);
    c->iterator = NULL;
}

static json_t *iterator_input(struct remote_cursor *c, bool raw)
{
    static const char *const names[] = {
        [POSITION_TRIM_HORIZON] = "TRIM_HORIZON",
        [POSITION_LATEST] = "LATEST",
        [POSITION_AT_TIMESTAMP] = "AT_TIMESTAMP",
        [POSITION_AT_SEQUENCE] = "AT_SEQUENCE_NUMBER",
        [POSITION_AFTER_SEQUENCE] = "AFTER_SEQUENCE_NUMBER",
    };
    struct position p = c->position;
    json_t *input = input_for(remote_of(&c->base));
    c->expect = EXPECT_NOTHING;
    if (p.type == POSITION_LATEST && c->opened_us) { /* a renewal: nothing has been read since */
        p.type = POSITION_AT_TIMESTAMP;
        p.timestamp_us = c->opened_us - LATEST_MARGIN_US;
    }
    if (!raw && p.type == POSITION_AT_SEQUENCE) c->expect = EXPECT_AND_KEEP;
    if (!raw && p.type == POSITION_AFTER_SEQUENCE) {
        c->expect = EXPECT_AND_SKIP;
        p.type = POSITION_AT_SEQUENCE;
    }
    json_object_set_new(input, "ShardId", json_string(c->shard));
    json_object_set_new(input, "ShardIteratorType", json_string(names[p.type]));
    if (p.type == POSITION_AT_TIMESTAMP)
        json_object_set_new(input, "Timestamp", json_timestamp(p.timestamp_us));
    if (p.type == POSITION_AT_SEQUENCE || p.type == POSITION_AFTER_SEQUENCE) {
        char text[SEQUENCE_TEXT_MAX];
        sequence_print(text, p.sequence);
        json_object_set_new(input, "StartingSequenceNumber", json_string(text));
    }
    return input;
}

static error iterator_get(struct remote_cursor *c, bool raw)
{
    json_t *output;
    TRY(call(remote_of(&c->base), "GetShardIterator", iterator_input(c, raw), 1, &output));
    const char *text = json_text(output, "ShardIterator");
    error e = text ? OK : fail_reply("GetShardIterator", "ShardIterator");
    if (text) {
        c->iterator = must_strdup(text);
        if (c->position.type == POSITION_LATEST && !c->opened_us)
            c->opened_us = remote_now_us(remote_of(&c->base));
    }
    json_decref(output);
    return e;
}

/* ---- pages ---- */

static error take_page(struct remote_cursor *c)
{
    arena_reset(&c->arena);
    c->page = (struct page){0};
    c->at = 0;
    TRY(page_parse(&c->arena, c->form, buffer_span(&c->reply), &c->page));
    iterator_drop(c);
    c->iterator_last = !c->page.next.data;
    if (!c->iterator_last) c->iterator = must_strdup(arena_text(&c->arena, c->page.next));
    c->behind_ms = c->page.behind_ms;
    return OK;
}

static void pace(struct remote_cursor *c)
{
    int64_t bytes = 0;
    if (!remote_of(&c->base)->paced) return;
    for (size_t i = 0; i < c->page.count; i++)
        bytes += (int64_t)(c->page.records[i].data.size + c->page.records[i].partition_key.size);
    int64_t rest = bytes * US_PER_SECOND / BYTES_PER_SECOND;
    c->not_before_us = monotonic_us() + (rest > CALL_INTERVAL_US ? rest : CALL_INTERVAL_US);
}

/* The first time: in CBOR, and once more in JSON where the answer shows that it is not spoken. */
static error records_ask(struct remote *r, struct post *get, const json_t *input)
{
    get->form = r->speech == SPEECH_JSON ? PAGE_JSON : PAGE_CBOR;
    error e = post(r, get, input);
    if (r->speech != SPEECH_UNKNOWN || !get->status) return e;
    if (get->answered == PAGE_CBOR) {
        r->speech = SPEECH_CBOR;
        return e;
    }
    get->form = PAGE_JSON;
    if (e != OK) e = post(r, get, input);
    if (e == OK) {
        r->speech = SPEECH_JSON;
        log_line(LOG_INFO, "stream", "%s speaks no CBOR: reading %s as JSON", r->endpoint, r->name);
    }
    return e;
}

/* The reply stays as it is: no tree. */
static error records_get(struct remote_cursor *c, size_t limit, struct post *get)
{
    struct remote *r = remote_of(&c->base);
    json_t *input =
        json_pack("{s:s,s:I}", "ShardIterator", c->iterator, "Limit", (json_int_t)limit);
    if (r->arn) json_object_set_new(input, "StreamARN", json_string(r->arn));
    get->operation = "GetRecords";
    error e = records_ask(r, get, input);
    json_decref(input);
    return e;
}

static error page_ask(struct remote_cursor *c, size_t limit)
{
    struct post get = {.reply = &c->reply};
    error e = records_get(c, limit, &get);
    c->form = get.answered;
    c->told_us = get.told_us;
    return e;
}

/* ---- reading ahead ---- */

static void ahead_run(void *context, int task, int worker)
{
    (void)task, (void)worker;
    struct remote_cursor *c = context;
    struct ahead *a = &c->ahead;
    struct post get = {.reply = &a->reply, .ahead = true};
    a->e = records_get(c, a->limit, &get);
    a->form = get.answered;
    a->told_us = get.told_us;
    if (a->e != OK) snprintf(a->text, sizeof a->text, "%s", error_text());
}

static bool ahead_ready(struct remote *r)
{
    if (r->ahead.pool) return true;
    if (!r->ahead.client && http_client_twin(r->client, &r->ahead.client) != OK) return false;
    return pool_open(&r->ahead.pool, 2) == OK && r->ahead.pool;
}

/* Only while more is known to follow: at the tip nobody asks twice. */
static void ahead_start(struct remote_cursor *c, const struct read_limits *limits, size_t limit)
{
    struct remote *r = remote_of(&c->base);
    bool follows = c->iterator && c->page.count && c->behind_ms > 0;
    if (!follows || r->paced || limits->raw || limits->through) return;
    if (r->ahead.pages == AHEAD_MAX || !ahead_ready(r)) return;
    c->ahead.started = true;
    c->ahead.limit = limit;
    c->ahead.job = (struct pool_job){.run = ahead_run, .context = c, .count = 1};
    r->ahead.pages++;
    pool_start(r->ahead.pool, &c->ahead.job);
}

/* What was asked for ahead, in `reply`. */
static error ahead_take(struct remote_cursor *c)
{
    struct remote *r = remote_of(&c->base);
    pool_wait(r->ahead.pool, &c->ahead.job);
    r->ahead.pages--;
    c->ahead.started = false;
    struct buffer used = c->reply;
    c->reply = c->ahead.reply;
    c->ahead.reply = used;
    c->form = c->ahead.form;
    c->told_us = c->ahead.told_us;
    return c->ahead.e == OK ? OK : fail(c->ahead.e, "%s", c->ahead.text);
}

static error page_get(struct remote_cursor *c, const struct read_limits *limits)
{
    size_t limit =
        limits->records && limits->records < RECORDS_PER_CALL ? limits->records : RECORDS_PER_CALL;
    if (!c->iterator) TRY(iterator_get(c, limits->raw));
    TRY(c->ahead.started ? ahead_take(c) : page_ask(c, limit));
    TRY(take_page(c));
    pace(c);
    ahead_start(c, limits, limit);
    return OK;
}

/* A time that the service's clock is about to reach is refused as one of the future. */
static bool too_early(const struct remote_cursor *c, error e)
{
    return e == ERR_INVALID_ARGUMENT && c->position.type == POSITION_AT_TIMESTAMP &&
           c->position.timestamp_us < remote_now_us(remote_of(&c->base)) + LATEST_MARGIN_US;
}

/* Errors that pass: *later tells to come back. */
static error page_trouble(struct remote_cursor *c, error e, bool *later)
{
    *later = error_row(e)->retry == RETRY_BACKOFF || too_early(c, e);
    if (!*later) return e;
    int64_t most = c->failures < 7 ? (int64_t)BACKOFF_FIRST_US << c->failures : BACKOFF_MAX_US;
    uint32_t random;
    world->random(&random, sizeof random);
    c->not_before_us = monotonic_us() + most / 2 + random % (most / 2);
    if (++c->failures % 10 == 0)
        log_line(LOG_WARN, "stream", "shard %s of %s: %d failures in a row: %s", c->shard,
                 remote_of(&c->base)->name, c->failures, error_text());
    return OK;
}

static error page_fetch(struct remote_cursor *c, const struct read_limits *limits, bool *later)
{
    *later = monotonic_us() < c->not_before_us;
    if (*later) return OK;
    error e = page_get(c, limits);
    if (e == ERR_EXPIRED_ITERATOR) {
        iterator_drop(c);
        e = page_get(c, limits);
    }
    if (e != OK) return page_trouble(c, e, later);
    c->failures = 0;
    return OK;
}

/* What the position names is gone: with records behind it, or has it alone expired? A record that
 * came when nothing lay behind the position is still there. */
static error judge_gap(struct remote_cursor *c)
{
    struct remote *r = remote_of(&c->base);
    char text[SEQUENCE_TEXT_MAX];
    TRY(describe(r)); /* the retention may have been changed */
    c->expect = EXPECT_NOTHING;
    int64_t kept_us = c->position.seen_us + r->retention_us - RETENTION_MARGIN_US;
    if (c->position.seen_us && c->told_us && c->told_us < kept_us) return OK;
    sequence_print(text, c->position.sequence);
    return fail(ERR_DATA_LOSS,
                "the record %s of shard %s has left the stream's retention: records after it may "
                "be lost",
                text, c->shard);
}

/* The first record there is must be the one the position names. */
static error meet_expectation(struct remote_cursor *c)
{
    if (c->expect == EXPECT_NOTHING) return OK;
    if (c->page.count == 0) return c->iterator_last ? judge_gap(c) : OK;
    if (sequence_compare(c->page.records[0].sequence, c->position.sequence) != 0)
        return judge_gap(c);
    if (c->expect == EXPECT_AND_SKIP) c->at = 1;
    c->expect = EXPECT_NOTHING;
    return OK;
}

/* ---- reading ---- */

static void remote_release(struct stream_cursor *base)
{
    slice_reset(&((struct remote_cursor *)base)->slice);
}

static bool page_used(const struct remote_cursor *c)
{
    return c->at == c->page.count;
}

static void place_after(struct remote_cursor *c, struct sequence sequence)
{
    c->position.type = POSITION_AFTER_SEQUENCE;
    c->position.sequence = sequence;
}

static void hand_out(struct remote_cursor *c, const struct read_limits *limits)
{
    for (; !page_used(c); c->at++) {
        const struct stored_record *r = &c->page.records[c->at];
        if (slice_full(&c->slice, limits, r->data.size)) return;
        if (limits->through && sequence_compare(r->sequence, *limits->through) > 0) {
            place_after(c, *limits->through); /* which may be gone: nothing is left up to it */
            return;
        }
        slice_add(&c->slice, r, limits->raw);
        place_after(c, r->sequence);
    }
}

/* At the tip, with everything handed out, nothing lies behind the position. */
static void note_tip(struct remote_cursor *c)
{
    bool tip = c->behind_ms == 0 && page_used(c) && c->expect == EXPECT_NOTHING && !c->failures;
    if (tip && c->told_us > c->position.seen_us) c->position.seen_us = c->told_us;
}

static error remote_read(struct stream_cursor *base, struct read_limits limits, struct records *out)
{
    struct remote_cursor *c = (struct remote_cursor *)base;
    bool later = false;
    *out = (struct records){0};
    remote_release(base);
    if (c->position.type != POSITION_SHARD_END && page_used(c) && !c->iterator_last) {
        TRY(page_fetch(c, &limits, &later));
        if (!later) TRY(meet_expectation(c));
    }
    hand_out(c, &limits);
    slice_show(&c->slice, out);
    note_tip(c);
    out->seen_us = c->position.seen_us;
    out->behind_ms = c->behind_ms;
    if (out->behind_ms == 0 && (!page_used(c) || c->failures)) out->behind_ms = 1;
    if (page_used(c) && c->iterator_last) c->position.type = POSITION_SHARD_END;
    if (c->position.type == POSITION_SHARD_END) {
        out->shard_end = true;
        out->behind_ms = 0;
    }
    return OK;
}

static void remote_close_cursor(struct stream_cursor *base)
{
    struct remote_cursor *c = (struct remote_cursor *)base;
    if (c->ahead.started) (void)ahead_take(c);
    iterator_drop(c);
    free(c->shard);
    buffer_release(&c->reply);
    buffer_release(&c->ahead.reply);
    arena_release(&c->arena);
    slice_release(&c->slice);
    free(c);
}

static error remote_open_cursor(struct stream *base, const char *shard, struct position position,
                                struct stream_cursor **out)
{
    struct remote *r = (struct remote *)base;
    struct remote_cursor *c = must_calloc(1, sizeof *c);
    c->base.stream = base;
    c->shard = must_strdup(shard);
    c->position = position;
    c->behind_ms = 1; /* unknown: not caught up */
    error e = find_shard(r, shard);
    if (e == OK && position.type == POSITION_LATEST) { /* now, not at the first read */
        bool later;
        e = iterator_get(c, true);
        if (e != OK && page_trouble(c, e, &later) == OK && later) e = OK;
        if (!c->opened_us) c->opened_us = remote_now_us(r);
    }
    if (e != OK) {
        remote_close_cursor(&c->base);
        return e;
    }
    *out = &c->base;
    return OK;
}

static struct position remote_position(const struct stream_cursor *base)
{
    const struct remote_cursor *c = (const struct remote_cursor *)base;
    if (c->position.type != POSITION_LATEST) return c->position;
    return (struct position){.type = POSITION_AT_TIMESTAMP, .timestamp_us = c->opened_us};
}

/* ---- putting ---- */

static json_t *put_entry(const struct put_record *r)
{
    char *data = must_alloc(base64_encoded_size(r->data.size) + 1);
    base64_encode(data, r->data);
    json_t *entry = json_pack("{s:s#, s:o}", "Data", data, base64_encoded_size(r->data.size),
                              "PartitionKey", json_from_span(r->partition_key));
    free(data);
    return entry;
}

static error put_outcome(const json_t *row, struct put_result *out)
{
    const char *sequence = json_text(row, "SequenceNumber"), *code = json_text(row, "ErrorCode");
    *out = (struct put_result){.code = code ? http_aws_error(400, code) : OK};
    if (code) return OK;
    if (!sequence) return fail_reply("PutRecords", "SequenceNumber");
    return sequence_parse(span_of(sequence), &out->sequence);
}

/* Tried once: a second try after a lost reply would put the records twice. */
static error put_records(struct remote *r, const json_t *input, json_t **output)
{
    struct buffer reply = {0};
    struct post put = {.operation = "PutRecords", .reply = &reply, .unrepeated = true};
    error e = post(r, &put, input);
    if (e == OK && json_read(buffer_span(&reply), output) != OK) e = fail_reply("PutRecords", "body");
    buffer_release(&reply);
    return e;
}

static error remote_put(struct stream *base, const struct put_record *records, size_t count,
                        struct put_result *results)
{
    struct remote *r = (struct remote *)base;
    json_t *input = input_for(r), *entries = json_array(), *output;
    for (size_t i = 0; i < count; i++) {
        CHECK(!records[i].has_explicit_hash);
        json_array_append_new(entries, put_entry(&records[i]));
    }
    json_object_set_new(input, "Records", entries);
    error e = put_records(r, input, &output);
    json_decref(input);
    TRY(e);
    const json_t *rows = json_object_get(output, "Records");
    e = json_array_size(rows) == count ? OK : fail_reply("PutRecords", "Records");
    for (size_t i = 0; e == OK && i < count; i++)
        e = put_outcome(json_array_get(rows, i), &results[i]);
    json_decref(output);
    return e;
}

/* ---- the stream ---- */

static void remote_wait(struct stream *base, int64_t timeout_us)
{
    int64_t most = ((struct remote *)base)->paced ? WAIT_AWS_US : WAIT_US;
    if (timeout_us > 0) world->sleep_us(timeout_us < most ? timeout_us : most);
}

static void remote_close(struct stream *base)
{
    struct remote *r = (struct remote *)base;
    pool_close(r->ahead.pool);
    http_client_close(r->ahead.client);
    pthread_mutex_destroy(&r->ahead.lock);
    free(r->endpoint);
    free(r->region);
    free(r->name);
    free(r->arn);
    arena_release(&r->arena);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

static const struct stream_ops remote_ops = {
    .shards = remote_shards,
    .open_cursor = remote_open_cursor,
    .read = remote_read,
    .close_cursor = remote_close_cursor,
    .release = remote_release,
    .position = remote_position,
    .wait = remote_wait,
    .put = remote_put,
    .close = remote_close,
};

error stream_open_kinesis(struct http_client *client, const char *endpoint_url, const char *region,
                          const char *stream_name_or_arn, struct stream **out)
{
    const char *slash = strchr(stream_name_or_arn, '/');
    bool is_arn = strncmp(stream_name_or_arn, "arn:", 4) == 0;
    if (is_arn && (!slash || !slash[1]))
        return fail(ERR_USAGE, "%s is no stream's ARN", stream_name_or_arn);
    struct remote *r = must_calloc(1, sizeof *r);
    r->client = client;
    r->endpoint = must_strdup(endpoint_url);
    r->region = must_strdup(region);
    r->name = must_strdup(is_arn ? slash + 1 : stream_name_or_arn);
    r->arn = is_arn ? must_strdup(stream_name_or_arn) : NULL;
    r->paced = http_is_aws(endpoint_url);
    r->base = (struct stream){.ops = &remote_ops, .name = r->name};
    pthread_mutex_init(&r->lock, NULL);
    pthread_mutex_init(&r->ahead.lock, NULL);
    error e = describe(r);
    if (e != OK) {
        remote_close(&r->base);
        return e;
    }
    *out = &r->base;
    return OK;
}
