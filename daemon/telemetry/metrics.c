#include "telemetry/metrics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MS UINT64_C(1000000)

/* 1, 2.5 and 5 of each decade; and 75 ms, the customary hold, below which no handler that honours it answers.
 */
const struct metrics_bound metrics_bounds[METRICS_BUCKETS] = {
    {1 * MS, "0.001"},  {2500000, "0.0025"}, {5 * MS, "0.005"},  {10 * MS, "0.01"},    {25 * MS, "0.025"},
    {50 * MS, "0.05"},  {75 * MS, "0.075"},  {100 * MS, "0.1"},  {250 * MS, "0.25"},   {500 * MS, "0.5"},
    {1000 * MS, "1.0"}, {2500 * MS, "2.5"},  {5000 * MS, "5.0"}, {10000 * MS, "10.0"}, {30000 * MS, "30.0"},
};

static struct endpoint_metrics *find(const struct metrics *metrics, const char *endpoint)
{
    size_t place = names_find(&metrics->names, endpoint);
    return place == NAMES_NONE ? NULL : &metrics->endpoints[place];
}

int metrics_add(struct metrics *metrics, const char *endpoint)
{
    if (find(metrics, endpoint))
        return 0;
    char *name = strdup(endpoint);
    struct endpoint_metrics *longer =
        name ? reallocarray(metrics->endpoints, metrics->n + 1, sizeof *longer) : NULL;
    if (longer)
        metrics->endpoints = longer;
    if (!longer || names_put(&metrics->names, name, metrics->n) < 0) {
        free(name);
        return -ENOMEM;
    }
    longer[metrics->n++] = (struct endpoint_metrics){.name = name};
    return 0;
}

void metrics_begin_anew(struct metrics *metrics, const char *endpoint)
{
    struct endpoint_metrics *of = find(metrics, endpoint);
    if (of)
        *of = (struct endpoint_metrics){.name = of->name};
}

static bool is_enabled(const struct plan *plan, const char *name)
{
    const struct endpoint *endpoint = plan_find(plan, name);
    return endpoint && endpoint->enabled;
}

void metrics_forget(struct metrics *metrics, const struct plan *plan)
{
    size_t kept = 0;
    for (size_t i = 0; i < metrics->n; i++) {
        struct endpoint_metrics *of = &metrics->endpoints[i];
        if (is_enabled(plan, of->name)) {
            names_put(&metrics->names, of->name, kept); /* the name is known, so this can't fail */
            metrics->endpoints[kept++] = *of;
            continue;
        }
        names_drop(&metrics->names, of->name);
        free(of->name);
    }
    metrics->n = kept;
}

void metrics_set_target(struct metrics *metrics, const char *endpoint, uint32_t target, uint64_t interval_us,
                        uint64_t hold_us)
{
    struct endpoint_metrics *of = find(metrics, endpoint);
    if (!of)
        return;
    of->target = target;
    of->interval_us = interval_us;
    of->hold_us = hold_us;
}

void metrics_set_condition(struct metrics *metrics, const char *endpoint, enum condition condition)
{
    struct endpoint_metrics *of = find(metrics, endpoint);
    if (!of)
        return;
    of->condition_known = true;
    of->condition = condition;
}

static void note_duration(struct endpoint_metrics *of, const struct sample *sample)
{
    uint64_t ns = sample->end_ns - sample->release_ns;
    size_t i = 0;
    while (i < METRICS_BUCKETS && ns > metrics_bounds[i].ns)
        i++;
    if (i < METRICS_BUCKETS)
        of->buckets[i]++;
    of->durations++;
    of->durations_ns += ns;
}

void metrics_note_round(struct metrics *metrics, const struct round *round, uint64_t now_real_us)
{
    struct endpoint_metrics *of = find(metrics, round->endpoint);
    if (!of)
        return;
    of->rounds[round->result]++;
    of->ok += round->ok;
    of->failed += round->failed;
    of->throttled += round->throttled;
    of->cold_known |= round->cold_known;
    of->cold += round->cold_known ? round->cold : 0;
    of->cost_known |= round->cost_known;
    of->cost_usd += round->cost_known ? round->cost_usd : 0;
    for (size_t i = 0; i < round->n_samples; i++)
        if (round->samples[i].outcome == OUTCOME_OK)
            note_duration(of, &round->samples[i]);
    of->warm = round_warm(round);
    of->skew_us = round_best(round)->skew_us;
    of->last_real_us = now_real_us;
}

void metrics_set_reload(struct metrics *metrics, bool successful)
{
    metrics->reloaded = successful;
}

void metrics_free(struct metrics *metrics)
{
    names_free(&metrics->names);
    for (size_t i = 0; i < metrics->n; i++)
        free(metrics->endpoints[i].name);
    free(metrics->endpoints);
    *metrics = (struct metrics){0};
}
