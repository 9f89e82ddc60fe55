#include "lambda.h"

#include "memory.h"

#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct instance {
    struct instance *longer, *shorter; /* idle neighbours */
    uint64_t number;
    uint64_t born_ns;
    uint64_t free_ns; /* end of its last request */
    uint64_t volley;  /* serial of the last volley that it was in */
};

/* splitmix64's finaliser: spreads neighbouring numbers. */
static uint64_t scramble(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(((const struct function *)a)->path, ((const struct function *)b)->path);
}

static void function_free(struct function *function)
{
    while (function->busy.n)
        free(heap_pop(&function->busy));
    heap_clear(&function->busy);
    for (struct instance *at = function->longest, *next; at; at = next) {
        next = at->shorter;
        free(at);
    }
    free(function->volleys);
    free(function->stamps_ns);
    free(function->path);
    free(function);
}

static struct function *function_new(const char *path)
{
    struct function *function = allocate(sizeof *function);
    function->path = duplicate(path, strlen(path));
    function->volleys = allocate(VOLLEYS_KEPT * sizeof *function->volleys);
    return function;
}

/* The function of PATH, new where there is none. */
static struct function *find(struct lambda *lambda, const char *path)
{
    union {
        const char *in;
        char *out;
    } name = {.in = path};
    const struct function wanted = {.path = name.out};
    struct function **found = tfind(&wanted, &lambda->by_path, compare_paths);
    if (found)
        return *found;
    struct function *function = function_new(path);
    if (!tsearch(function, &lambda->by_path, compare_paths))
        die_of_memory();
    *lambda->functions_end = function;
    lambda->functions_end = &function->next;
    return function;
}

static void unlink_idle(struct function *function, struct instance *instance)
{
    *(instance->longer ? &instance->longer->shorter : &function->longest) = instance->shorter;
    *(instance->shorter ? &instance->shorter->longer : &function->shortest) = instance->longer;
    function->n_idle--;
}

/* In order of the time they became free. All but the successors of a late request belong at the end. */
static void link_idle(struct function *function, struct instance *instance)
{
    struct instance *longer = function->shortest;
    while (longer && longer->free_ns > instance->free_ns)
        longer = longer->longer;
    instance->longer = longer;
    instance->shorter = longer ? longer->shorter : function->longest;
    *(instance->longer ? &instance->longer->shorter : &function->longest) = instance;
    *(instance->shorter ? &instance->shorter->longer : &function->shortest) = instance;
    function->n_idle++;
}

static void free_finished(struct function *function, uint64_t now_ns)
{
    while (function->busy.n && function->busy.entries[0].key <= now_ns)
        link_idle(function, heap_pop(&function->busy));
}

static bool is_too_old(const struct lambda *lambda, const struct instance *instance, uint64_t now_ns)
{
    return now_ns > instance->born_ns && now_ns - instance->born_ns >= lambda->options.max_age_ns;
}

/* Those idle for too long are at the one end; those too old may be anywhere, and are found when their turn
 * comes. */
static void bury_idle(struct lambda *lambda, struct function *function, uint64_t now_ns)
{
    struct instance *instance;
    while ((instance = function->longest) && now_ns > instance->free_ns &&
           now_ns - instance->free_ns > lambda->options.idle_ttl_ns) {
        unlink_idle(function, instance);
        free(instance);
    }
}

/* The instance that was freed last before NOW_NS, taken out; NULL: none. Adds to RET_BUSY those that are idle
 * by now but were busy then, which only a late request can meet. */
static struct instance *take_idle(struct lambda *lambda, struct function *function, uint64_t now_ns,
                                  size_t *ret_busy)
{
    for (struct instance *at = function->shortest, *longer; at; at = longer) {
        longer = at->longer;
        if (at->free_ns > now_ns) {
            ++*ret_busy;
            continue;
        }
        unlink_idle(function, at);
        if (!is_too_old(lambda, at, now_ns))
            return at;
        free(at);
    }
    return NULL;
}

struct volley *function_volley(const struct function *function)
{
    return function->n_volleys ? &function->volleys[(function->n_volleys - 1) % VOLLEYS_KEPT] : NULL;
}

static void keep_stamp(struct function *function, uint64_t at_ns)
{
    if (function->n_stamps == VOLLEY_STAMPS_MAX)
        return;
    if (function->n_stamps == function->stamps_capacity) {
        size_t capacity = function->stamps_capacity ? 2 * function->stamps_capacity : 64;
        function->stamps_ns = reallocate(function->stamps_ns, capacity * sizeof *function->stamps_ns);
        function->stamps_capacity = capacity;
    }
    function->stamps_ns[function->n_stamps++] = at_ns;
}

/* Puts ARRIVAL into the volley that it belongs to. */
static void enter_volley(struct lambda *lambda, struct function *function, const struct arrival *arrival)
{
    struct volley *volley = function_volley(function);
    uint64_t at_ns = arrival->at_ns;
    if (!volley || (at_ns > volley->last_ns && at_ns - volley->last_ns > lambda->options.volley_gap_ns)) {
        function->n_volleys++;
        function->n_stamps = 0;
        volley = function_volley(function);
        *volley = (struct volley){.serial = ++lambda->volleys,
                                  .first_ns = at_ns,
                                  .last_ns = at_ns,
                                  .http_version = arrival->http_version};
    }
    keep_stamp(function, at_ns);
    if (strcmp(volley->http_version, arrival->http_version) != 0)
        volley->http_version = "mixed";
    volley->first_ns = at_ns < volley->first_ns ? at_ns : volley->first_ns;
    volley->last_ns = at_ns > volley->last_ns ? at_ns : volley->last_ns;
    volley->clock_stepped |= arrival->clock_stepped;
    lambda->last = function;
}

static struct instance *give_birth(struct lambda *lambda, struct function *function, uint64_t now_ns)
{
    struct instance *instance = allocate(sizeof *instance);
    instance->number = ++lambda->born;
    lambda->counters.instances_born++;
    instance->born_ns = now_ns;
    function->counters.instances_born++;
    return instance;
}

static void start_work(struct lambda *lambda, struct function *function, struct instance *instance,
                       uint64_t end_ns)
{
    instance->free_ns = end_ns;
    heap_push(&function->busy, end_ns, instance);
    heap_push(&lambda->busy, end_ns, NULL);
}

static void raise_to(uint64_t *most, uint64_t value)
{
    *most = value > *most ? value : *most;
}

/* BUSY: those busy at the stamp of the request that has just been bound, its own included. */
static void count(struct lambda *lambda, struct function *function, struct instance *instance, size_t busy,
                  const struct binding *binding, bool failed)
{
    struct volley *volley = function_volley(function);
    struct counters *both[] = {&lambda->counters, &function->counters};
    for (size_t i = 0; i < 2; i++) {
        both[i]->requests++;
        both[i]->cold_starts += binding->cold;
        both[i]->failed += failed;
    }
    volley->requests++;
    volley->cold += binding->cold;
    volley->distinct += instance->volley != volley->serial;
    instance->volley = volley->serial;
    raise_to(&volley->peak, busy);
    raise_to(&function->counters.peak_concurrency, busy);
    raise_to(&lambda->counters.peak_concurrency, lambda->busy.n > busy ? lambda->busy.n : busy);
}

static void throttle(struct lambda *lambda, struct function *function, uint64_t now_ns,
                     struct binding *ret_binding)
{
    lambda->counters.throttled++;
    function->counters.throttled++;
    function_volley(function)->throttled++;
    *ret_binding = (struct binding){.throttled = true, .end_ns = now_ns};
}

/* The Nth request fails, or not, in every run with the same seed. */
static bool is_failure(const struct lambda_options *options, uint64_t n)
{
    return (double)(scramble(options->seed ^ scramble(n)) >> 11) <
           options->fail_rate * (double)(UINT64_C(1) << 53);
}

static void name_instance(const struct lambda *lambda, const struct instance *instance,
                          char name[LAMBDA_ID_TEXT])
{
    snprintf(name, LAMBDA_ID_TEXT, "i-%016" PRIx64, lambda->options.names ^ scramble(instance->number));
}

void lambda_bind(struct lambda *lambda, const struct arrival *arrival, struct binding *ret_binding)
{
    const struct lambda_options *options = &lambda->options;
    uint64_t now_ns = arrival->at_ns;
    struct function *function = find(lambda, arrival->path);
    enter_volley(lambda, function, arrival);
    free_finished(function, now_ns);
    while (lambda->busy.n && lambda->busy.entries[0].key <= now_ns)
        heap_pop(&lambda->busy);
    bury_idle(lambda, function, now_ns);
    size_t busy = function->busy.n;
    struct instance *instance = take_idle(lambda, function, now_ns, &busy);
    bool cold = !instance;
    if (busy >= options->max_instances) {
        if (instance)
            link_idle(function, instance);
        throttle(lambda, function, now_ns, ret_binding);
        return;
    }
    if (cold)
        instance = give_birth(lambda, function, now_ns);
    uint64_t work_ns = arrival->hold_ns > options->handler_ns ? arrival->hold_ns : options->handler_ns;
    start_work(lambda, function, instance, now_ns + (cold ? options->cold_ns : 0) + work_ns);
    *ret_binding = (struct binding){
        .cold = cold, .failed = is_failure(options, lambda->counters.requests), .end_ns = instance->free_ns};
    name_instance(lambda, instance, ret_binding->instance);
    count(lambda, function, instance, busy + 1, ret_binding, ret_binding->failed || arrival->fails);
}

size_t lambda_alive(struct lambda *lambda, struct function *function, uint64_t now_ns)
{
    free_finished(function, now_ns);
    bury_idle(lambda, function, now_ns);
    for (struct instance *at = function->longest, *next; at; at = next) {
        next = at->shorter;
        if (is_too_old(lambda, at, now_ns)) {
            unlink_idle(function, at);
            free(at);
        }
    }
    return function->n_idle + function->busy.n;
}

static int compare_stamps(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Where all are busy for the same time, a new instance is needed only when all are busy: as many as were ever
 * busy together. */
bool lambda_distinct_at(const struct function *function, uint64_t busy_ns, size_t *ret_distinct)
{
    const struct volley *volley = function_volley(function);
    size_t most = 0, n = function->n_stamps;
    if (volley && volley->requests + volley->throttled > n)
        return false;
    uint64_t *sorted = allocate((n + 1) * sizeof *sorted);
    if (n)
        memcpy(sorted, function->stamps_ns, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, compare_stamps);
    for (size_t begin = 0, end = 0; end < n; end++) {
        while (begin < end && sorted[begin] + busy_ns <= sorted[end])
            begin++;
        most = end - begin + 1 > most ? end - begin + 1 : most;
    }
    free(sorted);
    *ret_distinct = most;
    return true;
}

struct lambda *lambda_new(const struct lambda_options *options)
{
    struct lambda *lambda = allocate(sizeof *lambda);
    lambda->options = *options;
    lambda->functions_end = &lambda->functions;
    return lambda;
}

static void keep_item(void *item)
{
    (void)item; /* freed by the list */
}

void lambda_reset(struct lambda *lambda)
{
    tdestroy(lambda->by_path, keep_item);
    for (struct function *at = lambda->functions, *next; at; at = next) {
        next = at->next;
        function_free(at);
    }
    heap_clear(&lambda->busy);
    *lambda = (struct lambda){
        .options = lambda->options, .born = lambda->born, .functions_end = &lambda->functions};
}

void lambda_free(struct lambda *lambda)
{
    lambda_reset(lambda);
    free(lambda);
}
