/* `sluice script check`: what of a Glue script would not run here, without running it. */
#include "cli/internal.h"
#include "script/script.h"

#include <stddef.h>
#include <unistd.h>

struct script_cli_options { bool json; };

static void print_problem(const char *path, const json_t *problem)
{
    const char *text = json_text(problem, "text");
    printf("%s:%d: %s%s%s\n", path, (int)json_integer_or(problem, "line", 1),
           json_text(problem, "name"), text && *text ? ": " : "", text ? text : "");
}

static int run_script_command(const void *given, int count, char **arguments)
{
    const struct script_cli_options *options = given;
    json_t *problems, *problem;
    size_t i;
    if (strcmp(arguments[0], "check") != 0 || count != 2)
        return usage_error(&script_command, "say: sluice script check FILE.py");
    if (access(arguments[1], R_OK) != 0)
        return command_failed(&script_command, fail_errno("script %s", arguments[1]));
    error e = script_check(arguments[1], &problems);
    if (e != OK) return command_failed(&script_command, e);
    json_array_foreach(problems, i, problem)
    {
        if (options->json) print_json_line(problem);
        else print_problem(arguments[1], problem);
    }
    bool clean = json_array_size(problems) == 0;
    if (clean && !options->json) printf("%s: nothing that Sluice does not serve\n", arguments[1]);
    json_decref(problems);
    return clean ? STATUS_OK : STATUS_DATA;
}

static const struct option_row script_options_rows[] = {
    {.name = "json", .type = OPTION_TRUE, .summary = "One JSON line per finding: line, name, text",
     .offset = offsetof(struct script_cli_options, json)},
    {0},
};

const struct command script_command = {
    .name = "script",
    .summary = "Check a Glue script",
    .arguments = "check FILE.py",
    .arguments_min = 2,
    .arguments_max = 2,
    .description =
        "Lists what a Glue script (PySpark, awsglue) uses and Sluice does not serve, with the line "
        "and what to use instead, without running it. What is not seen beforehand is refused by name "
        "when the script gets there.",
    .examples = "  sluice script check example/ventilators/glue_streaming_from_kds_to_s3.py\n",
    .options = script_options_rows,
    .defaults = &(const struct script_cli_options){0},
    .options_size = sizeof(struct script_cli_options),
    .run = run_script_command,
};
