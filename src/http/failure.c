/* What an error reply of an AWS service means: its name and status become an error of error.def,
 * whose row says whether trying again may help. */
#include "http/http.h"

/* Names that services have for what error.def calls otherwise; most are of the SDKs' lists of
 * errors to retry. */
static const struct {
    const char *name;
    error e;
} names[] = {
    {"Throttling", ERR_THROTTLING},
    {"ThrottledException", ERR_THROTTLING},
    {"RequestThrottled", ERR_THROTTLING},
    {"RequestThrottledException", ERR_THROTTLING},
    {"TooManyRequestsException", ERR_THROTTLING},
    {"RequestLimitExceeded", ERR_THROTTLING},
    {"BandwidthLimitExceeded", ERR_THROTTLING},
    {"KMSThrottlingException", ERR_THROTTLING},
    {"SlowDown", ERR_THROTTLING},
    {"PriorRequestNotComplete", ERR_THROTTLING},
    {"RequestTimeout", ERR_TIMEOUT},
    {"RequestTimeoutException", ERR_TIMEOUT},
    {"OperationTimeoutException", ERR_TIMEOUT},
    {"InternalError", ERR_UNAVAILABLE},
    {"InternalServiceException", ERR_UNAVAILABLE},
    {"ExpiredToken", ERR_EXPIRED_TOKEN},
    {"TokenRefreshRequired", ERR_EXPIRED_TOKEN},
    {"AccessDenied", ERR_ACCESS_DENIED},
    {"InvalidAccessKeyId", ERR_UNRECOGNIZED_CLIENT},
    {"InvalidClientTokenId", ERR_UNRECOGNIZED_CLIENT},
    {"SignatureDoesNotMatch", ERR_INVALID_SIGNATURE},
    {"RequestTimeTooSkewed", ERR_INVALID_SIGNATURE},
};

static error error_of_status(int status)
{
    switch (status) {
    case 401:
    case 403: return ERR_ACCESS_DENIED;
    case 408: return ERR_TIMEOUT;
    case 429: return ERR_THROTTLING;
    case 501: return ERR_NOT_IMPLEMENTED;
    default: return status >= 500 ? ERR_UNAVAILABLE : ERR_VALIDATION;
    }
}

error http_aws_error(int status, const char *name)
{
    if (!name || status >= 500) return error_of_status(status); /* whatever it is called */
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].name, name) == 0) return names[i].e;
    error named = error_by_name(name);
    return strcmp(error_row(named)->name, name) == 0 ? named : error_of_status(status);
}

/* "com.amazonaws.kinesis#ResourceNotFoundException:http://..." to the name alone. */
static const char *name_of_type(struct arena *arena, const char *type)
{
    const char *hash = strrchr(type, '#');
    const char *name = hash ? hash + 1 : type;
    return arena_printf(arena, "%.*s", (int)strcspn(name, ":"), name);
}

static error document_error(int status, json_t *body)
{
    struct arena arena = {0};
    const char *type = json_text(body, "__type"), *message = json_text(body, "message");
    if (!message) message = json_text(body, "Message");
    const char *name = name_of_type(&arena, type ? type : "");
    error e = http_aws_error(status, name);
    bool known = strcmp(name, error_row(error_by_name(name))->name) == 0;
    if (known && message && *message) fail(e, "%s", message);
    else fail(e, "HTTP status %d %s %s", status, name, message ? message : "");
    arena_release(&arena);
    json_decref(body);
    return e;
}

error http_json_error(int status, span reply)
{
    json_t *body;
    if (json_read(reply, &body) == OK) return document_error(status, body);
    return fail(http_aws_error(status, NULL), "HTTP status %d", status);
}

error http_cbor_error(int status, span reply)
{
    json_t *body;
    if (cbor_read(reply, &body) == OK) return document_error(status, body);
    return fail(http_aws_error(status, NULL), "HTTP status %d", status);
}
