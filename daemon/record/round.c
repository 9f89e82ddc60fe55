#include "record/round.h"

void round_free(struct round *round)
{
    if (!round)
        return;
    samples_free(round->samples, round->n_samples);
    free(round->causes);
    free(round->version);
    free(round->note);
    free(round->endpoint);
    free(round);
}

const char *round_result_name(enum round_result result)
{
    static const char *const names[] = {
        [ROUND_FAILED] = "failed", [ROUND_SHORT] = "short", [ROUND_MET] = "met"};
    return names[result];
}
