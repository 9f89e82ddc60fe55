#include "decide/retention.h"

#include "base/clock.h"

#include <errno.h>

/* A round in comparison with what was seen before. */
struct comparison {
    const struct retention *before;
    struct seen *after; /* has room for all of both */
    size_t n_after;
    uint32_t elapsed_ms;
    uint32_t expected;      /* instances that the last round saw */
    uint32_t born;          /* cold starts */
    uint32_t missing_young; /* for the first time, and too young to retire */
    uint32_t missing_other; /* the same, but old, or of unknown age */
};

static uint32_t add_ms(uint32_t ms, uint64_t more_ms)
{
    return more_ms < UINT32_MAX - ms ? ms + (uint32_t)more_ms : UINT32_MAX;
}

static uint64_t in_us(uint32_t ms)
{
    return ms * US_PER_MS;
}

static bool is_young(const struct seen *seen)
{
    return !seen->of_age_unknown && seen->age_ms < RETENTION_YOUNG_MS;
}

static struct seen aged(struct seen seen, uint32_t elapsed_ms)
{
    seen.age_ms = add_ms(seen.age_ms, elapsed_ms);
    seen.idle_ms = add_ms(seen.idle_ms, elapsed_ms);
    return seen;
}

/* SEEN, with its idle time, is there again. */
static struct seen take_present(struct comparison *comparison, struct seen seen, struct lifetimes *lifetimes,
                                struct retained *retained)
{
    if (seen.died_ms) {
        retained->refuted++;
        lifetimes_died(lifetimes, in_us(seen.died_ms), -1);
    }
    if (comparison->elapsed_ms && seen.idle_ms > seen.longest_ms) {
        lifetimes_survived(lifetimes, in_us(seen.longest_ms), in_us(seen.idle_ms), 1);
        seen.longest_ms = seen.idle_ms;
    }
    retained->survived += seen.absent == 0;
    seen.idle_ms = seen.died_ms = seen.absent = 0;
    return seen;
}

static struct seen take_missing(struct comparison *comparison, struct seen seen)
{
    if (seen.absent == 0) {
        comparison->missing_young += is_young(&seen);
        comparison->missing_other += !is_young(&seen);
    }
    seen.absent++;
    return seen;
}

static void keep(struct comparison *comparison, struct seen seen)
{
    if (seen.absent <= RETENTION_ABSENT_MOST)
        comparison->after[comparison->n_after++] = seen;
}

static void take_new(struct comparison *comparison, const struct sighting *sighting, bool cold_known)
{
    bool born = sighting->born || !cold_known;
    comparison->born += born;
    keep(comparison, (struct seen){.id = sighting->id, .of_age_unknown = !born});
}

/* Both lists are in the order of ids. */
static void compare(struct comparison *comparison, const struct observation *observation,
                    struct lifetimes *lifetimes, struct retained *retained)
{
    const struct retention *before = comparison->before;
    const struct sighting *sightings = observation->sightings;
    size_t at = 0, n = observation->n_sightings;
    for (size_t i = 0; i < before->n; i++) {
        struct seen seen = aged(before->items[i], comparison->elapsed_ms);
        for (; at < n && sightings[at].id < seen.id; at++)
            take_new(comparison, &sightings[at], observation->cold_known);
        bool present = at < n && sightings[at].id == seen.id;
        comparison->expected += seen.absent == 0;
        keep(comparison,
             present ? take_present(comparison, seen, lifetimes, retained) : take_missing(comparison, seen));
        at += present;
    }
    for (; at < n; at++)
        take_new(comparison, &sightings[at], observation->cold_known);
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* How many of the missing were replaced: the old ones first, then the young. */
static void count_deaths(const struct comparison *comparison, const struct observation *observation,
                         struct retained *retained)
{
    uint32_t seen = (uint32_t)observation->n_sightings;
    uint32_t grown = seen > comparison->expected ? seen - comparison->expected : 0;
    uint32_t replaced = comparison->born > grown ? comparison->born - grown : 0;
    retained->expected = comparison->expected;
    retained->retired = least(replaced, comparison->missing_other);
    retained->died = least(replaced - retained->retired, comparison->missing_young);
}

/* Marks DEATHS of the missing as dead: first those that had never survived this long. */
static void mark_deaths(struct comparison *comparison, uint32_t deaths, struct lifetimes *lifetimes)
{
    for (int proven = 0; proven <= 1; proven++)
        for (size_t i = 0; i < comparison->n_after && deaths; i++) {
            struct seen *seen = &comparison->after[i];
            if (seen->absent != 1 || seen->died_ms || !is_young(seen) ||
                (seen->longest_ms >= seen->idle_ms) != proven)
                continue;
            lifetimes_died(lifetimes, in_us(seen->idle_ms), 1);
            seen->died_ms = seen->idle_ms;
            deaths--;
        }
}

static int compare_ages(const void *a, const void *b)
{
    const struct seen *x = a, *y = b;
    if (x->age_ms != y->age_ms)
        return x->age_ms < y->age_ms ? 1 : -1;
    return (x->id > y->id) - (x->id < y->id);
}

/* Guesses who answered if nobody gives a name: new ones for the cold starts; for the rest the youngest of
 * those seen before. -ENOMEM. */
static int invent(const struct retention *retention, const struct observation *observation,
                  uint64_t *invented, struct sighting **ret_sightings, size_t *ret_n)
{
    struct sighting *sightings = calloc(observation->ok + 1, sizeof *sightings);
    struct seen *known = calloc(retention->n + 1, sizeof *known);
    size_t n = 0, n_known = 0, warm = observation->ok - observation->cold;
    if (!sightings || !known) {
        free(sightings);
        free(known);
        return -ENOMEM;
    }
    for (size_t i = 0; i < retention->n; i++)
        if (retention->items[i].absent == 0)
            known[n_known++] = retention->items[i];
    if (n_known)
        qsort(known, n_known, sizeof *known, compare_ages);
    for (size_t i = n_known > warm ? n_known - warm : 0; i < n_known; i++)
        sightings[n++].id = known[i].id;
    for (; n < observation->ok; n++)
        sightings[n] = (struct sighting){.id = ++*invented, .born = n >= warm};
    free(known);
    *ret_sightings = sightings;
    *ret_n = observation_unite(sightings, n);
    return 0;
}

static void conclude(struct comparison *comparison, const struct observation *observation,
                     struct lifetimes *lifetimes, struct retained *retained)
{
    if (!comparison->elapsed_ms || observation->throttled)
        return;
    count_deaths(comparison, observation, retained);
    mark_deaths(comparison, retained->died, lifetimes);
    lifetimes->retired += retained->retired;
    lifetimes->instance_us += (double)retained->expected * (double)in_us(comparison->elapsed_ms);
    retained->idle_us = retained->expected ? in_us(comparison->elapsed_ms) : 0;
}

static int take_named(struct retention *retention, const struct observation *observation,
                      struct lifetimes *lifetimes, struct retained *ret_retained)
{
    struct retained retained = {0};
    struct comparison comparison = {
        .before = retention,
        .after = calloc(retention->n + observation->n_sightings + 1, sizeof *comparison.after),
        .elapsed_ms = add_ms(0, observation->elapsed_us / US_PER_MS),
    };
    if (!comparison.after)
        return -ENOMEM;
    compare(&comparison, observation, lifetimes, &retained);
    conclude(&comparison, observation, lifetimes, &retained);
    free(retention->items);
    retention->items = comparison.after;
    retention->n = comparison.n_after;
    *ret_retained = retained;
    return 0;
}

int retention_take(struct retention *retention, const struct observation *observation,
                   struct lifetimes *lifetimes, struct retained *ret_retained)
{
    /* Then it isn't known how long they were idle either. */
    if (observation->elapsed_us == 0)
        retention_clear(retention);
    if (observation->named)
        return take_named(retention, observation, lifetimes, ret_retained);
    if (!observation->cold_known) {
        *ret_retained = (struct retained){0};
        return 0;
    }
    struct observation guess = *observation;
    int result = invent(retention, observation, &retention->invented, &guess.sightings, &guess.n_sightings);
    if (result < 0)
        return result;
    result = take_named(retention, &guess, lifetimes, ret_retained);
    free(guess.sightings);
    return result;
}

void retention_clear(struct retention *retention)
{
    free(retention->items);
    *retention = (struct retention){.invented = retention->invented};
}
