/* `sluice help`: the list of commands, and what else is made of the command table: man pages
 * (roff, man(7)) and the bash completion. */
#include "cli/internal.h"
#include "dialect/dialect.h"

#include "aws/aws.h"

#include <stddef.h>
#include <stdlib.h>

struct help_options {
    bool man, completion, compatibility;
};

static const struct {
    int status;
    const char *meaning;
} statuses[] = {
    {STATUS_OK, "Done."},
    {STATUS_FAILED, "It could not be done; the reason is on standard error."},
    {STATUS_DATA, "Done, and the data is not as it should be."},
    {STATUS_USAGE, "The command line is wrong."},
};
enum { STATUS_COUNT = sizeof statuses / sizeof *statuses };

static const char summary[] = "streaming ETL in one binary, with AWS-compatible endpoints";

static void print_overview(void)
{
    printf("sluice " SLUICE_VERSION " - %s\n\nusage: sluice COMMAND [OPTION...]\n\n", summary);
    int width = 0;
    for (int i = 0; commands[i]; i++)
        if ((int)strlen(commands[i]->name) > width) width = (int)strlen(commands[i]->name);
    for (int i = 0; commands[i]; i++)
        printf("  %-*s  %s\n", width, commands[i]->name, commands[i]->summary);
    printf("\nOptions of a command: sluice COMMAND --help\n\nExit status:\n");
    for (int i = 0; i < STATUS_COUNT; i++)
        printf("  %-4d %s\n", statuses[i].status, statuses[i].meaning);
}

/* ---- man pages ---- */

/* Text as roff: backslashes and hyphens escaped, no line that starts as a request; an empty line
 * starts a paragraph. */
static void roff_text(const char *text)
{
    bool start = true;
    for (const char *p = text; *p; p++) {
        if (start && *p == '\n') {
            fputs(".PP\n", stdout);
            continue;
        }
        if (start && (*p == '.' || *p == '\'')) fputs("\\&", stdout);
        start = *p == '\n';
        if (*p == '\\') fputs("\\e", stdout);
        else if (*p == '-') fputs("\\-", stdout);
        else putchar(*p);
    }
    if (!start) putchar('\n');
}

static void roff_section(const char *title)
{
    printf(".SH %s\n", title);
}

/* `command` NULL: the page of sluice itself. */
static void roff_header(const char *command)
{
    printf(".TH sluice%s%s 1 \"\" \"sluice " SLUICE_VERSION "\" \"Sluice manual\"\n",
           command ? "\\-" : "", command ? command : "");
}

static void roff_statuses(void)
{
    roff_section("EXIT STATUS");
    for (int i = 0; i < STATUS_COUNT; i++)
        printf(".TP\n.B %d\n%s\n", statuses[i].status, statuses[i].meaning);
}

static void print_main_page(void)
{
    roff_header(NULL);
    roff_section("NAME");
    printf("sluice \\- %s\n", summary);
    roff_section("SYNOPSIS");
    printf(".B sluice\n.I COMMAND\n[\\fIOPTION\\fR...]\n");
    roff_section("COMMANDS");
    for (int i = 0; commands[i]; i++) {
        printf(".TP\n.BR sluice\\-%s (1)\n", commands[i]->name);
        roff_text(commands[i]->summary);
    }
    roff_statuses();
}

static void print_option(const struct option_row *row)
{
    fputs(".TP\n", stdout);
    if (row->letter) printf("\\fB\\-%c\\fR, ", row->letter);
    fputs("\\fB\\-\\-", stdout);
    for (const char *p = row->name; *p; p++) {
        if (*p == '-') putchar('\\');
        putchar(*p);
    }
    fputs("\\fR", stdout);
    if (row->type != OPTION_TRUE) printf("=\\fI%s\\fR", row->argument);
    putchar('\n');
    roff_text(row->summary);
}

static void print_examples(const char *text)
{
    roff_section("EXAMPLES");
    fputs(".nf\n", stdout);
    roff_text(text);
    fputs(".fi\n", stdout);
}

static void print_page(const struct command *command)
{
    roff_header(command->name);
    roff_section("NAME");
    printf("sluice\\-%s \\- ", command->name);
    roff_text(command->summary);
    roff_section("SYNOPSIS");
    printf(".B sluice %s\n[\\fIOPTION\\fR...]", command->name);
    if (*command->arguments) printf(" \\fI%s\\fR", command->arguments);
    putchar('\n');
    roff_section("DESCRIPTION");
    roff_text(command->description);
    roff_section("OPTIONS");
    for (const struct option_row *row = command->options; row->name; row++) print_option(row);
    roff_statuses();
    print_examples(command->examples);
    roff_section("SEE ALSO");
    printf(".BR sluice (1)\n");
}

/* ---- bash completion ---- */

static bool names_path(const struct option_row *row)
{
    return row->type == OPTION_STRING &&
           (strcmp(row->argument, "DIR") == 0 || strcmp(row->argument, "FILE") == 0);
}

static void print_completion_values(const struct command *command)
{
    for (const struct option_row *row = command->options; row->name; row++) {
        if (row->type == OPTION_ONE_OF) {
            printf("    %s,--%s) words='", command->name, row->name);
            for (int i = 0; row->choices[i]; i++) printf("%s%s", i ? " " : "", row->choices[i]);
            printf("' ;;\n");
        } else if (names_path(row)) {
            printf("    %s,--%s) files=1 ;;\n", command->name, row->name);
        } else if (row->type != OPTION_TRUE) {
            printf("    %s,--%s) return ;;\n", command->name, row->name);
        }
    }
}

static void print_completion_options(const struct command *command)
{
    printf("    %s,*) words='--help", command->name);
    for (const struct option_row *row = command->options; row->name; row++)
        printf(" --%s", row->name);
    for (int i = 0; command->word && command->word(i); i++) printf(" %s", command->word(i));
    bool files = *command->arguments && (!command->word || strstr(command->arguments, "FILE"));
    printf("'%s ;;\n", files ? " files=1" : "");
}

static void print_completion(void)
{
    printf("# bash completion of sluice " SLUICE_VERSION ": eval \"$(sluice help --completion)\"\n"
           "_sluice()\n{\n"
           "    local word=$2 previous=$3 words= files=\n"
           "    if [ \"$COMP_CWORD\" = 1 ]; then\n"
           "        COMPREPLY=($(compgen -W '--version --help");
    for (int i = 0; commands[i]; i++) printf(" %s", commands[i]->name);
    printf("' -- \"$word\"))\n        return\n    fi\n    COMPREPLY=()\n"
           "    case \"${COMP_WORDS[1]},$previous\" in\n");
    for (int i = 0; commands[i]; i++) print_completion_values(commands[i]);
    for (int i = 0; commands[i]; i++) print_completion_options(commands[i]);
    printf("    esac\n"
           "    [ -z \"$words\" ] || COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
           "    [ -z \"$files\" ] || [[ $word == -* ]] ||\n"
           "        COMPREPLY+=($(compgen -f -- \"$word\"))\n"
           "}\ncomplete -o filenames -F _sluice sluice\n");
}

/* ---- the command ---- */

/* ---- functions of SQL ---- */

struct listing { struct buffer *out; bool mapped; int count; };

static void function_list(void *context, const char *name, bool mapped)
{
    struct listing *l = context;
    if (mapped == l->mapped) buffer_printf(l->out, "%s`%s`", l->count++ ? ", " : "", name);
}

static void functions_print(struct buffer *out, const char *name, const char *where,
                            const struct dialect *dialect)
{
    buffer_printf(out, "\n## SQL: %s's functions\n\nOf %s. Mapped, with %s's results (some signatures "
                       "may be refused by name):\n\n", name, where, name);
    for (int mapped = 1; mapped >= 0; mapped--) {
        struct listing l = {out, mapped, 0};
        dialect_functions(dialect, function_list, &l);
        buffer_append_text(out, "\n");
        if (mapped)
            buffer_printf(out, "\nRefused by name, as all that %s has and is not listed here:\n\n", name);
    }
}

static int print_compatibility(void)
{
    struct buffer text = {0};
    gateway_print_compatibility(&text);
    functions_print(&text, "Trino", "`SELECT` in `sluice sql` and Athena", &dialect_trino);
    functions_print(&text, "Spark", "`spark.sql` and the DataFrames of Glue scripts", &dialect_spark);
    fwrite(text.data, 1, text.size, stdout);
    buffer_release(&text);
    return STATUS_OK;
}

static int print_command(const struct help_options *options, const char *name)
{
    const struct command *command = command_find(name);
    if (!command) return usage_error(&help_command, "no command '%s'", name);
    if (options->man) {
        print_page(command);
        return STATUS_OK;
    }
    char *argv[] = {NULL, "--help", NULL};
    return command_run(command, 2, argv);
}

static const char *help_word(int i)
{
    return commands[i] ? commands[i]->name : NULL;
}

static int help_run(const void *given, int count, char **arguments)
{
    const struct help_options *options = given;
    if (options->man + options->completion + options->compatibility > 1)
        return usage_error(&help_command, "only one of --man, --completion, --compatibility");
    if (options->compatibility) return print_compatibility();
    if (options->completion) print_completion();
    else if (count) return print_command(options, arguments[0]);
    else if (options->man) print_main_page();
    else print_overview();
    return STATUS_OK;
}

static const struct option_row help_options[] = {
    {.name = "man", .type = OPTION_TRUE, .summary = "Print the man page as roff",
     .offset = offsetof(struct help_options, man)},
    {.name = "completion", .type = OPTION_TRUE, .summary = "Print the completion script for bash",
     .offset = offsetof(struct help_options, completion)},
    {.name = "compatibility", .type = OPTION_TRUE,
     .summary = "Print the AWS operations that are served, as Markdown",
     .offset = offsetof(struct help_options, compatibility)},
    {0},
};

const struct command help_command = {
    .name = "help",
    .summary = "Explain sluice or one of its commands",
    .arguments = "[COMMAND]",
    .arguments_max = 1,
    .word = help_word,
    .description = "Explains sluice, or one command.",
    .examples = "  sluice help up\n"
                "  sluice help --man gen | man -l -\n"
                "  eval \"$(sluice help --completion)\"\n",
    .options = help_options,
    .defaults = &(const struct help_options){0},
    .options_size = sizeof(struct help_options),
    .run = help_run,
};
