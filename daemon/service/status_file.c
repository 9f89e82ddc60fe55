#include "service/status_file.h"

#include "base/clock.h"
#include "service/fleet.h"
#include "service/runtime.h"
#include "telemetry/journal.h"
#include "telemetry/status_json.h"

#include <errno.h>
#include <string.h>

/* The file of ten thousand endpoints has some 3 MB: every few seconds is enough for people. */
enum { STATUS_BYTES_PER_S = 1 << 19 };

/* The CLOCK_REALTIME at which CLOCK_BOOTTIME is DUE_US. */
static uint64_t real_of(uint64_t due_us, uint64_t now_us, uint64_t now_real_us)
{
    if (due_us == UINT64_MAX)
        return 0;
    return now_real_us + (due_us > now_us ? due_us - now_us : 0);
}

static struct status_row row_of(const struct warmer *warmer)
{
    const struct endpoint *endpoint = warmer->endpoint;
    const struct policy_state *policy = &warmer->kept->policy;
    uint64_t next_us = real_of(warmer->due_us, clock_boot_us(), clock_real_us());
    struct status_row row = {
        .name = endpoint->name,
        .condition = warmer->condition,
        .target = warmer_wanted(warmer),
        .warm = warmer->warm,
        .last_us = warmer->kept->last_round_us,
        .next_us = next_us,
        .interval_us = policy_interval_us(policy, endpoint),
        .hold_us = policy_hold_us(policy, endpoint),
        .usd = warmer->kept->spend.usd,
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

static struct status_head head_of(const struct status_file *status)
{
    const struct reading *reading = &status->reading;
    return (struct status_head){
        .pid = getpid(),
        .started_us = status->started_us,
        .file = reading->file,
        .loaded_us = status->loaded_us,
        .rejected_us = reading->accepted ? 0 : reading->real_us,
        .rejected = (char *)(uintptr_t)reading_problem(reading),
    };
}

static bool print(FILE *file, size_t *position, void *context)
{
    struct fleet *fleet = context;
    size_t i = *position, counts[CONDITIONS] = {0};
    if (i == 0) {
        struct status_head head = head_of(&fleet->status);
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

static const struct upkeep_kind status_file = {
    .mode = STATUS_MODE,
    .bytes_per_s = STATUS_BYTES_PER_S,
    .print = print,
    .event = EVENT_STATUS,
    .effect = "; until this works, `lambda-warmd status` can't see this daemon",
};

static void tell_unclaimed(const char *lock_path, int result)
{
    bool asked = getenv("RUNTIME_DIRECTORY") != NULL;
    if (result == -EAGAIN)
        event_say(EVENT_STATUS, LOG_WARNING,
                  "another daemon holds %s: `lambda-warmd status` and `reload` see that one, not this one",
                  lock_path);
    else if (asked)
        event_say(EVENT_STATUS, LOG_WARNING, "cannot claim %s: %s%s", lock_path, strerror(-result),
                  status_file.effect);
}

void status_file_open(struct fleet *fleet)
{
    struct status_file *status = &fleet->status;
    CLEANUP_FREE char *lock_path = runtime_path(NULL, "lock");
    CLEANUP_FREE char *path = runtime_path(NULL, "status.json");
    *status = (struct status_file){.lock_fd = -1, .started_us = clock_real_us()};
    upkeep_open(&status->file, fleet->loop, &status_file, fleet);
    status->reading_path = runtime_path(NULL, "configuration.json");
    int result = lock_path && path && status->reading_path ? runtime_claim(lock_path) : -ENOMEM;
    if (result < 0) {
        tell_unclaimed(lock_path ? lock_path : "the runtime folder", result);
        return;
    }
    status->lock_fd = result;
    status->claimed = true;
    upkeep_use(&status->file, path);
}

void status_file_note(struct fleet *fleet, struct reading *reading)
{
    struct status_file *status = &fleet->status;
    reading_free(&status->reading);
    status->reading = *reading;
    *reading = (struct reading){0};
    if (status->reading.accepted)
        status->loaded_us = status->reading.real_us;
    if (!status->claimed)
        return;
    upkeep_changed(&status->file);
    upkeep_finish(&status->file); /* whoever reads the verdict may look at it next */
    int result = reading_write(status->reading_path, &status->reading);
    if (result < 0)
        event_say(EVENT_STATUS, LOG_WARNING, "cannot write %s: %s; `lambda-warmd reload` will get no answer",
                  status->reading_path, strerror(-result));
}

void status_file_close(struct fleet *fleet)
{
    struct status_file *status = &fleet->status;
    if (status->claimed) {
        unlink(status->file.path);
        unlink(status->reading_path);
        close(status->lock_fd);
    }
    upkeep_close(&status->file);
    free(status->reading_path);
    reading_free(&status->reading);
    *status = (struct status_file){0};
}
