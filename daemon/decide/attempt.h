/* One attempt of a round: what its answers show besides their number. Pure. */
#ifndef WARMD_DECIDE_ATTEMPT_H
#define WARMD_DECIDE_ATTEMPT_H

#include "record/round.h"

/* Fills ATTEMPT, whose hold and version are set, from the samples of ROUND's attempt NUMBER (from 1) and
 * those before it. 0 or -ENOMEM. */
int attempt_measure(const struct round *round, uint32_t number, struct attempt *attempt);

/* Whether attempt NUMBER held longer than the one before, over the same version of HTTP, and still met hardly
 * any of the missing instances: a longer hold doesn't help there. */
bool attempt_was_futile(const struct round *round, uint32_t number);

#endif
