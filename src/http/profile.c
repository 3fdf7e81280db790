/* A profile of the shared config and credentials files (AWS SDKs and Tools guide, "Shared config
 * and credentials files"). Files are INI: [section], name = value, '#' and ';' comments; indented
 * lines belong to a nested setting and are skipped. */
#include "http/internal.h"

#include <stdlib.h>

enum { FILE_MAX_BYTES = 1 << 20, SETTINGS_MAX = 200 };

const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static bool line_next(span *text, span *line)
{
    if (!text->size) return false;
    const char *end = memchr(text->data, '\n', text->size);
    *line = (span){text->data, end ? (size_t)(end - text->data) : text->size};
    size_t used = line->size + (end != NULL);
    text->data += used;
    text->size -= used;
    return true;
}

static span line_section(span line)
{
    const char *end = memchr(line.data, ']', line.size);
    return end ? span_trim((span){line.data + 1, (size_t)(end - line.data) - 1}) : SPAN("");
}

/* "profile x" names x in the config file; the default one needs no word. */
static bool section_is(span section, const char *profile, bool config)
{
    if (!config || strcmp(profile, "default") == 0) {
        if (span_is(section, profile)) return true;
        if (!config) return false;
    }
    if (!span_starts(section, "profile")) return false;
    span rest = {section.data + 7, section.size - 7};
    if (!rest.size || (rest.data[0] != ' ' && rest.data[0] != '\t')) return false;
    rest = span_trim(rest);
    if (rest.size >= 2 && rest.data[0] == '"') rest = (span){rest.data + 1, rest.size - 2};
    return span_is(rest, profile);
}

static const char *setting(const struct settings *s, const char *name)
{
    for (size_t i = 0; i < s->count; i++)
        if (span_is(s->rows[i].name, name)) return s->rows[i].value.data;
    return NULL;
}

static void setting_add(struct settings *s, struct arena *arena, span name, span value)
{
    if (s->count == SETTINGS_MAX) return;
    if (!s->rows) s->rows = ARENA_ARRAY(arena, struct http_header, SETTINGS_MAX);
    s->rows[s->count++] =
        (struct http_header){arena_span(arena, name), span_of(arena_text(arena, value))};
}

static bool settings_read(struct settings *s, struct arena *arena, span text, const char *name,
                          bool config)
{
    bool inside = false, found = false;
    for (span line; line_next(&text, &line);) {
        bool indented = line.size && (line.data[0] == ' ' || line.data[0] == '\t');
        line = span_trim(line);
        if (!line.size || line.data[0] == '#' || line.data[0] == ';') continue;
        if (line.data[0] == '[') {
            inside = section_is(line_section(line), name, config);
            found |= inside;
            continue;
        }
        const char *sign = memchr(line.data, '=', line.size);
        if (!inside || indented || !sign) continue;
        setting_add(s, arena, span_trim((span){line.data, (size_t)(sign - line.data)}),
                    span_trim((span){sign + 1, line.size - (size_t)(sign + 1 - line.data)}));
    }
    return found;
}

static const char *file_path(struct arena *arena, const char *variable, const char *usual)
{
    const char *path = environment(variable), *home = environment("HOME");
    if (path && strncmp(path, "~/", 2) == 0 && home)
        return arena_printf(arena, "%s%s", home, path + 1);
    return path ? path : arena_printf(arena, "%s/.aws/%s", home ? home : "", usual);
}

static error file_load(struct profile *p, struct arena *arena, const char *path, bool config)
{
    struct buffer text = {0};
    error e = file_read_whole(path, &text, FILE_MAX_BYTES);
    if (e == OK)
        p->found |= settings_read(config ? &p->config : &p->shared, arena, buffer_span(&text),
                                  p->name, config);
    buffer_release(&text);
    return e == ERR_NOT_FOUND ? OK : e;
}

error profile_load(struct arena *arena, const char *name, struct profile *p)
{
    if (!name) name = environment("AWS_PROFILE");
    if (!name) name = environment("AWS_DEFAULT_PROFILE");
    *p = (struct profile){
        .name = name ? name : "default",
        .shared_path = file_path(arena, "AWS_SHARED_CREDENTIALS_FILE", "credentials"),
        .config_path = file_path(arena, "AWS_CONFIG_FILE", "config"),
    };
    TRY(file_load(p, arena, p->shared_path, false));
    return file_load(p, arena, p->config_path, true);
}

const char *profile_value(const struct profile *p, const char *name)
{
    const char *value = setting(&p->shared, name);
    return value ? value : setting(&p->config, name);
}

/* Keys go together: those of one file. */
bool profile_keys(const struct profile *p, struct credentials *out)
{
    const struct settings *s = setting(&p->shared, "aws_access_key_id") ? &p->shared : &p->config;
    const char *key = setting(s, "aws_access_key_id");
    const char *secret = setting(s, "aws_secret_access_key");
    if (!key || !*key || !secret || !*secret) return false;
    *out = (struct credentials){span_of(key), span_of(secret),
                                span_of(setting(s, "aws_session_token"))};
    return true;
}
