#include "commands/once.h"

#include "base/clock.h"
#include "base/timezone.h"
#include "commands/exit_codes.h"
#include "commands/load.h"
#include "commands/rounds.h"
#include "decide/windows.h"
#include "telemetry/round_json.h"
#include "telemetry/round_table.h"
#include "telemetry/tell_endpoint.h"
#include "telemetry/tell_round.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

struct collected {
    const struct endpoint *const *chosen;
    size_t n;
    struct round **rounds;
    size_t n_done;
};

static void collect(struct round *round, const struct endpoint *endpoint, void *context)
{
    struct collected *collected = context;
    for (size_t i = 0; i < collected->n; i++)
        if (collected->chosen[i] == endpoint)
            collected->rounds[i] = round;
    if (round->refusal == REFUSED_CLOCK)
        tell_signature_clock(round->endpoint, round->clock_offset_us);
    tell_http2(round);
    if (round->note)
        tell_credentials_failed(round->endpoint, round->note);
    collected->n_done++;
}

int run_rounds(struct plan *plan, const struct endpoint *const *chosen, size_t n, struct round **ret_rounds)
{
    struct collected collected = {.chosen = chosen, .n = n, .rounds = ret_rounds};
    CLEANUP(cleanup_rounds_free) struct rounds *rounds = NULL;
    int result = rounds_new(plan->daemon.max_in_flight, collect, &collected, &rounds);
    for (size_t i = 0; result >= 0 && i < n; i++) {
        uint32_t wanted = windows_at(chosen[i], clock_real_us()).warm;
        struct round_order order =
            rounds_order_of(chosen[i], wanted ? wanted : endpoint_most_warm(chosen[i]));
        result = rounds_start(rounds, plan, chosen[i], &order, NULL);
    }
    while (result >= 0 && collected.n_done < n) {
        struct pollfd ready = {.fd = rounds_fd(rounds), .events = POLLIN};
        if (poll(&ready, 1, -1) < 0 && errno != EINTR)
            result = -errno;
        rounds_dispatch(rounds);
    }
    return result;
}

static int say_unknown(const struct plan *plan, const char *name)
{
    fprintf(stderr, "lambda-warmd: %s has no endpoint '%s'; it has:", plan->path, name);
    for (size_t i = 0; i < plan->n_endpoints; i++)
        fprintf(stderr, " %s", plan->endpoints[i].name);
    fputc('\n', stderr);
    return EXIT_USAGE;
}

/* Who isn't named rests where its windows say so. */
static bool rests(const struct endpoint *endpoint)
{
    if (windows_at(endpoint, clock_real_us()).warm)
        return false;
    fprintf(stderr, "lambda-warmd: %s rests now, by its windows; name it to warm it all the same\n",
            endpoint->name);
    return true;
}

/* Fills CHOSEN, which has room for all: the named ones, disabled or resting too, or all that are enabled and
 * don't rest. */
static int choose(const struct plan *plan, const struct once_options *options, const struct endpoint **chosen,
                  size_t *ret_n)
{
    size_t n = 0;
    for (int i = 0; i < options->n_names; i++) {
        const struct endpoint *endpoint = plan_find(plan, options->names[i]);
        if (!endpoint)
            return say_unknown(plan, options->names[i]);
        bool twice = false;
        for (size_t j = 0; j < n; j++)
            twice |= chosen[j] == endpoint;
        if (!twice)
            chosen[n++] = endpoint;
    }
    for (size_t i = 0; options->n_names == 0 && i < plan->n_endpoints; i++)
        if (plan->endpoints[i].enabled && !rests(&plan->endpoints[i]))
            chosen[n++] = &plan->endpoints[i];
    if (n == 0 && plan_enabled(plan) == 0) {
        fprintf(stderr, "lambda-warmd: %s: no endpoint is enabled, nothing to warm\n", plan->path);
        return EXIT_CONFIG;
    }
    *ret_n = n;
    return EXIT_DONE;
}

static bool is_met(const struct round *round, const struct once_options *options)
{
    return round->result == ROUND_MET && (!options->distinct || round->distinct_known);
}

static void say_unproven(const struct round *round)
{
    CLEANUP_FREE char *why = round_unnamed_text(round);
    fprintf(stderr, "lambda-warmd: %s: not proven: %s%s (see \"instance\" in the configuration)\n",
            round->endpoint, why ? "an answer " : "", why ? why : "the answers don't name their instances");
}

static int report(struct round *const *rounds, size_t n, const struct once_options *options)
{
    bool all_met = true;
    for (size_t i = 0; i < n; i++)
        all_met &= is_met(rounds[i], options);
    if (options->json) {
        CLEANUP_FREE char *json = rounds_json(rounds, n);
        puts(json ? json : "");
        all_met &= json != NULL;
    } else
        round_table_print(stdout, rounds, n);
    for (size_t i = 0; options->distinct && i < n; i++)
        if (rounds[i]->result == ROUND_MET && !rounds[i]->distinct_known)
            say_unproven(rounds[i]);
    return all_met ? EXIT_DONE : EXIT_NOT_MET;
}

int command_once(const char *config_path, const struct once_options *options)
{
    CLEANUP(cleanup_plan_unref) struct plan *plan = NULL;
    size_t n = 0;
    int code = config_load_or_say(config_path, true, &plan);
    if (code != EXIT_DONE)
        return code;
    timezone_use(plan->daemon.timezone);
    CLEANUP_FREE const struct endpoint **chosen = calloc(plan->n_endpoints + 1, sizeof *chosen);
    CLEANUP_FREE struct round **rounds = calloc(plan->n_endpoints + 1, sizeof *rounds);
    if (!chosen || !rounds)
        return EXIT_FAULT;
    code = choose(plan, options, chosen, &n);
    if (code != EXIT_DONE)
        return code;
    int result = run_rounds(plan, chosen, n, rounds);
    if (result < 0)
        fprintf(stderr, "lambda-warmd: cannot run the rounds: %s\n", strerror(-result));
    code = result < 0 ? EXIT_UNAVAILABLE : report(rounds, n, options);
    for (size_t i = 0; i < n; i++)
        round_free(rounds[i]);
    return code;
}
