/* Scenarios: a function, its traffic and its troubles, for some days. */
#ifndef WARMD_LEARNING_SCENARIO_H
#define WARMD_LEARNING_SCENARIO_H

#include "oracle.h"
#include "traffic.h"
#include "warmer.h"

struct scenario {
    const char *name;
    double days;
    uint32_t warm;
    struct aws_settings aws;
    struct traffic_settings traffic;
    double deploys_per_day;
    double outages_per_day, throttles_per_day;
    double trouble_us;      /* how long each of these lasts */
    uint32_t throttled_to;  /* concurrency that is left then */
    double fall_after_days; /* then lifetimes become these; 0: never */
    double fall_low_us, fall_high_us;
};

/* 20 instances that live idle for 5 to 10 min, with traffic by day and night and bursts, a deploy every other
 * day, an outage and a throttling every fifth. */
struct scenario scenario_usual(void);
/* Nothing but the function. */
struct scenario scenario_quiet(void);

struct stage {
    const struct scenario *scenario;
    struct world *world;
    struct chance chance; /* of the troubles */
    struct aws *aws;
    struct traffic *traffic;
    uint64_t throttles;       /* so far */
    uint64_t throttled_at_us; /* the last of them */
};

/* Sets it up; what is to warm it is added, then world_run. */
void stage_open(struct stage *stage, const struct scenario *scenario, uint64_t seed);
void stage_run(struct stage *stage);
void stage_close(struct stage *stage);

/* What a whole run of a warmer came to. */
struct result {
    struct warmer_counts warmer;
    struct traffic_counts traffic;
    uint64_t interval_us, hold_us; /* in the end */
    uint64_t idle_deaths;
};

struct result run_warmer(const struct scenario *scenario, const struct warmer_settings *settings,
                         uint64_t seed);
struct oracle_result {
    uint64_t pings;
    struct traffic_counts traffic;
};
struct oracle_result run_oracle(const struct scenario *scenario, enum oracle_kind kind, uint64_t seed);

#endif
