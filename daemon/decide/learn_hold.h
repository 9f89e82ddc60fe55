/* The hold, learned: the least that still gets each request an instance of its own. Pure.
 *
 * A round whose first volley met no instance twice lowers the hold: by a quarter, until a hold was too short
 * for the first time, by 0.7% from then on. A reused instance raises it to what a later attempt of the round
 * has shown to be enough, or to what covers the spread of the answers, at least to double; but not if a
 * longer hold doesn't help, as with a server that handles few requests at a time. So the hold settles where
 * one round in a hundred needs a second attempt (ln 2 ÷ 0.7%), wherever the network, the front and the
 * handler put that. It stays above the skew measured here, by half, because that much is known without
 * trying. */
#ifndef WARMD_DECIDE_LEARN_HOLD_H
#define WARMD_DECIDE_LEARN_HOLD_H

#include "decide/observation.h"

enum {
    LEARN_HOLD_LEAST_US = 500,
    /* A longer one only costs: a shortage at this hold has another cause. */
    LEARN_HOLD_MOST_US = 1000000,
};

struct learned_hold {
    double hold_us;
    double skew_us; /* the largest recent one: it fades by a fiftieth a round */
    bool was_short; /* some hold was too short */
};

void learn_hold_init(struct learned_hold *learned, const struct endpoint *endpoint);

/* Learns from a round and returns the hold from now on, in whole milliseconds, because handlers get those. If
 * instances don't name themselves, it learns nothing and the configured one stays. A hold that is too short
 * at LEARN_HOLD_MOST_US starts again from the configured one. */
uint64_t learn_hold(struct learned_hold *learned, const struct endpoint *endpoint,
                    const struct observation *observation);

/* In whole milliseconds. */
uint64_t learn_hold_us(const struct learned_hold *learned);

#endif
