/* What the files of Hive's dialect share: tokens, and a reader of them that fails as Hive's does.
 *
 * Hive's parser (ANTLR 3) repairs what it can and words the first error when it has stopped:
 *
 *   one token too many      "extraneous input 'x' expecting Y"     and goes on
 *   one token too few       "missing Y at 'x'"                     and goes on
 *   another token           "mismatched input 'x' expecting Y"     and stops
 *   no way to go on         "cannot recognize input near 'x' 'y' 'z'"  and stops
 *
 * followed by the last token read and the clause it stopped in. */
#pragma once

#include "dialect/hive.h"

enum token_kind {
    TOKEN_END,
    TOKEN_WORD,    /* a keyword or a name */
    TOKEN_QUOTED,  /* `name` */
    TOKEN_STRING,  /* 'text' or "text" */
    TOKEN_NUMBER,
    TOKEN_OTHER,   /* punctuation; _charset */
};

struct token {
    enum token_kind kind;
    span text; /* as written, with its quotes */
    int line, column;
};

/* `count` tokens and an end. Returns what is said of the first character that no token has, or
 * NULL. */
const char *hive_scan(struct arena *, span text, struct token **out, size_t *count);

enum { CLAUSE_DEPTH = 80 };

struct reader {
    struct arena *arena;
    const struct token *tokens;
    size_t count, at;
    const char *clauses[CLAUSE_DEPTH]; /* what is being read: "table name" */
    int depth;
    const char *repaired;  /* the first error, while Hive would go on; NULL: none */
    const struct token *repaired_at;
};

/* ---- looking (hive_reader.c); k = 0 is the next token ---- */

const struct token *peek(const struct reader *, size_t k);
bool peek_is(const struct reader *, size_t k, const char *word); /* word or punctuation */
bool peek_name(const struct reader *, size_t k);   /* a name: quoted, or no reserved word */
/* Words of `set` are keywords, punctuation, or name, string, number. */
bool peek_in(const struct reader *, size_t k, const char *set);

/* ---- reading ---- */

void clause_begin(struct reader *, const char *clause);
void clause_end(struct reader *);
/* Takes the token if it is next. */
bool take(struct reader *, const char *word);
/* The token that must come; `follow`: the set of what may come behind it. */
error expect(struct reader *, const char *word, const char *follow) MUST_CHECK;
error expect_string(struct reader *, const char *follow, const char **out) MUST_CHECK;
error expect_number(struct reader *, const char *follow, int64_t *out) MUST_CHECK;
/* Name, folded to lower case. */
error expect_name(struct reader *, const char **out) MUST_CHECK;
/* `ahead`: the token at which no alternative was left. */
error no_alternative(struct reader *, size_t ahead);
error mismatch(struct reader *, const char *expected);
error nothing_matches(struct reader *);
/* Nothing may come behind; then the error of a repaired statement, if there was one. */
error expect_end(struct reader *) MUST_CHECK;

const char *token_name(struct arena *, const struct token *); /* without back-ticks, folded */
const char *token_string(struct arena *, const struct token *); /* quotes and escapes resolved */

/* ---- clauses that several statements have ---- */

/* [database.]table */
error read_table_name(struct reader *, struct hive_statement *) MUST_CHECK;
error read_if(struct reader *, bool exists, bool *out) MUST_CHECK; /* IF [NOT] EXISTS, or nothing */
/* ('k'='v', ...) */
error read_properties(struct reader *, bool of_database, struct hive_properties *) MUST_CHECK;
error read_partition(struct reader *, const char *follow, struct hive_partition *) MUST_CHECK;
error read_type(struct reader *, const char **out) MUST_CHECK;           /* hive_type.c */
/* "a int, b string": hive_create.c */
error read_columns(struct reader *, struct hive_columns *) MUST_CHECK;

/* ---- statements: the first words are read ---- */

error read_create(struct reader *, struct hive_statement *) MUST_CHECK;  /* hive_create.c */
error read_alter(struct reader *, struct hive_statement *) MUST_CHECK;   /* hive_alter.c */
error read_drop(struct reader *, struct hive_statement *) MUST_CHECK;    /* hive_show.c */
error read_repair(struct reader *, struct hive_statement *) MUST_CHECK;
error read_show(struct reader *, struct hive_statement *) MUST_CHECK;
error read_describe(struct reader *, struct hive_statement *) MUST_CHECK;
