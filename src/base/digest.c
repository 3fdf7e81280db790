#include "base/digest.h"

#include "base/library.h"

#include <isa-l/crc.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>

#define CRYPTO_FUNCTIONS(F)                                                                        \
    F(CRYPTO_memcmp) F(EVP_MD_fetch) F(EVP_MD_CTX_new) F(EVP_MD_CTX_free)                          \
    F(EVP_DigestInit_ex) F(EVP_DigestUpdate) F(EVP_DigestFinal_ex)                                 \
    F(EVP_MAC_fetch) F(EVP_MAC_CTX_new) F(EVP_MAC_CTX_free)                                        \
    F(EVP_MAC_init) F(EVP_MAC_update) F(EVP_MAC_final)
LIBRARY_TABLE(crypto_library, CRYPTO_FUNCTIONS);
static struct crypto_library crypto;
static struct library library = LIBRARY_FILE("libcrypto.so.3", crypto, CRYPTO_FUNCTIONS);

static EVP_MD *algorithms[3];
static EVP_MAC *hmac_algorithm;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fetch_all(void)
{
    library_need(&library);
    static const char *const names[] = {"MD5", "SHA1", "SHA256"};
    for (int i = 0; i < 3; i++) {
        algorithms[i] = crypto.EVP_MD_fetch(NULL, names[i], NULL);
        CHECK(algorithms[i]);
    }
    hmac_algorithm = crypto.EVP_MAC_fetch(NULL, "HMAC", NULL);
    CHECK(hmac_algorithm);
}

static void ready(void)
{
    pthread_once(&once, fetch_all);
}

static EVP_MD *algorithm(enum digest_kind kind)
{
    ready();
    return algorithms[kind];
}

static void one_shot(enum digest_kind kind, uint8_t *out, span data)
{
    EVP_MD *md = algorithm(kind);
    EVP_MD_CTX *context = crypto.EVP_MD_CTX_new();
    CHECK(context && crypto.EVP_DigestInit_ex(context, md, NULL) &&
          crypto.EVP_DigestUpdate(context, data.data, data.size) &&
          crypto.EVP_DigestFinal_ex(context, out, NULL));
    crypto.EVP_MD_CTX_free(context);
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
    EVP_MAC_CTX *context = crypto.EVP_MAC_CTX_new(hmac_algorithm);
    size_t size;
    CHECK(context &&
          crypto.EVP_MAC_init(context, (const uint8_t *)key.data, key.size, parameters) &&
          crypto.EVP_MAC_update(context, (const uint8_t *)data.data, data.size) &&
          crypto.EVP_MAC_final(context, out, &size, out_size));
    crypto.EVP_MAC_CTX_free(context);
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
    EVP_MD *md = algorithm(kind);
    struct digest *d = must_alloc(sizeof *d);
    d->context = crypto.EVP_MD_CTX_new();
    CHECK(d->context && crypto.EVP_DigestInit_ex(d->context, md, NULL));
    return d;
}

void digest_update(struct digest *d, span data)
{
    CHECK(crypto.EVP_DigestUpdate(d->context, data.data, data.size));
}

size_t digest_close(struct digest *d, uint8_t out[SHA256_SIZE])
{
    unsigned size;
    CHECK(crypto.EVP_DigestFinal_ex(d->context, out, &size));
    crypto.EVP_MD_CTX_free(d->context);
    free(d);
    return size;
}

bool digest_equal(span a, span b)
{
    ready();
    return a.size == b.size && crypto.CRYPTO_memcmp(a.data, b.data, a.size) == 0;
}
