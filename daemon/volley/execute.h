/* Carries a volley out: prepares it, chooses the engine and takes the results. */
#ifndef WARMD_VOLLEY_EXECUTE_H
#define WARMD_VOLLEY_EXECUTE_H

#include "volley/volley.h"

/* Call it once, before any thread starts: sets up libcurl's and OpenSSL's own state. 0 or -ENOSYS. */
int execute_global_init(void);

/* Resolves, arms, releases and collects, on this thread and as many more as there are cores. Cannot fail as a
 * whole: what goes wrong is in the samples. */
void execute_volley(struct volley *volley);

#endif
