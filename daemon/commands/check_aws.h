/* `check`: are there credentials and a region to sign requests to AWS with? */
#ifndef WARMD_COMMANDS_CHECK_AWS_H
#define WARMD_COMMANDS_CHECK_AWS_H

#include "plan/plan.h"

/* Warns on stderr, once for each profile, where PLAN's enabled endpoints are signed and no credentials, or no
 * region, are set up here. Asks nobody. */
void check_aws(const struct plan *plan);

#endif
