/* When an endpoint was warm, in gaps, resting or elsewhere, and why. */
#include "../cmocka_all.h"

#include "base/clock.h"
#include "report/timeline.h"

#include <stdio.h>
#include <string.h>

#define T0 (UINT64_C(1800000000) * US_PER_S)
#define MINUTE US_PER_MINUTE

/* The spans, as text: "warm 0-5, gap 5-10", in minutes from T0. */
static char spans[512];

static void take(void *context, uint64_t from_us, uint64_t to_us, enum span_state state)
{
    static const char *const names[] = {"unknown", "warm", "gap", "resting", "elsewhere"};
    (void)context;
    size_t length = strlen(spans);
    snprintf(spans + length, sizeof spans - length, "%s%s %g-%g", length ? ", " : "", names[state],
             (double)(from_us - T0) / (double)MINUTE, (double)(to_us - T0) / (double)MINUTE);
}

static const struct span_sink sink = {take, NULL};

static void begin(struct timeline *timeline)
{
    spans[0] = '\0';
    *timeline = (struct timeline){0};
}

static struct moment round_at(double minute, bool met)
{
    struct moment moment = {.at_us = T0 + (uint64_t)(minute * (double)MINUTE),
                            .kind = ENTRY_ROUND,
                            .met = met,
                            .interval_us = 5 * MINUTE,
                            .provisioned_rate = 600};
    snprintf(moment.cause, sizeof moment.cause, "%s", met ? "" : "refused");
    return moment;
}

static void take_round(struct timeline *timeline, double minute, bool met)
{
    struct moment moment = round_at(minute, met);
    timeline_take(timeline, &moment, sink);
}

static void take_event(struct timeline *timeline, double minute, enum entry_kind kind)
{
    struct moment moment = {.at_us = T0 + (uint64_t)(minute * (double)MINUTE), .kind = kind};
    timeline_take(timeline, &moment, sink);
}

static void end(struct timeline *timeline, double minute)
{
    timeline_end(timeline, T0 + (uint64_t)(minute * (double)MINUTE), 0, sink);
}

static void assert_gap(const struct gap *gap, double from, double to, const char *cause)
{
    assert_int_equal(gap->from_us, T0 + (uint64_t)(from * (double)MINUTE));
    assert_int_equal(gap->to_us, T0 + (uint64_t)(to * (double)MINUTE));
    assert_string_equal(gap->cause, cause);
}

static void a_removed_endpoint_has_no_gap(void **state)
{
    (void)state;
    struct timeline timeline;
    begin(&timeline);
    take_round(&timeline, 0, true);
    take_event(&timeline, 3, ENTRY_RELOADED); /* it is out */
    take_event(&timeline, 60, ENTRY_RELOADED);
    take_event(&timeline, 70, ENTRY_RELOADED); /* and in again */
    take_round(&timeline, 71, false);
    take_event(&timeline, 72, ENTRY_RELOADED); /* and out, while it fails */
    take_event(&timeline, 200, ENTRY_STOPPED);
    take_event(&timeline, 210, ENTRY_STARTED);
    end(&timeline, 300);
    assert_string_equal(spans, "warm 0-3, gap 71-72");
    begin(&timeline); /* it had been silent before the reload; a crash after one; its budget was spent */
    take_round(&timeline, 0, true);
    take_event(&timeline, 30, ENTRY_RELOADED);
    take_event(&timeline, 50, ENTRY_STOPPED);
    take_round(&timeline, 60, true);
    take_event(&timeline, 61, ENTRY_RELOADED);
    take_event(&timeline, 90, ENTRY_STARTED);
    take_event(&timeline, 110, ENTRY_STOPPED);
    take_round(&timeline, 120, true);
    take_event(&timeline, 121, ENTRY_BUDGET);
    take_event(&timeline, 122, ENTRY_RELOADED);
    take_event(&timeline, 190, ENTRY_RELOADED);
    timeline_end(&timeline, T0 + 200 * MINUTE, T0 + 200 * MINUTE, sink);
    assert_string_equal(spans, "warm 0-5, gap 5-60, warm 60-65, gap 65-120, warm 120-121, gap 121-200");
}

static void take_told_late(struct timeline *timeline, double minute)
{
    struct moment moment = round_at(minute, true);
    moment.told_late = true;
    timeline_take(timeline, &moment, sink);
}

static void what_a_summary_will_tell_is_not_known(void **state)
{
    (void)state;
    struct timeline timeline;
    begin(&timeline);
    take_told_late(&timeline, 0);
    end(&timeline, 50);
    assert_string_equal(spans, "warm 0-5, unknown 5-50");
    assert_int_equal(timeline.n_gaps, 0);
    begin(&timeline);
    take_told_late(&timeline, 0);
    end(&timeline, 90); /* it would have been told by now */
    assert_string_equal(spans, "warm 0-5, gap 5-90");
    begin(&timeline); /* a crash loses it */
    take_told_late(&timeline, 0);
    take_event(&timeline, 40, ENTRY_STARTED);
    take_told_late(&timeline, 41);
    take_told_late(&timeline, 61); /* only silence */
    take_event(&timeline, 62, ENTRY_STOPPED);
    end(&timeline, 90);
    assert_string_equal(spans, "warm 0-5, unknown 5-41, warm 41-46, gap 46-61, warm 61-66, gap 66-90");
}

static void a_round_speaks_until_the_next(void **state)
{
    (void)state;
    struct timeline timeline;
    begin(&timeline);
    take_round(&timeline, 0, true);
    take_round(&timeline, 5, true);
    take_round(&timeline, 10, false);
    take_round(&timeline, 11, false);
    take_round(&timeline, 16, true);
    end(&timeline, 20);
    assert_string_equal(spans, "warm 0-5, warm 5-10, gap 10-11, gap 11-16, warm 16-20");
    assert_int_equal(timeline.n_gaps, 1);
    assert_gap(&timeline.longest, 10, 16, "refused");
    assert_int_equal(timeline.lasted_us[SPAN_WARM], 14 * MINUTE);
    /* 600 micro-USD an hour, for 20 minutes */
    assert_true(timeline.provisioned_microusd > 199.9 && timeline.provisioned_microusd < 200.1);
}

static void silence_is_a_gap(void **state)
{
    (void)state;
    struct timeline timeline;
    begin(&timeline);
    take_round(&timeline, 0, true);
    take_round(&timeline, 10, true); /* late, but within two intervals */
    take_round(&timeline, 21, true);
    end(&timeline, 40);
    assert_string_equal(spans, "warm 0-10, warm 10-15, gap 15-21, warm 21-26, gap 26-40");
    assert_int_equal(timeline.n_gaps, 2);
    assert_gap(&timeline.longest, 26, 40, "no rounds");
}

static void a_stop_explains_silence(void **state)
{
    (void)state;
    struct timeline timeline;
    begin(&timeline);
    take_round(&timeline, 0, true);
    take_event(&timeline, 2, ENTRY_STOPPED);
    take_event(&timeline, 30, ENTRY_STARTED);
    take_round(&timeline, 31, true);
    end(&timeline, 32);
    assert_string_equal(spans, "warm 0-5, gap 5-31, warm 31-32");
    assert_gap(&timeline.longest, 5, 31, "stop");
}

static void only_new_instances_show_a_gap(void **state)
{
    (void)state;
    struct timeline timeline;
    struct moment cold = round_at(5, true);
    begin(&timeline);
    take_round(&timeline, 0, true);
    cold.all_new = true;
    timeline_take(&timeline, &cold, sink);
    take_round(&timeline, 10, true);
    end(&timeline, 10);
    assert_string_equal(spans, "gap 0-5, warm 5-10");
    assert_gap(&timeline.longest, 0, 5, "all cold");
}

static void new_instances_after_a_rest_are_no_gap(void **state)
{
    (void)state;
    struct timeline timeline;
    struct moment cold = round_at(100, true);
    begin(&timeline);
    take_round(&timeline, 0, true);
    take_event(&timeline, 3, ENTRY_RESTING);
    cold.all_new = true;
    timeline_take(&timeline, &cold, sink);
    end(&timeline, 101);
    assert_string_equal(spans, "warm 0-3, resting 3-100, warm 100-101");
    assert_int_equal(timeline.n_gaps, 0);
}

static void a_deploy_explains_the_gap_before_it_is_told(void **state)
{
    (void)state;
    struct timeline timeline;
    begin(&timeline);
    take_round(&timeline, 0, true);
    take_round(&timeline, 5, false);
    take_event(&timeline, 5, ENTRY_DEPLOYED);
    take_round(&timeline, 6, true);
    take_round(&timeline, 11, true);
    take_event(&timeline, 20, ENTRY_DEPLOYED); /* too late to explain it */
    end(&timeline, 20);
    assert_int_equal(timeline.n_gaps, 1);
    assert_gap(&timeline.longest, 5, 6, "deploy");
}

static void the_longest_of_several_gaps_is_kept(void **state)
{
    (void)state;
    struct timeline timeline;
    begin(&timeline);
    take_round(&timeline, 0, false);
    take_round(&timeline, 7, true);
    take_round(&timeline, 12, false);
    take_round(&timeline, 14, true);
    take_round(&timeline, 19, false);
    end(&timeline, 19); /* a gap without length is none */
    assert_int_equal(timeline.n_gaps, 2);
    assert_gap(&timeline.longest, 0, 7, "refused");
}

static void elsewhere_is_no_gap(void **state)
{
    (void)state;
    struct timeline timeline;
    begin(&timeline);
    take_round(&timeline, 0, true);
    take_event(&timeline, 4, ENTRY_RELEASED);
    end(&timeline, 100);
    assert_string_equal(spans, "warm 0-4, elsewhere 4-100");
    assert_int_equal(timeline.n_gaps, 0);
}

static void a_spent_budget_is_a_gap(void **state)
{
    (void)state;
    struct timeline timeline;
    begin(&timeline);
    take_round(&timeline, 0, true);
    take_event(&timeline, 1, ENTRY_BUDGET);
    end(&timeline, 61);
    assert_string_equal(spans, "warm 0-1, gap 1-61");
    assert_gap(&timeline.longest, 1, 61, "budget");
}

static void a_removed_endpoint_is_no_gap(void **state)
{
    (void)state;
    struct timeline timeline;
    begin(&timeline);
    take_round(&timeline, 0, true);
    take_event(&timeline, 3, ENTRY_RELOADED);
    timeline_end(&timeline, T0 + 100 * MINUTE, T0 + 99 * MINUTE, sink);
    assert_string_equal(spans, "warm 0-3, unknown 3-100");
    assert_int_equal(timeline.n_gaps, 0);
    /* if all were silent after it, that is no reason */
    begin(&timeline);
    take_round(&timeline, 0, true);
    take_event(&timeline, 3, ENTRY_RELOADED);
    timeline_end(&timeline, T0 + 100 * MINUTE, T0 + 3 * MINUTE, sink);
    assert_string_equal(spans, "warm 0-5, gap 5-100");
}

static void what_comes_too_late_is_passed_over(void **state)
{
    (void)state;
    struct timeline timeline;
    begin(&timeline);
    take_round(&timeline, 5, true);
    take_round(&timeline, 2, false);
    end(&timeline, 6);
    assert_string_equal(spans, "warm 5-6");
}

static void nothing_is_known_without_rounds(void **state)
{
    (void)state;
    struct timeline timeline;
    begin(&timeline);
    take_event(&timeline, 5, ENTRY_RELOADED);
    end(&timeline, 60);
    assert_string_equal(spans, "");
    assert_int_equal(timeline.first_us, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_round_speaks_until_the_next),
        cmocka_unit_test(a_removed_endpoint_has_no_gap),
        cmocka_unit_test(what_a_summary_will_tell_is_not_known),
        cmocka_unit_test(silence_is_a_gap),
        cmocka_unit_test(a_stop_explains_silence),
        cmocka_unit_test(only_new_instances_show_a_gap),
        cmocka_unit_test(new_instances_after_a_rest_are_no_gap),
        cmocka_unit_test(a_deploy_explains_the_gap_before_it_is_told),
        cmocka_unit_test(the_longest_of_several_gaps_is_kept),
        cmocka_unit_test(elsewhere_is_no_gap),
        cmocka_unit_test(a_spent_budget_is_a_gap),
        cmocka_unit_test(a_removed_endpoint_is_no_gap),
        cmocka_unit_test(what_comes_too_late_is_passed_over),
        cmocka_unit_test(nothing_is_known_without_rounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
