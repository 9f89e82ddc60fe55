#include "commands/slot.h"

#include "base/clock.h"
#include "commands/keeper.h"
#include "decide/cost.h"
#include "decide/windows.h"
#include "telemetry/tell_endpoint.h"
#include "telemetry/tell_round.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

static uint64_t random_number(void)
{
    uint64_t number = 0;
    if (getrandom(&number, sizeof number, 0) < 0)
        number = clock_monotonic_ns(); /* only ever spreads rounds */
    return number;
}

/* A timer that a window has set may fire a little before the window opens: CLOCK_REALTIME is slewed. */
#define LOOK_AHEAD_US US_PER_S

uint32_t slot_wanted(const struct slot *slot)
{
    return windows_at(slot->endpoint, clock_real_us() + LOOK_AHEAD_US).warm;
}

int slot_set_timer(struct slot *slot)
{
    struct schedule schedule =
        schedule_in_windows(slot->endpoint, slot->planned, clock_boot_us(), clock_real_us());
    slot->due_us = schedule.due_us;
    if (slot->due_us == UINT64_MAX)
        return sd_event_source_set_enabled(slot->timer, SD_EVENT_OFF);
    int result = sd_event_source_set_time(slot->timer, slot->due_us);
    return result < 0 ? result : sd_event_source_set_enabled(slot->timer, SD_EVENT_ONESHOT);
}

static struct throttle *throttle_of(const struct slot *slot)
{
    return throttles_of(&slot->keeper->state.throttles, slot->endpoint);
}

/* The most that a round of all that are WANTED may cost. */
static double most_usd(const struct slot *slot, uint32_t wanted)
{
    const struct endpoint *endpoint = slot->endpoint;
    struct prices prices = prices_of_endpoint(endpoint, &slot->keeper->plan->daemon.prices);
    return cost_round_most_usd(endpoint, &prices, wanted, policy_hold_us(&slot->kept->policy, endpoint),
                               slot->slowest_us);
}

static bool is_affordable(const struct slot *slot, uint32_t wanted, uint64_t now_real_us)
{
    spend_turn(&slot->kept->spend, now_real_us);
    return slot->endpoint->budget_usd <= 0 ||
           spend_allows(slot->endpoint, &slot->kept->spend, now_real_us, most_usd(slot, wanted));
}

/* When AWS's next month begins: year · 12 + month − 1, in UTC. */
static uint64_t month_begins_us(int32_t month)
{
    struct tm utc = {.tm_year = month / 12 - 1900, .tm_mon = month % 12, .tm_mday = 1};
    return (uint64_t)timegm(&utc) * US_PER_S;
}

uint64_t slot_budget_resumes_us(const struct slot *slot)
{
    return month_begins_us(slot->kept->spend.month + 1);
}

void slot_refresh(struct slot *slot)
{
    uint64_t now_real_us = clock_real_us();
    uint32_t wanted = slot_wanted(slot);
    if (wanted == 0)
        slot->warm = 0; /* what was warm cools down */
    slot->condition = condition_of(&slot->kept->policy, throttle_of(slot), wanted, slot->warm,
                                   is_affordable(slot, wanted, now_real_us), now_real_us);
}

/* Logged once a month. */
static void stop_for_budget(struct slot *slot, uint32_t wanted)
{
    struct spend *spend = &slot->kept->spend;
    if (spend->stopped)
        return;
    spend->stopped = true;
    upkeep_changed(&slot->keeper->state_file);
    tell_budget(slot->endpoint->name, spend->usd, slot->endpoint->budget_usd, most_usd(slot, wanted),
                month_begins_us(spend->month + 1));
}

/* The time since the previous round began. If that was in another process, the calendar says; it isn't known
 * if that process was killed during the round, which may have sent nothing. */
static uint64_t elapsed_us(const struct slot *slot, uint64_t now_us, uint64_t now_real_us)
{
    uint64_t last_real_us = slot->kept->last_round_us;
    if (slot->began_us)
        return now_us - slot->began_us;
    if (slot->kept->policy.last_real_us < last_real_us)
        return 0;
    return last_real_us && last_real_us < now_real_us ? now_real_us - last_real_us : 0;
}

/* The round that slot->order means. */
static struct round_order round_order_of(const struct slot *slot, uint32_t wanted)
{
    const struct endpoint *endpoint = slot->endpoint;
    return (struct round_order){.target = wanted,
                                .count = slot->order.count,
                                .hold_us = slot->order.hold_us,
                                .attempts = slot->order.kind == ORDER_FULL ? endpoint->attempts : 1,
                                .interval_us = policy_interval_us(&slot->kept->policy, endpoint)};
}

static int start(struct slot *slot, uint32_t wanted)
{
    struct keeper *keeper = slot->keeper;
    uint64_t now_us = clock_boot_us(), now_real_us = clock_real_us();
    struct round_order order = round_order_of(slot, wanted);
    int result = rounds_start(keeper->rounds, keeper->plan, slot->endpoint, &order, slot->round_id);
    if (result < 0)
        return result;
    slot->raised = false;
    slot->began_before_us = slot->began_us;
    slot->last_before_us = slot->kept->last_round_us;
    slot->elapsed_us = elapsed_us(slot, now_us, now_real_us);
    slot->began_us = now_us;
    slot->kept->last_round_us = now_real_us;
    upkeep_changed(&keeper->state_file);
    return 0;
}

/* Decides what a round that begins now asks for. */
static void decide(struct slot *slot, const struct throttle *throttle, uint32_t wanted)
{
    uint64_t now_real_us = clock_real_us();
    slot->order = policy_order(&slot->kept->policy, slot->endpoint, throttle, wanted,
                               is_affordable(slot, wanted, now_real_us), now_real_us);
    if (slot->order.kind == ORDER_BUDGET)
        stop_for_budget(slot, wanted);
}

bool slot_begin(struct slot *slot)
{
    const char *name = slot->endpoint->name;
    enum round_state state = rounds_state(slot->keeper->rounds, slot->round_id);
    uint32_t wanted = slot_wanted(slot);
    const struct throttle *throttle = throttle_of(slot);
    if (state == ROUND_RUNNING && slot->raised)
        return false; /* the new round begins when that one has ended */
    if (state != ROUND_IDLE || !throttle) {
        tell_skipped(name, state == ROUND_RUNNING  ? "the previous round is still running"
                           : state == ROUND_QUEUED ? "the previous round is still waiting for max_in_flight"
                                                   : "out of memory");
        return false;
    }
    decide(slot, throttle, wanted);
    int result = slot->order.count ? start(slot, wanted) : -EINVAL;
    if (result == -ENOMEM)
        tell_skipped(name, "out of memory");
    return result == 0;
}

void slot_withdraw(struct slot *slot)
{
    if (rounds_state(slot->keeper->rounds, slot->round_id) != ROUND_QUEUED)
        return;
    rounds_withdraw(slot->keeper->rounds, slot->round_id);
    slot->round_id[0] = '\0';
    slot->began_us = slot->began_before_us;
    slot->kept->last_round_us = slot->last_before_us;
}

void slot_reorder(struct slot *slot)
{
    struct keeper *keeper = slot->keeper;
    const struct throttle *throttle = throttle_of(slot);
    uint32_t wanted = slot_wanted(slot);
    if (!throttle || rounds_state(keeper->rounds, slot->round_id) != ROUND_QUEUED)
        return;
    decide(slot, throttle, wanted);
    if (slot->order.count == 0) {
        slot_withdraw(slot);
        return;
    }
    struct round_order order = round_order_of(slot, wanted);
    rounds_reorder(keeper->rounds, slot->round_id, keeper->plan, slot->endpoint, &order);
    slot->raised = false;
}

/* In case the round is still running when the next one is due, which is then left out. slot_finish knows
 * better. */
static void plan_next(struct slot *slot)
{
    struct policy_outcome as_usual = {0};
    uint64_t now_us = clock_boot_us();
    if (slot->order.kind == ORDER_THROTTLED)
        as_usual = (struct policy_outcome){.again = true, .again_us = slot->order.wait_us};
    slot->planned = policy_schedule(&slot->kept->policy, slot->endpoint, &as_usual, &slot->planned, now_us,
                                    now_us, random_number());
}

int slot_on_due(sd_event_source *timer, uint64_t due_us, void *context)
{
    struct slot *slot = context;
    (void)timer, (void)due_us;
    if (slot->due_us != slot->planned.due_us) /* a window moved it: the grid continues from there */
        slot->planned = (struct schedule){.grid_us = slot->due_us, .due_us = slot->due_us};
    slot_begin(slot);
    plan_next(slot);
    slot_refresh(slot);
    upkeep_changed(&slot->keeper->status.file);
    return slot_set_timer(slot);
}

/* What is wrong with the credentials, as a new string; NULL: nothing, or no memory. */
static char *credentials_problem(const struct round *round)
{
    if (round->note)
        return strdup(round->note);
    for (size_t i = 0; i < round->n_causes; i++)
        if (round->causes[i].cause == CAUSE_CREDENTIALS)
            return round_first_detail(round);
    return NULL;
}

/* AWS credentials: failing and recovering are logged once each. */
static void tell_credentials(struct slot *slot, const struct round *round)
{
    CLEANUP_FREE char *problem = credentials_problem(round);
    if (problem && !slot->credentials_failed)
        tell_credentials_failed(round->endpoint, problem);
    else if (!problem && slot->credentials_failed)
        tell_credentials_recovered(round->endpoint);
    slot->credentials_failed = problem != NULL;
    if (round->refusal == REFUSED_CLOCK)
        tell_signature_clock(round->endpoint, round->clock_offset_us);
}

/* HTTP2_IN_TURNS is logged once. */
static void tell_version(struct slot *slot, const struct round *round)
{
    bool told = slot->told_http2 && round->http2_finding == HTTP2_IN_TURNS;
    if (!told)
        tell_http2(round);
    slot->told_http2 |= round->http2_finding == HTTP2_IN_TURNS;
}

static void tell_events(struct slot *slot, const struct round *round, const struct policy_outcome *outcome)
{
    const struct endpoint *endpoint = slot->endpoint;
    const struct policy_state *policy = &slot->kept->policy;
    uint64_t interval_us = policy_interval_us(policy, endpoint);
    uint64_t next_us = outcome->again ? outcome->again_us : interval_us;
    const struct throttle *throttle = throttle_of(slot);
    if (outcome->events & POLICY_FAILING)
        tell_failing(round, next_us);
    if (outcome->events & POLICY_RECOVERED)
        tell_recovered(endpoint->name, outcome->failed_for_us);
    if (outcome->events & POLICY_THROTTLED && throttle)
        tell_throttled(round, throttle_share(throttle, round->target), next_us);
    if (outcome->events & POLICY_CEILING && throttle)
        tell_ceiling(round, throttle->ceiling);
    if (outcome->events & POLICY_THROTTLE_OVER)
        tell_throttle_over(endpoint->name);
    if (outcome->events & POLICY_DEPLOYED)
        tell_deployed(endpoint->name, slot->version ? slot->version : "another", round->version);
    if (outcome->events & (POLICY_INTERVAL | POLICY_HOLD))
        tell_learned(endpoint->name, interval_us, policy_hold_us(policy, endpoint));
    if (outcome->events & POLICY_UNPROVEN)
        tell_unproven(endpoint->name);
}

/* Notes what was seen, for the status line and the next round. */
static void note(struct slot *slot, const struct round *round)
{
    slot->warm = round->distinct_known ? round->distinct : round->ok;
    slot->skew_us = round->skew_us;
    slot->slowest_us = round->max_us > slot->slowest_us ? round->max_us : slot->slowest_us;
    slot->known = true;
    if (!round->version)
        return;
    free(slot->version);
    slot->version = strdup(round->version);
}

/* Some requests were not answered because the daemon was told to stop: that says nothing about the
 * endpoint. */
static bool was_cut_short(const struct round *round)
{
    for (size_t i = 0; i < round->n_causes; i++)
        if (round->causes[i].cause == CAUSE_STOPPED)
            return true;
    return false;
}

static void learn(struct slot *slot, const struct round *round, struct policy_outcome *ret_outcome)
{
    struct observation observation = {0};
    struct throttle *throttle = throttle_of(slot);
    /* Without memory, this round teaches nothing. */
    if (!throttle || observation_of(round, slot->elapsed_us, &observation) < 0)
        return;
    policy_take(&slot->kept->policy, slot->endpoint, throttle, &slot->order, &observation, clock_real_us(),
                ret_outcome);
    observation_free(&observation);
}

/* Gives ROUND a journal entry of its own, or adds it to the summary of the hour. */
static void tell(struct slot *slot, const struct round *round, const struct policy_outcome *outcome)
{
    const struct daemon_settings *settings = &slot->keeper->plan->daemon;
    struct round_gist before = slot->gist;
    bool retry = round->result == ROUND_FAILED && slot->kept->policy.failing.rounds > 0 &&
                 !(outcome->events & POLICY_FAILING);
    slot->gist = round_gist_of(round);
    if (!round_is_left_out(settings, &before, &slot->gist, retry) ||
        summary_add(&slot->summary, round, clock_boot_us(), clock_real_us()) < 0)
        tell_round(round, settings->log_requests);
    else
        keeper_summarize_later(slot->keeper);
}

void slot_finish(struct slot *slot, struct round *round)
{
    struct policy_outcome outcome = {0};
    spend_add(&slot->kept->spend, clock_real_us(), round->cost_usd);
    slot->round_id[0] = '\0';
    if (!was_cut_short(round))
        learn(slot, round, &outcome);
    round->interval_us = policy_interval_us(&slot->kept->policy, slot->endpoint); /* until the next one */
    round->retained_known = outcome.retained.idle_us > 0 && round->distinct_known;
    round->retained = outcome.retained.survived;
    round->died = outcome.retained.died;
    round->retired = outcome.retained.retired;
    tell(slot, round, &outcome);
    tell_credentials(slot, round);
    tell_version(slot, round);
    tell_events(slot, round, &outcome);
    note(slot, round);
    metrics_note_round(&slot->keeper->publisher.metrics, round, clock_real_us());
    slot_refresh(slot);
    keeper_changed(slot->keeper);
    if (slot->raised && !outcome.again && slot_wanted(slot) > round->target)
        outcome = (struct policy_outcome){.again = true};
    slot->raised = false;
    if (!outcome.again && !slot->endpoint->interval_auto)
        return; /* it is set already */
    slot->planned = policy_schedule(&slot->kept->policy, slot->endpoint, &outcome, &slot->planned,
                                    slot->began_us, clock_boot_us(), random_number());
    slot_set_timer(slot);
}
