#include "base/clock.h"
#include "commands/check_access.h"
#include "commands/check_aws.h"
#include "commands/check_online.h"
#include "commands/check_plan.h"
#include "commands/commands.h"
#include "commands/load.h"
#include "decide/advice.h"
#include "plan/limits.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>

/* Only the hard limit counts: `run` raises the soft one. The service's limit may differ from this shell's. */
static void warn_of_limit(const struct plan *plan)
{
    struct rlimit limit;
    uint64_t needed = plan_descriptors_needed(plan);
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_max == RLIM_INFINITY || needed <= limit.rlim_max)
        return;
    fprintf(stderr,
            "%s: warning: this needs up to %" PRIu64 " file descriptors, but the limit here is %" PRIu64
            " (LimitNOFILE= in the unit, ulimit -Hn in a shell)\n",
            plan->path, needed, (uint64_t)limit.rlim_max);
}

/* This shell's limits don't matter here, only what the unit allows by itself. */
static void suggest_drop_in(const struct plan *plan)
{
    uint64_t descriptors = plan_descriptors_needed(plan), bytes = plan_memory_needed(plan);
    if (descriptors <= UNIT_DESCRIPTORS && bytes <= UNIT_MEMORY_BYTES)
        return;
    fprintf(
        stderr,
        "%s: warning: this may need more than the unit allows; run `systemctl edit lambda-warmd` and add:\n"
        "[Service]\n",
        plan->path);
    if (descriptors > UNIT_DESCRIPTORS)
        fprintf(stderr, "LimitNOFILE=%" PRIu64 "\n", descriptors);
    if (bytes > UNIT_MEMORY_BYTES)
        fprintf(stderr, "MemoryMax=%" PRIu64 "M\n", (bytes + (1 << 20) - 1) >> 20);
}

static void warn_of_holds(const struct plan *plan)
{
    for (size_t i = 0; i < plan->n_endpoints; i++) {
        const struct endpoint *endpoint = &plan->endpoints[i];
        uint64_t wanted_us = endpoint->enabled ? endpoint_hold_wanted_us(endpoint) : 0;
        if (wanted_us)
            fprintf(stderr,
                    "%s:%u: warning: %s: %" PRIu32
                    " requests over HTTP/1.1 are released one by one, which takes "
                    "longer than the hold: set hold to %" PRIu64 "ms or more, or use HTTP/2\n",
                    endpoint->source_file, endpoint->source_line, endpoint->name,
                    endpoint_most_warm(endpoint), wanted_us / US_PER_MS);
    }
}

/* An endpoint whose own budget never lets a round begin would be silent. */
static void warn_of_budgets(const struct plan *plan)
{
    char said[ADVICE_MAX];
    for (size_t i = 0; i < plan->n_endpoints; i++) {
        const struct endpoint *endpoint = &plan->endpoints[i];
        struct prices prices = prices_of_endpoint(endpoint, &plan->daemon.prices);
        if (*advice_budget(endpoint, &prices, said))
            fprintf(stderr, "%s:%u: warning: %s: %s\n", endpoint->source_file, endpoint->source_line,
                    endpoint->name, said);
    }
}

/* Prints the last line; if AWS refuses a function, it isn't OK. */
static int conclude(const char *path, const struct plan *plan, bool online)
{
    size_t asked = 0, failed = 0, disabled = plan->n_endpoints - plan_enabled(plan);
    int code = online ? check_online(plan, &asked, &failed) : EXIT_DONE;
    size_t enabled = plan_enabled(plan);
    uint64_t instances = plan_instances(plan);
    printf("%s: %zu endpoint%s, %" PRIu64 " instance%s, ", path, enabled, enabled == 1 ? "" : "s", instances,
           instances == 1 ? "" : "s");
    if (failed)
        printf("%zu of %zu function%s can't be invoked\n", failed, asked, asked == 1 ? "" : "s");
    else
        printf("OK\n");
    if (disabled > 0)
        fprintf(stderr, "%s: %zu more %s disabled\n", path, disabled, disabled == 1 ? "is" : "are");
    return code;
}

int command_check(const struct arguments *arguments)
{
    CLEANUP(cleanup_plan_unref) struct plan *plan = NULL;
    int code = config_load_or_say(arguments->config_path, &plan);
    if (code != EXIT_DONE)
        return code;
    warn_of_limit(plan);
    suggest_drop_in(plan);
    warn_of_holds(plan);
    warn_of_budgets(plan);
    check_plan(plan);
    check_access(plan);
    if (!arguments->online) /* which finds out */
        check_aws(plan);
    return conclude(arguments->config_path, plan, arguments->online);
}
