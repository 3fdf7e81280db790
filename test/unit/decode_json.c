/* Records to rows: Spark's own from_json as the judge of PERMISSIVE (answers kept by
 * tool/oracle/spark_from_json.py), the rules of INFERRED and OPENX, refusals, counters, limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "decode/decode.h" /* before cmocka's own fail() */

#include <cmocka.h>

/* A decoder over one schema and what its last run gave. */
struct fixture {
    struct arena arena, results;
    struct schema schema;
    struct decoder *decoder;
    struct decoded out;
    struct buffer text;
};

static const char *walk; /* all tests run with each */

/* fields: "a:int,b:string" */
static void open_decoder(struct fixture *f, const char *fields,
                         const struct decode_options *options)
{
    const struct type *type;
    *f = (struct fixture){0};
    char *text = arena_printf(&f->arena, "struct<%s>", fields);
    assert_int_equal(type_parse(&f->arena, span_of(text), &type), OK);
    f->schema = (struct schema){type->child_count, type->children};
    struct decode_options with_walk = *options;
    with_walk.walk = walk;
    assert_int_equal(decoder_open(&f->decoder, &f->schema, &with_walk), OK);
}

static void close_decoder(struct fixture *f)
{
    decoder_close(f->decoder);
    buffer_release(&f->text);
    arena_release(&f->arena);
    arena_release(&f->results);
}

/* The record is given an exact-size copy, so that a sanitizer sees any read behind its end. */
static void run(struct fixture *f, span record)
{
    arena_reset(&f->results);
    char *copy = malloc(record.size ? record.size : 1);
    if (record.size) memcpy(copy, record.data, record.size);
    span one = {copy, record.size};
    assert_int_equal(decoder_run(f->decoder, &one, 1, &f->results, &f->out), OK);
    free(copy);
    assert_int_equal(f->out.batch->rows + (int64_t)f->out.fault_count, 1);
}

static const char *row(struct fixture *f)
{
    buffer_reset(&f->text);
    if (f->out.fault_count) return decode_reason_text(f->out.faults[0].reason);
    batch_print_row(&f->text, f->out.batch, 0);
    return buffer_text(&f->text);
}

/* One record under a policy: the row as JSON, or the fault's reason. Also when its keys are known. */
static void expect(enum decode_policy policy, const char *fields, span record, const char *wanted)
{
    struct fixture f;
    open_decoder(&f, fields, &(struct decode_options){.policy = policy});
    for (int again = 0; again < 2; again++) {
        run(&f, record);
        if (strcmp(row(&f), wanted) != 0)
            fail_msg("%s, %s of %.*s: %s, wanted %s", walk, fields, (int)record.size, record.data,
                     row(&f), wanted);
    }
    close_decoder(&f);
}

struct example {
    const char *fields;
    span record;
    const char *row;
};

static void expect_all(enum decode_policy policy, const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++)
        expect(policy, examples[i].fields, examples[i].record, examples[i].row);
}
#define EXPECT_ALL(policy, examples)                                                               \
    expect_all(policy, examples, sizeof(examples) / sizeof *(examples))

/* ---- PERMISSIVE against Spark ---- */

/* Column a of the row as the oracle prints it, or NULL. */
static const char *answer(struct fixture *f)
{
    const struct column *column = &f->out.batch->columns[0];
    struct cast_report report = {0};
    buffer_reset(&f->text);
    if (!column_valid(column, 0)) return NULL;
    if (type_is_nested(column->type)) {
        column_print_json(&f->text, column, 0);
        return buffer_text(&f->text);
    }
    if (column->type->kind == TYPE_BINARY) {
        span bytes = column_span(column, 0);
        buffer_reserve(&f->text, base64_encoded_size(bytes.size) + 1);
        base64_encode(f->text.data, bytes);
        f->text.size = base64_encoded_size(bytes.size);
        return buffer_text(&f->text);
    }
    assert_int_equal(column_cast(&f->arena, column, type_of(TYPE_STRING), &column, &report), OK);
    buffer_append_span(&f->text, column_span(column, 0));
    return buffer_text(&f->text);
}

static bool same_json(const char *a, const char *b)
{
    json_t *x = json_loads(a, JSON_DECODE_ANY, NULL), *y = json_loads(b, JSON_DECODE_ANY, NULL);
    bool same = x && y && json_equal(x, y);
    json_decref(x);
    json_decref(y);
    return same;
}

static bool judge(const json_t *line)
{
    struct fixture f;
    const char *type = json_text(line, "type"), *fault = json_text(line, "fault");
    const json_t *ours = json_object_get(line, "ours");
    const char *wanted = json_string_value(ours ? ours : json_object_get(line, "spark"));
    char fields[128];
    snprintf(fields, sizeof fields, "a:%s", type);
    open_decoder(&f, fields, &(struct decode_options){.policy = DECODE_PERMISSIVE});
    run(&f, span_of(json_text(line, "record")));
    const char *got = f.out.fault_count ? row(&f) : answer(&f);
    if (fault) wanted = fault;
    bool nested = strchr(type, '<') != NULL && !fault;
    assert_true(!ours == !json_text(line, "why") || fault);
    bool same = (f.out.fault_count != 0) == (fault != NULL) && !got == !wanted &&
                (!got || strcmp(got, wanted) == 0 || (nested && same_json(got, wanted)));
    if (!same)
        print_message("# %s of %s: %s, wanted %s\n", type, json_text(line, "record"),
                      got ? got : "NULL", wanted ? wanted : "NULL");
    close_decoder(&f);
    return same;
}

static void permissive_as_spark(void **state)
{
    (void)state;
    struct buffer file = {0};
    size_t lines = 0, different = 0;
    assert_int_equal(file_read_whole("test/data/spark_from_json.jsonl", &file, 1 << 24), OK);
    for (span left = buffer_span(&file); left.size;) {
        const char *end = memchr(left.data, '\n', left.size);
        span text = {left.data, end ? (size_t)(end - left.data) : left.size};
        json_t *line = json_loadb(text.data, text.size, JSON_ALLOW_NUL, NULL);
        assert_non_null(line);
        lines++;
        different += !judge(line);
        json_decref(line);
        left.data += text.size + 1;
        left.size -= text.size + 1;
    }
    buffer_release(&file);
    assert_true(lines > 1000);
    assert_int_equal(different, 0);
}

/* ---- documents ---- */

static void keys_find_their_fields(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"a:int,b:string", SPAN("{\"b\":\"x\",\"a\":1}"), "{\"a\":1,\"b\":\"x\"}"},
        {"a:int,b:string", SPAN("{ \"a\" : 1 , \"b\" : \"x\" }\r\n"), "{\"a\":1,\"b\":\"x\"}"},
        {"a:int", SPAN("{\"\\u0061\":1}"), "{\"a\":1}"},
        {"a:int", SPAN("{\"A\":1}"), "{\"a\":null}"},
        {"a:int", SPAN("{\"aa\":2,\"\":3,\"a\":1}"), "{\"a\":1}"},
        {"a:int", SPAN("{\"x\":{\"a\":2},\"a\":1}"), "{\"a\":1}"},
        {"a:int", SPAN("{\"x\":[{\"a\":[]}],\"a\":1,\"y\":\"\\ud83d\\ude00\"}"), "{\"a\":1}"},
        {"a:struct<a:int,b:int>", SPAN("{\"a\":{\"a\":1}}"), "{\"a\":{\"a\":1,\"b\":null}}"},
        {"`a b`:int", SPAN("{\"a b\":1}"), "{\"a b\":1}"},
        {"a:int", SPAN("{}"), "{\"a\":null}"},
        {"abcdefgh:int,abcdefgi:int,abcdefghijklmnopq:int",
         SPAN("{\"abcdefgh\":1,\"abcdefgi\":2,\"abcdefghijklmnopq\":3}"),
         "{\"abcdefgh\":1,\"abcdefgi\":2,\"abcdefghijklmnopq\":3}"},
    };
    EXPECT_ALL(DECODE_PERMISSIVE, examples);
    expect(DECODE_INFERRED, "VentilatorId:int", SPAN("{\"ventilatorID\":1}"),
           "{\"VentilatorId\":1}");
}

/* Inferred schemas may have fields that differ in case only. */
static void exact_names_go_first(void **state)
{
    (void)state;
    struct fixture f = {0};
    const struct field fields[] = {{.name = "a", .type = type_of(TYPE_INT)},
                                   {.name = "A", .type = type_of(TYPE_INT)}};
    const struct schema schema = {2, fields};
    const struct decode_options options = {.policy = DECODE_INFERRED};
    assert_int_equal(decoder_open(&f.decoder, &schema, &options), OK);
    run(&f, SPAN("{\"A\":1,\"a\":2}"));
    assert_string_equal(row(&f), "{\"a\":2,\"A\":1}");
    close_decoder(&f);
}

/* A name with a quote may not match raw bytes that are no JSON. */
static void field_names_that_need_escapes(void **state)
{
    (void)state;
    struct fixture f = {0};
    const struct field field = {.name = "q\"\\n", .type = type_of(TYPE_INT)};
    const struct schema schema = {1, &field};
    assert_int_equal(decoder_open(&f.decoder, &schema, &(struct decode_options){0}), OK);
    run(&f, SPAN("{\"q\\\"\\\\n\":5}"));
    assert_string_equal(row(&f), "{\"q\\\"\\\\n\":5}");
    run(&f, SPAN("{\"q\"\\n\":5}"));
    assert_string_equal(row(&f), "malformed JSON");
    close_decoder(&f);
}

/* The guess of the next key is only a guess: every order, spelling and gap decodes alike. */
static void shapes_may_change_between_records(void **state)
{
    (void)state;
    static const struct {
        const char *record, *row;
    } stream[] = {
        {"{\"a\":1,\"b\":2,\"c\":3}", "{\"a\":1,\"b\":2,\"c\":3}"},
        {"{\"c\":3,\"b\":2,\"a\":1}", "{\"a\":1,\"b\":2,\"c\":3}"},
        {"{\"c\":3,\"b\":2,\"a\":1}", "{\"a\":1,\"b\":2,\"c\":3}"},
        {"{\"x\":9,\"c\":3,\"y\":[],\"a\":1}", "{\"a\":1,\"b\":null,\"c\":3}"},
        {"{\"x\":9,\"c\":3,\"y\":[],\"a\":1}", "{\"a\":1,\"b\":null,\"c\":3}"},
        {"{\"C\":3,\"x\":null,\"B\":2}", "{\"a\":null,\"b\":2,\"c\":3}"},
        {"{\"C\":4,\"x\":null,\"B\":2,\"a\":1,\"A\":7}", "{\"a\":1,\"b\":2,\"c\":4}"},
        {"{}", "{\"a\":null,\"b\":null,\"c\":null}"},
        {"{\"b\":5}", "{\"a\":null,\"b\":5,\"c\":null}"},
    };
    struct fixture f;
    open_decoder(&f, "a:int,b:int,c:int", &(struct decode_options){.policy = DECODE_INFERRED});
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < sizeof stream / sizeof *stream; i++) {
            run(&f, span_of(stream[i].record));
            assert_string_equal(row(&f), stream[i].row);
        }
    for (int i = 0; i < 2000; i++) { /* more unknown keys than are learned */
        char record[64];
        run(&f, (span){record, (size_t)sprintf(record, "{\"k%d\":0,\"b\":%d}", i, i)});
        assert_int_equal(((const int32_t *)f.out.batch->columns[1].values)[0], i);
    }
    close_decoder(&f);
}

static void last_of_equal_keys_wins(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"a:int", SPAN("{\"a\":1,\"a\":2}"), "{\"a\":2}"},
        {"a:int", SPAN("{\"a\":1,\"\\u0061\":2}"), "{\"a\":2}"},
        {"a:int,b:int", SPAN("{\"a\":1,\"b\":5,\"a\":null}"), "{\"a\":null,\"b\":5}"},
        {"a:string", SPAN("{\"a\":[1],\"a\":\"x\"}"), "{\"a\":\"x\"}"},
        {"a:array<struct<b:int,c:int>>",
         SPAN("{\"a\":[{\"b\":1},{\"b\":2,\"c\":0,\"b\":3}],\"x\":0}"),
         "{\"a\":[{\"b\":1,\"c\":null},{\"b\":3,\"c\":0}]}"},
        {"a:struct<b:int>,c:int", SPAN("{\"c\":7,\"a\":{\"b\":1},\"a\":{}}"),
         "{\"a\":{\"b\":null},\"c\":7}"},
        {"a:map<string,int>", SPAN("{\"a\":{\"k\":1,\"l\":2,\"\\u006b\":3}}"),
         "{\"a\":{\"l\":2,\"k\":3}}"},
        {"a:map<string,map<string,int>>", SPAN("{\"a\":{\"k\":{\"x\":1,\"x\":2},\"l\":{\"x\":3}}}"),
         "{\"a\":{\"k\":{\"x\":2},\"l\":{\"x\":3}}}"},
        {"a:int", SPAN("{\"a\":1,\"a\":2"), "truncated JSON"},
        {"a:int", SPAN("{\"a\":1,\"a\":2}x"), "data behind the JSON document"},
    };
    EXPECT_ALL(DECODE_PERMISSIVE, examples);
    /* an exact name goes before one that differs in case */
    expect(DECODE_INFERRED, "a:int", SPAN("{\"a\":1,\"A\":2}"), "{\"a\":1}");
    expect(DECODE_INFERRED, "a:int", SPAN("{\"A\":1,\"a\":2,\"A\":3}"), "{\"a\":2}");
    expect(DECODE_INFERRED, "a:int", SPAN("{\"A\":1,\"A\":3}"), "{\"a\":3}");
    expect(DECODE_OPENX, "a:int", SPAN("{\"a\":1,\"A\":2}"), "duplicate key");
    expect(DECODE_OPENX, "a:int", SPAN("{\"a\":1,\"x\":[{\"k\":1,\"\\u004b\":2}]}"),
           "duplicate key");
    expect(DECODE_OPENX, "a:int", SPAN("{\"a\":1,\"x\":{\"a\":1},\"y\":{\"a\":1}}"), "{\"a\":1}");
}

static void refused_records_leave_no_row(void **state)
{
    (void)state;
    static const span records[] = {
        SPAN("{\"a\":1,\"s\":\"one\"}"),
        SPAN(""),
        SPAN("{\"a\":2,\"s\":\"two\""),
        SPAN("{\"a\":3,\"l\":[1,2,{}]}"),
        SPAN("[1]"),
        SPAN("{\"a\":4,\"l\":[1,2,}"),
        SPAN("{\"s\":\"\xFF\"}"),
        SPAN("{\"a\":5}\n{\"a\":6}"),
        SPAN("{\"l\":[7]}"),
        SPAN("0123456789012345678901234567890123456789"),
    };
    static const struct decode_fault faults[] = {
        {1, DECODE_EMPTY, 0, -1},        {2, DECODE_TRUNCATED, 16, -1},
        {4, DECODE_NOT_OBJECT, 0, -1},   {5, DECODE_MALFORMED, 16, -1},
        {6, DECODE_INVALID_UTF8, 6, -1}, {7, DECODE_TRAILING, 8, -1},
        {9, DECODE_TOO_LARGE, 30, -1},
    };
    static const char *const rows[] = {"{\"a\":1,\"s\":\"one\",\"l\":null}",
                                       "{\"a\":3,\"s\":null,\"l\":[1,2,null]}",
                                       "{\"a\":null,\"s\":null,\"l\":[7]}"};
    static const uint32_t origin[] = {0, 3, 8};
    struct fixture f;
    open_decoder(&f, "a:int,s:string,l:array<int>",
                 &(struct decode_options){.record_bytes_max = 30});
    for (int round = 1; round <= 2; round++) {
        assert_int_equal(decoder_run(f.decoder, records, 10, &f.arena, &f.out), OK);
        assert_int_equal(f.out.fault_count, 7);
        for (size_t i = 0; i < 7; i++) {
            assert_int_equal(f.out.faults[i].record, faults[i].record);
            assert_int_equal(f.out.faults[i].reason, faults[i].reason);
            assert_int_equal(f.out.faults[i].offset, faults[i].offset);
            assert_int_equal(f.out.faults[i].column, -1);
        }
        assert_int_equal(f.out.batch->rows, 3);
        for (int64_t i = 0; i < 3; i++) {
            buffer_reset(&f.text);
            batch_print_row(&f.text, f.out.batch, i);
            assert_string_equal(buffer_text(&f.text), rows[i]);
            assert_int_equal(f.out.batch->origin[i], origin[i]);
        }
        assert_int_equal(f.out.bad_values[0] + f.out.bad_values[1], 0);
        assert_int_equal(f.out.bad_values[2], round); /* of rows taken only */
    }
    assert_int_equal(decoder_run(f.decoder, records, 1, &f.arena, &f.out), OK);
    assert_null(f.out.batch->origin);
    assert_int_equal(decoder_run(f.decoder, NULL, 0, &f.arena, &f.out), OK);
    assert_int_equal(f.out.batch->rows + (int64_t)f.out.fault_count, 0);
    close_decoder(&f);
}

static void bad_values_are_counted_by_column(void **state)
{
    (void)state;
    struct fixture f;
    open_decoder(&f, "a:int,b:struct<c:int,d:array<int>>,m:map<int,boolean>",
                 &(struct decode_options){0});
    run(&f, SPAN("{\"a\":\"x\",\"b\":{\"c\":1.5,\"d\":[1,\"y\",null,[]]},\"m\":{\"1\":true,\"z\":"
                 "false,\"2\":0}}"));
    assert_string_equal(row(&f), "{\"a\":null,\"b\":{\"c\":null,\"d\":[1,null,null,null]},"
                                 "\"m\":{\"1\":true,\"2\":null}}");
    assert_int_equal(f.out.bad_values[0], 1);
    assert_int_equal(f.out.bad_values[1], 3);
    assert_int_equal(f.out.bad_values[2], 2); /* an entry without a key cannot be */
    run(&f, SPAN("{\"a\":null,\"b\":7,\"m\":null,\"x\":1}"));
    assert_string_equal(row(&f), "{\"a\":null,\"b\":null,\"m\":null}");
    assert_int_equal(f.out.bad_values[0], 1);
    assert_int_equal(f.out.bad_values[1], 4);
    run(&f, SPAN("{\"a\":\"x\",\"a\":1,\"b\":\"y\",\"b\":0}")); /* only those that count */
    assert_int_equal(f.out.bad_values[0], 1);
    assert_int_equal(f.out.bad_values[1], 5);
    close_decoder(&f);
}

static void strict_quarantines_bad_values(void **state)
{
    (void)state;
    struct fixture f;
    open_decoder(&f, "a:int,b:struct<c:int>", &(struct decode_options){.strict = true});
    run(&f, SPAN("{\"a\":1,\"b\":{\"c\":null}}"));
    assert_string_equal(row(&f), "{\"a\":1,\"b\":{\"c\":null}}");
    run(&f, SPAN("{\"a\":1,\"b\":{\"c\":\"2\"}}"));
    assert_int_equal(f.out.fault_count, 1);
    assert_int_equal(f.out.faults[0].reason, DECODE_BAD_VALUE);
    assert_int_equal(f.out.faults[0].column, 1);
    assert_int_equal(f.out.faults[0].offset, 16);
    run(&f, SPAN("{\"a\":\"x\",\"a\":1}")); /* the value that counts fits */
    assert_string_equal(row(&f), "{\"a\":1,\"b\":null}");
    run(&f, SPAN("{\"a\":\"x\",\"b\":"));
    assert_string_equal(row(&f), "truncated JSON");
    assert_int_equal(f.out.bad_values[0] + f.out.bad_values[1], 0);
    close_decoder(&f);
}

static void depth_is_bounded_everywhere(void **state)
{
    (void)state;
    static const char *const fields[] = {"x:int",           "a:int",
                                         "a:string",        "a:array<array<int>>",
                                         "a:struct<x:int>", "a:map<string,string>"};
    static const char *const opens[] = {"[", "{\"x\":"};
    for (size_t k = 0; k < sizeof fields / sizeof *fields; k++)
        for (int shape = 0; shape < 2; shape++)
            for (int depth = DECODE_DEPTH_MAX - 1; depth <= DECODE_DEPTH_MAX; depth++) {
                struct buffer text = {0};
                struct fixture f;
                buffer_append_text(&text, "{\"a\":");
                for (int i = 0; i < depth; i++) buffer_append_text(&text, opens[shape]);
                buffer_append_text(&text, "1");
                for (int i = 0; i < depth; i++) buffer_append_text(&text, shape ? "}" : "]");
                buffer_append_text(&text, "}");
                open_decoder(&f, fields[k], &(struct decode_options){0});
                run(&f, buffer_span(&text));
                assert_int_equal(f.out.fault_count, depth == DECODE_DEPTH_MAX);
                if (f.out.fault_count) assert_int_equal(f.out.faults[0].reason, DECODE_TOO_DEEP);
                close_decoder(&f);
                buffer_release(&text);
            }
}

/* A short record may not take memory without bound through a wide element type. */
static void list_cells_are_bounded(void **state)
{
    (void)state;
    struct fixture f;
    struct buffer fields = {0}, record = {0};
    buffer_append_text(&fields, "a:array<struct<f0:int");
    for (int i = 1; i < 2000; i++) buffer_printf(&fields, ",f%d:int", i);
    buffer_append_text(&fields, ">>");
    open_decoder(&f, buffer_text(&fields), &(struct decode_options){0});
    buffer_append_text(&record, "{\"a\":[{}");
    for (int i = 1; i < 9000; i++) buffer_append_text(&record, ",{}");
    buffer_append_text(&record, "]}");
    run(&f, buffer_span(&record));
    assert_int_equal(f.out.fault_count, 1);
    assert_int_equal(f.out.faults[0].reason, DECODE_TOO_LARGE);
    run(&f, SPAN("{\"a\":[{},{}]}"));
    assert_int_equal(f.out.fault_count, 0);
    close_decoder(&f);
    buffer_release(&fields);
    buffer_release(&record);
}

static void runs_are_bounded(void **state)
{
    (void)state;
    struct fixture f;
    const span records[] = {{"{}", 2}, {"{}", (size_t)512 << 20}}; /* refused before it is read */
    open_decoder(&f, "a:int", &(struct decode_options){0});
    assert_int_equal(decoder_run(f.decoder, records, 2, &f.results, &f.out), ERR_LIMIT);
    assert_int_equal(decoder_run(f.decoder, records, 1, &f.results, &f.out), OK);
    close_decoder(&f);
}

/* ---- values ---- */

static void inferred_by_cast(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"a:int", SPAN("{\"a\":\" 29 \"}"), "{\"a\":29}"},
        {"a:int", SPAN("{\"a\":29.7}"), "{\"a\":29}"},
        {"a:int", SPAN("{\"a\":-29.7}"), "{\"a\":-29}"},
        {"a:int", SPAN("{\"a\":true}"), "{\"a\":1}"},
        {"a:int", SPAN("{\"a\":2147483648}"), "{\"a\":null}"},
        {"a:int", SPAN("{\"a\":1e10}"), "{\"a\":null}"},
        {"a:int", SPAN("{\"a\":{}}"), "{\"a\":null}"},
        {"a:bigint", SPAN("{\"a\":9223372036854775807}"), "{\"a\":9223372036854775807}"},
        {"a:bigint", SPAN("{\"a\":9223372036854775808}"), "{\"a\":null}"},
        {"a:bigint", SPAN("{\"a\":1e18}"), "{\"a\":1000000000000000000}"},
        {"a:tinyint", SPAN("{\"a\":128}"), "{\"a\":null}"},
        {"a:double", SPAN("{\"a\":\"1.5\"}"), "{\"a\":1.5}"},
        {"a:double", SPAN("{\"a\":false}"), "{\"a\":0.0}"},
        {"a:double", SPAN("{\"a\":12345678901234567890}"), "{\"a\":1.2345678901234567E19}"},
        {"a:float", SPAN("{\"a\":\"1.00000005960464477539062500000000001\"}"), "{\"a\":1.0000001}"},
        {"a:string", SPAN("{\"a\":12345678901234567890}"), "{\"a\":\"12345678901234567890\"}"},
        {"a:string", SPAN("{\"a\":1.50}"), "{\"a\":\"1.5\"}"},
        {"a:string", SPAN("{\"a\":1e10}"), "{\"a\":\"1.0E10\"}"},
        {"a:string", SPAN("{\"a\":true}"), "{\"a\":\"true\"}"},
        {"a:string", SPAN("{\"a\":{\"b\": [1, \"x\"]}}"), "{\"a\":\"{\\\"b\\\":[1,\\\"x\\\"]}\"}"},
        {"a:varchar(3)", SPAN("{\"a\":\"abcd\"}"), "{\"a\":\"abcd\"}"},
        {"a:boolean", SPAN("{\"a\":\"yes\"}"), "{\"a\":true}"},
        {"a:boolean", SPAN("{\"a\":0.0}"), "{\"a\":false}"},
        {"a:boolean", SPAN("{\"a\":-3}"), "{\"a\":true}"},
        {"a:decimal(38,18)", SPAN("{\"a\":12345678901234567890.123456789012345678}"),
         "{\"a\":12345678901234567890.123456789012345678}"},
        {"a:decimal(5,2)", SPAN("{\"a\":\"1.005\"}"), "{\"a\":1.01}"},
        {"a:decimal(1,1)", SPAN("{\"a\":true}"), "{\"a\":null}"},
        {"a:decimal(3,1)", SPAN("{\"a\":true}"), "{\"a\":1.0}"},
        {"a:timestamp", SPAN("{\"a\":\"2023-09-07T16:02:17.123456789+09:00\"}"),
         "{\"a\":\"2023-09-07 07:02:17.123456\"}"},
        {"a:timestamp", SPAN("{\"a\":\"2023-02-30\"}"), "{\"a\":null}"},
        {"a:timestamp", SPAN("{\"a\":\"\"}"), "{\"a\":null}"},
        {"a:timestamp", SPAN("{\"a\":1694102537}"), "{\"a\":\"2023-09-07 16:02:17\"}"},
        {"a:timestamp", SPAN("{\"a\":1694102537.25}"), "{\"a\":\"2023-09-07 16:02:17.25\"}"},
        {"a:timestamp", SPAN("{\"a\":1e300}"), "{\"a\":null}"},
        {"a:timestamp", SPAN("{\"a\":true}"), "{\"a\":\"1970-01-01 00:00:00.000001\"}"},
        {"a:date", SPAN("{\"a\":\"2023-9-7 16:02\"}"), "{\"a\":\"2023-09-07\"}"},
        {"a:date", SPAN("{\"a\":19000}"), "{\"a\":null}"},
        {"a:binary", SPAN("{\"a\":\"abc\"}"), "{\"a\":\"YWJj\"}"},
        {"a:binary", SPAN("{\"a\":1}"), "{\"a\":\"AAAAAQ==\"}"},
        {"a:binary", SPAN("{\"a\":4294967296}"), "{\"a\":\"AAAAAQAAAAA=\"}"},
        {"a:array<string>", SPAN("{\"a\":[1,\"x\",null]}"), "{\"a\":[\"1\",\"x\",null]}"},
        {"a:array<string>", SPAN("{\"a\":\"x\"}"), "{\"a\":null}"},
        {"a:map<int,double>", SPAN("{\"a\":{\"1\":\"2\",\" 3 \":4}}"),
         "{\"a\":{\"1\":2.0,\"3\":4.0}}"},
        {"a:string", SPAN("{\"a\":\"nul\\u0000here\"}"), "{\"a\":\"nul\\u0000here\"}"},
    };
    EXPECT_ALL(DECODE_INFERRED, examples);
}

static void openx_by_its_inspectors(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"ventilatorid:int", SPAN("{\"VentilatorId\":1}"), "{\"ventilatorid\":1}"},
        {"a:int", SPAN("{\"a\":\"29\"}"), "{\"a\":29}"},
        {"a:int", SPAN("{\"a\":\"0x1F\"}"), "{\"a\":31}"},
        {"a:int", SPAN("{\"a\":\"0x\"}"), "{\"a\":null}"},
        {"a:int", SPAN("{\"a\":\"+5\"}"), "{\"a\":5}"},
        {"a:int", SPAN("{\"a\":\" 5\"}"), "{\"a\":null}"},
        {"a:int", SPAN("{\"a\":\"29.7\"}"), "{\"a\":null}"},
        {"a:int", SPAN("{\"a\":29.7}"), "{\"a\":29}"},
        {"a:tinyint", SPAN("{\"a\":\"0x80\"}"), "{\"a\":null}"},
        {"a:int", SPAN("{\"a\":true}"), "{\"a\":null}"},
        {"a:double", SPAN("{\"a\":\"1.5\"}"), "{\"a\":1.5}"},
        {"a:double", SPAN("{\"a\":7}"), "{\"a\":7.0}"},
        {"a:decimal(5,2)", SPAN("{\"a\":\"1.25\"}"), "{\"a\":1.25}"},
        {"a:boolean", SPAN("{\"a\":\"TRUE\"}"), "{\"a\":true}"},
        {"a:boolean", SPAN("{\"a\":\"yes\"}"), "{\"a\":false}"},
        {"a:boolean", SPAN("{\"a\":1}"), "{\"a\":null}"},
        {"a:string", SPAN("{\"a\":1.50}"), "{\"a\":\"1.50\"}"},
        {"a:string", SPAN("{\"a\":{\"b\": 1.50}}"), "{\"a\":\"{\\\"b\\\":1.50}\"}"},
        {"a:array<int>", SPAN("{\"a\":5}"), "{\"a\":[5]}"},
        {"a:array<int>", SPAN("{\"a\":\"x\"}"), "{\"a\":[null]}"},
        {"a:array<int>", SPAN("{\"a\":null}"), "{\"a\":null}"},
        {"a:array<struct<b:int>>", SPAN("{\"a\":{\"b\":1}}"), "{\"a\":[{\"b\":1}]}"},
        {"a:timestamp", SPAN("{\"a\":\"2023-09-07 16:02:17.5\"}"),
         "{\"a\":\"2023-09-07 16:02:17.5\"}"},
        {"a:timestamp", SPAN("{\"a\":\"2023-09-07T16:02:17+09:00\"}"),
         "{\"a\":\"2023-09-07 07:02:17\"}"},
        {"a:timestamp", SPAN("{\"a\":\"16:02:17\"}"), "{\"a\":null}"},
        {"a:timestamp", SPAN("{\"a\":\"1694102537.25\"}"), "{\"a\":\"2023-09-07 16:02:17.25\"}"},
        {"a:timestamp", SPAN("{\"a\":\"1694102537\"}"), "{\"a\":\"2023-09-07 16:02:17\"}"},
        {"a:timestamp", SPAN("{\"a\":1694102537123}"), "{\"a\":\"2023-09-07 16:02:17.123\"}"},
        {"a:timestamp", SPAN("{\"a\":1694102537.5}"), "{\"a\":\"2023-09-07 16:02:17.5\"}"},
        {"a:timestamp", SPAN("{\"a\":\"\"}"), "{\"a\":null}"},
        {"a:date", SPAN("{\"a\":\"2023-09-07\"}"), "{\"a\":\"2023-09-07\"}"},
        {"a:date", SPAN("{\"a\":\"2023-09-07 00:00:00\"}"), "{\"a\":null}"},
        {"a:int,b:string,c:int", SPAN("[1,\"x\"]"), "{\"a\":1,\"b\":\"x\",\"c\":null}"},
        {"a:int", SPAN("[1,[2],{}]"), "{\"a\":1}"},
        {"a:int", SPAN("[]"), "{\"a\":null}"},
        {"a:int", SPAN("[1"), "truncated JSON"},
        {"a:int", SPAN("7"), "not a JSON object"},
    };
    EXPECT_ALL(DECODE_OPENX, examples);
}

/* Columns a double and b float of one literal. */
static double one_double(struct fixture *f, const char *literal)
{
    char record[4096];
    run(f, (span){record, (size_t)snprintf(record, sizeof record, "{\"a\":%s,\"b\":%s}", literal,
                                           literal)});
    assert_true(column_valid(&f->out.batch->columns[0], 0));
    float narrow = ((const float *)f->out.batch->columns[1].values)[0],
          wanted = strtof(literal, NULL);
    if (memcmp(&narrow, &wanted, sizeof narrow) != 0)
        fail_msg("%s: %a, strtof %a", literal, (double)narrow, (double)wanted);
    return ((const double *)f->out.batch->columns[0].values)[0];
}

/* Bit for bit what strtod makes of the literal: random bits printed long and short, halfway
 * cases with hundreds of digits, both ends of the range. */
static void doubles_round_correctly(void **state)
{
    (void)state;
    struct fixture f;
    uint64_t seed = 88172645463325252u;
    open_decoder(&f, "a:double,b:float", &(struct decode_options){0});
    for (int i = 0; i < 60000; i++) {
        char literal[1400];
        double value, got;
        seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
        uint64_t bits = seed;
        if (i % 8 == 1)
            bits = (bits & ~((uint64_t)0x7FF << 52)) | (uint64_t)(983 + i / 8 % 120) << 52;
        else if (i % 4 == 1) bits = (bits & ~((uint64_t)0x7FF << 52)) | (uint64_t)1023 << 52;
        memcpy(&value, &bits, sizeof value);
        if (value != value || value - value != 0) continue;
        if (i % 4 == 2)
            snprintf(literal, sizeof literal, "%lld.%02u", (long long)(seed >> 40),
                     (unsigned)(seed % 100));
        else if (i % 16 == 3) snprintf(literal, sizeof literal, "%.*f", i % 800, value);
        else snprintf(literal, sizeof literal, "%.*e", i % 25, value);
        got = one_double(&f, literal);
        value = strtod(literal, NULL);
        if (memcmp(&got, &value, sizeof got) != 0)
            fail_msg("%s: %a, strtod %a", literal, got, value);
    }
    static const char *const hard[] = {
        "9007199254740993",
        "9007199254740992.99999999999999999999999999999999999999999999999999",
        "2.2250738585072011e-308",
        "2.2250738585072014e-308",
        "4.9406564584124654e-324",
        "2.4703282292062327208e-324",
        "2.4703282292062328e-324",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "1e309",
        "-1e309",
        "1e99999999999999999999",
        "1e-99999999999999999999",
        "0e99999999999999999999",
        "-0.0",
        "-0e5",
        "0.000000000000000000000000000000000000000001e42",
        "123456789012345678901234567890e-30",
        "1e23",
        "8.5e22",
        "1e22",
        "1e-22",
        "1e-23",
        "16777217",
        "16777217.0000000000000000000000001",
        "3.4028235677973366e38",
        "3.4028235677973365e38",
        "9007199254740993e0",
        "18014398509481989",
        "0.9007199254740993",
        "4503599627370497.5",
        "4503599627370496.5",
        "10000000000000000000",
        "9999999999999999999",
        "18446744073709551616",
        "3.0e-0022",
    };
    for (size_t i = 0; i < sizeof hard / sizeof *hard; i++) {
        double got = one_double(&f, hard[i]), value = strtod(hard[i], NULL);
        if (memcmp(&got, &value, sizeof got) != 0)
            fail_msg("%s: %a, strtod %a", hard[i], got, value);
    }
    /* a sticky digit 900 places behind a halfway point, and an exponent that undoes many zeros */
    char tail[1200] = "9007199254740993.";
    memset(tail + 17, '0', 900);
    strcpy(tail + 917, "1");
    assert_true(one_double(&f, tail) == 9007199254740994.0);
    tail[917] = '0';
    assert_true(one_double(&f, tail) == 9007199254740992.0);
    strcpy(tail, "0.");
    memset(tail + 2, '0', 900);
    strcpy(tail + 902, "15e901");
    assert_true(one_double(&f, tail) == 1.5);
    close_decoder(&f);
}

/* ---- against jansson, on documents nobody thought of ---- */

static uint64_t random_state = 1;

static unsigned random_below(unsigned n)
{
    random_state ^= random_state << 13, random_state ^= random_state >> 7,
        random_state ^= random_state << 17;
    return (unsigned)(random_state >> 33) % n;
}

static void random_blanks(struct buffer *out)
{
    static const char *const blanks[] = {"", "", "", " ", "\t", "\r\n", "  "};
    buffer_append_text(out, blanks[random_below(7)]);
}

static void random_string(struct buffer *out)
{
    static const char *const parts[] = {"a",
                                        "Zz",
                                        " plain text ",
                                        "0123456789abcdef",
                                        "\\n",
                                        "\\\"",
                                        "\\\\",
                                        "\\/",
                                        "\\u00e9",
                                        "\xC3\xA9",
                                        "\xE2\x82\xAC",
                                        "\xF0\x9F\x98\x80",
                                        "\\ud83d\\ude00",
                                        "\\u0000",
                                        "\x7F",
                                        "\\u2028"};
    buffer_append_byte(out, '"');
    for (unsigned i = random_below(5); i > 0; i--) buffer_append_text(out, parts[random_below(16)]);
    buffer_append_byte(out, '"');
}

static void random_value(struct buffer *out, int depth)
{
    unsigned kind = random_below(depth > 3 ? 6 : 8);
    if (kind == 0) buffer_append_text(out, "null");
    else if (kind == 1) buffer_append_text(out, random_below(2) ? "true" : "false");
    else if (kind == 2) buffer_printf(out, "%d", (int)random_below(2000) - 1000);
    else if (kind == 3)
        buffer_printf(out, "%.*e", (int)random_below(17), (double)random_below(99999) / 7);
    else if (kind <= 5) random_string(out);
    else {
        unsigned count = random_below(4);
        buffer_append_byte(out, kind == 6 ? '[' : '{');
        for (unsigned i = 0; i < count; i++) {
            if (i) buffer_append_byte(out, ',');
            random_blanks(out);
            if (kind == 7) buffer_printf(out, "\"%c\"", (char)('a' + random_below(6)));
            if (kind == 7) random_blanks(out), buffer_append_byte(out, ':'), random_blanks(out);
            random_value(out, depth + 1);
            random_blanks(out);
        }
        buffer_append_byte(out, kind == 6 ? ']' : '}');
    }
}

/* The decoded value at row i is what jansson read, where the column's type takes it at all. */
static void same_value(const struct column *c, int64_t i, const json_t *wanted)
{
    if (!wanted || json_is_null(wanted)) {
        assert_false(column_valid(c, i));
        return;
    }
    switch (c->type->kind) {
    case TYPE_BIGINT:
        assert_int_equal(column_valid(c, i), json_is_integer(wanted));
        if (json_is_integer(wanted))
            assert_int_equal(((const int64_t *)c->values)[i], json_integer_value(wanted));
        break;
    case TYPE_DOUBLE:
        assert_int_equal(column_valid(c, i), json_is_number(wanted));
        if (json_is_number(wanted))
            assert_true(((const double *)c->values)[i] == json_number_value(wanted));
        break;
    case TYPE_BOOLEAN:
        assert_int_equal(column_valid(c, i), json_is_boolean(wanted));
        if (json_is_boolean(wanted)) assert_int_equal(bit_get(c->values, i), json_is_true(wanted));
        break;
    case TYPE_STRING:
        assert_true(column_valid(c, i));
        if (json_is_string(wanted))
            assert_true(span_equal(column_span(c, i),
                                   (span){json_string_value(wanted), json_string_length(wanted)}));
        break;
    case TYPE_ARRAY:
        assert_int_equal(column_valid(c, i), json_is_array(wanted));
        assert_int_equal(c->offsets[i + 1] - c->offsets[i], json_array_size(wanted));
        for (size_t k = 0; k < json_array_size(wanted); k++)
            same_value(&c->children[0], c->offsets[i] + (int64_t)k, json_array_get(wanted, k));
        break;
    case TYPE_MAP:
        assert_int_equal(column_valid(c, i), json_is_object(wanted));
        assert_int_equal(c->offsets[i + 1] - c->offsets[i], json_object_size(wanted));
        for (int64_t k = c->offsets[i]; k < c->offsets[i + 1]; k++) {
            char key[8] = {0};
            memcpy(key, column_span(&c->children[0], k).data, column_span(&c->children[0], k).size);
            same_value(&c->children[1], k, json_object_get(wanted, key));
        }
        break;
    default:
        assert_int_equal(column_valid(c, i), json_is_object(wanted));
        for (int k = 0; k < c->type->child_count; k++)
            same_value(&c->children[k], i, json_object_get(wanted, c->type->children[k].name));
    }
}

static void random_documents_as_jansson(void **state)
{
    (void)state;
    struct fixture f;
    struct buffer text = {0};
    open_decoder(&f,
                 "a:bigint,b:double,c:string,d:array<double>,"
                 "e:struct<a:string,b:array<string>,c:boolean,d:struct<a:bigint>>,"
                 "f:map<string,map<string,string>>",
                 &(struct decode_options){0});
    int good = 0;
    for (int n = 0; n < 30000; n++) {
        json_t *wanted;
        buffer_reset(&text);
        buffer_append_byte(&text, '{');
        for (unsigned i = 0, count = random_below(8); i < count; i++) {
            if (i) buffer_append_byte(&text, ',');
            random_blanks(&text);
            buffer_printf(&text, "\"%c\":", (char)('a' + random_below(8)));
            random_blanks(&text);
            random_value(&text, 1);
        }
        buffer_append_byte(&text, '}');
        if (n % 3 == 0) text.data[random_below((unsigned)text.size)] = (char)random_below(256);
        if (memchr(text.data, '\0', text.size)) continue; /* jansson swallows it behind a number */
        json_error_t problem;
        wanted = json_loadb(text.data, text.size, JSON_ALLOW_NUL, &problem);
        if (!wanted && json_error_code(&problem) == json_error_numeric_overflow) continue;
        run(&f, buffer_span(&text));
        if ((f.out.fault_count != 0) == json_is_object(wanted))
            fail_msg("jansson differs on %.*s", (int)text.size, text.data);
        if (wanted && !f.out.fault_count) {
            for (int k = 0; k < f.schema.field_count; k++)
                same_value(&f.out.batch->columns[k], 0,
                           json_object_get(wanted, f.schema.fields[k].name));
            good++;
        }
        json_decref(wanted);
    }
    assert_true(good > 15000);
    buffer_release(&text);
    close_decoder(&f);
}

/* Cut anywhere, the document is truncated and nothing else; every policy. */
static void truncation_at_every_byte(void **state)
{
    (void)state;
    static const span document = SPAN(
        "{\"a\":-12.5e+3,\"b\":\"\\u00e9\\ud83d\\ude00\xE2\x82\xAC\",\"c\":[true,{\"x\":null}],"
        "\"d\":{\"k\":[1,2,{}],\"l\":\"\\n\"},\"unmapped\":[{\"\xC3\xA9\":false}]}");
    for (int policy = DECODE_PERMISSIVE; policy <= DECODE_OPENX; policy++) {
        struct fixture f;
        open_decoder(&f, "a:double,b:string,c:string,d:map<string,string>",
                     &(struct decode_options){.policy = (enum decode_policy)policy});
        for (size_t cut = 0; cut <= document.size; cut++) {
            run(&f, (span){document.data, cut});
            assert_string_equal(cut == document.size ? "" : row(&f), cut == document.size ? ""
                                                                     : cut ? "truncated JSON"
                                                                           : "empty record");
            assert_int_equal(f.out.fault_count, cut < document.size);
        }
        close_decoder(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(permissive_as_spark),
        cmocka_unit_test(keys_find_their_fields),
        cmocka_unit_test(exact_names_go_first),
        cmocka_unit_test(field_names_that_need_escapes),
        cmocka_unit_test(shapes_may_change_between_records),
        cmocka_unit_test(last_of_equal_keys_wins),
        cmocka_unit_test(refused_records_leave_no_row),
        cmocka_unit_test(bad_values_are_counted_by_column),
        cmocka_unit_test(strict_quarantines_bad_values),
        cmocka_unit_test(depth_is_bounded_everywhere),
        cmocka_unit_test(list_cells_are_bounded),
        cmocka_unit_test(runs_are_bounded),
        cmocka_unit_test(inferred_by_cast),
        cmocka_unit_test(openx_by_its_inspectors),
        cmocka_unit_test(doubles_round_correctly),
        cmocka_unit_test(random_documents_as_jansson),
        cmocka_unit_test(truncation_at_every_byte),
    };
    int failed = 0;
    for (const char *const *each = decode_walks(); *each; each++) {
        walk = *each;
        failed += cmocka_run_group_tests_name(walk, tests, NULL, NULL);
    }
    return failed;
}
