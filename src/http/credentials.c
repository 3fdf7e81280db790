/* Where an AWS client finds its keys: environment variables, then a profile in the shared
 * credentials file, then the same profile in the config file (AWS SDKs and Tools guide, "Shared
 * config and credentials files"). Files are INI: [section], name = value, '#' and ';' comments;
 * indented lines belong to a nested setting and are skipped. */
#include "http/internal.h"

#include <stdlib.h>

enum { FILE_MAX_BYTES = 1 << 20 };

/* What a profile says, from both files. */
struct profile {
    span access_key, secret_key, session_token;
    bool found, sso, role, process;
};

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

static void profile_set(struct profile *p, struct arena *arena, span name, span value)
{
    if (span_is(name, "aws_access_key_id")) {
        if (!p->access_key.data) p->access_key = arena_span(arena, value);
    } else if (span_is(name, "aws_secret_access_key")) {
        if (!p->secret_key.data) p->secret_key = arena_span(arena, value);
    } else if (span_is(name, "aws_session_token")) {
        if (!p->session_token.data) p->session_token = arena_span(arena, value);
    } else if (span_is(name, "sso_session") || span_is(name, "sso_start_url")) {
        p->sso = true;
    } else if (span_is(name, "role_arn")) {
        p->role = true;
    } else if (span_is(name, "credential_process")) {
        p->process = true;
    }
}

static void profile_read(struct profile *p, struct arena *arena, span text, const char *name,
                         bool config)
{
    bool inside = false;
    for (span line; line_next(&text, &line);) {
        bool indented = line.size && (line.data[0] == ' ' || line.data[0] == '\t');
        line = span_trim(line);
        if (!line.size || line.data[0] == '#' || line.data[0] == ';') continue;
        if (line.data[0] == '[') {
            inside = section_is(line_section(line), name, config);
            p->found |= inside;
            continue;
        }
        const char *sign = memchr(line.data, '=', line.size);
        if (!inside || indented || !sign) continue;
        profile_set(p, arena, span_trim((span){line.data, (size_t)(sign - line.data)}),
                    span_trim((span){sign + 1, line.size - (size_t)(sign + 1 - line.data)}));
    }
}

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static const char *file_path(struct arena *arena, const char *variable, const char *usual)
{
    const char *path = environment(variable), *home = environment("HOME");
    if (path && strncmp(path, "~/", 2) == 0 && home)
        return arena_printf(arena, "%s%s", home, path + 1);
    return path ? path : arena_printf(arena, "%s/.aws/%s", home ? home : "", usual);
}

static error profile_file(struct profile *p, struct arena *arena, const char *path,
                          const char *name, bool config)
{
    struct buffer text = {0};
    struct profile from = {0};
    error e = file_read_whole(path, &text, FILE_MAX_BYTES);
    if (e == OK) profile_read(&from, arena, buffer_span(&text), name, config);
    buffer_release(&text);
    if (e == ERR_NOT_FOUND) return OK;
    TRY(e);
    if (!p->access_key.data) { /* keys go together: those of one file */
        p->access_key = from.access_key;
        p->secret_key = from.secret_key;
        p->session_token = from.session_token;
    }
    p->found |= from.found;
    p->sso |= from.sso;
    p->role |= from.role;
    p->process |= from.process;
    return OK;
}

static error profile_unusable(const struct profile *p, const char *name, const char *shared,
                              const char *config)
{
    const char *how = p->sso ? "AWS IAM Identity Center (SSO)"
                      : p->role ? "an assumed role (role_arn)"
                      : p->process ? "credential_process" : NULL;
    if (how)
        return fail(ERR_USAGE,
                    "AWS profile '%s' uses %s, which is not read here; run: eval \"$(aws configure "
                    "export-credentials --profile %s --format env)\"", name, how, name);
    if (p->found)
        return fail(ERR_USAGE, "AWS profile '%s' in %s and %s lacks aws_access_key_id or "
                    "aws_secret_access_key", name, shared, config);
    return fail(ERR_USAGE,
                "no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or make the "
                "profile '%s' in %s (looked there and in %s)", name, shared, config);
}

error credentials_find(struct arena *arena, struct credentials *out)
{
    *out = (struct credentials){0};
    const char *key = environment("AWS_ACCESS_KEY_ID");
    const char *secret = environment("AWS_SECRET_ACCESS_KEY");
    if (key && !secret)
        return fail(ERR_USAGE, "AWS_ACCESS_KEY_ID is set, AWS_SECRET_ACCESS_KEY is not");
    if (key) {
        const char *token = environment("AWS_SESSION_TOKEN");
        out->access_key = arena_span(arena, span_of(key));
        out->secret_key = arena_span(arena, span_of(secret));
        if (token) out->session_token = arena_span(arena, span_of(token));
        return OK;
    }
    const char *name = environment("AWS_PROFILE");
    if (!name) name = environment("AWS_DEFAULT_PROFILE");
    if (!name) name = "default";
    const char *shared = file_path(arena, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
    const char *config = file_path(arena, "AWS_CONFIG_FILE", "config");
    struct profile p = {0};
    TRY(profile_file(&p, arena, shared, name, false));
    TRY(profile_file(&p, arena, config, name, true));
    if (!p.access_key.size || !p.secret_key.size) return profile_unusable(&p, name, shared, config);
    *out = (struct credentials){p.access_key, p.secret_key, p.session_token};
    return OK;
}
