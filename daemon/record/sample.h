/* What happened to one request of a volley. */
#ifndef WARMD_RECORD_SAMPLE_H
#define WARMD_RECORD_SAMPLE_H

#include "base/clock.h"
#include "record/cause.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum outcome { OUTCOME_FAILED, OUTCOME_OK, OUTCOME_THROTTLED };

enum coldness { COLD_UNKNOWN, COLD_NO, COLD_YES };

enum {
    INSTANCE_ID_MAX = 128,
    SAMPLE_DETAIL_MAX = 160, /* of what an endpoint says about a failure */
    SAMPLE_REASON_MAX = 512, /* of what we say about it: where credentials were looked for, say */
};

/* Stamps are nanoseconds of CLOCK_MONOTONIC; 0 means that it didn't get that far. */
struct sample {
    uint32_t index;   /* from 1 */
    uint32_t attempt; /* from 1 */
    enum outcome outcome;
    enum cause cause;
    int status; /* HTTP, 0 where none was received */
    enum coldness cold;
    uint32_t init_us;        /* of a cold start, if the log tail says so; 0: unknown */
    uint32_t billed_us;      /* the same */
    char *version;           /* X-Amz-Executed-Version; NULL: unknown */
    int64_t clock_offset_us; /* the server's Date less ours, of a CAUSE_CLOCK_SKEW; else 0 */
    char *instance;          /* as the answer names it, unescaped; NULL where it doesn't */
    bool is_shared;          /* its instance may serve other requests at the same time */
    char *unnamed;       /* why the instance couldn't be read from the body; NULL: it could, or needn't be */
    char *detail;        /* one line about the failure; NULL where the cause says it all */
    uint64_t ready_ns;   /* connected and complete in the buffer */
    uint64_t release_ns; /* its last byte was sent */
    uint32_t delay_us;   /* held back on purpose beyond T0, because its path is shorter than others' */
    uint64_t first_byte_ns;
    uint64_t end_ns; /* last byte of the answer, or the failure */
};

/* It has failed with CAUSE: sets its outcome. DETAIL is copied, in part if it is long; it may be NULL. */
void sample_fail(struct sample *sample, enum cause cause, const char *detail, uint64_t now_ns);

/* From its release to its end; 0: it didn't get that far. */
static inline uint64_t sample_latency_us(const struct sample *sample)
{
    bool ended = sample->release_ns && sample->end_ns > sample->release_ns;
    return ended ? (sample->end_ns - sample->release_ns) / NS_PER_US : 0;
}

void sample_clear(struct sample *sample);            /* frees its texts */
void samples_free(struct sample *samples, size_t n); /* takes NULL */

#endif
