/* Text -> tokens. Positions count characters, not bytes. */
#include "dialect/internal.h"

#include <ctype.h>
#include <strings.h>

enum { TOKENS_FIRST = 64 };

struct lexer {
    const struct dialect *dialect;
    struct arena *arena;
    const char *p, *line_start;
    int line;
    struct token *tokens;
    size_t count, capacity;
};

static struct place place_of(const struct lexer *l, const char *p)
{
    return (struct place){l->line,
                          (int)utf8_count((span){l->line_start, (size_t)(p - l->line_start)}) + 1};
}

static error refuse_at(const struct lexer *l, const char *p, const char *why)
{
    struct place at = place_of(l, p);
    return fail(ERR_PARSE, "line %d:%d: %s", at.line, at.column, why);
}

static void advance(struct lexer *l, const char *to)
{
    for (; l->p < to; l->p++)
        if (*l->p == '\n') {
            l->line++;
            l->line_start = l->p + 1;
        }
}

static bool is_letter(char c)
{
    return isalpha((unsigned char)c) || c == '_';
}

static bool is_name(char c)
{
    return is_letter(c) || isdigit((unsigned char)c);
}

static error skip_blanks(struct lexer *l)
{
    for (;;) {
        if (isspace((unsigned char)*l->p)) {
            advance(l, l->p + 1);
        } else if (l->p[0] == '-' && l->p[1] == '-') {
            advance(l, l->p + strcspn(l->p, "\n"));
        } else if (l->p[0] == '/' && l->p[1] == '*') {
            const char *end = strstr(l->p + 2, "*/");
            if (!end) return refuse_at(l, l->p, "mismatched input '/'. Expecting: <expression>");
            advance(l, end + 2);
        } else {
            return OK;
        }
    }
}

static void add(struct lexer *l, enum token_kind kind, const char *end, const char *text)
{
    if (l->count == l->capacity) {
        size_t capacity = l->capacity ? 2 * l->capacity : TOKENS_FIRST;
        struct token *more = ARENA_ARRAY(l->arena, struct token, capacity);
        if (l->count) memcpy(more, l->tokens, l->count * sizeof *more);
        l->tokens = more;
        l->capacity = capacity;
    }
    span source = {l->p, (size_t)(end - l->p)};
    l->tokens[l->count++] = (struct token){
        kind, text ? text : arena_text(l->arena, source), source, place_of(l, l->p)};
    advance(l, end);
}

static char escaped(char c)
{
    static const char from[] = "0bnrtZ", to[] = "\0\b\n\r\t\032";
    const char *at = c ? strchr(from, c) : NULL;
    return at ? to[at - from] : c;
}

/* Spark's text: \n and its like mean what they say, \% and \_ stay for LIKE; raw: nothing does.
 * Texts side by side are one. */
static error read_spark_text(struct lexer *l, const char *start)
{
    struct buffer text = {0};
    const char *p = start;
    bool closed;
    do {
        bool raw = *p == 'r' || *p == 'R';
        char quote = *(p += raw);
        for (p++; *p && *p != quote; p++) {
            bool escape = *p == '\\' && !raw && p[1];
            if (escape && (p[1] == '%' || p[1] == '_')) buffer_append_byte(&text, (uint8_t)*p);
            p += escape;
            buffer_append_byte(&text, (uint8_t)(escape ? escaped(*p) : *p));
        }
        closed = *p++ != 0;
        const char *next = p;
        while (closed && isspace((unsigned char)*next)) next++;
        if (closed && (*next == '\'' || *next == '"')) p = next;
    } while (closed && (*p == '\'' || *p == '"'));
    if (closed) add(l, TOKEN_STRING, p, arena_text(l->arena, buffer_span(&text)));
    buffer_release(&text);
    return closed ? OK : refuse_at(l, l->p, "the quote is not closed");
}

/* Between quotes, a doubled quote is one. */
static error read_quoted(struct lexer *l, const char *start, enum token_kind kind)
{
    char quote = *start;
    const char *p = start + 1, *end = p;
    while (*end && !(end[0] == quote && end[1] != quote)) end += end[0] == quote ? 2 : 1;
    char *text = arena_alloc(l->arena, (size_t)(end - p) + 1), *to = text;
    for (;; p++) {
        if (!*p) return refuse_at(l, l->p, "mismatched input. The quote is not closed");
        if (*p == quote && *++p != quote) break;
        *to++ = *p;
    }
    *to = 0;
    add(l, kind, p, text);
    return OK;
}

static const char *skip_digits(const char *p)
{
    while (isdigit((unsigned char)*p)) p++;
    return p;
}

static error read_number(struct lexer *l)
{
    enum token_kind kind = TOKEN_INTEGER;
    const char *p = skip_digits(l->p);
    if (*p == '.') {
        kind = TOKEN_DECIMAL;
        p = skip_digits(p + 1);
    }
    const char *sign = p + 1 + (p[0] && (p[1] == '+' || p[1] == '-'));
    if ((*p == 'e' || *p == 'E') && isdigit((unsigned char)*sign)) {
        kind = TOKEN_DOUBLE;
        p = skip_digits(sign);
    }
    if (l->dialect->spark && is_letter(*p) && strchr("LSYFDBlsyfdb", *p)) {
        size_t suffix = 1 + (strncasecmp(p, "BD", 2) == 0);
        if (!is_name(p[suffix])) {
            add(l, TOKEN_SUFFIXED, p + suffix, NULL);
            return OK;
        }
    }
    if (kind != TOKEN_DOUBLE && is_letter(*p)) {
        return refuse_at(l, l->p,
                         "identifiers must not start with a digit; surround the identifier "
                         "with double quotes");
    }
    add(l, kind, p, NULL);
    return OK;
}

static error read_sign(struct lexer *l)
{
    static const char *const spark_signs[] = {"<=>", "==", "::", ":", "&",
                                              "|",   "^",  "~",  "!", NULL};
    static const char *const signs[] = {"<>", "!=", "<=", ">=", "||", "->", "=>", "(", ")", "[",
                                        "]",  ",",  ".",  ";",  "+",  "-",  "*",  "/", "%", "=",
                                        "<",  ">",  "?",  NULL};
    for (const char *const *s = l->dialect->spark ? spark_signs
                                                  : signs + sizeof signs / sizeof *signs - 1;
         *s; s++)
        if (strncmp(l->p, *s, strlen(*s)) == 0 && l->p[strlen(*s)] != (**s == '|'   ? '|'
                                                                       : **s == '!' ? '='
                                                                                    : 0)) {
            add(l, TOKEN_SIGN, l->p + strlen(*s), strcmp(*s, "==") == 0 ? "=" : *s);
            return OK;
        }
    for (const char *const *s = signs; *s; s++)
        if (strncmp(l->p, *s, strlen(*s)) == 0) {
            bool unequal = strcmp(*s, "!=") == 0;
            add(l, TOKEN_SIGN, l->p + strlen(*s), unequal ? "<>" : *s);
            return OK;
        }
    struct place at = place_of(l, l->p);
    size_t size = 1;
    while (((unsigned char)l->p[size] & 0xc0) == 0x80) size++;
    return fail(ERR_PARSE, "line %d:%d: mismatched input '%.*s'. Expecting: <expression>", at.line,
                at.column, (int)size, l->p);
}

static error read_token(struct lexer *l)
{
    char c = *l->p;
    bool raw = (c == 'r' || c == 'R') && (l->p[1] == '\'' || l->p[1] == '"');
    if (l->dialect->spark && (c == '\'' || c == '"' || raw)) return read_spark_text(l, l->p);
    if (l->dialect->spark && c == '`') return read_quoted(l, l->p, TOKEN_QUOTED);
    if (c == '\'') return read_quoted(l, l->p, TOKEN_STRING);
    if ((c == 'x' || c == 'X') && l->p[1] == '\'') return read_quoted(l, l->p + 1, TOKEN_BYTES);
    if ((c == 'u' || c == 'U') && l->p[1] == '&' && l->p[2] == '\'')
        return refuse_at(l, l->p, "unicode string literals (U&'...') are not mapped");
    if (c == '"') return read_quoted(l, l->p, TOKEN_QUOTED);
    if (c == '`') return refuse_at(l, l->p, l->dialect->backquote_refusal);
    if (is_letter(c)) {
        const char *end = l->p;
        while (is_name(*end)) end++;
        add(l, TOKEN_WORD, end, NULL);
        return OK;
    }
    if (isdigit((unsigned char)c) || (c == '.' && isdigit((unsigned char)l->p[1])))
        return read_number(l);
    return read_sign(l);
}

error tokens_read(const struct dialect *dialect, const char *text, struct arena *arena,
                  struct token **out)
{
    struct lexer l = {dialect, arena, text, text, 1, NULL, 0, 0};
    for (;;) {
        TRY(skip_blanks(&l));
        if (!*l.p) break;
        TRY(read_token(&l));
    }
    add(&l, TOKEN_END, l.p, "<EOF>");
    *out = l.tokens;
    return OK;
}
