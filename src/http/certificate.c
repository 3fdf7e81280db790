/* A certificate for a server on this machine, in X.509 (RFC 5280): an authority that clients are
 * told to trust, and a server certificate signed by it. The authority's key signs once and is
 * forgotten, so that nothing else can ever be signed with what the clients trust. */
#include "http/openssl.h"

enum { VALID_DAYS = 3652, SKEW_SECONDS = 24 * 60 * 60 };

struct extension {
    int nid;
    const char *value;
};

static const struct extension authority_extensions[] = {
    {NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
    {NID_key_usage, "critical,keyCertSign,cRLSign"},
    {NID_subject_key_identifier, "hash"},
    {0},
};

static const struct extension server_extensions[] = {
    {NID_basic_constraints, "critical,CA:FALSE"},
    {NID_key_usage, "critical,digitalSignature"},
    {NID_ext_key_usage, "serverAuth"},
    {NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1"},
    {NID_subject_key_identifier, "hash"},
    {NID_authority_key_identifier, "keyid:always"},
    {0},
};

static void name_set(X509_NAME *name, const char *common_name)
{
    openssl.X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC, (const unsigned char *)"Sluice", -1,
                                       -1, 0);
    openssl.X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                       (const unsigned char *)common_name, -1, -1, 0);
}

static bool extensions_add(X509 *certificate, X509 *issuer, const struct extension *rows)
{
    X509V3_CTX context;
    openssl.X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    for (; rows->nid; rows++) {
        X509_EXTENSION *e = openssl.X509V3_EXT_conf_nid(NULL, &context, rows->nid, rows->value);
        bool added = e && openssl.X509_add_ext(certificate, e, -1) == 1;
        openssl.X509_EXTENSION_free(e);
        if (!added) return false;
    }
    return true;
}

/* A certificate of `key` for `common_name`, signed by `signer`; issuer NULL: it is its own. */
static X509 *certificate_make(EVP_PKEY *key, const char *common_name, X509 *issuer,
                              EVP_PKEY *signer, const struct extension *extensions)
{
    X509 *c = openssl.X509_new();
    CHECK(c != NULL);
    uint64_t serial;
    world->random(&serial, sizeof serial);
    X509_NAME *name = openssl.X509_get_subject_name(c);
    ASN1_INTEGER *number = openssl.X509_get_serialNumber(c);
    name_set(name, common_name);
    bool made = openssl.X509_set_version(c, X509_VERSION_3) == 1 &&
                openssl.ASN1_INTEGER_set_uint64(number, serial >> 1) == 1 &&
                openssl.X509_gmtime_adj(openssl.X509_getm_notBefore(c), -SKEW_SECONDS) &&
                openssl.X509_time_adj_ex(openssl.X509_getm_notAfter(c), VALID_DAYS, 0, NULL) &&
                openssl.X509_set_issuer_name(
                    c, issuer ? openssl.X509_get_subject_name(issuer) : name) == 1 &&
                openssl.X509_set_pubkey(c, key) == 1 &&
                extensions_add(c, issuer ? issuer : c, extensions) &&
                openssl.X509_sign(c, signer, openssl.EVP_sha256()) > 0;
    if (made) return c;
    openssl.X509_free(c);
    return NULL;
}

/* PEM of one of the two, to a file that its owner alone may read. */
static error pem_write(const char *file, X509 *certificate, EVP_PKEY *key)
{
    BIO *memory = openssl.BIO_new(openssl.BIO_s_mem());
    CHECK(memory != NULL);
    int written = certificate ? openssl.PEM_write_bio_X509(memory, certificate)
                              : openssl.PEM_write_bio_PKCS8PrivateKey(memory, key, NULL, NULL, 0,
                                                                      NULL, NULL);
    char *text;
    long size = openssl.BIO_ctrl(memory, BIO_CTRL_INFO, 0, &text);
    error e = written == 1 ? file_replace(file, (span){text, (size_t)size}) : tls_fail(file);
    openssl.BIO_free(memory);
    return e;
}

static EVP_PKEY *key_make(void)
{
    EVP_PKEY *key = openssl.EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    CHECK(key != NULL);
    return key;
}

error http_tls_make(const char *authority_file, const char *certificate_file, const char *key_file)
{
    TRY(openssl_load());
    EVP_PKEY *authority_key = key_make(), *key = key_make();
    X509 *authority = certificate_make(authority_key, "Sluice local authority", NULL,
                                       authority_key, authority_extensions);
    X509 *certificate = authority ? certificate_make(key, "localhost", authority, authority_key,
                                                     server_extensions)
                                  : NULL;
    error e = certificate ? OK : tls_fail("making a certificate");
    if (e == OK) e = pem_write(authority_file, authority, NULL);
    if (e == OK) e = pem_write(certificate_file, certificate, NULL);
    if (e == OK) e = pem_write(key_file, NULL, key); /* last: all are there when it is */
    openssl.X509_free(certificate);
    openssl.X509_free(authority);
    openssl.EVP_PKEY_free(key);
    openssl.EVP_PKEY_free(authority_key);
    return e;
}
