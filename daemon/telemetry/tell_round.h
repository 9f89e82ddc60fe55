/* A round, told: to the journal, as JSON, as a row of a table. */
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

/* Where distinct instances are unproven: why an answer's body couldn't be asked for its instance ("is not
 * JSON: …", after "an answer"), escaped; a new string, NULL: they are proven, or the answers just don't say.
 */
char *round_unnamed_text(const struct round *round);

/* One journal entry for ROUND, and one for each request at debug if WITH_REQUESTS. */
void tell_round(const struct round *round, bool with_requests);
/* The next one was due before its predecessor was through; WHY: "still running", say. */
void tell_skipped(const char *endpoint, const char *why);

#endif
