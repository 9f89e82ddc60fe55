#include "telemetry/summary.h"

#include "base/clock.h"
#include "telemetry/journal.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* Latencies in buckets, eight for each doubling from 64 µs to 18 minutes: a percentile is accurate to 6%. */
enum { FIRST_EXPONENT = 6, OCTAVES = 24, PARTS = 8, BUCKETS = OCTAVES * PARTS };

struct summary {
    uint64_t since_us, since_real_us; /* the end of the first round */
    struct round_sums sums;
    uint64_t skew_us, max_us;    /* the largest */
    double provisioned_hour_usd; /* of the last round whose prices were known */
    uint32_t target;             /* the last round's */
    uint64_t interval_us;        /* until the next one */
    uint64_t n_latencies;
    uint32_t latencies[BUCKETS];
};

void round_sums_add(struct round_sums *sums, const struct round *round)
{
    sums->rounds[round->result]++;
    sums->sent += round->sent;
    sums->ok += round->ok;
    sums->failed += round->failed;
    sums->throttled += round->throttled;
    sums->cold_known |= round->cold_known;
    sums->cold += round->cold_known ? round->cold : 0;
    sums->cost_known |= round->cost_known;
    sums->cost_usd += round->cost_known ? round->cost_usd : 0;
}

static size_t bucket_of(uint64_t us)
{
    if (us < UINT64_C(1) << FIRST_EXPONENT)
        return 0;
    int exponent = 63 - __builtin_clzll(us);
    size_t part = us >> (exponent - 3) & (PARTS - 1);
    size_t bucket = (size_t)(exponent - FIRST_EXPONENT) * PARTS + part;
    return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

/* The middle of a bucket. */
static uint64_t bucket_us(size_t bucket)
{
    size_t exponent = FIRST_EXPONENT + bucket / PARTS;
    uint64_t width_us = UINT64_C(1) << (exponent - 3);
    return (UINT64_C(1) << exponent) + bucket % PARTS * width_us + width_us / 2;
}

static uint64_t percentile_us(const struct summary *summary, unsigned percent)
{
    uint64_t rank = (summary->n_latencies * percent + 99) / 100, seen = 0;
    for (size_t i = 0; i < BUCKETS; i++) {
        seen += summary->latencies[i];
        if (rank > 0 && seen >= rank)
            return bucket_us(i) < summary->max_us ? bucket_us(i) : summary->max_us;
    }
    return 0;
}

static void add_latencies(struct summary *summary, const struct round *round)
{
    for (size_t i = 0; i < round->n_samples; i++) {
        const struct sample *sample = &round->samples[i];
        if (sample->outcome != OUTCOME_OK)
            continue;
        summary->latencies[bucket_of(sample_latency_us(sample))]++;
        summary->n_latencies++;
    }
    if (round->max_us > summary->max_us)
        summary->max_us = round->max_us;
}

int summary_add(struct summary **summary, const struct round *round, uint64_t now_us, uint64_t now_real_us)
{
    struct summary *sum = *summary ? *summary : calloc(1, sizeof *sum);
    if (!sum)
        return -ENOMEM;
    if (!*summary) {
        sum->since_us = now_us;
        sum->since_real_us = now_real_us;
    }
    *summary = sum;
    round_sums_add(&sum->sums, round);
    if (round->skew_us > sum->skew_us)
        sum->skew_us = round->skew_us;
    sum->target = round->target;
    sum->interval_us = round->interval_us;
    if (round->cost_known)
        sum->provisioned_hour_usd = round->provisioned_hour_usd;
    add_latencies(sum, round);
    return 0;
}

bool summary_is_due(const struct summary *summary, uint64_t now_us)
{
    return summary && now_us >= summary->since_us + US_PER_HOUR;
}

static void add_fields(struct event *event, const struct summary *sum, const char *endpoint)
{
    event_field(event, "WARM_ENDPOINT=%s", endpoint);
    event_field(event, "WARM_SINCE_USEC=%" PRIu64, sum->since_real_us);
    event_field(event, "WARM_ROUNDS=%" PRIu64,
                sum->sums.rounds[ROUND_MET] + sum->sums.rounds[ROUND_SHORT] + sum->sums.rounds[ROUND_FAILED]);
    event_field(event, "WARM_MET=%" PRIu64, sum->sums.rounds[ROUND_MET]);
    event_field(event, "WARM_SHORT=%" PRIu64, sum->sums.rounds[ROUND_SHORT]);
    event_field(event, "WARM_FAILED_ROUNDS=%" PRIu64, sum->sums.rounds[ROUND_FAILED]);
    event_field(event, "WARM_TARGET=%" PRIu32, sum->target);
    event_field(event, "WARM_INTERVAL_USEC=%" PRIu64, sum->interval_us);
    event_field(event, "WARM_SENT=%" PRIu64, sum->sums.sent);
    event_field(event, "WARM_OK=%" PRIu64, sum->sums.ok);
    event_field(event, "WARM_FAILED=%" PRIu64, sum->sums.failed);
    event_field(event, "WARM_THROTTLED=%" PRIu64, sum->sums.throttled);
    if (sum->sums.cold_known)
        event_field(event, "WARM_COLD=%" PRIu64, sum->sums.cold);
    if (sum->sums.cost_known) {
        event_field(event, "WARM_COST_MICROUSD=%" PRIu64, (uint64_t)llround(sum->sums.cost_usd * 1e6));
        event_field(event, "WARM_PROVISIONED_MICROUSD=%" PRIu64,
                    (uint64_t)llround(sum->provisioned_hour_usd * 1e6));
    }
    event_field(event, "WARM_SKEW_USEC=%" PRIu64, sum->skew_us);
    event_field(event, "WARM_P50_USEC=%" PRIu64, percentile_us(sum, 50));
    event_field(event, "WARM_P99_USEC=%" PRIu64, percentile_us(sum, 99));
    event_field(event, "WARM_MAX_USEC=%" PRIu64, sum->max_us);
}

void summary_tell(struct summary **summary, const char *endpoint)
{
    const struct summary *sum = *summary;
    if (!sum)
        return;
    uint64_t met = sum->sums.rounds[ROUND_MET], fell_short = sum->sums.rounds[ROUND_SHORT],
             failed = sum->sums.rounds[ROUND_FAILED], n = met + fell_short + failed;
    struct event event = event_begin(EVENT_SUMMARY, LOG_INFO);
    add_fields(&event, sum, endpoint);
    event_send(&event,
               "%s: %" PRIu64 " round%s without a change: %" PRIu64 " met, %" PRIu64 " short, %" PRIu64
               " failed; %" PRIu64 " of %" PRIu64 " requests ok, p99 %.1f ms",
               endpoint, n, n == 1 ? "" : "s", met, fell_short, failed, sum->sums.ok, sum->sums.sent,
               (double)percentile_us(sum, 99) / (double)US_PER_MS);
    free(*summary);
    *summary = NULL;
}
