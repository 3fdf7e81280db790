/* Text -> tokens of Hive's lexer (HiveLexer.g). Lines count from 1, columns from 0. */
#include "dialect/hive_internal.h"

#include <ctype.h>

struct scanner {
    const char *at, *end;
    int line;
    const char *line_start;
    struct arena *arena;
    const char *complaint; /* the first character that no token has */
};

static int column_of(const struct scanner *s, const char *at)
{
    return (int)utf8_count((span){s->line_start, (size_t)(at - s->line_start)});
}

static bool is_letter(char c)
{
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

static void advance(struct scanner *s, const char *to)
{
    for (; s->at < to; s->at++)
        if (*s->at == '\n') s->line++, s->line_start = s->at + 1;
}

/* Blanks and comments. */
static void skip(struct scanner *s)
{
    for (;;) {
        const char *p = s->at;
        size_t left = (size_t)(s->end - p);
        while (p < s->end && isspace((unsigned char)*p)) p++;
        if (p == s->at && left >= 2 && p[0] == '-' && p[1] == '-') {
            const char *line = memchr(p, '\n', left);
            p = line ? line : s->end;
        } else if (p == s->at && left >= 2 && p[0] == '/' && p[1] == '*') {
            const char *close = memmem(p + 2, left - 2, "*/", 2);
            p = close ? close + 2 : s->end;
        }
        if (p == s->at) return;
        advance(s, p);
    }
}

/* Behind the closing quote, or NULL. */
static const char *quoted_end(const struct scanner *s, char quote)
{
    for (const char *p = s->at + 1; p < s->end; p++) {
        if (*p == '\\' && quote != '`') {
            p++;
        } else if (*p == quote) {
            if (quote != '`' || p + 1 == s->end || p[1] != '`') return p + 1;
            p++;
        }
    }
    return NULL;
}

static const char *word_end(const struct scanner *s)
{
    const char *p = s->at;
    while (p < s->end && (is_letter(*p) || *p == '_')) p++;
    return p;
}

/* 1, 1.5, 1e3; an integer with letters behind it is a name. */
static const char *number_end(const struct scanner *s)
{
    const char *p = s->at;
    while (p < s->end && isdigit((unsigned char)*p)) p++;
    if (p < s->end && *p == '.')
        for (p++; p < s->end && isdigit((unsigned char)*p);) p++;
    if (p < s->end && (*p == 'e' || *p == 'E')) {
        const char *q = p + 1;
        if (q < s->end && (*q == '+' || *q == '-')) q++;
        if (q < s->end && isdigit((unsigned char)*q))
            for (p = q; p < s->end && isdigit((unsigned char)*p);) p++;
    }
    return p;
}

static const char *punctuation_end(const struct scanner *s)
{
    static const char *const doubles[] = {"<=", ">=", "<>", "!=", "=="};
    size_t left = (size_t)(s->end - s->at);
    for (size_t i = 0; left >= 2 && i < sizeof doubles / sizeof *doubles; i++)
        if (memcmp(s->at, doubles[i], 2) == 0) return s->at + 2;
    return strchr(".:,;()[]=<>+-*/%&~|^?$!{}", *s->at) ? s->at + 1 : NULL;
}

/* Hive leaves it out and complains when the parser has nothing to complain of. */
static void complain(struct scanner *s, const char *at)
{
    size_t size = 1;
    while (at + size < s->end && ((unsigned char)at[size] & 0xC0) == 0x80) size++;
    if (s->complaint) return;
    s->complaint = arena_printf(
        s->arena, "FAILED: ParseException line %d:%d character '%.*s' not supported here", s->line,
        column_of(s, at), at < s->end ? (int)size : 5, at < s->end ? at : "<EOF>");
}

/* The token that begins here and where it ends; NULL: none does. A quote that nobody closes is left
 * out; a back-tick takes everything behind it along. */
static const char *token_end(struct scanner *s, struct token *t)
{
    char c = *s->at;
    if (c == '\'' || c == '"' || c == '`') {
        t->kind = c == '`' ? TOKEN_QUOTED : TOKEN_STRING;
        const char *end = quoted_end(s, c);
        if (!end && c == '`') {
            complain(s, s->end);
            s->end = s->at;
        }
        return end;
    }
    if (isdigit((unsigned char)c)) {
        const char *word = word_end(s), *number = number_end(s);
        t->kind = number >= word ? TOKEN_NUMBER : TOKEN_WORD;
        return number >= word ? number : word;
    }
    t->kind = is_letter(c) ? TOKEN_WORD : TOKEN_OTHER;
    const char *end = is_letter(c) || c == '_' ? word_end(s) : punctuation_end(s);
    if (!end) complain(s, s->at);
    return end;
}

const char *hive_scan(struct arena *arena, span text, struct token **out, size_t *count)
{
    struct scanner s = {text.data, text.data + text.size, 1, text.data, arena, NULL};
    const char *end_of_text = s.end;
    struct token *tokens = ARENA_ARRAY(arena, struct token, text.size + 1);
    size_t n = 0;
    for (skip(&s); s.at < s.end; skip(&s)) {
        struct token t = {.line = s.line, .column = column_of(&s, s.at)};
        const char *end = token_end(&s, &t);
        t.text = (span){s.at, end ? (size_t)(end - s.at) : 0};
        if (end) tokens[n++] = t;
        if (s.at < s.end) advance(&s, end ? end : s.at + 1);
    }
    advance(&s, end_of_text);
    tokens[n] = (struct token){.kind = TOKEN_END, .text = SPAN("<EOF>"), .line = s.line,
                               .column = column_of(&s, s.at)};
    *out = tokens;
    *count = n;
    return s.complaint;
}

/* ---- texts of tokens ---- */

const char *token_name(struct arena *arena, const struct token *t)
{
    span text = t->text;
    bool quoted = t->kind == TOKEN_QUOTED;
    if (quoted) text.data++, text.size -= 2;
    char *name = arena_alloc(arena, text.size + 1), *out = name;
    for (size_t i = 0; i < text.size; i++) {
        *out++ = (char)tolower((unsigned char)text.data[i]);
        if (quoted && text.data[i] == '`') i++;
    }
    *out = '\0';
    return name;
}

static int digits(const char *p, const char *end, int count, int base)
{
    int value = 0;
    for (int i = 0; i < count; i++, p++) {
        if (p >= end || !isxdigit((unsigned char)*p)) return -1;
        int digit = isdigit((unsigned char)*p) ? *p - '0' : tolower((unsigned char)*p) - 'a' + 10;
        if (digit >= base) return -1;
        value = value * base + digit;
    }
    return value;
}

/* As Hive's unescapeSQLString: \ooo, \uXXXX, \n and the like; \% and \_ stay as they are. */
static const char *unescape(const char *p, const char *end, struct buffer *out)
{
    static const char from[] = "0'\"bnrtZ\\", to[] = "\0'\"\b\n\r\t\032\\";
    char utf8[4];
    int code = digits(p, end, 3, 8);
    if (code > 0 && code < 0x80) return buffer_append_byte(out, (uint8_t)code), p + 3;
    code = *p == 'u' ? digits(p + 1, end, 4, 16) : -1;
    if (code > 0 && (code < 0xD800 || code > 0xDFFF)) {
        buffer_append(out, utf8, utf8_encode(utf8, (uint32_t)code));
        return p + 5;
    }
    const char *known = memchr(from, *p, sizeof from - 1);
    if (*p == '%' || *p == '_') buffer_append_byte(out, '\\');
    buffer_append_byte(out, known ? (uint8_t)to[known - from] : (uint8_t)*p);
    return p + 1;
}

const char *token_string(struct arena *arena, const struct token *t)
{
    struct buffer out = {0};
    const char *end = t->text.data + t->text.size - 1;
    for (const char *p = t->text.data + 1; p < end;) {
        if (*p == '\\' && p + 1 < end) p = unescape(p + 1, end, &out);
        else buffer_append_byte(&out, (uint8_t)*p++);
    }
    const char *text = arena_text(arena, buffer_span(&out));
    buffer_release(&out);
    return text;
}
