/* Keys that a service hands out for a while: AWS STS (API 2011-06-15), the credentials endpoint of
 * ECS and EKS containers, and the instance metadata service, version 2, of EC2. */
#include "http/internal.h"

#include <stdlib.h>

enum {
    LOCAL_TIMEOUT_US = US_PER_SECOND, /* a service of this host or link answers at once */
    LOCAL_TRIES = 2,
    STS_TRIES = 4,
    SECRET_FILE_MAX_BYTES = 64 * 1024,
};

#define CONTAINER_HOST "http://169.254.170.2"
#define INSTANCE_HOST "http://169.254.169.254"
#define INSTANCE_HOST_IPV6 "http://[fd00:ec2::254]"

/* Asks until there is an answer that is no server's fault. */
static error ask(struct http_client *client, struct http_call *call,
                 const struct credentials *credentials, bool direct, int tries)
{
    error e = OK;
    for (int i = 0; i < tries; i++) {
        if (i) client_backoff(i);
        buffer_reset(call->reply_body);
        e = client_call(client, call, credentials, direct);
        if (e == OK && call->status < 500 && call->status != 429) return OK;
    }
    TRY(e);
    return fail(ERR_UNAVAILABLE, "%s: HTTP status %d", call->url, call->status);
}

static error expiry_parse(const char *text, int64_t *out)
{
    return text ? date_parse_iso8601(span_of(text), out) : OK;
}

/* ---- JSON, as containers and instances answer ---- */

static error keys_from_json(struct arena *arena, const char *url, span reply,
                            struct found_credentials *out)
{
    json_t *document = NULL;
    if (json_read(reply, &document) != OK)
        return fail(ERR_NETWORK, "%s: the reply is no JSON", url);
    const char *key = json_text(document, "AccessKeyId");
    const char *secret = json_text(document, "SecretAccessKey");
    const char *token = json_text(document, "Token");
    error e = key && secret ? expiry_parse(json_text(document, "Expiration"), &out->expires_us)
                            : fail(ERR_USAGE, "%s: the reply holds no keys", url);
    if (e == OK) {
        out->credentials.access_key = arena_span(arena, span_of(key));
        out->credentials.secret_key = arena_span(arena, span_of(secret));
        if (token) out->credentials.session_token = arena_span(arena, span_of(token));
    }
    json_decref(document);
    return e;
}

static error local_get(struct http_client *client, const char *method, const char *url,
                       struct http_header header, struct buffer *reply)
{
    struct http_call call = {.method = method, .url = url, .timeout_us = LOCAL_TIMEOUT_US,
                             .headers = &header, .header_count = header.name.size ? 1 : 0,
                             .reply_body = reply};
    TRY(ask(client, &call, NULL, true, LOCAL_TRIES));
    if (call.status == 200) return OK;
    return fail(ERR_USAGE, "AWS credentials of %s: HTTP status %d", url, call.status);
}

/* ---- containers ---- */

/* A token must not be sent in clear to whoever a variable names: only to this host and to the
 * addresses of ECS and EKS. */
static error container_url(struct arena *arena, const char **url)
{
    static const char *const hosts[] = {"169.254.170.2", "169.254.170.23", "[fd00:ec2::23]",
                                        "localhost", "127.0.0.1", "[::1]"};
    const char *relative = environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *full = environment("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    *url = relative ? arena_printf(arena, CONTAINER_HOST "%s", relative) : full;
    if (!*url) return ERR_NOT_FOUND;
    if (relative || strncmp(full, "https://", 8) == 0) return OK;
    const char *host = strncmp(full, "http://", 7) == 0 ? full + 7 : "";
    size_t size = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/");
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        if (strlen(hosts[i]) == size && strncmp(hosts[i], host, size) == 0) return OK;
    return fail(ERR_USAGE, "AWS_CONTAINER_CREDENTIALS_FULL_URI: %s is neither https nor an address "
                "of this host, ECS or EKS", full);
}

static error secret_file(struct arena *arena, const char *path, span *out)
{
    struct buffer text = {0};
    error e = file_read_whole(path, &text, SECRET_FILE_MAX_BYTES);
    if (e == OK) *out = arena_span(arena, span_trim(buffer_span(&text)));
    buffer_release(&text);
    return e == ERR_NOT_FOUND ? fail(ERR_USAGE, "%s", error_text()) : e;
}

error credentials_container(struct http_client *client, struct arena *arena,
                            struct found_credentials *out)
{
    const char *url;
    const char *token = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    const char *file = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    struct http_header header = {0};
    TRY(container_url(arena, &url));
    if (file) TRY(secret_file(arena, file, &header.value));
    else if (token) header.value = span_of(token);
    if (header.value.size) header.name = SPAN("authorization");
    struct buffer reply = {0};
    error e = local_get(client, "GET", url, header, &reply);
    if (e == OK) e = keys_from_json(arena, url, buffer_span(&reply), out);
    buffer_release(&reply);
    return e;
}

/* ---- instances ---- */

static const char *instance_host(struct arena *arena)
{
    const char *set = environment("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    const char *mode = environment("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
    if (!set) return mode && strcmp(mode, "IPv6") == 0 ? INSTANCE_HOST_IPV6 : INSTANCE_HOST;
    size_t size = strlen(set);
    while (size && set[size - 1] == '/') size--;
    return arena_text(arena, (span){set, size});
}

static error instance_keys(struct http_client *client, struct arena *arena, const char *host,
                           struct buffer *reply, struct found_credentials *out)
{
    const struct http_header life = {SPAN("x-aws-ec2-metadata-token-ttl-seconds"), SPAN("21600")};
    const char *token = arena_printf(arena, "%s/latest/api/token", host);
    /* Nobody there is the usual case: this machine is no instance. */
    if (local_get(client, "PUT", token, life, reply) != OK) return ERR_NOT_FOUND;
    const struct http_header header = {SPAN("x-aws-ec2-metadata-token"),
                                       arena_span(arena, span_trim(buffer_span(reply)))};
    const char *folder = arena_printf(arena, "%s/latest/meta-data/iam/security-credentials/", host);
    TRY(local_get(client, "GET", folder, header, reply));
    span role = span_trim(buffer_span(reply)); /* the first line */
    const char *url = arena_printf(arena, "%s%.*s", folder,
                                   (int)strcspn(arena_text(arena, role), "\r\n"), role.data);
    TRY(local_get(client, "GET", url, header, reply));
    return keys_from_json(arena, url, buffer_span(reply), out);
}

error credentials_instance(struct http_client *client, struct arena *arena,
                           struct found_credentials *out)
{
    const char *disabled = environment("AWS_EC2_METADATA_DISABLED");
    if (disabled && span_equal_nocase(span_of(disabled), SPAN("true"))) return ERR_NOT_FOUND;
    struct buffer reply = {0};
    error e = instance_keys(client, arena, instance_host(arena), &reply, out);
    buffer_release(&reply);
    return e;
}

/* ---- AWS STS ---- */

static void form_add(struct buffer *form, const char *name, span value)
{
    if (form->size) buffer_append_byte(form, '&');
    buffer_printf(form, "%s=", name);
    percent_encode(form, value, false);
}

static error assume_form(struct arena *arena, const struct role *role, struct buffer *form)
{
    span token;
    const char *session = role->session;
    if (!session) session = arena_printf(arena, "sluice-%lld", (long long)(now_us() / US_PER_MS));
    form_add(form, "Action",
             role->token_file ? SPAN("AssumeRoleWithWebIdentity") : SPAN("AssumeRole"));
    form_add(form, "Version", SPAN("2011-06-15"));
    form_add(form, "RoleArn", span_of(role->arn));
    form_add(form, "RoleSessionName", span_of(session));
    if (role->external_id) form_add(form, "ExternalId", span_of(role->external_id));
    if (!role->token_file) return OK;
    TRY(secret_file(arena, role->token_file, &token));
    form_add(form, "WebIdentityToken", token);
    return OK;
}

static error assumed_keys(struct arena *arena, const char *url, int status, span reply,
                          struct found_credentials *out)
{
    const struct xml_element *root = NULL;
    if (xml_read(arena, reply, &root) != OK)
        return fail(ERR_NETWORK, "%s: HTTP status %d and no XML", url, status);
    if (status != 200) {
        const struct xml_element *said = xml_child(root, "Error");
        const char *code = xml_child_value(said, "Code"), *text = xml_child_value(said, "Message");
        return fail(ERR_ACCESS_DENIED, "%s: %s: %s", url, code ? code : "error", text ? text : "");
    }
    const struct xml_element *result = root->child;
    while (result && !xml_child(result, "Credentials")) result = result->next;
    const struct xml_element *keys = xml_child(result, "Credentials");
    const char *key = xml_child_value(keys, "AccessKeyId");
    const char *secret = xml_child_value(keys, "SecretAccessKey");
    if (!key || !secret) return fail(ERR_NETWORK, "%s: the reply holds no keys", url);
    out->credentials = (struct credentials){span_of(key), span_of(secret),
                                            span_of(xml_child_value(keys, "SessionToken"))};
    return expiry_parse(xml_child_value(keys, "Expiration"), &out->expires_us);
}

error credentials_assume(struct http_client *client, struct arena *arena, const struct role *role,
                         struct found_credentials *out)
{
    static const struct http_header type = {
        SPAN("content-type"), SPAN("application/x-www-form-urlencoded; charset=utf-8")};
    struct buffer form = {0}, reply = {0};
    const char *region = http_aws_region(arena);
    if (!region) region = role->region;
    const char *url = http_aws_endpoint_set(arena, "sts");
    if (!url) url = region ? http_aws_endpoint(arena, "sts", region) : "https://sts.amazonaws.com";
    struct http_call call = {.method = "POST", .url = url,
                             .service = role->token_file ? NULL : "sts",
                             .region = region ? region : "us-east-1", .headers = &type,
                             .header_count = 1, .reply_body = &reply};
    error e = assume_form(arena, role, &form);
    call.body = buffer_span(&form);
    if (e == OK) e = ask(client, &call, role->caller, false, STS_TRIES);
    if (e == OK) e = assumed_keys(arena, url, call.status, buffer_span(&reply), out);
    buffer_release(&form);
    buffer_release(&reply);
    return e;
}
