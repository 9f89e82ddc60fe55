#include "volley/release.h"

#include "base/clock.h"
#include "base/require.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>

enum {
    /* Between the bulk and the last bytes: the bulk must have arrived (a round trip and its jitter), and the
     * receiver, which may be this very machine, must have finished processing it. */
    SETTLE_LEAST_US = 5000,
    SETTLE_PER_CONNECTION_US = 20,
    SETTLE_MOST_US = 1000000,
    LEAD_US = 1000, /* from choosing T0 until T0: waking the other threads takes about 50 µs each */
    SPIN_US = 200,  /* a sleeping thread wakes up to 100 µs late, so we spin for the rest of the wait */
};

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static bool turn_is_taken; /* by the holder of `turn` */

/* For a time that has passed, the kernel would give the processor away nevertheless. */
static void sleep_until(uint64_t at_us)
{
    struct timespec at = {.tv_sec = (time_t)(at_us / US_PER_S),
                          .tv_nsec = (long)(at_us % US_PER_S * NS_PER_US)};
    while (clock_monotonic_us() < at_us &&
           clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
        ;
}

uint64_t release_settled_us(size_t n_connections, uint64_t round_trip_us)
{
    uint64_t settle_us = SETTLE_LEAST_US + 2 * round_trip_us + SETTLE_PER_CONNECTION_US * n_connections;
    return clock_monotonic_us() + (settle_us > SETTLE_MOST_US ? SETTLE_MOST_US : settle_us);
}

uint64_t release_take_turn(uint64_t settled_us, size_t n_requests)
{
    sleep_until(settled_us);
    pthread_mutex_lock(&turn);
    REQUIRE(!turn_is_taken);
    turn_is_taken = true;
    return clock_monotonic_us() + (n_requests > 1 ? LEAD_US : 0);
}

void release_wait(uint64_t at_us)
{
    sleep_until(at_us - SPIN_US);
    while (clock_monotonic_us() < at_us)
        ;
}

static bool set_policy(int policy, int priority)
{
    struct sched_param parameter = {.sched_priority = priority};
    return pthread_setschedparam(pthread_self(), policy, &parameter) == 0;
}

bool release_begin_realtime(const struct volley *volley)
{
    return volley->plan->daemon.realtime && set_policy(SCHED_FIFO, 1);
}

void release_end_realtime(bool realtime)
{
    if (realtime)
        set_policy(SCHED_OTHER, 0);
}

void release_end_turn(struct volley *volley, bool realtime)
{
    REQUIRE(turn_is_taken);
    turn_is_taken = false;
    pthread_mutex_unlock(&turn);
    volley->attempt.realtime_refused = volley->plan->daemon.realtime && !realtime;
    volley_is_released(volley);
}
