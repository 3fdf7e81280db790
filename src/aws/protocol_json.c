/* AWS JSON 1.1: which form a request speaks, its body as a document or token by token, and the
 * shape of errors. */
#include "aws/internal.h"

const char *wire_content_type(enum wire wire)
{
    return wire == WIRE_CBOR ? CBOR_CONTENT_TYPE : "application/x-amz-json-1.1";
}

bool wire_recognise(const struct service *service, span content_type, enum wire *wire)
{
    const char *semicolon =
        content_type.size ? memchr(content_type.data, ';', content_type.size) : NULL;
    if (semicolon) content_type.size = (size_t)(semicolon - content_type.data);
    content_type = span_trim(content_type);
    *wire = WIRE_JSON;
    if (span_equal_nocase(content_type, SPAN("application/x-amz-json-1.1"))) return true;
    if (span_equal_nocase(content_type, SPAN("application/json"))) return true;
    if (service->protocol == PROTOCOL_JSON && service->cbor &&
        span_equal_nocase(content_type, SPAN(CBOR_CONTENT_TYPE))) {
        *wire = WIRE_CBOR;
        return true;
    }
    return false;
}

/* An empty body is an empty input, as AWS reads it. */
error protocol_json_read(span body, json_t **out)
{
    if (span_trim(body).size == 0) {
        *out = json_object();
        return OK;
    }
    json_t *document;
    TRY(json_read(body, &document));
    if (!json_is_object(document)) {
        json_decref(document);
        return fail(ERR_SERIALIZATION, "Start of structure or map found where not expected.");
    }
    *out = document;
    return OK;
}

error protocol_cbor_read(span body, json_t **out)
{
    if (body.size) return cbor_read(body, out);
    *out = json_object();
    return OK;
}

span protocol_json_error(struct arena *arena, enum wire wire, const char *name, const char *message)
{
    struct writer w;
    writer_begin(&w, arena, wire, strlen(message) + 128);
    writer_map(&w);
    writer_member_text(&w, "__type", name);
    writer_member_text(&w, "message", message);
    writer_map_end(&w);
    return writer_span(&w);
}

void body_reader_begin(struct body_reader *r, struct arena *arena, enum wire wire, span body)
{
    r->wire = wire;
    r->arena = arena;
    if (wire == WIRE_CBOR) cbor_reader_begin(&r->cbor, arena, body);
    else json_scan_begin(&r->json, body);
}

enum json_token body_reader_next(struct body_reader *r)
{
    return r->wire == WIRE_CBOR ? cbor_reader_next(&r->cbor) : json_scan_next(&r->json);
}

bool body_reader_skip(struct body_reader *r, enum json_token first)
{
    return r->wire == WIRE_CBOR ? cbor_reader_skip(&r->cbor, first) : json_scan_skip(&r->json, first);
}

static bool wire_string(struct body_reader *r, span *out)
{
    if (!r->json.escaped) {
        *out = r->json.text;
        return true;
    }
    char *text = arena_alloc(r->arena, r->json.text.size);
    *out = (span){text, 0};
    return json_unescape(r->json.text, text, &out->size);
}

bool body_reader_text(struct body_reader *r, span *out)
{
    if (r->wire == WIRE_JSON) return wire_string(r, out);
    *out = r->cbor.text;
    return !r->cbor.bytes;
}

bool body_reader_blob(struct body_reader *r, span *out)
{
    if (r->wire == WIRE_CBOR) {
        *out = r->cbor.text;
        return r->cbor.bytes;
    }
    span text;
    if (!wire_string(r, &text)) return false;
    char *data = arena_alloc(r->arena, base64_decoded_max(text.size));
    *out = (span){data, 0};
    return base64_decode(data, &out->size, text) == OK;
}
