/* Real traffic: it comes and goes by the hour, and now and then many come at once. */
#ifndef WARMD_LEARNING_TRAFFIC_H
#define WARMD_LEARNING_TRAFFIC_H

#include "aws.h"

struct traffic_settings {
    double night_per_s, day_per_s; /* requests, at 3 and at 15 o'clock; a sine between */
    double handler_us;             /* mean; exponential */
    double bursts_per_day;
    uint32_t burst_most;     /* requests of a burst: evenly from 2 up to this */
    double burst_within_us;  /* in which they come */
    double burst_handler_us; /* each takes that long */
};

struct traffic_counts {
    uint64_t requests;
    uint64_t within, within_cold; /* at a demand of no more than `warm` */
    uint64_t burst_within, burst_within_cold;
    uint64_t throttled;
};

struct traffic {
    struct aws *aws;
    struct chance chance;
    struct traffic_settings settings;
    uint32_t warm; /* a demand up to this was promised to be met warm */
    uint32_t in_flight;
    struct traffic_counts counts;
};

/* Begins. */
struct traffic *traffic_new(struct aws *aws, const struct traffic_settings *settings, uint32_t warm);
struct traffic_counts traffic_sum(struct traffic_counts a, struct traffic_counts b);
void traffic_free(struct traffic *traffic);

#endif
