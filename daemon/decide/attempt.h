/* One attempt of a round: what its answers show. Pure. */
#ifndef WARMD_DECIDE_ATTEMPT_H
#define WARMD_DECIDE_ATTEMPT_H

#include "record/round.h"

/* Fills in what the samples of ROUND's attempt NUMBER (from 1), and those before it, show of that attempt.
 * Those before it must have been measured. 0 or -ENOMEM. */
int attempt_measure(struct round *round, uint32_t number);

/* The best attempt is the one with most distinct instances, then most ok, then the least skew. */
bool attempt_is_better(const struct attempt *attempt, const struct attempt *than);

/* Whether attempt NUMBER held longer than the one before, over the same version of HTTP, and still met hardly
 * any of the missing instances: a longer hold doesn't help there. */
bool attempt_was_futile(const struct round *round, uint32_t number);

#endif
