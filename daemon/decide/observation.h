/* Observation: what there is to learn from a finished round. Pure. */
#ifndef WARMD_DECIDE_OBSERVATION_H
#define WARMD_DECIDE_OBSERVATION_H

#include "record/round.h"

/* One instance that answered as expected. */
struct sighting {
    uint64_t id; /* 64-bit hash of what the answer names */
    bool born;   /* it said that this was its cold start */
};

struct observation {
    uint32_t sent, ok, failed, throttled; /* over all attempts */
    bool named;                           /* every expected answer named its instance */
    bool cold_known;                      /* every expected answer said whether it was a cold start */
    uint32_t cold;                        /* how many did say so */
    uint64_t skew_us;                     /* of the best attempt */
    uint64_t hold_us;                     /* of the first attempt */
    uint32_t first_ok, first_distinct;    /* of the first attempt */
    uint64_t spread_us;  /* of the first attempt's answers; 0: they say nothing about a longer hold */
    uint64_t enough_us;  /* hold of the first attempt without a reused instance; 0: there was none */
    bool is_futile;      /* a longer hold wouldn't have avoided reused instances */
    uint64_t version;    /* hash of the function's version; 0: not known */
    uint64_t elapsed_us; /* since the previous round began, CLOCK_BOOTTIME; 0: unknown, learn nothing */
    struct sighting *sightings; /* where `named`: distinct, by ascending id; owned */
    size_t n_sightings;
};

/* Takes what there is to learn from ROUND, whose verdict is reached. Release with observation_free.
 * -ENOMEM. */
int observation_of(const struct round *round, uint64_t elapsed_us, struct observation *ret_observation);
void observation_free(struct observation *observation);

/* Sorts SIGHTINGS and merges those of the same instance. Returns how many are left. */
size_t observation_unite(struct sighting *sightings, size_t n);

#endif
