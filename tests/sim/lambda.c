#include "lambda.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct instance {
    struct instance *below; /* in the stack of idle ones */
    uint64_t number;
    uint64_t born_ns;
    uint64_t free_ns;     /* end of its last request */
    uint64_t last_volley; /* number of the last volley it was in, to count distinct ones */
};

static struct function *find(struct lambda *lambda, const char *path)
{
    for (struct function *function = lambda->functions; function; function = function->next)
        if (strcmp(function->path, path) == 0)
            return function;
    struct function *function = calloc(1, sizeof *function);
    char *copy = strdup(path);
    uint64_t *stamps = calloc(VOLLEY_STAMPS_MAX, sizeof *stamps);
    if (!function || !copy || !stamps) {
        free(function);
        free(copy);
        free(stamps);
        return NULL;
    }
    function->path = copy;
    function->stamps = stamps;
    function->next = lambda->functions;
    lambda->functions = function;
    return function;
}

/* The busy ones are a binary heap by the time they become free. */
static bool heap_push(struct function *function, struct instance *instance)
{
    if (function->n_busy == function->heap_size) {
        size_t size = function->heap_size ? 2 * function->heap_size : 64;
        struct instance **longer = realloc(function->heap, size * sizeof(struct instance *));
        if (!longer)
            return false;
        function->heap = longer;
        function->heap_size = size;
    }
    size_t at = function->n_busy++;
    for (; at > 0 && function->heap[(at - 1) / 2]->free_ns > instance->free_ns; at = (at - 1) / 2)
        function->heap[at] = function->heap[(at - 1) / 2];
    function->heap[at] = instance;
    return true;
}

static struct instance *heap_pop(struct function *function)
{
    struct instance *top = function->heap[0], *moved = function->heap[--function->n_busy];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < function->n_busy; at = child) {
        if (child + 1 < function->n_busy &&
            function->heap[child + 1]->free_ns < function->heap[child]->free_ns)
            child++;
        if (function->heap[child]->free_ns >= moved->free_ns)
            break;
        function->heap[at] = function->heap[child];
    }
    function->heap[at] = moved;
    return top;
}

/* Those that became free by NOW_NS go onto the stack in that order, so the one freed last is on top. */
static void free_finished(struct function *function, uint64_t now_ns)
{
    while (function->n_busy && function->heap[0]->free_ns <= now_ns) {
        struct instance *instance = heap_pop(function);
        instance->below = function->idle;
        function->idle = instance;
        function->n_idle++;
    }
}

static bool is_dead(const struct lambda_options *options, const struct instance *instance, uint64_t now_ns)
{
    return now_ns - instance->free_ns > options->idle_ttl_ns ||
           (options->max_age_ns != UINT64_MAX && now_ns - instance->born_ns > options->max_age_ns);
}

static void bury_dead(struct function *function, const struct lambda_options *options, uint64_t now_ns)
{
    for (struct instance **at = &function->idle; *at;) {
        struct instance *instance = *at;
        if (!is_dead(options, instance, now_ns)) {
            at = &instance->below;
            continue;
        }
        *at = instance->below;
        free(instance);
        function->n_idle--;
    }
}

static struct instance *take_idle(struct function *function, const struct lambda_options *options,
                                  uint64_t now_ns)
{
    while (function->idle) {
        struct instance *instance = function->idle;
        function->idle = instance->below;
        function->n_idle--;
        if (!is_dead(options, instance, now_ns))
            return instance;
        free(instance);
    }
    return NULL;
}

struct volley_stats *function_volley(struct function *function)
{
    return function->n_volleys ? &function->volleys[(function->n_volleys - 1) % VOLLEYS_KEPT] : NULL;
}

static struct volley_stats *enter_volley(struct lambda *lambda, struct function *function,
                                         uint64_t arrival_ns, const char *http_version)
{
    struct volley_stats *volley = function_volley(function);
    if (!volley || arrival_ns > volley->last_ns + lambda->options.volley_gap_ns) {
        function->n_volleys++;
        volley = function_volley(function);
        *volley = (struct volley_stats){.first_ns = arrival_ns, .last_ns = arrival_ns};
        function->n_stamps = 0;
    }
    volley->http_version = http_version;
    volley->first_ns = arrival_ns < volley->first_ns ? arrival_ns : volley->first_ns;
    volley->last_ns = arrival_ns > volley->last_ns ? arrival_ns : volley->last_ns;
    if (function->n_stamps < VOLLEY_STAMPS_MAX)
        function->stamps[function->n_stamps++] = arrival_ns;
    lambda->last_used = function;
    return volley;
}

static struct instance *give_birth(struct lambda *lambda, struct function *function, uint64_t now_ns)
{
    struct instance *instance = calloc(1, sizeof *instance);
    if (!instance)
        return NULL;
    instance->number = ++lambda->born;
    instance->born_ns = now_ns;
    function->counters.instances_born++;
    function->counters.cold_starts++;
    return instance;
}

static void count(struct function *function, struct volley_stats *volley, struct instance *instance,
                  bool cold)
{
    function->counters.requests++;
    volley->requests++;
    volley->cold += cold;
    if (instance->last_volley != function->n_volleys) {
        instance->last_volley = function->n_volleys;
        volley->distinct++;
    }
    if (function->n_busy > volley->peak)
        volley->peak = function->n_busy;
    if (function->n_busy > function->counters.peak_concurrency)
        function->counters.peak_concurrency = function->n_busy;
}

bool lambda_bind(struct lambda *lambda, const char *path, uint64_t arrival_ns, uint64_t hold_ns,
                 const char *http_version, struct binding *ret_binding)
{
    const struct lambda_options *options = &lambda->options;
    struct function *function = find(lambda, path);
    if (!function)
        return false;
    free_finished(function, arrival_ns);
    struct volley_stats *volley = enter_volley(lambda, function, arrival_ns, http_version);
    struct instance *instance = take_idle(function, options, arrival_ns);
    bool cold = instance == NULL;
    *ret_binding = (struct binding){.cold = cold};
    if (cold && function->n_busy >= options->max_instances) {
        function->counters.throttled++;
        volley->throttled++;
        ret_binding->throttled = true;
        ret_binding->end_ns = arrival_ns;
        return true;
    }
    if (cold)
        instance = give_birth(lambda, function, arrival_ns);
    if (!instance)
        return false;
    uint64_t busy_ns = hold_ns > options->handler_ns ? hold_ns : options->handler_ns;
    instance->free_ns = arrival_ns + (cold ? options->cold_ns : 0) + busy_ns;
    if (!heap_push(function, instance)) {
        free(instance);
        return false;
    }
    count(function, volley, instance, cold);
    snprintf(ret_binding->instance, sizeof ret_binding->instance, "i-%016" PRIx64,
             instance->number * UINT64_C(0x9e3779b97f4a7c15));
    ret_binding->end_ns = instance->free_ns;
    return true;
}

void lambda_note_failed(struct lambda *lambda, const char *path)
{
    struct function *function = find(lambda, path);
    if (function)
        function->counters.failed++;
}

uint64_t lambda_alive(struct lambda *lambda, struct function *function, uint64_t now_ns)
{
    free_finished(function, now_ns);
    bury_dead(function, &lambda->options, now_ns);
    return function->n_idle + function->n_busy;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* In arrival order with one busy time for all, instances become free in the order they were taken: a queue is
 * enough, and the number of distinct ones is the most that were ever busy together. */
uint64_t lambda_distinct_at(const struct function *function, uint64_t busy_ns)
{
    uint64_t *sorted = malloc((function->n_stamps + 1) * sizeof *sorted);
    uint64_t most = 0;
    if (!sorted)
        return 0;
    memcpy(sorted, function->stamps, function->n_stamps * sizeof *sorted);
    qsort(sorted, function->n_stamps, sizeof *sorted, compare);
    for (size_t begin = 0, end = 0; end < function->n_stamps; end++) {
        while (sorted[begin] + busy_ns <= sorted[end])
            begin++;
        most = end - begin + 1 > most ? end - begin + 1 : most;
    }
    free(sorted);
    return most;
}

void lambda_note_step(struct lambda *lambda)
{
    struct volley_stats *volley = lambda->last_used ? function_volley(lambda->last_used) : NULL;
    if (volley)
        volley->clock_stepped = true;
}

void lambda_reset(struct lambda *lambda)
{
    while (lambda->functions) {
        struct function *function = lambda->functions;
        lambda->functions = function->next;
        free_finished(function, UINT64_MAX);
        while (function->idle) {
            struct instance *below = function->idle->below;
            free(function->idle);
            function->idle = below;
        }
        free(function->heap);
        free(function->stamps);
        free(function->path);
        free(function);
    }
    lambda->last_used = NULL;
}
