/* Digests on OpenSSL; algorithms are fetched once, contexts kept per thread. */
#pragma once

#include "base/bytes.h"

enum { MD5_SIZE = 16, SHA1_SIZE = 20, SHA256_SIZE = 32 };

void md5(uint8_t out[MD5_SIZE], span data);
/* Of up to MD5_LANES texts together, which for short ones (one block: 55 bytes) takes hardly longer
 * than of one (md5_lanes.c). */
enum { MD5_LANES = 8 };
void md5_lanes(uint8_t out[][MD5_SIZE], const span *texts, size_t count);
void sha256(uint8_t out[SHA256_SIZE], span data);
void hmac_sha256(uint8_t out[SHA256_SIZE], span key, span data);
void hmac_sha1(uint8_t out[SHA1_SIZE], span key, span data);
uint32_t crc32_of(uint32_t crc, span data); /* start with 0; zlib's polynomial */
uint32_t crc32c_of(uint32_t crc, span data); /* Castagnoli's (RFC 3720); start with 0 */
uint64_t crc64nvme_of(uint64_t crc, span data); /* NVM Express's; start with 0 (crc64.c) */

/* Running digests for bodies that stream. */
enum digest_kind { DIGEST_MD5, DIGEST_SHA1, DIGEST_SHA256 };
struct digest;
struct digest *digest_open(enum digest_kind);
void digest_update(struct digest *, span);
size_t digest_close(struct digest *, uint8_t out[SHA256_SIZE]); /* frees; returns the size */
/* The same beside the caller, in a thread of its own when there is much (digest_apart.c). */
struct digest_apart;
struct digest_apart *digest_apart_open(enum digest_kind);
void digest_apart_update(struct digest_apart *, span); /* copies */
size_t digest_apart_close(struct digest_apart *, uint8_t out[SHA256_SIZE]);
/* Constant-time comparison. */
bool digest_equal(span a, span b);
