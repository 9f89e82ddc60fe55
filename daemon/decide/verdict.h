/* Verdict: what the samples of a round prove. Pure. */
#ifndef WARMD_DECIDE_VERDICT_H
#define WARMD_DECIDE_VERDICT_H

#include "plan/plan.h"
#include "record/round.h"

enum {
    VERDICT_HOLD_MOST_US = 60000000,  /* a doubled hold ends here: no handler should be kept busy longer */
    VERDICT_SPREAD_MOST_US = 1000000, /* a few late answers must not make all others hold for long */
};

/* Fills in the figures of ROUND, whose endpoint, id, target, interval, attempts (as their volleys saw them)
 * and samples (of all attempts, in their order) are set. 0 or -ENOMEM.
 *
 * distinct is known when every expected answer named its instance, unless they are too few and may have
 * served several requests at once; met = distinct ≥ target where it is known, else ok ≥ target. */
int verdict_reach(struct round *round);
/* The verdict on a round without any attempt: no memory for one of its COUNT requests. */
void verdict_unsent(struct round *round, uint32_t count);

enum http2_verdict {
    HTTP2_UNQUESTIONED,
    HTTP2_TRIED_WITHOUT, /* the last attempt spoke HTTP/1.1: it may be a trial to compare HTTP/2 with */
    HTTP2_DOUBTED,       /* HTTP/2 looks like the reason: a trial over HTTP/1.1 is worth it */
    HTTP2_BLAMED,        /* it handles requests a few at a time, and the configuration insists on it */
};

/* Is HTTP/2 the reason why the last attempt, which spoke it, met too few instances? It looks so if its
 * requests were handled a few at a time, or if a longer hold was futile. CONFIGURED is the endpoint's. */
enum http2_verdict verdict_on_http2(const struct round *so_far, enum http_version configured);

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
