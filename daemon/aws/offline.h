/* What `check` can know of credentials and region without asking anyone. */
#ifndef WARMD_AWS_OFFLINE_H
#define WARMD_AWS_OFFLINE_H

#include "base/error.h"

/* Does the chain of PROFILE (NULL: the environment's) have a source that is set up? 1: yes, though it may not
 * answer; 0: no, and ERROR says briefly what is missing; negative: one is set up wrongly, as ERROR says
 * (errors of shared_files_read, -ENOENT: a profile that doesn't exist). The instance's metadata counts if
 * this machine is an EC2 instance, or if its address is named. */
int credentials_are_known(const char *profile, struct error *error);
/* The same for the region; RET_REGION is its name (a new string) if known, else NULL. */
int region_is_known(const char *profile, char **ret_region, struct error *error);

#endif
