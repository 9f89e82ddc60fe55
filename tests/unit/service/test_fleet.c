/* The fleet: what follows from a finished round. */
#include "service/files.h"

#include "../cmocka_all.h"
#include "../config_load.h"
#include "../scratch.h"
#include "base/clock.h"
#include "base/text.h"
#include "decide/verdict.h"

#include <stdio.h>
#include <string.h>

/* A round of ENDPOINT that WARMER has begun, in which the same instances as ever have answered. */
static struct round *round_of(struct warmer *warmer, uint64_t elapsed_us)
{
    struct round *round = calloc(1, sizeof *round);
    assert_non_null(round);
    round->endpoint = strdup(warmer->endpoint->name);
    round->target = warmer->endpoint->warm;
    round->n_samples = round->target;
    round->samples = calloc(round->n_samples, sizeof *round->samples);
    assert_non_null(round->samples);
    for (uint32_t i = 0; i < round->n_samples; i++) {
        round->samples[i] = (struct sample){.index = i + 1,
                                            .attempt = 1,
                                            .outcome = OUTCOME_OK,
                                            .cold = COLD_NO,
                                            .release_ns = 1,
                                            .end_ns = 2};
        assert_true(asprintf(&round->samples[i].instance, "instance-%u", i) > 0);
    }
    warmer->order = (struct order){.count = round->target, .hold_us = 75 * US_PER_MS, .attempts = 1};
    warmer->elapsed_us = elapsed_us;
    warmer->began_us = clock_boot_us();
    round->n_attempts = 1;
    round->attempts[0].hold_us = 75 * US_PER_MS;
    assert_int_equal(verdict_reach(round), 0);
    return round;
}

static void finish_round_of(struct fleet *fleet, struct warmer *warmer)
{
    struct round *round = round_of(warmer, 0);
    fleet_take(fleet, warmer, round);
    round_free(round);
}

static bool has_line(const char *path, const char *wanted)
{
    char line[256];
    FILE *file = fopen(path, "r");
    bool found = false;
    while (file && !found && fgets(line, sizeof line, file))
        found = strncmp(line, wanted, strlen(wanted)) == 0;
    if (file)
        fclose(file);
    return found;
}

/* The interval that is in force is the same wherever it is to be read. */
static void a_learned_interval_is_told_alike_everywhere(void **state)
{
    CLEANUP_LOAD struct load load = load_text(
        *state, "daemon = { metrics_file = \"m.prom\"; };\nendpoints = ( { name = \"a\"; warm = 10; "
                "interval = \"auto\"; url = \"http://127.0.0.1:9/\"; } );");
    struct fleet fleet = {0};
    struct files files = {0};
    struct reading reading = {.accepted = true};
    sd_event *loop = NULL;
    size_t changes = 0;
    unsetenv("STATE_DIRECTORY");
    assert_int_equal(load.result, 0);
    assert_true(sd_event_new(&loop) >= 0);
    assert_int_equal(fleet_open(&fleet, loop), 0);
    assert_int_equal(files_open(&files, &fleet), 0);
    assert_int_equal(fleet_adopt(&fleet, load.plan), 0);
    struct warmer *warmer = &fleet.warmers[0];
    for (int i = 0; i < 30; i++) {
        char line[128];
        uint64_t before_us = policy_interval_us(&warmer->memory->policy, warmer->endpoint);
        struct round *round = round_of(warmer, before_us);
        fleet_take(&fleet, warmer, round);
        uint64_t now_us = policy_interval_us(&warmer->memory->policy, warmer->endpoint);
        changes += now_us != before_us;
        assert_true(round->interval_us == now_us);
        round_free(round);
        files_take_reading(&files, &reading); /* it writes the metrics at once */
        snprintf(line, sizeof line, "lambda_warmd_interval_seconds{endpoint=\"a\"} %.6f\n",
                 (double)now_us / (double)US_PER_S);
        assert_true(has_line(scratch_path(*state, "m.prom"), line));
    }
    assert_true(changes > 5);
    files_close(&files);
    fleet_close(&fleet);
    sd_event_unref(loop);
}

static const char *whole_file(const char *path)
{
    static char text[65536];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

/* Brings a configuration into force, and returns the metrics that are written then. */
static const char *adopt(struct fleet *fleet, struct files *files, void *folder, const char *endpoints)
{
    CLEANUP_FREE char *text = NULL;
    struct reading reading = {.accepted = true};
    assert_true(asprintf(&text, "daemon = { metrics_file = \"m.prom\"; };\nendpoints = ( %s );", endpoints) >
                0);
    CLEANUP_LOAD struct load load = load_text(folder, text);
    assert_int_equal(load.result, 0);
    files_restart(files);
    assert_int_equal(fleet_adopt(fleet, load.plan), 0);
    files_take_reading(files, &reading);
    return whole_file(scratch_path(folder, "m.prom"));
}

#define A "{ name = \"a\"; warm = 2; url = \"http://127.0.0.1:9/a\"; }"
#define B "{ name = \"b\"; warm = 2; url = \"http://127.0.0.1:9/b\"; }"
#define C "{ name = \"c\"; warm = 2; url = \"http://127.0.0.1:9/c\"; }"
#define C_OFF "{ name = \"c\"; warm = 2; url = \"http://127.0.0.1:9/c\"; enabled = false; }"

static void a_reload_takes_out_some_and_others_go_on(void **state)
{
    struct fleet fleet = {0};
    struct files files = {0};
    sd_event *loop = NULL;
    unsetenv("STATE_DIRECTORY");
    assert_true(sd_event_new(&loop) >= 0);
    assert_int_equal(fleet_open(&fleet, loop), 0);
    assert_int_equal(files_open(&files, &fleet), 0);
    adopt(&fleet, &files, *state, A ", " B ", " C);
    finish_round_of(&fleet, &fleet.warmers[0]);
    finish_round_of(&fleet, &fleet.warmers[1]);
    struct round *running = round_of(&fleet.warmers[0], 0);
    adopt(&fleet, &files, *state, B ", " C_OFF);
    fleet_take(&fleet, NULL, running); /* that was still running */
    round_free(running);
    finish_round_of(&fleet, &fleet.warmers[0]);
    const char *text = adopt(&fleet, &files, *state, B ", " C_OFF);
    assert_null(strstr(text, "\"a\""));
    assert_null(strstr(text, "\"c\""));
    assert_non_null(strstr(text, "lambda_warmd_rounds_total{endpoint=\"b\",result=\"met\"} 2\n"));
    text = adopt(&fleet, &files, *state, A ", " B);
    assert_non_null(strstr(text, "lambda_warmd_rounds_total{endpoint=\"a\",result=\"met\"} 0\n"));
    files_close(&files);
    fleet_close(&fleet);
    sd_event_unref(loop);
}

/* However many names a state file has that no endpoint has any more. */
static void what_is_gone_is_bounded(void **state)
{
    CLEANUP_LOAD struct load load = load_text(*state, "endpoints = ( " A " );");
    struct fleet fleet = {0};
    sd_event *loop = NULL;
    char name[32];
    assert_true(sd_event_new(&loop) >= 0);
    assert_int_equal(fleet_open(&fleet, loop), 0);
    for (int i = 0; i < STATE_GONE_MOST + 5; i++) {
        snprintf(name, sizeof name, "gone-%d", i);
        state_memory(&fleet.state, name)->last_round_us = 1 + (uint64_t)i;
    }
    assert_int_equal(fleet_adopt(&fleet, load.plan), 0);
    assert_int_equal(fleet.state.n, 1 + STATE_GONE_MOST);
    assert_int_equal(names_find(&fleet.state.names, "gone-4"), NAMES_NONE);
    assert_int_not_equal(names_find(&fleet.state.names, "gone-5"), NAMES_NONE);
    fleet_close(&fleet);
    sd_event_unref(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_learned_interval_is_told_alike_everywhere, scratch_create,
                                        scratch_remove),
        cmocka_unit_test_setup_teardown(a_reload_takes_out_some_and_others_go_on, scratch_create,
                                        scratch_remove),
        cmocka_unit_test_setup_teardown(what_is_gone_is_bounded, scratch_create, scratch_remove)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
