#include "record/round.h"

void round_free(struct round *round)
{
    if (!round)
        return;
    samples_free(round->samples, round->n_samples);
    free(round->causes);
    free(round->version);
    free(round->refused.note);
    for (uint32_t i = 0; i < round->n_attempts; i++)
        free(round->attempts[i].note);
    free(round->endpoint);
    free(round);
}

const struct attempt *round_last(const struct round *round)
{
    return &round->attempts[round->n_attempts ? round->n_attempts - 1 : 0];
}

const char *round_note(const struct round *round)
{
    const char *note = round->refused.note;
    for (uint32_t i = 0; !note && i < round->n_attempts; i++)
        note = round->attempts[i].note;
    return note;
}

bool round_has_cause(const struct round *round, enum cause cause)
{
    for (size_t i = 0; i < round->n_causes; i++)
        if (round->causes[i].cause == cause)
            return true;
    return false;
}

bool round_is_met(const struct round *round, bool distinct)
{
    return round->result == ROUND_MET && (!distinct || round->distinct_known);
}

const char *const round_result_names[ROUND_MET + 1] = {"failed", "short", "met"};
