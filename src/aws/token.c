/* Opaque tokens (shard iterators, next tokens): in go a use, a time and a payload, out comes text
 * that only this data directory can have made. Layout before base64 (RFC 4648):
 *
 *   version 1 | use 1 | sealed at, us 8 BE | payload ... | HMAC-SHA256 of all before 32
 */
#include "aws/internal.h"

enum { TOKEN_VERSION = 1, TOKEN_HEAD = 10, TOKEN_TEXT_MAX = 1024 * 1024 };

static const struct state_key key_place = {"-", "-", "secret", "token-key"};

static error key_from(const json_t *document, uint8_t key[TOKEN_KEY_SIZE])
{
    const char *hex = json_text(document, "Key");
    if (!hex || strlen(hex) != 2 * TOKEN_KEY_SIZE)
        return fail(ERR_CORRUPT, "state: the key for tokens is damaged");
    return hex_decode(key, span_of(hex));
}

static error key_make(struct state_txn *txn, uint8_t key[TOKEN_KEY_SIZE])
{
    char hex[2 * TOKEN_KEY_SIZE];
    world->random(key, TOKEN_KEY_SIZE);
    hex_encode(hex, key, TOKEN_KEY_SIZE);
    json_t *document = json_pack("{s:s%}", "Key", hex, sizeof hex);
    error e = state_put(txn, key_place, document);
    json_decref(document);
    return e;
}

error token_key_load(struct state *state, uint8_t key[TOKEN_KEY_SIZE])
{
    struct state_txn *txn;
    TRY(state_begin(state, true, &txn));
    json_t *document = NULL;
    error e = state_get(txn, key_place, &document);
    if (e == ERR_NOT_FOUND) e = key_make(txn, key);
    else if (e == OK) e = key_from(document, key);
    json_decref(document);
    if (e != OK) {
        state_abort(txn);
        return e;
    }
    return state_commit(txn);
}

char *token_seal(struct arena *arena, const uint8_t key[TOKEN_KEY_SIZE], enum token_use use,
                 int64_t now_us, span payload)
{
    size_t size = TOKEN_HEAD + payload.size + SHA256_SIZE;
    uint8_t *raw = arena_alloc(arena, size);
    raw[0] = TOKEN_VERSION;
    raw[1] = (uint8_t)use;
    put_be64(raw + 2, (uint64_t)now_us);
    memcpy(raw + TOKEN_HEAD, payload.data, payload.size);
    hmac_sha256(raw + size - SHA256_SIZE, (span){(const char *)key, TOKEN_KEY_SIZE},
                (span){(const char *)raw, size - SHA256_SIZE});
    size_t length = base64_encoded_size(size);
    char *text = arena_alloc(arena, length + 1);
    base64_encode(text, (span){(const char *)raw, size});
    text[length] = '\0';
    return text;
}

bool token_open(struct arena *arena, const uint8_t key[TOKEN_KEY_SIZE], enum token_use use,
                span text, int64_t *sealed_us, span *payload)
{
    if (text.size == 0 || text.size > TOKEN_TEXT_MAX) return false;
    uint8_t *raw = arena_alloc(arena, base64_decoded_max(text.size));
    size_t size;
    if (base64_decode(raw, &size, text) != OK) return false;
    if (size < TOKEN_HEAD + SHA256_SIZE || raw[0] != TOKEN_VERSION || raw[1] != use) return false;
    uint8_t seal[SHA256_SIZE];
    size -= SHA256_SIZE;
    hmac_sha256(seal, (span){(const char *)key, TOKEN_KEY_SIZE}, (span){(const char *)raw, size});
    if (!digest_equal((span){(const char *)seal, sizeof seal},
                      (span){(const char *)raw + size, sizeof seal}))
        return false;
    *sealed_us = (int64_t)get_be64(raw + 2);
    *payload = (span){(const char *)raw + TOKEN_HEAD, size - TOKEN_HEAD};
    return true;
}

/* ---- documents in tokens ---- */

char *call_token_make(struct call *c, enum token_use use, json_t *document)
{
    struct buffer text = {0};
    json_object_set_new(document, "account", json_string(c->account));
    json_object_set_new(document, "region", json_string(c->region));
    json_print(&text, document);
    char *token = token_seal(c->arena, c->gateway->token_key, use, now_us(), buffer_span(&text));
    buffer_release(&text);
    json_decref(document);
    return token;
}

bool call_token_read(struct call *c, enum token_use use, const char *text, int64_t *sealed_us,
                     json_t **out)
{
    span payload;
    json_t *document = NULL;
    if (!token_open(c->arena, c->gateway->token_key, use, span_of(text), sealed_us, &payload) ||
        json_read(payload, &document) != OK)
        return false;
    if (strcmp(json_text(document, "account"), c->account) != 0 ||
        strcmp(json_text(document, "region"), c->region) != 0) {
        json_decref(document);
        return false;
    }
    *out = document;
    return true;
}
