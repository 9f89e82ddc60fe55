/* Verdict: what the samples of a round prove. Pure. */
#ifndef WARMD_DECIDE_VERDICT_H
#define WARMD_DECIDE_VERDICT_H

#include "plan/plan.h"
#include "record/round.h"

enum {
    VERDICT_HOLD_MOST_US = 60000000,  /* a doubled hold ends here: no handler should be kept busy longer */
    VERDICT_SPREAD_MOST_US = 1000000, /* a few late answers must not make all others hold for long */
};

/* Fills the figures of ROUND, whose endpoint, id, target, interval and samples (of all attempts, in their
 * order) are set; FACTS has one entry for each of the N_ATTEMPTS. 0 or -ENOMEM.
 *
 * distinct is known when every expected answer named its instance, unless they are too few and may have
 * served several requests at once; met = distinct ≥ target where it is known, else ok ≥ target. The best
 * attempt is the one with most distinct instances, then most ok, then the least skew. */
int verdict_reach(const struct volley_facts *facts, uint32_t n_attempts, struct round *round);

/* Does HTTP/2 look like the reason why the last attempt, which spoke it, met too few instances? Its requests
 * were handled a few at a time, or a longer hold was futile. */
bool verdict_doubts_http2(const struct round *so_far);

struct next_attempt {
    bool is_wanted;
    uint64_t hold_us;
};

/* Is another volley worth it, and with which hold? Only when instances are named, too few distinct ones are
 * proven so far, fewer than ATTEMPTS_MOST were made, nothing was throttled (real traffic comes first), and a
 * longer hold was not futile. OTHER_VERSION: it would speak another version of HTTP, which is compared at the
 * same hold. */
struct next_attempt verdict_next(uint32_t attempts_most, const struct round *so_far, bool other_version);

/* A longer hold than HOLD_US: doubled, and at least what covers SPREAD_US (0: not known; at most
 * VERDICT_SPREAD_MOST_US of it counts) with a quarter to spare; within VERDICT_HOLD_MOST_US. A hold of 0
 * becomes 1 ms. */
uint64_t verdict_longer_hold_us(uint64_t hold_us, uint64_t spread_us);

#endif
