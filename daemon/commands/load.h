/* The configuration for a command: loaded, or its mistakes said. */
#ifndef WARMD_COMMANDS_LOAD_H
#define WARMD_COMMANDS_LOAD_H

#include "commands/exit_codes.h"
#include "plan/plan.h"

#include <stdbool.h>

/* Loads PATH and writes its warnings and mistakes to stderr, one a line. TO_SEND: requests will be made of
 * the plan, so what plan_is_sendable refuses is a mistake. Local time is in the plan's zone from then on;
 * not to be called once there are threads. EXIT_DONE with a reference in *ret_plan, or the exit code. */
int config_load_or_say(const char *path, bool to_send, struct plan **ret_plan);

#endif
