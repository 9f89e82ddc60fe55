/* `check`: is this configuration good? */
#ifndef WARMD_COMMANDS_CHECK_H
#define WARMD_COMMANDS_CHECK_H

/* Prints "FILE: N endpoints, M instances, OK" (the enabled ones) to stdout, warnings and mistakes to stderr.
 * Returns the exit code. */
int command_check(const char *config_path);

#endif
