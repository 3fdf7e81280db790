/* What is called of OpenSSL (libssl, and libcrypto through it), loaded by a server with TLS. */
#pragma once

#include "http/internal.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#define OPENSSL_FUNCTIONS(F)                                                                       \
    F(TLS_server_method) F(SSL_CTX_new) F(SSL_CTX_free) F(SSL_CTX_ctrl) F(SSL_CTX_set_options)     \
    F(SSL_CTX_set_alpn_select_cb) F(SSL_CTX_set_default_passwd_cb)                                 \
    F(SSL_CTX_use_PrivateKey_file) F(SSL_CTX_use_certificate_chain_file)                           \
    F(SSL_new) F(SSL_free) F(SSL_set_fd) F(SSL_accept) F(SSL_read) F(SSL_write) F(SSL_shutdown)    \
    F(SSL_get_error) F(SSL_get0_alpn_selected) F(SSL_select_next_proto)                            \
    F(ERR_clear_error) F(ERR_peek_error) F(ERR_reason_error_string)                                \
    F(BIO_new) F(BIO_free) F(BIO_ctrl) F(BIO_s_mem)                                                \
    F(EVP_PKEY_Q_keygen) F(EVP_PKEY_free) F(EVP_sha256) F(ASN1_INTEGER_set_uint64)                 \
    F(PEM_write_bio_PKCS8PrivateKey) F(PEM_write_bio_X509)                                         \
    F(X509_new) F(X509_free) F(X509_set_version) F(X509_set_pubkey) F(X509_sign)                   \
    F(X509_get_serialNumber) F(X509_get_subject_name) F(X509_set_issuer_name)                      \
    F(X509_getm_notAfter) F(X509_getm_notBefore) F(X509_gmtime_adj) F(X509_time_adj_ex)            \
    F(X509_NAME_add_entry_by_txt) F(X509_add_ext) F(X509_EXTENSION_free)                           \
    F(X509V3_EXT_conf_nid) F(X509V3_set_ctx)

LIBRARY_TABLE(openssl_library, OPENSSL_FUNCTIONS);
extern struct openssl_library openssl;

/* Before any of them is called. */
error openssl_load(void) MUST_CHECK;
