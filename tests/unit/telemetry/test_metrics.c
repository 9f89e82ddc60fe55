/* The metrics file: what is counted, how it is written, what a reader may see. */
#include "../cmocka_all.h"

#include "../scratch.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "telemetry/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MOST = 65536 };
#define MS UINT64_C(1000000)
#define NOW_US UINT64_C(1764000000123456)

static char a[] = "a", b[] = "b";

/* The endpoints of the metrics. */
static struct metrics_row rows[2];
static struct counts counts[2];

static struct metrics_row row_at(size_t i, const void *context)
{
    (void)context;
    return rows[i];
}

static void add(struct metrics *metrics, const char *name)
{
    size_t i = metrics->n++;
    counts[i] = (struct counts){0};
    rows[i] = (struct metrics_row){.name = name, .counts = &counts[i]};
    metrics->row = row_at;
}

static const char *read_file(const char *path)
{
    static char text[FILE_MOST];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

/* Replaces PATH with all of it at once, as service/upkeep.c does part by part. */
static int metrics_write(const struct metrics *metrics, const char *path, struct error *error)
{
    struct replacement replacement;
    size_t position = 0;
    int result = replacement_begin(&replacement, path, METRICS_MODE);
    if (result == 0) {
        while (metrics_print(replacement.file, metrics, &position))
            ;
        result = replacement_commit(&replacement);
    }
    return result == 0 ? 0 : error_set(error, result, "cannot write %s: %s", path, strerror(-result));
}

static const char *written(const struct metrics *metrics, const char *folder)
{
    const char *path = scratch_path(folder, "m.prom");
    assert_int_equal(metrics_write(metrics, path, NULL), 0);
    return read_file(path);
}

/* Is LINE, without the prefix that all have, a line of TEXT? */
static bool has(const char *text, const char *line)
{
    CLEANUP_FREE char *whole = NULL;
    assert_true(asprintf(&whole, "\nlambda_warmd_%s\n", line) > 0);
    return strstr(text, whole) != NULL;
}

#define assert_has(text, line) assert_true(has(text, line))

/* A round of endpoint a with these samples, each as long as DURATIONS_NS says. */
static struct round a_round(enum round_result result, struct sample *samples, const uint64_t *durations_ns,
                            size_t n)
{
    for (size_t i = 0; i < n; i++)
        samples[i] =
            (struct sample){.outcome = OUTCOME_OK, .release_ns = 5 * MS, .end_ns = 5 * MS + durations_ns[i]};
    return (struct round){.endpoint = a,
                          .result = result,
                          .target = 9,
                          .sent = (uint32_t)n,
                          .ok = (uint32_t)n,
                          .warm = (uint32_t)n,
                          .samples = samples,
                          .n_samples = n};
}

static void rounds_and_requests_add_up(void **state)
{
    struct metrics metrics = {0};
    struct round met = {
        .endpoint = a, .result = ROUND_MET, .ok = 20, .distinct_known = true, .distinct = 19, .warm = 19};
    struct round poor = {
        .endpoint = a, .result = ROUND_SHORT, .ok = 3, .warm = 3, .failed = 5, .throttled = 7};
    struct round failed = {.endpoint = a, .result = ROUND_FAILED, .failed = 11, .skew_us = 1234};
    add(&metrics, a);
    add(&metrics, b);
    counts_add(&counts[0], &met, NOW_US);
    assert_has(written(&metrics, *state), "warm_instances{endpoint=\"a\"} 19");
    counts_add(&counts[0], &poor, NOW_US);
    assert_has(written(&metrics, *state), "warm_instances{endpoint=\"a\"} 3");
    counts_add(&counts[0], &failed, NOW_US);
    counts_add(&counts[0], &failed, NOW_US + 1);
    const char *text = written(&metrics, *state);
    assert_has(text, "rounds_total{endpoint=\"a\",result=\"met\"} 1");
    assert_has(text, "rounds_total{endpoint=\"a\",result=\"short\"} 1");
    assert_has(text, "rounds_total{endpoint=\"a\",result=\"failed\"} 2");
    assert_has(text, "requests_total{endpoint=\"a\",result=\"ok\"} 23");
    assert_has(text, "requests_total{endpoint=\"a\",result=\"failed\"} 27");
    assert_has(text, "requests_total{endpoint=\"a\",result=\"throttled\"} 7");
    assert_has(text, "warm_instances{endpoint=\"a\"} 0");
    assert_has(text, "release_skew_seconds{endpoint=\"a\"} 0.001234");
    assert_has(text, "last_round_timestamp_seconds{endpoint=\"a\"} 1764000000.123457");
    assert_has(text, "rounds_total{endpoint=\"b\",result=\"met\"} 0");
}

static void durations_fall_into_buckets(void **state)
{
    struct metrics metrics = {0};
    const uint64_t durations_ns[] = {1 * MS, 1 * MS + 1, 75 * MS, 76 * MS, 30000 * MS, 30000 * MS + 1, 7};
    struct sample samples[COUNT_OF(durations_ns)];
    struct round round = a_round(ROUND_SHORT, samples, durations_ns, COUNT_OF(durations_ns));
    samples[6].outcome = OUTCOME_FAILED; /* how long failures took says nothing of the function */
    add(&metrics, a);
    counts_add(&counts[0], &round, NOW_US);
    counts_add(&counts[0], &round, NOW_US);
    const char *text = written(&metrics, *state);
    assert_has(text, "request_duration_seconds_bucket{endpoint=\"a\",le=\"0.001\"} 2");
    assert_has(text, "request_duration_seconds_bucket{endpoint=\"a\",le=\"0.0025\"} 4");
    assert_has(text, "request_duration_seconds_bucket{endpoint=\"a\",le=\"0.05\"} 4");
    assert_has(text, "request_duration_seconds_bucket{endpoint=\"a\",le=\"0.075\"} 6");
    assert_has(text, "request_duration_seconds_bucket{endpoint=\"a\",le=\"0.1\"} 8");
    assert_has(text, "request_duration_seconds_bucket{endpoint=\"a\",le=\"10.0\"} 8");
    assert_has(text, "request_duration_seconds_bucket{endpoint=\"a\",le=\"30.0\"} 10");
    assert_has(text, "request_duration_seconds_bucket{endpoint=\"a\",le=\"+Inf\"} 12");
    assert_has(text, "request_duration_seconds_count{endpoint=\"a\"} 12");
    assert_has(text, "request_duration_seconds_sum{endpoint=\"a\"} 120.306000004");
}

static void bounds_are_what_their_labels_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < METRICS_BUCKETS; i++) {
        assert_true((double)metrics_bounds[i].ns == strtod(metrics_bounds[i].label, NULL) * 1e9);
        assert_true(i == 0 || metrics_bounds[i].ns > metrics_bounds[i - 1].ns);
    }
}

static void what_is_not_known_is_left_out(void **state)
{
    struct metrics metrics = {0};
    struct round silent = {.endpoint = a, .ok = 1, .warm = 1, .cold = 99, .cost_usd = 99e-6};
    struct round telling = {.endpoint = a,
                            .ok = 1,
                            .warm = 1,
                            .cold_known = true,
                            .cold = 4,
                            .cost_known = true,
                            .cost_usd = 2.000001};
    add(&metrics, a);
    const char *text = written(&metrics, *state);
    assert_null(strstr(text, "lambda_warmd_warm_instances{"));
    assert_null(strstr(text, "lambda_warmd_release_skew_seconds{"));
    assert_null(strstr(text, "lambda_warmd_last_round_timestamp_seconds{"));
    counts_add(&counts[0], &silent, NOW_US);
    text = written(&metrics, *state);
    assert_null(strstr(text, "lambda_warmd_cold_starts_total{"));
    assert_null(strstr(text, "lambda_warmd_estimated_cost_usd_total{"));
    assert_has(text, "warm_instances{endpoint=\"a\"} 1");
    counts_add(&counts[0], &telling, NOW_US);
    counts_add(&counts[0], &silent, NOW_US);
    counts_add(&counts[0], &telling, NOW_US);
    text = written(&metrics, *state);
    assert_has(text, "cold_starts_total{endpoint=\"a\"} 8");
    assert_has(text, "estimated_cost_usd_total{endpoint=\"a\"} 4.000002");
}

static void what_the_cheapest_rounds_cost_adds_up(void **state)
{
    struct metrics metrics = {0};
    struct round cheap = {.endpoint = a, .ok = 1, .cost_known = true, .cost_usd = 0.356250e-6};
    add(&metrics, a);
    for (int i = 0; i < 1000; i++)
        counts_add(&counts[0], &cheap, NOW_US);
    assert_has(written(&metrics, *state), "estimated_cost_usd_total{endpoint=\"a\"} 0.00035625");
}

static void what_is_in_force_is_told_before_any_round(void **state)
{
    struct metrics metrics = {0};
    add(&metrics, a);
    rows[0].target = 10000, rows[0].interval_us = 300250000, rows[0].hold_us = 1500;
    metrics.reloaded = true;
    const char *text = written(&metrics, *state);
    assert_has(text, "warm_target{endpoint=\"a\"} 10000");
    assert_has(text, "interval_seconds{endpoint=\"a\"} 300.250000");
    assert_has(text, "hold_seconds{endpoint=\"a\"} 0.001500");
    assert_has(text, "config_last_reload_successful 1");
    assert_has(text, "build_info{version=\"" WARMD_VERSION "\"} 1");
    assert_null(strstr(text, "\"b\""));
    metrics.reloaded = false;
    assert_has(written(&metrics, *state), "config_last_reload_successful 0");
}

static void labels_are_escaped(void **state)
{
    struct metrics metrics = {0};
    add(&metrics, "q\"b\\n\nü");
    assert_has(written(&metrics, *state), "warm_target{endpoint=\"q\\\"b\\\\n\\nü\"} 0");
}

static void anyone_may_read_it_whatever_the_umask_is(void **state)
{
    struct metrics metrics = {0};
    struct stat seen;
    mode_t before = umask(0777);
    written(&metrics, *state);
    umask(before);
    assert_int_equal(stat(scratch_path(*state, "m.prom"), &seen), 0);
    assert_int_equal(seen.st_mode & 07777, 0644);
    assert_int_equal(access(scratch_path(*state, "m.prom.new"), F_OK), -1);
}

static void who_has_it_open_goes_on_reading_the_old_one(void **state)
{
    struct metrics metrics = {0};
    char old[FILE_MOST], seen[FILE_MOST] = "";
    snprintf(old, sizeof old, "%s", written(&metrics, *state));
    FILE *file = fopen(scratch_path(*state, "m.prom"), "r");
    assert_non_null(file);
    setvbuf(file, NULL, _IONBF, 0);
    size_t half = strlen(old) / 2;
    assert_int_equal(fread(seen, 1, half, file), half);
    metrics.reloaded = true;
    assert_string_not_equal(written(&metrics, *state), old);
    assert_int_equal(fread(seen + half, 1, sizeof seen - 1 - half, file), strlen(old) - half);
    fclose(file);
    assert_string_equal(seen, old);
}

/* What lies in the way under the other name is replaced, not written into. */
static void nothing_else_is_written_into(void **state)
{
    struct metrics metrics = {0};
    const char *other = scratch_write(*state, "other", "precious");
    const char *new = scratch_path(*state, "m.prom.new"), *path = scratch_path(*state, "m.prom");
    assert_int_equal(symlink(other, new), 0);
    assert_has(written(&metrics, *state), "config_last_reload_successful 0");
    assert_string_equal(read_file(other), "precious");
    assert_int_equal(mkfifo(new, 0600), 0); /* without a reader, opening it would wait for ever */
    metrics.reloaded = true;
    assert_has(written(&metrics, *state), "config_last_reload_successful 1");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink(other, path), 0);
    assert_has(written(&metrics, *state), "config_last_reload_successful 1");
    assert_string_equal(read_file(other), "precious");
}

static void failures_are_told_and_leave_the_old_one(void **state)
{
    struct metrics metrics = {0};
    struct error error = {0};
    assert_int_equal(metrics_write(&metrics, scratch_path(*state, "no/m.prom"), &error), -ENOENT);
    assert_non_null(strstr(error.message, "no/m.prom: No such file or directory"));
    assert_int_equal(mkdir(scratch_path(*state, "folder"), 0700), 0);
    assert_int_equal(metrics_write(&metrics, scratch_path(*state, "folder"), &error), -EISDIR);
    assert_int_equal(access(scratch_path(*state, "folder.new"), F_OK), -1);
    assert_int_equal(mkdir(scratch_path(*state, "m.prom.new"), 0700), 0);
    assert_int_equal(metrics_write(&metrics, scratch_path(*state, "m.prom"), &error), -EEXIST);
}

static void a_file_that_does_not_fit_is_not_put_in_place(void **state)
{
    struct metrics metrics = {0};
    struct error error = {0};
    struct rlimit limit;
    char old[FILE_MOST];
    snprintf(old, sizeof old, "%s", written(&metrics, *state));
    metrics.reloaded = true;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){100, limit.rlim_max}), 0);
    int result = metrics_write(&metrics, scratch_path(*state, "m.prom"), &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(result, -EFBIG);
    assert_non_null(strstr(error.message, "File too large"));
    assert_string_equal(read_file(scratch_path(*state, "m.prom")), old);
    assert_int_equal(access(scratch_path(*state, "m.prom.new"), F_OK), -1);
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_create, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCRATCH(rounds_and_requests_add_up),
        WITH_SCRATCH(durations_fall_into_buckets),
        cmocka_unit_test(bounds_are_what_their_labels_say),
        WITH_SCRATCH(what_is_not_known_is_left_out),
        WITH_SCRATCH(what_the_cheapest_rounds_cost_adds_up),
        WITH_SCRATCH(what_is_in_force_is_told_before_any_round),
        WITH_SCRATCH(labels_are_escaped),
        WITH_SCRATCH(anyone_may_read_it_whatever_the_umask_is),
        WITH_SCRATCH(who_has_it_open_goes_on_reading_the_old_one),
        WITH_SCRATCH(nothing_else_is_written_into),
        WITH_SCRATCH(failures_are_told_and_leave_the_old_one),
        WITH_SCRATCH(a_file_that_does_not_fit_is_not_put_in_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
