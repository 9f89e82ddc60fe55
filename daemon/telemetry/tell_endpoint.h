/* What happens to an endpoint besides its rounds: logged once when it begins and once when it is over. */
#ifndef WARMD_TELEMETRY_TELL_ENDPOINT_H
#define WARMD_TELEMETRY_TELL_ENDPOINT_H

#include "record/round.h"

#include <stdint.h>

/* ROUND is the first that failed; the next try is in RETRY_US. */
void tell_failing(const struct round *round, uint64_t retry_us);
/* After FOR_US of failing. */
void tell_recovered(const char *endpoint, uint64_t for_us);
/* ROUND was throttled; COUNT requests will be sent instead of its target, in WAIT_US. */
void tell_throttled(const struct round *round, uint32_t count, uint64_t wait_us);
void tell_ceiling(const struct round *round, uint32_t count);
void tell_throttle_over(const char *endpoint);
/* SPENT_USD and BUDGET_USD of this month; rounds go on at RESUMES_REAL_US (CLOCK_REALTIME). */
void tell_budget(const char *endpoint, double spent_usd, double budget_usd, double next_usd,
                 uint64_t resumes_real_us);
/* The endpoint is set to learn, but its answers don't say what that takes. */
void tell_unproven(const char *endpoint);
void tell_learned(const char *endpoint, uint64_t interval_us, uint64_t hold_us);
/* The version that answers was BEFORE and is now NOW; this function escapes both. */
void tell_deployed(const char *endpoint, const char *before, const char *now);
/* WHAT went wrong, as credentials_get says it. */
void tell_credentials_failed(const char *endpoint, const char *what);
void tell_credentials_recovered(const char *endpoint);
/* What round->http2_finding means; nothing for HTTP2_FINE. */
void tell_http2(const struct round *round);
/* The server's clock is OFFSET_US ahead of ours. */
void tell_signature_clock(const char *endpoint, int64_t offset_us);
/* The system's clock was set by BY_US. */
void tell_clock_jumped(int64_t by_us);
/* The system's time zone was changed; the process uses the new one already. */
void tell_timezone(void);

#endif
