/* The model of API Gateway and Lambda: one request binds one instance. Pure: it gets times as arguments and
 * reads no clock.
 *
 * All times are nanoseconds of CLOCK_MONOTONIC, and time is that of the arrival stamps: an instance is busy
 * from the stamp of its request on, so the outcome depends on when requests arrived at the kernel and not on
 * when this program came to look at them. Bind requests in the order of their stamps; one that is late
 * nevertheless gets an instance that was free at its stamp, never one that became free later. */
#ifndef SIM_LAMBDA_H
#define SIM_LAMBDA_H

#include "heap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

struct lambda_options {
    uint64_t cold_ns;         /* a new instance's start */
    uint64_t handler_ns;      /* the least time that a handler is busy */
    uint64_t idle_ttl_ns;     /* an instance that was idle for longer is gone */
    uint64_t idle_ttl_max_ns; /* above idle_ttl_ns: each instance has its own time between the two */
    uint64_t max_age_ns;      /* an instance of this age takes no more requests; UINT64_MAX: never */
    uint64_t volley_gap_ns;   /* arrivals further apart belong to different volleys */
    uint64_t max_instances;   /* busy ones of a function; requests beyond that are throttled */
    uint64_t account_limit;   /* the same for all functions together; 0: none */
    double fail_rate;         /* share of the requests that fail, 0 to 1 */
    double error_rate;        /* share of the requests whose handlers fail, 0 to 1 */
    uint64_t seed;            /* of these, and of idle times */
    uint64_t names;           /* makes instances' names differ between two models */
};

/* A volley's stamps are kept up to this many, to answer lambda_distinct_at(). */
enum { LAMBDA_ID_TEXT = 24, VOLLEYS_KEPT = 100, VOLLEY_STAMPS_MAX = 1 << 17 };

struct counters {
    uint64_t requests, throttled, failed, instances_born, cold_starts, peak_concurrency;
};

/* Requests for one function without a gap between neighbours. */
struct volley {
    uint64_t serial; /* grows over all functions */
    uint64_t requests, throttled, distinct, cold, peak;
    uint64_t first_ns, last_ns; /* arrivals, throttled ones too */
    bool clock_stepped;
    const char *http_version; /* "1.1", "2", "mixed"; static */
};

struct instance;

struct function {
    struct function *next; /* in order of appearance */
    char *path;
    struct counters counters;
    struct volley *volleys; /* a ring of VOLLEYS_KEPT */
    uint64_t n_volleys;     /* ever */
    uint64_t *stamps_ns;    /* arrivals of the last volley */
    size_t n_stamps, stamps_capacity;
    /* the model's own */
    struct heap busy;      /* instances by the time they become free */
    struct instance *open; /* those for which that time isn't known */
    size_t n_open;
    uint64_t generation; /* of its code: instances of another one are gone */
    struct instance *longest,
        *shortest; /* the idle ones, by the time they became free; shortest: freed last */
    size_t n_idle;
};

struct lambda {
    struct lambda_options options;
    struct counters counters;
    struct function *functions, **functions_end;
    struct function *last;                        /* the one that the last request was for */
    void *by_path;                                /* a tree of functions */
    struct heap busy;                             /* the ends of all requests, */
    size_t n_open;                                /* except those that aren't known */
    uint64_t volleys;                             /* since the last reset */
    uint64_t born;                                /* ever */
    void (*died)(void *context, uint64_t number); /* called when an instance is gone; NULL: nobody asks */
    void *died_context;
};

struct arrival {
    const char *path;
    uint64_t at_ns;
    uint64_t hold_ns; /* how long the request asks its handler to stay busy */
    const char *http_version;
    bool clock_stepped; /* at_ns can't be trusted */
    bool fails;         /* its handler will answer with an error */
    bool open;          /* nobody knows how long its handler will be busy: lambda_finish() will say */
};

struct binding {
    bool throttled, cold;
    bool by_account;               /* throttled by the limit of all functions together */
    bool failed;                   /* by fail_rate */
    bool erred;                    /* by error_rate */
    char instance[LAMBDA_ID_TEXT]; /* empty when throttled */
    uint64_t number;               /* the instance's; 0 when throttled */
    uint64_t end_ns;               /* when the answer is due; of an open one: at the earliest */
    struct instance *open;         /* of an open one, until it is finished or the model is reset */
};

/* A new model. */
struct lambda *lambda_new(const struct lambda_options *options);
void lambda_free(struct lambda *lambda);
/* Forgets instances, volleys and counters, but gives no name a second time. */
void lambda_reset(struct lambda *lambda);
/* Binds a request to an instance, or throttles it. */
void lambda_bind(struct lambda *lambda, const struct arrival *arrival, struct binding *ret_binding);

/* An open request's handler is done, or will be: its instance is free at END_NS. FAILED: with an error. */
void lambda_finish(struct lambda *lambda, struct instance *open, uint64_t end_ns, bool failed);
/* An open request's handler crashed: its instance is gone. */
void lambda_crash(struct lambda *lambda, struct instance *open);
/* New code: instances that PATH, or "PATH:" and anything, has by now take no more requests. Returns how many
 * functions these were. */
size_t lambda_deploy(struct lambda *lambda, const char *path);

/* How many instances are alive at NOW_NS. */
size_t lambda_alive(struct lambda *lambda, struct function *function, uint64_t now_ns);
/* Adds ARRIVAL to the volley of FUNCTION that it belongs to. */
void volley_enter(struct lambda *lambda, struct function *function, const struct arrival *arrival);
/* The last volley; NULL: none yet. */
struct volley *function_volley(const struct function *function);
/* How many instances the last volley would have bound had each request been busy for BUSY_NS and all
 * instances been free before; throttled requests count too. False: there were more requests than stamps are
 * kept. */
bool lambda_distinct_at(const struct function *function, uint64_t busy_ns, size_t *ret_distinct);

#endif
