#include "lambda.h"

#include "memory.h"

#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct instance {
    struct instance *longer, *shorter; /* idle neighbours */
    struct function *function;
    uint64_t number;
    uint64_t generation;
    uint64_t idle_ttl_ns;
    uint64_t born_ns;
    uint64_t free_ns; /* end of its last request */
    uint64_t volley;  /* serial number of the last volley that it was in */
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

static void bury(struct lambda *lambda, struct instance *instance)
{
    if (lambda->died)
        lambda->died(lambda->died_context, instance->number);
    free(instance);
}

static void bury_all(struct lambda *lambda, struct instance *first)
{
    for (struct instance *at = first, *next; at; at = next) {
        next = at->shorter;
        bury(lambda, at);
    }
}

static void function_free(struct lambda *lambda, struct function *function)
{
    while (function->busy.n)
        bury(lambda, heap_pop(&function->busy));
    heap_clear(&function->busy);
    bury_all(lambda, function->longest);
    bury_all(lambda, function->open);
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

/* The function of PATH, a new one if there is none. */
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

/* Adds INSTANCE in the order of the time at which instances became free. All except the successors of a late
 * request belong at the end. */
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

/* Whether INSTANCE is too old, was idle for too long, or runs code that was replaced. */
static bool is_gone(const struct lambda *lambda, const struct instance *instance, uint64_t now_ns)
{
    uint64_t age_ns = now_ns > instance->born_ns ? now_ns - instance->born_ns : 0;
    uint64_t idle_ns = now_ns > instance->free_ns ? now_ns - instance->free_ns : 0;
    return (age_ns && age_ns >= lambda->options.max_age_ns) || idle_ns > instance->idle_ttl_ns ||
           instance->generation != instance->function->generation;
}

/* Starts with those that have been idle for longest. Others that are gone may be anywhere, and are found when
 * their turn comes. */
static void bury_idle(struct lambda *lambda, struct function *function, uint64_t now_ns)
{
    struct instance *instance;
    while ((instance = function->longest) && is_gone(lambda, instance, now_ns)) {
        unlink_idle(function, instance);
        bury(lambda, instance);
    }
}

/* Takes out the instance that was freed last before NOW_NS; NULL: none. Adds to RET_BUSY those that are idle
 * by now but were busy then, which happens only for a late request. */
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
        if (!is_gone(lambda, at, now_ns))
            return at;
        bury(lambda, at);
    }
    return NULL;
}

static double fraction(uint64_t x)
{
    return (double)(scramble(x) >> 11) / (double)(UINT64_C(1) << 53);
}

static uint64_t idle_ttl_ns(const struct lambda_options *options, uint64_t number)
{
    uint64_t least_ns = options->idle_ttl_ns, most_ns = options->idle_ttl_max_ns;
    double share = fraction(options->seed ^ scramble(~number));
    return most_ns > least_ns ? least_ns + (uint64_t)(share * (double)(most_ns - least_ns)) : least_ns;
}

static struct instance *give_birth(struct lambda *lambda, struct function *function, uint64_t now_ns)
{
    struct instance *instance = allocate(sizeof *instance);
    instance->number = ++lambda->born;
    instance->function = function;
    instance->generation = function->generation;
    instance->idle_ttl_ns = idle_ttl_ns(&lambda->options, instance->number);
    lambda->counters.instances_born++;
    instance->born_ns = now_ns;
    function->counters.instances_born++;
    return instance;
}

static void open_work(struct lambda *lambda, struct function *function, struct instance *instance)
{
    instance->longer = NULL;
    instance->shorter = function->open;
    if (instance->shorter)
        instance->shorter->longer = instance;
    function->open = instance;
    function->n_open++;
    lambda->n_open++;
}

static void close_work(struct lambda *lambda, struct instance *instance)
{
    struct function *function = instance->function;
    *(instance->longer ? &instance->longer->shorter : &function->open) = instance->shorter;
    if (instance->shorter)
        instance->shorter->longer = instance->longer;
    function->n_open--;
    lambda->n_open--;
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

/* BUSY: how many were busy at the stamp of the request that has just been bound, its own included. */
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
    size_t all = lambda->busy.n + lambda->n_open;
    raise_to(&lambda->counters.peak_concurrency, all > busy ? all : busy);
}

static void throttle(struct lambda *lambda, struct function *function, uint64_t now_ns, bool by_account,
                     struct binding *ret_binding)
{
    lambda->counters.throttled++;
    function->counters.throttled++;
    function_volley(function)->throttled++;
    *ret_binding = (struct binding){.throttled = true, .by_account = by_account, .end_ns = now_ns};
}

/* Whether the Nth request fails: the same in every run with the same seed. */
static bool is_failure(const struct lambda_options *options, uint64_t n)
{
    return fraction(options->seed ^ scramble(n)) < options->fail_rate;
}

static bool is_error(const struct lambda_options *options, uint64_t n)
{
    return fraction(options->seed ^ scramble(scramble(n))) < options->error_rate;
}

static void name_instance(const struct lambda *lambda, const struct instance *instance,
                          char name[LAMBDA_ID_TEXT])
{
    snprintf(name, LAMBDA_ID_TEXT, "i-%016" PRIx64, lambda->options.names ^ scramble(instance->number));
}

/* Lets INSTANCE work for ARRIVAL. Returns when it is done at the earliest. */
static uint64_t work(struct lambda *lambda, struct instance *instance, const struct arrival *arrival,
                     bool cold)
{
    const struct lambda_options *options = &lambda->options;
    uint64_t work_ns = arrival->hold_ns > options->handler_ns ? arrival->hold_ns : options->handler_ns;
    uint64_t end_ns = arrival->at_ns + (cold ? options->cold_ns : 0) + work_ns;
    if (arrival->open)
        open_work(lambda, instance->function, instance);
    else
        start_work(lambda, instance->function, instance, end_ns);
    return end_ns;
}

static void free_all_finished(struct lambda *lambda, struct function *function, uint64_t now_ns)
{
    free_finished(function, now_ns);
    while (lambda->busy.n && lambda->busy.entries[0].key <= now_ns)
        heap_pop(&lambda->busy);
    bury_idle(lambda, function, now_ns);
}

void lambda_bind(struct lambda *lambda, const struct arrival *arrival, struct binding *ret_binding)
{
    const struct lambda_options *options = &lambda->options;
    struct function *function = find(lambda, arrival->path);
    volley_enter(lambda, function, arrival);
    free_all_finished(lambda, function, arrival->at_ns);
    size_t busy = function->busy.n + function->n_open;
    struct instance *instance = take_idle(lambda, function, arrival->at_ns, &busy);
    bool cold = !instance;
    bool by_account = options->account_limit && lambda->busy.n + lambda->n_open >= options->account_limit;
    if (by_account || busy >= options->max_instances) {
        if (instance)
            link_idle(function, instance);
        throttle(lambda, function, arrival->at_ns, by_account, ret_binding);
        return;
    }
    if (cold)
        instance = give_birth(lambda, function, arrival->at_ns);
    uint64_t end_ns = work(lambda, instance, arrival, cold), n = lambda->counters.requests;
    *ret_binding = (struct binding){.cold = cold,
                                    .failed = is_failure(options, n),
                                    .erred = is_error(options, n),
                                    .number = instance->number,
                                    .end_ns = end_ns,
                                    .open = arrival->open ? instance : NULL};
    name_instance(lambda, instance, ret_binding->instance);
    bool fails = ret_binding->failed || ret_binding->erred || arrival->fails;
    count(lambda, function, instance, busy + 1, ret_binding, fails);
}

void lambda_finish(struct lambda *lambda, struct instance *open, uint64_t end_ns, bool failed)
{
    close_work(lambda, open);
    start_work(lambda, open->function, open, end_ns);
    lambda->counters.failed += failed;
    open->function->counters.failed += failed;
}

void lambda_crash(struct lambda *lambda, struct instance *open)
{
    close_work(lambda, open);
    lambda->counters.failed++;
    open->function->counters.failed++;
    free(open);
}

size_t lambda_deploy(struct lambda *lambda, const char *path)
{
    size_t length = strlen(path), n = 0;
    for (struct function *at = lambda->functions; at; at = at->next)
        if (strncmp(at->path, path, length) == 0 && (at->path[length] == '\0' || at->path[length] == ':')) {
            at->generation++;
            n++;
        }
    return n;
}

size_t lambda_alive(struct lambda *lambda, struct function *function, uint64_t now_ns)
{
    free_finished(function, now_ns);
    bury_idle(lambda, function, now_ns);
    for (struct instance *at = function->longest, *next; at; at = next) {
        next = at->shorter;
        if (is_gone(lambda, at, now_ns)) {
            unlink_idle(function, at);
            bury(lambda, at);
        }
    }
    return function->n_idle + function->busy.n + function->n_open;
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
        function_free(lambda, at);
    }
    heap_clear(&lambda->busy);
    *lambda = (struct lambda){.options = lambda->options,
                              .born = lambda->born,
                              .functions_end = &lambda->functions,
                              .died = lambda->died,
                              .died_context = lambda->died_context};
}

void lambda_free(struct lambda *lambda)
{
    lambda_reset(lambda);
    free(lambda);
}
