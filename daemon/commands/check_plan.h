/* Finds what is allowed, but may not be intended. */
#ifndef WARMD_COMMANDS_CHECK_PLAN_H
#define WARMD_COMMANDS_CHECK_PLAN_H

#include "plan/plan.h"

/* Warns on stderr about intervals that are very short or too long, methods that change things, files that TLS
 * can't use, and endpoints that call the same target. */
void check_plan(const struct plan *plan);

#endif
