/* What the S3 files share: how a request names bucket, key and parameters, and how replies and
 * errors are worded. Facts: Amazon S3 API Reference, 2006-03-01. */
#pragma once

#include "aws/internal.h"

extern const struct operation s3_bucket_operations[];    /* s3_bucket.c */
extern const struct operation s3_object_operations[];    /* s3_object.c */
extern const struct operation s3_list_operations[];      /* s3_list.c */

struct s3_parameter { const char *name, *value; };

/* What a request says beside its headers. */
struct s3_request {
    const char *bucket, *key; /* NULL: none named */
    struct s3_parameter *parameters; /* of the query, decoded */
    size_t parameter_count;
};

/* Finds out bucket, key, parameters and the operation (call.operation NULL: none such). */
error s3_recognise(struct call *) MUST_CHECK;
void s3_reply_error(struct call *, error);

/* Value of a parameter of the query ("" when it has none); NULL: absent. */
const char *s3_parameter(const struct call *, const char *name);
/* Value of a header as text in the call's arena; NULL: absent. */
const char *s3_header(const struct call *, const char *name);
/* Whole number in a parameter; `otherwise` when absent. */
error s3_parameter_integer(const struct call *, const char *name, int64_t least, int64_t most,
                           int64_t otherwise, int64_t *out) MUST_CHECK;
/* Replies with the XML in the buffer, which is released; a status without a body. */
void s3_reply_xml(struct call *, int status, struct buffer *xml);
void s3_reply_empty(struct call *, int status);
void s3_reply_header(struct call *, const char *name, const char *value);
