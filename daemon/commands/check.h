/* `check`: is this configuration good? */
#ifndef WARMD_COMMANDS_CHECK_H
#define WARMD_COMMANDS_CHECK_H

#include <stdbool.h>

/* Prints "FILE: N endpoints, M instances, OK" (the enabled ones) to stdout, warnings and mistakes to stderr.
 * ONLINE: asks AWS as well whether the functions may be invoked. Returns the exit code. */
int command_check(const char *config_path, bool online);

#endif
