/* CloudWatch Logs over the logs of job runs: groups are Glue's, a stream is a run, its events are
 * the lines of the run's log file. Facts: Amazon CloudWatch Logs API Reference, 2014-03-28. */
#include "aws/logs.h"

#include "aws/log_file.h"
#include "aws/rows.h"
#include "aws/run.h"

#include <stdlib.h>

enum {
    EVENTS_MAX = 10000,
    DESCRIBE_MAX = 50,
    SCANNED_STREAMS = 100, /* FilterLogEvents: streams looked through for one page */
};

/* logs-v2 is Glue's continuous log: what the run says while it goes on, which is on its stderr. */
static const struct group { const char *name, *ending; } groups[] = {
    {RUN_LOG_GROUP "/error", ".err"},
    {RUN_LOG_GROUP "/logs-v2", ".err"},
    {RUN_LOG_GROUP "/output", ".out"},
};
enum { GROUPS = sizeof groups / sizeof *groups };

struct log_stream {
    const char *name, *path;
    int64_t begun_ms;
    struct log_info info;
};

struct log_streams { struct log_stream *all; size_t count; };

/* ---- what there is ---- */

static const char *log_path(struct call *c, const char *run, const char *ending)
{
    return arena_printf(c->arena, "%s/logs/%s%s", c->gateway->options.directory, run, ending);
}

/* The streams of a group, in the order in which they began. */
static error list_streams(struct call *c, const struct group *group, struct log_streams *out)
{
    json_t *runs;
    *out = (struct log_streams){0};
    if (!c->gateway->options.directory || !group->ending) return OK;
    TRY(run_list(c->gateway->options.state, c->account, c->region, NULL, &runs));
    out->all = ARENA_ARRAY(c->arena, struct log_stream, json_array_size(runs));
    for (size_t i = json_array_size(runs); i-- > 0;) {
        const json_t *run = json_array_get(runs, i);
        struct world_stat stat;
        struct log_stream stream = {.name = arena_text(c->arena, span_of(json_text(run, "Id")))};
        stream.path = log_path(c, stream.name, group->ending);
        stream.begun_ms = (int64_t)(json_number_value(json_object_get(run, "StartedOn")) * 1000);
        if (world->stat(stream.path, &stat) != 0) continue;
        stream.info.size = stat.size;
        out->all[out->count++] = stream;
    }
    json_decref(runs);
    return OK;
}

static const char *group_arn(struct call *c, const char *name)
{
    return arena_printf(c->arena, "arn:aws:logs:%s:%s:log-group:%s", c->region, c->account, name);
}

/* One that somebody made; it has no streams. */
static error find_made(struct call *c, const char *name, const struct group **out)
{
    json_t *document;
    const char *prefix = group_arn(c, "");
    if (strncmp(name, prefix, strlen(prefix)) == 0) name += strlen(prefix);
    TRY(log_group_read(c, name, &document));
    json_decref(document);
    struct group *group = ARENA_NEW(c->arena, struct group);
    group->name = arena_text(c->arena, span_of(name));
    *out = group;
    return OK;
}

/* By logGroupName, or by logGroupIdentifier, which is a name or an ARN. */
static error find_group(struct call *c, const struct group **out)
{
    const char *name = json_text(c->input, "logGroupName");
    const char *identifier = json_text(c->input, "logGroupIdentifier");
    if (name && identifier)
        return fail(ERR_INVALID_PARAMETER,
                    "LogGroup name and LogGroup Identifier are mutually exclusive parameters.");
    if (!name && !identifier)
        return fail(ERR_INVALID_PARAMETER,
                    "Either logGroupName or logGroupIdentifier must be specified.");
    for (int i = 0; i < GROUPS; i++) {
        const char *wanted = name ? name : identifier;
        if (strcmp(wanted, groups[i].name) != 0 &&
            (name || strcmp(wanted, group_arn(c, groups[i].name)) != 0))
            continue;
        *out = &groups[i];
        return OK;
    }
    return find_made(c, name ? name : identifier, out);
}

static error find_streams(struct call *c, const struct group **group, struct log_streams *streams)
{
    TRY(find_group(c, group));
    TRY(list_streams(c, *group, streams));
    if (streams->count) return OK;
    return find_made(c, (*group)->name, group);
}

static struct log_stream *find_stream(const struct log_streams *streams, const char *name)
{
    for (size_t i = 0; i < streams->count; i++)
        if (strcmp(streams->all[i].name, name) == 0) return &streams->all[i];
    return NULL;
}

static error no_stream(void)
{
    return fail(ERR_RESOURCE_NOT_FOUND, "The specified log stream does not exist.");
}

static error bad_token(void)
{
    return fail(ERR_INVALID_PARAMETER, "The specified nextToken is invalid.");
}

/* Where a page begins: behind the name that the token says. */
static error page_after(struct call *c, const char *scope, const char **after)
{
    int64_t sealed_us;
    json_t *document;
    const char *token = json_text(c->input, "nextToken");
    *after = NULL;
    if (!token) return OK;
    if (!call_token_read(c, TOKEN_LOGS, token, &sealed_us, &document)) return bad_token();
    const char *same = json_text(document, "scope");
    if (same && strcmp(same, scope) == 0)
        *after = arena_text(c->arena, span_of(json_text(document, "after")));
    json_decref(document);
    return *after ? OK : bad_token();
}

static void add_token(struct call *c, const char *scope, const char *after)
{
    json_t *document = json_pack("{s:s, s:s}", "scope", scope, "after", after);
    json_object_set_new(c->output, "nextToken",
                        json_string(call_token_make(c, TOKEN_LOGS, document)));
}

/* ---- DescribeLogGroups ---- */

static bool group_wanted(struct call *c, const struct group *group)
{
    const char *prefix = json_text(c->input, "logGroupNamePrefix");
    const char *pattern = json_text(c->input, "logGroupNamePattern");
    return (!prefix || strncmp(group->name, prefix, strlen(prefix)) == 0) &&
           (!pattern || strcasestr(group->name, pattern));
}

/* `made` is the document of a group that somebody made, or NULL. */
static json_t *group_document(struct call *c, const struct group *group,
                              const struct log_streams *streams, const json_t *made)
{
    int64_t bytes = 0;
    for (size_t i = 0; i < streams->count; i++) bytes += streams->all[i].info.size;
    int64_t begun = streams->count ? streams->all[0].begun_ms : json_integer_or(made, "creationTime", 0);
    json_t *out = json_pack("{s:s, s:I, s:i, s:s, s:I}", "logGroupName", group->name, "creationTime",
                            (json_int_t)begun, "metricFilterCount", 0, "arn",
                            arena_printf(c->arena, "%s:*", group_arn(c, group->name)),
                            "storedBytes", (json_int_t)bytes);
    json_t *retention = json_object_get(made, "retentionInDays");
    if (retention) json_object_set(out, "retentionInDays", retention);
    return out;
}

static int group_compare(const void *a, const void *b)
{
    return strcmp(((const struct group *)a)->name, ((const struct group *)b)->name);
}

/* Glue's groups and those that were made, by name. */
static struct group *groups_all(struct call *c, const json_t *made, size_t *count)
{
    struct group *all = ARENA_ARRAY(c->arena, struct group, GROUPS + json_object_size(made));
    const char *name;
    json_t *document;
    memcpy(all, groups, sizeof groups);
    *count = GROUPS;
    json_object_foreach((json_t *)made, name, document) {
        bool own = false;
        for (int i = 0; i < GROUPS; i++) own = own || strcmp(groups[i].name, name) == 0;
        if (!own) all[(*count)++] = (struct group){name, NULL};
    }
    qsort(all, *count, sizeof *all, group_compare);
    return all;
}

/* The groups behind `after`, until the page is full. */
static error groups_page(struct call *c, const json_t *made, const char *after, json_t *list)
{
    size_t count;
    const struct group *all = groups_all(c, made, &count);
    int64_t limit = json_integer_or(c->input, "limit", DESCRIBE_MAX);
    for (size_t i = 0; i < count; i++) {
        struct log_streams streams;
        const json_t *document = json_object_get(made, all[i].name);
        if (!group_wanted(c, &all[i]) || (after && strcmp(all[i].name, after) <= 0)) continue;
        TRY(list_streams(c, &all[i], &streams));
        if (streams.count == 0 && !document) continue;
        if ((int64_t)json_array_size(list) == limit) {
            const json_t *last = json_array_get(list, (size_t)limit - 1);
            add_token(c, "groups", json_text(last, "logGroupName"));
            break;
        }
        json_array_append_new(list, group_document(c, &all[i], &streams, document));
    }
    return OK;
}

static error describe_log_groups(struct call *c)
{
    const char *after;
    json_t *made;
    if (json_text(c->input, "logGroupNamePrefix") && json_text(c->input, "logGroupNamePattern"))
        return fail(ERR_INVALID_PARAMETER, "LogGroup name prefix and LogGroup name pattern are "
                                           "mutually exclusive parameters.");
    if (json_is_set(c->input, "includeLinkedAccounts"))
        return fail(ERR_NOT_IMPLEMENTED, "Sluice has no linked accounts");
    TRY(page_after(c, "groups", &after));
    TRY(log_group_list(c, &made));
    json_t *list = json_array();
    c->output = json_pack("{s:o}", "logGroups", list);
    error e = groups_page(c, made, after, list);
    json_decref(made);
    return e;
}

/* ---- DescribeLogStreams ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct log_stream *)a)->name, ((const struct log_stream *)b)->name);
}

static int by_last_event(const void *a, const void *b)
{
    const struct log_stream *x = a, *y = b;
    if (x->info.last_ms != y->info.last_ms) return x->info.last_ms < y->info.last_ms ? -1 : 1;
    return by_name(a, b);
}

static json_t *stream_document(struct call *c, const struct group *group,
                               const struct log_stream *s)
{
    json_t *out = json_pack(
        "{s:s, s:I, s:s, s:I}", "logStreamName", s->name, "creationTime", (json_int_t)s->begun_ms,
        "arn", arena_printf(c->arena, "%s:log-stream:%s", group_arn(c, group->name), s->name),
        "storedBytes", (json_int_t)0); /* AWS has not counted them since 2019 */
    if (s->info.size == 0) return out;
    json_object_set_new(out, "firstEventTimestamp", json_integer(s->info.first_ms));
    json_object_set_new(out, "lastEventTimestamp", json_integer(s->info.last_ms));
    json_object_set_new(out, "lastIngestionTime", json_integer(s->info.last_ms));
    return out;
}

static error order_streams(struct call *c, struct log_streams *streams, bool by_time)
{
    const char *prefix = json_text(c->input, "logStreamNamePrefix");
    size_t count = 0;
    for (size_t i = 0; i < streams->count; i++) {
        struct log_stream *s = &streams->all[i];
        if (prefix && strncmp(s->name, prefix, strlen(prefix)) != 0) continue;
        TRY(log_file_info(c->arena, s->path, s->begun_ms, &s->info));
        streams->all[count++] = *s;
    }
    streams->count = count;
    if (count) qsort(streams->all, count, sizeof *streams->all, by_time ? by_last_event : by_name);
    for (size_t i = 0; json_is_set(c->input, "descending") && i < count / 2; i++) {
        struct log_stream swap = streams->all[i];
        streams->all[i] = streams->all[count - 1 - i];
        streams->all[count - 1 - i] = swap;
    }
    return OK;
}

static error describe_log_streams(struct call *c)
{
    const struct group *group;
    struct log_streams streams;
    const char *after, *order = json_text(c->input, "orderBy");
    bool by_time = order && strcmp(order, "LastEventTime") == 0;
    if (by_time && json_text(c->input, "logStreamNamePrefix"))
        return fail(ERR_INVALID_PARAMETER,
                    "Cannot order by LastEventTime with a logStreamNamePrefix.");
    TRY(find_streams(c, &group, &streams));
    const char *scope = arena_printf(c->arena, "streams %s %d%d", group->name, by_time,
                                     json_is_set(c->input, "descending"));
    TRY(page_after(c, scope, &after));
    TRY(order_streams(c, &streams, by_time));
    size_t from = 0, limit = (size_t)json_integer_or(c->input, "limit", DESCRIBE_MAX);
    if (after) {
        const struct log_stream *last = find_stream(&streams, after);
        if (!last) return bad_token();
        from = (size_t)(last - streams.all) + 1;
    }
    json_t *list = json_array();
    c->output = json_pack("{s:o}", "logStreams", list);
    for (size_t i = from; i < streams.count && i - from < limit; i++)
        json_array_append_new(list, stream_document(c, group, &streams.all[i]));
    if (streams.count - from > limit) add_token(c, scope, streams.all[from + limit - 1].name);
    return OK;
}

/* ---- GetLogEvents ---- */

static json_t *event_document(struct call *c, const struct log_event *event)
{
    size_t good = utf8_valid_prefix(event->text);
    char *text = arena_text(c->arena, event->text);
    for (span rest = event->text; good < rest.size; good = utf8_valid_prefix(rest)) {
        text[rest.data - event->text.data + (ptrdiff_t)good] = '?';
        rest = (span){rest.data + good + 1, rest.size - good - 1};
    }
    json_t *message = json_string(text); /* NULL never: what is no UTF-8 became '?' */
    return json_pack("{s:I, s:o, s:I}", "timestamp", (json_int_t)event->time_ms, "message", message,
                     "ingestionTime", (json_int_t)event->time_ms);
}

static void query_fill(struct call *c, const struct log_stream *stream, struct log_query *query)
{
    *query = (struct log_query){
        .path = stream->path,
        .begun_ms = stream->begun_ms,
        .start_ms = json_integer_or(c->input, "startTime", 0),
        .end_ms = json_integer_or(c->input, "endTime", INT64_MAX),
        .limit = (size_t)json_integer_or(c->input, "limit", EVENTS_MAX),
    };
}

/* "f/OFFSET/s" goes on forward from a place between two lines, "b/OFFSET/s" backward. */
static error read_token(const struct log_stream *stream, const char *token, bool *forward,
                        int64_t *offset)
{
    span text = span_of(token);
    *forward = token[0] == 'f';
    if (text.size < 5 || (token[0] != 'f' && token[0] != 'b') || token[1] != '/' ||
        strcmp(token + text.size - 2, "/s") != 0 ||
        !parse_int64((span){token + 2, text.size - 4}, offset) ||
        !log_file_is_line(stream->path, *offset))
        return bad_token();
    return OK;
}

static const char *make_token(struct call *c, char direction, int64_t offset)
{
    return arena_printf(c->arena, "%c/%020lld/s", direction, (long long)offset);
}

static error get_log_events(struct call *c)
{
    const struct group *group;
    struct log_streams streams;
    struct log_query query;
    struct log_page page;
    const char *token = json_text(c->input, "nextToken");
    bool forward = json_is_set(c->input, "startFromHead");
    int64_t offset = forward ? 0 : -1;
    TRY(find_streams(c, &group, &streams));
    struct log_stream *stream = find_stream(&streams, json_text(c->input, "logStreamName"));
    if (!stream) return no_stream();
    if (token) TRY(read_token(stream, token, &forward, &offset));
    query_fill(c, stream, &query);
    TRY(forward ? log_file_forward(c->arena, &query, offset, &page)
                : log_file_backward(c->arena, &query, offset, &page));
    json_t *events = json_array();
    for (size_t i = 0; i < page.count; i++)
        json_array_append_new(events, event_document(c, &page.events[i]));
    c->output = json_pack("{s:o, s:s, s:s}", "events", events, "nextForwardToken",
                          make_token(c, 'f', page.end), "nextBackwardToken",
                          make_token(c, 'b', page.begin));
    return OK;
}

/* ---- FilterLogEvents ---- */

struct term { span text; enum { TERM_ALL, TERM_ANY, TERM_NONE } kind; };
struct pattern { struct term *terms; size_t count; bool any; };

static bool pattern_wants(const void *context, span line)
{
    const struct pattern *p = context;
    bool some = !p->any;
    for (size_t i = 0; i < p->count; i++) {
        const struct term *t = &p->terms[i];
        bool found = memmem(line.data, line.size, t->text.data, t->text.size) != NULL;
        if (t->kind == TERM_ALL && !found) return false;
        if (t->kind == TERM_NONE && found) return false;
        some |= t->kind == TERM_ANY && found;
    }
    return some;
}

/* Takes one term off the text: word, "words", ?word, -word. */
static error next_term(span *rest, struct term *term)
{
    *term = (struct term){.kind = TERM_ALL};
    if (*rest->data == '?') term->kind = TERM_ANY;
    if (*rest->data == '-') term->kind = TERM_NONE;
    span text = term->kind == TERM_ALL ? *rest : (span){rest->data + 1, rest->size - 1};
    const char *end;
    if (text.size && *text.data == '"') {
        text = (span){text.data + 1, text.size - 1};
        end = text.size ? memchr(text.data, '"', text.size) : NULL;
        if (!end) return fail(ERR_INVALID_PARAMETER, "Invalid filter pattern");
        term->text = (span){text.data, (size_t)(end - text.data)};
        end++;
    } else {
        size_t size = 0;
        while (size < text.size && text.data[size] != ' ') size++;
        term->text = (span){text.data, size};
        end = text.data + size;
    }
    *rest = span_trim((span){end, (size_t)(rest->data + rest->size - end)});
    return term->text.size ? OK : fail(ERR_INVALID_PARAMETER, "Invalid filter pattern");
}

static error pattern_read(struct arena *arena, const char *text, struct pattern *out)
{
    span rest = span_trim(span_of(text));
    *out = (struct pattern){.terms = ARENA_ARRAY(arena, struct term, rest.size + 1)};
    if (rest.size && strchr("{[%", *rest.data))
        return fail(ERR_NOT_IMPLEMENTED, "Sluice filters by terms alone: patterns of JSON members, "
                                         "of columns and regular expressions are not served");
    while (rest.size) {
        TRY(next_term(&rest, &out->terms[out->count]));
        out->any |= out->terms[out->count++].kind == TERM_ANY;
    }
    return OK;
}

/* The streams asked for, by names or by prefix. */
static error choose_streams(struct call *c, struct log_streams *streams)
{
    const json_t *names = json_object_get(c->input, "logStreamNames"), *name;
    const char *prefix = json_text(c->input, "logStreamNamePrefix");
    size_t i, count = 0;
    if (names && prefix)
        return fail(ERR_INVALID_PARAMETER, "logStreamNames and logStreamNamePrefix are mutually "
                                           "exclusive parameters.");
    json_array_foreach(names, i, name)
        if (!find_stream(streams, json_string_value(name))) return no_stream();
    for (size_t s = 0; s < streams->count; s++) {
        bool wanted = !names;
        json_array_foreach(names, i, name)
            wanted |= strcmp(json_string_value(name), streams->all[s].name) == 0;
        if (prefix) wanted = strncmp(streams->all[s].name, prefix, strlen(prefix)) == 0;
        if (wanted) streams->all[count++] = streams->all[s];
    }
    streams->count = count;
    return OK;
}

/* 56 digits, as AWS's are: the same line has the same id, whatever the request. */
static const char *event_id(struct call *c, const struct log_stream *stream,
                            const struct log_event *event)
{
    uint32_t crc = crc32_of(0, span_of(stream->name));
    return arena_printf(c->arena, "%026lld%010lu%020lld", (long long)event->time_ms,
                        (unsigned long)crc, (long long)event->offset);
}

struct filtered { const struct log_stream *stream; struct log_event event; };

static int by_time(const void *a, const void *b)
{
    const struct filtered *x = a, *y = b;
    if (x->event.time_ms != y->event.time_ms) return x->event.time_ms < y->event.time_ms ? -1 : 1;
    if (x->stream != y->stream) return x->stream < y->stream ? -1 : 1;
    return x->event.offset < y->event.offset ? -1 : x->event.offset > y->event.offset;
}

static void reply_filtered(struct call *c, struct buffer *found)
{
    struct filtered *rows = (struct filtered *)found->data;
    size_t count = found->size / sizeof *rows;
    json_t *events = json_array();
    if (count) qsort(rows, count, sizeof *rows, by_time);
    for (size_t i = 0; i < count; i++) {
        json_t *event = event_document(c, &rows[i].event);
        json_object_set_new(event, "logStreamName", json_string(rows[i].stream->name));
        json_object_set_new(event, "eventId",
                            json_string(event_id(c, rows[i].stream, &rows[i].event)));
        json_array_append_new(events, event);
    }
    c->output = json_pack("{s:o, s:[]}", "events", events, "searchedLogStreams");
    buffer_release(found);
}

/* Where a page goes on: a stream, and an offset in it. */
struct place { size_t stream; int64_t offset; };

static error read_place(struct call *c, const char *scope, const struct log_streams *streams,
                        struct place *place)
{
    const char *after;
    char *name;
    *place = (struct place){0};
    TRY(page_after(c, scope, &after));
    if (!after) return OK;
    place->offset = strtoll(after, &name, 10); /* sealed: it is our own */
    const struct log_stream *stream = find_stream(streams, name + 1);
    if (!stream) return bad_token();
    place->stream = (size_t)(stream - streams->all);
    return OK;
}

/* Stream by stream, in the order in which they began; sorted by time within the page. */
static error filter_streams(struct call *c, const struct log_streams *streams,
                            const struct pattern *pattern, struct place *place,
                            struct buffer *found)
{
    size_t limit = (size_t)json_integer_or(c->input, "limit", EVENTS_MAX);
    for (size_t first = place->stream; place->stream < streams->count;) {
        const struct log_stream *stream = &streams->all[place->stream];
        struct log_query query;
        struct log_page page;
        query_fill(c, stream, &query);
        query.limit = limit - found->size / sizeof(struct filtered);
        query.wants = pattern_wants;
        query.context = pattern;
        TRY(log_file_forward(c->arena, &query, place->offset, &page));
        for (size_t i = 0; i < page.count; i++)
            buffer_append(found, &(struct filtered){stream, page.events[i]},
                          sizeof(struct filtered));
        place->offset = page.end;
        if (page.more) return OK;
        *place = (struct place){place->stream + 1, 0};
        if (found->size / sizeof(struct filtered) >= limit ||
            place->stream - first >= SCANNED_STREAMS)
            return OK;
    }
    return OK;
}

static error filter_log_events(struct call *c)
{
    const struct group *group;
    struct log_streams streams;
    struct pattern pattern;
    struct place place;
    struct buffer found = {0};
    const char *text = json_text(c->input, "filterPattern");
    TRY(find_streams(c, &group, &streams));
    TRY(choose_streams(c, &streams));
    TRY(pattern_read(c->arena, text ? text : "", &pattern));
    const char *scope = arena_printf(c->arena, "filter %s", group->name);
    TRY(read_place(c, scope, &streams, &place));
    error e = filter_streams(c, &streams, &pattern, &place, &found);
    if (e != OK) {
        buffer_release(&found);
        return e;
    }
    reply_filtered(c, &found);
    if (place.stream < streams.count)
        add_token(c, scope, arena_printf(c->arena, "%lld %s", (long long)place.offset,
                                         streams.all[place.stream].name));
    return OK;
}

/* ---- rows ---- */

#define TOLD_ROW(text, flag, least, most, posix, words)                                           \
    {.name = (text), .type = MEMBER_STRING, .flags = (flag), .min = (least), .max = (most),       \
     .pattern = (posix), .told = (words)}
#define GROUP_ROW(name, flag)                                                                      \
    TOLD_ROW(name, flag, 1, 512, "[._/#A-Za-z0-9-]+", "[\\.\\-_/#A-Za-z0-9]+")
#define STREAM_ROW(name, flag) TEXT_ROW(name, flag, 1, 512, "[^:*]*")
#define IDENTIFIER_ROW                                                                            \
    TOLD_ROW("logGroupIdentifier", MEMBER_OPTIONAL, 1, 2048, "[[:alnum:]_#+=/:,.@-]*",            \
             "[\\w#+=/:,.@-]*")
#define TOKEN_ROW {.name = "nextToken", .type = MEMBER_STRING, .min = 1, .max = COUNT_MAX}
#define TIME_ROW(name) INTEGER_ROW(name, MEMBER_OPTIONAL, 0, INT64_MAX)
#define LIMIT_ROW(most) INTEGER_ROW("limit", MEMBER_OPTIONAL, 1, most)

static const char *const orders[] = {"LogStreamName", "LastEventTime", NULL};
static const struct member account_row[] = {
    TOLD_ROW(NULL, MEMBER_OPTIONAL, 12, 12, "^[0-9]{12}$", "^\\d{12}$")};
static const struct member stream_row[] = {STREAM_ROW(NULL, MEMBER_OPTIONAL)};

static const struct member groups_input[] = {
    LIST_ROW("accountIdentifiers", MEMBER_OPTIONAL, 0, 20, account_row),
    GROUP_ROW("logGroupNamePrefix", MEMBER_OPTIONAL),
    TOLD_ROW("logGroupNamePattern", MEMBER_OPTIONAL, 0, 512, "[._/#A-Za-z0-9-]*",
             "[\\.\\-_/#A-Za-z0-9]*"),
    TOKEN_ROW, LIMIT_ROW(DESCRIBE_MAX), BOOLEAN_ROW("includeLinkedAccounts"), ROWS_END,
};
static const struct member streams_input[] = {
    GROUP_ROW("logGroupName", MEMBER_OPTIONAL),
    IDENTIFIER_ROW,
    STREAM_ROW("logStreamNamePrefix", MEMBER_OPTIONAL),
    ENUM_ROW("orderBy", MEMBER_OPTIONAL, orders),
    BOOLEAN_ROW("descending"),
    TOKEN_ROW,
    LIMIT_ROW(DESCRIBE_MAX),
    ROWS_END,
};
static const struct member get_input[] = {
    GROUP_ROW("logGroupName", MEMBER_OPTIONAL), IDENTIFIER_ROW,
    STREAM_ROW("logStreamName", MEMBER_REQUIRED), TIME_ROW("startTime"), TIME_ROW("endTime"),
    TOKEN_ROW, LIMIT_ROW(EVENTS_MAX), BOOLEAN_ROW("startFromHead"), BOOLEAN_ROW("unmask"), ROWS_END,
};
static const struct member filter_input[] = {
    GROUP_ROW("logGroupName", MEMBER_OPTIONAL), IDENTIFIER_ROW,
    LIST_ROW("logStreamNames", MEMBER_OPTIONAL, 1, 100, stream_row),
    STREAM_ROW("logStreamNamePrefix", MEMBER_OPTIONAL), TIME_ROW("startTime"), TIME_ROW("endTime"),
    TEXT_ROW("filterPattern", MEMBER_OPTIONAL, 0, 1024, NULL), TOKEN_ROW, LIMIT_ROW(EVENTS_MAX),
    BOOLEAN_ROW("interleaved"), BOOLEAN_ROW("unmask"), ROWS_END,
};

const struct operation logs_operations[] = {
    {.name = "DescribeLogGroups", .run = describe_log_groups, .input = groups_input,
     .note = "the groups of Glue's job runs, and those that were made"},
    {.name = "DescribeLogStreams", .run = describe_log_streams, .input = streams_input,
     .note = "a stream is a job run"},
    {.name = "GetLogEvents", .run = get_log_events, .input = get_input},
    {.name = "FilterLogEvents", .run = filter_log_events, .input = filter_input,
     .note = "patterns of terms"},
    {.name = "AssociateKmsKey"}, {.name = "CancelExportTask"}, {.name = "CreateExportTask"},
    {.name = "CreateLogStream"}, {.name = "DeleteDataProtectionPolicy"},
    {.name = "DeleteDestination"}, {.name = "DeleteLogStream"},
    {.name = "DeleteMetricFilter"}, {.name = "DeleteQueryDefinition"},
    {.name = "DeleteResourcePolicy"}, 
    {.name = "DeleteSubscriptionFilter"}, {.name = "DescribeDestinations"},
    {.name = "DescribeExportTasks"}, {.name = "DescribeMetricFilters"}, {.name = "DescribeQueries"},
    {.name = "DescribeQueryDefinitions"}, {.name = "DescribeResourcePolicies"},
    {.name = "DescribeSubscriptionFilters"}, {.name = "DisassociateKmsKey"},
    {.name = "GetDataProtectionPolicy"}, {.name = "GetLogGroupFields"}, {.name = "GetLogRecord"},
    {.name = "GetQueryResults"}, {.name = "ListTagsForResource"}, {.name = "ListTagsLogGroup"},
    {.name = "PutDataProtectionPolicy"}, {.name = "PutDestination"},
    {.name = "PutDestinationPolicy"}, {.name = "PutLogEvents"},
    {.name = "PutMetricFilter"}, {.name = "PutQueryDefinition"}, {.name = "PutResourcePolicy"},
    {.name = "PutSubscriptionFilter"}, {.name = "StartLiveTail"},
    {.name = "StartQuery"}, {.name = "StopQuery"}, {.name = "TagLogGroup"}, {.name = "TagResource"},
    {.name = "TestMetricFilter"}, {.name = "UntagLogGroup"}, {.name = "UntagResource"},
    {0},
};
