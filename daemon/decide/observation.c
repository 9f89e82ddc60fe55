#include "decide/observation.h"

#include "base/text.h"

#include <errno.h>

static int compare_sightings(const void *a, const void *b)
{
    const struct sighting *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

size_t observation_unite(struct sighting *sightings, size_t n)
{
    size_t kept = 0;
    if (n)
        qsort(sightings, n, sizeof *sightings, compare_sightings);
    for (size_t i = 0; i < n; i++) {
        if (kept && sightings[kept - 1].id == sightings[i].id)
            sightings[kept - 1].born |= sightings[i].born;
        else
            sightings[kept++] = sightings[i];
    }
    return kept;
}

/* Fills SIGHTINGS, which has room, with the instances that were met. Returns how many there are. */
static size_t sight(const struct round *round, struct sighting *sightings)
{
    size_t n = 0;
    for (size_t i = 0; i < round->n_samples; i++) {
        const struct sample *sample = &round->samples[i];
        if (sample->outcome == OUTCOME_OK && sample->instance)
            sightings[n++] =
                (struct sighting){.id = text_hash(sample->instance), .born = sample->cold == COLD_YES};
    }
    return observation_unite(sightings, n);
}

static void take_attempts(const struct round *round, struct observation *observation)
{
    const struct attempt *first = &round->attempts[0];
    observation->first_ok = first->ok;
    observation->first_distinct = first->distinct;
    observation->spread_us = first->in_turns ? 0 : first->spread_us;
    for (uint32_t i = 0; i < round->n_attempts; i++) {
        const struct attempt *attempt = &round->attempts[i];
        observation->is_futile |= attempt->in_turns || attempt->futile;
        if (observation->enough_us == 0 && attempt->ok && attempt->distinct == attempt->ok)
            observation->enough_us = attempt->hold_us ? attempt->hold_us : 1;
    }
}

static bool all_say_whether_cold(const struct round *round)
{
    for (size_t i = 0; i < round->n_samples; i++)
        if (round->samples[i].outcome == OUTCOME_OK && round->samples[i].cold == COLD_UNKNOWN)
            return false;
    return round->ok > 0;
}

int observation_of(const struct round *round, uint64_t elapsed_us, struct observation *ret_observation)
{
    struct sighting *sightings = calloc(round->n_samples + 1, sizeof *sightings);
    if (!sightings)
        return -ENOMEM;
    *ret_observation = (struct observation){
        .sent = round->sent,
        .ok = round->ok,
        .failed = round->failed,
        .throttled = round->throttled,
        .named = round->distinct_known,
        .cold_known = all_say_whether_cold(round),
        .cold = round->cold,
        .skew_us = round->skew_us,
        .hold_us = round->attempts[0].hold_us,
        .version = round->version ? text_hash(round->version) : 0,
        .elapsed_us = elapsed_us,
        .sightings = sightings,
    };
    if (!round->distinct_known)
        return 0;
    take_attempts(round, ret_observation);
    ret_observation->n_sightings = sight(round, sightings);
    return 0;
}

void observation_free(struct observation *observation)
{
    free(observation->sightings);
    observation->sightings = NULL;
    observation->n_sightings = 0;
}
