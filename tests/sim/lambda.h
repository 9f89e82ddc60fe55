/* The model of API Gateway and Lambda: one request binds one instance. Pure: times come in, nothing is read.
 *
 * All times are nanoseconds of CLOCK_MONOTONIC. Requests are bound in the order of their arrival stamps, and
 * an instance is busy from the stamp of its request on, so the outcome depends on when requests arrived at
 * the kernel and not on when this program came to look at them. */
#ifndef SIM_LAMBDA_H
#define SIM_LAMBDA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lambda_options {
    uint64_t cold_ns;       /* a new instance's start */
    uint64_t handler_ns;    /* least time that a handler is busy */
    uint64_t idle_ttl_ns;   /* an instance idle for longer is gone */
    uint64_t max_age_ns;    /* an instance older than this is gone; UINT64_MAX: never */
    uint64_t volley_gap_ns; /* arrivals further apart belong to different volleys */
    uint32_t max_instances; /* of a function; above it, 429 */
};

enum { LAMBDA_ID_TEXT = 40, VOLLEYS_KEPT = 100, VOLLEY_STAMPS_MAX = 20000 };

struct volley_stats {
    uint64_t requests, throttled, distinct, cold, peak;
    uint64_t first_ns, last_ns; /* arrivals */
    bool clock_stepped;
    const char *http_version;
};

struct counters {
    uint64_t requests, throttled, failed, instances_born, cold_starts, peak_concurrency;
};

struct instance;

struct function {
    struct function *next;
    char *path;
    struct counters counters;
    struct instance *idle;  /* a stack: the one freed last is on top */
    struct instance **heap; /* the busy ones, by the time they become free */
    size_t n_busy, heap_size;
    uint64_t n_idle;
    struct volley_stats volleys[VOLLEYS_KEPT]; /* a ring */
    uint64_t n_volleys;
    uint64_t *stamps; /* arrivals of the last volley */
    size_t n_stamps;
};

struct lambda {
    struct lambda_options options;
    struct function *functions;
    struct function *last_used;
    uint64_t born;
};

struct binding {
    bool throttled;
    bool cold;
    char instance[LAMBDA_ID_TEXT];
    uint64_t end_ns; /* when the answer is due */
};

/* Binds a request for PATH that arrived at ARRIVAL_NS and asks to be held for HOLD_NS. False: out of memory.
 */
bool lambda_bind(struct lambda *lambda, const char *path, uint64_t arrival_ns, uint64_t hold_ns,
                 const char *http_version, struct binding *ret_binding);
/* The answer was a failure of the handler's. */
void lambda_note_failed(struct lambda *lambda, const char *path);
/* Instances that are alive at NOW_NS. */
uint64_t lambda_alive(struct lambda *lambda, struct function *function, uint64_t now_ns);
/* How many instances the last volley would have bound had each request been busy for BUSY_NS only. */
uint64_t lambda_distinct_at(const struct function *function, uint64_t busy_ns);
/* The wall clock moved against the monotonic one: the current volley's stamps are void. */
void lambda_note_step(struct lambda *lambda);
struct volley_stats *function_volley(struct function *function); /* the last; NULL: none yet */
void lambda_reset(struct lambda *lambda);

#endif
