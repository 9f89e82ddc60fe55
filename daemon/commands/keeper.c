#include "commands/keeper.h"

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
    const struct keeper *keeper = context;
    return state_print(file, &keeper->state, clock_real_us(), position);
}

static const struct upkeep_kind state_file = {
    .mode = STATE_MODE,
    .bytes_per_s = STATE_BYTES_PER_S,
    .print = print_state,
    .event = EVENT_STATE,
    .effect = ": after a restart the times of the last rounds will be unknown",
};

int keeper_open(struct keeper *keeper)
{
    struct error error = {0};
    CLEANUP_FREE char *path = state_path();
    publish_open(keeper);
    status_file_open(keeper);
    upkeep_open(&keeper->state_file, keeper->loop, &state_file, keeper);
    int result = path ? state_load(path, &keeper->state, &error) : 0;
    if (result < 0)
        event_say(EVENT_STATE, LOG_WARNING, "%s", error.message);
    if (result == -ENOMEM)
        return result; /* else a good file would be replaced */
    upkeep_use(&keeper->state_file, path);
    keeper->state_file.changed = false; /* it is as it was read */
    return 0;
}

void keeper_write(struct keeper *keeper, bool now)
{
    if (now)
        upkeep_finish(&keeper->state_file);
    else
        upkeep_turn(&keeper->state_file);
    publish(keeper, now);
    if (!now)
        upkeep_turn(&keeper->status.file);
}

void keeper_changed(struct keeper *keeper)
{
    upkeep_changed(&keeper->state_file);
    upkeep_changed(&keeper->publisher.file);
    upkeep_changed(&keeper->status.file);
}

void keeper_count(const struct keeper *keeper, size_t counts[CONDITIONS])
{
    for (size_t i = 0; i < keeper->n_slots; i++)
        counts[keeper->slots[i].condition]++;
}

static int compare_places(const void *key, const void *slot)
{
    const struct endpoint *endpoint = key, *other = ((const struct slot *)slot)->endpoint;
    return (endpoint > other) - (endpoint < other);
}

/* Slots are in the order of the plan's endpoints, which lie in one array. */
struct slot *keeper_find(const struct keeper *keeper, const char *name)
{
    const struct endpoint *endpoint = keeper->plan ? plan_find(keeper->plan, name) : NULL;
    return endpoint && keeper->n_slots
               ? bsearch(endpoint, keeper->slots, keeper->n_slots, sizeof *keeper->slots, compare_places)
               : NULL;
}

size_t keeper_fire_all(struct keeper *keeper)
{
    size_t begun = 0;
    for (size_t i = 0; i < keeper->n_slots; i++)
        if (!*keeper->slots[i].round_id)
            begun += slot_begin(&keeper->slots[i]);
    return begun;
}

/* Says once that TLS requests are held by their sockets because the gate's self-test failed. Over HTTP/2
 * there is no gate. */
static void tell_fallback(struct keeper *keeper, const struct round *round)
{
    if (keeper->told_fallback || !round->gate_failed || !round->ok || round->http_version != HTTP_VERSION_1_1)
        return;
    keeper->told_fallback = true;
    event_say(EVENT_GATE_FALLBACK, LOG_WARNING,
              "the gate's self-test failed with this libcurl: encrypted requests are held back in their "
              "sockets instead");
}

/* Says once that the releasing threads may not go before others. */
static void tell_realtime(struct keeper *keeper, const struct round *round)
{
    if (keeper->told_realtime || !round->realtime_refused)
        return;
    keeper->told_realtime = true;
    event_say(EVENT_REALTIME_REFUSED, LOG_NOTICE,
              "daemon.realtime is on, but SCHED_FIFO is not allowed: releases continue without it (to allow "
              "it, set in the unit: "
              "LimitRTPRIO=1, RestrictRealtime=no and "
              "SystemCallFilter=sched_setscheduler)");
}

static void tell_once(struct keeper *keeper, const struct round *round)
{
    tell_fallback(keeper, round);
    tell_realtime(keeper, round);
}

/* Takes a round whose endpoint a reload removed, or made call something else, while it ran: it says nothing
 * about the present target. It still costs money, and a budget belongs to the name, whatever that calls. */
static void take_former(struct keeper *keeper, struct round *round)
{
    struct kept *kept = state_of(&keeper->state, round->endpoint);
    if (kept)
        spend_add(&kept->spend, clock_real_us(), round->cost_usd);
    upkeep_changed(&keeper->state_file);
    tell_round(round, keeper->plan->daemon.log_requests);
}

void keeper_take(struct keeper *keeper, struct round *round)
{
    struct slot *slot = keeper_find(keeper, round->endpoint);
    if (slot && strcmp(slot->round_id, round->id) == 0)
        slot_finish(slot, round);
    else {
        round->former = slot != NULL;
        take_former(keeper, round);
    }
    tell_once(keeper, round);
}

void keeper_tell_summaries(struct keeper *keeper, bool all)
{
    uint64_t now_us = clock_boot_us();
    for (size_t i = 0; i < keeper->n_slots; i++) {
        struct slot *slot = &keeper->slots[i];
        if (all || summary_is_due(slot->summary, now_us))
            summary_tell(&slot->summary, slot->endpoint->name);
        if (slot->summary)
            keeper_summarize_later(keeper);
    }
}

static int on_summaries_due(sd_event_source *timer, uint64_t due_us, void *context)
{
    struct keeper *keeper = context;
    (void)timer, (void)due_us;
    keeper->summaries_due = false;
    keeper_tell_summaries(keeper, false);
    return 0;
}

void keeper_summarize_later(struct keeper *keeper)
{
    if (keeper->summaries_due)
        return;
    uint64_t due_us = clock_boot_us() + SUMMARY_CHECK_US;
    int result = keeper->summary_timer
                     ? sd_event_source_set_time(keeper->summary_timer, due_us)
                     : sd_event_add_time(keeper->loop, &keeper->summary_timer, CLOCK_BOOTTIME, due_us,
                                         US_PER_S, on_summaries_due, keeper);
    if (result >= 0)
        result = sd_event_source_set_enabled(keeper->summary_timer, SD_EVENT_ONESHOT);
    keeper->summaries_due = result >= 0;
}

void keeper_clock_set(struct keeper *keeper, int64_t by_us)
{
    uint64_t now_us = clock_real_us(), before_us = now_us - (uint64_t)by_us;
    for (size_t i = 0; i < keeper->state.n; i++)
        spend_clock_set(&keeper->state.items[i]->spend, before_us, now_us);
    upkeep_changed(&keeper->state_file);
}

void keeper_look_again(struct keeper *keeper)
{
    for (size_t i = 0; i < keeper->n_slots; i++) {
        slot_set_timer(&keeper->slots[i]);
        slot_refresh(&keeper->slots[i]);
    }
    upkeep_changed(&keeper->status.file);
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
static void add_counts(struct text *text, const struct keeper *keeper)
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
    keeper_count(keeper, counts);
    for (size_t i = 0; i < COUNT_OF(shown); i++)
        if (counts[shown[i].condition])
            text_format(text, ", %zu %s", counts[shown[i].condition], shown[i].words);
}

char *keeper_status(const struct keeper *keeper)
{
    struct text text = {0};
    uint64_t warm = 0, target = 0, skew_us = 0, next_us = UINT64_MAX;
    double usd = 0;
    char cost[COST_TEXT_MAX];
    bool known = false;
    for (size_t i = 0; i < keeper->n_slots; i++) {
        const struct slot *slot = &keeper->slots[i];
        uint32_t wanted = slot_wanted(slot);
        target += wanted;
        warm += slot->warm < wanted ? slot->warm : wanted;
        spend_turn(&slot->kept->spend, clock_real_us());
        usd += slot->kept->spend.usd;
        known |= slot->known;
        skew_us = slot->skew_us > skew_us ? slot->skew_us : skew_us;
        next_us = slot->due_us < next_us ? slot->due_us : next_us;
    }
    add_rejected(&text, &keeper->status.reading);
    text_format(&text, "%zu endpoint%s, %" PRIu64 "/%" PRIu64 " warm", keeper->n_slots,
                keeper->n_slots == 1 ? "" : "s", warm, target);
    add_counts(&text, keeper);
    if (known)
        text_format(&text, ", worst skew %.1f ms", (double)skew_us / (double)US_PER_MS);
    if (next_us != UINT64_MAX)
        add_next(&text, next_us);
    if (keeper->told_realtime)
        text_add(&text, ", without real-time priority");
    if (usd > 0)
        text_format(&text, ", %s this month", cost_format(usd, cost));
    return text_take(&text);
}

void keeper_disarm(struct keeper *keeper)
{
    for (size_t i = 0; i < keeper->n_slots; i++)
        sd_event_source_set_enabled(keeper->slots[i].timer, SD_EVENT_OFF);
}

void keeper_close(struct keeper *keeper)
{
    upkeep_finish(&keeper->state_file);
    upkeep_close(&keeper->state_file);
    sd_event_source_disable_unref(keeper->summary_timer);
    keeper_free_slots(keeper);
    rounds_free(keeper->rounds);
    plan_unref(keeper->plan);
    state_free(&keeper->state);
    publisher_free(&keeper->publisher);
    status_file_close(keeper);
    *keeper = (struct keeper){0};
}
