/* What is allowed, and yet may not be meant. */
#ifndef WARMD_COMMANDS_CHECK_PLAN_H
#define WARMD_COMMANDS_CHECK_PLAN_H

#include "plan/plan.h"

/* Warns on stderr of intervals that are very short or too long, of methods that change things, of files that
 * TLS can't use, and of endpoints that call the same. */
void check_plan(const struct plan *plan);

#endif
