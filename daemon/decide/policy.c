#include "decide/policy.h"

#include "base/cleanup.h"
#include "base/require.h"
#include "base/text.h"

#include <math.h>

enum { LATE_US = 20000, LATE_SHARE = 200 };
enum { RAMP_GROWTH_PART = 10 };

static const double TELL_INTERVAL = 1.1;
static const double TELL_HOLD = 3;

static void add_part(struct text *text, const char *name, const char *value)
{
    if (value)
        text_format(text, " %s=%s", name, value);
}

/* Hashes what is called, with its alias or version, where and in whose account: each has instances of its
 * own. */
static uint64_t hash_target(const struct endpoint *endpoint)
{
    CLEANUP_TEXT struct text text = {0};
    text_add(&text, endpoint->function ? endpoint->function : endpoint->url);
    text_format(&text, " %s %s", endpoint->qualifier ? endpoint->qualifier : "",
                endpoint->region ? endpoint->region : "");
    add_part(&text, "endpoint_url", endpoint->endpoint_url);
    add_part(&text, "tenant_id", endpoint->tenant_id);
    add_part(&text, "profile", endpoint->profile);
    return text_hash(text.data ? text.data : endpoint->name);
}

static void begin_interval(struct policy_state *state, const struct endpoint *endpoint)
{
    learn_interval_init(&state->interval, endpoint);
    state->interval_auto = endpoint->interval_auto;
    state->told_interval_us = policy_interval_us(state, endpoint);
}

static void begin_hold(struct policy_state *state, const struct endpoint *endpoint)
{
    learn_hold_init(&state->hold, endpoint);
    state->hold_auto = endpoint->hold_auto;
    state->told_hold_us = policy_hold_us(state, endpoint);
}

void policy_init(struct policy_state *state, const struct endpoint *endpoint)
{
    *state = (struct policy_state){.endpoint = hash_target(endpoint)};
    begin_interval(state, endpoint);
    begin_hold(state, endpoint);
}

bool policy_is_of(const struct policy_state *state, const struct endpoint *endpoint)
{
    return state->endpoint == hash_target(endpoint);
}

void policy_adopt(struct policy_state *state, const struct endpoint *endpoint)
{
    if (!policy_is_of(state, endpoint)) {
        policy_free(state);
        policy_init(state, endpoint);
        return;
    }
    if (state->interval_auto != endpoint->interval_auto)
        begin_interval(state, endpoint);
    if (state->hold_auto != endpoint->hold_auto)
        begin_hold(state, endpoint);
    learn_interval_clamp(&state->interval, endpoint);
}

void policy_free(struct policy_state *state)
{
    retention_clear(&state->retention);
}

uint64_t policy_interval_us(const struct policy_state *state, const struct endpoint *endpoint)
{
    return endpoint->interval_auto ? state->interval.interval_us : endpoint->interval_us;
}

uint64_t policy_hold_us(const struct policy_state *state, const struct endpoint *endpoint)
{
    return endpoint->hold_auto ? learn_hold_us(&state->hold) : endpoint->hold_us;
}

/* Lowers the order's count to COUNT for the reason KIND. */
static void limit(struct order *order, enum order_kind kind, uint32_t count)
{
    if (count >= order->count)
        return;
    order->kind = kind;
    order->count = count;
    order->attempts = 1;
}

uint32_t policy_likely_warm(const struct policy_state *state, const struct endpoint *endpoint,
                            uint64_t now_real_us)
{
    uint64_t interval_us = policy_interval_us(state, endpoint);
    bool recent = now_real_us >= state->last_real_us &&
                  now_real_us - state->last_real_us <= interval_us + interval_us / 2;
    return recent ? state->reached : 0;
}

struct order policy_configured_order(const struct endpoint *endpoint, uint32_t warm)
{
    return (struct order){.kind = ORDER_FULL,
                          .target = warm,
                          .count = warm,
                          .attempts = endpoint->attempts,
                          .hold_us = endpoint->hold_us,
                          .interval_us = endpoint->interval_us};
}

struct order policy_order(const struct policy_state *state, const struct endpoint *endpoint,
                          const struct throttle *throttle, uint32_t wanted, bool affordable,
                          uint64_t now_real_us)
{
    struct order order = policy_configured_order(endpoint, wanted);
    order.hold_us = policy_hold_us(state, endpoint);
    order.interval_us = policy_interval_us(state, endpoint);
    uint64_t wait_us = throttle_wait_us(throttle, now_real_us);
    if (wanted == 0)
        return (struct order){.kind = ORDER_RESTING};
    if (!affordable)
        return (struct order){.kind = ORDER_BUDGET};
    if (wait_us)
        return (struct order){.kind = ORDER_THROTTLED, .wait_us = wait_us};
    limit(&order, ORDER_RAMP, policy_likely_warm(state, endpoint, now_real_us) + POLICY_RAMP_STEP);
    limit(&order, ORDER_HALVED, throttle_share(throttle, wanted));
    limit(&order, ORDER_FAILING, backoff_share(&state->failing, wanted));
    REQUIRE(order.count >= 1 && order.count <= wanted);
    return order;
}

/* Another version than before answered: its instances are new, and the old ones' absence means nothing. */
static bool was_deployed(struct policy_state *state, const struct observation *observation)
{
    bool deployed = observation->version && state->version && observation->version != state->version;
    if (observation->version)
        state->version = observation->version;
    if (deployed)
        retention_clear(&state->retention);
    return deployed;
}

/* OBSERVATION with the time since the instances were last seen instead of that since the last round. */
static struct observation since_seen(struct policy_state *state, const struct observation *observation)
{
    struct observation since = *observation;
    state->unseen_unknown |= observation->elapsed_us == 0;
    state->unseen_us += observation->elapsed_us;
    since.elapsed_us = state->unseen_unknown ? 0 : state->unseen_us;
    if (observation->ok) {
        state->unseen_us = 0;
        state->unseen_unknown = false;
    }
    return since;
}

/* Timers, queues and connecting make a round a little late. Its evidence counts for the interval that it was
 * meant for: else it would fall into the next class, and the interval would never be found too long. */
static uint64_t without_lateness(uint64_t elapsed_us, uint64_t interval_us)
{
    uint64_t late_us = interval_us / LATE_SHARE + LATE_US;
    return elapsed_us > interval_us && elapsed_us - interval_us <= late_us ? interval_us : elapsed_us;
}

static int learn(struct policy_state *state, const struct endpoint *endpoint,
                 const struct observation *observation, struct retained *retained)
{
    struct observation since = since_seen(state, observation);
    if (observation->ok == 0)
        return 0;
    /* Evidence is kept only if an interval is learned from it: for ten thousand endpoints it is a lot. */
    struct lifetimes unused = {0};
    struct lifetimes *lifetimes = endpoint->interval_auto ? &state->interval.lifetimes : &unused;
    lifetimes_fade(lifetimes, since.elapsed_us);
    if (endpoint->interval_auto)
        since.elapsed_us = without_lateness(since.elapsed_us, state->interval.interval_us);
    int result = retention_take(&state->retention, &since, lifetimes, retained);
    if (endpoint->interval_auto)
        learn_interval(&state->interval, endpoint, retained);
    if (endpoint->hold_auto && !observation->throttled)
        learn_hold(&state->hold, endpoint, observation);
    return result;
}

static bool differs(uint64_t now_us, uint64_t told_us, double ratio)
{
    double by = ((double)now_us + 1) / ((double)told_us + 1);
    return by >= ratio || by <= 1 / ratio;
}

static uint32_t tell_learned(struct policy_state *state, const struct endpoint *endpoint)
{
    uint64_t interval_us = policy_interval_us(state, endpoint), hold_us = policy_hold_us(state, endpoint);
    uint32_t events = 0;
    if (endpoint->interval_auto && differs(interval_us, state->told_interval_us, TELL_INTERVAL)) {
        events |= POLICY_INTERVAL;
        state->told_interval_us = interval_us;
    }
    if (endpoint->hold_auto && differs(hold_us, state->told_hold_us, TELL_HOLD)) {
        events |= POLICY_HOLD;
        state->told_hold_us = hold_us;
    }
    return events;
}

/* True once: there is something to learn, and the answers don't say what that takes. */
static bool is_unproven(struct policy_state *state, const struct endpoint *endpoint,
                        const struct observation *observation)
{
    bool mute = (endpoint->hold_auto && !observation->named) ||
                (endpoint->interval_auto && !observation->named && !observation->cold_known);
    if (!mute || observation->ok == 0 || state->told_unproven)
        return false;
    state->told_unproven = true;
    return true;
}

static uint32_t take_troubles(struct policy_state *state, struct throttle *throttle, uint64_t interval_us,
                              const struct observation *observation, uint64_t now_real_us)
{
    static const uint32_t backoff_events[] = {
        [BACKOFF_SAME] = 0, [BACKOFF_BEGAN] = POLICY_FAILING, [BACKOFF_OVER] = POLICY_RECOVERED};
    static const uint32_t throttle_events[] = {[THROTTLE_SAME] = 0,
                                               [THROTTLE_BEGAN] = POLICY_THROTTLED,
                                               [THROTTLE_CEILING] = POLICY_CEILING,
                                               [THROTTLE_OVER] = POLICY_THROTTLE_OVER};
    return backoff_events[backoff_take(&state->failing, observation, now_real_us)] |
           throttle_events[throttle_take(throttle, observation, interval_us, now_real_us)];
}

/* Asking for more at once is worth it only while that makes more. If a handler doesn't hold, one instance
 * answers all, and an endless ramp would send a thousand requests every ten seconds. */
static bool has_grown(const struct policy_state *state, uint32_t before)
{
    return state->reached >= before && state->reached - before >= POLICY_RAMP_STEP / RAMP_GROWTH_PART;
}

static void come_again(struct policy_outcome *outcome, uint64_t after_us)
{
    outcome->again = true;
    outcome->again_us = after_us;
}

/* When the next round comes, if not after the interval. RAMP: more instances are wanted, and being made. */
static void decide_again(struct policy_state *state, const struct throttle *throttle, uint64_t interval_us,
                         bool ramp, uint64_t now_real_us, struct policy_outcome *outcome)
{
    /* A version that changes with each round (an alias with weights) must not make a loop. */
    bool at_once = (outcome->events & (POLICY_DEPLOYED | POLICY_RECOVERED)) && !state->came_at_once;
    uint64_t wait_us = throttle_wait_us(throttle, now_real_us);
    state->came_at_once = at_once && !wait_us;
    if (wait_us)
        come_again(outcome, wait_us > interval_us ? wait_us : interval_us);
    else if (state->failing.rounds)
        come_again(outcome, backoff_delay_us(&state->failing, interval_us));
    else if (at_once)
        come_again(outcome, 0);
    else if (ramp)
        come_again(outcome, POLICY_RAMP_US < interval_us ? POLICY_RAMP_US : interval_us);
}

int policy_take(struct policy_state *state, const struct endpoint *endpoint, struct throttle *throttle,
                const struct order *order, const struct observation *observation, uint64_t now_real_us,
                struct policy_outcome *ret_outcome)
{
    struct policy_outcome outcome = {.failed_for_us = backoff_for_us(&state->failing, now_real_us)};
    uint64_t interval_us = policy_interval_us(state, endpoint);
    outcome.events = take_troubles(state, throttle, interval_us, observation, now_real_us);
    if (was_deployed(state, observation))
        outcome.events |= POLICY_DEPLOYED;
    int result = learn(state, endpoint, observation, &outcome.retained);
    outcome.events |= tell_learned(state, endpoint);
    if (is_unproven(state, endpoint, observation))
        outcome.events |= POLICY_UNPROVEN;
    uint32_t before = policy_likely_warm(state, endpoint, now_real_us);
    state->last_real_us = now_real_us;
    state->reached = observation->named ? (uint32_t)observation->n_sightings : observation->ok;
    bool ramp = order->kind == ORDER_RAMP && has_grown(state, before);
    decide_again(state, throttle, policy_interval_us(state, endpoint), ramp, now_real_us, &outcome);
    *ret_outcome = outcome;
    return result;
}

struct schedule policy_schedule(const struct policy_state *state, const struct endpoint *endpoint,
                                const struct policy_outcome *outcome, const struct schedule *before,
                                uint64_t began_us, uint64_t now_us, uint64_t random)
{
    uint64_t interval_us = policy_interval_us(state, endpoint), grid_us = began_us + interval_us;
    if (outcome->again)
        grid_us = began_us + outcome->again_us;
    else if (!endpoint->interval_auto)
        return schedule_next(endpoint->interval_us, endpoint->jitter_us, before, now_us, random);
    uint64_t early_us = outcome->again ? 0 : endpoint->jitter_us;
    early_us = early_us > interval_us / 2 ? interval_us / 2 : early_us;
    uint64_t due_us = grid_us - random % (early_us + 1);
    due_us = due_us > now_us ? due_us : now_us;
    return (struct schedule){.grid_us = grid_us, .due_us = due_us};
}
