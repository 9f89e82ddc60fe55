/* What can be known of credentials and region without asking anybody: for `check`. */
#ifndef WARMD_AWS_OFFLINE_H
#define WARMD_AWS_OFFLINE_H

#include "base/error.h"

/* Whether the chain of PROFILE (NULL: the environment's) has a source that is set up: 1, for that it answers
 * isn't known; 0: there is none, and ERROR says in a few words what is missing; negative: one is set up
 * wrongly, as ERROR says (errors of shared_files_read, -ENOENT: a profile that doesn't exist). The instance's
 * metadata counts where this machine is one of EC2's, or its address is named. */
int credentials_are_known(const char *profile, struct error *error);
/* The same of the region; RET_REGION (a new string) is set where it is known by name, else NULL. */
int region_is_known(const char *profile, char **ret_region, struct error *error);

#endif
