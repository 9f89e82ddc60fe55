/* Is there what a plan needs from the process: descriptors and credentials? */
#ifndef WARMD_COMMANDS_DESCRIPTORS_H
#define WARMD_COMMANDS_DESCRIPTORS_H

#include "base/error.h"
#include "plan/plan.h"

/* 0, or -EMFILE: more connections at a time than descriptors, with the figure needed; -ENOKEY: credentials
 * are named and there is no $CREDENTIALS_DIRECTORY. ERROR says so. */
int plan_is_sendable(const struct plan *plan, struct error *error);

#endif
