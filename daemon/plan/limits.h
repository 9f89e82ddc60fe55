/* What a plan needs of the system. Pure. */
#ifndef WARMD_PLAN_LIMITS_H
#define WARMD_PLAN_LIMITS_H

#include "plan/plan.h"

/* File descriptors at the busiest moment: as many requests as may be in flight, what each round that may run
 * beside them keeps open (resolver, wake-ups), and the daemon's own. */
uint64_t plan_descriptors_needed(const struct plan *plan);

/* Bytes of memory at the busiest moment: as many requests as may be in flight, those that take most first,
 * each with its connection, its body and what is kept of its answer; and the daemon's own. An upper bound,
 * made of what was measured and rounded up. */
uint64_t plan_memory_needed(const struct plan *plan);

/* Requests of ENDPOINT that are sent over HTTP/1.1, as far as the plan can tell, take longer to release, one
 * by one, than its hold: the least hold in microseconds with which all are in flight together. 0: it
 * suffices. */
uint64_t endpoint_hold_wanted_us(const struct endpoint *endpoint);

/* What the unit that is installed allows; a test compares it with the file. */
#define UNIT_DESCRIPTORS UINT64_C(65536)
#define UNIT_MEMORY_BYTES (UINT64_C(512) << 20)

#endif
