/* XML trees: what is kept, what is refused. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include "base/base.h"
#include "base/xml.h"

#include <cmocka.h>

static struct arena arena;

static const struct xml_element *read_good(const char *text)
{
    const struct xml_element *root = NULL;
    assert_int_equal(xml_read(&arena, span_of(text), &root), OK);
    return root;
}

static void elements_and_text(void **state)
{
    (void)state;
    const struct xml_element *root = read_good(
        "\n <?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<s3:List xmlns:s3=\"http://x/\" a=\"1\"><!-- c -->"
        "<Key>a&amp;b&#x20AC;<![CDATA[<c>]]></Key>"
        "<Empty/><Key> two <In>x</In>parts</Key></s3:List>\n");
    assert_string_equal(root->name, "List");
    assert_string_equal(root->value, "");
    const struct xml_element *key = xml_child(root, "Key");
    assert_string_equal(key->value, "a&b\xe2\x82\xac<c>");
    key = xml_again(key);
    assert_string_equal(key->value, " two parts");
    assert_string_equal(xml_child_value(key, "In"), "x");
    assert_null(xml_again(key));
    assert_string_equal(xml_child_value(root, "Empty"), "");
    assert_null(xml_child_value(root, "None"));
    assert_null(xml_child(NULL, "Key"));
}

static void refuse(const char *text, const char *why)
{
    const struct xml_element *root;
    assert_int_equal(xml_read(&arena, span_of(text), &root), ERR_PARSE);
    if (!strstr(error_text(), why)) fail_msg("%s", error_text());
}

static void what_is_refused(void **state)
{
    (void)state;
    refuse("", "no element");
    refuse("<a>", "XML line 1 column");
    refuse("<a></b>", "mismatched");
    refuse("<a/><b/>", "junk");
    refuse("<a>&no;</a>", "undefined entity");
    refuse("<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", "DOCTYPE");
    struct buffer deep = {0};
    for (int i = 0; i < 100; i++) buffer_append_text(&deep, "<a>");
    refuse(buffer_text(&deep), "nested too deeply");
    buffer_release(&deep);
}

static int release(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_and_text),
        cmocka_unit_test(what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
