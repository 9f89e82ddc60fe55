#include "service/fleet.h"

#include "base/clock.h"
#include "base/require.h"
#include "telemetry/journal.h"

#include <errno.h>
#include <string.h>

/* How often summaries are checked while there are any. */
#define SUMMARY_CHECK_US (60 * US_PER_S)

static int compare_places(const void *key, const void *warmer)
{
    const struct endpoint *endpoint = key, *other = ((const struct warmer *)warmer)->endpoint;
    return (endpoint > other) - (endpoint < other);
}

/* The warmer of NAME; NULL: no such endpoint is in force. Warmers are in the order of the plan's endpoints,
 * which lie in one array. */
static struct warmer *find(const struct fleet *fleet, const char *name)
{
    const struct plan *plan = fleet->common.plan;
    const struct endpoint *endpoint = plan ? plan_find(plan, name) : NULL;
    return endpoint && fleet->n_warmers
               ? bsearch(endpoint, fleet->warmers, fleet->n_warmers, sizeof *fleet->warmers, compare_places)
               : NULL;
}

void fleet_count(const struct fleet *fleet, size_t counts[CONDITIONS])
{
    for (size_t i = 0; i < fleet->n_warmers; i++)
        counts[fleet->warmers[i].condition]++;
}

/* Beginning rounds. */

static void tell_beginning(struct fleet *fleet, const struct warmer *warmer,
                           const struct beginning *beginning)
{
    const struct endpoint *endpoint = warmer->endpoint;
    if (beginning->skipped)
        tell_skipped(endpoint->name, beginning->skipped);
    if (beginning->stopped)
        tell_budget(endpoint->name, warmer->memory->spend.usd, endpoint->budget_usd, beginning->most_usd,
                    warmer_budget_resumes_us(warmer));
    fleet->changed[KEPT_STATE] |= beginning->began || beginning->stopped;
}

/* What ran before is told before. The round that ends the rest gets an entry of its own, whatever it finds.
 */
static void tell_rest(struct warmer *warmer)
{
    struct told *told = &warmer->told;
    bool rests = warmer->condition == CONDITION_RESTING;
    if (rests && warmer->round)
        return; /* fleet_take comes here again */
    if (rests && !told->resting) {
        summary_tell(&told->summary, warmer->endpoint->name);
        tell_resting(warmer->endpoint->name, warmer_next_real_us(warmer));
        told->gist = (struct round_gist){0};
    }
    told->resting = rests;
}

void fleet_tell_rests(struct fleet *fleet)
{
    for (size_t i = 0; i < fleet->n_warmers; i++)
        tell_rest(&fleet->warmers[i]);
}

static void on_due(struct warmer *warmer, void *context)
{
    struct fleet *fleet = context;
    struct beginning beginning = warmer_come(warmer);
    tell_beginning(fleet, warmer, &beginning);
    tell_rest(warmer);
    fleet->changed[KEPT_STATUS] = true;
}

void fleet_fire_all(struct fleet *fleet)
{
    for (size_t i = 0; i < fleet->n_warmers; i++) {
        struct warmer *warmer = &fleet->warmers[i];
        if (warmer->round)
            continue;
        struct beginning beginning = warmer_begin(warmer);
        tell_beginning(fleet, warmer, &beginning);
    }
}

/* Summaries of rounds without an entry of their own. */

static int on_summaries_due(sd_event_source *timer, uint64_t due_us, void *context)
{
    struct fleet *fleet = context;
    (void)timer, (void)due_us;
    fleet->summaries_due = false;
    fleet_tell_summaries(fleet, false);
    return 0;
}

static void summarize_later(struct fleet *fleet)
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

void fleet_tell_summaries(struct fleet *fleet, bool all)
{
    uint64_t now_us = clock_boot_us();
    for (size_t i = 0; i < fleet->n_warmers; i++) {
        struct warmer *warmer = &fleet->warmers[i];
        if (all || summary_is_due(warmer->told.summary, now_us))
            summary_tell(&warmer->told.summary, warmer->endpoint->name);
        if (warmer->told.summary)
            summarize_later(fleet);
    }
}

/* Finished rounds. */

static bool tells_changes(const struct fleet *fleet)
{
    const struct daemon_settings *settings = &fleet->common.plan->daemon;
    return settings->log == LOG_OF_CHANGES && !settings->log_requests;
}

/* Gives ROUND a journal entry of its own, after those before it, or adds it to the summary of the hour. */
static void tell(struct fleet *fleet, struct told *told, const struct round *round, bool retry)
{
    const struct daemon_settings *settings = &fleet->common.plan->daemon;
    struct round_gist before = told->gist;
    told->gist = round_gist_of(round);
    if (round_is_left_out(settings, &before, &told->gist, retry) &&
        summary_add(&told->summary, round, clock_boot_us(), clock_real_us()) >= 0) {
        summarize_later(fleet);
        return;
    }
    summary_tell(&told->summary, round->endpoint);
    tell_round(round, settings->log_requests);
}

/* What is wrong with the credentials, as a new string; NULL: nothing, or no memory. */
static char *credentials_problem(const struct round *round)
{
    if (round_note(round))
        return strdup(round_note(round));
    return round_has_cause(round, CAUSE_CREDENTIALS) ? round_detail_text(round) : NULL;
}

/* AWS credentials, failing and recovering, and HTTP2_IN_TURNS are logged once each. */
static void tell_findings(struct told *told, const struct round *round)
{
    CLEANUP_FREE char *problem = credentials_problem(round);
    if (problem && !told->credentials_failed)
        tell_credentials_failed(round->endpoint, problem);
    else if (!problem && told->credentials_failed)
        tell_credentials_recovered(round->endpoint);
    told->credentials_failed = problem != NULL;
    if (round->refused.resend == RESEND_CLOCK)
        tell_signature_clock(round->endpoint, round->refused.clock_offset_us);
    bool in_turns = round->http2_finding == HTTP2_IN_TURNS;
    if (!in_turns || !told->http2_in_turns)
        tell_http2(round);
    told->http2_in_turns |= in_turns;
}

/* What the policy makes of ROUND. */
static void tell_events(struct told *told, const struct round *round, const struct aftermath *after)
{
    const char *name = round->endpoint;
    uint32_t events = after->outcome.events;
    if (events & POLICY_FAILING)
        tell_failing(round, after->next_us);
    if (events & POLICY_RECOVERED)
        tell_recovered(name, after->outcome.failed_for_us);
    if (events & POLICY_THROTTLED)
        tell_throttled(round, after->share, after->next_us);
    if (events & POLICY_CEILING)
        tell_ceiling(round, after->ceiling);
    if (events & POLICY_THROTTLE_OVER)
        tell_throttle_over(name);
    if (events & POLICY_DEPLOYED)
        tell_deployed(name, told->version ? told->version : "another", round->version);
    if (events & (POLICY_INTERVAL | POLICY_HOLD))
        tell_learned(name, after->interval_us, after->hold_us);
    if (events & POLICY_UNPROVEN)
        tell_unproven(name);
    if (!round->version)
        return;
    free(told->version);
    told->version = strdup(round->version);
}

/* Says once what ROUND shows about all endpoints: that TLS requests are held by their sockets because the
 * gate's self-test failed (over HTTP/2 there is no gate); that the releasing threads may not go before
 * others. */
static void tell_once(struct fleet *fleet, const struct round *round)
{
    const struct attempt *last = round_last(round);
    if (!fleet->told_fallback && last->gate_failed && round->ok && last->http_version == HTTP_VERSION_1_1) {
        fleet->told_fallback = true;
        event_say(EVENT_GATE_FALLBACK, LOG_WARNING,
                  "the gate's self-test failed with this libcurl: encrypted requests are held back in their "
                  "sockets instead");
    }
    if (!fleet->told_realtime && last->realtime_refused) {
        fleet->told_realtime = true;
        event_say(EVENT_REALTIME_REFUSED, LOG_NOTICE,
                  "daemon.realtime is on, but SCHED_FIFO is not allowed: releases continue without it (to "
                  "allow it, set in the unit: LimitRTPRIO=1, RestrictRealtime=no and "
                  "SystemCallFilter=sched_setscheduler)");
    }
}

/* Also a round of what the endpoint called before a reload costs money: a budget belongs to the name. */
static void charge(struct fleet *fleet, const struct round *round)
{
    struct memory *memory = state_memory(&fleet->state, round->endpoint);
    if (memory)
        spend_add(&memory->spend, clock_real_us(), round->cost_usd);
    fleet->changed[KEPT_STATE] = true;
}

void fleet_take(struct fleet *fleet, struct warmer *warmer, struct round *round)
{
    REQUIRE(fleet->common.plan); /* it began under one */
    if (warmer) {
        struct aftermath after = warmer_finish(warmer, round);
        round->told_by_change = tells_changes(fleet);
        tell(fleet, &warmer->told, round, after.retry);
        tell_findings(&warmer->told, round);
        tell_events(&warmer->told, round, &after);
        counts_add(&warmer->counts, round, clock_real_us());
        charge(fleet, round);
        warmer_refresh(warmer);
        tell_rest(warmer);
        fleet->changed[KEPT_METRICS] = fleet->changed[KEPT_STATUS] = true;
    } else {
        round->former = find(fleet, round->endpoint) != NULL;
        tell_round(round, fleet->common.plan->daemon.log_requests);
        charge(fleet, round);
    }
    tell_once(fleet, round);
}

static void on_round(struct round *round, void *owner, void *context)
{
    fleet_take(context, owner, round);
    round_free(round);
}

/* Plans come into force: first whatever can fail, which changes nothing, then the change itself. */

struct adoption {
    struct fleet *fleet;
    struct plan *plan;
    struct warmer *warmers; /* of a plan that is not in force yet */
    size_t n;
    struct warmer **before; /* the predecessor of each, or NULL if it starts afresh */
};

static void warmers_free(struct warmer *warmers, size_t n)
{
    for (size_t i = 0; warmers && i < n; i++) {
        if (warmers[i].told.summary)
            summary_tell(&warmers[i].told.summary, warmers[i].endpoint->name);
        warmer_close(&warmers[i]);
    }
    free(warmers);
}

/* Does all that needs memory for a warmer. */
static int prepare_warmer(struct adoption *adoption, size_t i, const struct endpoint *endpoint)
{
    struct fleet *fleet = adoption->fleet;
    struct memory *memory = state_memory(&fleet->state, endpoint->name);
    struct warmer *before = find(fleet, endpoint->name);
    if (before && policy_is_of(&before->memory->policy, endpoint))
        adoption->before[i] = before;
    return memory ? warmer_open(&adoption->warmers[i], &fleet->common, endpoint, memory, fleet->loop)
                  : -ENOMEM;
}

static int prepare(struct adoption *adoption)
{
    const struct plan *plan = adoption->plan;
    size_t n = plan_enabled(plan);
    adoption->warmers = calloc(n + 1, sizeof *adoption->warmers);
    adoption->before = calloc(n + 1, sizeof *adoption->before);
    int result = adoption->warmers && adoption->before ? 0 : -ENOMEM;
    for (size_t k = 0; result >= 0 && k < plan->n_endpoints; k++)
        if (plan->endpoints[k].enabled)
            result = prepare_warmer(adoption, adoption->n++, &plan->endpoints[k]);
    return result;
}

/* Withdraws queued rounds whose endpoint is gone, disabled, or calls something else, before anything looks at
 * what is remembered of them. */
static void withdraw_orphans(struct adoption *adoption)
{
    struct fleet *fleet = adoption->fleet;
    for (size_t i = 0; i < adoption->n; i++)
        if (adoption->before[i])
            adoption->before[i]->succeeded = true;
    for (size_t i = 0; i < fleet->n_warmers; i++)
        if (!fleet->warmers[i].succeeded)
            warmer_withdraw(&fleet->warmers[i]);
}

/* The turns of warmers that don't simply go on are spread over the stagger time, in the order of the files.
 */
static void commit_warmers(struct adoption *adoption)
{
    uint64_t now_us = clock_boot_us();
    size_t n_first = 0, turn = 0;
    for (size_t i = 0; i < adoption->n; i++) {
        struct warmer *warmer = &adoption->warmers[i], *before = adoption->before[i];
        warmer_continue(warmer, before);
        n_first += !before || warmer->raised;
    }
    for (size_t i = 0; i < adoption->n; i++) {
        struct warmer *warmer = &adoption->warmers[i], *before = adoption->before[i];
        struct schedule first = schedule_first(now_us, adoption->plan->daemon.stagger_us, turn, n_first);
        turn += !before || warmer->raised;
        warmer_plan(warmer, &first, !before, now_us);
    }
}

static void commit(struct adoption *adoption)
{
    struct fleet *fleet = adoption->fleet;
    withdraw_orphans(adoption);
    commit_warmers(adoption);
    warmers_free(fleet->warmers, fleet->n_warmers);
    plan_unref(fleet->common.plan);
    fleet->common.plan = plan_ref(adoption->plan);
    fleet->warmers = STEAL(adoption->warmers);
    fleet->n_warmers = adoption->n;
    rounds_set_ceiling(fleet->common.rounds, fleet->common.plan->daemon.max_in_flight);
    for (size_t i = 0; i < fleet->n_warmers; i++) {
        struct warmer *warmer = &fleet->warmers[i];
        warmer->succeeded = false;
        if (warmer->round) {
            struct beginning beginning = warmer_reorder(warmer);
            tell_beginning(fleet, warmer, &beginning);
        }
        warmer_refresh(warmer);
    }
    state_bound(&fleet->state, fleet->common.plan);
}

int fleet_adopt(struct fleet *fleet, struct plan *plan)
{
    struct adoption adoption = {.fleet = fleet, .plan = plan};
    int result = prepare(&adoption);
    if (result >= 0)
        commit(&adoption);
    warmers_free(adoption.warmers, adoption.n);
    free(adoption.before);
    return result < 0 ? result : 0;
}

/* Local time, and the end. */

void fleet_clock_set(struct fleet *fleet, int64_t by_us)
{
    uint64_t now_us = clock_real_us(), before_us = now_us - (uint64_t)by_us;
    for (size_t i = 0; i < fleet->state.n; i++)
        spend_clock_set(&fleet->state.items[i]->spend, before_us, now_us);
    fleet->changed[KEPT_STATE] = true;
}

void fleet_look_again(struct fleet *fleet)
{
    for (size_t i = 0; i < fleet->n_warmers; i++) {
        warmer_set_timer(&fleet->warmers[i]);
        warmer_refresh(&fleet->warmers[i]);
    }
    fleet_tell_rests(fleet);
    fleet->changed[KEPT_STATUS] = true;
}

void fleet_disarm(struct fleet *fleet)
{
    for (size_t i = 0; i < fleet->n_warmers; i++)
        sd_event_source_set_enabled(fleet->warmers[i].timer, SD_EVENT_OFF);
}

int fleet_open(struct fleet *fleet, sd_event *loop)
{
    fleet->loop = loop;
    fleet->common =
        (struct warmer_common){.throttles = &fleet->state.throttles, .due = on_due, .context = fleet};
    return rounds_new(1, on_round, fleet, &fleet->common.rounds); /* a plan sets its own ceiling */
}

void fleet_close(struct fleet *fleet)
{
    sd_event_source_disable_unref(fleet->summary_timer);
    warmers_free(fleet->warmers, fleet->n_warmers);
    rounds_free(fleet->common.rounds);
    plan_unref(fleet->common.plan);
    state_free(&fleet->state);
    *fleet = (struct fleet){0};
}
