#include "report/timeline.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

#define INTERVAL_UNKNOWN_US (5 * US_PER_MINUTE) /* the configuration's default */
#define DEPLOY_TOLD_US US_PER_MINUTE            /* a deploy is told after the rounds that it disturbs */

static uint64_t interval_of(const struct timeline *timeline)
{
    return timeline->interval_us ? timeline->interval_us : INTERVAL_UNKNOWN_US;
}

/* Twice the interval leaves room for jitter and for a slow round before. */
static uint64_t patience_of(const struct timeline *timeline)
{
    return 2 * interval_of(timeline);
}

static void add_span(struct timeline *timeline, uint64_t from_us, uint64_t to_us, enum span_state state,
                     struct span_sink sink)
{
    if (from_us >= to_us)
        return;
    uint64_t lasted_us = to_us - from_us;
    timeline->lasted_us[state] += lasted_us;
    if (state == SPAN_WARM || state == SPAN_GAP)
        timeline->provisioned_microusd +=
            (double)timeline->provisioned_rate * (double)lasted_us / (double)US_PER_HOUR;
    sink.take(sink.context, from_us, to_us, state);
}

/* The last gap is complete: what caused it may have been told after it. */
static void settle_gap(struct timeline *timeline)
{
    const struct gap *gap = &timeline->gap, *longest = &timeline->longest;
    if (timeline->has_gap && gap->to_us - gap->from_us > longest->to_us - longest->from_us)
        timeline->longest = *gap;
}

static void open_gap(struct timeline *timeline, uint64_t from_us, const char *cause)
{
    if (timeline->is_gap_open)
        return;
    settle_gap(timeline);
    timeline->has_gap = timeline->is_gap_open = true;
    timeline->n_gaps++;
    timeline->gap = (struct gap){.from_us = from_us, .to_us = from_us};
    snprintf(timeline->gap.cause, sizeof timeline->gap.cause, "%s", cause);
}

static void close_gap(struct timeline *timeline, uint64_t to_us)
{
    if (!timeline->is_gap_open)
        return;
    timeline->is_gap_open = false;
    timeline->gap.to_us = to_us;
    if (timeline->gap.from_us == to_us) {
        timeline->has_gap = false;
        timeline->n_gaps--;
    }
}

static const char *silence_cause(const struct timeline *timeline)
{
    return timeline->stopped_us ? "stop" : "no rounds";
}

/* There may have been rounds of which AT_US, the end or a start, has kept the journal from telling. */
static bool may_be_untold(const struct timeline *timeline, uint64_t at_us, bool is_end)
{
    return timeline->told_late && !timeline->stopped_us && (is_end || timeline->reloaded_us) &&
           at_us - timeline->last_us <= TIMELINE_LATE_US + patience_of(timeline);
}

/* The endpoint was warm at the last moment; nothing was heard of it until AT_US. */
static void pass_warm(struct timeline *timeline, uint64_t at_us, bool is_end, struct span_sink sink)
{
    uint64_t last_us = timeline->last_us, warm_until_us = last_us + interval_of(timeline);
    if (at_us - last_us <= patience_of(timeline)) {
        add_span(timeline, last_us, at_us, SPAN_WARM, sink);
        return;
    }
    add_span(timeline, last_us, warm_until_us, SPAN_WARM, sink);
    if (may_be_untold(timeline, at_us, is_end)) {
        add_span(timeline, warm_until_us, at_us, SPAN_UNKNOWN, sink);
        return;
    }
    add_span(timeline, warm_until_us, at_us, SPAN_GAP, sink);
    open_gap(timeline, warm_until_us, silence_cause(timeline));
}

/* Time passes until AT_US, perhaps the report's end. */
static void pass(struct timeline *timeline, uint64_t at_us, bool is_end, struct span_sink sink)
{
    if (timeline->state == SPAN_WARM)
        pass_warm(timeline, at_us, is_end, sink);
    else if (timeline->state != SPAN_UNKNOWN)
        add_span(timeline, timeline->last_us, at_us, timeline->state, sink);
}

/* None of the instances that the last round met were there any more. */
static void pass_cold(struct timeline *timeline, uint64_t at_us, struct span_sink sink)
{
    add_span(timeline, timeline->last_us, at_us, SPAN_GAP, sink);
    open_gap(timeline, timeline->last_us, timeline->reloaded_us ? "reload" : "all cold");
}

static void take_round(struct timeline *timeline, const struct moment *round, struct span_sink sink)
{
    bool was_warm = timeline->state == SPAN_WARM;
    if (was_warm && round->all_new && round->at_us - timeline->last_us <= patience_of(timeline))
        pass_cold(timeline, round->at_us, sink);
    else
        pass(timeline, round->at_us, false, sink);
    timeline->round_us = round->at_us;
    timeline->state = round->met ? SPAN_WARM : SPAN_GAP;
    if (round->met)
        close_gap(timeline, round->at_us);
    else
        open_gap(timeline, round->at_us, round->cause);
    if (round->interval_us)
        timeline->interval_us = round->interval_us;
    timeline->told_late = round->told_late;
    if (round->provisioned_rate)
        timeline->provisioned_rate = round->provisioned_rate;
    timeline->stopped_us = timeline->reloaded_us = timeline->removed_us = 0;
    timeline->is_spent = false;
}

/* From now on nobody here keeps it warm, as was decided. */
static void leave(struct timeline *timeline, uint64_t at_us, enum span_state state, struct span_sink sink)
{
    pass(timeline, at_us, false, sink);
    close_gap(timeline, at_us);
    timeline->state = state;
}

static void blame_deploy(struct timeline *timeline, uint64_t at_us)
{
    struct gap *gap = &timeline->gap;
    if (timeline->has_gap && (timeline->is_gap_open || at_us <= gap->to_us + DEPLOY_TOLD_US))
        snprintf(gap->cause, sizeof gap->cause, "deploy");
}

/* At AT_US the daemon was there: if it has warmed others only since a reload, that took the endpoint out. */
static void notice_removal(struct timeline *timeline, uint64_t at_us, struct span_sink sink)
{
    bool is_wanted = timeline->state == SPAN_WARM || (timeline->state == SPAN_GAP && !timeline->is_spent);
    if (!is_wanted || !timeline->removed_us || at_us <= timeline->removed_us + patience_of(timeline))
        return;
    leave(timeline, timeline->removed_us, SPAN_UNKNOWN, sink);
    timeline->last_us = timeline->removed_us;
}

static void note_reload(struct timeline *timeline, uint64_t at_us)
{
    bool is_first = !timeline->reloaded_us && !timeline->stopped_us;
    if (is_first && at_us <= timeline->last_us + patience_of(timeline))
        timeline->removed_us = at_us;
    timeline->reloaded_us = at_us;
}

static void spend_budget(struct timeline *timeline, uint64_t at_us, struct span_sink sink)
{
    pass(timeline, at_us, false, sink);
    open_gap(timeline, at_us, "budget");
    timeline->state = SPAN_GAP;
    timeline->is_spent = true;
}

bool timeline_wants(enum entry_kind kind)
{
    switch (kind) {
    case ENTRY_ROUND:
    case ENTRY_STARTED:
    case ENTRY_STOPPED:
    case ENTRY_RELOADED:
    case ENTRY_DEPLOYED:
    case ENTRY_RESTING:
    case ENTRY_RELEASED:
    case ENTRY_BUDGET:
        return true;
    default:
        return false;
    }
}

/* Whether time passes with it; else it only explains. */
static bool apply(struct timeline *timeline, const struct moment *moment, struct span_sink sink)
{
    switch (moment->kind) {
    case ENTRY_ROUND:
        take_round(timeline, moment, sink);
        return true;
    case ENTRY_RESTING:
        leave(timeline, moment->at_us, SPAN_RESTING, sink);
        return true;
    case ENTRY_RELEASED:
        leave(timeline, moment->at_us, SPAN_ELSEWHERE, sink);
        return true;
    case ENTRY_BUDGET:
        spend_budget(timeline, moment->at_us, sink);
        return true;
    case ENTRY_STARTED:
        timeline->reloaded_us = moment->at_us;
        timeline->removed_us = 0;
        return false;
    case ENTRY_RELOADED:
        notice_removal(timeline, moment->at_us, sink);
        note_reload(timeline, moment->at_us);
        return false;
    case ENTRY_STOPPED:
        notice_removal(timeline, moment->at_us, sink);
        timeline->stopped_us = moment->at_us;
        timeline->removed_us = 0;
        return false;
    case ENTRY_DEPLOYED:
        blame_deploy(timeline, moment->at_us);
        return false;
    default:
        return false;
    }
}

void timeline_take(struct timeline *timeline, const struct moment *moment, struct span_sink sink)
{
    if (moment->at_us < timeline->last_us || !apply(timeline, moment, sink))
        return;
    if (!timeline->first_us)
        timeline->first_us = moment->at_us;
    timeline->last_us = moment->at_us;
}

/* Others went on after the daemon's last start or reload: it was removed or disabled then. */
static bool is_gone(const struct timeline *timeline, uint64_t others_us)
{
    return timeline->reloaded_us > timeline->stopped_us &&
           others_us > timeline->reloaded_us + patience_of(timeline) &&
           (timeline->state == SPAN_WARM || (timeline->state == SPAN_GAP && !timeline->is_spent));
}

void timeline_end(struct timeline *timeline, uint64_t until_us, uint64_t others_us, struct span_sink sink)
{
    if (until_us < timeline->last_us)
        until_us = timeline->last_us;
    uint64_t end_us = is_gone(timeline, others_us) ? timeline->reloaded_us : until_us;
    pass(timeline, end_us, true, sink);
    close_gap(timeline, end_us);
    if (end_us < until_us)
        add_span(timeline, end_us, until_us, SPAN_UNKNOWN, sink);
    settle_gap(timeline);
    timeline->has_gap = false;
    timeline->last_us = until_us;
    uint64_t since_round_us = end_us - timeline->round_us;
    if ((timeline->state == SPAN_WARM || timeline->state == SPAN_GAP) &&
        since_round_us < timeline->interval_us)
        timeline->ahead_us = timeline->interval_us - since_round_us;
}
