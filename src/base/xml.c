/* XML by expat, UTF-8 out. What comes from outside is bounded in depth and number of elements. */
#include "base/xml.h"

#include <expat.h>

enum { DEPTH_MAX = 64, ELEMENTS_MAX = 200000 };

/* An element that is still open: its text collects in the reader's buffer from `text` on. */
struct open_element {
    struct xml_element *element;
    const struct xml_element **link; /* where the next child goes */
    size_t text;
};

struct reader {
    struct arena *arena;
    XML_Parser parser;
    struct open_element open[DEPTH_MAX];
    int depth;
    size_t count;
    const struct xml_element *root;
    struct buffer text;
    const char *refused;
};

static void refuse(struct reader *r, const char *why)
{
    if (!r->refused) r->refused = why;
    XML_StopParser(r->parser, XML_FALSE);
}

/* Text of a parent that goes on behind its child is kept: the child's part is cut off again. */
static void on_start(void *context, const XML_Char *name, const XML_Char **attributes)
{
    (void)attributes;
    struct reader *r = context;
    if (r->depth == DEPTH_MAX || r->count == ELEMENTS_MAX) {
        refuse(r, r->depth == DEPTH_MAX ? "nested too deeply" : "too many elements");
        return;
    }
    const char *colon = strchr(name, ':');
    struct xml_element *element = ARENA_NEW(r->arena, struct xml_element);
    element->name = arena_text(r->arena, span_of(colon && colon[1] ? colon + 1 : name));
    element->value = "";
    r->count++;
    if (r->depth) {
        struct open_element *parent = &r->open[r->depth - 1];
        *parent->link = element;
        parent->link = &element->next;
    } else {
        r->root = element;
    }
    r->open[r->depth++] = (struct open_element){element, &element->child, r->text.size};
}

static void on_end(void *context, const XML_Char *name)
{
    (void)name;
    struct reader *r = context;
    if (r->refused) return;
    const struct open_element *open = &r->open[--r->depth];
    span text = {r->text.data + open->text, r->text.size - open->text};
    if (text.size) open->element->value = arena_text(r->arena, text);
    r->text.size = open->text;
}

static void on_text(void *context, const XML_Char *text, int size)
{
    struct reader *r = context;
    buffer_append(&r->text, text, (size_t)size);
}

static void on_doctype(void *context, const XML_Char *name, const XML_Char *system,
                       const XML_Char *public, int internal)
{
    (void)name, (void)system, (void)public, (void)internal;
    refuse(context, "a DOCTYPE is not allowed");
}

static error parse(struct reader *r, span text)
{
    text = span_trim(text);
    if (text.size > INT32_MAX / 2) return fail(ERR_PARSE, "XML of %zu bytes", text.size);
    XML_SetUserData(r->parser, r);
    XML_SetElementHandler(r->parser, on_start, on_end);
    XML_SetCharacterDataHandler(r->parser, on_text);
    XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
    if (XML_Parse(r->parser, text.data ? text.data : "", (int)text.size, 1) == XML_STATUS_OK)
        return OK;
    const char *why = r->refused ? r->refused : XML_ErrorString(XML_GetErrorCode(r->parser));
    return fail(ERR_PARSE, "XML line %lu column %lu: %s",
                (unsigned long)XML_GetCurrentLineNumber(r->parser),
                (unsigned long)XML_GetCurrentColumnNumber(r->parser), why);
}

error xml_read(struct arena *arena, span text, const struct xml_element **root)
{
    struct reader r = {.arena = arena, .parser = XML_ParserCreate(NULL)};
    if (!r.parser) return fail(ERR_MEMORY, "no XML parser");
    error e = parse(&r, text);
    XML_ParserFree(r.parser);
    buffer_release(&r.text);
    if (e == OK) *root = r.root;
    return e;
}

const struct xml_element *xml_child(const struct xml_element *element, const char *name)
{
    const struct xml_element *child = element ? element->child : NULL;
    while (child && strcmp(child->name, name) != 0) child = child->next;
    return child;
}

const struct xml_element *xml_again(const struct xml_element *element)
{
    const struct xml_element *next = element->next;
    while (next && strcmp(next->name, element->name) != 0) next = next->next;
    return next;
}

const char *xml_child_value(const struct xml_element *element, const char *name)
{
    const struct xml_element *child = xml_child(element, name);
    return child ? child->value : NULL;
}
