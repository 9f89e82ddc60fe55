/* Which rounds have no journal entry of their own, and what their sum says. */
#include "../cmocka_all.h"

#include "base/clock.h"
#include "telemetry/summary.h"
#include "telemetry/tell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HOUR_US (3600 * US_PER_S)
#define NOW_US (1000 * HOUR_US)

static char orders[] = "orders";

static struct round met(uint32_t warm)
{
    return (struct round){.endpoint = orders,
                          .result = ROUND_MET,
                          .target = warm,
                          .sent = warm,
                          .ok = warm,
                          .warm = warm,
                          .distinct_known = true,
                          .distinct = warm};
}

static void assert_news(const struct round *before, const struct round *now, bool news)
{
    struct round_gist a = round_gist_of(before), b = round_gist_of(now);
    assert_int_equal(round_gist_same(&a, &b), !news);
}

static void every_kind_of_change_is_news(void **state)
{
    (void)state;
    struct cause_count one[] = {{.cause = CAUSE_STATUS, .status = 403, .n = 2, .name = "http-403"},
                                {.cause = CAUSE_STATUS, .status = 503, .n = 1, .name = "http-503"}};
    struct cause_count same[] = {{.cause = CAUSE_STATUS, .status = 503, .n = 9, .name = "http-503"},
                                 {.cause = CAUSE_STATUS, .status = 403, .n = 1, .name = "http-403"}};
    struct cause_count other[] = {{.cause = CAUSE_STATUS, .status = 404, .n = 9, .name = "http-404"},
                                  {.cause = CAUSE_STATUS, .status = 502, .n = 1, .name = "http-502"}};
    struct cause_count refused[] = {{.cause = CAUSE_REFUSED, .n = 9, .name = "refused"},
                                    {.cause = CAUSE_STATUS, .status = 503, .n = 1, .name = "http-503"}};
    char version[] = "7";
    struct round before = met(20), now = met(20);
    struct round_gist none = {0}, first = round_gist_of(&before);
    assert_false(round_gist_same(&none, &first));
    now.p99_us = now.skew_us = 12345;
    assert_news(&before, &now, false);
    now = met(20), now.distinct = now.warm = 19, now.result = ROUND_SHORT;
    assert_news(&before, &now, true);
    now = met(20), now.distinct_known = false;
    assert_news(&before, &now, true);
    now = met(20), now.cold_known = true, now.cold = 1;
    assert_news(&before, &now, true);
    now = met(20), now.version = version;
    assert_news(&before, &now, true);
    now = met(21);
    assert_news(&before, &now, true);
    before.causes = one, before.n_causes = 2;
    now = met(20), now.causes = same, now.n_causes = 2;
    assert_news(&before, &now, false);
    now.causes = other;
    assert_news(&before, &now, true);
    now.causes = refused;
    assert_news(&before, &now, true);
}

static void what_is_left_out_is_as_configured(void **state)
{
    (void)state;
    struct round round = met(3);
    struct round_gist same = round_gist_of(&round), none = {0};
    struct daemon_settings settings = {.log = LOG_OF_ROUNDS};
    assert_false(round_is_left_out(&settings, &same, &same, false));
    assert_true(round_is_left_out(&settings, &same, &same, true)); /* a retry that changes nothing */
    assert_false(round_is_left_out(&settings, &none, &same, true));
    settings.log = LOG_OF_CHANGES;
    assert_true(round_is_left_out(&settings, &same, &same, false));
    assert_false(round_is_left_out(&settings, &none, &same, false));
    settings.log_requests = true;
    assert_false(round_is_left_out(&settings, &same, &same, false));
    assert_false(round_is_left_out(&settings, &same, &same, true));
}

/* What SUMMARY says on stderr. */
static char *told(struct summary **summary)
{
    static char said[4096];
    int pipes[2], saved = dup(STDERR_FILENO);
    assert_int_equal(pipe(pipes), 0);
    fflush(stderr);
    dup2(pipes[1], STDERR_FILENO);
    summary_tell(summary, orders);
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(pipes[1]);
    close(saved);
    ssize_t n = read(pipes[0], said, sizeof said - 1);
    said[n > 0 ? n : 0] = '\0';
    close(pipes[0]);
    return said;
}

static void a_summary_has_all_and_is_due_after_an_hour(void **state)
{
    (void)state;
    struct summary *summary = NULL;
    assert_false(summary_is_due(summary, NOW_US));
    assert_string_equal(told(&summary), "");
    struct sample samples[100] = {0};
    for (size_t i = 0; i < 100; i++)
        samples[i] = (struct sample){
            .outcome = OUTCOME_OK, .release_ns = 1, .end_ns = 1 + (i + 1) * NS_PER_US * US_PER_MS};
    samples[99].outcome = OUTCOME_FAILED;
    struct round round = met(100);
    round.samples = samples, round.n_samples = 100, round.ok = 99, round.failed = 1, round.max_us = 99000;
    for (uint64_t i = 0; i < 60; i++)
        assert_int_equal(summary_add(&summary, &round, NOW_US + i * HOUR_US / 60, 1), 0);
    assert_false(summary_is_due(summary, NOW_US + HOUR_US - 1));
    assert_true(summary_is_due(summary, NOW_US + HOUR_US));
    round.result = ROUND_SHORT;
    assert_int_equal(summary_add(&summary, &round, NOW_US + HOUR_US, 1), 0);
    const char *text = told(&summary);
    assert_non_null(strstr(text,
                           "orders: 61 rounds without a change: 60 met, 1 short, 0 failed; 6039 of 6100 "
                           "requests ok, p99 "));
    double p99_ms = atof(strstr(text, "p99 ") + 4);
    assert_true(p99_ms > 98 * 0.94 && p99_ms <= 99);
    assert_null(summary);
}

static void latencies_of_any_length_are_counted(void **state)
{
    (void)state;
    static const uint64_t lengths_us[] = {0, 1, 63, 64, 1000, 59999999, UINT64_C(1) << 40};
    for (size_t i = 0; i < sizeof lengths_us / sizeof *lengths_us; i++) {
        struct summary *summary = NULL;
        struct sample sample = {
            .outcome = OUTCOME_OK, .release_ns = 5, .end_ns = 5 + lengths_us[i] * NS_PER_US};
        struct round round = met(1);
        round.samples = &sample, round.n_samples = 1, round.max_us = lengths_us[i];
        assert_int_equal(summary_add(&summary, &round, NOW_US, 1), 0);
        double ms = atof(strstr(told(&summary), "p99 ") + 4), right = (double)lengths_us[i] / 1e3;
        assert_true(ms <= right + 0.05);
        if (lengths_us[i] < UINT64_C(1) << 30)
            assert_true(ms >= right * 0.93 - 0.05);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_change_is_news),
        cmocka_unit_test(what_is_left_out_is_as_configured),
        cmocka_unit_test(a_summary_has_all_and_is_due_after_an_hour),
        cmocka_unit_test(latencies_of_any_length_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
