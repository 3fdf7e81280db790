/* The project, the choice of stacks and the services of the stack commands. */
#include "cli/stack.h"

#include <fnmatch.h>
#include <stdarg.h>
#include <unistd.h>

/* ---- the project ---- */

static void tell_slips(const struct stack_door *door, const char *file)
{
    for (const struct slip *slip = door->project.slips; slip; slip = slip->next)
        fprintf(stderr, "sluice %s: %s%s: %s: %s\n", door->command->name,
                slip->fatal ? "" : "note: ", file, slip->place, slip->text);
}

error stack_project(struct stack_door *door)
{
    enum { FILE_MAX_BYTES = 1 << 20 };
    const char *file = door->options->file ? door->options->file : "cdk.context.json";
    struct buffer text = {0};
    error e = file_read_whole(file, &text, FILE_MAX_BYTES);
    if (e != OK && !door->options->file && access(file, F_OK) != 0)
        e = fail(e, "there is no cdk.context.json here: go to the project's folder or give --file");
    if (e == OK) {
        e = project_read(&door->arena, buffer_span(&text), &door->project);
        if (e != OK) fail_context(e, "%s", file);
        tell_slips(door, file);
    }
    buffer_release(&text);
    return e;
}

/* ---- the choice ---- */

static error choose(struct stack_door *door, const char *pattern)
{
    bool found = false;
    for (int i = 0; i < PROJECT_STACKS; i++) {
        if (fnmatch(pattern, project_stacks[i].name, 0) != 0) continue;
        door->chosen[i] = found = true;
    }
    if (found) return OK;
    struct buffer names = {0};
    for (int i = 0; i < PROJECT_STACKS; i++)
        buffer_printf(&names, "%s%s", i ? ", " : "", project_stacks[i].name);
    fail(ERR_USAGE, "'%s' is no stack of the project; there are: %s", pattern, buffer_text(&names));
    buffer_release(&names);
    return ERR_USAGE;
}

error stack_choose(struct stack_door *door, int count, char **names)
{
    if (door->options->all && count)
        return fail(ERR_USAGE, "either names of stacks or --all");
    for (int i = 0; i < count; i++) TRY(choose(door, names[i]));
    for (int i = 0; i < PROJECT_STACKS && !count; i++) door->chosen[i] = true;
    return OK;
}

const char *stack_word(int i)
{
    return i < PROJECT_STACKS ? project_stacks[i].name : NULL;
}

/* ---- the services ---- */

error stack_connect(struct stack_door *door)
{
    const struct stack_options *options = door->options;
    if (options->remote && (options->dir || options->endpoint_url))
        return fail(ERR_USAGE, "--remote excludes --dir and --endpoint-url");
    door->json = options->json || isatty(STDOUT_FILENO) != 1;
    door->region = options->region ? options->region
                   : options->remote ? http_aws_region(&door->arena) : default_region();
    if (!door->region)
        return fail(ERR_USAGE, "no region: give --region, set AWS_REGION or the profile's region");
    if (options->remote) return http_client_open(NULL, &door->client);
    return endpoint_client(&door->arena, options->endpoint_url, options->dir, &door->url,
                           &door->client);
}

void stack_close(struct stack_door *door)
{
    if (door->client) http_client_close(door->client);
    project_release(&door->project);
    arena_release(&door->arena);
}

const char *stack_url(struct stack_door *door, const char *service)
{
    if (door->url) return door->url;
    const char *set = http_aws_endpoint_set(&door->arena, service);
    return set ? set : http_aws_endpoint(&door->arena, service, door->region);
}

error stack_call(struct stack_door *door, const char *service, const char *target, json_t *input,
                 json_t **output)
{
    error e = http_aws_json(door->client, stack_url(door, service), service, door->region, target,
                            input, 0, output);
    json_decref(input);
    return e;
}

error stack_call_rest(struct stack_door *door, const char *service, const char *operation,
                      json_t *input, json_t **output)
{
    const char *url = arena_printf(&door->arena, "%s/%s", stack_url(door, service), operation);
    error e = http_aws_json(door->client, url, service, door->region, NULL, input, 0, output);
    json_decref(input);
    return e;
}

void stack_note(const struct stack_door *door, const char *format, ...)
{
    progress_end();
    fprintf(stderr, "sluice %s: note: ", door->command->name);
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}
