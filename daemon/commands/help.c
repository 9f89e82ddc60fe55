#include "base/terminal.h"
#include "commands/command_line.h"
#include "commands/help_config.h"
#include "net/tls.h"

#include <string.h>

enum {
    COMMAND_COLUMN = 19, /* where the summaries of commands begin */
    OPTION_COLUMN = 30,  /* the most for the texts of options */
    TERM_MAX = 64,
};

/* Prints TERM, and TEXT from COLUMN on: below TERM if that is too long. */
static void print_entry(FILE *out, const char *term, const char *text, size_t column)
{
    size_t width = text_columns(term);
    fprintf(out, "%s%*s", term, width < column ? (int)(column - width) : 0, "");
    if (width >= column)
        fprintf(out, "\n%*s", (int)column, "");
    for (const char *end; (end = strchr(text, '\n')); text = end + 1)
        fprintf(out, "%.*s\n%*s", (int)(end - text), text, (int)column, "");
    fprintf(out, "%s\n", text);
}

/* "  -H, --header 'Name: value'" */
static const char *term_of(const struct option_row *option, char term[TERM_MAX])
{
    const char letter[] = {option->letter, '\0'}, *name = option->name;
    snprintf(term, TERM_MAX, "%s%s%s%s%s%s%s", option->letter ? "  -" : "    ", letter,
             option->letter && name ? ", " : "", name ? (option->letter ? "--" : "  --") : "",
             name ? name : "", option->value ? " " : "", option->value ? option->value : "");
    return term;
}

static void print_options(FILE *out, const struct option_row *options, size_t n)
{
    char term[TERM_MAX];
    size_t column = 0;
    for (size_t i = 0; i < n; i++) {
        size_t width = text_columns(term_of(&options[i], term)) + 2;
        if (width > column && width <= OPTION_COLUMN)
            column = width;
    }
    for (size_t i = 0; i < n; i++) {
        if (options[i].take)
            print_entry(out, term_of(&options[i], term), options[i].help, column);
        else
            fprintf(out, "\n%s\n", options[i].help);
    }
}

/* Every text fits 80 columns. */
static void print_overview(FILE *out)
{
    fputs("usage: lambda-warmd [-c FILE] COMMAND [OPTION…]\n"
          "\n"
          "Keeps AWS Lambda functions warm: releases N requests at one instant, so that N\n"
          "instances answer, and reports how many did.\n"
          "\n",
          out);
    for (size_t i = 0; i < COMMANDS; i++) {
        const struct command_row *command = &command_rows[i];
        char term[TERM_MAX];
        snprintf(term, sizeof term, "  %s%s%s", command->name, command->operand ? " " : "",
                 command->operand ? command->operand : "");
        print_entry(out, term, command->summary, COMMAND_COLUMN);
    }
    print_entry(out, "  help config", "every key in the configuration", COMMAND_COLUMN);
    fputc('\n', out);
    print_options(out, common_options, COMMON_OPTIONS);
    fputs("\n"
          "exit status: 0 done · 1 a target was not met · 64 usage · 66 no such file ·\n"
          "             69 unavailable · 70 internal · 77 permission · 78 configuration\n",
          out);
}

static void print_command(const struct command_row *command)
{
    printf("usage: lambda-warmd %s\n\n%s", command->synopsis, command->text);
    if (command->n_options)
        putchar('\n');
    print_options(stdout, command->options, command->n_options);
}

int command_help(const struct arguments *arguments)
{
    const char *topic = arguments->topic;
    const struct command_row *command = topic ? command_named(topic) : NULL;
    if (!topic)
        print_overview(stdout);
    else if (command)
        print_command(command);
    else if (strcmp(topic, "config") == 0)
        help_config_print(stdout);
    else {
        fprintf(stderr, "lambda-warmd help: there is no command '%s'\n", topic);
        return command_line_hint(NULL);
    }
    return EXIT_DONE;
}

int command_none(const struct arguments *arguments)
{
    (void)arguments;
    print_overview(stderr);
    return EXIT_USAGE;
}

int command_version(const struct arguments *arguments)
{
    char libraries[320];
    (void)arguments;
    tls_library_versions(libraries, sizeof libraries);
    printf("lambda-warmd " WARMD_VERSION "\n%s\n", libraries);
    return EXIT_DONE;
}
