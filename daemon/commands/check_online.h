/* What `check --online` asks AWS. */
#ifndef WARMD_COMMANDS_CHECK_ONLINE_H
#define WARMD_COMMANDS_CHECK_ONLINE_H

#include "plan/plan.h"

/* Asks AWS about each enabled function of PLAN, with a DryRun that runs nothing, and prints the result: a
 * line on stdout if it may be invoked, else FILE:LINE: and what is missing on stderr. EXIT_DONE if all may;
 * EXIT_PERMISSION if a permission or credentials are missing; EXIT_CONFIG if there is no such function; else
 * EXIT_UNAVAILABLE. RET_ASKED and RET_FAILED become how many functions were asked about, and how many of them
 * may not be invoked.
 *
 * If lambda:GetFunctionConfiguration is allowed, it warns about kinds of functions that warming does nothing
 * for, or that need more than warming. */
int check_online(const struct plan *plan, size_t *ret_asked, size_t *ret_failed);

#endif
