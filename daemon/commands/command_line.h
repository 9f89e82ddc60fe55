/* The one table of commands and options: from it the command line is read and the help is printed. */
#ifndef WARMD_COMMANDS_COMMAND_LINE_H
#define WARMD_COMMANDS_COMMAND_LINE_H

#include "commands/commands.h"

#include <stddef.h>

struct option_row;
/* Takes TEXT, the value of OPTION (NULL if it has none). False: it is wrong, as it has said on stderr. */
typedef bool option_taker(struct arguments *arguments, const struct option_row *option, const char *text);

struct option_row {
    const char *name;   /* without "--"; NULL: there is only the letter */
    char letter;        /* 0: none */
    const char *value;  /* what stands for its value in the help; NULL: it has none */
    const char *help;   /* lines of text; in a row with nothing else, a heading between options */
    option_taker *take; /* into the field at OFFSET of struct arguments */
    size_t offset;
    uint64_t least; /* of a duration, in microseconds */
};

enum { ANY_OPERANDS = 1 << 20 };

struct command_row {
    const char *name;
    const char *operand;  /* in the list of commands; NULL: none */
    const char *summary;  /* there, in one line */
    const char *synopsis; /* what follows "usage: lambda-warmd" */
    const char *text;     /* what it does */
    int operands_most;
    const struct option_row *options;
    size_t n_options;
};

enum { COMMON_OPTIONS = 3 };
extern const struct option_row common_options[COMMON_OPTIONS]; /* -c, -h, --version: of all commands */
extern const struct command_row command_rows[COMMANDS];

/* The row of the command NAME; NULL: there is no such command. */
const struct command_row *command_named(const char *name);

/* Reads ARGV, which it permutes, into ARGUMENTS. EXIT_DONE: they say what to do; --help and --version are
 * commands, too. Else EXIT_USAGE, as stderr says, or EXIT_FAULT. Free them in any case. */
int command_line_read(int argc, char **argv, struct arguments *arguments);
void command_line_free(struct arguments *arguments);

/* Points to --help after a mistake. Returns EXIT_USAGE. */
int command_line_hint(const char *command);

#endif
