#include "service/warmer.h"

#include "base/clock.h"
#include "decide/cost.h"
#include "decide/windows.h"
#include "service/fleet.h"
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

uint32_t warmer_wanted(const struct warmer *warmer)
{
    return windows_at(warmer->endpoint, clock_real_us() + LOOK_AHEAD_US).warm;
}

int warmer_set_timer(struct warmer *warmer)
{
    struct schedule schedule =
        schedule_in_windows(warmer->endpoint, warmer->planned, clock_boot_us(), clock_real_us());
    warmer->due_us = schedule.due_us;
    if (warmer->due_us == UINT64_MAX)
        return sd_event_source_set_enabled(warmer->timer, SD_EVENT_OFF);
    int result = sd_event_source_set_time(warmer->timer, warmer->due_us);
    return result < 0 ? result : sd_event_source_set_enabled(warmer->timer, SD_EVENT_ONESHOT);
}

static struct throttle *throttle_of(const struct warmer *warmer)
{
    return throttles_of(&warmer->fleet->state.throttles, warmer->endpoint);
}

/* The most that a round of all that are WANTED may cost. */
static double most_usd(const struct warmer *warmer, uint32_t wanted)
{
    const struct endpoint *endpoint = warmer->endpoint;
    struct prices prices = prices_of_endpoint(endpoint, &warmer->fleet->plan->daemon.prices);
    return cost_round_most_usd(endpoint, &prices, wanted, policy_hold_us(&warmer->kept->policy, endpoint),
                               warmer->slowest_us);
}

static bool is_affordable(const struct warmer *warmer, uint32_t wanted, uint64_t now_real_us)
{
    spend_turn(&warmer->kept->spend, now_real_us);
    return warmer->endpoint->budget_usd <= 0 ||
           spend_allows(warmer->endpoint, &warmer->kept->spend, now_real_us, most_usd(warmer, wanted));
}

/* When AWS's next month begins: year · 12 + month − 1, in UTC. */
static uint64_t month_begins_us(int32_t month)
{
    struct tm utc = {.tm_year = month / 12 - 1900, .tm_mon = month % 12, .tm_mday = 1};
    return (uint64_t)timegm(&utc) * US_PER_S;
}

uint64_t warmer_budget_resumes_us(const struct warmer *warmer)
{
    return month_begins_us(warmer->kept->spend.month + 1);
}

void warmer_refresh(struct warmer *warmer)
{
    uint64_t now_real_us = clock_real_us();
    uint32_t wanted = warmer_wanted(warmer);
    if (wanted == 0)
        warmer->warm = 0; /* what was warm cools down */
    warmer->condition = condition_of(&warmer->kept->policy, throttle_of(warmer), wanted, warmer->warm,
                                     is_affordable(warmer, wanted, now_real_us), now_real_us);
}

/* Logged once a month. */
static void stop_for_budget(struct warmer *warmer, uint32_t wanted)
{
    struct spend *spend = &warmer->kept->spend;
    if (spend->stopped)
        return;
    spend->stopped = true;
    upkeep_changed(&warmer->fleet->state_file);
    tell_budget(warmer->endpoint->name, spend->usd, warmer->endpoint->budget_usd, most_usd(warmer, wanted),
                month_begins_us(spend->month + 1));
}

/* The time since the previous round began. If that was in another process, the calendar says; it isn't known
 * if that process was killed during the round, which may have sent nothing. */
static uint64_t elapsed_us(const struct warmer *warmer, uint64_t now_us, uint64_t now_real_us)
{
    uint64_t last_real_us = warmer->kept->last_round_us;
    if (warmer->began_us)
        return now_us - warmer->began_us;
    if (warmer->kept->policy.last_real_us < last_real_us)
        return 0;
    return last_real_us && last_real_us < now_real_us ? now_real_us - last_real_us : 0;
}

static int start(struct warmer *warmer)
{
    struct fleet *fleet = warmer->fleet;
    uint64_t now_us = clock_boot_us(), now_real_us = clock_real_us();
    int result = rounds_start(fleet->rounds, fleet->plan, warmer->endpoint, &warmer->order, warmer->round_id);
    if (result < 0)
        return result;
    warmer->raised = false;
    warmer->began_before_us = warmer->began_us;
    warmer->last_before_us = warmer->kept->last_round_us;
    warmer->elapsed_us = elapsed_us(warmer, now_us, now_real_us);
    warmer->began_us = now_us;
    warmer->kept->last_round_us = now_real_us;
    upkeep_changed(&fleet->state_file);
    return 0;
}

/* Decides what a round that begins now asks for. */
static void decide(struct warmer *warmer, const struct throttle *throttle, uint32_t wanted)
{
    uint64_t now_real_us = clock_real_us();
    warmer->order = policy_order(&warmer->kept->policy, warmer->endpoint, throttle, wanted,
                                 is_affordable(warmer, wanted, now_real_us), now_real_us);
    if (warmer->order.kind == ORDER_BUDGET)
        stop_for_budget(warmer, wanted);
}

bool warmer_begin(struct warmer *warmer)
{
    const char *name = warmer->endpoint->name;
    enum round_state state = rounds_state(warmer->fleet->rounds, warmer->round_id);
    uint32_t wanted = warmer_wanted(warmer);
    const struct throttle *throttle = throttle_of(warmer);
    if (state == ROUND_RUNNING && warmer->raised)
        return false; /* the new round begins when that one has ended */
    if (state != ROUND_IDLE || !throttle) {
        tell_skipped(name, state == ROUND_RUNNING  ? "the previous round is still running"
                           : state == ROUND_QUEUED ? "the previous round is still waiting for max_in_flight"
                                                   : "out of memory");
        return false;
    }
    decide(warmer, throttle, wanted);
    int result = warmer->order.count ? start(warmer) : -EINVAL;
    if (result == -ENOMEM)
        tell_skipped(name, "out of memory");
    return result == 0;
}

void warmer_withdraw(struct warmer *warmer)
{
    if (rounds_state(warmer->fleet->rounds, warmer->round_id) != ROUND_QUEUED)
        return;
    rounds_withdraw(warmer->fleet->rounds, warmer->round_id);
    warmer->round_id[0] = '\0';
    warmer->began_us = warmer->began_before_us;
    warmer->kept->last_round_us = warmer->last_before_us;
}

void warmer_reorder(struct warmer *warmer)
{
    struct fleet *fleet = warmer->fleet;
    const struct throttle *throttle = throttle_of(warmer);
    uint32_t wanted = warmer_wanted(warmer);
    if (!throttle || rounds_state(fleet->rounds, warmer->round_id) != ROUND_QUEUED)
        return;
    decide(warmer, throttle, wanted);
    if (warmer->order.count == 0) {
        warmer_withdraw(warmer);
        return;
    }
    rounds_reorder(fleet->rounds, warmer->round_id, fleet->plan, warmer->endpoint, &warmer->order);
    warmer->raised = false;
}

/* In case the round is still running when the next one is due, which is then left out. warmer_finish knows
 * better. */
static void plan_next(struct warmer *warmer)
{
    struct policy_outcome as_usual = {0};
    uint64_t now_us = clock_boot_us();
    if (warmer->order.kind == ORDER_THROTTLED)
        as_usual = (struct policy_outcome){.again = true, .again_us = warmer->order.wait_us};
    warmer->planned = policy_schedule(&warmer->kept->policy, warmer->endpoint, &as_usual, &warmer->planned,
                                      now_us, now_us, random_number());
}

int warmer_on_due(sd_event_source *timer, uint64_t due_us, void *context)
{
    struct warmer *warmer = context;
    (void)timer, (void)due_us;
    if (warmer->due_us != warmer->planned.due_us) /* a window moved it: the grid continues from there */
        warmer->planned = (struct schedule){.grid_us = warmer->due_us, .due_us = warmer->due_us};
    warmer_begin(warmer);
    plan_next(warmer);
    warmer_refresh(warmer);
    upkeep_changed(&warmer->fleet->status.file);
    return warmer_set_timer(warmer);
}

/* What is wrong with the credentials, as a new string; NULL: nothing, or no memory. */
static char *credentials_problem(const struct round *round)
{
    if (round_note(round))
        return strdup(round_note(round));
    for (size_t i = 0; i < round->n_causes; i++)
        if (round->causes[i].cause == CAUSE_CREDENTIALS)
            return round_first_detail(round);
    return NULL;
}

/* AWS credentials: failing and recovering are logged once each. */
static void tell_credentials(struct warmer *warmer, const struct round *round)
{
    CLEANUP_FREE char *problem = credentials_problem(round);
    if (problem && !warmer->credentials_failed)
        tell_credentials_failed(round->endpoint, problem);
    else if (!problem && warmer->credentials_failed)
        tell_credentials_recovered(round->endpoint);
    warmer->credentials_failed = problem != NULL;
    if (round->refused.resend == RESEND_CLOCK)
        tell_signature_clock(round->endpoint, round->refused.clock_offset_us);
}

/* HTTP2_IN_TURNS is logged once. */
static void tell_version(struct warmer *warmer, const struct round *round)
{
    bool told = warmer->told_http2 && round->http2_finding == HTTP2_IN_TURNS;
    if (!told)
        tell_http2(round);
    warmer->told_http2 |= round->http2_finding == HTTP2_IN_TURNS;
}

static void tell_events(struct warmer *warmer, const struct round *round,
                        const struct policy_outcome *outcome)
{
    const struct endpoint *endpoint = warmer->endpoint;
    const struct policy_state *policy = &warmer->kept->policy;
    uint64_t interval_us = policy_interval_us(policy, endpoint);
    uint64_t next_us = outcome->again ? outcome->again_us : interval_us;
    const struct throttle *throttle = throttle_of(warmer);
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
        tell_deployed(endpoint->name, warmer->version ? warmer->version : "another", round->version);
    if (outcome->events & (POLICY_INTERVAL | POLICY_HOLD))
        tell_learned(endpoint->name, interval_us, policy_hold_us(policy, endpoint));
    if (outcome->events & POLICY_UNPROVEN)
        tell_unproven(endpoint->name);
}

/* Notes what was seen, for the status line and the next round. */
static void note(struct warmer *warmer, const struct round *round)
{
    warmer->warm = round_warm(round);
    warmer->skew_us = round_best(round)->skew_us;
    warmer->slowest_us = round->max_us > warmer->slowest_us ? round->max_us : warmer->slowest_us;
    warmer->known = true;
    if (!round->version)
        return;
    free(warmer->version);
    warmer->version = strdup(round->version);
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

static void learn(struct warmer *warmer, const struct round *round, struct policy_outcome *ret_outcome)
{
    struct observation observation = {0};
    struct throttle *throttle = throttle_of(warmer);
    /* Without memory, this round teaches nothing. */
    if (!throttle || observation_of(round, warmer->elapsed_us, &observation) < 0)
        return;
    policy_take(&warmer->kept->policy, warmer->endpoint, throttle, &warmer->order, &observation,
                clock_real_us(), ret_outcome);
    observation_free(&observation);
}

/* Gives ROUND a journal entry of its own, or adds it to the summary of the hour. */
static void tell(struct warmer *warmer, const struct round *round, const struct policy_outcome *outcome)
{
    const struct daemon_settings *settings = &warmer->fleet->plan->daemon;
    struct round_gist before = warmer->gist;
    bool retry = round->result == ROUND_FAILED && warmer->kept->policy.failing.rounds > 0 &&
                 !(outcome->events & POLICY_FAILING);
    warmer->gist = round_gist_of(round);
    if (!round_is_left_out(settings, &before, &warmer->gist, retry) ||
        summary_add(&warmer->summary, round, clock_boot_us(), clock_real_us()) < 0)
        tell_round(round, settings->log_requests);
    else
        fleet_summarize_later(warmer->fleet);
}

void warmer_finish(struct warmer *warmer, struct round *round)
{
    struct policy_outcome outcome = {0};
    spend_add(&warmer->kept->spend, clock_real_us(), round->cost_usd);
    warmer->round_id[0] = '\0';
    if (!was_cut_short(round))
        learn(warmer, round, &outcome);
    round->interval_us = policy_interval_us(&warmer->kept->policy, warmer->endpoint); /* until the next one */
    round->retained_known = outcome.retained.idle_us > 0 && round->distinct_known;
    round->retained = outcome.retained.survived;
    round->died = outcome.retained.died;
    round->retired = outcome.retained.retired;
    tell(warmer, round, &outcome);
    tell_credentials(warmer, round);
    tell_version(warmer, round);
    tell_events(warmer, round, &outcome);
    note(warmer, round);
    metrics_note_round(&warmer->fleet->publisher.metrics, round, clock_real_us());
    warmer_refresh(warmer);
    fleet_changed(warmer->fleet);
    if (warmer->raised && !outcome.again && warmer_wanted(warmer) > round->target)
        outcome = (struct policy_outcome){.again = true};
    warmer->raised = false;
    if (!outcome.again && !warmer->endpoint->interval_auto)
        return; /* it is set already */
    warmer->planned = policy_schedule(&warmer->kept->policy, warmer->endpoint, &outcome, &warmer->planned,
                                      warmer->began_us, clock_boot_us(), random_number());
    warmer_set_timer(warmer);
}
