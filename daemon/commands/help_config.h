/* `help config`: every key of the configuration, from the one table of keys. */
#ifndef WARMD_COMMANDS_HELP_CONFIG_H
#define WARMD_COMMANDS_HELP_CONFIG_H

#include <stdio.h>

/* Prints each key in a line of at most 80 columns: its values and bounds, its default, what it is for. */
void help_config_print(FILE *out);

#endif
