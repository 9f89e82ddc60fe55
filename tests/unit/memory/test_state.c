/* What survives a restart: learned, spent, throttled; and files that can't be read. */
#include "../cmocka_all.h"

#include "../scratch.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "memory/state.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOW_US (UINT64_C(1764000000) * US_PER_S)

static char url[] = "https://h.example/a", name[] = "a";

static int state_save(const char *path, const struct state *state, uint64_t now_real_us)
{
    struct replacement replacement;
    size_t position = 0;
    int result = replacement_begin(&replacement, path, STATE_MODE);
    if (result < 0)
        return result;
    while (state_print(replacement.file, state, now_real_us, &position))
        ;
    return replacement_commit(&replacement);
}

static const struct memory *state_find(const struct state *state, const char *of)
{
    size_t place = names_find(&state->names, of);
    return place == NAMES_NONE ? NULL : state->items[place];
}

static struct endpoint an_endpoint(void)
{
    return (struct endpoint){.name = name,
                             .url = url,
                             .warm = 3,
                             .interval_us = 300 * US_PER_S,
                             .interval_auto = true,
                             .interval_min_us = 60 * US_PER_S,
                             .interval_max_us = 3600 * US_PER_S,
                             .hold_us = 75 * US_PER_MS,
                             .hold_auto = true,
                             .jitter_us = 1};
}

/* Rounds of three instances, one of which is another one each time. */
static void teach(struct state *state, const struct endpoint *endpoint)
{
    struct memory *memory = state_memory(state, name);
    struct throttle *throttle = throttles_of(&state->throttles, endpoint);
    policy_init(&memory->policy, endpoint);
    memory->has_policy = true;
    for (uint64_t i = 0; i < 20; i++) {
        struct sighting seen[] = {{.id = 7}, {.id = 8 + i / 10}, {.id = UINT64_MAX - i, .born = true}};
        struct observation observation = {.sent = 3,
                                          .ok = 3,
                                          .named = true,
                                          .cold_known = true,
                                          .cold = 1,
                                          .throttled = i > 17,
                                          .first_ok = 3,
                                          .first_distinct = 3,
                                          .hold_us = 75 * US_PER_MS,
                                          .skew_us = 1234,
                                          .version = 99,
                                          .elapsed_us = 300 * US_PER_S,
                                          .sightings = seen,
                                          .n_sightings = 3};
        struct order order = {.count = 3, .hold_us = 75 * US_PER_MS};
        struct policy_outcome outcome;
        assert_int_equal(policy_take(&memory->policy, endpoint, throttle, &order, &observation,
                                     NOW_US - (20 - i) * 300 * US_PER_S, &outcome),
                         0);
    }
    memory->last_round_us = NOW_US - US_PER_S;
    memory->spend = (struct spend){.month = 2025 * 12 + 10,
                                   .usd = 0.125,
                                   .stopped = true,
                                   .other_month = 2025 * 12 + 9,
                                   .other_usd = 2.5};
}

static void what_was_learned_comes_back_as_it_was(void **state)
{
    struct state kept = {0}, again = {0};
    struct endpoint endpoint = an_endpoint();
    const char *path = scratch_path(*state, "state.json");
    teach(&kept, &endpoint);
    assert_int_equal(state_save(path, &kept, NOW_US), 0);
    assert_int_equal(state_load(path, &again, NULL), 0);
    const struct memory *before = state_find(&kept, name), *after = state_find(&again, name);
    assert_non_null(after);
    assert_true(after->has_policy);
    assert_int_equal(after->last_round_us, before->last_round_us);
    assert_memory_equal(&after->spend, &before->spend, sizeof after->spend);
    assert_memory_equal(&after->policy.interval, &before->policy.interval, sizeof after->policy.interval);
    assert_memory_equal(&after->policy.hold, &before->policy.hold, sizeof after->policy.hold);
    assert_int_equal(after->policy.version, 99);
    assert_int_equal(after->policy.retention.n, before->policy.retention.n);
    assert_true(after->policy.retention.n >= 3);
    for (size_t i = 0; i < after->policy.retention.n; i++) {
        assert_int_equal(after->policy.retention.items[i].id, before->policy.retention.items[i].id);
        assert_int_equal(after->policy.retention.items[i].age_ms, before->policy.retention.items[i].age_ms);
        assert_int_equal(after->policy.retention.items[i].longest_ms,
                         before->policy.retention.items[i].longest_ms);
    }
    assert_int_equal(again.throttles.n, 1);
    assert_int_equal(again.throttles.items[0].key, kept.throttles.items[0].key);
    assert_true(again.throttles.items[0].share < 1);
    assert_true(again.throttles.items[0].share == kept.throttles.items[0].share);
    state_free(&kept);
    state_free(&again);
}

static void endpoints_that_are_long_gone_are_forgotten(void **state)
{
    struct state kept = {0}, again = {0};
    const char *path = scratch_path(*state, "state.json");
    state_memory(&kept, "gone")->last_round_us = NOW_US - 63 * 24 * 3600 * US_PER_S;
    state_memory(&kept, "here")->last_round_us = NOW_US - 61 * 24 * 3600 * US_PER_S;
    assert_int_equal(state_save(path, &kept, NOW_US), 0);
    assert_int_equal(state_load(path, &again, NULL), 0);
    assert_null(state_find(&again, "gone"));
    assert_non_null(state_find(&again, "here"));
    state_free(&kept);
    state_free(&again);
}

static void a_file_of_version_1_is_read(void **state)
{
    struct state again = {0};
    const char *path =
        scratch_write(*state, "state.json",
                      "{\"version\": 1, \"endpoints\": {\"a\": {\"last_round_us\": 1700000000000000}}}");
    assert_int_equal(state_load(path, &again, NULL), 0);
    assert_int_equal(state_find(&again, "a")->last_round_us, 1700000000000000);
    assert_false(state_find(&again, "a")->has_policy);
    state_free(&again);
}

/* Replaces the first FROM in a good file by TO: set aside, and the daemon begins anew. */
static void damage(void *folder, const char *good, const char *from, const char *to)
{
    struct state again = {0};
    struct error error = {0};
    const char *at = strstr(good, from);
    CLEANUP_FREE char *bad = NULL;
    assert_non_null(at);
    assert_true(asprintf(&bad, "%.*s%s%s", (int)(at - good), good, to, at + strlen(from)) > 0);
    const char *path = scratch_write(folder, "state.json", bad);
    assert_int_equal(state_load(path, &again, &error), -EBADMSG);
    assert_non_null(strstr(error.message, "set aside as"));
    assert_int_equal(again.n, 0);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(access(scratch_path(folder, "state.json.damaged"), F_OK), 0);
}

static void damaged_files_are_set_aside(void **state)
{
    struct state kept = {0};
    struct endpoint endpoint = an_endpoint();
    char good[65536] = "";
    const char *path = scratch_path(*state, "state.json");
    teach(&kept, &endpoint);
    assert_int_equal(state_save(path, &kept, NOW_US), 0);
    state_free(&kept);
    FILE *file = fopen(path, "r");
    assert_true(fread(good, 1, sizeof good - 1, file) > 1000);
    fclose(file);
    damage(*state, good, "\"version\":2", "\"version\":3");
    damage(*state, good, "\"version\":2", "\"version\":-1");
    damage(*state, good, "{", "");
    damage(*state, good, "\"evidence\":[[", "\"evidence\":[[999");
    damage(*state, good, "\"interval_us\":", "\"interval_us\":-");
    damage(*state, good, "\"hold_us\":", "\"hold_us\":1e300, \"x\":");
    damage(*state, good, "\"instances\":[[\"", "\"instances\":[[\"ffffffffffffffff\",1,1,1,1,1,true],[\"");
    damage(*state, good, "\"month\":", "\"month\":1e9,\"x\":");
    damage(*state, good, "\"usd\":", "\"usd\":-");
    damage(*state, good, "\"share\":0", "\"share\":7");
    damage(*state, good, "\"lost\":", "\"lost\":1,\"x\":");
}

/* Looked up one by one, they would take seconds. */
static void thirty_thousand_names_are_read_and_the_gone_ones_bounded(void **state)
{
    enum { MANY = 30000 };
    static char near[] = "name-5", far[] = "name-29999";
    static struct endpoint used[] = {{.name = near}, {.name = far}};
    struct plan plan = {.endpoints = used, .n_endpoints = 2};
    struct state again = {0};
    char one[32];
    const char *path = scratch_path(*state, "state.json");
    FILE *file = fopen(path, "w");
    fputs("{\"version\": 2, \"endpoints\": {", file);
    for (int i = 0; i < MANY; i++)
        fprintf(file, "%s\"name-%d\": {\"last_round_us\": %d}", i ? "," : "", i, 1 + i);
    fputs("}}", file);
    fclose(file);
    assert_int_equal(state_load(path, &again, NULL), 0);
    assert_int_equal(again.n, MANY);
    state_bound(&again, &plan);
    assert_int_equal(again.n, 2 + STATE_GONE_MOST);
    assert_int_equal(state_find(&again, "name-5")->last_round_us, 6);
    assert_int_equal(state_find(&again, "name-29999")->last_round_us, MANY);
    assert_null(state_find(&again, "name-6"));
    for (int i = MANY - 1 - STATE_GONE_MOST; i < MANY - 1; i++) {
        snprintf(one, sizeof one, "name-%d", i);
        assert_int_equal(state_find(&again, one)->last_round_us, i + 1);
    }
    state_bound(&again, &plan);
    assert_int_equal(again.n, 2 + STATE_GONE_MOST);
    assert_ptr_equal(state_memory(&again, "name-29998"), state_find(&again, "name-29998"));
    state_free(&again);
}

static int allocations_left;

static void *allocate(size_t size)
{
    if (allocations_left-- > 0)
        return malloc(size);
    errno = ENOMEM; /* as malloc does */
    return NULL;
}

/* Reads PATH in a process of its own with so many allocations left, for jansson 2.14 aborts without memory in
 * some places. Returns what state_load did; -EINTR where it was aborted. */
static int load_with(const char *path, int allocations)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        struct state again = {0};
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        fclose(stderr);
        allocations_left = allocations;
        json_set_alloc_funcs(allocate, free);
        _exit(-state_load(path, &again, NULL));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

/* What couldn't be read for that is as good as ever. */
static void without_memory_a_good_file_stays(void **state)
{
    struct state kept = {0};
    struct endpoint endpoint = an_endpoint();
    const char *path = scratch_path(*state, "state.json");
    int result = -ENOMEM, without = 0;
    teach(&kept, &endpoint);
    assert_int_equal(state_save(path, &kept, NOW_US), 0);
    state_free(&kept);
    for (int enough = 0; result != 0 && enough < 100000; enough += 5) {
        result = load_with(path, enough);
        without += result == -ENOMEM;
        assert_true(result == 0 || result == -ENOMEM || result == -EINTR);
        assert_int_equal(access(path, F_OK), 0);
    }
    assert_true(without > 10);
}

/* Of an endpoint that learns nothing, no evidence is kept. */
static void what_is_not_learned_takes_no_room(void **state)
{
    struct state kept = {0};
    struct endpoint endpoint = an_endpoint();
    char text[65536] = "";
    const char *path = scratch_path(*state, "state.json");
    endpoint.interval_auto = endpoint.hold_auto = false;
    teach(&kept, &endpoint);
    assert_int_equal(state_save(path, &kept, NOW_US), 0);
    state_free(&kept);
    FILE *file = fopen(path, "r");
    assert_true(fread(text, 1, sizeof text - 1, file) > 100);
    fclose(file);
    assert_null(strstr(text, "evidence"));
    assert_int_equal(state_load(path, &kept, NULL), 0);
    assert_true(state_find(&kept, name)->has_policy);
    state_free(&kept);
}

/* Whatever lies there: it isn't waited for, nor followed, and the next file takes its place. */
static void what_is_no_plain_file_is_set_aside(void **state)
{
    struct state again = {0}, kept = {0};
    struct error error = {0};
    const char *path = scratch_path(*state, "state.json"), *new = scratch_path(*state, "state.json.new");
    const char *good = scratch_write(*state, "other", "{\"version\": 2, \"endpoints\": {}}");
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(state_load(path, &again, &error), -EBADMSG);
    assert_non_null(strstr(error.message, "it isn't a plain file"));
    assert_int_equal(symlink(good, path), 0);
    assert_int_equal(state_load(path, &again, &error), -EBADMSG);
    assert_int_equal(mkfifo(new, 0600), 0);
    state_memory(&kept, "here")->last_round_us = NOW_US;
    assert_int_equal(state_save(path, &kept, NOW_US), 0);
    assert_int_equal(symlink(good, new), 0);
    assert_int_equal(state_save(path, &kept, NOW_US), 0);
    assert_int_equal(state_load(path, &again, &error), 0);
    assert_non_null(state_find(&again, "here"));
    state_free(&again);
    assert_int_equal(state_load(good, &again, &error), 0);
    assert_null(state_find(&again, "here"));
    state_free(&again);
    state_free(&kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_learned_comes_back_as_it_was, scratch_create,
                                        scratch_remove),
        cmocka_unit_test_setup_teardown(endpoints_that_are_long_gone_are_forgotten, scratch_create,
                                        scratch_remove),
        cmocka_unit_test_setup_teardown(a_file_of_version_1_is_read, scratch_create, scratch_remove),
        cmocka_unit_test_setup_teardown(damaged_files_are_set_aside, scratch_create, scratch_remove),
        cmocka_unit_test_setup_teardown(thirty_thousand_names_are_read_and_the_gone_ones_bounded,
                                        scratch_create, scratch_remove),
        cmocka_unit_test_setup_teardown(without_memory_a_good_file_stays, scratch_create, scratch_remove),
        cmocka_unit_test_setup_teardown(what_is_not_learned_takes_no_room, scratch_create, scratch_remove),
        cmocka_unit_test_setup_teardown(what_is_no_plain_file_is_set_aside, scratch_create, scratch_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
