/* Temporary credentials: the session token carries the principal and the end, sealed with the data
 * directory's key; the secret is derived from the key id, so that nothing need be kept and a token
 * seen on its way reveals no secret. */
#include "aws/internal.h"

enum { SECRET_BYTES = 30 }; /* 40 letters of base64 */

static const char *secret_of(const struct gateway *g, struct arena *arena, span access_key)
{
    uint8_t digest[SHA256_SIZE];
    span text = span_of(arena_printf(arena, "session-secret %.*s", (int)access_key.size,
                                     access_key.data));
    hmac_sha256(digest, (span){(const char *)g->token_key, sizeof g->token_key}, text);
    char *secret = arena_calloc(arena, 1, base64_encoded_size(SECRET_BYTES) + 1);
    base64_encode(secret, (span){(const char *)digest, SECRET_BYTES});
    return secret;
}

void session_issue(struct call *c, const struct principal *who, int64_t seconds,
                   struct session *out)
{
    int64_t now = now_us();
    out->access_key = access_key_random(c->arena, "ASIA");
    out->secret_key = secret_of(c->gateway, c->arena, span_of(out->access_key));
    out->expiry_us = (now / US_PER_SECOND + seconds) * US_PER_SECOND;
    json_t *document = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I}", "key", out->access_key,
                                 "account", c->account, "arn", who->arn, "id", who->id, "iam",
                                 who->iam_arn, "expiry", (json_int_t)out->expiry_us);
    struct buffer text = {0};
    json_print(&text, document);
    json_decref(document);
    out->token = token_seal(c->arena, c->gateway->token_key, TOKEN_SESSION, now,
                            buffer_span(&text));
    buffer_release(&text);
}

static const char *kept(struct arena *arena, const json_t *document, const char *name)
{
    const char *text = json_text(document, name);
    return text ? arena_text(arena, span_of(text)) : "";
}

error session_find(struct gateway *g, struct arena *arena, span access_key, span token,
                   struct access_key *out)
{
    static const char invalid[] = "The security token included in the request is invalid.";
    int64_t sealed_us;
    span payload;
    json_t *document;
    if (!token_open(arena, g->token_key, TOKEN_SESSION, token, &sealed_us, &payload))
        return fail(ERR_UNRECOGNIZED_CLIENT, invalid);
    TRY(json_read(payload, &document));
    *out = (struct access_key){
        .access_key = kept(arena, document, "key"), .secret_key = secret_of(g, arena, access_key),
        .account = kept(arena, document, "account"),
        .principal = {kept(arena, document, "arn"), kept(arena, document, "id"),
                      kept(arena, document, "iam")}};
    int64_t expiry_us = json_integer_or(document, "expiry", 0);
    json_decref(document);
    if (!span_is(access_key, out->access_key)) return fail(ERR_UNRECOGNIZED_CLIENT, invalid);
    if (now_us() >= expiry_us)
        return fail(ERR_EXPIRED_TOKEN, "The security token included in the request is expired");
    return OK;
}
