/* Is the model of AWS what docs/learning.md says? */
#include "../unit/cmocka_all.h"
#include "oracle.h"
#include "scenario.h"

#include <string.h>

enum { MS = 1000 };

static const struct aws_settings plain = {.lifetime_low_us = 5 * MINUTE_US,
                                          .lifetime_high_us = 5 * MINUTE_US,
                                          .retirement_us = 2 * HOUR_US,
                                          .cold_us = 400 * MS,
                                          .concurrency = 100000};

static struct aws *open_aws(struct world *world)
{
    return aws_new(world, &plain);
}

static void close_aws(struct aws *aws)
{
    struct world *world = aws->world;
    aws_free(aws);
    world_free(world);
}

/* N requests at once, and a second for them to end. Returns how many were cold. */
static int volley(struct aws *aws, int n, struct aws_answer *answers)
{
    int cold = 0;
    for (int i = 0; i < n; i++) {
        answers[i] = aws_request(aws, 10 * MS);
        cold += answers[i].cold;
    }
    world_run(aws->world, aws->world->now_us + 1000 * MS);
    return cold;
}

static void events_come_in_order(void **state)
{
    struct world *world = world_new(1);
    struct aws *aws = aws_new(world, &plain);
    struct aws_answer answers[3];
    (void)state;
    volley(aws, 3, answers);
    assert_int_equal(world->now_us, 1000 * MS);
    assert_int_equal(aws->n_idle, 3);
    assert_int_equal(aws->busy, 0);
    close_aws(aws);
}

static void the_last_used_is_used_first(void **state)
{
    struct aws *aws = open_aws(world_new(1));
    struct aws_answer both[2], one[1], other[1];
    (void)state;
    aws_request(aws, 100 * MS);
    both[1] = aws_request(aws, 200 * MS); /* ends last */
    world_run(aws->world, 1000 * MS);
    assert_int_equal(volley(aws, 1, one), 0);
    assert_int_equal(one[0].instance, both[1].instance);
    assert_int_equal(volley(aws, 1, other), 0);
    assert_int_equal(other[0].instance, one[0].instance);
    close_aws(aws);
}

static void requests_at_once_get_an_instance_each(void **state)
{
    struct aws *aws = open_aws(world_new(1));
    struct aws_answer answers[5];
    (void)state;
    assert_int_equal(volley(aws, 5, answers), 5);
    assert_int_equal(volley(aws, 5, answers), 0);
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < i; j++)
            assert_int_not_equal(answers[i].instance, answers[j].instance);
    close_aws(aws);
}

static void the_idle_die_and_the_used_live(void **state)
{
    struct aws *aws = open_aws(world_new(1));
    struct aws_answer answers[2];
    (void)state;
    volley(aws, 2, answers);
    world_run(aws->world, 4 * MINUTE_US);
    assert_int_equal(volley(aws, 1, answers), 0);
    world_run(aws->world, 8 * MINUTE_US);
    assert_int_equal(volley(aws, 2, answers), 1);
    assert_int_equal(aws->idle_deaths, 1);
    close_aws(aws);
}

static void the_busiest_retire(void **state)
{
    struct aws *aws = open_aws(world_new(1));
    struct aws_answer answer[1];
    int cold = 0;
    (void)state;
    for (uint64_t minute = 0; minute < 6 * 60; minute++) {
        cold += volley(aws, 1, answer);
        world_run(aws->world, (minute + 1) * MINUTE_US);
    }
    assert_int_equal(cold, 3);
    assert_int_equal(aws->idle_deaths, 0);
    close_aws(aws);
}

static void a_deploy_replaces_all(void **state)
{
    struct aws *aws = open_aws(world_new(1));
    struct aws_answer answers[3];
    (void)state;
    volley(aws, 3, answers);
    assert_int_equal(answers[0].version, 1);
    aws_request(aws, 100 * MS); /* is busy meanwhile */
    aws_deploy(aws);
    world_run(aws->world, aws->world->now_us + 1000 * MS);
    assert_int_equal(volley(aws, 3, answers), 3);
    assert_int_equal(answers[0].version, 2);
    close_aws(aws);
}

static void above_the_limit_it_throttles(void **state)
{
    struct aws *aws = open_aws(world_new(1));
    int throttled = 0, born = 0;
    (void)state;
    aws->settings.concurrency = 7;
    for (int i = 0; i < 10; i++)
        throttled += aws_request(aws, 10 * MS).outcome == AWS_THROTTLED;
    assert_int_equal(throttled, 3);
    aws->settings.concurrency = 100000;
    world_run(aws->world, MINUTE_US);
    for (int i = 0; i < 2000; i++)
        born += aws_request(aws, 10 * MS).cold;
    assert_int_equal(born, 1000); /* in ten seconds */
    close_aws(aws);
}

static void a_failing_one_binds_nobody(void **state)
{
    struct aws *aws = open_aws(world_new(1));
    (void)state;
    aws->failing = true;
    assert_int_equal(aws_request(aws, 10 * MS).outcome, AWS_FAILED);
    assert_int_equal(aws->busy, 0);
    close_aws(aws);
}

/* What an oracle loses of its instances, it loses to old age. */
static void oracles_lose_nobody_to_idleness(void **state)
{
    static const enum oracle_kind kinds[] = {ORACLE_VOLLEYS, ORACLE_ONE_BY_ONE};
    struct scenario scenario = scenario_quiet();
    uint64_t pings[2];
    (void)state;
    scenario.days = 3;
    for (int i = 0; i < 2; i++) {
        struct stage stage;
        stage_open(&stage, &scenario, 1);
        struct oracle *oracle = oracle_new(stage.aws, kinds[i], scenario.warm);
        stage_run(&stage);
        assert_int_equal(stage.aws->idle_deaths, 0);
        assert_in_range(stage.aws->n_idle + stage.aws->busy, scenario.warm, scenario.warm + 1);
        pings[i] = oracle->pings;
        oracle_free(oracle);
        stage_close(&stage);
    }
    /* One by one is 5 ÷ ln 2 = 7.2 min for each; in volleys it is the shortest of 20 lives. */
    assert_in_range(pings[1], 3 * 1440 * 20 / 7.5, 3 * 1440 * 20 / 6.9);
    assert_in_range(pings[0], 3 * 1440 * 20 / 5.5, 3 * 1440 * 20 / 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_come_in_order),
        cmocka_unit_test(the_last_used_is_used_first),
        cmocka_unit_test(requests_at_once_get_an_instance_each),
        cmocka_unit_test(the_idle_die_and_the_used_live),
        cmocka_unit_test(the_busiest_retire),
        cmocka_unit_test(a_deploy_replaces_all),
        cmocka_unit_test(above_the_limit_it_throttles),
        cmocka_unit_test(a_failing_one_binds_nobody),
        cmocka_unit_test(oracles_lose_nobody_to_idleness),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
