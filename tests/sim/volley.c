/* Volleys of a function: arrivals without a gap between neighbours. */
#include "lambda.h"

#include "memory.h"

#include <stdlib.h>
#include <string.h>

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

void volley_enter(struct lambda *lambda, struct function *function, const struct arrival *arrival)
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

static int compare_stamps(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* If all are busy for the same time, a new instance is needed only while all the others are busy, so there
 * are as many as were ever busy together. */
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
