/* Every kind of event that the daemon logs, with the id by which journalctl -x finds its explanation
 * (systemd/lambda-warmd.catalog). */
#ifndef WARMD_TELEMETRY_EVENTS_H
#define WARMD_TELEMETRY_EVENTS_H

enum event_kind {
    EVENT_STARTED,
    EVENT_STOPPED,
    EVENT_RELOADED,
    EVENT_RELOAD_REJECTED,
    EVENT_ROUND,
    EVENT_ROUND_SKIPPED,
    EVENT_REQUEST,
    EVENT_CONFIG_WARNING,
    EVENT_CONFIG_REJECTED,
    EVENT_PROXY,
    EVENT_GATE_FALLBACK,
    EVENT_REALTIME_REFUSED,
    EVENT_STATE,
    EVENT_ENDPOINT_FAILING,
    EVENT_ENDPOINT_RECOVERED,
    EVENT_THROTTLED,
    EVENT_THROTTLE_OVER,
    EVENT_BUDGET_REACHED,
    EVENT_LEARNED,
    EVENT_DEPLOYED,
    EVENT_CLOCK_JUMPED,
    EVENT_TIMEZONE,
    EVENT_CREDENTIALS_FAILED,
    EVENT_CREDENTIALS_RECOVERED,
    EVENT_SIGNATURE_CLOCK,
    EVENT_METRICS,
    EVENT_SUMMARY,
    EVENT_HTTP2_FEW,
    EVENT_STATUS,
    EVENT_TRACE,
    EVENT_KINDS,
};

struct event_type {
    const char *name;       /* WARM_EVENT */
    const char *message_id; /* 128 bits in hex */
};

extern const struct event_type event_types[EVENT_KINDS];

#endif
