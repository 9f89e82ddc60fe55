#include "base/cleanup.h"
#include "base/duration.h"
#include "base/terminal.h"
#include "base/text.h"
#include "commands/command_line.h"
#include "commands/names.h"
#include "config/keys.h"
#include "net/tls.h"

#include <inttypes.h>
#include <string.h>

enum {
    COMMAND_COLUMN = 19, /* where the summaries of commands begin */
    OPTION_COLUMN = 30,  /* the most for the texts of options */
    TERM_MAX = 64,
    TYPE_MAX = 256, /* of a key: its values and bounds */
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
    print_entry(out, "  help endpoints", "the names of its endpoints, one per line", COMMAND_COLUMN);
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

/* A key's values and bounds: `"sync", "event"`, "duration 1s to 1d". */
static void show_type(const struct key *key, char shown[TYPE_MAX])
{
    static const char *const types[] = {[VALUE_DURATION] = "duration",
                                        [VALUE_INTEGER] = "integer",
                                        [VALUE_FLAG] = "true, false",
                                        [VALUE_CHOICE] = ""};
    char low[DURATION_TEXT_MAX], high[DURATION_TEXT_MAX];
    CLEANUP_TEXT struct text text = {0};
    text_add(&text, key->type_text ? key->type_text : types[key->kind]);
    for (size_t i = 0; key->kind == VALUE_CHOICE && !key->type_text && i < key->n_choices; i++)
        text_format(&text, "%s\"%s\"", i ? ", " : "", key->choices[i].name);
    if (key->bounds_text)
        text_format(&text, "%s%s", key->bounds_text[0] ? " " : "", key->bounds_text);
    else if (key->kind == VALUE_DURATION)
        text_format(&text, " %s to %s", duration_format(key->low, low), duration_format(key->high, high));
    else if (key->kind == VALUE_INTEGER)
        text_format(&text, " %" PRIu64 " to %" PRIu64, key->low, key->high);
    snprintf(shown, TYPE_MAX, "%s", text.data ? text.data : "");
}

static const char *preset_of(const struct key *key, char buffer[DURATION_TEXT_MAX])
{
    if (key->is_required || key->preset_text)
        return key->is_required ? "required" : key->preset_text;
    if (key->kind == VALUE_DURATION)
        return duration_format((uint64_t)key->preset, buffer);
    if (key->kind == VALUE_FLAG)
        return key->preset ? "true" : "false";
    for (size_t i = 0; key->kind == VALUE_CHOICE && i < key->n_choices; i++)
        if (key->choices[i].value == key->preset)
            return key->choices[i].name;
    if (key->kind == VALUE_CHOICE)
        return "none";
    snprintf(buffer, DURATION_TEXT_MAX, "%" PRId64, key->preset);
    return buffer;
}

static void print_section(const struct key_section *section)
{
    char type[TYPE_MAX], buffer[DURATION_TEXT_MAX];
    int widths[3] = {(int)strlen("key"), (int)strlen("value"), (int)strlen("default")};
    printf("\n%s\n", section->title);
    for (size_t i = 0; i < section->n; i++) {
        const struct key *key = &section->keys[i];
        show_type(key, type);
        const char *const cells[] = {key->name, type, preset_of(key, buffer)};
        for (size_t j = 0; j < COUNT_OF(widths); j++)
            if ((int)strlen(cells[j]) > widths[j])
                widths[j] = (int)strlen(cells[j]);
    }
    for (size_t i = 0; i < section->n; i++) {
        const struct key *key = &section->keys[i];
        show_type(key, type);
        printf("  %-*s  %-*s  %-*s  %s\n", widths[0], key->name, widths[1], type, widths[2],
               preset_of(key, buffer), key->text);
    }
}

/* Every key in the configuration, in a line of at most 80 columns. */
static void print_keys(void)
{
    fputs("Each line shows a key, its value and bounds, default and meaning. A duration\n"
          "is a string such as \"5min\", \"1h 30min\" or \"75ms\", or an integer of seconds.\n"
          "defaults = { ... }; takes an endpoint's keys, except name, url and function.\n"
          "More: man lambda-warmd.conf\n",
          stdout);
    for (size_t i = 0; i < KEY_PLACES; i++)
        print_section(&key_sections[i]);
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
        print_keys();
    else if (strcmp(topic, "endpoints") == 0)
        return names_print(arguments->config_path);
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
    (void)arguments;
    printf("lambda-warmd " WARMD_VERSION "\n%s\n", tls_library_versions());
    return EXIT_DONE;
}
