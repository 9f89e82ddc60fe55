/* A model of a Lambda function, as far as a warmer can see it (docs/learning.md has what it leaves out).
 *
 * A request gets the idle instance that was used last; without one, an instance is born, and the request
 * waits for its cold start. An instance that has been idle for longer than its lifetime, drawn at its birth,
 * is gone; so is one that has come to its retirement, as soon as it is idle. A deploy replaces all. Above a
 * limit of concurrency, and above 1,000 births in 10 s, requests are throttled. */
#ifndef WARMD_LEARNING_AWS_H
#define WARMD_LEARNING_AWS_H

#include "world.h"

#include <stdbool.h>

struct aws_settings {
    double lifetime_low_us, lifetime_high_us; /* idle lifetimes lie evenly between */
    bool redrawn;                             /* anew for each idle time, not once for an instance */
    double retirement_us, retirement_spread_us;
    double cold_us, cold_spread_us; /* median, and a factor's logarithm (log-normal) */
    uint32_t concurrency;
};

struct instance {
    uint64_t serial; /* from 1 */
    double lifetime_us;
    uint64_t used_us; /* the end of its last request */
    uint64_t retires_us;
    uint32_t version;
    bool busy;
};

enum aws_outcome { AWS_OK, AWS_THROTTLED, AWS_FAILED };

struct aws_answer {
    enum aws_outcome outcome;
    bool cold;
    uint64_t instance; /* serial */
    uint32_t version;
    uint64_t end_us;
};

struct aws {
    struct world *world;
    struct chance chance;
    struct aws_settings settings;
    struct instance *instances; /* slots, used again */
    size_t n_instances;
    uint32_t *free_slots;
    size_t n_free;
    uint32_t *idle; /* slots; the last was used last */
    size_t n_idle;
    uint32_t busy;
    uint64_t serial;
    uint32_t version; /* from 1 */
    bool failing;
    uint64_t births_since_us; /* of the 10 s in which births are counted */
    uint32_t births;
    uint64_t born;        /* in all */
    uint64_t idle_deaths; /* found so far of those that were idle for too long */
};

struct aws *aws_new(struct world *world, const struct aws_settings *settings);
void aws_free(struct aws *aws);
/* A request of HANDLER_US, now. */
struct aws_answer aws_request(struct aws *aws, uint64_t handler_us);
void aws_deploy(struct aws *aws);
/* Lifetimes from now on, those of living instances too. */
void aws_set_lifetimes(struct aws *aws, double low_us, double high_us);
/* Removes those that have been idle for too long (and not the retired ones, which nobody can know of). */
void aws_sweep(struct aws *aws);

/* For oracles only: uses the idle instance at POSITION of the stack, as no request can. */
void aws_touch(struct aws *aws, size_t position);

#endif
