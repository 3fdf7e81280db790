/* From a command's table of options to a filled options struct, by glibc's argp, which also prints
 * --help and --usage from the same rows. */
#include "cli/internal.h"

#include <argp.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

enum { FIRST_KEY = 256 }; /* beyond ASCII: argp then knows no one-letter form */

struct parse {
    const struct command *command;
    char *values; /* the options struct */
    char **arguments;
    int count;
};

static bool parse_decimal(const char *text, double *out)
{
    char *end;
    *out = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*out);
}

static void parse_one_of(const struct option_row *row, const char *text, int *out,
                         struct argp_state *state)
{
    struct buffer names = {0};
    for (int i = 0; row->choices[i]; i++) {
        if (strcmp(text, row->choices[i]) == 0) {
            *out = i;
            buffer_release(&names);
            return;
        }
        buffer_printf(&names, "%s%s", i ? ", " : "", row->choices[i]);
    }
    argp_error(state, "--%s: '%s' is not one of: %s", row->name, text, buffer_text(&names));
}

static void parse_option(const struct option_row *row, const char *text, void *out,
                         struct argp_state *state)
{
    int64_t integer;
    double decimal;
    switch (row->type) {
    case OPTION_TRUE:
        *(bool *)out = true;
        break;
    case OPTION_STRING:
        if (*text == '\0') argp_error(state, "--%s: the value is empty", row->name);
        *(const char **)out = text;
        break;
    case OPTION_INTEGER:
        if (!parse_int64(span_of(text), &integer) || (double)integer < row->min ||
            (double)integer > row->max)
            argp_error(state, "--%s: '%s' is not a whole number from %.0f to %.0f", row->name, text,
                       row->min, row->max);
        *(int64_t *)out = integer;
        break;
    case OPTION_DECIMAL:
        if (!parse_decimal(text, &decimal) || decimal < row->min || decimal > row->max)
            argp_error(state, "--%s: '%s' is not a number from %g to %g", row->name, text, row->min,
                       row->max);
        *(double *)out = decimal;
        break;
    case OPTION_ONE_OF:
        parse_one_of(row, text, out, state);
        break;
    }
}

/* The row that argp names by its key; NULL: the key is none of a row. */
static const struct option_row *option_of(const struct command *command, int key)
{
    for (int i = 0; command->options[i].name; i++)
        if (key == (command->options[i].letter ? command->options[i].letter : FIRST_KEY + i))
            return &command->options[i];
    return NULL;
}

static bool takes_rest(const struct command *command, const char *text)
{
    size_t size = strlen(text), end = command->rest ? strlen(command->rest) : 0;
    return end && size > end && strcmp(text + size - end, command->rest) == 0;
}

static error_t parse_key(int key, char *text, struct argp_state *state)
{
    struct parse *parse = state->input;
    const struct command *command = parse->command;
    const struct option_row *row = option_of(command, key);
    if (row) {
        parse_option(row, text, parse->values + row->offset, state);
        return 0;
    }
    switch (key) {
    case 'h':
        argp_state_help(state, state->out_stream, ARGP_HELP_STD_HELP);
        return 0;
    case ARGP_KEY_ARG:
        if (parse->count == command->arguments_max)
            argp_error(state, "'%s' is one argument too many", text);
        parse->arguments[parse->count++] = text;
        if (takes_rest(command, text))
            while (state->next < state->argc)
                parse->arguments[parse->count++] = state->argv[state->next++];
        return 0;
    case ARGP_KEY_END:
        if (parse->count < command->arguments_min)
            argp_error(state, "%s is missing", command->arguments);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static struct argp_option *argp_options(struct arena *arena, const struct command *command)
{
    int count = 0;
    while (command->options[count].name) count++;
    struct argp_option *options = ARENA_ARRAY(arena, struct argp_option, (size_t)count + 2);
    for (int i = 0; i < count; i++) {
        const struct option_row *row = &command->options[i];
        options[i] = (struct argp_option){
            .name = row->name,
            .key = row->letter ? row->letter : FIRST_KEY + i,
            .arg = row->type == OPTION_TRUE ? NULL : row->argument,
            .doc = row->summary,
        };
    }
    options[count] = (struct argp_option){.key = 'h', .flags = OPTION_HIDDEN};
    return options;
}

int command_run(const struct command *command, int argc, char **argv)
{
    struct arena arena = {0};
    struct parse parse = {
        .command = command,
        .values = arena_copy(&arena, command->defaults, command->options_size),
        .arguments = ARENA_ARRAY(&arena, char *, (size_t)argc + 1),
    };
    struct argp argp = {
        .options = argp_options(&arena, command),
        .parser = parse_key,
        .args_doc = *command->arguments ? command->arguments : NULL,
        .doc = arena_printf(&arena, "%s\vExamples:\n%s", command->description, command->examples),
    };
    argv[0] = arena_printf(&arena, "sluice %s", command->name);
    argp_err_exit_status = STATUS_USAGE;
    argp_parse(&argp, argc, argv, command->rest ? ARGP_IN_ORDER : 0, NULL, &parse); /* ends the
                                                               process on wrong use */
    int status = command->run(parse.values, parse.count, parse.arguments);
    arena_release(&arena);
    return status;
}

int usage_error(const struct command *command, const char *format, ...)
{
    fprintf(stderr, "sluice %s: ", command->name);
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\nTry `sluice %s --help' for more information.\n", command->name);
    return STATUS_USAGE;
}

int command_failed(const struct command *command, error e)
{
    fprintf(stderr, "sluice %s: %s\n", command->name, error_text());
    return e == ERR_USAGE ? STATUS_USAGE : STATUS_FAILED;
}
