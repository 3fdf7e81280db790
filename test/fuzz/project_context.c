/* Any text as a cdk.context.json: refused with words, or made into six templates that are the same
 * each time and differ from nothing but nothing. */
#include "project/project.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_template(const struct project *project, int stack)
{
    struct buffer once = {0}, again = {0};
    json_t *template = project_template(project, stack), *read;
    project_template_print(&once, template);
    CHECK(json_read(buffer_span(&once), &read) == OK);
    CHECK(project_compare(read, template, NULL, NULL) == 0);
    CHECK(project_compare(NULL, template, NULL, NULL) > 0);
    project_template_print(&again, read);
    CHECK(span_equal(buffer_span(&once), buffer_span(&again)));
    json_decref(template);
    json_decref(read);
    buffer_release(&once);
    buffer_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct project project;
    error e = project_read(&arena, (span){(const char *)data, size}, &project);
    bool fatal = false;
    for (const struct slip *slip = project.slips; slip; slip = slip->next) {
        CHECK(*slip->place && *slip->text);
        fatal |= slip->fatal;
    }
    CHECK(e == ERR_PARSE ? !fatal : (e != OK) == fatal);
    for (int i = 0; e == OK && i < PROJECT_STACKS; i++) check_template(&project, i);
    project_release(&project);
    arena_release(&arena);
    return 0;
}
