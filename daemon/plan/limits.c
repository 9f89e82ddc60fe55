#include "plan/limits.h"

enum {
    ROUND_DESCRIPTORS = 16, /* beside its connections: curl's wake-up pipes, resolver sockets, epoll */
    ROUNDS_AT_ONCE_MAX = 64,
    OWN_DESCRIPTORS = 64, /* standard streams, journal, bus, timers, state, metrics; and reserve */
};

uint64_t plan_descriptors_needed(const struct plan *plan)
{
    uint64_t rounds = 0, requests = plan_instances(plan);
    for (size_t i = 0; i < plan->n_endpoints && rounds < ROUNDS_AT_ONCE_MAX; i++)
        rounds += plan->endpoints[i].enabled;
    if (requests > plan->daemon.max_in_flight)
        requests = plan->daemon.max_in_flight;
    return requests + rounds * ROUND_DESCRIPTORS + OWN_DESCRIPTORS;
}
