/* How a plan comes into force: first whatever can fail, which changes nothing, then the change itself. */
#include "base/clock.h"
#include "base/require.h"
#include "decide/windows.h"
#include "service/fleet.h"

#include <errno.h>
#include <string.h>

/* The warmers of a plan that is not in force yet. */
struct adoption {
    struct fleet *fleet;
    struct plan *plan;
    struct warmer *warmers;
    size_t n;
    struct warmer **before; /* the predecessor of each, or NULL if it starts afresh */
    uint64_t now_us;        /* CLOCK_BOOTTIME */
};

static void warmers_free(struct warmer *warmers, size_t n)
{
    for (size_t i = 0; warmers && i < n; i++) {
        sd_event_source_disable_unref(warmers[i].timer);
        if (warmers[i].summary)
            summary_tell(&warmers[i].summary, warmers[i].endpoint->name);
        free(warmers[i].version);
    }
    free(warmers);
}

void fleet_free_warmers(struct fleet *fleet)
{
    warmers_free(fleet->warmers, fleet->n_warmers);
    fleet->warmers = NULL;
    fleet->n_warmers = 0;
}

/* The warmer under the old plan that WARMER continues; NULL: it starts afresh. */
static struct warmer *predecessor(const struct fleet *fleet, const struct warmer *warmer)
{
    struct warmer *before = fleet_find(fleet, warmer->endpoint->name);
    return before && policy_is_of(&before->kept->policy, warmer->endpoint) ? before : NULL;
}

/* Does all that needs memory for a warmer. Its timer is armed later, when its due time is known. */
static int prepare_warmer(struct adoption *adoption, size_t i)
{
    struct fleet *fleet = adoption->fleet;
    struct warmer *warmer = &adoption->warmers[i];
    warmer->fleet = fleet;
    warmer->kept = state_of(&fleet->state, warmer->endpoint->name);
    if (!warmer->kept)
        return -ENOMEM;
    adoption->before[i] = predecessor(fleet, warmer);
    int result = sd_event_add_time(fleet->loop, &warmer->timer, CLOCK_BOOTTIME, UINT64_MAX, FLEET_ACCURACY_US,
                                   warmer_on_due, warmer);
    return result < 0 ? result : 0;
}

static int prepare(struct adoption *adoption)
{
    const struct plan *plan = adoption->plan;
    size_t i = 0;
    adoption->n = plan_enabled(plan);
    adoption->warmers = calloc(adoption->n + 1, sizeof *adoption->warmers);
    adoption->before = calloc(adoption->n + 1, sizeof *adoption->before);
    int result =
        adoption->warmers && adoption->before ? publish_adopt(&adoption->fleet->publisher, plan) : -ENOMEM;
    for (size_t k = 0; result >= 0 && k < plan->n_endpoints; k++) {
        if (!plan->endpoints[k].enabled)
            continue;
        adoption->warmers[i].endpoint = &plan->endpoints[k];
        result = prepare_warmer(adoption, i++);
    }
    return result;
}

/* Fits what was learned to the endpoint's present configuration. */
static void recall(struct fleet *fleet, struct warmer *warmer, bool goes_on)
{
    struct kept *kept = warmer->kept;
    REQUIRE(kept); /* prepare_warmer found it, or nothing comes into force */
    bool other = kept->has_policy && !policy_is_of(&kept->policy, warmer->endpoint);
    if (kept->has_policy)
        policy_adopt(&kept->policy, warmer->endpoint);
    else
        policy_init(&kept->policy, warmer->endpoint);
    kept->has_policy = true;
    if (other)
        kept->last_round_us = 0; /* that round called something else */
    if (other && !goes_on)
        metrics_begin_anew(&fleet->publisher.metrics, warmer->endpoint->name);
}

/* Gives WARMER all that its predecessor knows, except what is WARMER's own. */
static void take_over(struct warmer *warmer, struct warmer *before)
{
    struct warmer own = *warmer;
    *warmer = *before;
    before->version = NULL;
    before->summary = NULL;
    warmer->fleet = own.fleet;
    warmer->endpoint = own.endpoint;
    warmer->timer = own.timer;
    warmer->kept = own.kept;
}

/* Whether WARMER wants more instances now than its predecessor. */
static bool is_raised(const struct warmer *warmer, const struct warmer *before)
{
    uint64_t now_real_us = clock_real_us();
    return windows_at(warmer->endpoint, now_real_us).warm > windows_at(before->endpoint, now_real_us).warm;
}

/* Sets when WARMER is due. FIRST is its turn among the warmers that don't simply continue, and applies unless
 * something speaks against it. */
static void plan_warmer(struct warmer *warmer, const struct warmer *before, const struct schedule *first,
                        uint64_t now_us)
{
    uint64_t interval_us = policy_interval_us(&warmer->kept->policy, warmer->endpoint);
    if (!before)
        warmer->planned =
            schedule_resume(interval_us, *first, warmer->kept->last_round_us, clock_real_us(), now_us);
    else
        warmer->planned = schedule_keep(interval_us, warmer->endpoint->jitter_us, &warmer->planned, now_us);
    if (warmer->raised && first->due_us < warmer->planned.due_us)
        warmer->planned = *first;
}

/* Their turns are spread over the stagger time, in the order of the files. */
static void commit_warmers(struct adoption *adoption)
{
    size_t n_first = 0, turn = 0;
    for (size_t i = 0; i < adoption->n; i++) {
        struct warmer *warmer = &adoption->warmers[i], *before = adoption->before[i];
        recall(adoption->fleet, warmer, before != NULL);
        if (before)
            take_over(warmer, before);
        else
            warmer->warm = policy_likely_warm(&warmer->kept->policy, warmer->endpoint, clock_real_us());
        warmer->raised = before && (is_raised(warmer, before) || before->raised);
        n_first += !before || warmer->raised;
    }
    for (size_t i = 0; i < adoption->n; i++) {
        struct warmer *warmer = &adoption->warmers[i], *before = adoption->before[i];
        struct schedule first =
            schedule_first(adoption->now_us, adoption->plan->daemon.stagger_us, turn, n_first);
        turn += !before || warmer->raised;
        plan_warmer(warmer, before, &first, adoption->now_us);
        warmer_set_timer(warmer);
    }
}

/* Withdraws queued rounds whose endpoint is gone, disabled, or calls something else, before commit_warmers
 * looks at what is kept of them. */
static void withdraw_orphans(struct adoption *adoption)
{
    for (size_t i = 0; i < adoption->n; i++)
        if (adoption->before[i])
            adoption->before[i]->succeeded = true;
    for (size_t i = 0; i < adoption->fleet->n_warmers; i++)
        if (!adoption->fleet->warmers[i].succeeded)
            warmer_withdraw(&adoption->fleet->warmers[i]);
}

static void commit(struct adoption *adoption)
{
    struct fleet *fleet = adoption->fleet;
    withdraw_orphans(adoption);
    commit_warmers(adoption);
    fleet_free_warmers(fleet);
    plan_unref(fleet->plan);
    fleet->plan = plan_ref(adoption->plan);
    fleet->warmers = STEAL(adoption->warmers);
    fleet->n_warmers = adoption->n;
    rounds_set_ceiling(fleet->rounds, fleet->plan->daemon.max_in_flight);
    for (size_t i = 0; i < fleet->n_warmers; i++) {
        fleet->warmers[i].succeeded = false;
        if (*fleet->warmers[i].round_id)
            warmer_reorder(&fleet->warmers[i]);
        warmer_refresh(&fleet->warmers[i]);
    }
}

int fleet_adopt(struct fleet *fleet, struct plan *plan)
{
    struct adoption adoption = {.fleet = fleet, .plan = plan, .now_us = clock_boot_us()};
    upkeep_restart(&fleet->publisher.file); /* they go through what is about to change */
    upkeep_restart(&fleet->status.file);
    upkeep_restart(&fleet->state_file);
    int result = prepare(&adoption);
    if (result >= 0) {
        commit(&adoption);
        state_bound(&fleet->state, plan);
    }
    metrics_forget(&fleet->publisher.metrics, result < 0 && fleet->plan ? fleet->plan : plan);
    warmers_free(adoption.warmers, adoption.n);
    free(adoption.before);
    return result < 0 ? result : 0;
}
