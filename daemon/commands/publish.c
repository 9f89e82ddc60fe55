#include "commands/publish.h"

#include "commands/keeper.h"

#include <string.h>

int publish_adopt(struct publisher *publisher, const struct plan *plan)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < plan->n_endpoints; i++)
        if (plan->endpoints[i].enabled)
            result = metrics_add(&publisher->metrics, plan->endpoints[i].name);
    return result;
}

/* Windows and learning change these without a round. */
static void look_at_targets(struct keeper *keeper, size_t from, size_t n)
{
    for (size_t i = from; i < from + n && i < keeper->n_slots; i++) {
        struct slot *slot = &keeper->slots[i];
        const struct policy_state *policy = &slot->kept->policy;
        metrics_set_target(&keeper->publisher.metrics, slot->endpoint->name, slot_wanted(slot),
                           policy_interval_us(policy, slot->endpoint),
                           policy_hold_us(policy, slot->endpoint));
        slot_refresh(slot);
        metrics_set_condition(&keeper->publisher.metrics, slot->endpoint->name, slot->condition);
    }
}

/* By the time the first family is printed, all targets have been looked at; only later families show them. */
static bool print(FILE *file, size_t *position, void *context)
{
    struct keeper *keeper = context;
    look_at_targets(keeper, *position, METRICS_PART);
    return metrics_print(file, &keeper->publisher.metrics, position);
}

static const struct upkeep_kind metrics_file = {
    .mode = METRICS_MODE,
    .print = print,
    .event = EVENT_METRICS,
    .effect = "; logged once until it works again",
};

void publish_open(struct keeper *keeper)
{
    upkeep_open(&keeper->publisher.file, keeper->loop, &metrics_file, keeper);
}

void publish(struct keeper *keeper, bool now)
{
    struct upkeep *file = &keeper->publisher.file;
    const char *path = keeper->plan->daemon.metrics_file;
    if (file->written && (!path || strcmp(path, file->path) != 0))
        unlink(file->path);
    upkeep_use(file, path);
    if (now)
        upkeep_finish(file);
    else
        upkeep_turn(file);
}

void publisher_free(struct publisher *publisher)
{
    upkeep_close(&publisher->file);
    metrics_free(&publisher->metrics);
}
