/* Condition: an endpoint's state in one word, for the status and the metrics. Pure. */
#ifndef WARMD_DECIDE_CONDITION_H
#define WARMD_DECIDE_CONDITION_H

#include "decide/policy.h"

/* In the order in which they are reported. */
enum condition {
    CONDITION_OK,        /* as many instances are warm as are wanted */
    CONDITION_SHORT,     /* fewer are, or none was asked yet */
    CONDITION_FAILING,   /* none of its requests is answered as expected */
    CONDITION_THROTTLED, /* fewer requests are sent than are wanted, or none for now: real traffic comes first
                          */
    CONDITION_RESTING,   /* none is wanted, by its windows */
    CONDITION_BUDGET,    /* its budget has no room for another round in this month */
    CONDITION_ELSEWHERE, /* another host keeps it warm */
    CONDITIONS,
};

const char *condition_name(enum condition condition); /* "ok", "short", … */
/* Resting, throttled and out of budget are as configured; failing and short are not. */
bool condition_is_trouble(enum condition condition);

/* The condition at NOW_REAL_US (CLOCK_REALTIME) of POLICY's endpoint, of whose WANTED instances the last
 * round found WARM warm. THROTTLE is its function's, or NULL; AFFORDABLE: spend_allows another round. */
enum condition condition_of(const struct policy_state *policy, const struct throttle *throttle,
                            uint32_t wanted, uint32_t warm, bool affordable, uint64_t now_real_us);

#endif
