/* What a plan needs of the system. Pure. */
#ifndef WARMD_PLAN_LIMITS_H
#define WARMD_PLAN_LIMITS_H

#include "plan/plan.h"

/* File descriptors at the busiest moment: as many requests as may be in flight, what each round that may run
 * beside them keeps open (resolver, wake-ups), and the daemon's own. */
uint64_t plan_descriptors_needed(const struct plan *plan);

#endif
