/* What entries add up to. */
#include "../cmocka_all.h"

#include "base/clock.h"
#include "report/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define T0 (UINT64_C(1800000000) * US_PER_S)
#define MINUTE US_PER_MINUTE
#define HOUR US_PER_HOUR

static void take(struct report *report, uint64_t at_us, const char *const *fields)
{
    struct entry entry;
    entry_begin(&entry, at_us);
    for (; *fields; fields++)
        entry_field(&entry, *fields, strlen(*fields));
    assert_true(entry_finish(&entry));
    report_take(report, &entry);
}
#define TAKE(report, at_us, ...) take(report, at_us, (const char *const[]){__VA_ARGS__, NULL})

/* A round of NAME that met its target of 5, with the latency P50_US. */
static void take_met(struct report *report, uint64_t at_us, const char *name, unsigned p50_us)
{
    char endpoint[96], p50[48];
    snprintf(endpoint, sizeof endpoint, "WARM_ENDPOINT=%s", name);
    snprintf(p50, sizeof p50, "WARM_P50_USEC=%u", p50_us);
    TAKE(report, at_us, "WARM_EVENT=round", endpoint, "WARM_RESULT=met", "WARM_TARGET=5", "WARM_SENT=5",
         "WARM_OK=5", "WARM_DISTINCT=5", "WARM_COLD=0", "WARM_INTERVAL_USEC=300000000",
         "WARM_COST_MICROUSD=10", p50);
}

static void rounds_add_up(void **state)
{
    (void)state;
    CLEANUP_REPORT struct report report;
    report_begin(&report, T0, T0 + 48 * MINUTE);
    for (unsigned i = 0; i < 8; i++)
        take_met(&report, T0 + i * 5 * MINUTE, "b", 1000 * (i + 1));
    TAKE(&report, T0 + 40 * MINUTE, "WARM_EVENT=round", "WARM_ENDPOINT=b", "WARM_RESULT=short",
         "WARM_TARGET=5", "WARM_SENT=10", "WARM_OK=4", "WARM_FAILED=6", "WARM_DISTINCT=3", "WARM_COLD=2",
         "WARM_ERRORS=6 refused", "WARM_INTERVAL_USEC=300000000");
    take_met(&report, T0 + 45 * MINUTE, "b", 9000);
    take_met(&report, T0 + 46 * MINUTE, "a", 70);
    assert_int_equal(report_finish(&report), 0);
    assert_int_equal(report.n_endpoints, 2);
    assert_string_equal(report.endpoints[0]->name, "a");
    const struct report_endpoint *b = report.endpoints[1];
    assert_int_equal(b->rounds[ROUND_MET], 9);
    assert_int_equal(b->rounds[ROUND_SHORT], 1);
    assert_int_equal(b->requests, 55);
    assert_int_equal(b->ok, 49);
    assert_int_equal(b->failed, 6);
    assert_int_equal(b->cold, 2);
    assert_int_equal(b->distinct, 48);
    assert_int_equal(b->cost_microusd, 90);
    assert_int_equal(values_percentile(&b->p50_us, 50), 5000);
    assert_int_equal(values_percentile(&b->p50_us, 99), 9000);
    /* 40 to 45 is the gap; warm 0 to 40 and 45 to 48 */
    assert_true(endpoint_warm_share(b) > 43.0 / 48 - 1e-9 && endpoint_warm_share(b) < 43.0 / 48 + 1e-9);
    assert_string_equal(b->timeline.longest.cause, "refused");
    /* 90 micro-USD for 50 minutes: the last round's interval, too */
    assert_true(endpoint_month_usd(b) > 0.07775 && endpoint_month_usd(b) < 0.07777);
    /* a minute is a cell */
    assert_int_equal(b->cells.data[40].rounds[ROUND_SHORT], 1);
    assert_int_equal(b->cells.data[44].lasted_ms[SPAN_GAP], 60000);
    assert_int_equal(b->cells.data[39].lasted_ms[SPAN_WARM], 60000);
    assert_int_equal(report.worst.n, 11);
    assert_int_equal(report.worst.data[0].endpoint, 1);
    assert_string_equal(report.worst.data[0].errors, "6 refused");
}

static void a_summary_counts_as_its_rounds(void **state)
{
    (void)state;
    CLEANUP_REPORT struct report report;
    char since[64];
    report_begin(&report, T0, T0 + 2 * HOUR);
    take_met(&report, T0, "a", 1000);
    /* told at once, though the summary of the rounds before comes later */
    TAKE(&report, T0 + 33 * MINUTE, "WARM_EVENT=round", "WARM_ENDPOINT=a", "WARM_RESULT=short",
         "WARM_TARGET=5", "WARM_OK=4", "WARM_INTERVAL_USEC=300000000");
    snprintf(since, sizeof since, "WARM_SINCE_USEC=%llu", (unsigned long long)(T0 + 5 * MINUTE));
    TAKE(&report, T0 + 65 * MINUTE, "WARM_EVENT=summary", "WARM_ENDPOINT=a", since, "WARM_MET=11",
         "WARM_SHORT=0", "WARM_FAILED_ROUNDS=1", "WARM_SENT=61", "WARM_OK=55", "WARM_FAILED=6", "WARM_COLD=7",
         "WARM_SKEW_USEC=900", "WARM_P50_USEC=2000", "WARM_COST_MICROUSD=121");
    assert_int_equal(report_finish(&report), 0);
    const struct report_endpoint *a = report.endpoints[0];
    assert_int_equal(a->rounds[ROUND_MET], 12);
    assert_int_equal(a->rounds[ROUND_SHORT], 1);
    assert_int_equal(a->rounds[ROUND_FAILED], 1);
    assert_int_equal(a->requests, 66);
    assert_int_equal(a->ok, 64);
    assert_int_equal(a->failed, 6);
    assert_int_equal(a->cold, 7);
    assert_int_equal(a->cost_microusd, 131);
    assert_int_equal(a->skew_us.n, 1);
    /* the failed one at 5, the short one at 33 until the next at 35; after the last at 60 it is warm until
     * 65, and then nothing is known before the next summary */
    assert_int_equal(a->timeline.n_gaps, 2);
    assert_int_equal(a->timeline.lasted_us[SPAN_WARM], (5 + 23 + 30) * MINUTE);
    assert_int_equal(a->timeline.lasted_us[SPAN_GAP], (5 + 2) * MINUTE);
    uint64_t in_bins = 0;
    for (size_t i = 0; i < a->bins.n; i++)
        in_bins += a->bins.data[i].cold;
    assert_int_equal(in_bins, 7);
    /* it stands for the failed round */
    assert_int_equal(report.worst.data[0].result, ROUND_FAILED);
    assert_int_equal(report.worst.data[0].n, 1);
    assert_string_equal(report.worst.data[0].round, "");
}

/* A summary of the rounds at 5, 10, …, 60, told at 65; the report is on 21 to 52. */
static void only_rounds_of_the_period_are_taken_from_a_summary(void **state)
{
    (void)state;
    CLEANUP_REPORT struct report report;
    char since[64];
    report_begin(&report, T0 + 21 * MINUTE, T0 + 52 * MINUTE);
    snprintf(since, sizeof since, "WARM_SINCE_USEC=%llu", (unsigned long long)(T0 + 5 * MINUTE));
    TAKE(&report, T0 + 64 * MINUTE, "WARM_EVENT=round", "WARM_ENDPOINT=b", "WARM_RESULT=met",
         "WARM_TARGET=1");
    TAKE(&report, T0 + 65 * MINUTE, "WARM_EVENT=summary", "WARM_ENDPOINT=a", since, "WARM_MET=12",
         "WARM_SHORT=0", "WARM_FAILED_ROUNDS=0", "WARM_SENT=60", "WARM_OK=60", "WARM_TARGET=5",
         "WARM_INTERVAL_USEC=300000000");
    assert_int_equal(report_finish(&report), 0);
    assert_int_equal(report.n_endpoints, 1);
    const struct report_endpoint *a = report.endpoints[0];
    assert_int_equal(a->rounds[ROUND_MET], 6); /* 25, …, 50 */
    assert_int_equal(a->requests, 30);
    assert_int_equal(a->timeline.lasted_us[SPAN_WARM], 27 * MINUTE);
    assert_int_equal(a->timeline.n_gaps, 0);
    assert_int_equal(report.last_round_us, T0 + 50 * MINUTE);
}

/* The clock of a machine without a battery is set after the start. */
static void a_summary_from_before_the_clock_was_set_is_of_the_last_hour(void **state)
{
    (void)state;
    CLEANUP_REPORT struct report report;
    report_begin(&report, T0, T0 + 65 * MINUTE);
    TAKE(&report, T0 + 60 * MINUTE, "WARM_EVENT=summary", "WARM_ENDPOINT=a", "WARM_SINCE_USEC=5000000",
         "WARM_MET=12", "WARM_INTERVAL_USEC=300000000");
    assert_int_equal(report_finish(&report), 0);
    assert_int_equal(report.endpoints[0]->rounds[ROUND_MET], 12);
    assert_int_equal(report.endpoints[0]->timeline.lasted_us[SPAN_WARM], 65 * MINUTE);
}

/* An interval that has grown is known from the summary, and its rounds are not spread over more time. */
static void a_summary_tells_how_far_its_rounds_are_apart(void **state)
{
    (void)state;
    CLEANUP_REPORT struct report report;
    char since[64];
    report_begin(&report, T0, T0 + 65 * MINUTE);
    take_met(&report, T0, "a", 1000);
    snprintf(since, sizeof since, "WARM_SINCE_USEC=%llu", (unsigned long long)(T0 + 5 * MINUTE));
    TAKE(&report, T0 + 47 * MINUTE, "WARM_EVENT=summary", "WARM_ENDPOINT=a", since, "WARM_MET=3",
         "WARM_INTERVAL_USEC=1200000000");
    assert_int_equal(report_finish(&report), 0);
    const struct report_endpoint *a = report.endpoints[0];
    assert_int_equal(a->timeline.n_gaps, 0);
    assert_int_equal(a->timeline.lasted_us[SPAN_WARM], 65 * MINUTE);
}

static void shares_add_up(void **state)
{
    (void)state;
    bool done;
    struct entry summary, round;
    entry_begin(&summary, T0);
    static const char *const fields[] = {"WARM_EVENT=summary", "WARM_ENDPOINT=a",
                                         "WARM_MET=5",         "WARM_SHORT=2",
                                         "WARM_SENT=23",       "WARM_COST_MICROUSD=1000000000001"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        entry_field(&summary, fields[i], strlen(fields[i]));
    done = entry_finish(&summary);
    assert_true(done);
    uint64_t sent = 0, met = 0, last_us = 0;
    for (uint64_t i = 0; i < 7; i++) {
        round = entry_of_summary(&summary, i, 3);
        sent += entry_number(&round, NUMBER_SENT);
        met += round.result == ROUND_MET;
        assert_true(round.at_us > last_us && round.at_us <= T0);
        last_us = round.at_us;
        assert_int_equal(entry_number(&round, NUMBER_TARGET), 3);
    }
    assert_int_equal(sent, 23);
    assert_int_equal(met, 5);
}

static void events_get_their_endpoints(void **state)
{
    (void)state;
    CLEANUP_REPORT struct report report;
    report_begin(&report, T0, T0 + HOUR);
    take_met(&report, T0, "z", 1000);
    TAKE(&report, T0 + MINUTE, "WARM_EVENT=deployed", "WARM_ENDPOINT=z", "MESSAGE=z: version 8",
         "_HOSTNAME=one");
    TAKE(&report, T0 + 2 * MINUTE, "WARM_EVENT=reloaded", "MESSAGE=reloaded", "_HOSTNAME=two");
    take_met(&report, T0 + 3 * MINUTE, "a", 1000);
    assert_int_equal(report_finish(&report), 0);
    assert_int_equal(report.events.n, 2);
    assert_int_equal(report.events.data[0].endpoint, 1);
    assert_string_equal(report.events.data[0].message, "z: version 8");
    assert_int_equal(report.events.data[1].endpoint, -1);
    assert_true(report.several_hosts);
    assert_string_equal(entry_kind_flag(report.events.data[0].kind), "deploy");
}

static void too_many_events_are_thinned_out(void **state)
{
    (void)state;
    CLEANUP_REPORT struct report report;
    report_begin(&report, T0, T0 + 24 * HOUR);
    TAKE(&report, T0, "WARM_EVENT=reload-rejected", "MESSAGE=bad");
    for (unsigned i = 0; i < 5000; i++)
        TAKE(&report, T0 + i * US_PER_S, "WARM_EVENT=learned", "WARM_ENDPOINT=a", "MESSAGE=a: learned");
    assert_int_equal(report_finish(&report), 0);
    assert_in_range(report.events.n, HAPPENINGS_MOST / 2, HAPPENINGS_MOST);
    assert_int_equal(report.events.n + report.events.n_left_out, 5001);
    assert_int_equal(report.events.data[0].kind, ENTRY_RELOAD_REJECTED);
    for (size_t i = 1; i < report.events.n; i++)
        assert_true(report.events.data[i].at_us >= report.events.data[i - 1].at_us);
}

static void only_the_worst_rounds_are_kept(void **state)
{
    (void)state;
    CLEANUP_REPORT struct report report;
    report_begin(&report, T0, T0 + 100 * HOUR);
    for (unsigned i = 0; i < 3000; i++)
        take_met(&report, T0 + i * MINUTE, "a", 1000);
    TAKE(&report, T0 + 3001 * MINUTE, "WARM_EVENT=round", "WARM_ENDPOINT=a", "WARM_RESULT=short",
         "WARM_TARGET=5", "WARM_OK=4");
    TAKE(&report, T0 + 3002 * MINUTE, "WARM_EVENT=round", "WARM_ENDPOINT=a", "WARM_RESULT=short",
         "WARM_TARGET=5", "WARM_OK=1");
    TAKE(&report, T0 + 3003 * MINUTE, "WARM_EVENT=round", "WARM_ENDPOINT=a", "WARM_RESULT=failed",
         "WARM_TARGET=5", "WARM_OK=0");
    for (unsigned i = 3004; i < 5000; i++)
        take_met(&report, T0 + i * MINUTE, "a", 1000);
    assert_int_equal(report_finish(&report), 0);
    assert_int_equal(report.worst.n, WORST_MOST);
    assert_int_equal(report.worst.data[0].result, ROUND_FAILED);
    assert_int_equal(report.worst.data[1].warm, 1);
    assert_int_equal(report.worst.data[2].warm, 4);
    assert_int_equal(report.worst.data[3].result, ROUND_MET);
}

static void bins_are_as_wide_as_people_would_choose(void **state)
{
    (void)state;
    const struct {
        uint64_t period_us, bin_us;
    } cases[] = {
        {HOUR, HOUR / 60},         {24 * HOUR, HOUR / 30},       {168 * HOUR, HOUR / 4},
        {31 * 24 * HOUR, HOUR},    {366 * 24 * HOUR, 12 * HOUR}, {20 * 366 * 24 * HOUR, 8 * 24 * HOUR},
        {31 * 24 * HOUR + 1, HOUR}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP_REPORT struct report report;
        report_begin(&report, T0, T0 + cases[i].period_us);
        assert_int_equal(report.bin_us, cases[i].bin_us);
        assert_true(report.n_bins * report.bin_us >= cases[i].period_us);
    }
}

static void many_endpoints_get_fewer_bins(void **state)
{
    (void)state;
    CLEANUP_REPORT struct report report;
    char name[16];
    report_begin(&report, T0, T0 + 720 * HOUR);
    assert_int_equal(report.n_bins, 720);
    for (unsigned i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "e%u", i);
        take_met(&report, T0 + (uint64_t)i * HOUR, name, 1000);
        take_met(&report, T0 + (uint64_t)i * HOUR + HOUR, "e0", 1000);
    }
    assert_int_equal(report_finish(&report), 0);
    assert_true(report.n_bins * 300 <= REPORT_BINS);
    assert_true(report.n_bins * report.bin_us >= 720 * HOUR);
    uint64_t rounds = 0;
    for (size_t i = 0; i < report.endpoints[0]->bins.n; i++)
        rounds += report.endpoints[0]->bins.data[i].rounds[ROUND_MET];
    assert_int_equal(rounds, 301);
    /* as people count */
    assert_string_equal(report.endpoints[2]->name, "e2");
    assert_string_equal(report.endpoints[10]->name, "e10");
}

static void cold_starts_have_their_hours(void **state)
{
    (void)state;
    CLEANUP_REPORT struct report report;
    setenv("TZ", "UTC", 1);
    tzset();
    report_begin(&report, T0 + 30 * MINUTE, T0 + 24 * HOUR); /* T0 is Friday 2027-01-15, 08:00 UTC */
    TAKE(&report, T0 + 40 * MINUTE, "WARM_EVENT=round", "WARM_ENDPOINT=a", "WARM_RESULT=met", "WARM_COLD=3");
    TAKE(&report, T0 + 50 * MINUTE, "WARM_EVENT=round", "WARM_ENDPOINT=a", "WARM_RESULT=met", "WARM_COLD=2");
    TAKE(&report, T0 + 125 * MINUTE, "WARM_EVENT=round", "WARM_ENDPOINT=a", "WARM_RESULT=met", "WARM_COLD=1");
    assert_int_equal(report_finish(&report), 0);
    const struct report_endpoint *a = report.endpoints[0];
    assert_int_equal(a->n_cold_hours, 2);
    assert_int_equal(a->cold_hours[0].hour, 0);
    assert_int_equal(a->cold_hours[0].n, 5);
    assert_int_equal(a->cold_hours[1].hour, 2);
    assert_int_equal(report.cold_by_hour[4][8], 5);
    assert_int_equal(report.cold_by_hour[4][10], 1);
}

static void a_former_target_changes_no_timeline(void **state)
{
    (void)state;
    CLEANUP_REPORT struct report report;
    report_begin(&report, T0, T0 + HOUR);
    take_met(&report, T0, "a", 1000);
    TAKE(&report, T0 + MINUTE, "WARM_EVENT=round", "WARM_ENDPOINT=a", "WARM_RESULT=failed", "WARM_FORMER=1");
    take_met(&report, T0 + 5 * MINUTE, "a", 1000);
    assert_int_equal(report_finish(&report), 0);
    assert_int_equal(report.endpoints[0]->rounds[ROUND_FAILED], 1);
    assert_int_equal(report.endpoints[0]->timeline.n_gaps, 1); /* after the last round, not before */
    assert_string_equal(report.endpoints[0]->timeline.longest.cause, "no rounds");
}

static void two_rounds_are_paid_for_two_intervals(void **state)
{
    (void)state;
    CLEANUP_REPORT struct report report;
    report_begin(&report, T0, T0 + 5 * MINUTE + 1);
    take_met(&report, T0, "a", 1000);
    take_met(&report, T0 + 5 * MINUTE, "a", 1000);
    assert_int_equal(report_finish(&report), 0);
    /* 20 micro-USD in 10 minutes */
    assert_true(endpoint_month_usd(report.endpoints[0]) > 0.0863 &&
                endpoint_month_usd(report.endpoints[0]) < 0.0865);
}

static void a_rest_from_before_the_period_counts(void **state)
{
    (void)state;
    CLEANUP_REPORT struct report report;
    struct entry rest;
    char until[64];
    report_begin(&report, T0, T0 + 3 * HOUR);
    for (int name = 'a'; name <= 'b';
         name++) { /* a rests until an hour after the beginning, b until before */
        char endpoint[] = {'W', 'A', 'R', 'M', '_', 'E', 'N',        'D',
                           'P', 'O', 'I', 'N', 'T', '=', (char)name, 0};
        uint64_t until_us = name == 'a' ? T0 + HOUR : T0 - 1;
        snprintf(until, sizeof until, "WARM_UNTIL_USEC=%llu", (unsigned long long)until_us);
        entry_begin(&rest, T0 - 10 * HOUR);
        for (size_t i = 0; i < 3; i++) {
            const char *field = i == 0 ? "WARM_EVENT=resting" : i == 1 ? endpoint : until;
            entry_field(&rest, field, strlen(field));
        }
        assert_true(entry_finish(&rest));
        report_take_rest(&report, &rest);
    }
    for (uint64_t at_us = HOUR; at_us < 3 * HOUR; at_us += 5 * MINUTE)
        take_met(&report, T0 + at_us, "a", 1000);
    assert_int_equal(report_finish(&report), 0);
    assert_int_equal(report.n_endpoints, 1);
    assert_int_equal(report.endpoints[0]->timeline.lasted_us[SPAN_RESTING], HOUR);
    assert_int_equal(report.endpoints[0]->timeline.n_gaps, 0);
    assert_int_equal(report.events.n, 0);
    /* 240 micro-USD in three hours, one of them at rest */
    assert_true(endpoint_month_usd(report.endpoints[0]) > 0.0575 &&
                endpoint_month_usd(report.endpoints[0]) < 0.0577);
}

static void more_instances_than_the_target_are_not_all_new(void **state)
{
    (void)state;
    CLEANUP_REPORT struct report report;
    report_begin(&report, T0, T0 + 10 * MINUTE);
    for (unsigned i = 0; i < 2; i++)
        TAKE(&report, T0 + i * 5 * MINUTE, "WARM_EVENT=round", "WARM_ENDPOINT=a", "WARM_RESULT=met",
             "WARM_TARGET=1", "WARM_OK=2", "WARM_DISTINCT=2", "WARM_COLD=1", "WARM_INTERVAL_USEC=300000000");
    assert_int_equal(report_finish(&report), 0);
    assert_int_equal(report.endpoints[0]->timeline.n_gaps, 0);
}

static void what_is_outside_the_period_is_left_out(void **state)
{
    (void)state;
    CLEANUP_REPORT struct report report;
    report_begin(&report, T0, T0 + HOUR);
    take_met(&report, T0 - 1, "a", 1000);
    take_met(&report, T0 + HOUR, "a", 1000);
    assert_int_equal(report_finish(&report), 0);
    assert_int_equal(report.n_endpoints, 0);
}

static void an_empty_report_is_one(void **state)
{
    (void)state;
    CLEANUP_REPORT struct report report;
    report_begin(&report, T0, T0);
    assert_int_equal(report_finish(&report), 0);
    assert_int_equal(report.worst.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounds_add_up),
        cmocka_unit_test(a_summary_counts_as_its_rounds),
        cmocka_unit_test(only_rounds_of_the_period_are_taken_from_a_summary),
        cmocka_unit_test(a_summary_from_before_the_clock_was_set_is_of_the_last_hour),
        cmocka_unit_test(a_summary_tells_how_far_its_rounds_are_apart),
        cmocka_unit_test(shares_add_up),
        cmocka_unit_test(events_get_their_endpoints),
        cmocka_unit_test(too_many_events_are_thinned_out),
        cmocka_unit_test(only_the_worst_rounds_are_kept),
        cmocka_unit_test(bins_are_as_wide_as_people_would_choose),
        cmocka_unit_test(many_endpoints_get_fewer_bins),
        cmocka_unit_test(cold_starts_have_their_hours),
        cmocka_unit_test(a_former_target_changes_no_timeline),
        cmocka_unit_test(two_rounds_are_paid_for_two_intervals),
        cmocka_unit_test(a_rest_from_before_the_period_counts),
        cmocka_unit_test(more_instances_than_the_target_are_not_all_new),
        cmocka_unit_test(what_is_outside_the_period_is_left_out),
        cmocka_unit_test(an_empty_report_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
