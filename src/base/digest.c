#include "base/digest.h"

#include <isa-l/crc.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>

static EVP_MD *algorithms[3];
static EVP_MAC *hmac_algorithm;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fetch_all(void)
{
    static const char *const names[] = {"MD5", "SHA1", "SHA256"};
    for (int i = 0; i < 3; i++) {
        algorithms[i] = EVP_MD_fetch(NULL, names[i], NULL);
        CHECK(algorithms[i]);
    }
    hmac_algorithm = EVP_MAC_fetch(NULL, "HMAC", NULL);
    CHECK(hmac_algorithm);
}

static EVP_MD *algorithm(enum digest_kind kind)
{
    pthread_once(&once, fetch_all);
    return algorithms[kind];
}

static void one_shot(enum digest_kind kind, uint8_t *out, span data)
{
    EVP_MD *md = algorithm(kind);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    CHECK(context && EVP_DigestInit_ex(context, md, NULL) &&
          EVP_DigestUpdate(context, data.data, data.size) &&
          EVP_DigestFinal_ex(context, out, NULL));
    EVP_MD_CTX_free(context);
}

void md5(uint8_t out[MD5_SIZE], span data)
{
    one_shot(DIGEST_MD5, out, data);
}

void sha256(uint8_t out[SHA256_SIZE], span data)
{
    one_shot(DIGEST_SHA256, out, data);
}

static void hmac(const char *name, uint8_t *out, size_t out_size, span key, span data)
{
    algorithm(DIGEST_SHA256);
    OSSL_PARAM parameters[] = {OSSL_PARAM_utf8_string("digest", (char *)name, strlen(name)),
                               OSSL_PARAM_END};
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(hmac_algorithm);
    size_t size;
    CHECK(context && EVP_MAC_init(context, (const uint8_t *)key.data, key.size, parameters) &&
          EVP_MAC_update(context, (const uint8_t *)data.data, data.size) &&
          EVP_MAC_final(context, out, &size, out_size));
    EVP_MAC_CTX_free(context);
}

void hmac_sha256(uint8_t out[SHA256_SIZE], span key, span data)
{
    hmac("SHA256", out, SHA256_SIZE, key, data);
}

void hmac_sha1(uint8_t out[SHA1_SIZE], span key, span data)
{
    hmac("SHA1", out, SHA1_SIZE, key, data);
}

uint32_t crc32_of(uint32_t crc, span data)
{
    return crc32_gzip_refl(crc, (const unsigned char *)data.data, data.size);
}

/* The library's function leaves the two inversions to us. */
uint32_t crc32c_of(uint32_t crc, span data)
{
    enum { PIECE = 1 << 30 }; /* its length is an int */
    crc = ~crc;
    for (; data.size > PIECE; data.data += PIECE, data.size -= PIECE)
        crc = crc32_iscsi((unsigned char *)data.data, PIECE, crc);
    return ~crc32_iscsi((unsigned char *)data.data, (int)data.size, crc);
}

struct digest {
    EVP_MD_CTX *context;
};

struct digest *digest_open(enum digest_kind kind)
{
    struct digest *d = must_alloc(sizeof *d);
    d->context = EVP_MD_CTX_new();
    CHECK(d->context && EVP_DigestInit_ex(d->context, algorithm(kind), NULL));
    return d;
}

void digest_update(struct digest *d, span data)
{
    CHECK(EVP_DigestUpdate(d->context, data.data, data.size));
}

size_t digest_close(struct digest *d, uint8_t out[SHA256_SIZE])
{
    unsigned size;
    CHECK(EVP_DigestFinal_ex(d->context, out, &size));
    EVP_MD_CTX_free(d->context);
    free(d);
    return size;
}

bool digest_equal(span a, span b)
{
    return a.size == b.size && CRYPTO_memcmp(a.data, b.data, a.size) == 0;
}
