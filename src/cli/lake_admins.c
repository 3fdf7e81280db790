/* The administrators of the data lake. A stack's DataLakeSettings put its own in the place of all
 * that there were; `sluice deploy' puts those back. */
#include "cli/stack.h"

static json_t *principal_of(const json_t *admin)
{
    return json_object_get(admin, "DataLakePrincipalIdentifier");
}

static bool has_admin(const json_t *admins, const json_t *admin)
{
    size_t i;
    json_t *one;
    json_array_foreach(admins, i, one)
        if (json_equal(principal_of(one), principal_of(admin))) return true;
    return false;
}

static error read_settings(struct stack_door *door, json_t **settings)
{
    json_t *output;
    TRY(stack_call_rest(door, "lakeformation", "GetDataLakeSettings", json_object(), &output));
    *settings = json_incref(json_object_get(output, "DataLakeSettings"));
    json_decref(output);
    if (!*settings) *settings = json_object();
    return OK;
}

/* The one that the stack itself names. */
static bool is_the_stacks(const json_t *admin)
{
    const char *id = json_string_value(principal_of(admin));
    return !id || strstr(id, ":role/cdk-hnb659fds-cfn-exec-role-");
}

/* Named before the stack takes their place: who dies in between has still said who they were. */
static void name_admins(struct stack_door *door, const json_t *admins)
{
    size_t i;
    json_t *admin;
    json_array_foreach(admins, i, admin)
        if (!is_the_stacks(admin))
            stack_note(door, "data lake administrator kept: %s",
                       json_string_value(principal_of(admin)));
}

error lake_admins_read(struct stack_door *door, json_t **admins)
{
    json_t *settings;
    error e = read_settings(door, &settings);
    if (e != OK)
        return fail_context(e, "the data lake's administrators cannot be read, and this stack "
                               "would take their place");
    *admins = json_incref(json_object_get(settings, "DataLakeAdmins"));
    if (!*admins) *admins = json_array();
    json_decref(settings);
    name_admins(door, *admins);
    return OK;
}

error lake_admins_keep(struct stack_door *door, const json_t *before)
{
    json_t *settings, *output, *admin;
    size_t i;
    bool dropped = false;
    if (!json_array_size(before)) return OK;
    TRY(read_settings(door, &settings));
    json_t *now = json_object_get(settings, "DataLakeAdmins");
    if (!now) json_object_set_new(settings, "DataLakeAdmins", now = json_array());
    json_array_foreach(before, i, admin) {
        if (has_admin(now, admin)) continue;
        dropped = true;
        json_array_append(now, admin);
    }
    error e = OK;
    if (dropped) {
        e = stack_call_rest(door, "lakeformation", "PutDataLakeSettings",
                            json_pack("{s:O}", "DataLakeSettings", settings), &output);
        if (e == OK) json_decref(output);
        else fail_context(e, "the data lake's administrators that the stack dropped cannot be put "
                             "back");
    }
    json_decref(settings);
    return e;
}
