/* XML documents of the AWS protocols as a tree in an arena: elements with text and children.
 * Attributes and namespace prefixes are dropped; a DOCTYPE is refused. */
#pragma once

#include "base/arena.h"

struct xml_element {
    const char *name;  /* without prefix */
    const char *value; /* its own text, blanks kept; "" when there is none */
    const struct xml_element *child, *next; /* first child; next sibling */
};

/* The root element. ERR_PARSE names line and column; blanks before the document are skipped. */
error xml_read(struct arena *, span text, const struct xml_element **root) MUST_CHECK;

/* First child of the name, or NULL; NULL's child is NULL. */
const struct xml_element *xml_child(const struct xml_element *, const char *name);
/* Next sibling of the same name, or NULL. */
const struct xml_element *xml_again(const struct xml_element *);
/* Text of the first child of the name, or NULL when there is none. */
const char *xml_child_value(const struct xml_element *, const char *name);
