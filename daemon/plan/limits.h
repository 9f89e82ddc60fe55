/* What a plan needs of the system. Pure. */
#ifndef WARMD_PLAN_LIMITS_H
#define WARMD_PLAN_LIMITS_H

#include "plan/plan.h"

/* File descriptors at the busiest moment: as many requests as may be in flight, what each round that may run
 * with them keeps open (resolver, wake-ups), and the daemon's own. */
uint64_t plan_descriptors_needed(const struct plan *plan);

/* Bytes of memory at the busiest moment: as many requests as may be in flight, the largest first, each with
 * its connection, its body and what is kept of its answer; and the daemon's own. An upper bound, from
 * measurements that were rounded up. */
uint64_t plan_memory_needed(const struct plan *plan);

/* If ENDPOINT's requests go over HTTP/1.1, as far as the plan can tell, and releasing them one by one takes
 * longer than its hold: the least hold in microseconds that keeps all in flight together. 0: its hold
 * suffices. */
uint64_t endpoint_hold_wanted_us(const struct endpoint *endpoint);

/* What the installed unit allows; a test compares it with the file. */
#define UNIT_DESCRIPTORS UINT64_C(65536)
#define UNIT_MEMORY_BYTES (UINT64_C(512) << 20)

#endif
