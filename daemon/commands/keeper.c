#include "commands/keeper.h"

#include "base/clock.h"
#include "base/text.h"
#include "telemetry/journal.h"
#include "telemetry/tell_round.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/random.h>

/* How much later than due the loop may wake up to save power; rounds are minutes apart. */
enum { TIMER_ACCURACY_US = 10000 };

static uint64_t random_number(void)
{
    uint64_t number = 0;
    if (getrandom(&number, sizeof number, 0) < 0)
        number = clock_monotonic_ns(); /* only ever spreads rounds */
    return number;
}

void keeper_recall(struct keeper *keeper)
{
    struct error error = {0};
    keeper->state_path = state_path();
    if (keeper->state_path && state_load(keeper->state_path, &keeper->state, &error) < 0)
        event_say(EVENT_STATE, LOG_WARNING, "%s", error.message);
}

void keeper_save(struct keeper *keeper)
{
    struct error error = {0};
    if (!keeper->state_path || !keeper->state_changed)
        return;
    keeper->state_changed = false;
    bool failed = state_save(keeper->state_path, &keeper->state, &error) < 0;
    if (failed && !keeper->state_unwritable)
        event_say(EVENT_STATE, LOG_WARNING, "%s: after a restart it won't be known when the last rounds were",
                  error.message);
    keeper->state_unwritable = failed;
}

/* Begins the slot's round and remembers when. */
static int start_round(struct slot *slot)
{
    struct keeper *keeper = slot->keeper;
    struct round_order order = rounds_order_of(slot->endpoint, slot->endpoint->warm);
    int result = rounds_start(keeper->rounds, keeper->plan, slot->endpoint, &order);
    if (result == 0 && keeper->state_path)
        keeper->state_changed |= state_note_round(&keeper->state, slot->endpoint->name, clock_real_us()) == 0;
    return result;
}

static void begin(struct slot *slot)
{
    struct keeper *keeper = slot->keeper;
    const char *name = slot->endpoint->name;
    enum round_state state = rounds_state(keeper->rounds, name);
    if (state != ROUND_IDLE) {
        tell_skipped(name, state == ROUND_RUNNING ? "the one before is still running"
                                                  : "the one before still waits under max_in_flight");
        return;
    }
    if (start_round(slot) < 0)
        tell_skipped(name, "out of memory");
}

static int on_due(sd_event_source *timer, uint64_t due_us, void *context)
{
    struct slot *slot = context;
    (void)due_us;
    begin(slot);
    slot->schedule = schedule_next(slot->endpoint->interval_us, slot->endpoint->jitter_us, &slot->schedule,
                                   clock_boot_us(), random_number());
    int result = sd_event_source_set_time(timer, slot->schedule.due_us);
    return result < 0 ? result : sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

static struct slot *find(struct slot *slots, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(slots[i].endpoint->name, name) == 0)
            return &slots[i];
    return NULL;
}

static void slots_free(struct slot *slots, size_t n)
{
    for (size_t i = 0; slots && i < n; i++)
        sd_event_source_disable_unref(slots[i].timer);
    free(slots);
}

/* Fills the slot at POSITION among N: from its predecessor under the old plan, or as a new one. */
static int slot_open(struct keeper *keeper, struct slot *slot, const struct plan *plan, size_t position,
                     size_t n)
{
    const struct slot *before = find(keeper->slots, keeper->n_slots, slot->endpoint->name);
    uint64_t now_us = clock_boot_us();
    slot->keeper = keeper;
    if (before) {
        slot->schedule =
            schedule_keep(slot->endpoint->interval_us, slot->endpoint->jitter_us, &before->schedule, now_us);
        slot->warm = before->warm;
        slot->skew_us = before->skew_us;
        slot->known = before->known;
    } else
        slot->schedule = schedule_resume(
            slot->endpoint->interval_us, schedule_first(now_us, plan->daemon.stagger_us, position, n),
            state_last_round_us(&keeper->state, slot->endpoint->name), clock_real_us(), now_us);
    return sd_event_add_time(keeper->loop, &slot->timer, CLOCK_BOOTTIME, slot->schedule.due_us,
                             TIMER_ACCURACY_US, on_due, slot);
}

int keeper_adopt(struct keeper *keeper, struct plan *plan)
{
    size_t n = plan_enabled(plan), filled = 0;
    struct slot *slots = calloc(n + 1, sizeof *slots);
    int result = slots ? 0 : -ENOMEM;
    for (size_t i = 0; result >= 0 && i < plan->n_endpoints; i++) {
        if (!plan->endpoints[i].enabled)
            continue;
        slots[filled].endpoint = &plan->endpoints[i];
        result = slot_open(keeper, &slots[filled], plan, filled, n);
        filled++;
    }
    if (result < 0) {
        slots_free(slots, filled);
        return result;
    }
    slots_free(keeper->slots, keeper->n_slots);
    plan_unref(keeper->plan);
    keeper->slots = slots;
    keeper->n_slots = n;
    keeper->plan = plan;
    rounds_set_ceiling(keeper->rounds, plan->daemon.max_in_flight);
    return 0;
}

size_t keeper_fire_all(struct keeper *keeper)
{
    size_t begun = 0;
    for (size_t i = 0; i < keeper->n_slots; i++)
        begun += start_round(&keeper->slots[i]) == 0;
    return begun;
}

void keeper_note(struct keeper *keeper, const struct round *round)
{
    struct slot *slot = find(keeper->slots, keeper->n_slots, round->endpoint);
    if (!slot)
        return; /* taken out by a reload while its round was running */
    slot->warm = round->distinct_known ? round->distinct : round->ok;
    slot->skew_us = round->skew_us;
    slot->known = true;
}

static void add_next(struct text *text, uint64_t due_us)
{
    uint64_t now_us = clock_boot_us();
    uint64_t real_us = clock_real_us() + (due_us > now_us ? due_us - now_us : 0);
    time_t seconds = (time_t)(real_us / US_PER_S);
    struct tm local;
    char stamp[32];
    if (localtime_r(&seconds, &local) && strftime(stamp, sizeof stamp, "%H:%M:%S", &local))
        text_format(text, ", next round at %s", stamp);
}

char *keeper_status(const struct keeper *keeper)
{
    struct text text = {0};
    uint64_t warm = 0, target = 0, skew_us = 0, next_us = UINT64_MAX;
    bool known = false;
    for (size_t i = 0; i < keeper->n_slots; i++) {
        const struct slot *slot = &keeper->slots[i];
        target += slot->endpoint->warm;
        warm += slot->warm < slot->endpoint->warm ? slot->warm : slot->endpoint->warm;
        known |= slot->known;
        skew_us = slot->skew_us > skew_us ? slot->skew_us : skew_us;
        next_us = slot->schedule.due_us < next_us ? slot->schedule.due_us : next_us;
    }
    text_format(&text, "%zu endpoint%s, %" PRIu64 "/%" PRIu64 " warm", keeper->n_slots,
                keeper->n_slots == 1 ? "" : "s", warm, target);
    if (known)
        text_format(&text, ", worst skew %.1f ms", (double)skew_us / (double)US_PER_MS);
    if (keeper->n_slots)
        add_next(&text, next_us);
    return text_take(&text);
}

void keeper_disarm(struct keeper *keeper)
{
    for (size_t i = 0; i < keeper->n_slots; i++)
        sd_event_source_set_enabled(keeper->slots[i].timer, SD_EVENT_OFF);
}

void keeper_close(struct keeper *keeper)
{
    slots_free(keeper->slots, keeper->n_slots);
    rounds_free(keeper->rounds);
    plan_unref(keeper->plan);
    state_free(&keeper->state);
    free(keeper->state_path);
    *keeper = (struct keeper){0};
}
