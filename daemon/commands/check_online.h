/* check --online: may the functions be invoked? */
#ifndef WARMD_COMMANDS_CHECK_ONLINE_H
#define WARMD_COMMANDS_CHECK_ONLINE_H

#include "plan/plan.h"

/* Asks AWS for each enabled function of PLAN, by a DryRun that runs nothing, and prints what it says: a line
 * on stdout where it may be invoked, FILE:LINE: and what is missing on stderr where not. EXIT_DONE if all
 * may; EXIT_PERMISSION if a permission or credentials are missing; EXIT_CONFIG where there is no such
 * function; else EXIT_UNAVAILABLE. RET_ASKED and RET_FAILED become how many were asked about, and how many of
 * them may not be invoked.
 *
 * Where lambda:GetFunctionConfiguration is allowed, it warns of kinds of functions that warming does nothing
 * for, or that ask for more. */
int check_online(const struct plan *plan, size_t *ret_asked, size_t *ret_failed);

#endif
