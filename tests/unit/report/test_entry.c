/* What is read from a journal's entry, whoever wrote it. */
#include "../cmocka_all.h"

#include "report/entry.h"

#include <string.h>

#define AT_US UINT64_C(1800000000000000)

/* An entry of FIELDS, the last one NULL; *RET_COUNTS is what entry_finish says. */
static struct entry read_fields(bool *ret_counts, const char *const *fields)
{
    struct entry entry;
    entry_begin(&entry, AT_US);
    for (; *fields; fields++)
        entry_field(&entry, *fields, strlen(*fields));
    *ret_counts = entry_finish(&entry);
    return entry;
}
#define READ(counts, ...) read_fields(&(counts), (const char *const[]){__VA_ARGS__, NULL})

static void a_round_is_read(void **state)
{
    (void)state;
    bool counts;
    struct entry entry =
        READ(counts, "PRIORITY=4", "MESSAGE=orders: 3/5 warm", "_HOSTNAME=warm-a", "WARM_EVENT=round",
             "WARM_ENDPOINT=orders", "WARM_ROUND=0123456789abcdef0123456789abcdef", "WARM_RESULT=short",
             "WARM_TARGET=5", "WARM_SENT=5", "WARM_OK=4", "WARM_DISTINCT=3", "WARM_P50_USEC=75426",
             "WARM_ERRORS=1 refused", "WARM_LATER=7");
    assert_true(counts);
    assert_int_equal(entry.kind, ENTRY_ROUND);
    assert_int_equal(entry.at_us, AT_US);
    assert_string_equal(entry.endpoint, "orders");
    assert_string_equal(entry.host, "warm-a");
    assert_string_equal(entry.round, "0123456789abcdef0123456789abcdef");
    assert_int_equal(entry.result, ROUND_SHORT);
    assert_int_equal(entry_number(&entry, NUMBER_OK), 4);
    assert_int_equal(entry_warm(&entry), 3);
    assert_int_equal(entry_number(&entry, NUMBER_P50_US), 75426);
    assert_false(entry_knows(&entry, NUMBER_COLD));
    assert_string_equal(entry.errors, "1 refused");
    assert_string_equal(entry.message, "");
}

static void what_is_missing_follows_from_the_rest(void **state)
{
    (void)state;
    bool counts;
    struct entry entry = READ(counts, "WARM_EVENT=round", "WARM_ENDPOINT=a", "WARM_TARGET=5", "WARM_OK=5");
    assert_true(counts);
    assert_int_equal(entry.result, ROUND_MET);
    assert_int_equal(entry_warm(&entry), 5);
    entry =
        READ(counts, "WARM_EVENT=round", "WARM_ENDPOINT=a", "WARM_TARGET=5", "WARM_OK=5", "WARM_DISTINCT=2");
    assert_true(counts && entry.result == ROUND_SHORT);
    entry = READ(counts, "WARM_EVENT=round", "WARM_ENDPOINT=a", "WARM_TARGET=5", "WARM_OK=0");
    assert_true(counts && entry.result == ROUND_FAILED);
    /* a result of a later version */
    entry = READ(counts, "WARM_EVENT=round", "WARM_ENDPOINT=a", "WARM_RESULT=great", "WARM_TARGET=1",
                 "WARM_OK=1");
    assert_true(counts && entry.result == ROUND_MET);
    /* no target, but a result */
    entry = READ(counts, "WARM_EVENT=round", "WARM_ENDPOINT=a", "WARM_RESULT=met");
    assert_true(counts && entry.result == ROUND_MET);
}

static void what_says_too_little_does_not_count(void **state)
{
    (void)state;
    bool counts;
    READ(counts, "WARM_EVENT=round", "WARM_RESULT=met");
    assert_false(counts);
    READ(counts, "WARM_EVENT=round", "WARM_ENDPOINT=a", "WARM_TARGET=5");
    assert_false(counts);
    READ(counts, "WARM_EVENT=round", "WARM_ENDPOINT=a b", "WARM_RESULT=met");
    assert_false(counts);
    READ(counts, "WARM_ENDPOINT=a", "WARM_RESULT=met");
    assert_false(counts);
    READ(counts, "WARM_EVENT=summary", "WARM_ENDPOINT=a", "WARM_ROUNDS=12");
    assert_false(counts);
    READ(counts, "WARM_EVENT=something-new", "WARM_ENDPOINT=a");
    assert_false(counts);
}

static void numbers_that_cannot_be_meant_are_unknown(void **state)
{
    (void)state;
    static const char *const bad[] = {"WARM_COLD=",
                                      "WARM_COLD=-1",
                                      "WARM_COLD=1 ",
                                      "WARM_COLD=0x1",
                                      "WARM_COLD=1e3",
                                      "WARM_COLD=99999999999999999999999",
                                      "WARM_COLD=999999999999999999",
                                      "WARM_COLD=cold"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        bool counts;
        struct entry entry = READ(counts, "WARM_EVENT=round", "WARM_ENDPOINT=a", "WARM_RESULT=met", bad[i]);
        assert_true(counts);
        assert_false(entry_knows(&entry, NUMBER_COLD));
    }
}

static void hostile_text_is_made_safe(void **state)
{
    (void)state;
    bool counts;
    char long_error[1024] = "WARM_ERRORS=";
    memset(long_error + strlen(long_error), '\033', 900);
    struct entry entry = READ(counts, "WARM_EVENT=round", "WARM_ENDPOINT=a", "WARM_RESULT=met", long_error,
                              "_HOSTNAME=a\nb", "WARM_ROUND=<script>alert(1)</script>aaaaaaaa");
    assert_true(counts);
    assert_null(strchr(entry.errors, '\033'));
    assert_true(strlen(entry.errors) <= ENTRY_ERRORS_MAX);
    assert_string_equal(entry.host, "a\\x0ab");
    assert_string_equal(entry.round, "");
    entry = READ(counts, "WARM_EVENT=reloaded", "MESSAGE=one\033[2Jtwo");
    assert_true(counts);
    assert_string_equal(entry.message, "one\\x1b[2Jtwo");
    assert_int_equal(entry.kind, ENTRY_RELOADED);
}

static void a_summary_is_read(void **state)
{
    (void)state;
    bool counts;
    struct entry entry = READ(counts, "WARM_EVENT=summary", "WARM_ENDPOINT=a", "WARM_MET=10", "WARM_SHORT=1",
                              "WARM_FAILED_ROUNDS=1", "WARM_ROUNDS=999");
    assert_true(counts);
    assert_int_equal(entry_number(&entry, NUMBER_ROUNDS), 12);
    assert_int_equal(entry_number(&entry, NUMBER_SINCE_US), AT_US - UINT64_C(3600000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_round_is_read),
        cmocka_unit_test(what_is_missing_follows_from_the_rest),
        cmocka_unit_test(what_says_too_little_does_not_count),
        cmocka_unit_test(numbers_that_cannot_be_meant_are_unknown),
        cmocka_unit_test(hostile_text_is_made_safe),
        cmocka_unit_test(a_summary_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
