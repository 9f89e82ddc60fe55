/* What --help and --version say. */
#ifndef WARMD_COMMANDS_USAGE_H
#define WARMD_COMMANDS_USAGE_H

#include <stdio.h>

/* Prints the usage of COMMAND, or of the whole program for NULL. Returns EXIT_DONE. */
int usage_print(FILE *out, const char *command);
/* Prints what `help TOPIC` says: a command's usage, the configuration's keys, the overview for NULL. Returns
 * an exit code: EXIT_USAGE if there is no such topic. */
int usage_help(const char *topic);
/* Points to --help after a mistake. Returns EXIT_USAGE. */
int usage_hint(const char *command);
/* Prints the versions of the program and of the libraries in use. Returns EXIT_DONE. */
int usage_version(void);

#endif
