/* `lambda-warmd status`: what the running daemon says about its endpoints. */
#ifndef WARMD_COMMANDS_STATUS_COMMAND_H
#define WARMD_COMMANDS_STATUS_COMMAND_H

#include <stdbool.h>

struct status_options {
    bool json;
    bool check;         /* trouble is an exit status */
    const char *folder; /* NULL: $RUNTIME_DIRECTORY, or /run/lambda-warmd */
};

/* Returns an exit code: EXIT_UNAVAILABLE if no daemon runs. */
int command_status(const struct status_options *options);

#endif
