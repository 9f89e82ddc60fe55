/* Verdict: what the samples of a round prove. Pure. */
#ifndef WARMD_DECIDE_VERDICT_H
#define WARMD_DECIDE_VERDICT_H

#include "plan/plan.h"
#include "record/round.h"

enum {
    VERDICT_HOLD_MOST_US = 60000000
}; /* a doubled hold ends here: no handler should be kept busy longer */

/* Fills the figures of ROUND, whose endpoint, id, target, interval and samples (of all attempts, in their
 * order) are set; FACTS has one entry for each of the N_ATTEMPTS. 0 or -ENOMEM.
 *
 * distinct is known when every expected answer named its instance; met = distinct ≥ target where it is known,
 * else ok ≥ target. The best attempt is the one with most distinct instances, then most ok, then the least
 * skew. */
int verdict_reach(const struct volley_facts *facts, uint32_t n_attempts, struct round *round);

/* Is another volley worth it? Only when instances are named, too few distinct ones are proven so far, less
 * than ATTEMPTS_MOST were made, and nothing was throttled (real traffic comes first). */
bool verdict_wants_more(uint32_t attempts_most, const struct round *so_far);

/* The hold of the next attempt: doubled, within VERDICT_HOLD_MOST_US; a hold of 0 becomes 1 ms. */
uint64_t verdict_next_hold_us(uint64_t hold_us);

#endif
