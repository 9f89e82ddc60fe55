/* The one way to read the configuration, for commands and for the daemon. */
#ifndef WARMD_COMMANDS_LOAD_H
#define WARMD_COMMANDS_LOAD_H

#include "commands/exit_codes.h"
#include "plan/mistakes.h"
#include "plan/plan.h"

#include <stdbool.h>

/* Reads PATH. TO_SEND: the plan will be used to send requests, so whatever plan_has_secrets and
 * plan_is_sendable refuse is a mistake. 0 with a reference in *ret_plan: from then on local time is in the
 * plan's zone, and MISTAKES may hold warnings. -ENOENT, -EACCES: PATH can't be opened; -EINVAL: it has
 * mistakes; -ENOMEM, -errno. MISTAKES says why in any case, unless memory ran out for that too. The first
 * call must come before any thread. */
int config_read(const char *path, bool to_send, struct plan **ret_plan, struct mistakes *mistakes);
/* The exit code for config_read's RESULT. */
int config_exit_code(int result);

/* As config_read, for a command: warnings and mistakes go to stderr, one a line. EXIT_DONE with a reference
 * in *ret_plan, or the exit code. */
int config_load_or_say(const char *path, bool to_send, struct plan **ret_plan);

#endif
