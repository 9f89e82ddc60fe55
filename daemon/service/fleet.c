#include "service/fleet.h"

#include "base/clock.h"
#include "base/text.h"
#include "decide/cost.h"
#include "telemetry/journal.h"
#include "telemetry/tell_round.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* Bytes a second to the disk. With ten thousand endpoints, a crash loses a minute of their rounds. */
enum { STATE_BYTES_PER_S = 1 << 17 };

/* How often summaries are checked while there are any. */
#define SUMMARY_CHECK_US (60 * US_PER_S)

static bool print_state(FILE *file, size_t *position, void *context)
{
    const struct fleet *fleet = context;
    return state_print(file, &fleet->state, clock_real_us(), position);
}

static const struct upkeep_kind state_file = {
    .mode = STATE_MODE,
    .bytes_per_s = STATE_BYTES_PER_S,
    .print = print_state,
    .event = EVENT_STATE,
    .effect = ": after a restart the times of the last rounds will be unknown",
};

int fleet_open(struct fleet *fleet)
{
    struct error error = {0};
    CLEANUP_FREE char *path = state_path();
    publish_open(fleet);
    status_file_open(fleet);
    upkeep_open(&fleet->state_file, fleet->loop, &state_file, fleet);
    int result = path ? state_load(path, &fleet->state, &error) : 0;
    if (result < 0)
        event_say(EVENT_STATE, LOG_WARNING, "%s", error.message);
    if (result == -ENOMEM)
        return result; /* else a good file would be replaced */
    upkeep_use(&fleet->state_file, path);
    fleet->state_file.changed = false; /* it is as it was read */
    return 0;
}

void fleet_write(struct fleet *fleet, bool now)
{
    if (now)
        upkeep_finish(&fleet->state_file);
    else
        upkeep_turn(&fleet->state_file);
    publish(fleet, now);
    if (!now)
        upkeep_turn(&fleet->status.file);
}

void fleet_changed(struct fleet *fleet)
{
    upkeep_changed(&fleet->state_file);
    upkeep_changed(&fleet->publisher.file);
    upkeep_changed(&fleet->status.file);
}

void fleet_count(const struct fleet *fleet, size_t counts[CONDITIONS])
{
    for (size_t i = 0; i < fleet->n_warmers; i++)
        counts[fleet->warmers[i].condition]++;
}

static int compare_places(const void *key, const void *warmer)
{
    const struct endpoint *endpoint = key, *other = ((const struct warmer *)warmer)->endpoint;
    return (endpoint > other) - (endpoint < other);
}

/* Warmers are in the order of the plan's endpoints, which lie in one array. */
struct warmer *fleet_find(const struct fleet *fleet, const char *name)
{
    const struct endpoint *endpoint = fleet->plan ? plan_find(fleet->plan, name) : NULL;
    return endpoint && fleet->n_warmers
               ? bsearch(endpoint, fleet->warmers, fleet->n_warmers, sizeof *fleet->warmers, compare_places)
               : NULL;
}

size_t fleet_fire_all(struct fleet *fleet)
{
    size_t begun = 0;
    for (size_t i = 0; i < fleet->n_warmers; i++)
        if (!*fleet->warmers[i].round_id)
            begun += warmer_begin(&fleet->warmers[i]);
    return begun;
}

/* Says once that TLS requests are held by their sockets because the gate's self-test failed. Over HTTP/2
 * there is no gate. */
static void tell_fallback(struct fleet *fleet, const struct round *round)
{
    const struct attempt *last = round_last(round);
    if (fleet->told_fallback || !last->gate_failed || !round->ok || last->http_version != HTTP_VERSION_1_1)
        return;
    fleet->told_fallback = true;
    event_say(EVENT_GATE_FALLBACK, LOG_WARNING,
              "the gate's self-test failed with this libcurl: encrypted requests are held back in their "
              "sockets instead");
}

/* Says once that the releasing threads may not go before others. */
static void tell_realtime(struct fleet *fleet, const struct round *round)
{
    if (fleet->told_realtime || !round_last(round)->realtime_refused)
        return;
    fleet->told_realtime = true;
    event_say(EVENT_REALTIME_REFUSED, LOG_NOTICE,
              "daemon.realtime is on, but SCHED_FIFO is not allowed: releases continue without it (to allow "
              "it, set in the unit: "
              "LimitRTPRIO=1, RestrictRealtime=no and "
              "SystemCallFilter=sched_setscheduler)");
}

static void tell_once(struct fleet *fleet, const struct round *round)
{
    tell_fallback(fleet, round);
    tell_realtime(fleet, round);
}

/* Takes a round whose endpoint a reload removed, or made call something else, while it ran: it says nothing
 * about the present target. It still costs money, and a budget belongs to the name, whatever that calls. */
static void take_former(struct fleet *fleet, struct round *round)
{
    struct kept *kept = state_of(&fleet->state, round->endpoint);
    if (kept)
        spend_add(&kept->spend, clock_real_us(), round->cost_usd);
    upkeep_changed(&fleet->state_file);
    tell_round(round, fleet->plan->daemon.log_requests);
}

void fleet_take(struct fleet *fleet, struct round *round)
{
    struct warmer *warmer = fleet_find(fleet, round->endpoint);
    if (warmer && strcmp(warmer->round_id, round->id) == 0)
        warmer_finish(warmer, round);
    else {
        round->former = warmer != NULL;
        take_former(fleet, round);
    }
    tell_once(fleet, round);
}

void fleet_tell_summaries(struct fleet *fleet, bool all)
{
    uint64_t now_us = clock_boot_us();
    for (size_t i = 0; i < fleet->n_warmers; i++) {
        struct warmer *warmer = &fleet->warmers[i];
        if (all || summary_is_due(warmer->summary, now_us))
            summary_tell(&warmer->summary, warmer->endpoint->name);
        if (warmer->summary)
            fleet_summarize_later(fleet);
    }
}

static int on_summaries_due(sd_event_source *timer, uint64_t due_us, void *context)
{
    struct fleet *fleet = context;
    (void)timer, (void)due_us;
    fleet->summaries_due = false;
    fleet_tell_summaries(fleet, false);
    return 0;
}

void fleet_summarize_later(struct fleet *fleet)
{
    if (fleet->summaries_due)
        return;
    uint64_t due_us = clock_boot_us() + SUMMARY_CHECK_US;
    int result = fleet->summary_timer ? sd_event_source_set_time(fleet->summary_timer, due_us)
                                      : sd_event_add_time(fleet->loop, &fleet->summary_timer, CLOCK_BOOTTIME,
                                                          due_us, US_PER_S, on_summaries_due, fleet);
    if (result >= 0)
        result = sd_event_source_set_enabled(fleet->summary_timer, SD_EVENT_ONESHOT);
    fleet->summaries_due = result >= 0;
}

void fleet_clock_set(struct fleet *fleet, int64_t by_us)
{
    uint64_t now_us = clock_real_us(), before_us = now_us - (uint64_t)by_us;
    for (size_t i = 0; i < fleet->state.n; i++)
        spend_clock_set(&fleet->state.items[i]->spend, before_us, now_us);
    upkeep_changed(&fleet->state_file);
}

void fleet_look_again(struct fleet *fleet)
{
    for (size_t i = 0; i < fleet->n_warmers; i++) {
        warmer_set_timer(&fleet->warmers[i]);
        warmer_refresh(&fleet->warmers[i]);
    }
    upkeep_changed(&fleet->status.file);
}

static void add_next(struct text *text, uint64_t due_us)
{
    uint64_t now_us = clock_boot_us();
    uint64_t real_us = clock_real_us() + (due_us > now_us ? due_us - now_us : 0);
    time_t seconds = (time_t)(real_us / US_PER_S);
    struct tm local;
    char stamp[32];
    if (localtime_r(&seconds, &local) && strftime(stamp, sizeof stamp, "%H:%M:%S", &local))
        text_format(text, ", next round at %s", stamp);
}

/* Uses the time and the words of that reading, which stays until a configuration is accepted. */
static void add_rejected(struct text *text, const struct reading *reading)
{
    const char *problem = reading_problem(reading);
    time_t seconds = (time_t)(reading->real_us / US_PER_S);
    struct tm local;
    char stamp[16] = "?";
    if (!problem)
        return;
    if (localtime_r(&seconds, &local))
        strftime(stamp, sizeof stamp, "%H:%M", &local);
    text_format(text, "configuration of %s rejected: %s; ", stamp, problem);
}

/* Counts those that aren't simply warm or short. */
static void add_counts(struct text *text, const struct fleet *fleet)
{
    static const struct {
        enum condition condition;
        const char *words;
    } shown[] = {{CONDITION_FAILING, "failing"},
                 {CONDITION_THROTTLED, "throttled"},
                 {CONDITION_RESTING, "resting"},
                 {CONDITION_BUDGET, "out of budget"},
                 {CONDITION_ELSEWHERE, "elsewhere"}};
    size_t counts[CONDITIONS] = {0};
    fleet_count(fleet, counts);
    for (size_t i = 0; i < COUNT_OF(shown); i++)
        if (counts[shown[i].condition])
            text_format(text, ", %zu %s", counts[shown[i].condition], shown[i].words);
}

char *fleet_status(const struct fleet *fleet)
{
    struct text text = {0};
    uint64_t warm = 0, target = 0, skew_us = 0, next_us = UINT64_MAX;
    double usd = 0;
    char cost[COST_TEXT_MAX];
    bool known = false;
    for (size_t i = 0; i < fleet->n_warmers; i++) {
        const struct warmer *warmer = &fleet->warmers[i];
        uint32_t wanted = warmer_wanted(warmer);
        target += wanted;
        warm += warmer->warm < wanted ? warmer->warm : wanted;
        spend_turn(&warmer->kept->spend, clock_real_us());
        usd += warmer->kept->spend.usd;
        known |= warmer->known;
        skew_us = warmer->skew_us > skew_us ? warmer->skew_us : skew_us;
        next_us = warmer->due_us < next_us ? warmer->due_us : next_us;
    }
    add_rejected(&text, &fleet->status.reading);
    text_format(&text, "%zu endpoint%s, %" PRIu64 "/%" PRIu64 " warm", fleet->n_warmers,
                fleet->n_warmers == 1 ? "" : "s", warm, target);
    add_counts(&text, fleet);
    if (known)
        text_format(&text, ", worst skew %.1f ms", (double)skew_us / (double)US_PER_MS);
    if (next_us != UINT64_MAX)
        add_next(&text, next_us);
    if (fleet->told_realtime)
        text_add(&text, ", without real-time priority");
    if (usd > 0)
        text_format(&text, ", %s this month", cost_format(usd, cost));
    return text_take(&text);
}

void fleet_disarm(struct fleet *fleet)
{
    for (size_t i = 0; i < fleet->n_warmers; i++)
        sd_event_source_set_enabled(fleet->warmers[i].timer, SD_EVENT_OFF);
}

void fleet_close(struct fleet *fleet)
{
    upkeep_finish(&fleet->state_file);
    upkeep_close(&fleet->state_file);
    sd_event_source_disable_unref(fleet->summary_timer);
    fleet_free_warmers(fleet);
    rounds_free(fleet->rounds);
    plan_unref(fleet->plan);
    state_free(&fleet->state);
    publisher_free(&fleet->publisher);
    status_file_close(fleet);
    *fleet = (struct fleet){0};
}
