/* What the files of dialect/ share.
 *
 *   token.c               text -> tokens
 *   parse_*.c             tokens -> tree of struct node (the same for every dialect)
 *   type.c, coerce.c      types: printing, common types, casts
 *   scope.c               names in sight
 *   analyze_*.c           tree -> typed code (DuckDB's SQL as a rope of pieces)
 *   function.c            calls: matching the rows of a dialect's function table
 *   trino*.c              what is Trino's alone: words, literals, functions
 *   partition.c           conditions on partition keys */
#pragma once

#include "dialect/dialect.h"

/* ---- token.c ---- */

enum token_kind {
    TOKEN_END,
    TOKEN_WORD,    /* identifier or keyword */
    TOKEN_QUOTED,  /* "identifier" */
    TOKEN_STRING,
    TOKEN_BYTES,   /* X'..' */
    TOKEN_INTEGER,
    TOKEN_DECIMAL, /* 1.5 */
    TOKEN_DOUBLE,  /* 1.5e0 */
    TOKEN_SUFFIXED, /* Spark's 1L, 1.5D, 2BD */
    TOKEN_SIGN,    /* operators and punctuation */
};

struct place { int line, column; };

struct token {
    enum token_kind kind;
    const char *text;   /* the value: unquoted; words as they were written */
    span source;        /* the token as it stands in the statement */
    struct place at;
};

error tokens_read(const struct dialect *, const char *text, struct arena *,
                  struct token **out) MUST_CHECK;

/* ---- the tree ---- */

enum node_kind {
    NODE_LIST,       /* items, nothing more */
    /* expressions */
    NODE_NULL,
    NODE_BOOLEAN,    /* text */
    NODE_INTEGER,    /* text: digits */
    NODE_DECIMAL,
    NODE_DOUBLE,
    NODE_STRING,
    NODE_BYTES,
    NODE_TYPED,      /* items: type; text: the literal's; flag: a number with a suffix */
    NODE_INTERVAL,   /* text; flag: negative; items: unit[, unit] as NODE_NAME */
    NODE_NAME,       /* text; flag: quoted */
    NODE_FIELD,      /* items: base; text */
    NODE_STAR,       /* items: qualifier or nothing */
    NODE_PARAMETER,  /* number: which ? */
    NODE_CALL,       /* text, items: arguments, flag: DISTINCT, parts: CALL_... */
    NODE_UNARY,      /* text: - + */
    NODE_ARITHMETIC, /* text: + - * / % || */
    NODE_COMPARE,    /* text: = <> < <= > >= */
    NODE_DISTINCT,   /* IS [NOT] DISTINCT FROM; flag: NOT */
    NODE_NOT,
    NODE_AND,        /* any number of items */
    NODE_OR,
    NODE_BETWEEN,    /* items: value, low, high; flag: NOT (so in all predicates) */
    NODE_IN,         /* items: value, then the list */
    NODE_IN_QUERY,   /* items: value, query */
    NODE_LIKE,       /* items: value, pattern[, escape] */
    NODE_IS_NULL,
    NODE_EXISTS,
    NODE_SCALAR,     /* (query) */
    NODE_QUANTIFIED, /* items: value, query; text: operator; number: 1 ALL, 0 ANY */
    NODE_CASE,       /* items: operand or NULL, else or NULL, when, then, when, then... */
    NODE_CAST,       /* items: value, type; flag: TRY_CAST */
    NODE_AT_ZONE,    /* items: value, zone */
    NODE_LAMBDA,     /* items: body, parameters as NODE_NAME */
    NODE_ARRAY,
    NODE_ROW,
    NODE_SUBSCRIPT,  /* items: base, index */
    NODE_TYPE,       /* text; items: NODE_INTEGER, NODE_TYPE, NODE_NAME before a row field's type */
    /* queries */
    NODE_QUERY,      /* parts: QUERY_... */
    NODE_WITH_ITEM,  /* text; items: query, column names...; flag: recursive */
    NODE_SELECT,     /* parts: SELECT_...; flag: DISTINCT */
    NODE_SET,        /* text: UNION EXCEPT INTERSECT; flag: ALL; items: left, right */
    NODE_VALUES,     /* items: rows */
    NODE_TABLE,      /* text; items: qualifiers as NODE_NAME */
    NODE_SUBQUERY,   /* items: query; flag: LATERAL */
    NODE_JOIN,       /* text: INNER LEFT RIGHT FULL CROSS; parts: JOIN_...; flag: NATURAL */
    NODE_UNNEST,     /* items; flag: WITH ORDINALITY; text: Spark's generator or NULL; number: OUTER */
    NODE_ALIAS,      /* text; items: relation, column names... */
    NODE_ITEM,       /* text: alias or NULL; items: expression */
    NODE_SORT,       /* items: expression; flag: DESC; number: -1 NULLS FIRST, 1 LAST, 0 */
    NODE_WINDOW,     /* text: base window or NULL; parts: WINDOW_... */
    NODE_FRAME,      /* text: ROWS RANGE GROUPS; items: start, end or NULL */
    NODE_BOUND,      /* text: UNBOUNDED CURRENT or NULL; number: -1 PRECEDING, 1 FOLLOWING; items */
    NODE_GROUPING,   /* text: NULL simple, ROLLUP, CUBE, SETS; items */
};

/* Named places among `items`, for kinds with parts; absent ones are NULL. */
enum { CALL_FILTER, CALL_ORDER, CALL_OVER, CALL_NULLS, CALL_PARTS };
enum { QUERY_WITH, QUERY_BODY, QUERY_ORDER, QUERY_OFFSET, QUERY_LIMIT, QUERY_PARTS };
enum { SELECT_ITEMS, SELECT_FROM, SELECT_WHERE, SELECT_GROUP, SELECT_HAVING, SELECT_WINDOWS,
       SELECT_PARTS };
enum { JOIN_LEFT, JOIN_RIGHT, JOIN_ON, JOIN_USING, JOIN_PARTS };
enum { WINDOW_PARTITION, WINDOW_ORDER, WINDOW_FRAME, WINDOW_PARTS };

struct node {
    enum node_kind kind;
    bool flag;
    int number, depth;
    struct place at;
    const char *text;
    struct node **items;
    int count;
    struct node **parts; /* NODE_CALL alone has both */
};

/* ---- parse.c, parse_query.c, parse_expression.c ---- */

struct parser {
    const struct dialect *dialect;
    struct arena *arena;
    const char *text;
    const struct token *token; /* the next one */
    int depth, placeholders;
};

enum { DEPTH_MAX = 400 };

struct node *node_new(struct parser *, enum node_kind, struct place);
void node_add(struct parser *, struct node *, struct node *item);
struct node *node_parts(struct parser *, struct node *, int count);
error node_close(struct node *) MUST_CHECK; /* limits depth */
error parser_enter(struct parser *) MUST_CHECK;
bool at_word(const struct parser *, const char *word);
bool at_sign(const struct parser *, const char *sign);
bool at_words(const struct parser *, const char *first, const char *second);
bool take_word(struct parser *, const char *word);
bool take_sign(struct parser *, const char *sign);
error want_word(struct parser *, const char *word) MUST_CHECK;
error want_sign(struct parser *, const char *sign) MUST_CHECK;
error unexpected_token(const struct parser *, const char *expecting);
bool at_identifier(const struct parser *);
error take_identifier(struct parser *, struct node **out) MUST_CHECK;
/* Items separated by commas, until something else comes. */
error parse_list(struct parser *, struct node *into,
                 error (*item)(struct parser *, struct node **)) MUST_CHECK;
error parse_query(struct parser *, struct node **out) MUST_CHECK;
error parse_expression(struct parser *, struct node **out) MUST_CHECK;
error parse_sort(struct parser *, struct node **out) MUST_CHECK;
error parse_window(struct parser *, struct node **out) MUST_CHECK;
error parse_name(struct parser *, struct node **out) MUST_CHECK; /* a.b.c as NODE_TABLE */
bool at_query(const struct parser *); /* also behind opening parentheses */

/* ---- a dialect ---- */

struct analyzer;
struct value;
struct code;
enum cast_mode { CAST_IMPLICIT, CAST_EXPLICIT, CAST_PRESENT };

/* Where another dialect's semantics differ from Trino's, which are the functions of the same names
 * without a dialect. */
struct dialect_rules {
    const struct dialect_type *(*common_type)(struct arena *, const struct dialect_type *,
                                              const struct dialect_type *);
    int (*distance)(struct arena *, const struct dialect_type *from,
                    const struct dialect_type *to); /* as an argument; negative: no way */
    error (*cast)(struct analyzer *, const struct node *at, const struct code *,
                  const struct dialect_type *from, const struct dialect_type *to, enum cast_mode,
                  const struct code **out);
    error (*compare)(struct analyzer *, const struct node *at, const char *sign, struct value,
                     struct value, const struct code **out);
    error (*arithmetic)(struct analyzer *, const struct node *at, const char *sign, struct value,
                        struct value, struct value *out);
    error (*negation)(struct analyzer *, struct value, struct value *out);
    error (*subscript)(struct analyzer *, const struct node *at, struct value base,
                       struct value index, struct value *out);
    error (*field)(struct analyzer *, const struct node *at, const char *name, struct value *);
    error (*type_from_node)(struct analyzer *, const struct node *, const struct dialect_type **);
    const char *(*item_name)(struct analyzer *, const struct node *); /* of a column without alias */
};

struct dialect {
    const char *name;
    bool spark;                     /* Spark's syntax: `name`, "text", \n, 1L, LATERAL VIEW... */
    const struct dialect_rules *rules; /* NULL: Trino's */
    const char *const *reserved;    /* upper case, sorted: words that name nothing unquoted */
    const char *backquote_refusal;
    const struct function *functions; /* by name; the end has none */
    const char *const *refused;       /* names of functions that are known and not mapped */
};
bool word_is_one_of(const char *word, const char *const *sorted); /* ends in NULL */

/* ---- type.c ---- */

extern const struct dialect_type type_unknown, type_boolean, type_tinyint, type_smallint,
    type_integer, type_bigint, type_real, type_double, type_varchar, type_varbinary, type_date,
    type_timestamp, type_utc, type_interval_day, type_interval_year, type_json, type_uuid;

const struct dialect_type *type_decimal(struct arena *, int precision, int scale);
const struct dialect_type *type_text(struct arena *, enum dialect_kind, int length);
const struct dialect_type *type_moment(struct arena *, enum dialect_kind, int precision,
                                       const char *zone);
const struct dialect_type *type_array(struct arena *, const struct dialect_type *element);
const struct dialect_type *type_map(struct arena *, const struct dialect_type *key,
                                    const struct dialect_type *value);
const struct dialect_type *type_row(struct arena *, const struct dialect_field *, int count);
const char *type_name(struct arena *, const struct dialect_type *);
bool same_type(const struct dialect_type *, const struct dialect_type *); /* field names aside */
bool is_integral(const struct dialect_type *);
bool is_numeric(const struct dialect_type *);
bool is_text(const struct dialect_type *);
bool is_comparable(const struct dialect_type *);
bool is_orderable(const struct dialect_type *);
int decimal_digits(const struct dialect_type *); /* of an integral type as a decimal */
/* The type that both become without a CAST, or NULL. In the dialect: shared_type. */
const struct dialect_type *common_type(struct arena *, const struct dialect_type *,
                                       const struct dialect_type *);
bool can_coerce(struct arena *, const struct dialect_type *from, const struct dialect_type *to);
/* DuckDB's name of the type that stands for it. */
void duck_type_print(struct buffer *out, const struct dialect_type *);
const char *duck_type(struct arena *, const struct dialect_type *);
/* What a row field is called in DuckDB. */
const char *row_field_name(struct arena *, const struct dialect_type *row, int i);

/* ---- code.c: DuckDB's SQL as a rope, so that building it costs what it is long ---- */

enum { CODE_MAX = 1 << 25 }; /* bytes of DuckDB's SQL */

struct code {
    span text;
    const struct code *const *parts;
    int count;
    size_t size; /* of all of it; grows no further than CODE_MAX */
};
/* %c code, %s text as it is, %t text literal, %n quoted name, %d int */
const struct code *code_of(struct arena *, const char *format, ...);
const struct code *code_join(struct arena *, const struct code *const *, int count,
                             const char *between);
void code_print(struct buffer *out, const struct code *);
const char *code_text(struct arena *, const struct code *);
void quote(struct buffer *out, const char *text, char quote);

/* ---- analyze.c: what an analysis knows ---- */

struct value {
    const struct dialect_type *type;
    const struct code *code;
    const struct node *node; /* what it was made from; literals are looked at */
};

/* A column in sight. */
/* How the names of relations begin that items of SELECT became while they were parsed: * is not of
 * their columns. */
#define GENERATED "generated "

struct attribute {
    const char *name;       /* NULL: none */
    const char *relation;   /* alias or table name; NULL: none */
    const char *database;   /* of a table without alias */
    const struct dialect_type *type;
    const struct code *code;
    int scan, source;       /* where it comes from, so that reading it is noted: scan -1: no table;
                               source: data columns, then keys */
    bool filters;           /* a condition on it may prune the scan */
};

struct scope {
    const struct scope *outer;
    struct attribute *columns;
    int count;
    const struct node *windows;      /* WINDOW clause */
    struct grouping *grouping;       /* NULL: rows are not grouped */
    bool lambda;
};

/* What grouped rows may be asked for: the keys, and columns inside aggregates. */
struct grouping {
    const struct scope *source;
    struct value *keys;
    int count;
    bool sets;                       /* grouping() has a meaning; keys may be NULL */
    const struct attribute *ungrouped;  /* found outside of aggregates */
};

/* A condition on partition keys; what it says of others is ANYTHING. */
struct constant { enum dialect_kind kind; int64_t number; const char *text; };

struct predicate {
    enum { PREDICATE_ANYTHING, PREDICATE_COMPARE, PREDICATE_NULL, PREDICATE_ALL, PREDICATE_SOME,
           PREDICATE_NOT } kind;
    int key;
    const char *sign;
    struct constant constant;
    struct predicate *parts;
    int count;
};

struct scan_state {
    struct dialect_scan scan;
    bool *columns, *keys;
    struct buffer predicates;
};

struct with_name {
    const char *name;
    struct attribute *columns;
    int count;
    const struct code *code;         /* what to read from */
    const struct with_name *outer;
};

struct analyzer {
    const struct dialect *dialect;
    const struct dialect_context *context;
    struct arena *arena;
    struct buffer scans;             /* struct scan_state * each */
    const struct with_name *withs;
    const char *database;            /* of names without one: a view has its own */
    int names;                       /* made up so far */
    int depth;                       /* of queries in queries, views in views */
    bool in_aggregate;
    const struct node *aggregate;    /* whose arguments are analysed */
    const struct node *select;       /* the one being analysed */
    const struct node *clause;       /* WHERE's condition and the like: what must hold no aggregate */
    const char *clause_name;
    bool windows_allowed;
    bool has_view;                   /* some name was a view's */
    int64_t now;
};

error refuse(const struct node *, error code, const char *name, const char *format, ...)
    PRINTF(4, 5);
error unmapped(const struct node *, const char *what);

/* ---- coerce.c ---- */

error cast_code(struct analyzer *, const struct node *at, const struct code *,
                const struct dialect_type *from, const struct dialect_type *to, enum cast_mode,
                const struct code **out) MUST_CHECK;
const struct dialect_type *shared_type(const struct analyzer *, const struct dialect_type *,
                                       const struct dialect_type *);
error coerce(struct analyzer *, struct value *, const struct dialect_type *to) MUST_CHECK;
/* Catalog types have no time, interval, zone or JSON: those as text. */
error present(struct analyzer *, const struct node *at, struct value *) MUST_CHECK;
const struct code *zoned_instant(struct arena *, const struct code *, const struct dialect_type *);
const struct code *zoned_local(struct arena *, const struct code *, const struct dialect_type *);
/* The instant of a local timestamp in the zone of `like`, in like's representation. */
const struct code *zoned_from_local(struct arena *, const struct code *,
                                    const struct dialect_type *like);
bool zone_offset(const char *zone, int *minutes); /* "+02:00", "UTC" */

/* ---- analyze_expression.c ---- */

error analyze(struct analyzer *, const struct scope *, const struct node *,
              struct value *out) MUST_CHECK;
/* The same, of a type that becomes `type`; `what` names the place for the error. */
error analyze_boolean(struct analyzer *, const struct scope *, const struct node *,
                      const char *what, const struct code **out) MUST_CHECK;
error type_from_node(struct analyzer *, const struct node *,
                     const struct dialect_type **out) MUST_CHECK;
/* The column that a name means, if it is one; *used: how many parts of a.b.c are its name. */
const struct attribute *resolve(const struct scope *, const struct node *, int *used,
                                const struct scope **where, bool *ambiguous);
bool same_expression(const struct scope *, const struct node *, const struct node *);
bool contains_aggregate(const struct analyzer *, const struct node *);
struct value zero_value(const struct node *, const struct dialect_type *, const struct code *);
void attribute_read(struct analyzer *, const struct attribute *);
/* Common type of all, and all of them of it. */
error values_unify(struct analyzer *, struct value *, int count, const char *what,
                   const struct dialect_type **out) MUST_CHECK;
error compare(struct analyzer *, const struct node *at, const char *sign, struct value a,
              struct value b, const struct code **out) MUST_CHECK;

/* ---- analyze_arithmetic.c ---- */

error analyze_arithmetic(struct analyzer *, const struct node *at, const char *sign,
                         struct value a, struct value b, struct value *out) MUST_CHECK;
error analyze_negation(struct analyzer *, const struct node *at, struct value,
                       struct value *out) MUST_CHECK;
error analyze_concatenation(struct analyzer *, const struct node *at, struct value *, int count,
                            struct value *out) MUST_CHECK;

/* ---- analyze_literal.c ---- */

error analyze_literal(struct analyzer *, const struct node *, struct value *out) MUST_CHECK;
/* A sign before an integer: -2147483648 is an integer, 2147483648 a bigint. */
error analyze_negative(struct analyzer *, const struct node *, struct value *out) MUST_CHECK;

/* ---- analyze_query.c, analyze_relation.c ---- */

struct relation {
    struct attribute *attributes;
    int count;
    const struct code *code;
};

/* As a statement: SELECT ... AS c0, ... AS c1; attributes have no code. */
error analyze_query(struct analyzer *, const struct scope *outer, const struct node *,
                    struct relation *out) MUST_CHECK;
/* As an item of FROM; `left`: what stands before it, in sight of UNNEST and LATERAL. */
error analyze_relation(struct analyzer *, const struct scope *outer, const struct node *,
                       const struct relation *left, struct relation *out) MUST_CHECK;
error analyze_window(struct analyzer *, const struct scope *, const struct node *,
                     const struct code **out) MUST_CHECK;
error analyze_sorts(struct analyzer *, const struct scope *, const struct node *list,
                    const struct code **out) MUST_CHECK;
const char *new_name(struct analyzer *, const char *prefix);

/* ---- function.c ---- */

struct call {
    struct analyzer *a;
    const struct scope *scope;
    const struct node *node;
    struct value *values;
    int count;
    struct value *out;
};

/* A row of a dialect's function table.
 *
 *   parameters  types by commas: T U K V stand for any type, each for one; array(T), map(K,V);
 *               f(T,U)V a lambda; local: a timestamp, of a zoned one that of its zone; number: any;
 *               any; "..." behind the last: once or more often
 *   result      a type, or =1: that of the first argument
 *   code        $1 $2 the arguments, $* all, $+ all but the first, $R DuckDB's name of the result's
 *               type, $P the digits of the first argument's fraction; in aggregates @( and )@ stand
 *               around what DISTINCT, ORDER BY, FILTER and OVER go to; NULL: refused by name
 *   rule        instead of all that */
struct function {
    const char *name, *parameters, *result, *code;
    enum { FUNCTION_SCALAR, FUNCTION_AGGREGATE, FUNCTION_WINDOW } kind;
    error (*rule)(struct call *);
};


/* What a rule ends with. */
static inline error give(const struct call *c, const struct dialect_type *type, const struct code *code)
{
    c->out->type = type;
    c->out->code = code;
    return OK;
}

error call_by_row(struct call *) MUST_CHECK; /* by the row whose parameters fit best */
const struct code *arguments_join(const struct call *, int first);
error analyze_call(struct analyzer *, const struct scope *, const struct node *,
                   struct value *out) MUST_CHECK;
bool is_aggregate(const struct dialect *, const char *name);
/* For rules: the body of a lambda whose parameters are these; an aggregate's code with its clauses;
 * the refusal of arguments that fit no signature. */
error lambda_body(struct call *, const struct node *, const struct dialect_type *const *types,
                  const struct code *const *codes, int count, struct value *out) MUST_CHECK;
error aggregate_give(struct call *, const struct dialect_type *, const char *code) MUST_CHECK;
error no_match(const struct call *);

/* ---- partition.c ---- */

void predicates_note(struct analyzer *, const struct scope *, const struct node *condition);

/* ---- trino_functions.c ---- */
extern const struct function trino_functions[];
extern const char *const trino_refused[];
