/* What a report says to people. */
#include "../cmocka_all.h"

#include "../report_by_hand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct look unicode_80 = {.columns = 80, .unicode = true};
static const struct look ascii_80 = {.columns = 80};

static int use_utc(void **state)
{
    (void)state;
    setenv("TZ", "UTC", 1);
    tzset();
    return 0;
}

static void assert_says(const struct report *report, struct look look, const char *wanted)
{
    char *text = hand_print(report, look, false);
    if (!strstr(text, wanted))
        fail_msg("\"%s\" is not in:\n%s", wanted, text);
    free(text);
}

static void assert_silent(const struct report *report, struct look look, const char *unwanted)
{
    char *text = hand_print(report, look, false);
    if (strstr(text, unwanted))
        fail_msg("\"%s\" is in:\n%s", unwanted, text);
    free(text);
}

/* What it begins with. */
static void assert_begins(const struct report *report, struct look look, const char *wanted)
{
    char *text = hand_print(report, look, false);
    text[strlen(wanted) < strlen(text) ? strlen(wanted) : strlen(text)] = '\0';
    assert_string_equal(text, wanted);
    free(text);
}

static void assert_oneline(const struct report *report, const char *wanted)
{
    char *text = hand_print(report, unicode_80, true);
    assert_string_equal(text, wanted);
    free(text);
}

static void one_endpoint_in_a_sentence(void **state)
{
    (void)state;
    struct report *report = hand_report(7);
    struct report_endpoint *endpoint = hand_endpoint(report, "orders");
    assert_begins(report, unicode_80, "orders was 100% warm, without a gap\n");
    hand_gap(report, endpoint, 15, 360, "deploy");
    assert_begins(report, unicode_80, "orders was 99.94% warm; 1 gap of 6 min on Tue 04:30 (deploy)\n");
    hand_gap(report, endpoint, 16, 5000, "");
    assert_begins(report, unicode_80, "orders was 99.1% warm; 2 gaps, longest 1 h 23 min on Tue 08:00\n");
    hand_free(report);
}

static void a_month_has_dates_as_well(void **state)
{
    (void)state;
    struct report *report = hand_report(30);
    hand_gap(report, hand_endpoint(report, "orders"), 16, 42, "deploy");
    assert_begins(report, unicode_80,
                  "orders was 99.99% warm; 1 gap of 42 s on Wed Nov 11 00:00 (deploy)\n"
                  "2026-11-01 00:00 to 2026-12-01 00:00 UTC, host web-1, 8,640 rounds\n");
    hand_free(report);
}

static void a_fleet_in_a_sentence(void **state)
{
    (void)state;
    struct report *report = hand_report(7);
    hand_endpoint(report, "billing");
    struct report_endpoint *orders = hand_endpoint(report, "orders");
    assert_begins(report, unicode_80, "2 endpoints were 100% warm, without a gap\n");
    hand_gap(report, orders, 15, 3600, "refused");
    assert_begins(report, unicode_80,
                  "2 endpoints were 99.7% warm; orders was worst with 99.4%: 1 gap of 1 h on\n"
                  "Tue 04:30 (refused)\n");
    hand_free(report);
}

/* Never "100%" where there was a gap, nor "0%" where it was warm at all. */
static void shares_are_not_rounded_away(void **state)
{
    (void)state;
    struct report *report = hand_report(30);
    struct report_endpoint *endpoint = hand_endpoint(report, "orders");
    hand_gap(report, endpoint, 16, 1, "deploy");
    assert_begins(report, unicode_80, "orders was 99.99% warm; 1 gap of 1.0 s");
    endpoint->timeline.lasted_us[SPAN_GAP] = endpoint->timeline.lasted_us[SPAN_WARM];
    endpoint->timeline.lasted_us[SPAN_WARM] = 1;
    assert_begins(report, unicode_80, "orders was 0.1% warm; 1 gap");
    endpoint->timeline.lasted_us[SPAN_WARM] = 0;
    assert_begins(report, unicode_80, "orders was 0% warm; 1 gap");
    hand_free(report);
}

static void who_was_not_to_be_warm_has_no_share(void **state)
{
    (void)state;
    struct report *report = hand_report(7);
    struct report_endpoint *endpoint = hand_endpoint(report, "orders");
    uint64_t *lasted_us = endpoint->timeline.lasted_us;
    lasted_us[SPAN_WARM] = 0;
    assert_begins(report, unicode_80, "orders: it is not known yet how warm it is\n");
    lasted_us[SPAN_RESTING] = 5;
    assert_begins(report, unicode_80, "orders was resting\n");
    lasted_us[SPAN_ELSEWHERE] = 6;
    assert_begins(report, unicode_80, "orders was warmed by another host\n");
    endpoint->rounds[ROUND_MET] = 0; /* nor is there anything to look for */
    assert_begins(report, unicode_80, "orders was warmed by another host\n2026-11-01 00:00 to");
    hand_endpoint(report, "search")->timeline.lasted_us[SPAN_WARM] = 0;
    assert_begins(report, unicode_80, "2 endpoints were warmed by another host\n");
    lasted_us[SPAN_RESTING] = 7;
    assert_begins(report, unicode_80, "2 endpoints were resting\n");
    hand_free(report);
}

static void an_empty_period_says_what_to_do(void **state)
{
    (void)state;
    struct report *report = hand_report(7);
    assert_begins(report, unicode_80,
                  "The journal has no round of lambda-warmd from 2026-11-01 00:00 to\n"
                  "2026-11-08 00:00 UTC\nSee with `systemctl status lambda-warmd` whether");
    assert_says(report, unicode_80, "systemctl status lambda-warmd");
    struct look look = unicode_80;
    look.journal_options = "--file x.journal";
    assert_says(report, look, "journalctl --file x.journal WARM_EVENT=round");
    assert_silent(report, look, "systemctl");
    assert_oneline(report, "no rounds\n");
    hand_free(report);
}

static void cells_show_the_share_and_what_else_there_was(void **state)
{
    (void)state;
    struct report *report = hand_report(2); /* an hour a cell */
    struct report_endpoint *endpoint = hand_endpoint(report, "orders");
    struct bin *cells = endpoint->cell_data;
    cells[0] = (struct bin){0};
    hand_gap(report, endpoint, 1, 1, "deploy");
    hand_gap(report, endpoint, 2, 361, "deploy");
    hand_gap(report, endpoint, 3, 1801, "deploy");
    hand_gap(report, endpoint, 4, 3600, "deploy");
    cells[5].rounds[ROUND_FAILED] = 1;
    cells[6] = (struct bin){.lasted_ms[SPAN_RESTING] = 3000, .lasted_ms[SPAN_WARM] = 2000};
    cells[7] = (struct bin){.lasted_ms[SPAN_ELSEWHERE] = 3000};
    cells[8] = (struct bin){.lasted_ms[SPAN_RESTING] = 3000, .lasted_ms[SPAN_GAP] = 1}; /* isn't hidden */
    assert_says(report, unicode_80, "   ▅▃▁▁!·»▁███████");
    assert_says(report, ascii_80, "   =:..!->.#######");
    assert_says(report, unicode_80,
                "A cell is 1 h: █ warm throughout, ▅ 90% or more of the time, ▃ half or more,\n"
                "▁ less than half, ! a round failed, · resting, » on another host,\n"
                "blank: not known\n");
    hand_free(report);
}

static void a_scale_stands_below_the_strips(void **state)
{
    (void)state;
    struct report *report = hand_report(30);
    hand_endpoint(report, "orders");
    assert_says(report, unicode_80, "  └Nov 1     └Nov 8     └Nov 15    └Nov 22\n");
    hand_free(report);
    report = hand_report(1);
    hand_endpoint(report, "orders");
    assert_says(report, ascii_80, "  'Sun 1      '06:00      '12:00      '18:00\n");
    report->since_us += 3000000; /* the first round is a little later than midnight */
    assert_says(report, ascii_80, "  'Sun 1     '06:00      '12:00      '18:00\n");
    hand_free(report);
}

/* In the night of 2026-10-25 Berlin's clocks go back; midnight is at 22:00 UTC before it and at 23:00 after.
 */
static void times_are_local_whenever_clocks_change(void **state)
{
    (void)state;
    setenv("TZ", "Europe/Berlin", 1);
    tzset();
    struct report *report = hand_report(4);
    report->since_us = NOVEMBER_US - DAYS_US(9) - UINT64_C(7200) * 1000000; /* Friday, 00:00 CEST */
    report->until_us = NOVEMBER_US - DAYS_US(5) - UINT64_C(3600) * 1000000; /* Tuesday, 00:00 CET */
    struct report_endpoint *endpoint = hand_endpoint(report, "orders");
    hand_gap(report, endpoint, 47, 60, "deploy");
    assert_begins(report, unicode_80,
                  "orders was 99.98% warm; 1 gap of 1 min on Mon 21:58 (deploy)\n"
                  "2026-10-23 00:00 CEST to 2026-10-27 00:00 CET, host web-1, 1,164 rounds\n");
    assert_says(report, unicode_80, "  └Fri 23    └Sat 24     └Sun 25      └Mon 26\n");
    hand_free(report);
}

static void figures_stand_below_each_other(void **state)
{
    (void)state;
    struct report *report = hand_report(30);
    struct report_endpoint *billing = hand_endpoint(report, "billing");
    struct report_endpoint *orders = hand_endpoint(report, "orders");
    hand_gap(report, orders, 3, 300, "deploy");
    orders->warm -= 1;
    orders->cold = 1234;
    billing->warm = billing->wanted = 8640 * 5;
    billing->cold_known = billing->cost_known = false;
    billing->p50_us.n = billing->p99_us.n = billing->skew_us.n = 0;
    assert_says(report, unicode_80,
                "ENDPOINT     INSTANCES   COLD    P50–P99    SKEW    SPENT → MONTH\n"
                "orders         19.9/20  1,234  79–119 ms  8.6 ms  $0.406 → $0.406\n"
                "billing           5/5       –          –       –                –\n"
                "2 endpoints             1,234                     $0.406 → $0.406\n");
    assert_says(report, unicode_80, "costs are known of 1 of 2 endpoints\n");
    assert_says(report, ascii_80, "billing           5/5       -          -       -                 -\n");
    assert_says(report, ascii_80, "79-119 ms  8.6 ms  $0.406 -> $0.406\n");
    hand_free(report);
}

static void the_worst_endpoint_comes_first(void **state)
{
    (void)state;
    struct report *report = hand_report(30);
    hand_endpoint(report, "a");
    hand_gap(report, hand_endpoint(report, "b"), 1, 60, "deploy");
    hand_endpoint(report, "c")->timeline.lasted_us[SPAN_WARM] = 0;
    hand_gap(report, hand_endpoint(report, "d"), 1, 600, "deploy");
    char *text = hand_print(report, unicode_80, false);
    const char *a = strstr(text, "\na "), *b = strstr(text, "\nb "), *c = strstr(text, "\nc "),
               *d = strstr(text, "\nd ");
    assert_true(d && d < b && b < a && a < c);
    assert_non_null(strstr(text, "WORST FIRST"));
    free(text);
    hand_free(report);
}

static void cold_starts_have_their_hours(void **state)
{
    (void)state;
    struct report *report = hand_report(7);
    struct report_endpoint *endpoint = hand_endpoint(report, "orders");
    assert_says(report, unicode_80, "\nNo cold starts.\n");
    endpoint->cold_known = false;
    assert_says(report, unicode_80, "\nNo answer said whether its instance was new.\n");
    report->cold_by_hour[1][3] = 40;
    report->cold_by_hour[1][5] = 10;
    report->cold_by_hour[6][23] = 11;
    assert_says(report, unicode_80,
                "COLD STARTS  61, most on Tue at 03:00\n"
                "     └00:00      └06:00      └12:00      └18:00\n"
                "Mon                                                          0\n"
                "Tue        ██  ▁▁                                           50\n");
    assert_says(report, unicode_80, "Sun                                                ▃▃       11\n");
    assert_says(report, ascii_80, "Cold starts in an hour of the week: # 31-40, = 21-30, : 11-20, . 1-10\n");
    report->cold_by_hour[1][3] = 2;
    report->cold_by_hour[1][5] = report->cold_by_hour[6][23] = 1;
    assert_says(report, ascii_80, "Cold starts in an hour of the week: # 2, : 1\n");
    report->until_us = report->since_us + DAYS_US(1) - 1; /* a Sunday */
    assert_says(report, ascii_80, "\nSun  ");
    assert_silent(report, ascii_80, "\nMon  ");
    assert_silent(report, ascii_80, "\nSat  ");
    hand_free(report);
}

static struct worst bad_round(void)
{
    return (struct worst){.at_us = NOVEMBER_US + 3661 * UINT64_C(1000000),
                          .n = 1,
                          .result = ROUND_SHORT,
                          .target = 20,
                          .warm = 7,
                          .cold_known = true,
                          .cold = 3,
                          .p99_us = 1234567,
                          .round = "0123456789abcdef0123456789abcdef",
                          .errors = "13 throttled"};
}

static void the_worst_rounds_come_with_a_command(void **state)
{
    (void)state;
    struct report *report = hand_report(7);
    hand_endpoint(report, "orders");
    struct worst worst = bad_round();
    worst.result = ROUND_MET;
    worst.cold = 0;
    hand_worst(report, &worst); /* no more than slower than others */
    assert_says(report, unicode_80, "Every round met its target, without a cold start.\n");
    report->worst.n = 0;
    worst = bad_round();
    hand_worst(report, &worst);
    assert_says(report, unicode_80,
                "WORST ROUNDS  0 failed, 0 short, of 2,016\n"
                "Sun 01:01:01  orders  7/20  13 throttled, 3 cold, p99 1.2 s\n"
                "    journalctl WARM_ROUND=0123456789abcdef0123456789abcdef\n");
    struct look look = {.columns = 140, .unicode = true, .journal_options = "--directory /x"};
    assert_says(report, look,
                "3 cold, p99 1.2 s  "
                "journalctl --directory /x WARM_ROUND=0123456789abcdef0123456789abcdef\n");
    hand_free(report);
}

static void a_summary_is_found_by_its_time(void **state)
{
    (void)state;
    struct report *report = hand_report(7);
    hand_endpoint(report, "orders");
    struct worst worst = bad_round();
    worst.round[0] = '\0';
    worst.n = 12;
    hand_worst(report, &worst);
    assert_says(report, unicode_80, "7/20  12 rounds like it, 13 throttled, 3 cold, p99 1.2 s\n");
    assert_says(
        report, unicode_80,
        "    journalctl WARM_EVENT=summary WARM_ENDPOINT=orders --since @1793494861 --until @1793494862\n");
    report->worst.data[0].n = 1;
    assert_says(report, unicode_80,
                "    journalctl WARM_EVENT=round WARM_ENDPOINT=orders --since @1793494861");
    hand_free(report);
}

static void of_many_events_the_last_of_each_kind_are_shown(void **state)
{
    (void)state;
    struct report *report = hand_report(7);
    hand_endpoint(report, "orders");
    assert_silent(report, unicode_80, "EVENTS");
    char deployed[] = "orders: version 42 answers instead of 41", rest[] = "no longer throttled",
         learned[] = "orders: learned: interval 7min, hold 80ms", host[] = "web-2";
    struct happening event = {.at_us = NOVEMBER_US, .kind = ENTRY_DEPLOYED, .message = deployed};
    hand_event(report, &event);
    event = (struct happening){NOVEMBER_US, ENTRY_THROTTLE_OVER, 0, rest, host};
    hand_event(report, &event);
    assert_says(report, unicode_80,
                "EVENTS\n"
                "Sun 00:00  deploy           orders: version 42 answers instead of 41\n"
                "Sun 00:00  throttling over  orders: no longer throttled\n"
                "In all: 1 deploy, 1 throttling over\n");
    report->several_hosts = true;
    assert_says(report, unicode_80, "web-2: orders: no longer throttled\n");
    event = (struct happening){NOVEMBER_US, ENTRY_LEARNED, 0, learned, NULL};
    for (int i = 0; i < 30; i++)
        hand_event(report, &event);
    assert_says(report, unicode_80, "EVENTS  the last 6 of 32, at most 4 of a kind\n");
    assert_says(report, unicode_80, "In all: 1 deploy, 1 throttling over, 30 learned\n");
    assert_says(report, unicode_80, "version 42");
    hand_free(report);
}

static void one_line_for_a_status_bar(void **state)
{
    (void)state;
    struct report *report = hand_report(30);
    struct report_endpoint *orders = hand_endpoint(report, "orders");
    orders->cold = 30;
    hand_gap(report, orders, 3, 600, "deploy");
    assert_oneline(report, "orders 99.97% warm, 1 gap, 30 cold, p99 119 ms, $0.406 ($0.406 a month)\n");
    struct report_endpoint *search = hand_endpoint(report, "search");
    hand_gap(report, search, 3, 6000, "deploy");
    search->cold_known = search->cost_known = false;
    assert_oneline(report, "99.8% warm, 2 endpoints, 2 gaps, 30 cold, p99 119 ms, $0.406 ($0.406 a month)\n");
    orders->cost_known = orders->cold_known = false;
    orders->p99_us.n = search->p99_us.n = 0;
    assert_oneline(report, "99.8% warm, 2 endpoints, 2 gaps\n");
    hand_free(report);
}

/* The 99th percentile is that of all rounds, not a mean of the endpoints' own. */
static void a_fleets_percentile_is_over_all_rounds(void **state)
{
    (void)state;
    struct report *report = hand_report(1);
    struct report_endpoint *fast = hand_endpoint(report, "fast"), *slow = hand_endpoint(report, "slow");
    for (size_t i = 0; i < fast->p99_us.n; i++)
        fast->p99_us.data[i] = 1000;
    slow->p99_us.n = 4; /* of 292: the 290th is the second of these */
    for (uint32_t i = 0; i < 4; i++)
        slow->p99_us.data[i] = 2000000 + i * 1000000;
    assert_oneline(report, "100% warm, 2 endpoints, 0 gaps, 0 cold, p99 3.0 s, $0.027 ($0.812 a month)\n");
    hand_free(report);
}

/* A report with everything in it. */
static struct report *full_report(size_t n)
{
    struct report *report = hand_report(30);
    char message[] =
        "the configuration \xe8\xaa\x9e\xe8\xaa\x9e\xe8\xaa\x9e\xe8\xaa\x9e\xe8\xaa\x9e\xe8\xaa\x9e"
        "\xe8\xaa\x9e\xe8\xaa\x9e was not reloaded, because of mistakes that take long to explain";
    char host[] = "a-host-with-a-long-name.eu-west-1.example.com";
    for (size_t i = 0; i < n; i++) {
        char name[80];
        snprintf(name, sizeof name, "%s-%zu",
                 i % 3 ? "e" : "an-endpoint-with-a-name-as-long-as-it-may-be-in-all", i);
        struct report_endpoint *endpoint = hand_endpoint(report, name);
        endpoint->cold = 123456 * i;
        endpoint->cost_microusd *= 1 + i * i * 1000;
        if (i % 2)
            hand_gap(report, endpoint, (unsigned)i % 48, 1000 + (unsigned)i,
                     "20 throttled-concurrency, refused");
        struct worst worst = bad_round();
        worst.endpoint = (uint32_t)i;
        worst.cold = (uint32_t)i;
        hand_worst(report, &worst);
        struct happening event = {.at_us = NOVEMBER_US + DAYS_US(i % 30),
                                  .kind = ENTRY_STARTED + i % 12,
                                  .endpoint = (int64_t)i % 5 - 1,
                                  .message = message,
                                  .host = host};
        event.endpoint = event.endpoint < (int64_t)n ? event.endpoint : 0;
        hand_event(report, &event);
    }
    for (int i = 0; i < 7 * 24; i++)
        report->cold_by_hour[i / 24][i % 24] = n ? (uint32_t)(i * i) : 0;
    report->n_unusable = 1234567;
    report->several_hosts = true;
    return report;
}

static void lines_fit(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 2, 300};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct report *report = full_report(sizes[i]);
        for (size_t columns = 40; columns <= 240; columns += columns == 40 ? 40 : 20)
            for (int unicode = 0; unicode < 2; unicode++) {
                char *text = hand_print(report, (struct look){.columns = columns, .unicode = unicode}, false);
                if (hand_widest(text) > columns && columns >= 80)
                    fail_msg("%zu endpoints: %zu columns, not %zu:\n%s", sizes[i], hand_widest(text), columns,
                             text);
                assert_null(strstr(text, " \n"));
                assert_null(strchr(text, '\x1f'));
                free(text);
            }
        hand_free(report);
    }
}

static void without_unicode_it_is_ascii(void **state)
{
    (void)state;
    struct report *report = full_report(12);
    char *text = hand_print(report, ascii_80, false);
    for (const char *at = text; *at; at++)
        assert_true((unsigned char)*at < 0x80);
    free(text);
    text = hand_print(report, ascii_80, true);
    for (const char *at = text; *at; at++)
        assert_true((unsigned char)*at < 0x80);
    free(text);
    hand_free(report);
}

/* Taking the colours out leaves the same text. */
static void colour_only_adds(void **state)
{
    (void)state;
    struct report *report = full_report(12);
    char *plain = hand_print(report, unicode_80, false);
    struct look look = unicode_80;
    look.colour = true;
    char *coloured = hand_print(report, look, false), *to = coloured;
    assert_non_null(strchr(coloured, '\033'));
    for (const char *from = coloured; *from; from++)
        if (*from == '\033')
            from += strcspn(from, "m");
        else
            *to++ = *from;
    *to = '\0';
    assert_string_equal(coloured, plain);
    free(plain);
    free(coloured);
    hand_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_endpoint_in_a_sentence),
        cmocka_unit_test(a_month_has_dates_as_well),
        cmocka_unit_test(a_fleet_in_a_sentence),
        cmocka_unit_test(shares_are_not_rounded_away),
        cmocka_unit_test(who_was_not_to_be_warm_has_no_share),
        cmocka_unit_test(an_empty_period_says_what_to_do),
        cmocka_unit_test(cells_show_the_share_and_what_else_there_was),
        cmocka_unit_test(a_scale_stands_below_the_strips),
        cmocka_unit_test_teardown(times_are_local_whenever_clocks_change, use_utc),
        cmocka_unit_test(figures_stand_below_each_other),
        cmocka_unit_test(the_worst_endpoint_comes_first),
        cmocka_unit_test(cold_starts_have_their_hours),
        cmocka_unit_test(the_worst_rounds_come_with_a_command),
        cmocka_unit_test(a_summary_is_found_by_its_time),
        cmocka_unit_test(of_many_events_the_last_of_each_kind_are_shown),
        cmocka_unit_test(one_line_for_a_status_bar),
        cmocka_unit_test(a_fleets_percentile_is_over_all_rounds),
        cmocka_unit_test(lines_fit),
        cmocka_unit_test(without_unicode_it_is_ascii),
        cmocka_unit_test(colour_only_adds),
    };
    return cmocka_run_group_tests(tests, use_utc, NULL);
}
