/* The endpoints' names, for completions and scripts. */
#ifndef WARMD_COMMANDS_NAMES_H
#define WARMD_COMMANDS_NAMES_H

/* Prints the names of the endpoints in the configuration at PATH, one per line, whatever else is in it:
 * shells ask for them while it is being written. Returns the exit status. */
int names_print(const char *path);

#endif
