#include "memory/state.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "memory/policy_json.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <string.h>

enum {
    STATE_VERSION = 2,
    STATE_PART = 16, /* endpoints that state_print prints at a time */
};
/* After this time an endpoint counts as gone for good; its spend belongs to months that are over. */
#define FORGOTTEN_US (62 * US_PER_DAY)

char *state_path(void)
{
    const char *directory = getenv("STATE_DIRECTORY");
    char *path = NULL;
    if (!directory || *directory != '/')
        return NULL;
    /* systemd separates several folders by colons; the unit names one. */
    return asprintf(&path, "%.*s/state.json", (int)strcspn(directory, ":"), directory) < 0 ? NULL : path;
}

static void memory_free(struct memory *memory)
{
    if (!memory)
        return;
    policy_free(&memory->policy);
    free(memory->name);
    free(memory);
}

struct memory *state_memory(struct state *state, const char *name)
{
    size_t place = names_find(&state->names, name);
    if (place != NAMES_NONE && state->items)
        return state->items[place];
    struct memory **longer = reallocarray(state->items, state->n + 1, sizeof(struct memory *));
    if (longer)
        state->items = longer;
    struct memory *memory = longer ? calloc(1, sizeof *memory) : NULL;
    if (memory && (!(memory->name = strdup(name)) || names_put(&state->names, memory->name, state->n) < 0)) {
        memory_free(memory);
        memory = NULL;
    }
    if (memory)
        state->items[state->n++] = memory;
    return memory;
}

void state_free(struct state *state)
{
    for (size_t i = 0; i < state->n; i++)
        memory_free(state->items[i]);
    free(state->items);
    names_free(&state->names);
    throttles_free(&state->throttles);
    *state = (struct state){0};
}

/* A month and what was spent in it. */
static bool take_month(const json_t *spend, const char *month_key, const char *usd_key, int32_t *month,
                       double *usd)
{
    const json_t *json = json_object_get(spend, month_key), *amount = json_object_get(spend, usd_key);
    json_int_t months = json_integer_value(json);
    if (!json_is_integer(json) || months < 0 || months > INT32_MAX || !json_is_number(amount) ||
        !(json_number_value(amount) >= 0))
        return false;
    *month = (int32_t)months;
    *usd = json_number_value(amount);
    return true;
}

/* Earlier versions kept one month. */
static bool take_spend(const json_t *json, struct spend *spend)
{
    spend->stopped = json_is_true(json_object_get(json, "stopped"));
    return take_month(json, "month", "usd", &spend->month, &spend->usd) &&
           (!json_object_get(json, "other_month") ||
            take_month(json, "other_month", "other_usd", &spend->other_month, &spend->other_usd));
}

/* Versions that couldn't learn yet wrote only the time of the last round. */
static int take_endpoint(const json_t *entry, struct memory *memory)
{
    const json_t *last = json_object_get(entry, "last_round_us"),
                 *learned = json_object_get(entry, "learned"), *spend = json_object_get(entry, "spend");
    if (!json_is_integer(last) || json_integer_value(last) < 0)
        return -EBADMSG;
    memory->last_round_us = (uint64_t)json_integer_value(last);
    int result = learned ? policy_from_json(learned, &memory->policy) : 0;
    memory->has_policy = learned && result == 0;
    return result == 0 && spend && !take_spend(spend, &memory->spend) ? -EBADMSG : result;
}

/* -EBADMSG: not a state of a known version. -ENOMEM. */
static int take(const json_t *root, struct state *state)
{
    json_int_t version = json_integer_value(json_object_get(root, "version"));
    json_t *endpoints = json_object_get(root, "endpoints"), *entry;
    const json_t *throttles = json_object_get(root, "throttles");
    const char *name;
    if (version < 1 || version > STATE_VERSION || !json_is_object(endpoints))
        return -EBADMSG;
    json_object_foreach(endpoints, name, entry)
    {
        struct memory *memory = state_memory(state, name);
        int result = memory ? take_endpoint(entry, memory) : -ENOMEM;
        if (result < 0)
            return result;
    }
    return throttles ? throttles_from_json(throttles, &state->throttles) : 0;
}

static int set_aside(const char *path, const char *why, struct error *error)
{
    CLEANUP_FREE char *aside = NULL;
    if (asprintf(&aside, "%s.damaged", path) < 0)
        return error_set(error, -ENOMEM, "out of memory");
    if (rename(path, aside) < 0)
        return error_set(error, -errno, "%s is damaged (%s) and can't be set aside: %s", path, why,
                         strerror(errno));
    return error_set(error, -EBADMSG, "%s is damaged (%s): it was set aside as %s", path, why, aside);
}

/* -errno: it can't be read, or was set aside, as ERROR says. 0: *ret_file is NULL if there is none. */
static int open_state(const char *path, FILE **ret_file, struct error *error)
{
    struct stat info;
    CLEANUP_CLOSE int fd = file_open(path, FILE_NO_LINK, &info);
    *ret_file = NULL;
    if (fd == -ENOENT)
        return 0;
    if (fd == -ELOOP || fd == -EISDIR || fd == -ENOTSUP)
        return set_aside(path, "it isn't a plain file", error);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    if (!file)
        return error_set(error, fd < 0 ? fd : -errno, "cannot read %s: %s", path,
                         strerror(fd < 0 ? -fd : errno));
    STEAL_FD(fd);
    *ret_file = file;
    return 0;
}

/* -EBADMSG: FILE isn't JSON, as REASON says. -ENOMEM: jansson may report this as a mistake in the text, but
 * malloc has set errno. -EIO: reading failed. */
static int parse(FILE *file, json_t **ret_root, json_error_t *reason)
{
    errno = 0;
    json_t *root = json_loadf(file, JSON_REJECT_DUPLICATES, reason);
    if (root) {
        *ret_root = root;
        return 0;
    }
    if (errno == ENOMEM || !*reason->text || json_error_code(reason) == json_error_out_of_memory)
        return -ENOMEM;
    return ferror(file) ? -EIO : -EBADMSG;
}

int state_load(const char *path, struct state *ret_state, struct error *error)
{
    struct state state = {0};
    json_error_t reason = {0};
    CLEANUP_FCLOSE FILE *file = NULL;
    *ret_state = state;
    int result = open_state(path, &file, error);
    if (result < 0 || !file)
        return result;
    json_t *root = NULL;
    result = parse(file, &root, &reason);
    if (result == 0)
        result = take(root, &state);
    json_decref(root);
    if (result == 0) {
        *ret_state = state;
        return 0;
    }
    state_free(&state);
    if (result != -EBADMSG)
        return error_set(error, result, "cannot read %s: %s", path, strerror(-result));
    return set_aside(path, *reason.text ? reason.text : "it was written by another version", error);
}

/* Puts the one whose last round is longest ago first. */
static int compare_age(const void *a, const void *b)
{
    const struct memory *x = *(struct memory *const *)a, *y = *(struct memory *const *)b;
    return (x->last_round_us > y->last_round_us) - (x->last_round_us < y->last_round_us);
}

/* Moves those that PLAN doesn't have to the end. Returns how many it does have. */
static size_t part(struct state *state, const struct plan *plan)
{
    size_t n = 0;
    for (size_t i = 0; i < state->n; i++) {
        struct memory *memory = state->items[i];
        if (!plan_find(plan, memory->name))
            continue;
        state->items[i] = state->items[n];
        state->items[n++] = memory;
    }
    return n;
}

void state_bound(struct state *state, const struct plan *plan)
{
    size_t used = part(state, plan), gone = state->n - used;
    size_t surplus = gone > STATE_GONE_MOST ? gone - STATE_GONE_MOST : 0;
    struct memory **items = state->items + used;
    if (surplus) {
        qsort(items, gone, sizeof(struct memory *), compare_age);
        for (size_t i = 0; i < surplus; i++) {
            names_drop(&state->names, items[i]->name);
            memory_free(items[i]);
        }
        memmove(items, items + surplus, (gone - surplus) * sizeof(struct memory *));
        state->n -= surplus;
    }
    for (size_t i = 0; i < state->n; i++)
        names_put(&state->names, state->items[i]->name, i); /* the name is known, so this can't fail */
}

static json_t *endpoint_json(const struct memory *memory)
{
    json_t *json = json_object();
    json_object_set_new(json, "last_round_us", json_integer((json_int_t)memory->last_round_us));
    if (memory->has_policy)
        json_object_set_new(json, "learned", policy_json(&memory->policy));
    if (memory->spend.month)
        json_object_set_new(json, "spend",
                            json_pack("{s:i, s:f, s:b, s:i, s:f}", "month", (int)memory->spend.month, "usd",
                                      memory->spend.usd, "stopped", (int)memory->spend.stopped, "other_month",
                                      (int)memory->spend.other_month, "other_usd", memory->spend.other_usd));
    return json;
}

/* Takes JSON. */
static void print_json(FILE *file, json_t *json)
{
    json_dumpf(json, file, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref(json);
}

static bool is_worth_keeping(const struct memory *memory, uint64_t now_real_us)
{
    /* A budget below the cost of one round is logged once, even though there never was a round. */
    return (memory->spend.stopped && !memory->last_round_us) ||
           memory->last_round_us + FORGOTTEN_US > now_real_us;
}

/* The first from AT on that is worth keeping. */
static size_t next_worth_keeping(const struct state *state, size_t at, uint64_t now_real_us)
{
    while (at < state->n && !is_worth_keeping(state->items[at], now_real_us))
        at++;
    return at;
}

bool state_print(FILE *file, const struct state *state, uint64_t now_real_us, size_t *position)
{
    size_t at = *position;
    if (at == 0) {
        fprintf(file, "{\"version\":%d,\"endpoints\":{", STATE_VERSION);
        at = next_worth_keeping(state, 0, now_real_us);
    }
    for (int i = 0; i < STATE_PART && at < state->n; i++) {
        print_json(file, json_string(state->items[at]->name));
        putc(':', file);
        print_json(file, endpoint_json(state->items[at]));
        at = next_worth_keeping(state, at + 1, now_real_us);
        if (at < state->n)
            putc(',', file);
    }
    *position = at;
    if (at < state->n)
        return true;
    fputs("},\"throttles\":", file);
    print_json(file, throttles_json(&state->throttles));
    fputs("}\n", file);
    return false;
}
