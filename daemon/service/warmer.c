#include "service/warmer.h"

#include "base/clock.h"
#include "base/require.h"
#include "decide/cost.h"
#include "decide/windows.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

/* How much later than due the loop may wake up to save power; rounds are minutes apart. */
enum { ACCURACY_US = 10000 };

/* A timer that a window has set may fire a little before the window opens: CLOCK_REALTIME is slewed. */
#define LOOK_AHEAD_US US_PER_S

static uint64_t random_number(void)
{
    uint64_t number = 0;
    if (getrandom(&number, sizeof number, 0) < 0)
        number = clock_monotonic_ns(); /* only ever spreads rounds */
    return number;
}

static int on_due(sd_event_source *timer, uint64_t due_us, void *context)
{
    struct warmer *warmer = context;
    (void)timer, (void)due_us;
    warmer->common->due(warmer, warmer->common->context);
    return 0;
}

int warmer_open(struct warmer *warmer, const struct warmer_common *common, const struct endpoint *endpoint,
                struct memory *memory, sd_event *loop)
{
    REQUIRE(endpoint->enabled && memory);
    *warmer = (struct warmer){.common = common, .endpoint = endpoint, .memory = memory};
    int result =
        sd_event_add_time(loop, &warmer->timer, CLOCK_BOOTTIME, UINT64_MAX, ACCURACY_US, on_due, warmer);
    return result < 0 ? result : 0;
}

void warmer_close(struct warmer *warmer)
{
    sd_event_source_disable_unref(warmer->timer);
    if (warmer->round)
        round_pass(warmer->round, NULL, NULL);
    free(warmer->told.version);
}

uint32_t warmer_wanted(const struct warmer *warmer)
{
    return windows_at(warmer->endpoint, clock_real_us() + LOOK_AHEAD_US).warm;
}

void warmer_set_timer(struct warmer *warmer)
{
    struct schedule schedule =
        schedule_in_windows(warmer->endpoint, warmer->planned, clock_boot_us(), clock_real_us());
    uint64_t rest_us = schedule_rest(warmer->endpoint, schedule.due_us, clock_boot_us(), clock_real_us());
    uint64_t wake_us = rest_us < schedule.due_us ? rest_us : schedule.due_us;
    warmer->due_us = schedule.due_us;
    if (wake_us != UINT64_MAX)
        sd_event_source_set_time(warmer->timer, wake_us);
    sd_event_source_set_enabled(warmer->timer, wake_us == UINT64_MAX ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
}

void warmer_continue(struct warmer *warmer, struct warmer *before)
{
    struct memory *memory = warmer->memory;
    const struct endpoint *endpoint = warmer->endpoint;
    bool other = memory->has_policy && !policy_is_of(&memory->policy, endpoint);
    if (memory->has_policy)
        policy_adopt(&memory->policy, endpoint);
    else
        policy_init(&memory->policy, endpoint);
    memory->has_policy = true;
    if (other)
        memory->last_round_us = 0; /* that round called something else */
    if (before) {
        uint64_t now_real_us = clock_real_us();
        struct warmer own = *warmer;
        *warmer = *before;
        before->told = (struct told){0};
        before->round = NULL;
        if (warmer->round)
            round_pass(warmer->round, warmer, &warmer->round);
        warmer->common = own.common;
        warmer->endpoint = endpoint;
        warmer->memory = memory;
        warmer->timer = own.timer;
        warmer->raised |=
            windows_at(endpoint, now_real_us).warm > windows_at(before->endpoint, now_real_us).warm;
    } else
        warmer->warm = policy_likely_warm(&memory->policy, endpoint, clock_real_us());
}

void warmer_plan(struct warmer *warmer, const struct schedule *first, bool is_new, uint64_t now_us)
{
    uint64_t interval_us = policy_interval_us(&warmer->memory->policy, warmer->endpoint);
    if (is_new)
        warmer->planned =
            schedule_resume(interval_us, *first, warmer->memory->last_round_us, clock_real_us(), now_us);
    else
        warmer->planned = schedule_keep(interval_us, warmer->endpoint->jitter_us, &warmer->planned, now_us);
    if (warmer->raised && first->due_us < warmer->planned.due_us)
        warmer->planned = *first;
    warmer_set_timer(warmer);
}

static struct throttle *throttle_of(const struct warmer *warmer)
{
    return throttles_of(warmer->common->throttles, warmer->endpoint);
}

/* The most that a round of all that are WANTED may cost. */
static double most_usd(const struct warmer *warmer, uint32_t wanted)
{
    const struct endpoint *endpoint = warmer->endpoint;
    struct prices prices = prices_of_endpoint(endpoint, &warmer->common->plan->daemon.prices);
    return cost_round_most_usd(endpoint, &prices, wanted, policy_hold_us(&warmer->memory->policy, endpoint),
                               warmer->slowest_us);
}

static bool is_affordable(const struct warmer *warmer, uint32_t wanted, uint64_t now_real_us)
{
    spend_turn(&warmer->memory->spend, now_real_us);
    return warmer->endpoint->budget_usd <= 0 ||
           spend_allows(warmer->endpoint, &warmer->memory->spend, now_real_us, most_usd(warmer, wanted));
}

/* When AWS's next month begins, in UTC. */
uint64_t warmer_budget_resumes_us(const struct warmer *warmer)
{
    int32_t month = warmer->memory->spend.month + 1; /* year · 12 + month − 1 */
    struct tm utc = {.tm_year = month / 12 - 1900, .tm_mon = month % 12, .tm_mday = 1};
    return (uint64_t)timegm(&utc) * US_PER_S;
}

uint64_t warmer_next_real_us(const struct warmer *warmer)
{
    uint64_t now_us = clock_boot_us(), in_us = warmer->due_us > now_us ? warmer->due_us - now_us : 0;
    return warmer->due_us == UINT64_MAX ? 0 : clock_real_us() + in_us;
}

void warmer_refresh(struct warmer *warmer)
{
    uint64_t now_real_us = clock_real_us();
    warmer->wanted = warmer_wanted(warmer);
    if (warmer->wanted == 0)
        warmer->warm = 0; /* what was warm cools down */
    warmer->condition =
        condition_of(&warmer->memory->policy, throttle_of(warmer), warmer->wanted, warmer->warm,
                     is_affordable(warmer, warmer->wanted, now_real_us), now_real_us);
}

/* The time since the previous round began. If that was in another process, the calendar says; it isn't known
 * if that process was killed during the round, which may have sent nothing. */
static uint64_t elapsed_us(const struct warmer *warmer, uint64_t now_us, uint64_t now_real_us)
{
    uint64_t last_real_us = warmer->memory->last_round_us;
    if (warmer->began_us)
        return now_us - warmer->began_us;
    if (warmer->memory->policy.last_real_us < last_real_us)
        return 0;
    return last_real_us && last_real_us < now_real_us ? now_real_us - last_real_us : 0;
}

static int start(struct warmer *warmer)
{
    uint64_t now_us = clock_boot_us(), now_real_us = clock_real_us();
    int result = rounds_start(warmer->common->rounds, warmer->common->plan, warmer->endpoint, &warmer->order,
                              warmer, &warmer->round);
    if (result < 0)
        return result;
    warmer->raised = false;
    warmer->began_before_us = warmer->began_us;
    warmer->last_before_us = warmer->memory->last_round_us;
    warmer->elapsed_us = elapsed_us(warmer, now_us, now_real_us);
    warmer->began_us = now_us;
    warmer->memory->last_round_us = now_real_us;
    return 0;
}

/* Decides what a round that begins now asks for. */
static void decide(struct warmer *warmer, const struct throttle *throttle, uint32_t wanted,
                   struct beginning *beginning)
{
    uint64_t now_real_us = clock_real_us();
    struct spend *spend = &warmer->memory->spend;
    warmer->order = policy_order(&warmer->memory->policy, warmer->endpoint, throttle, wanted,
                                 is_affordable(warmer, wanted, now_real_us), now_real_us);
    if (warmer->order.kind != ORDER_BUDGET || spend->stopped)
        return;
    spend->stopped = beginning->stopped = true;
    beginning->most_usd = most_usd(warmer, wanted);
}

struct beginning warmer_begin(struct warmer *warmer)
{
    struct beginning beginning = {0};
    enum round_state state = round_state(warmer->round);
    uint32_t wanted = warmer_wanted(warmer);
    const struct throttle *throttle = throttle_of(warmer);
    if (state == ROUND_RUNNING) {
        if (!warmer->raised) /* else the new round begins when that one has ended */
            beginning.skipped = "the previous round is still running";
    } else if (state == ROUND_QUEUED)
        beginning.skipped = "the previous round is still waiting for max_in_flight";
    else if (!throttle)
        beginning.skipped = "out of memory";
    else {
        decide(warmer, throttle, wanted, &beginning);
        int result = warmer->order.count ? start(warmer) : -EINVAL;
        beginning.began = result == 0;
        beginning.skipped = result == -ENOMEM ? "out of memory" : NULL;
    }
    return beginning;
}

void warmer_withdraw(struct warmer *warmer)
{
    if (round_state(warmer->round) != ROUND_QUEUED)
        return;
    rounds_withdraw(warmer->common->rounds, warmer->round);
    warmer->began_us = warmer->began_before_us;
    warmer->memory->last_round_us = warmer->last_before_us;
}

struct beginning warmer_reorder(struct warmer *warmer)
{
    struct beginning beginning = {0};
    const struct throttle *throttle = throttle_of(warmer);
    uint32_t wanted = warmer_wanted(warmer);
    if (!throttle || round_state(warmer->round) != ROUND_QUEUED)
        return beginning;
    decide(warmer, throttle, wanted, &beginning);
    if (warmer->order.count == 0) {
        warmer_withdraw(warmer);
        return beginning;
    }
    round_reorder(warmer->round, warmer->common->plan, warmer->endpoint, &warmer->order);
    warmer->raised = false;
    return beginning;
}

struct beginning warmer_come(struct warmer *warmer)
{
    if (clock_boot_us() < warmer->due_us) { /* its windows close before that */
        warmer_refresh(warmer);
        warmer_set_timer(warmer);
        return (struct beginning){0};
    }
    if (warmer->due_us != warmer->planned.due_us) /* a window moved it: the grid continues from there */
        warmer->planned = (struct schedule){.grid_us = warmer->due_us, .due_us = warmer->due_us};
    struct beginning beginning = warmer_begin(warmer);
    /* In case the round is still running when the next one is due, which is then left out. warmer_finish
     * knows better. */
    struct policy_outcome as_usual = {0};
    uint64_t now_us = clock_boot_us();
    if (warmer->order.kind == ORDER_THROTTLED)
        as_usual = (struct policy_outcome){.again = true, .again_us = warmer->order.wait_us};
    warmer->planned = policy_schedule(&warmer->memory->policy, warmer->endpoint, &as_usual, &warmer->planned,
                                      now_us, now_us, random_number());
    warmer_refresh(warmer);
    warmer_set_timer(warmer);
    return beginning;
}

/* Without memory, ROUND teaches nothing; nor where some requests were not answered because the daemon was
 * told to stop: that says nothing about the endpoint. */
static void learn(struct warmer *warmer, const struct round *round, struct throttle *throttle,
                  struct policy_outcome *ret_outcome)
{
    struct observation observation = {0};
    if (!throttle || round->stopped || observation_of(round, warmer->elapsed_us, &observation) < 0)
        return;
    policy_take(&warmer->memory->policy, warmer->endpoint, throttle, &warmer->order, &observation,
                clock_real_us(), ret_outcome);
    observation_free(&observation);
}

/* Sets the timer for the next round, unless it is set already. */
static void plan_next(struct warmer *warmer, const struct round *round, struct policy_outcome outcome)
{
    if (warmer->raised && !outcome.again && warmer_wanted(warmer) > round->target)
        outcome = (struct policy_outcome){.again = true};
    warmer->raised = false;
    if (!outcome.again && !warmer->endpoint->interval_auto)
        return;
    warmer->planned = policy_schedule(&warmer->memory->policy, warmer->endpoint, &outcome, &warmer->planned,
                                      warmer->began_us, clock_boot_us(), random_number());
    warmer_set_timer(warmer);
}

struct aftermath warmer_finish(struct warmer *warmer, struct round *round)
{
    const struct policy_state *policy = &warmer->memory->policy;
    struct throttle *throttle = throttle_of(warmer);
    struct aftermath after = {0};
    const struct policy_outcome *outcome = &after.outcome;
    learn(warmer, round, throttle, &after.outcome);
    after.interval_us = policy_interval_us(policy, warmer->endpoint);
    after.hold_us = policy_hold_us(policy, warmer->endpoint);
    after.next_us = outcome->again ? outcome->again_us : after.interval_us;
    after.retry =
        round->result == ROUND_FAILED && policy->failing.rounds > 0 && !(outcome->events & POLICY_FAILING);
    if (throttle) {
        after.share = throttle_share(throttle, warmer->order.target);
        after.ceiling = throttle->ceiling;
    }
    round->interval_us = after.interval_us; /* until the next one */
    round->retained_known = outcome->retained.idle_us > 0 && round->distinct_known;
    round->retained = outcome->retained.survived;
    round->died = outcome->retained.died;
    round->retired = outcome->retained.retired;
    warmer->warm = round->warm;
    warmer->slowest_us = round->max_us > warmer->slowest_us ? round->max_us : warmer->slowest_us;
    plan_next(warmer, round, after.outcome);
    return after;
}
