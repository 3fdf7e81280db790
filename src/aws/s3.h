/* What the S3 files share: how a request names bucket, key and parameters, how its body comes, and
 * how replies and errors are worded. Facts: Amazon S3 API Reference, 2006-03-01. */
#pragma once

#include "aws/internal.h"
#include "aws/rows.h"

#define S3_PUT_MAX ((int64_t)5 << 30) /* one PUT, one part, one copy */
enum { S3_PAGE_MAX = 1000, S3_PART_MIN = 5 << 20, S3_TAGS_MAX = 10, S3_BUCKET_TAGS_MAX = 50 };

/* ---- requests (s3.c, s3_route.c) ---- */

struct s3_parameter { const char *name, *value; };

/* How the body stands for itself, by x-amz-content-sha256. */
enum s3_payload {
    PAYLOAD_UNSIGNED,
    PAYLOAD_DIGEST,                 /* the header holds its SHA-256 */
    PAYLOAD_CHUNKS_UNSIGNED,        /* aws-chunked, STREAMING-UNSIGNED-PAYLOAD-TRAILER */
    PAYLOAD_CHUNKS_SIGNED,          /* aws-chunked, STREAMING-AWS4-HMAC-SHA256-PAYLOAD */
    PAYLOAD_CHUNKS_SIGNED_TRAILER,  /* ... -TRAILER */
};

/* What a request says beside its headers. */
struct s3_request {
    const char *bucket, *key; /* NULL: none named */
    const char *resource;     /* "/bucket/key" as sent, for SigV2 and errors */
    struct s3_parameter *parameters; /* of the query, decoded */
    size_t parameter_count;
    enum s3_payload payload;
    const char *payload_sha256; /* hexadecimal; PAYLOAD_DIGEST */
    const char *secret;         /* who signed by SigV4; NULL: nobody did */
};

/* Finds out bucket, key, parameters and the operation (call.operation NULL: none such). */
error s3_recognise(struct call *) MUST_CHECK;
error s3_authenticate(struct call *) MUST_CHECK; /* s3_auth.c */
/* Reads x-amz-content-sha256; part of s3_authenticate, alone when signatures are not verified. */
error s3_payload_read(struct call *) MUST_CHECK;
/* The owner that a request expects must be the account. */
error s3_owner_check(struct call *) MUST_CHECK;
/* A request whose body came whole. */
error s3_run(struct call *) MUST_CHECK;
void s3_reply_error(struct call *, error);
/* The operation a request's method, path, query and headers name, or NULL. */
const char *s3_route(const struct call *);

/* Value of a parameter of the query ("" when it has none); NULL: absent. */
const char *s3_parameter(const struct call *, const char *name);
/* Value of a header as text in the call's arena; NULL: absent. */
const char *s3_header(const struct call *, const char *name);
/* Whole number in a parameter; `otherwise` when absent. */
error s3_parameter_integer(const struct call *, const char *name, int64_t least, int64_t most,
                           int64_t otherwise, int64_t *out) MUST_CHECK;
/* Whether the text can be the id of a version at all. */
error s3_version_check(const char *id) MUST_CHECK;
/* ?versionId=, NULL: absent. */
error s3_version_id(const struct call *, const char **) MUST_CHECK;
struct object_store *s3_store(const struct call *);

/* ---- replies ---- */

void s3_reply_header(struct call *, const char *name, const char *value); /* NULL: none */
/* Replies with the XML in the buffer, which is released; a status without a body. */
void s3_reply_xml(struct call *, int status, struct buffer *xml);
void s3_reply_empty(struct call *, int status);
/* S3's code and message of an error whose text is the thread's. */
int s3_error_words(struct call *, error, const char **name, const char **message);
void s3_write_acl(struct call *, struct buffer *); /* s3_setting.c */
error s3_acl_check(struct call *) MUST_CHECK;     /* it gives the owner everything, nobody else */
const char *s3_quoted(struct call *, const char *etag);
const char *s3_owner(struct call *); /* canonical user id of the account */
void s3_write_owner(struct call *, struct buffer *, const char *element);

/* ---- bodies (s3_body.c, s3_chunk.c, s3_checksum.c) ---- */

enum s3_checksum { CHECKSUM_NONE, CHECKSUM_CRC32, CHECKSUM_CRC32C, CHECKSUM_CRC64NVME,
                   CHECKSUM_SHA1, CHECKSUM_SHA256, CHECKSUM_COUNT };
enum { CHECKSUM_TEXT_MAX = 48 };
struct s3_sum {
    enum s3_checksum kind;
    uint64_t crc;
    struct digest *digest;
};
const char *checksum_name(enum s3_checksum);    /* "CRC32" */
const char *checksum_header(enum s3_checksum);  /* "x-amz-checksum-crc32" */
const char *checksum_element(enum s3_checksum); /* "ChecksumCRC32" */
size_t checksum_size(enum s3_checksum);         /* bytes */
enum s3_checksum checksum_by_name(const char *); /* ignoring case; NONE: no such */
enum s3_checksum checksum_by_header(span);
bool checksum_is_crc(enum s3_checksum);
void s3_sum_open(struct s3_sum *, enum s3_checksum);
void s3_sum_add(struct s3_sum *, span);
/* Base64 text; closes. */
void s3_sum_close(struct s3_sum *, char text[CHECKSUM_TEXT_MAX]);
/* The value is base64 of as many bytes as the algorithm has. */
bool checksum_is_well_formed(enum s3_checksum, const char *text);
/* The checksum that the headers give (x-amz-checksum-*), announce as trailer, or ask for. */
struct s3_expected {
    enum s3_checksum kind;
    const char *value;  /* NULL: comes in the trailer, or is only asked for */
    bool trailer;
};
error s3_checksum_expected(struct call *, struct s3_expected *) MUST_CHECK;

/* aws-chunked, decoded as it comes. */
struct s3_chunks {
    bool signatures, trailer;
    struct sigv4_chain *chain;   /* NULL: signatures are not verified */
    error (*sink)(void *context, span bytes);
    void *context;
    /* its own */
    int state;
    int64_t left, decoded;
    bool last, small;            /* the last chunk was met; one shorter than the least was */
    struct buffer line, trailers; /* trailers: "name:value\n" lines, names in lower case */
    char signature[64];
    size_t signature_size;
};
error s3_chunks_feed(struct s3_chunks *, span bytes) MUST_CHECK;
error s3_chunks_end(struct s3_chunks *) MUST_CHECK; /* the body is complete */
void s3_chunks_release(struct s3_chunks *);

struct s3_body;
bool s3_streams(const struct call *);
error s3_body_open(struct call *, struct s3_body **) MUST_CHECK;
error s3_body_write(struct s3_body *, span bytes) MUST_CHECK;
error s3_body_finish(struct s3_body *) MUST_CHECK;
void s3_body_close(struct s3_body *);
struct call *s3_body_call(struct s3_body *);
/* Checks a body that came whole against what the headers say of it. */
error s3_body_check(struct call *) MUST_CHECK;

/* ---- what is kept with an object (s3_attributes.c) ---- */

/* From a put's headers: {"headers": {..}, "metadata": {..}, "tags": [..]}. A new reference. */
error s3_attributes_read(struct call *, json_t **) MUST_CHECK;
void s3_attributes_set_checksum(json_t *attributes, enum s3_checksum, const char *type,
                                const char *value);
/* Reply headers of an object or version. */
void s3_reply_attributes(struct call *, const json_t *attributes);
void s3_reply_checksum(struct call *, const json_t *attributes);
void s3_reply_encryption(struct call *, const json_t *attributes);
void s3_write_checksum(struct buffer *, const json_t *attributes);
void s3_reply_version(struct call *, const struct object_version *);
/* If-None-Match: * and If-Match of a put. */
error s3_put_condition(struct call *, struct object_condition *) MUST_CHECK;
error s3_tags_check(const json_t *tags, size_t most) MUST_CHECK; /* list of {Key, Value} */
extern const struct member s3_tagging_rows[];

/* The object that x-amz-copy-source names, opened, its conditions checked. */
struct s3_source {
    struct object_version version;
    int file;
    bool same;      /* it is the object that is written, in its newest version */
};
error s3_source_open(struct call *, struct s3_source *) MUST_CHECK;
void s3_source_close(struct s3_source *);
/* Copies bytes of the source into an upload. */
error s3_source_copy(struct call *, const struct s3_source *, int64_t offset, int64_t length,
                     struct upload *, struct s3_sum *) MUST_CHECK;

/* bytes=a-b of an object: false when the header is none that counts. ERR_INVALID_RANGE. */
error s3_range_read(const char *header, int64_t size, bool *ranged, int64_t *first,
                    int64_t *last) MUST_CHECK;
error s3_conditions(struct call *, const struct object_version *, bool *not_modified) MUST_CHECK;

/* ---- operations ---- */

extern const struct operation s3_bucket_operations[];    /* s3_bucket.c */
extern const struct operation s3_setting_operations[];   /* s3_setting.c */
extern const struct operation s3_object_operations[];    /* s3_object.c */
extern const struct operation s3_copy_operations[];      /* s3_copy.c */
extern const struct operation s3_tagging_operations[];   /* s3_attributes.c */
extern const struct operation s3_list_operations[];      /* s3_list.c */
extern const struct operation s3_multipart_operations[]; /* s3_multipart.c */
extern const struct operation s3_unserved_operations[];  /* s3_route.c */

/* What is done with the bytes of a streamed body once they are checked (s3_object.c,
 * s3_multipart.c); each frees the upload. */
struct s3_stored {
    struct upload *upload;
    json_t *attributes;
    struct object_condition condition;
    enum s3_checksum checksum;
    const char *checksum_value;  /* computed; NULL: none */
};
error s3_put_object(struct call *, struct s3_stored *) MUST_CHECK;
error s3_upload_part(struct call *, struct s3_stored *) MUST_CHECK;
/* Before the body of a part: its number and upload must be right. */
error s3_upload_part_admit(struct call *) MUST_CHECK;
/* The algorithm an upload was created with. */
error s3_upload_checksum(struct call *, enum s3_checksum *) MUST_CHECK;
