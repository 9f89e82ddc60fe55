/* Can the service read what `check` can? */
#ifndef WARMD_COMMANDS_CHECK_ACCESS_H
#define WARMD_COMMANDS_CHECK_ACCESS_H

#include "plan/plan.h"

/* If run as root, warns on stderr about each file of the configuration, or named in it, that only root may
 * read: the service runs as another user. */
void check_access(const struct plan *plan);

#endif
