/* XML from services: whatever the bytes, a tree or ERR_PARSE, and every link of the tree holds. */
#include "base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t walk(const struct xml_element *element)
{
    size_t bytes = 0;
    for (; element; element = element->next) {
        CHECK(element->name[0]);
        CHECK(!xml_again(element) || strcmp(xml_again(element)->name, element->name) == 0);
        bytes += strlen(element->name) + strlen(element->value) + walk(element->child);
    }
    return bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    const struct xml_element *root = NULL;
    error e = xml_read(&arena, (span){(const char *)data, size}, &root);
    CHECK(e == ERR_PARSE || (e == OK && root && !root->next));
    if (e == OK) CHECK(walk(root) <= 4 * size); /* entities and encodings grow little */
    arena_release(&arena);
    return 0;
}
