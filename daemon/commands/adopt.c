/* How a plan comes into force: first whatever can fail, which changes nothing, then the change itself. */
#include "base/clock.h"
#include "commands/keeper.h"
#include "decide/windows.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

/* The slots of a plan that is not in force yet. */
struct adoption {
    struct keeper *keeper;
    struct plan *plan;
    struct slot *slots;
    size_t n;
    struct slot **before; /* the predecessor of each, or NULL if it starts afresh */
    uint64_t now_us;      /* CLOCK_BOOTTIME */
};

static void slots_free(struct slot *slots, size_t n)
{
    for (size_t i = 0; slots && i < n; i++) {
        sd_event_source_disable_unref(slots[i].timer);
        if (slots[i].summary)
            summary_tell(&slots[i].summary, slots[i].endpoint->name);
        free(slots[i].version);
    }
    free(slots);
}

void keeper_free_slots(struct keeper *keeper)
{
    slots_free(keeper->slots, keeper->n_slots);
    keeper->slots = NULL;
    keeper->n_slots = 0;
}

/* The slot under the old plan that SLOT continues; NULL: it starts afresh. */
static struct slot *predecessor(const struct keeper *keeper, const struct slot *slot)
{
    struct slot *before = keeper_find(keeper, slot->endpoint->name);
    return before && policy_is_of(&before->kept->policy, slot->endpoint) ? before : NULL;
}

/* Does all that needs memory for a slot. Its timer is armed later, when its due time is known. */
static int prepare_slot(struct adoption *adoption, size_t i)
{
    struct keeper *keeper = adoption->keeper;
    struct slot *slot = &adoption->slots[i];
    slot->keeper = keeper;
    slot->kept = state_of(&keeper->state, slot->endpoint->name);
    if (!slot->kept)
        return -ENOMEM;
    adoption->before[i] = predecessor(keeper, slot);
    int result = sd_event_add_time(keeper->loop, &slot->timer, CLOCK_BOOTTIME, UINT64_MAX, KEEPER_ACCURACY_US,
                                   slot_on_due, slot);
    return result < 0 ? result : 0;
}

static int prepare(struct adoption *adoption)
{
    const struct plan *plan = adoption->plan;
    size_t i = 0;
    adoption->n = plan_enabled(plan);
    adoption->slots = calloc(adoption->n + 1, sizeof *adoption->slots);
    adoption->before = calloc(adoption->n + 1, sizeof *adoption->before);
    int result =
        adoption->slots && adoption->before ? publish_adopt(&adoption->keeper->publisher, plan) : -ENOMEM;
    for (size_t k = 0; result >= 0 && k < plan->n_endpoints; k++) {
        if (!plan->endpoints[k].enabled)
            continue;
        adoption->slots[i].endpoint = &plan->endpoints[k];
        result = prepare_slot(adoption, i++);
    }
    return result;
}

/* Fits what was learned to the endpoint's present configuration. */
static void recall(struct keeper *keeper, struct slot *slot, bool goes_on)
{
    struct kept *kept = slot->kept;
    assert(kept); /* prepare_slot found it, or nothing comes into force */
    bool other = kept->has_policy && !policy_is_of(&kept->policy, slot->endpoint);
    if (kept->has_policy)
        policy_adopt(&kept->policy, slot->endpoint);
    else
        policy_init(&kept->policy, slot->endpoint);
    kept->has_policy = true;
    if (other)
        kept->last_round_us = 0; /* that round called something else */
    if (other && !goes_on)
        metrics_begin_anew(&keeper->publisher.metrics, slot->endpoint->name);
}

/* Gives SLOT all that its predecessor knows, except what is SLOT's own. */
static void take_over(struct slot *slot, struct slot *before)
{
    struct slot own = *slot;
    *slot = *before;
    before->version = NULL;
    before->summary = NULL;
    slot->keeper = own.keeper;
    slot->endpoint = own.endpoint;
    slot->timer = own.timer;
    slot->kept = own.kept;
}

/* Whether SLOT wants more instances now than its predecessor. */
static bool is_raised(const struct slot *slot, const struct slot *before)
{
    uint64_t now_real_us = clock_real_us();
    return windows_at(slot->endpoint, now_real_us).warm > windows_at(before->endpoint, now_real_us).warm;
}

/* Sets when SLOT is due. FIRST is its turn among the slots that don't simply continue, and applies unless
 * something speaks against it. */
static void plan_slot(struct slot *slot, const struct slot *before, const struct schedule *first,
                      uint64_t now_us)
{
    uint64_t interval_us = policy_interval_us(&slot->kept->policy, slot->endpoint);
    if (!before)
        slot->planned =
            schedule_resume(interval_us, *first, slot->kept->last_round_us, clock_real_us(), now_us);
    else
        slot->planned = schedule_keep(interval_us, slot->endpoint->jitter_us, &slot->planned, now_us);
    if (slot->raised && first->due_us < slot->planned.due_us)
        slot->planned = *first;
}

/* Their turns are spread over the stagger time, in the order of the files. */
static void commit_slots(struct adoption *adoption)
{
    size_t n_first = 0, turn = 0;
    for (size_t i = 0; i < adoption->n; i++) {
        struct slot *slot = &adoption->slots[i], *before = adoption->before[i];
        recall(adoption->keeper, slot, before != NULL);
        if (before)
            take_over(slot, before);
        else
            slot->warm = policy_likely_warm(&slot->kept->policy, slot->endpoint, clock_real_us());
        slot->raised = before && (is_raised(slot, before) || before->raised);
        n_first += !before || slot->raised;
    }
    for (size_t i = 0; i < adoption->n; i++) {
        struct slot *slot = &adoption->slots[i], *before = adoption->before[i];
        struct schedule first =
            schedule_first(adoption->now_us, adoption->plan->daemon.stagger_us, turn, n_first);
        turn += !before || slot->raised;
        plan_slot(slot, before, &first, adoption->now_us);
        slot_set_timer(slot);
    }
}

/* Withdraws queued rounds whose endpoint is gone, disabled, or calls something else, before commit_slots
 * looks at what is kept of them. */
static void withdraw_orphans(struct adoption *adoption)
{
    for (size_t i = 0; i < adoption->n; i++)
        if (adoption->before[i])
            adoption->before[i]->succeeded = true;
    for (size_t i = 0; i < adoption->keeper->n_slots; i++)
        if (!adoption->keeper->slots[i].succeeded)
            slot_withdraw(&adoption->keeper->slots[i]);
}

static void commit(struct adoption *adoption)
{
    struct keeper *keeper = adoption->keeper;
    withdraw_orphans(adoption);
    commit_slots(adoption);
    keeper_free_slots(keeper);
    plan_unref(keeper->plan);
    keeper->plan = plan_ref(adoption->plan);
    keeper->slots = STEAL(adoption->slots);
    keeper->n_slots = adoption->n;
    rounds_set_ceiling(keeper->rounds, keeper->plan->daemon.max_in_flight);
    for (size_t i = 0; i < keeper->n_slots; i++) {
        keeper->slots[i].succeeded = false;
        if (*keeper->slots[i].round_id)
            slot_reorder(&keeper->slots[i]);
        slot_refresh(&keeper->slots[i]);
    }
}

int keeper_adopt(struct keeper *keeper, struct plan *plan)
{
    struct adoption adoption = {.keeper = keeper, .plan = plan, .now_us = clock_boot_us()};
    upkeep_restart(&keeper->publisher.file); /* they go through what is about to change */
    upkeep_restart(&keeper->status.file);
    upkeep_restart(&keeper->state_file);
    int result = prepare(&adoption);
    if (result >= 0) {
        commit(&adoption);
        state_bound(&keeper->state, plan);
    }
    metrics_forget(&keeper->publisher.metrics, result < 0 && keeper->plan ? keeper->plan : plan);
    slots_free(adoption.slots, adoption.n);
    free(adoption.before);
    return result < 0 ? result : 0;
}
