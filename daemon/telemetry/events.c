#include "telemetry/events.h"

const struct event_type event_types[EVENT_KINDS] = {
    [EVENT_STARTED] = {"started", "b0c992fb932f43c9bb3bc6461bd7c00d"},
    [EVENT_STOPPED] = {"stopped", "dfc40b20f5484c3b9d0dac07c7b952e6"},
    [EVENT_RELOADED] = {"reloaded", "d4e69fdc0b7d40c19adb021add7602dd"},
    [EVENT_RELOAD_REJECTED] = {"reload-rejected", "20939c9311fb4c5486c45955b7f88085"},
    [EVENT_ROUND] = {"round", "72282ae89753416391fc11b80657ba19"},
    [EVENT_ROUND_SKIPPED] = {"round-skipped", "8f8afebdab15482ba217859ce27d69fc"},
    [EVENT_REQUEST] = {"request", "4847b884435648ad8959304558474fe3"},
    [EVENT_CONFIG_WARNING] = {"config-warning", "877ca217a07849aab18ca945b6126fc4"},
    [EVENT_PROXY] = {"proxy", "f7eef4579cfc45b1b99aa7c0193a3273"},
    [EVENT_GATE_FALLBACK] = {"gate-fallback", "dbb43b34c9e242c5bd16f21941657e99"},
    [EVENT_REALTIME_REFUSED] = {"realtime-refused", "b750b070214647a7a25b939804cb62d1"},
    [EVENT_STATE] = {"state-damaged", "87309ed4082543a496b431444f257ad4"},
};
