/* What changes from one template to another, value by value. */
#include "project/project.h"

/* Properties that CloudFormation cannot change in place, of the types that the stacks have (AWS
 * CloudFormation Template Reference, "Update requires: Replacement"). NULL: any. */
static const struct {
    const char *type, *property;
} replacements[] = {
    {"AWS::S3::Bucket", "BucketName"},
    {"AWS::Kinesis::Stream", "Name"},
    {"AWS::IAM::Role", "RoleName"},
    {"AWS::IAM::Role", "Path"},
    {"AWS::Glue::Database", "CatalogId"},
    {"AWS::Glue::Database", "DatabaseInput.Name"},
    {"AWS::Glue::Table", "CatalogId"},
    {"AWS::Glue::Table", "DatabaseName"},
    {"AWS::Glue::Table", "TableInput.Name"},
    {"AWS::Glue::Job", "Name"},
    {"AWS::LakeFormation::PrincipalPermissions", NULL},
};

struct comparison {
    difference_sink *sink;
    void *context;
    struct difference found; /* section, name and type of what is compared */
    struct buffer path;
    int count;
};

/* Whether the path is that property or inside it. */
static bool is_within(const char *path, const char *property)
{
    size_t size = strlen(property);
    return strncmp(path, property, size) == 0 && strchr(".[", path[size]) != NULL;
}

static bool replaces(const char *type, const char *path)
{
    static const char properties[] = "Properties.";
    if (!type || strncmp(path, properties, sizeof properties - 1) != 0) return false;
    path += sizeof properties - 1;
    for (size_t i = 0; i < sizeof replacements / sizeof *replacements; i++)
        if (strcmp(replacements[i].type, type) == 0 &&
            (!replacements[i].property || is_within(path, replacements[i].property)))
            return true;
    return false;
}

static void tell(struct comparison *c, const json_t *before, const json_t *after)
{
    struct difference *d = &c->found;
    c->count++;
    if (!c->sink) return;
    d->path = buffer_text(&c->path);
    d->before = before;
    d->after = after;
    d->mark = !before ? '+' : !after ? '-' : '~';
    d->replaces = replaces(d->type, d->path);
    c->sink(c->context, d);
}

static void compare(struct comparison *, const json_t *before, const json_t *after);

/* Below the present path. */
static void compare_member(struct comparison *c, const char *name, const json_t *before,
                           const json_t *after)
{
    size_t size = c->path.size;
    buffer_printf(&c->path, "%s%s", size ? "." : "", name);
    compare(c, before, after);
    c->path.size = size;
}

static void compare_element(struct comparison *c, size_t index, const json_t *before,
                            const json_t *after)
{
    size_t size = c->path.size;
    buffer_printf(&c->path, "[%zu]", index);
    compare(c, before, after);
    c->path.size = size;
}

static void compare_objects(struct comparison *c, json_t *before, json_t *after)
{
    const char *name;
    json_t *value;
    json_object_foreach(after, name, value)
        compare_member(c, name, json_object_get(before, name), value);
    json_object_foreach(before, name, value)
        if (!json_object_get(after, name)) compare_member(c, name, value, NULL);
}

/* What the lists have in common at both ends is the same; between, one by one, where they are as
 * many; else some went and others came. */
static void compare_arrays(struct comparison *c, const json_t *before, const json_t *after)
{
    size_t first = 0, m = json_array_size(before), n = json_array_size(after);
    while (first < m && first < n &&
           json_equal(json_array_get(before, first), json_array_get(after, first)))
        first++;
    while (m > first && n > first &&
           json_equal(json_array_get(before, m - 1), json_array_get(after, n - 1)))
        m--, n--;
    bool pairs = m == n;
    for (size_t i = first; pairs && i < n; i++)
        compare_element(c, i, json_array_get(before, i), json_array_get(after, i));
    for (size_t i = first; !pairs && i < m; i++)
        compare_element(c, i, json_array_get(before, i), NULL);
    for (size_t i = first; !pairs && i < n; i++)
        compare_element(c, i, NULL, json_array_get(after, i));
}

/* A function of the template language is one value. */
static bool is_function(const json_t *value)
{
    if (json_object_size(value) != 1) return false;
    const char *name = json_object_iter_key(json_object_iter((json_t *)value));
    return strcmp(name, "Ref") == 0 || strncmp(name, "Fn::", 4) == 0;
}

static void compare(struct comparison *c, const json_t *before, const json_t *after)
{
    if (before && after && json_equal(before, after)) return;
    if (json_is_object(before) && json_is_object(after) && !is_function(before) &&
        !is_function(after))
        compare_objects(c, (json_t *)before, (json_t *)after);
    else if (json_is_array(before) && json_is_array(after)) compare_arrays(c, before, after);
    else tell(c, before, after);
}

/* ---- a template ---- */

/* What the CDK adds for its own statistics. */
static bool is_statistics(const char *section, const char *name)
{
    return (strcmp(section, "Resources") == 0 && strcmp(name, "CDKMetadata") == 0) ||
           (strcmp(section, "Conditions") == 0 && strcmp(name, "CDKMetadataAvailable") == 0);
}

static void compare_entry(struct comparison *c, const char *section, const char *name,
                          const json_t *before, const json_t *after)
{
    if (is_statistics(section, name)) return;
    const char *type = json_text(after ? after : before, "Type");
    c->found = (struct difference){
        .section = section,
        .name = name,
        .type = strcmp(section, "Resources") == 0 ? type : NULL,
    };
    compare(c, before, after);
}

static void compare_section(struct comparison *c, const char *section, json_t *before,
                            json_t *after)
{
    const char *name;
    json_t *value;
    json_object_foreach(after, name, value)
        compare_entry(c, section, name, json_object_get(before, name), value);
    json_object_foreach(before, name, value)
        if (!json_object_get(after, name)) compare_entry(c, section, name, value, NULL);
    if (json_is_object(before) || json_is_object(after)) return;
    c->found = (struct difference){.section = section, .name = section};
    compare(c, before, after); /* "Description": "..." */
}

int project_compare(const json_t *deployed, const json_t *wanted, difference_sink *sink,
                    void *context)
{
    struct comparison c = {.sink = sink, .context = context};
    json_t *before = (json_t *)deployed, *after = (json_t *)wanted, *value;
    const char *section;
    json_object_foreach(after, section, value)
        compare_section(&c, section, json_object_get(before, section), value);
    json_object_foreach(before, section, value)
        if (!json_object_get(after, section)) compare_section(&c, section, value, NULL);
    buffer_release(&c.path);
    return c.count;
}
