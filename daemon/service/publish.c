#include "service/publish.h"

#include "service/fleet.h"

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
static void look_at_targets(struct fleet *fleet, size_t from, size_t n)
{
    for (size_t i = from; i < from + n && i < fleet->n_warmers; i++) {
        struct warmer *warmer = &fleet->warmers[i];
        const struct policy_state *policy = &warmer->kept->policy;
        metrics_set_target(&fleet->publisher.metrics, warmer->endpoint->name, warmer_wanted(warmer),
                           policy_interval_us(policy, warmer->endpoint),
                           policy_hold_us(policy, warmer->endpoint));
        warmer_refresh(warmer);
        metrics_set_condition(&fleet->publisher.metrics, warmer->endpoint->name, warmer->condition);
    }
}

/* By the time the first family is printed, all targets have been looked at; only later families show them. */
static bool print(FILE *file, size_t *position, void *context)
{
    struct fleet *fleet = context;
    look_at_targets(fleet, *position, METRICS_PART);
    return metrics_print(file, &fleet->publisher.metrics, position);
}

static const struct upkeep_kind metrics_file = {
    .mode = METRICS_MODE,
    .print = print,
    .event = EVENT_METRICS,
    .effect = "; logged once until it works again",
};

void publish_open(struct fleet *fleet)
{
    upkeep_open(&fleet->publisher.file, fleet->loop, &metrics_file, fleet);
}

void publish(struct fleet *fleet, bool now)
{
    struct upkeep *file = &fleet->publisher.file;
    const char *path = fleet->plan->daemon.metrics_file;
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
