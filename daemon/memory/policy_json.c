#include "memory/policy_json.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { INSTANCES_MOST = 100000, FUNCTIONS_MOST = 100000 };

/* writing */

/* jansson's integers are signed, so hashes are text. */
static json_t *hash_json(uint64_t hash)
{
    char text[17];
    snprintf(text, sizeof text, "%016" PRIx64, hash);
    return json_string(text);
}

static json_t *time_json(uint64_t us)
{
    return json_integer((json_int_t)(us > INT64_MAX ? INT64_MAX : us));
}

/* [class, survived, died] of each class that has any. */
static json_t *lifetimes_json(const struct lifetimes *lifetimes)
{
    json_t *list = json_array();
    for (int i = 0; i < LIFETIMES_CLASSES; i++)
        if (lifetimes->survived[i] != 0 || lifetimes->died[i] != 0)
            json_array_append_new(list,
                                  json_pack("[i, f, f]", i, lifetimes->survived[i], lifetimes->died[i]));
    return list;
}

static json_t *interval_json(const struct learned_interval *learned)
{
    return json_pack("{s:o, s:f, s:f, s:o, s:I, s:I, s:f, s:b, s:b}", "evidence",
                     lifetimes_json(&learned->lifetimes), "retired", learned->lifetimes.retired,
                     "instance_us", learned->lifetimes.instance_us, "interval_us",
                     time_json(learned->interval_us), "rounds", (json_int_t)learned->rounds, "full_rounds",
                     (json_int_t)learned->full_rounds, "alarm", learned->alarm, "lost", (int)learned->lost,
                     "settled", (int)learned->settled);
}

/* [id, age, idle, longest, died, absent, age unknown], times in milliseconds. */
static json_t *retention_json(const struct retention *retention)
{
    json_t *list = json_array();
    for (size_t i = 0; i < retention->n; i++) {
        const struct seen *seen = &retention->items[i];
        json_array_append_new(list, json_pack("[o, I, I, I, I, i, b]", hash_json(seen->id),
                                              (json_int_t)seen->age_ms, (json_int_t)seen->idle_ms,
                                              (json_int_t)seen->longest_ms, (json_int_t)seen->died_ms,
                                              (int)seen->absent, (int)seen->of_age_unknown));
    }
    return json_pack("{s:o, s:o}", "invented", hash_json(retention->invented), "instances", list);
}

json_t *policy_json(const struct policy_state *policy)
{
    json_t *json = json_object();
    json_object_set_new(json, "endpoint", hash_json(policy->endpoint));
    json_object_set_new(json, "interval_auto", json_boolean(policy->interval_auto));
    json_object_set_new(json, "hold_auto", json_boolean(policy->hold_auto));
    if (policy->interval_auto)
        json_object_set_new(json, "interval", interval_json(&policy->interval));
    if (policy->hold_auto)
        json_object_set_new(json, "hold",
                            json_pack("{s:f, s:f, s:b}", "hold_us", policy->hold.hold_us, "skew_us",
                                      policy->hold.skew_us, "was_short", (int)policy->hold.was_short));
    json_object_set_new(json, "retention", retention_json(&policy->retention));
    json_object_set_new(json, "failing",
                        json_pack("{s:I, s:o}", "rounds", (json_int_t)policy->failing.rounds, "since_real_us",
                                  time_json(policy->failing.since_real_us)));
    json_object_set_new(json, "version", hash_json(policy->version));
    json_object_set_new(json, "unseen_us", time_json(policy->unseen_us));
    json_object_set_new(json, "unseen_unknown", json_boolean(policy->unseen_unknown));
    json_object_set_new(json, "came_at_once", json_boolean(policy->came_at_once));
    json_object_set_new(json, "told_unproven", json_boolean(policy->told_unproven));
    json_object_set_new(json, "reached", json_integer(policy->reached));
    json_object_set_new(json, "last_real_us", time_json(policy->last_real_us));
    json_object_set_new(json, "told_interval_us", time_json(policy->told_interval_us));
    json_object_set_new(json, "told_hold_us", time_json(policy->told_hold_us));
    return json;
}

json_t *throttles_json(const struct throttles *throttles)
{
    json_t *list = json_array();
    for (size_t i = 0; i < throttles->n; i++) {
        const struct throttle *throttle = &throttles->items[i];
        if (!throttle_is_on(throttle) && throttle->streak == 0)
            continue;
        json_array_append_new(
            list, json_pack("{s:o, s:f, s:I, s:o, s:o, s:o, s:I, s:I, s:I, s:I}", "function",
                            hash_json(throttle->key), "share", throttle->share, "streak",
                            (json_int_t)throttle->streak, "wait_us", time_json(throttle->wait_us),
                            "until_real_us", time_json(throttle->until_real_us), "changed_real_us",
                            time_json(throttle->changed_real_us), "calm", (json_int_t)throttle->calm,
                            "ceiling", (json_int_t)throttle->ceiling, "pause", (json_int_t)throttle->pause,
                            "paused", (json_int_t)throttle->paused));
    }
    return list;
}

/* reading: each sets *GOOD to false if something is missing or impossible */

static uint64_t hash_of(const json_t *json, bool *good)
{
    const char *text = json_string_value(json);
    if (!text || strlen(text) != 16 || strspn(text, "0123456789abcdef") != 16) {
        *good = false;
        return 0;
    }
    return strtoull(text, NULL, 16);
}

static uint64_t whole_of(const json_t *json, uint64_t most, bool *good)
{
    json_int_t value = json_integer_value(json);
    if (!json_is_integer(json) || value < 0 || (uint64_t)value > most) {
        *good = false;
        return 0;
    }
    return (uint64_t)value;
}

static double number_of(const json_t *json, double most, bool *good)
{
    double value = json_number_value(json);
    if (!json_is_number(json) || !isfinite(value) || value < 0 || value > most) {
        *good = false;
        return 0;
    }
    return value;
}

static bool flag_of(const json_t *json, bool *good)
{
    *good = *good && json_is_boolean(json);
    return json_is_true(json);
}

static const double EVIDENCE_MOST = 1e12, HOLD_MOST_US = 1e9;

static void read_lifetimes(const json_t *list, struct lifetimes *lifetimes, bool *good)
{
    *good = *good && json_is_array(list);
    for (size_t i = 0; *good && i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        uint64_t class = whole_of(json_array_get(entry, 0), LIFETIMES_CLASSES - 1, good);
        lifetimes->survived[class] = number_of(json_array_get(entry, 1), EVIDENCE_MOST, good);
        lifetimes->died[class] = number_of(json_array_get(entry, 2), EVIDENCE_MOST, good);
    }
}

static void read_interval(const json_t *json, struct learned_interval *learned, bool *good)
{
    read_lifetimes(json_object_get(json, "evidence"), &learned->lifetimes, good);
    learned->lifetimes.retired = number_of(json_object_get(json, "retired"), EVIDENCE_MOST, good);
    learned->lifetimes.instance_us = number_of(json_object_get(json, "instance_us"), HUGE_VAL, good);
    learned->interval_us = whole_of(json_object_get(json, "interval_us"), INT64_MAX, good);
    learned->rounds = (uint32_t)whole_of(json_object_get(json, "rounds"), UINT32_MAX, good);
    learned->full_rounds = (uint32_t)whole_of(json_object_get(json, "full_rounds"), UINT32_MAX, good);
    learned->alarm = number_of(json_object_get(json, "alarm"), EVIDENCE_MOST, good);
    learned->lost = flag_of(json_object_get(json, "lost"), good);
    learned->settled = flag_of(json_object_get(json, "settled"), good);
}

static void read_hold(const json_t *json, struct learned_hold *learned, bool *good)
{
    learned->hold_us = number_of(json_object_get(json, "hold_us"), HOLD_MOST_US, good);
    learned->skew_us = number_of(json_object_get(json, "skew_us"), HOLD_MOST_US, good);
    learned->was_short = flag_of(json_object_get(json, "was_short"), good);
}

static struct seen read_seen(const json_t *entry, bool *good)
{
    return (struct seen){.id = hash_of(json_array_get(entry, 0), good),
                         .age_ms = (uint32_t)whole_of(json_array_get(entry, 1), UINT32_MAX, good),
                         .idle_ms = (uint32_t)whole_of(json_array_get(entry, 2), UINT32_MAX, good),
                         .longest_ms = (uint32_t)whole_of(json_array_get(entry, 3), UINT32_MAX, good),
                         .died_ms = (uint32_t)whole_of(json_array_get(entry, 4), UINT32_MAX, good),
                         .absent = (uint8_t)whole_of(json_array_get(entry, 5), UINT8_MAX, good),
                         .of_age_unknown = flag_of(json_array_get(entry, 6), good)};
}

/* The instances must be in the order of their ids, because lookups rely on it. False: no memory. */
static bool read_retention(const json_t *json, struct retention *retention, bool *good)
{
    const json_t *list = json_object_get(json, "instances");
    size_t n = json_array_size(list);
    retention->invented = hash_of(json_object_get(json, "invented"), good);
    *good = *good && json_is_array(list) && n <= INSTANCES_MOST;
    if (!*good || n == 0)
        return true;
    retention->items = calloc(n, sizeof *retention->items);
    if (!retention->items)
        return false;
    for (size_t i = 0; *good && i < n; i++) {
        retention->items[i] = read_seen(json_array_get(list, i), good);
        *good = *good && (i == 0 || retention->items[i - 1].id < retention->items[i].id);
        retention->n = i + 1;
    }
    return true;
}

int policy_from_json(const json_t *json, struct policy_state *ret_policy)
{
    struct policy_state policy = {0};
    const json_t *failing = json_object_get(json, "failing");
    bool good = true;
    policy.endpoint = hash_of(json_object_get(json, "endpoint"), &good);
    policy.interval_auto = flag_of(json_object_get(json, "interval_auto"), &good);
    policy.hold_auto = flag_of(json_object_get(json, "hold_auto"), &good);
    if (policy.interval_auto)
        read_interval(json_object_get(json, "interval"), &policy.interval, &good);
    if (policy.hold_auto)
        read_hold(json_object_get(json, "hold"), &policy.hold, &good);
    bool memory = read_retention(json_object_get(json, "retention"), &policy.retention, &good);
    policy.failing.rounds = (uint32_t)whole_of(json_object_get(failing, "rounds"), UINT32_MAX, &good);
    policy.failing.since_real_us = whole_of(json_object_get(failing, "since_real_us"), INT64_MAX, &good);
    policy.version = hash_of(json_object_get(json, "version"), &good);
    policy.unseen_us = whole_of(json_object_get(json, "unseen_us"), INT64_MAX, &good);
    policy.unseen_unknown = flag_of(json_object_get(json, "unseen_unknown"), &good);
    policy.came_at_once = flag_of(json_object_get(json, "came_at_once"), &good);
    policy.told_unproven = flag_of(json_object_get(json, "told_unproven"), &good);
    policy.reached = (uint32_t)whole_of(json_object_get(json, "reached"), UINT32_MAX, &good);
    policy.last_real_us = whole_of(json_object_get(json, "last_real_us"), INT64_MAX, &good);
    policy.told_interval_us = whole_of(json_object_get(json, "told_interval_us"), INT64_MAX, &good);
    policy.told_hold_us = whole_of(json_object_get(json, "told_hold_us"), INT64_MAX, &good);
    if (good && memory) {
        *ret_policy = policy;
        return 0;
    }
    policy_free(&policy);
    return memory ? -EBADMSG : -ENOMEM;
}

/* A count that earlier versions didn't write is 0. */
static uint32_t count_of(const json_t *json, const char *key, bool *good)
{
    const json_t *count = json_object_get(json, key);
    return count ? (uint32_t)whole_of(count, UINT32_MAX, good) : 0;
}

static struct throttle read_throttle(const json_t *json, bool *good)
{
    return (struct throttle){
        .key = hash_of(json_object_get(json, "function"), good),
        .share = number_of(json_object_get(json, "share"), 1, good),
        .streak = (uint32_t)whole_of(json_object_get(json, "streak"), UINT32_MAX, good),
        .wait_us = whole_of(json_object_get(json, "wait_us"), INT64_MAX, good),
        .until_real_us = whole_of(json_object_get(json, "until_real_us"), INT64_MAX, good),
        .changed_real_us = whole_of(json_object_get(json, "changed_real_us"), INT64_MAX, good),
        .calm = count_of(json, "calm", good),
        .ceiling = count_of(json, "ceiling", good),
        .pause = count_of(json, "pause", good),
        .paused = count_of(json, "paused", good)};
}

int throttles_from_json(const json_t *json, struct throttles *ret_throttles)
{
    struct throttles throttles = {0};
    size_t n = json_array_size(json);
    bool good = json_is_array(json) && n <= FUNCTIONS_MOST, memory = true;
    for (size_t i = 0; good && memory && i < n; i++) {
        struct throttle read = read_throttle(json_array_get(json, i), &good);
        struct throttle *throttle = throttles_by_key(&throttles, read.key);
        memory = throttle != NULL;
        if (throttle)
            *throttle = read;
    }
    if (good && memory) {
        *ret_throttles = throttles;
        return 0;
    }
    throttles_free(&throttles);
    return memory ? -EBADMSG : -ENOMEM;
}
