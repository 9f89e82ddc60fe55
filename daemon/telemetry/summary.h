/* Rounds that don't get a journal entry each (telemetry/tell.h): their sum, logged for each endpoint once
 * an hour, and before a round that differs from them. */
#ifndef WARMD_TELEMETRY_SUMMARY_H
#define WARMD_TELEMETRY_SUMMARY_H

#include "plan/plan.h"
#include "record/round.h"

#include <stdbool.h>
#include <stdint.h>

/* What rounds add up to. */
struct round_sums {
    uint64_t rounds[ROUND_MET + 1]; /* by result */
    uint64_t sent, ok, failed, throttled;
    bool cold_known; /* the answers of at least one round said */
    uint64_t cold;
    bool cost_known; /* the prices of at least one round were known */
    double cost_usd;
};

void round_sums_add(struct round_sums *sums, const struct round *round);

/* The sum of the rounds that were left out; NULL: there were none. */
struct summary;

/* Adds ROUND, which ended at NOW_US (CLOCK_BOOTTIME), NOW_REAL_US (CLOCK_REALTIME). Makes *SUMMARY if it is
 * NULL. -ENOMEM: ROUND wasn't added. */
int summary_add(struct summary **summary, const struct round *round, uint64_t now_us, uint64_t now_real_us);
/* Has it been an hour since the first round of SUMMARY, which may be NULL? */
bool summary_is_due(const struct summary *summary, uint64_t now_us);
/* Logs one entry for ENDPOINT if there is a summary, and frees the summary. */
void summary_tell(struct summary **summary, const char *endpoint);

#endif
