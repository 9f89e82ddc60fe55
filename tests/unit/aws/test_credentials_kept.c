/* How long credentials are kept, when they are fetched anew, and by whom. Time is the test's own. */
#include "../cmocka_all.h"

#include "../awsd.h"
#include "../scratch.h"
#include "aws/credentials_kept.h"
#include "base/clock.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>

enum { THREADS = 16 };

#define START_US (UINT64_C(1900000000) * US_PER_S) /* 2030-03-17T17:46:40Z */

static _Atomic uint64_t ahead_ns; /* of the kernel's monotonic clock */

static uint64_t clock_of_test(clockid_t clockid)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t begun_ns = clockid == CLOCK_REALTIME ? START_US * NS_PER_US : 0;
    /* The wall clock stands still but for the jumps: expiry is counted to the second. */
    uint64_t passed_ns =
        clockid == CLOCK_REALTIME ? 0 : (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
    return begun_ns + passed_ns + ahead_ns;
}

static void advance(uint64_t seconds)
{
    ahead_ns += seconds * US_PER_S * NS_PER_US;
}

static int begin(void **state)
{
    int result = scratch_create(state);
    aws_environment_clear(*state);
    ahead_ns = 0;
    clock_set_source(clock_of_test);
    credentials_forget();
    return result;
}

static int end(void **state)
{
    credentials_forget();
    clock_set_source(NULL);
    return scratch_remove(state);
}

static void give(const char *path)
{
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", awsd_url(path), 1);
}

static int get_within(uint64_t us, char id[64], struct error *error)
{
    CLEANUP_CREDENTIALS struct aws_credentials credentials = {0};
    struct credentials_patience patience = {.until_us = clock_monotonic_us() + us, .cancel_fd = -1};
    snprintf(error->message, sizeof error->message, "something old");
    int result = credentials_get(NULL, &patience, &credentials, error);
    snprintf(id, 64, "%s", credentials.access_key_id ? credentials.access_key_id : "");
    return result;
}

/* WARNING "" stands for none. */
static void expect(const char *id, const char *warning)
{
    char got[64];
    struct error error = {0};
    int result = get_within(20 * US_PER_S, got, &error);
    if (result != 0 || strcmp(got, id) != 0)
        fail_msg("%d, %s instead of %s: %s", result, got, id, error.message);
    if (*warning ? !strstr(error.message, warning) : *error.message != '\0')
        fail_msg("warns: %s", error.message);
}

static void expect_failure(int code, const char *words)
{
    char got[64];
    struct error error = {0};
    int result = get_within(20 * US_PER_S, got, &error);
    if (result != code || !strstr(error.message, words))
        fail_msg("%d: %s", result, error.message);
}

static void refreshed_ahead_of_expiry(void **state)
{
    (void)state;
    give("/c-until/2030-03-17T18:46:40Z/ahead"); /* an hour */
    int before = awsd_count("c-until");
    char id[64], next[64];
    struct error error = {0};
    assert_int_equal(get_within(20 * US_PER_S, id, &error), 0);
    expect(id, "");
    advance(3600 - 361);
    expect(id, "");
    assert_int_equal(awsd_count("c-until"), before + 1);
    give("/c-until/2030-03-17T19:46:40Z/ahead");
    advance(62); /* 299 s are left */
    assert_int_equal(get_within(20 * US_PER_S, next, &error), 0);
    assert_string_not_equal(next, id);
    expect(next, "");
    assert_int_equal(awsd_count("c-until"), before + 2);
}

static void short_lives_are_not_fetched_all_the_time(void **state)
{
    (void)state;
    give("/c-until/2030-03-17T17:48:40Z/short"); /* two minutes */
    int before = awsd_count("c-until");
    char id[64];
    struct error error = {0};
    for (int i = 0; i < 10; i++)
        assert_int_equal(get_within(20 * US_PER_S, id, &error), 0);
    assert_int_equal(awsd_count("c-until"), before + 1);
    advance(61);
    assert_int_equal(get_within(20 * US_PER_S, id, &error), 0);
    assert_int_equal(awsd_count("c-until"), before + 2);
}

static void the_old_ones_serve_until_they_expire(void **state)
{
    (void)state;
    give("/c-until/2030-03-17T17:56:40Z/old"); /* ten minutes */
    char id[64];
    struct error error = {0};
    assert_int_equal(get_within(20 * US_PER_S, id, &error), 0);
    give("/c-401");
    int before = awsd_count("c-401");
    advance(301 + 60);
    expect(id, "HTTP 401");
    expect(id, "HTTP 401");
    assert_int_equal(awsd_count("c-401"), before + 1);
    advance(59);
    expect(id, "HTTP 401");
    assert_int_equal(awsd_count("c-401"), before + 1);
    advance(2);
    expect(id, "HTTP 401");
    assert_int_equal(awsd_count("c-401"), before + 2);
    advance(200);
    expect_failure(-EACCES, "HTTP 401");
    expect_failure(-EACCES, "HTTP 401");
    assert_int_equal(awsd_count("c-401"), before + 3);
    give("/c-ok");
    advance(3); /* a failure is not kept for long */
    assert_int_equal(get_within(20 * US_PER_S, id, &error), 0);
}

/* The instance's stay in use beyond their expiry while its metadata service is out, with ever longer pauses
 * between the tries; and so are those that it hands out expired. What a server calls expired is not. */
static void the_instances_outlive_an_outage(void **state)
{
    (void)state;
    char id[64], again[64];
    struct error error = {0};
    setenv("AWS_EC2_METADATA_DISABLED", "false", 1);
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", awsd_url("/imds-until/2030-03-17T17:56:40Z"), 1);
    assert_int_equal(get_within(20 * US_PER_S, id, &error), 0);
    assert_string_equal(error.message, "");
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", awsd_url("/imds-401"), 1);
    int before = awsd_count("imds-401-token");
    advance(3600);
    expect(id, "warm-role: its credentials expired at 2030-03-17T17:56:40Z and stay in use");
    expect(id, "HTTP 401");
    int asked = awsd_count("imds-401-token") - before; /* by one search */
    for (int minute = 0; minute < 120; minute++) {
        advance(60);
        expect(id, "stay in use");
    }
    /* 1, 2, 4 minutes and then eight: 18 or 19 searches in two hours, instead of 120. */
    int searches = (awsd_count("imds-401-token") - before) / asked;
    assert_in_range(searches, 14, 22);
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", awsd_url("/imds-until/2030-03-17T18:00:00Z"), 1);
    advance(600);
    assert_int_equal(get_within(20 * US_PER_S, again, &error), 0);
    assert_string_not_equal(again, id);
    assert_non_null(strstr(error.message, "expired at 2030-03-17T18:00:00Z and stay in use"));
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", awsd_url("/imds-401"), 1);
    struct credentials_patience patience = {.until_us = clock_monotonic_us() + 20 * US_PER_S,
                                            .cancel_fd = -1};
    CLEANUP_CREDENTIALS struct aws_credentials used = {0};
    assert_int_equal(credentials_get(NULL, &patience, &used, &error), 0);
    credentials_reject(NULL, &used);
    expect_failure(-EACCES, "HTTP 401");
}

static void rejected_ones_are_fetched_anew_once(void **state)
{
    (void)state;
    give("/c-ok");
    int before = awsd_count("c-ok");
    struct error error = {0};
    struct credentials_patience patience = {.until_us = clock_monotonic_us() + 20 * US_PER_S,
                                            .cancel_fd = -1};
    CLEANUP_CREDENTIALS struct aws_credentials first = {0};
    CLEANUP_CREDENTIALS struct aws_credentials second = {0};
    CLEANUP_CREDENTIALS struct aws_credentials third = {0};
    assert_int_equal(credentials_get(NULL, &patience, &first, &error), 0);
    credentials_reject(NULL, &first);
    assert_int_equal(credentials_get(NULL, &patience, &second, &error), 0);
    assert_string_not_equal(first.access_key_id, second.access_key_id);
    credentials_reject(NULL, &first); /* others were slower to notice */
    credentials_reject("unknown", &first);
    assert_int_equal(credentials_get(NULL, &patience, &third, &error), 0);
    assert_string_equal(second.access_key_id, third.access_key_id);
    assert_int_equal(awsd_count("c-ok"), before + 2);
    give("/c-401");
    credentials_reject(NULL, &third);
    expect_failure(-EACCES, "HTTP 401");
}

static const char *write_keys(const char *folder, const char *id)
{
    char text[128];
    snprintf(text, sizeof text, "[default]\naws_access_key_id=%s\naws_secret_access_key=planted\n", id);
    scratch_write(folder, ".aws/new", text);
    assert_int_equal(rename(scratch_path(folder, ".aws/new"), scratch_path(folder, ".aws/credentials")), 0);
    return scratch_path(folder, ".aws/credentials");
}

static void files_that_are_replaced(void **state)
{
    write_keys(*state, "AKIAONE");
    expect("AKIAONE", "");
    write_keys(*state, "AKIATWO");
    expect("AKIATWO", "");
    scratch_write(*state, ".aws/credentials", "[default]\nplanted junk\n");
    expect("AKIATWO", ".aws/credentials:2: ");
    advance(100000); /* static ones don't expire */
    expect("AKIATWO", ".aws/credentials:2: ");
    write_keys(*state, "AKIATHREE"); /* mended: seen at once */
    expect("AKIATHREE", "");
    remove(scratch_path(*state, ".aws/credentials"));
    expect("AKIATHREE", "no AWS credentials");
    credentials_forget();
    expect_failure(-ENOENT, "no AWS credentials");
    write_keys(*state, "AKIAFOUR");
    expect("AKIAFOUR", "");
}

struct asker {
    pthread_t thread;
    uint64_t patience_us;
    int cancel_fd;
    int result;
    char id[64];
    struct error error;
};

static void *ask(void *argument)
{
    struct asker *asker = argument;
    struct credentials_patience patience = {.until_us = clock_monotonic_us() + asker->patience_us,
                                            .cancel_fd = asker->cancel_fd};
    CLEANUP_CREDENTIALS struct aws_credentials credentials = {0};
    asker->result = credentials_get(NULL, &patience, &credentials, &asker->error);
    snprintf(asker->id, sizeof asker->id, "%s", credentials.access_key_id ? credentials.access_key_id : "");
    return NULL;
}

static void start(struct asker *asker, uint64_t patience_us, int cancel_fd)
{
    *asker = (struct asker){.patience_us = patience_us, .cancel_fd = cancel_fd};
    assert_int_equal(pthread_create(&asker->thread, NULL, ask, asker), 0);
}

static void wait_until_asked(const char *name, int times)
{
    for (int i = 0; i < 2000 && awsd_count(name) < times; i++)
        usleep(5000);
    assert_int_equal(awsd_count(name), times);
}

static void one_fetch_for_all(void **state)
{
    (void)state;
    struct asker askers[THREADS];
    give("/c-slow");
    int before = awsd_count("c-slow");
    for (size_t i = 0; i < THREADS; i++)
        start(&askers[i], 20 * US_PER_S, -1);
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(askers[i].thread, NULL);
        assert_int_equal(askers[i].result, 0);
        assert_string_equal(askers[i].id, askers[0].id);
    }
    assert_int_equal(awsd_count("c-slow"), before + 1);
}

static void *ask_for_region(void *argument)
{
    struct asker *asker = argument;
    struct credentials_patience patience = {.until_us = clock_monotonic_us() + 20 * US_PER_S,
                                            .cancel_fd = -1};
    CLEANUP_FREE char *region = NULL;
    asker->result = credentials_region(NULL, &patience, &region, &asker->error);
    snprintf(asker->id, sizeof asker->id, "%s", region ? region : "");
    return NULL;
}

/* Hundreds of functions begin together; the metadata service answers so many packets a second and no more. */
static void one_search_for_the_region(void **state)
{
    (void)state;
    struct asker askers[THREADS] = {0};
    setenv("AWS_EC2_METADATA_DISABLED", "false", 1);
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", awsd_url("/imds-late"), 1);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&askers[i].thread, NULL, ask_for_region, &askers[i]), 0);
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(askers[i].thread, NULL);
        assert_int_equal(askers[i].result, 0);
        assert_string_equal(askers[i].id, "eu-west-1");
    }
    assert_int_equal(awsd_count("imds-late"), 1);
}

/* Who waits has patience of its own, and who fetches may be given up without harm to the others. */
static void the_fetcher_is_given_up(void **state)
{
    (void)state;
    struct asker leader, hasty, patient;
    int cancel_fd = eventfd(0, EFD_CLOEXEC);
    give("/c-silent");
    int before = awsd_count("c-silent");
    start(&leader, 20 * US_PER_S, cancel_fd);
    wait_until_asked("c-silent", before + 1);
    start(&hasty, US_PER_S / 100, -1);
    pthread_join(hasty.thread, NULL);
    assert_int_equal(hasty.result, -ETIMEDOUT);
    assert_non_null(strstr(hasty.error.message, "not fetched in time"));
    give("/c-ok");
    start(&patient, 20 * US_PER_S, -1);
    eventfd_write(cancel_fd, 1);
    pthread_join(leader.thread, NULL);
    pthread_join(patient.thread, NULL);
    assert_int_equal(leader.result, -ECANCELED);
    assert_int_equal(patient.result, 0);
    assert_non_null(strstr(patient.id, "AKIA"));
    close(cancel_fd);
}

static void a_refresh_keeps_nobody_waiting(void **state)
{
    (void)state;
    struct asker leader;
    char id[64];
    struct error error = {0};
    int cancel_fd = eventfd(0, EFD_CLOEXEC);
    give("/c-until/2030-03-17T18:46:40Z/nobody");
    assert_int_equal(get_within(20 * US_PER_S, id, &error), 0);
    advance(3600 - 200);
    give("/c-silent");
    int before = awsd_count("c-silent");
    start(&leader, 60 * US_PER_S, cancel_fd);
    wait_until_asked("c-silent", before + 1);
    expect(id, "");
    eventfd_write(cancel_fd, 1);
    pthread_join(leader.thread, NULL);
    assert_int_equal(leader.result, -ECANCELED);
    /* Half of its patience for the refresh, and then the old ones. */
    start(&leader, US_PER_S, -1);
    pthread_join(leader.thread, NULL);
    assert_int_equal(leader.result, 0);
    assert_string_equal(leader.id, id);
    assert_non_null(strstr(leader.error.message, "no answer in time"));
    close(cancel_fd);
}

static void forgotten_while_they_are_fetched(void **state)
{
    (void)state;
    struct asker leader;
    give("/c-slow");
    int before = awsd_count("c-slow");
    start(&leader, 20 * US_PER_S, -1);
    wait_until_asked("c-slow", before + 1);
    credentials_forget();
    pthread_join(leader.thread, NULL);
    assert_int_equal(leader.result, 0);
    give("/c-ok");
    char id[64];
    struct error error = {0};
    int kept = awsd_count("c-ok");
    assert_int_equal(get_within(20 * US_PER_S, id, &error), 0);
    assert_int_equal(awsd_count("c-ok"), kept + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(refreshed_ahead_of_expiry, begin, end),
        cmocka_unit_test_setup_teardown(short_lives_are_not_fetched_all_the_time, begin, end),
        cmocka_unit_test_setup_teardown(the_old_ones_serve_until_they_expire, begin, end),
        cmocka_unit_test_setup_teardown(the_instances_outlive_an_outage, begin, end),
        cmocka_unit_test_setup_teardown(rejected_ones_are_fetched_anew_once, begin, end),
        cmocka_unit_test_setup_teardown(files_that_are_replaced, begin, end),
        cmocka_unit_test_setup_teardown(one_fetch_for_all, begin, end),
        cmocka_unit_test_setup_teardown(one_search_for_the_region, begin, end),
        cmocka_unit_test_setup_teardown(the_fetcher_is_given_up, begin, end),
        cmocka_unit_test_setup_teardown(a_refresh_keeps_nobody_waiting, begin, end),
        cmocka_unit_test_setup_teardown(forgotten_while_they_are_fetched, begin, end),
    };
    return cmocka_run_group_tests(tests, awsd_start, awsd_stop);
}
