/* Rounds: one that can't be begun is told, and never stays open. */
#include "../cmocka_all.h"
#include "service/rounds.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>

static struct plan *make_plan(uint32_t warm)
{
    struct plan *plan = plan_new();
    assert_non_null(plan);
    plan->endpoints = calloc(1, sizeof *plan->endpoints);
    plan->n_endpoints = 1;
    struct endpoint *endpoint = &plan->endpoints[0];
    endpoint->name = strdup("a");
    endpoint->url = strdup("http://127.0.0.1:1/");
    endpoint->method = strdup("GET");
    endpoint->warm = warm;
    endpoint->attempts = 1;
    endpoint->interval_us = endpoint->timeout_us = endpoint->connect_timeout_us = 1000000;
    endpoint->enabled = true;
    return plan;
}

struct told {
    size_t n;
    struct round *last;
};

static void take(struct round *round, void *owner, void *context)
{
    struct told *told = context;
    (void)owner;
    round_free(told->last);
    told->last = round;
    told->n++;
}

static struct open_round *open; /* the round that was started last */

static int start(struct rounds *rounds, struct plan *plan)
{
    struct order order = policy_configured_order(plan->endpoints, plan->endpoints->warm);
    return rounds_start(rounds, plan, plan->endpoints, &order, NULL, &open);
}

static void finish_all(struct rounds *rounds)
{
    while (rounds_open(rounds)) {
        struct pollfd ready = {.fd = rounds_fd(rounds), .events = POLLIN};
        assert_int_equal(poll(&ready, 1, 10000), 1);
        rounds_dispatch(rounds);
    }
}

static void test_every_round_is_told(void **state)
{
    (void)state;
    struct told told = {0};
    struct rounds *rounds = NULL;
    CLEANUP(cleanup_plan_unref) struct plan *plan = make_plan(3);
    assert_int_equal(rounds_new(10, take, &told, &rounds), 0);
    assert_int_equal(start(rounds, plan), 0);
    assert_int_equal(start(rounds, plan), -EALREADY);
    finish_all(rounds);
    assert_int_equal(told.n, 1);
    assert_int_equal(told.last->result, ROUND_FAILED);
    assert_int_equal(told.last->causes[0].cause, CAUSE_REFUSED);
    assert_int_equal(told.last->causes[0].n, 3);
    rounds_free(rounds);
    round_free(told.last);
}

/* A failing endpoint's next try is due within a second, and others may take five to end. */
static void test_none_begins_while_winding_down(void **state)
{
    (void)state;
    struct told told = {0};
    struct rounds *rounds = NULL;
    CLEANUP(cleanup_plan_unref) struct plan *plan = make_plan(3);
    assert_int_equal(rounds_new(10, take, &told, &rounds), 0);
    assert_int_equal(start(rounds, plan), 0);
    rounds_wind_down(rounds);
    finish_all(rounds);
    assert_int_equal(told.n, 1);
    assert_int_equal(start(rounds, plan), -ESHUTDOWN);
    assert_int_equal(rounds_open(rounds), 0);
    rounds_free(rounds);
    round_free(told.last);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LIMITS_MEMORY false /* the sanitizers need an address space without limit */
#else
#define LIMITS_MEMORY true
#endif

static void limit_memory(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_AS, &limit), 0);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
}

static void test_without_memory_a_round_is_over_at_once(void **state)
{
    (void)state;
    struct told told = {0};
    struct rounds *rounds = NULL;
    if (!LIMITS_MEMORY || getenv("VALGRIND_LIB") || getenv("LD_PRELOAD"))
        skip();
    CLEANUP(cleanup_plan_unref) struct plan *plan = make_plan(PLAN_WARM_MAX);
    assert_int_equal(rounds_new(PLAN_WARM_MAX, take, &told, &rounds), 0);
    free(malloc(65536)); /* enough on the heap for what is small */
    limit_memory(1);
    int result = start(rounds, plan);
    limit_memory(RLIM_INFINITY);
    assert_int_equal(result, 0);
    assert_int_equal(told.n, 1);
    assert_int_equal(rounds_open(rounds), 0);
    assert_int_equal(told.last->result, ROUND_FAILED);
    assert_int_equal(told.last->target, PLAN_WARM_MAX);
    assert_int_equal(told.last->sent, told.last->failed);
    assert_int_equal(told.last->causes[0].cause, CAUSE_MEMORY);
    /* And what it took of the ceiling is given back. */
    plan->endpoints[0].warm = 3;
    assert_int_equal(start(rounds, plan), 0);
    assert_int_equal(round_state(open), ROUND_RUNNING);
    finish_all(rounds);
    assert_int_equal(told.n, 2);
    rounds_free(rounds);
    round_free(told.last);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_round_is_told),
        cmocka_unit_test(test_none_begins_while_winding_down),
        cmocka_unit_test(test_without_memory_a_round_is_over_at_once),
    };
    mallopt(M_ARENA_MAX, 1); /* as the daemon has it: no arena of another thread to borrow from */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
