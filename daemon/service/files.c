#include "service/files.h"

#include "base/clock.h"
#include "base/require.h"
#include "service/runtime.h"
#include "telemetry/journal.h"
#include "telemetry/status_json.h"

#include <errno.h>
#include <string.h>

enum {
    /* Bytes a second to the disk. With ten thousand endpoints, a crash loses a minute and a half of their
     * rounds at most. */
    STATE_BYTES_PER_S = 1 << 16,
    /* The metrics of ten thousand endpoints have some 25 MB: a scraper comes every half minute or so. */
    METRICS_BYTES_PER_S = 1 << 20,
    /* The status of ten thousand endpoints has some 3 MB: every ten seconds is enough for people. */
    STATUS_BYTES_PER_S = 1 << 18,
};

static bool print_state(FILE *file, size_t *position, void *context)
{
    const struct files *files = context;
    return state_print(file, &files->fleet->state, clock_real_us(), position);
}

static struct metrics_row metrics_row_of(size_t i, const void *context)
{
    const struct warmer *warmer = &((const struct fleet *)context)->warmers[i];
    const struct policy_state *policy = &warmer->memory->policy;
    return (struct metrics_row){.name = warmer->endpoint->name,
                                .target = warmer->wanted,
                                .interval_us = policy_interval_us(policy, warmer->endpoint),
                                .hold_us = policy_hold_us(policy, warmer->endpoint),
                                .condition = warmer->condition,
                                .counts = &warmer->counts};
}

/* Windows change some of it without a round. By the time the first family is printed, all endpoints have been
 * looked at; only later families show that. */
static bool print_metrics(FILE *file, size_t *position, void *context)
{
    const struct files *files = context;
    const struct fleet *fleet = files->fleet;
    struct metrics metrics = {
        .n = fleet->n_warmers, .row = metrics_row_of, .context = fleet, .reloaded = files->reading.accepted};
    for (size_t i = *position; i < *position + METRICS_PART && i < fleet->n_warmers; i++)
        warmer_refresh(&fleet->warmers[i]);
    return metrics_print(file, &metrics, position);
}

static struct status_row row_of(const struct warmer *warmer)
{
    const struct endpoint *endpoint = warmer->endpoint;
    const struct policy_state *policy = &warmer->memory->policy;
    uint64_t next_us = warmer_next_real_us(warmer);
    struct status_row row = {
        .name = endpoint->name,
        .condition = warmer->condition,
        .target = warmer->wanted,
        .warm = warmer->warm,
        .last_us = warmer->memory->last_round_us,
        .next_us = next_us,
        .interval_us = policy_interval_us(policy, endpoint),
        .hold_us = policy_hold_us(policy, endpoint),
        .usd = warmer->memory->spend.usd,
        .budget_usd = endpoint->budget_usd,
    };
    if (warmer->condition == CONDITION_FAILING)
        row.since_us = policy->failing.since_real_us;
    else if (warmer->condition == CONDITION_BUDGET)
        row.next_us = row.until_us = warmer_budget_resumes_us(warmer);
    else if (warmer->condition == CONDITION_RESTING || warmer->condition == CONDITION_THROTTLED)
        row.until_us = next_us;
    return row;
}

static bool print_status(FILE *file, size_t *position, void *context)
{
    const struct files *files = context;
    const struct fleet *fleet = files->fleet;
    size_t i = *position, counts[CONDITIONS] = {0};
    if (i == 0) {
        const struct reading *reading = &files->reading;
        struct status_head head = {
            .pid = getpid(),
            .started_us = files->started_us,
            .file = reading->file,
            .loaded_us = files->loaded_us,
            .rejected_us = reading->accepted ? 0 : reading->real_us,
            .rejected = (char *)(uintptr_t)reading_problem(reading),
        };
        status_print_head(file, &head);
    }
    for (; i < *position + STATUS_PART && i < fleet->n_warmers; i++) {
        warmer_refresh(&fleet->warmers[i]);
        struct status_row row = row_of(&fleet->warmers[i]);
        status_print_row(file, &row, i == 0);
    }
    *position = i;
    if (i < fleet->n_warmers)
        return true;
    fleet_count(fleet, counts);
    status_print_end(file, counts, clock_real_us());
    return false;
}

static const struct upkeep_kind kinds[KEPT_FILES] = {
    [KEPT_STATE] = {.mode = STATE_MODE,
                    .bytes_per_s = STATE_BYTES_PER_S,
                    .print = print_state,
                    .event = EVENT_STATE,
                    .effect = ": after a restart the times of the last rounds will be unknown"},
    [KEPT_METRICS] = {.mode = METRICS_MODE,
                      .bytes_per_s = METRICS_BYTES_PER_S,
                      .print = print_metrics,
                      .event = EVENT_METRICS,
                      .effect = "; logged once until it works again"},
    [KEPT_STATUS] = {.mode = STATUS_MODE,
                     .bytes_per_s = STATUS_BYTES_PER_S,
                     .print = print_status,
                     .event = EVENT_STATUS,
                     .effect = "; until this works, `lambda-warmd status` can't see this daemon"},
};

static int open_state(struct files *files)
{
    struct error error = {0};
    CLEANUP_FREE char *path = state_path();
    int result = path ? state_load(path, &files->fleet->state, &error) : 0;
    if (result < 0)
        event_say(EVENT_STATE, LOG_WARNING, "%s", error.message);
    if (result == -ENOMEM)
        return result; /* else a good file would be replaced */
    upkeep_use(&files->upkeeps[KEPT_STATE], path);
    files->upkeeps[KEPT_STATE].changed = false; /* it is as it was read */
    return 0;
}

/* Without such a folder that is logged only if systemd was to give one. */
static void claim_runtime_folder(struct files *files)
{
    CLEANUP_FREE char *lock_path = runtime_path(NULL, "lock");
    CLEANUP_FREE char *path = runtime_path(NULL, "status.json");
    files->reading_path = runtime_path(NULL, "configuration.json");
    files->lock_fd = lock_path && path && files->reading_path ? runtime_claim(lock_path) : -ENOMEM;
    if (files->lock_fd >= 0)
        upkeep_use(&files->upkeeps[KEPT_STATUS], path);
    else if (files->lock_fd == -EAGAIN)
        event_say(EVENT_STATUS, LOG_WARNING,
                  "another daemon holds %s: `lambda-warmd status` and `reload` see that one, not this one",
                  lock_path);
    else if (getenv("RUNTIME_DIRECTORY"))
        event_say(EVENT_STATUS, LOG_WARNING, "cannot claim %s: %s%s",
                  lock_path ? lock_path : "the runtime folder", strerror(-files->lock_fd),
                  kinds[KEPT_STATUS].effect);
}

int files_open(struct files *files, struct fleet *fleet)
{
    *files = (struct files){.fleet = fleet, .started_us = clock_real_us()};
    for (size_t i = 0; i < KEPT_FILES; i++)
        upkeep_open(&files->upkeeps[i], fleet->loop, &kinds[i], files);
    claim_runtime_folder(files);
    return open_state(files);
}

void files_restart(struct files *files)
{
    for (size_t i = 0; i < KEPT_FILES; i++)
        upkeep_restart(&files->upkeeps[i]);
}

/* Tells the files what has changed since. A metrics file that was written before and is no longer named is
 * removed: its figures would stand still, and would be collected twice if the new file lies beside it. */
static void take_changes(struct files *files)
{
    struct fleet *fleet = files->fleet;
    struct upkeep *metrics = &files->upkeeps[KEPT_METRICS];
    REQUIRE(fleet->common.plan);
    const char *path = fleet->common.plan->daemon.metrics_file;
    if (metrics->written && (!path || strcmp(path, metrics->path) != 0))
        unlink(metrics->path);
    upkeep_use(metrics, path);
    for (size_t i = 0; i < KEPT_FILES; i++)
        if (fleet->changed[i])
            upkeep_changed(&files->upkeeps[i]);
    memset(&fleet->changed, 0, sizeof fleet->changed);
}

void files_turn(struct files *files)
{
    take_changes(files);
    for (size_t i = 0; i < KEPT_FILES; i++)
        upkeep_turn(&files->upkeeps[i]);
}

void files_take_reading(struct files *files, struct reading *reading)
{
    reading_free(&files->reading);
    files->reading = *reading;
    *reading = (struct reading){0};
    if (files->reading.accepted)
        files->loaded_us = files->reading.real_us;
    files->fleet->changed[KEPT_METRICS] = files->fleet->changed[KEPT_STATUS] = true;
    take_changes(files);
    upkeep_finish(&files->upkeeps[KEPT_METRICS]);
    if (files->lock_fd < 0)
        return;
    upkeep_finish(&files->upkeeps[KEPT_STATUS]); /* whoever reads the verdict may look at it next */
    int result = reading_write(files->reading_path, &files->reading);
    if (result < 0)
        event_say(EVENT_STATUS, LOG_WARNING, "cannot write %s: %s; `lambda-warmd reload` will get no answer",
                  files->reading_path, strerror(-result));
}

void files_close(struct files *files)
{
    if (files->fleet && files->fleet->common.plan) {
        take_changes(files);
        upkeep_finish(&files->upkeeps[KEPT_STATE]);
        upkeep_finish(&files->upkeeps[KEPT_METRICS]);
    }
    if (files->fleet && files->lock_fd >= 0) {
        unlink(files->upkeeps[KEPT_STATUS].path);
        unlink(files->reading_path);
        close(files->lock_fd);
    }
    for (size_t i = 0; i < KEPT_FILES; i++)
        upkeep_close(&files->upkeeps[i]);
    free(files->reading_path);
    reading_free(&files->reading);
    *files = (struct files){0};
}
