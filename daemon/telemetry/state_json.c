#include "telemetry/state_json.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdbool.h>
#include <string.h>

enum { STATE_VERSION = 1 };

char *state_path(void)
{
    const char *directory = getenv("STATE_DIRECTORY");
    char *path = NULL;
    if (!directory || *directory != '/')
        return NULL;
    /* systemd separates several by colons; the unit names one. */
    return asprintf(&path, "%.*s/state.json", (int)strcspn(directory, ":"), directory) < 0 ? NULL : path;
}

static struct kept *find(const struct state *state, const char *name)
{
    for (size_t i = 0; i < state->n; i++)
        if (strcmp(state->items[i].name, name) == 0)
            return &state->items[i];
    return NULL;
}

uint64_t state_last_round_us(const struct state *state, const char *name)
{
    const struct kept *kept = find(state, name);
    return kept ? kept->last_round_us : 0;
}

int state_note_round(struct state *state, const char *name, uint64_t last_round_us)
{
    struct kept *kept = find(state, name);
    if (!kept) {
        struct kept *longer = reallocarray(state->items, state->n + 1, sizeof *longer);
        if (!longer)
            return -ENOMEM;
        state->items = longer;
        kept = &longer[state->n];
        kept->name = strdup(name);
        if (!kept->name)
            return -ENOMEM;
        state->n++;
    }
    kept->last_round_us = last_round_us;
    return 0;
}

void state_free(struct state *state)
{
    for (size_t i = 0; i < state->n; i++)
        free(state->items[i].name);
    free(state->items);
    *state = (struct state){0};
}

/* False: not a state of this version. */
static bool take(const json_t *root, struct state *state)
{
    json_t *endpoints = json_object_get(root, "endpoints");
    const char *name;
    json_t *entry;
    if (json_integer_value(json_object_get(root, "version")) != STATE_VERSION || !json_is_object(endpoints))
        return false;
    json_object_foreach(endpoints, name, entry)
    {
        const json_t *last = json_object_get(entry, "last_round_us");
        if (!json_is_integer(last) || json_integer_value(last) < 0)
            return false;
        if (state_note_round(state, name, (uint64_t)json_integer_value(last)) < 0)
            return false;
    }
    return true;
}

static int set_aside(const char *path, const char *why, struct error *error)
{
    CLEANUP_FREE char *aside = NULL;
    if (asprintf(&aside, "%s.damaged", path) < 0)
        return error_set(error, -ENOMEM, "out of memory");
    if (rename(path, aside) < 0)
        return error_set(error, -errno, "%s is damaged (%s) and can't be set aside: %s", path, why,
                         strerror(errno));
    return error_set(error, -EBADMSG, "%s is damaged (%s): it is set aside as %s", path, why, aside);
}

int state_load(const char *path, struct state *ret_state, struct error *error)
{
    struct state state = {0};
    json_error_t reason = {0};
    *ret_state = state;
    CLEANUP_FCLOSE FILE *file = fopen(path, "re");
    if (!file)
        return errno == ENOENT ? 0 : error_set(error, -errno, "cannot read %s: %s", path, strerror(errno));
    json_t *root = json_loadf(file, JSON_REJECT_DUPLICATES, &reason);
    bool taken = root && take(root, &state);
    json_decref(root);
    if (taken) {
        *ret_state = state;
        return 0;
    }
    state_free(&state);
    return set_aside(path, *reason.text ? reason.text : "not of this version", error);
}

static json_t *state_root(const struct state *state)
{
    json_t *endpoints = json_object();
    for (size_t i = 0; i < state->n; i++)
        json_object_set_new(endpoints, state->items[i].name,
                            json_pack("{s:I}", "last_round_us", (json_int_t)state->items[i].last_round_us));
    return json_pack("{s:i, s:o}", "version", STATE_VERSION, "endpoints", endpoints);
}

/* Renamed into place when it is whole. Without fsync: what a power failure may cost is one early round, and
 * the daemon's loop would wait for the disk. */
int state_save(const char *path, const struct state *state, struct error *error)
{
    CLEANUP_FREE char *new_path = NULL;
    json_t *root = state_root(state);
    if (!root || asprintf(&new_path, "%s.new", path) < 0) {
        json_decref(root);
        return error_set(error, -ENOMEM, "out of memory");
    }
    int result = json_dump_file(root, new_path, JSON_INDENT(1)) < 0 || rename(new_path, path) < 0
                     ? error_set(error, errno ? -errno : -EIO, "cannot write %s: %s", path, strerror(errno))
                     : 0;
    json_decref(root);
    return result;
}
