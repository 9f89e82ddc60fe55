#include "commands/publish.h"

#include "commands/keeper.h"
#include "telemetry/journal.h"

#include <string.h>

int publish_adopt(struct publisher *publisher, const struct plan *plan)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < plan->n_endpoints; i++)
        if (plan->endpoints[i].enabled)
            result = metrics_add(&publisher->metrics, plan->endpoints[i].name);
    return result;
}

/* PATH may be NULL. */
static void turn_to(struct publisher *publisher, const char *path)
{
    if (path && publisher->path && strcmp(path, publisher->path) == 0)
        return;
    if (publisher->path && publisher->written)
        unlink(publisher->path);
    free(publisher->path);
    publisher->path = path ? strdup(path) : NULL;
    publisher->written = publisher->unwritable = false;
}

static void write_to(struct publisher *publisher, const char *path)
{
    struct error error = {0};
    bool failed = metrics_write(&publisher->metrics, path, &error) < 0;
    if (failed && !publisher->unwritable)
        event_say(EVENT_METRICS, LOG_WARNING, "%s; told again only after it has worked", error.message);
    publisher->unwritable = failed;
    publisher->written |= !failed && publisher->path;
}

/* Windows and learning change these without a round. */
static void look_at_targets(struct keeper *keeper)
{
    for (size_t i = 0; i < keeper->n_slots; i++) {
        const struct slot *slot = &keeper->slots[i];
        const struct policy_state *policy = &slot->kept->policy;
        metrics_set_target(&keeper->publisher.metrics, slot->endpoint->name, slot_wanted(slot),
                           policy_interval_us(policy, slot->endpoint),
                           policy_hold_us(policy, slot->endpoint));
    }
}

void publish(struct keeper *keeper)
{
    struct publisher *publisher = &keeper->publisher;
    const char *path = keeper->plan->daemon.metrics_file;
    if (!publisher->changed)
        return;
    publisher->changed = false;
    turn_to(publisher, path);
    if (!path)
        return;
    look_at_targets(keeper);
    write_to(publisher, path);
}

void publisher_free(struct publisher *publisher)
{
    metrics_free(&publisher->metrics);
    free(publisher->path);
}
