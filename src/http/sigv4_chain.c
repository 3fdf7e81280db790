/* Signatures of the chunks of a body. In: the request whose signature starts the chain, the chunks'
 * bytes, their signatures. Follows the Amazon S3 API Reference, "Signature calculations for the
 * Authorization header: transferring payload in multiple chunks" and "... including trailing
 * headers". */
#include "http/internal.h"

#include <stdlib.h>

#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

struct sigv4_chain {
    uint8_t key[SHA256_SIZE];
    struct buffer where;          /* "DATE\nSCOPE\n" */
    char previous[SIGV4_HEX_SIZE];
    struct digest *digest;        /* of the chunk under way */
};

error sigv4_chain_open(const struct http_request *r, span secret, struct sigv4_chain **out)
{
    struct sigv4_scope scope;
    span date, signature;
    TRY(sigv4_seed_parse(r, &scope, &date, &signature));
    if (signature.size != SIGV4_HEX_SIZE)
        return fail(ERR_INVALID_SIGNATURE, "the signature has %zu digits", signature.size);
    struct sigv4_chain *c = must_calloc(1, sizeof *c);
    sigv4_key(c->key, secret, &scope);
    buffer_printf(&c->where, "%.*s\n%.*s/%.*s/%.*s/aws4_request\n", (int)date.size, date.data,
                  (int)scope.date.size, scope.date.data, (int)scope.region.size,
                  scope.region.data, (int)scope.service.size, scope.service.data);
    memcpy(c->previous, signature.data, SIGV4_HEX_SIZE);
    c->digest = digest_open(DIGEST_SHA256);
    *out = c;
    return OK;
}

void sigv4_chain_close(struct sigv4_chain *c)
{
    uint8_t ignored[SHA256_SIZE];
    if (!c) return;
    digest_close(c->digest, ignored);
    memset(c->key, 0, sizeof c->key);
    buffer_release(&c->where);
    free(c);
}

void sigv4_chain_data(struct sigv4_chain *c, span bytes)
{
    digest_update(c->digest, bytes);
}

/* One link: what `algorithm` signs, behind the signature before. */
static error link_check(struct sigv4_chain *c, const char *algorithm, span rest, span signature)
{
    struct buffer text = {0};
    uint8_t mac[SHA256_SIZE];
    char expected[SIGV4_HEX_SIZE];
    buffer_append_text(&text, algorithm);
    buffer_append_byte(&text, '\n');
    buffer_append_span(&text, buffer_span(&c->where));
    buffer_append(&text, c->previous, sizeof c->previous);
    buffer_append_byte(&text, '\n');
    buffer_append_span(&text, rest);
    hmac_sha256(mac, (span){(char *)c->key, sizeof c->key}, buffer_span(&text));
    buffer_release(&text);
    hex_encode(expected, mac, sizeof mac);
    if (!digest_equal((span){expected, sizeof expected}, signature))
        return fail(ERR_INVALID_SIGNATURE,
                    "The request signature we calculated does not match the signature you "
                    "provided. Check your key and signing method.");
    memcpy(c->previous, expected, sizeof expected);
    return OK;
}

error sigv4_chain_end(struct sigv4_chain *c, span signature)
{
    char rest[] = EMPTY_SHA256 "\n................................................................";
    uint8_t digest[SHA256_SIZE];
    digest_close(c->digest, digest);
    c->digest = digest_open(DIGEST_SHA256);
    hex_encode(rest + SIGV4_HEX_SIZE + 1, digest, sizeof digest);
    return link_check(c, "AWS4-HMAC-SHA256-PAYLOAD", (span){rest, sizeof rest - 1}, signature);
}

error sigv4_chain_trailer(struct sigv4_chain *c, span lines, span signature)
{
    uint8_t digest[SHA256_SIZE];
    char hex[SIGV4_HEX_SIZE];
    sha256(digest, lines);
    hex_encode(hex, digest, sizeof digest);
    return link_check(c, "AWS4-HMAC-SHA256-TRAILER", (span){hex, sizeof hex}, signature);
}
