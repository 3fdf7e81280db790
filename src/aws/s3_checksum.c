/* Checksums of bodies ("Checking object integrity in Amazon S3"): the algorithms, and what a
 * request's headers say of them. */
#include "aws/s3.h"

#include <strings.h>

static const struct {
    const char *name, *header, *element;
    size_t size;
} checksums[CHECKSUM_COUNT] = {
    [CHECKSUM_NONE] = {"", "", "", 0},
    [CHECKSUM_CRC32] = {"CRC32", "x-amz-checksum-crc32", "ChecksumCRC32", 4},
    [CHECKSUM_CRC32C] = {"CRC32C", "x-amz-checksum-crc32c", "ChecksumCRC32C", 4},
    [CHECKSUM_CRC64NVME] = {"CRC64NVME", "x-amz-checksum-crc64nvme", "ChecksumCRC64NVME", 8},
    [CHECKSUM_SHA1] = {"SHA1", "x-amz-checksum-sha1", "ChecksumSHA1", SHA1_SIZE},
    [CHECKSUM_SHA256] = {"SHA256", "x-amz-checksum-sha256", "ChecksumSHA256", SHA256_SIZE},
};

const char *checksum_name(enum s3_checksum k) { return checksums[k].name; }
const char *checksum_header(enum s3_checksum k) { return checksums[k].header; }
const char *checksum_element(enum s3_checksum k) { return checksums[k].element; }
size_t checksum_size(enum s3_checksum k) { return checksums[k].size; }
bool checksum_is_crc(enum s3_checksum k) { return k >= CHECKSUM_CRC32 && k <= CHECKSUM_CRC64NVME; }

enum s3_checksum checksum_by_name(const char *name)
{
    for (int k = 1; k < CHECKSUM_COUNT; k++)
        if (strcasecmp(name, checksums[k].name) == 0) return (enum s3_checksum)k;
    return CHECKSUM_NONE;
}

enum s3_checksum checksum_by_header(span header)
{
    for (int k = 1; k < CHECKSUM_COUNT; k++)
        if (span_equal_nocase(header, span_of(checksums[k].header))) return (enum s3_checksum)k;
    return CHECKSUM_NONE;
}

void s3_sum_open(struct s3_sum *s, enum s3_checksum kind)
{
    *s = (struct s3_sum){.kind = kind};
    if (kind == CHECKSUM_SHA1) s->digest = digest_open(DIGEST_SHA1);
    if (kind == CHECKSUM_SHA256) s->digest = digest_open(DIGEST_SHA256);
}

void s3_sum_add(struct s3_sum *s, span bytes)
{
    switch (s->kind) {
    case CHECKSUM_CRC32: s->crc = crc32_of((uint32_t)s->crc, bytes); break;
    case CHECKSUM_CRC32C: s->crc = crc32c_of((uint32_t)s->crc, bytes); break;
    case CHECKSUM_CRC64NVME: s->crc = crc64nvme_of(s->crc, bytes); break;
    case CHECKSUM_SHA1:
    case CHECKSUM_SHA256: digest_update(s->digest, bytes); break;
    default: break;
    }
}

void s3_sum_close(struct s3_sum *s, char text[CHECKSUM_TEXT_MAX])
{
    uint8_t value[SHA256_SIZE] = {0};
    if (s->digest) digest_close(s->digest, value);
    else if (s->kind == CHECKSUM_CRC64NVME) put_be64(value, s->crc);
    else put_be32(value, (uint32_t)s->crc);
    s->digest = NULL;
    size_t size = checksums[s->kind].size;
    base64_encode(text, (span){(char *)value, size});
    text[base64_encoded_size(size)] = '\0';
}

bool checksum_is_well_formed(enum s3_checksum kind, const char *text)
{
    uint8_t value[CHECKSUM_TEXT_MAX];
    size_t size;
    return strlen(text) == base64_encoded_size(checksums[kind].size) &&
           base64_decode(value, &size, span_of(text)) == OK && size == checksums[kind].size;
}

error s3_checksum_expected(struct call *c, struct s3_expected *out)
{
    *out = (struct s3_expected){0};
    for (int k = 1; k < CHECKSUM_COUNT; k++) {
        const char *value = s3_header(c, checksums[k].header);
        if (!value) continue;
        if (out->value)
            return fail(ERR_INVALID_REQUEST,
                        "Expecting a single x-amz-checksum- header. Multiple checksum Types are "
                        "not allowed.");
        if (!checksum_is_well_formed((enum s3_checksum)k, value))
            return fail(ERR_INVALID_REQUEST, "Value for %s header is invalid.", checksums[k].header);
        *out = (struct s3_expected){(enum s3_checksum)k, value, false};
    }
    span trailer = http_header(c->http, "x-amz-trailer");
    if (trailer.data) {
        enum s3_checksum kind = checksum_by_header(span_trim(trailer));
        if (!kind)
            return fail(ERR_INVALID_REQUEST, "The value specified in the x-amz-trailer header is "
                                             "not supported");
        if (out->value)
            return fail(ERR_INVALID_REQUEST,
                        "Expecting a single x-amz-checksum- header");
        *out = (struct s3_expected){kind, NULL, true};
    }
    const char *wanted = s3_header(c, "x-amz-sdk-checksum-algorithm");
    if (!wanted) wanted = s3_header(c, "x-amz-checksum-algorithm");
    if (!wanted) return OK;
    enum s3_checksum kind = checksum_by_name(wanted);
    if (!kind)
        return fail(ERR_INVALID_REQUEST, "Checksum algorithm provided is unsupported. Please try "
                                         "again with any of the valid types: [CRC32, CRC32C, "
                                         "CRC64NVME, SHA1, SHA256]");
    if (out->kind && out->kind != kind)
        return fail(ERR_INVALID_REQUEST, "Value for x-amz-sdk-checksum-algorithm header is invalid.");
    out->kind = kind;
    return OK;
}
