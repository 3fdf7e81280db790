/* Where an AWS client finds its keys, in the order of the SDKs ("Standardized credential
 * providers"): environment variables, a web identity token, the profile, the container's endpoint,
 * the instance's metadata. */
#include "http/internal.h"

static error from_environment(struct arena *arena, struct found_credentials *out)
{
    const char *key = environment("AWS_ACCESS_KEY_ID");
    const char *secret = environment("AWS_SECRET_ACCESS_KEY");
    const char *token = environment("AWS_SESSION_TOKEN");
    if (!key) return ERR_NOT_FOUND;
    if (!secret)
        return fail(ERR_USAGE, "AWS_ACCESS_KEY_ID is set, AWS_SECRET_ACCESS_KEY is not");
    out->credentials.access_key = arena_span(arena, span_of(key));
    out->credentials.secret_key = arena_span(arena, span_of(secret));
    if (token) out->credentials.session_token = arena_span(arena, span_of(token));
    return OK;
}

static error from_web_identity(struct http_client *client, struct arena *arena,
                               struct found_credentials *out)
{
    const struct role role = {.arn = environment("AWS_ROLE_ARN"),
                              .session = environment("AWS_ROLE_SESSION_NAME"),
                              .token_file = environment("AWS_WEB_IDENTITY_TOKEN_FILE")};
    if (!role.token_file) return ERR_NOT_FOUND;
    if (!role.arn)
        return fail(ERR_USAGE, "AWS_WEB_IDENTITY_TOKEN_FILE is set, AWS_ROLE_ARN is not");
    return credentials_assume(client, arena, &role, out);
}

/* ---- the profile ---- */

static error profile_unusable(const struct profile *p, const char *how)
{
    return fail(ERR_USAGE,
                "AWS profile '%s' uses %s, which is not read here; run: eval \"$(aws configure "
                "export-credentials --profile %s --format env)\"",
                p->name, how, p->name);
}

/* Whoever a role's profile names to assume it. */
static error role_caller(struct http_client *client, struct arena *arena, const struct profile *p,
                         struct found_credentials *out)
{
    const char *source = profile_value(p, "source_profile");
    const char *where = profile_value(p, "credential_source");
    if (source) {
        struct profile other;
        TRY(profile_load(arena, source, &other));
        if (profile_keys(&other, &out->credentials)) return OK;
        return fail(ERR_USAGE, "AWS profile '%s': its source_profile '%s' has no keys of its own",
                    p->name, source);
    }
    error e = ERR_NOT_FOUND;
    if (where && strcmp(where, "Environment") == 0) e = from_environment(arena, out);
    else if (where && strcmp(where, "EcsContainer") == 0)
        e = credentials_container(client, arena, out);
    else if (where && strcmp(where, "Ec2InstanceMetadata") == 0)
        e = credentials_instance(client, arena, out);
    if (e != ERR_NOT_FOUND) return e;
    return fail(ERR_USAGE, "AWS profile '%s' has a role_arn, but neither source_profile nor a "
                "credential_source that gives keys (%s)", p->name, where ? where : "none");
}

static error from_role(struct http_client *client, struct arena *arena, const struct profile *p,
                       struct found_credentials *out)
{
    struct found_credentials caller = {0};
    struct role role = {.arn = profile_value(p, "role_arn"),
                        .session = profile_value(p, "role_session_name"),
                        .external_id = profile_value(p, "external_id"),
                        .region = profile_value(p, "region"),
                        .token_file = profile_value(p, "web_identity_token_file"),
                        .caller = &caller.credentials};
    if (profile_value(p, "mfa_serial"))
        return profile_unusable(p, "a role with multi-factor authentication (mfa_serial)");
    if (!role.token_file) TRY(role_caller(client, arena, p, &caller));
    return credentials_assume(client, arena, &role, out);
}

static error from_profile(struct http_client *client, struct arena *arena,
                          const struct profile *p, struct found_credentials *out)
{
    if (profile_value(p, "role_arn")) return from_role(client, arena, p, out);
    if (profile_keys(p, &out->credentials)) return OK;
    if (profile_value(p, "sso_session") || profile_value(p, "sso_start_url"))
        return profile_unusable(p, "AWS IAM Identity Center (SSO)");
    if (profile_value(p, "credential_process")) return profile_unusable(p, "credential_process");
    bool half = profile_value(p, "aws_access_key_id") || profile_value(p, "aws_secret_access_key");
    /* A default profile often holds a region only; a profile asked for by name must serve. */
    if (!half && !environment("AWS_PROFILE") && !environment("AWS_DEFAULT_PROFILE"))
        return ERR_NOT_FOUND;
    if (!p->found)
        return fail(ERR_USAGE, "no AWS profile '%s' in %s and %s", p->name, p->shared_path,
                    p->config_path);
    return fail(ERR_USAGE, "AWS profile '%s' in %s and %s lacks aws_access_key_id or "
                "aws_secret_access_key", p->name, p->shared_path, p->config_path);
}

error credentials_find(struct http_client *client, struct arena *arena,
                       struct found_credentials *out)
{
    struct profile p;
    *out = (struct found_credentials){0};
    error e = from_environment(arena, out);
    if (e == ERR_NOT_FOUND) e = from_web_identity(client, arena, out);
    if (e != ERR_NOT_FOUND) return e;
    TRY(profile_load(arena, NULL, &p));
    e = from_profile(client, arena, &p, out);
    if (e == ERR_NOT_FOUND) e = credentials_container(client, arena, out);
    if (e == ERR_NOT_FOUND) e = credentials_instance(client, arena, out);
    if (e != ERR_NOT_FOUND) return e;
    return fail(ERR_USAGE,
                "no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or make the "
                "profile '%s' in %s (looked there, in %s, and for a web identity, a container's "
                "and an instance's role)",
                p.name, p.shared_path, p.config_path);
}
