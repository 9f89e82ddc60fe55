#include "record/sample.h"

#include <stdlib.h>
#include <string.h>

void sample_fail(struct sample *sample, enum cause cause, const char *detail, uint64_t now_ns)
{
    sample->outcome = OUTCOME_FAILED;
    sample->cause = cause;
    sample->end_ns = now_ns;
    if (detail && *detail)
        sample->detail = strndup(detail, SAMPLE_DETAIL_MAX);
}

void sample_clear(struct sample *sample)
{
    char **const texts[] = {&sample->instance, &sample->unnamed, &sample->detail, &sample->version};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        free(*texts[i]);
        *texts[i] = NULL;
    }
}

void samples_free(struct sample *samples, size_t n)
{
    for (size_t i = 0; samples && i < n; i++)
        sample_clear(&samples[i]);
    free(samples);
}
