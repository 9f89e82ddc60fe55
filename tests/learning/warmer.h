/* The daemon in a world: decide/policy and decide/verdict, as the daemon uses them, against the model of AWS.
 */
#ifndef WARMD_LEARNING_WARMER_H
#define WARMD_LEARNING_WARMER_H

#include "aws.h"
#include "decide/policy.h"
#include "decide/spend.h"

struct warmer_settings {
    struct endpoint endpoint;
    double skew_us;    /* of a release, about; measured, as the daemon does */
    double network_us; /* what the path adds, exponential; not measured */
    double handler_us; /* of a handler that doesn't hold */
    bool names_instances, says_cold, names_version;
    bool tells_billed;     /* in the log tail */
    bool ignores_throttle; /* a daemon without the guard */
};

struct warmer_counts {
    uint64_t pings, rounds, cold, throttled;
    uint64_t second_attempts;
    uint64_t events[8]; /* of each bit of a policy_outcome */
    double billed_usd;  /* by AWS's own clock, for all time */
};

struct warmer {
    struct aws *aws;
    struct chance chance;
    struct warmer_settings settings;
    struct policy_state state;
    struct throttles *throttles; /* shared with others, perhaps */
    struct schedule schedule;
    struct spend spend;
    uint64_t slowest_us;
    struct order order;
    uint64_t began_us, last_began_us; /* CLOCK_BOOTTIME; 0: never */
    bool stopped;
    struct round *round; /* in progress */
    uint32_t arrived;
    uint64_t volley_end_us, hold_us;
    struct warmer_counts counts;
    /* Called after each round, if set. */
    void (*after_round)(struct warmer *warmer, const struct observation *observation,
                        const struct policy_outcome *outcome, void *context);
    void *context;
};

/* Settings of a usual endpoint: both learned, from 5 min and 75 ms, a skew of 1 ms. */
struct warmer_settings warmer_usual(uint32_t warm);
/* Its first round is after FIRST_US. */
struct warmer *warmer_new(struct aws *aws, const struct warmer_settings *settings,
                          struct throttles *throttles, uint64_t first_us);
void warmer_free(struct warmer *warmer);

#endif
