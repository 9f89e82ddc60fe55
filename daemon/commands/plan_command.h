/* `lambda-warmd plan`: what will be sent. */
#ifndef WARMD_COMMANDS_PLAN_COMMAND_H
#define WARMD_COMMANDS_PLAN_COMMAND_H

#include <stdbool.h>

/* Returns an exit code. */
int command_plan(const char *config_path, bool json);

#endif
