/* Pieces of DuckDB's SQL -> text. A piece refers to others, so nothing is copied while an
 * expression grows around its operands. */
#include "dialect/internal.h"

#include <stdarg.h>

static const struct code *leaf(struct arena *arena, span text)
{
    struct code *c = ARENA_NEW(arena, struct code);
    c->text = text;
    c->size = text.size;
    return c;
}

void quote(struct buffer *out, const char *text, char quote)
{
    buffer_append_byte(out, (uint8_t)quote);
    for (; *text; text++) {
        if (*text == quote) buffer_append_byte(out, (uint8_t)quote);
        buffer_append_byte(out, (uint8_t)*text);
    }
    buffer_append_byte(out, (uint8_t)quote);
}

/* Texts go to `text` and become a piece when a piece of code comes, or the end. */
struct builder_of_code {
    struct arena *arena;
    struct buffer text, parts;
};

static void flush(struct builder_of_code *b)
{
    if (!b->text.size) return;
    const struct code *c = leaf(b->arena, arena_span(b->arena, buffer_span(&b->text)));
    buffer_append(&b->parts, &c, sizeof c);
    buffer_reset(&b->text);
}

static void add_code(struct builder_of_code *b, const struct code *c)
{
    flush(b);
    buffer_append(&b->parts, &c, sizeof c);
}

static const struct code *finish(struct builder_of_code *b)
{
    flush(b);
    struct code *c = ARENA_NEW(b->arena, struct code);
    c->parts = arena_copy(b->arena, b->parts.data, b->parts.size);
    c->count = (int)(b->parts.size / sizeof *c->parts);
    for (int i = 0; i < c->count; i++) c->size += c->parts[i]->size;
    if (c->size > CODE_MAX) c->size = CODE_MAX;
    buffer_release(&b->text);
    buffer_release(&b->parts);
    return c;
}

const struct code *code_of(struct arena *arena, const char *format, ...)
{
    struct builder_of_code b = {.arena = arena};
    va_list args;
    va_start(args, format);
    for (const char *p = format; *p; p++) {
        if (*p != '%') {
            buffer_append_byte(&b.text, (uint8_t)*p);
            continue;
        }
        switch (*++p) {
        case 'c': add_code(&b, va_arg(args, const struct code *)); break;
        case 's': buffer_append_text(&b.text, va_arg(args, const char *)); break;
        case 't': quote(&b.text, va_arg(args, const char *), '\''); break;
        case 'n': quote(&b.text, va_arg(args, const char *), '"'); break;
        case 'd': buffer_printf(&b.text, "%d", va_arg(args, int)); break;
        default: buffer_append_byte(&b.text, (uint8_t)*p); break; /* %% */
        }
    }
    va_end(args);
    return finish(&b);
}

const struct code *code_join(struct arena *arena, const struct code *const *codes, int count,
                             const char *between)
{
    struct builder_of_code b = {.arena = arena};
    for (int i = 0; i < count; i++) {
        if (i) buffer_append_text(&b.text, between);
        add_code(&b, codes[i]);
    }
    return finish(&b);
}

void code_print(struct buffer *out, const struct code *c)
{
    buffer_append_span(out, c->text);
    for (int i = 0; i < c->count; i++) code_print(out, c->parts[i]);
}

const char *code_text(struct arena *arena, const struct code *c)
{
    struct buffer text = {0};
    code_print(&text, c);
    const char *copy = arena_text(arena, buffer_span(&text));
    buffer_release(&text);
    return copy;
}
