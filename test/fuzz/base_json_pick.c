/* Members picked from an object's text: of what json_print makes, what a document says; of other
 * bytes, nothing beyond them is read. */
#include "base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(struct arena *arena, const json_t *object, const struct json_pick *pick)
{
    const char *name = pick->name.data, *text = json_text(object, name);
    const char *picked = json_picked_text(arena, pick->value);
    CHECK((json_object_get(object, name) != NULL) == (pick->value.data != NULL));
    CHECK(text ? picked && strcmp(text, picked) == 0 : !picked);
    CHECK(json_picked_integer(pick->value, -7) == json_integer_or(object, name, -7));
    CHECK(json_picked_set(pick->value) == json_is_set(object, name));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_pick picks[] = {{.name = SPAN("a")}, {.name = SPAN("path")}, {.name = SPAN("size")}};
    enum { COUNT = sizeof picks / sizeof *picks };
    span given = {(const char *)data, size};
    struct arena arena = {0};
    struct buffer kept = {0};
    json_t *object = NULL;
    if (json_pick(given, picks, COUNT) == OK)
        for (int i = 0; i < COUNT; i++) (void)json_picked_text(&arena, picks[i].value);
    if (json_read(given, &object) == OK && json_is_object(object) &&
        json_print_kept(&kept, object) == OK) {
        CHECK(json_pick(buffer_span(&kept), picks, COUNT) == OK);
        for (int i = 0; i < COUNT; i++) compare(&arena, object, &picks[i]);
    }
    json_decref(object);
    buffer_release(&kept);
    arena_release(&arena);
    return 0;
}
