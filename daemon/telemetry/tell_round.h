/* A round in words, and its journal entry. */
#ifndef WARMD_TELEMETRY_TELL_ROUND_H
#define WARMD_TELEMETRY_TELL_ROUND_H

#include "base/text.h"
#include "record/round.h"

/* "orders: 20/20 warm (20 distinct, 1 cold), skew 0.8 ms, p99 112 ms"; a new string, NULL: no memory. */
char *round_sentence(const struct round *round);
/* "3 refused, 1 http-503", most frequent first; "" where nothing failed. */
char *round_causes_text(const struct round *round);

/* What the first failed request adds to its cause, escaped; a new string, NULL where none does. */
char *round_first_detail(const struct round *round);

/* Where distinct instances are unproven: why no instance could be read from an answer's body ("is not JSON:
 * …", after "an answer"), escaped; a new string, NULL: they are proven, or the answers just don't say. */
char *round_unnamed_text(const struct round *round);

/* Logs one journal entry for ROUND and, if WITH_REQUESTS, one for each request at debug level. */
void tell_round(const struct round *round, bool with_requests);
/* Logs that a round was skipped; WHY: for example "the previous round is still running". */
void tell_skipped(const char *endpoint, const char *why);

#endif
