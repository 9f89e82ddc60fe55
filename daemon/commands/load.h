/* The one way to read the configuration, for commands and for the daemon. */
#ifndef WARMD_COMMANDS_LOAD_H
#define WARMD_COMMANDS_LOAD_H

#include "base/error.h"
#include "plan/mistakes.h"
#include "plan/plan.h"

#include <stdbool.h>

/* Reads PATH. TO_SEND: the plan will be used to send requests, so it is a mistake if it names
 * secrets without $CREDENTIALS_DIRECTORY, or if descriptors_raise_for refuses it. 0 with a reference in
 * *ret_plan: from then on local time is in the plan's zone, and MISTAKES may hold warnings. -ENOENT, -EACCES:
 * PATH can't be opened; -EINVAL: it has mistakes; -ENOMEM, -errno. MISTAKES says why in any case, unless
 * memory ran out for that too. The first call must come before any thread. */
int config_read(const char *path, bool to_send, struct plan **ret_plan, struct mistakes *mistakes);
/* Raises the process's limit of descriptors for what PLAN needs. 0, or -EMFILE: the hard limit is lower;
 * ERROR gives the number needed. */
int descriptors_raise_for(const struct plan *plan, struct error *error);
/* The exit code for config_read's RESULT. */
int config_exit_code(int result);

/* As config_read, for a command: warnings and mistakes go to stderr, one a line. EXIT_DONE with a reference
 * in *ret_plan, or the exit code. */
int config_load_or_say(const char *path, struct plan **ret_plan);

#endif
