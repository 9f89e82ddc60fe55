#include "service/rounds.h"

#include "base/encode.h"
#include "base/require.h"
#include "base/trace.h"
#include "decide/cost.h"
#include "decide/verdict.h"
#include "volley/hosts.h"
#include "volley/pool.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

/* A round from its start until its verdict. */
struct open_round {
    struct open_round *next, *before;
    struct open_round **handle; /* where its owner has it; NULL: nobody does */
    void *owner;
    struct plan *plan;
    const struct endpoint *endpoint;
    struct order order;
    enum round_state state;
    struct round *round;             /* the attempts so far */
    struct volley_progress progress; /* of the present one, if the rounds are watched */
};

struct rounds {
    struct pool *pool;
    struct open_round *open, *last; /* in the order of their start */
    size_t n_open;
    struct open_round *queue; /* the first that may be queued: those before it are running */
    uint32_t max_in_flight;
    uint32_t in_flight;
    bool winding_down;
    bool is_watched;
    round_done done;
    void *context;
};

static void make_id(char id[ROUND_ID_TEXT])
{
    unsigned char bytes[16];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        memset(bytes, 0, sizeof bytes); /* cannot happen: 256 bytes and fewer are never cut short */
    hex_encode(bytes, sizeof bytes, id);
}

/* Takes a reference to PLAN. */
static void set_order(struct open_round *open, struct plan *plan, const struct endpoint *endpoint,
                      const struct order *order)
{
    plan_ref(plan);
    plan_unref(open->plan);
    open->plan = plan;
    open->endpoint = endpoint;
    open->order = *order;
    open->round->target = order->target;
    open->round->interval_us = order->interval_us;
}

static struct open_round *open_round_new(struct plan *plan, const struct endpoint *endpoint,
                                         const struct order *order)
{
    struct open_round *open = calloc(1, sizeof *open);
    struct round *round = calloc(1, sizeof *round);
    if (!open || !round || !(round->endpoint = strdup(endpoint->name))) {
        free(open);
        free(round);
        return NULL;
    }
    open->round = round;
    open->state = ROUND_QUEUED;
    make_id(round->id);
    set_order(open, plan, endpoint, order);
    return open;
}

static void open_round_free(struct open_round *open)
{
    round_free(open->round);
    plan_unref(open->plan);
    free(open);
}

int rounds_new(uint32_t max_in_flight, round_done done, void *context, struct rounds **ret_rounds)
{
    struct rounds *rounds = calloc(1, sizeof *rounds);
    if (!rounds)
        return -ENOMEM;
    int result = pool_new(&rounds->pool);
    if (result < 0) {
        free(rounds);
        return result;
    }
    rounds->max_in_flight = max_in_flight;
    rounds->done = done;
    rounds->context = context;
    *ret_rounds = rounds;
    return 0;
}

void rounds_free(struct rounds *rounds)
{
    if (!rounds)
        return;
    pool_free(rounds->pool);
    while (rounds->open) {
        struct open_round *next = rounds->open->next;
        open_round_free(rounds->open);
        rounds->open = next;
    }
    free(rounds);
}

void rounds_set_ceiling(struct rounds *rounds, uint32_t max_in_flight)
{
    rounds->max_in_flight = max_in_flight;
}

void rounds_watch(struct rounds *rounds)
{
    rounds->is_watched = true;
}

struct rounds_progress rounds_progress(const struct rounds *rounds)
{
    struct rounds_progress sum = {0};
    for (const struct open_round *open = rounds->open; open; open = open->next) {
        const struct volley_progress *of_volley = &open->progress;
        int stage = atomic_load_explicit(&of_volley->stage, memory_order_relaxed);
        sum.requests += open->order.count;
        sum.armed += atomic_load_explicit(&of_volley->armed, memory_order_relaxed);
        sum.released += stage == VOLLEY_RELEASED ? open->order.count : 0;
        sum.answered += atomic_load_explicit(&of_volley->answered, memory_order_relaxed);
        sum.is_held |= stage == VOLLEY_HELD;
    }
    if (rounds->open)
        sum.attempt = rounds->open->round->n_attempts + 1;
    return sum;
}

int rounds_fd(const struct rounds *rounds)
{
    return pool_fd(rounds->pool);
}

static int submit(struct rounds *rounds, struct open_round *open, uint64_t hold_us)
{
    struct volley *volley = volley_new(open->plan, open->endpoint, open->round->id,
                                       open->round->n_attempts + 1, open->order.count, hold_us);
    if (!volley)
        return -ENOMEM;
    volley->owner = open;
    open->progress = (struct volley_progress){0};
    volley->progress = rounds->is_watched ? &open->progress : NULL;
    pool_submit(rounds->pool, volley);
    return 0;
}

static void append(struct rounds *rounds, struct open_round *open)
{
    open->before = rounds->last;
    *(rounds->last ? &rounds->last->next : &rounds->open) = open;
    rounds->last = open;
    rounds->n_open++;
    if (!rounds->queue)
        rounds->queue = open;
}

/* Nobody has a handle of it any more. */
static void let_go(struct open_round *open)
{
    if (open->handle)
        *open->handle = NULL;
    open->handle = NULL;
}

static void forget(struct rounds *rounds, struct open_round *open)
{
    let_go(open);
    *(open->before ? &open->before->next : &rounds->open) = open->next;
    *(open->next ? &open->next->before : &rounds->last) = open->before;
    if (rounds->queue == open)
        rounds->queue = open->next;
    REQUIRE(rounds->n_open > 0);
    rounds->n_open--;
    open_round_free(open);
}

static void finish(struct rounds *rounds, struct open_round *open)
{
    struct round *round = open->round;
    struct prices prices = prices_of_endpoint(open->endpoint, &open->plan->daemon.prices);
    cost_round(open->endpoint, &prices, round);
    open->round = NULL;
    let_go(open);
    REQUIRE(open->state == ROUND_RUNNING && rounds->in_flight >= open->order.count);
    rounds->in_flight -= open->order.count;
    rounds->done(round, open->owner, rounds->context);
    forget(rounds, open);
}

/* Begins a queued round. If that fails, the round is over and reported. */
static void begin(struct rounds *rounds, struct open_round *open)
{
    REQUIRE(open->state == ROUND_QUEUED && open->order.count >= 1);
    open->state = ROUND_RUNNING;
    rounds->in_flight += open->order.count;
    if (submit(rounds, open, open->order.hold_us) == 0)
        return;
    verdict_unsent(open->round, open->order.count);
    finish(rounds, open);
}

/* First come, first served: small rounds don't keep overtaking a large one that has to wait. */
static void begin_queued(struct rounds *rounds)
{
    while (rounds->queue) {
        struct open_round *open = rounds->queue;
        /* A round above a ceiling that a reload has lowered runs alone. */
        if (open->state == ROUND_QUEUED && rounds->in_flight &&
            rounds->in_flight + open->order.count > rounds->max_in_flight)
            return;
        rounds->queue = open->next;
        if (open->state == ROUND_QUEUED)
            begin(rounds, open);
    }
}

/* Makes the volley the round's next attempt. -ENOMEM. */
static int take_attempt(struct round *round, struct volley *volley)
{
    size_t n = round->n_samples + volley->n_samples;
    struct sample *longer = reallocarray(round->samples, n, sizeof *longer);
    if (!longer)
        return -ENOMEM;
    memcpy(longer + round->n_samples, volley->samples, volley->n_samples * sizeof *longer);
    round->samples = longer;
    round->n_samples = n;
    volley->n_samples = 0;
    REQUIRE(round->n_attempts < PLAN_ATTEMPTS_MAX);
    round->attempts[round->n_attempts++] = volley->attempt;
    volley->attempt.note = NULL;
    return 0;
}

/* If a volley was refused before any function saw it and another try may get through, sends it once more in
 * its own place, with what is known better by now. Without memory for that, it stays an attempt. */
static bool send_again(struct rounds *rounds, struct open_round *open, struct volley *volley)
{
    struct round *round = open->round;
    if (round->refused.resend != RESEND_NOT || rounds->winding_down || volley->attempt.resend == RESEND_NOT ||
        submit(rounds, open, volley->attempt.hold_us) < 0)
        return false;
    TRACE(round->endpoint, round->id, "sent again: %s",
          volley->attempt.resend == RESEND_EXPIRED ? "the credentials had expired"
                                                   : "signed with the server's time");
    round->refused = volley->attempt;
    volley->attempt.note = NULL;
    return true;
}

/* If HTTP/2 seems to keep requests from their instances, HTTP/1.1 is tried, and kept if it is better. True:
 * this endpoint's next volley is that trial. */
static bool compare_versions(struct open_round *open, const struct volley *volley)
{
    const struct endpoint *endpoint = open->endpoint;
    struct round *round = open->round;
    uint32_t distinct = round_last(round)->distinct, asked = open->order.count;
    switch (verdict_on_http2(round, endpoint->http_version)) {
    case HTTP2_TRIED_WITHOUT:
        if (hosts_settle_doubt(volley->host, volley->port, endpoint->name, distinct, asked))
            round->http2_finding = HTTP2_FEWER;
        return false;
    case HTTP2_BLAMED:
        round->http2_finding = HTTP2_IN_TURNS;
        return false;
    case HTTP2_DOUBTED:
        return hosts_doubt_http2(volley->host, volley->port, endpoint->name, distinct, asked);
    default:
        return false;
    }
}

static void trace_verdict(const struct round *round, const struct next_attempt *next)
{
    TRACE(round->endpoint, round->id,
          "attempt %u: %s so far, %u of %u as expected, %u distinct, %u throttled", round->n_attempts,
          round_result_names[round->result], round->ok, round->sent, round->distinct, round->throttled);
    if (next->is_wanted)
        TRACE(round->endpoint, round->id, "another attempt: %s, with a hold of %.1f ms instead of %.1f ms",
              next->hold_us == round->hold_us ? "over HTTP/1.1" : "too few distinct instances are proven",
              (double)next->hold_us / 1000, (double)round->hold_us / 1000);
    else
        TRACE(round->endpoint, round->id, "the round has ended: %s", round_result_names[round->result]);
}

static void take_volley(struct rounds *rounds, struct volley *volley)
{
    struct open_round *open = volley->owner;
    bool cancelled = atomic_load(&volley->cancelled);
    if (!cancelled && send_again(rounds, open, volley)) {
        volley_free(volley);
        return;
    }
    int result = take_attempt(open->round, volley);
    struct next_attempt next = {0};
    if (result == 0)
        result = verdict_reach(open->round);
    else if (open->round->n_attempts == 0)
        verdict_unsent(open->round, open->order.count);
    if (result == 0 && !cancelled)
        next = verdict_next(open->order.attempts, open->round, compare_versions(open, volley));
    volley_free(volley);
    trace_verdict(open->round, &next);
    if (!next.is_wanted || rounds->winding_down || submit(rounds, open, next.hold_us) < 0)
        finish(rounds, open);
}

void rounds_dispatch(struct rounds *rounds)
{
    for (struct volley *volley; (volley = pool_take(rounds->pool));)
        take_volley(rounds, volley);
    if (!rounds->winding_down)
        begin_queued(rounds);
}

int rounds_start(struct rounds *rounds, struct plan *plan, const struct endpoint *endpoint,
                 const struct order *order, void *owner, struct open_round **handle)
{
    if (order->count == 0)
        return -EINVAL;
    if (rounds->winding_down)
        return -ESHUTDOWN;
    if (*handle)
        return -EALREADY;
    struct open_round *open = open_round_new(plan, endpoint, order);
    if (!open)
        return -ENOMEM;
    *handle = open;
    round_pass(open, owner, handle);
    append(rounds, open);
    begin_queued(rounds);
    return 0;
}

void round_pass(struct open_round *open, void *owner, struct open_round **handle)
{
    open->owner = owner;
    open->handle = handle;
}

enum round_state round_state(const struct open_round *open)
{
    return open ? open->state : ROUND_IDLE;
}

void round_reorder(struct open_round *open, struct plan *plan, const struct endpoint *endpoint,
                   const struct order *order)
{
    REQUIRE(open->state == ROUND_QUEUED);
    set_order(open, plan, endpoint, order);
}

void rounds_withdraw(struct rounds *rounds, struct open_round *open)
{
    REQUIRE(open->state == ROUND_QUEUED);
    forget(rounds, open);
}

size_t rounds_open(const struct rounds *rounds)
{
    return rounds->n_open;
}

void rounds_wind_down(struct rounds *rounds)
{
    rounds->winding_down = true;
    for (struct open_round *open = rounds->open, *next; open; open = next) {
        next = open->next;
        if (open->state == ROUND_QUEUED)
            forget(rounds, open);
    }
}

void rounds_cancel(struct rounds *rounds)
{
    pool_cancel(rounds->pool);
}
