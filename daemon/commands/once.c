#include "base/clock.h"
#include "base/progress.h"
#include "base/terminal.h"
#include "commands/commands.h"
#include "commands/load.h"
#include "decide/windows.h"
#include "service/rounds.h"
#include "telemetry/tell.h"
#include "telemetry/views.h"
#include "telemetry/views_json.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>

/* What the rounds of a command have come to, and the line that says so meanwhile. */
struct watch {
    const struct endpoint *first;
    size_t n, n_done;
    struct progress progress;
};

/* SLOT is the round's place among those of the command. */
static void collect(struct round *round, void *slot, void *context)
{
    struct watch *watch = context;
    *(struct round **)slot = round;
    watch->n_done++;
    if (round->refused.resend == RESEND_CLOCK || round->http2_finding != HTTP2_FINE || round_note(round))
        progress_hide(&watch->progress);
    if (round->refused.resend == RESEND_CLOCK)
        tell_signature_clock(round->endpoint, round->refused.clock_offset_us);
    tell_http2(round);
    if (round_note(round))
        tell_credentials_failed(round->endpoint, round_note(round));
}

/* Not while a volley is held: then nothing may take a processor from it. */
static void show(struct watch *watch, const struct rounds *rounds)
{
    char subject[PROGRESS_LINE_MAX];
    if (!progress_is_due(&watch->progress))
        return;
    struct rounds_progress now = rounds_progress(rounds);
    if (now.is_held) {
        progress_postpone(&watch->progress);
        return;
    }
    if (watch->n > 1)
        snprintf(subject, sizeof subject, "%zu endpoints, %zu done", watch->n, watch->n_done);
    else if (now.attempt > 1)
        snprintf(subject, sizeof subject, "%s, attempt %u", watch->first->name, now.attempt);
    else
        snprintf(subject, sizeof subject, "%s", watch->first->name);
    const char *state = now.answered ? "answered" : now.released ? "released" : "armed";
    progress_show(&watch->progress, subject, "%s %" PRIu32 "/%" PRIu32, state,
                  now.answered   ? now.answered
                  : now.released ? now.released
                                 : now.armed,
                  now.requests);
}

static void unwatch(struct watch *watch)
{
    progress_hide(&watch->progress);
}

int run_rounds(struct plan *plan, const struct endpoint *const *chosen, size_t n, struct round **ret_rounds)
{
    CLEANUP_FREE struct open_round **open = calloc(n + 1, sizeof(struct open_round *));
    CLEANUP(cleanup_rounds_free) struct rounds *rounds = NULL;
    CLEANUP(unwatch)
    struct watch watch = {
        .first = n > 0 ? chosen[0] : NULL, .n = n, .progress = progress_begin(stderr, stdout)};
    int result = open ? rounds_new(plan->daemon.max_in_flight, collect, &watch, &rounds) : -ENOMEM;
    if (result >= 0 && watch.progress.out)
        rounds_watch(rounds);
    for (size_t i = 0; result >= 0 && i < n; i++) {
        uint32_t wanted = windows_at(chosen[i], clock_real_us()).warm;
        struct order order =
            policy_configured_order(chosen[i], wanted ? wanted : endpoint_most_warm(chosen[i]));
        result = rounds_start(rounds, plan, chosen[i], &order, &ret_rounds[i], &open[i]);
    }
    while (result >= 0 && watch.n_done < n) {
        struct pollfd ready = {.fd = rounds_fd(rounds), .events = POLLIN};
        if (poll(&ready, 1, progress_wait_ms(&watch.progress)) < 0 && errno != EINTR)
            result = -errno;
        rounds_dispatch(rounds);
        show(&watch, rounds);
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

/* Whether an endpoint that wasn't named rests because of its windows. */
static bool rests(const struct endpoint *endpoint)
{
    if (windows_at(endpoint, clock_real_us()).warm)
        return false;
    fprintf(stderr, "lambda-warmd: %s is resting now because of its windows; name it to warm it anyway\n",
            endpoint->name);
    return true;
}

/* An endpoint can't be called without its secrets. */
static bool lacks_secrets(const struct endpoint *endpoint)
{
    if (endpoint->secrets_missing)
        fprintf(stderr,
                "%s:%u: %s is not warmed: it needs secrets, and $CREDENTIALS_DIRECTORY is not set "
                "(CREDENTIALS_DIRECTORY=FOLDER lambda-warmd once %s)\n",
                endpoint->source_file, endpoint->source_line, endpoint->name, endpoint->name);
    return endpoint->secrets_missing;
}

/* Which endpoints to warm, and how many can't be. */
struct choice_of {
    const struct endpoint **endpoints; /* room for all */
    size_t n;
    size_t refused; /* they lack their secrets */
};

static void choose_one(struct choice_of *chosen, const struct endpoint *endpoint)
{
    for (size_t i = 0; i < chosen->n; i++)
        if (chosen->endpoints[i] == endpoint)
            return;
    if (lacks_secrets(endpoint))
        chosen->refused++;
    else
        chosen->endpoints[chosen->n++] = endpoint;
}

/* Chooses the named endpoints, even if disabled or resting, or else all that are enabled and don't rest. */
static int choose(const struct plan *plan, const struct arguments *arguments, struct choice_of *chosen)
{
    for (int i = 0; i < arguments->n_operands; i++) {
        const struct endpoint *endpoint = plan_find(plan, arguments->operands[i]);
        if (!endpoint)
            return say_unknown(plan, arguments->operands[i]);
        choose_one(chosen, endpoint);
    }
    for (size_t i = 0; arguments->n_operands == 0 && i < plan->n_endpoints; i++)
        if (plan->endpoints[i].enabled && !rests(&plan->endpoints[i]))
            choose_one(chosen, &plan->endpoints[i]);
    if (chosen->n > 0)
        return EXIT_DONE;
    if (chosen->refused > 0)
        return EXIT_CONFIG;
    if (plan_enabled(plan) == 0) {
        fprintf(stderr, "lambda-warmd: %s: no endpoint is enabled, nothing to warm\n", plan->path);
        return EXIT_CONFIG;
    }
    fprintf(stderr, "lambda-warmd: %s: nothing was sent: every enabled endpoint is resting now%s\n",
            plan->path, arguments->distinct ? ", so nothing is proven" : "");
    return EXIT_DONE;
}

static void say_unproven(const struct round *round)
{
    CLEANUP_FREE char *why = round_unnamed_text(round);
    if (round->result == ROUND_MET && !round->distinct_known)
        fprintf(stderr, "lambda-warmd: %s: not proven: %s%s (see \"instance\" in the configuration)\n",
                round->endpoint, why ? "an answer " : "",
                why ? why : "the answers don't name their instances");
}

/* Reports the rounds and returns the exit code. If distinct instances must be proven, no rounds at all prove
 * nothing. */
static int report(struct round *const *rounds, size_t n, const struct arguments *arguments)
{
    bool all_met = n > 0 || !arguments->distinct;
    for (size_t i = 0; i < n; i++)
        all_met &= round_is_met(rounds[i], arguments->distinct);
    if (arguments->json) {
        CLEANUP_FREE char *json = rounds_json(rounds, n, arguments->distinct);
        puts(json ? json : "");
        all_met &= json != NULL;
    } else if (n > 0) {
        round_table_print(stdout, rounds, n, arguments->distinct, terminal_columns(stdout));
    }
    for (size_t i = 0; arguments->distinct && i < n; i++)
        say_unproven(rounds[i]);
    return all_met ? EXIT_DONE : EXIT_NOT_MET;
}

static int warm(struct plan *plan, const struct choice_of *chosen, const struct arguments *arguments)
{
    CLEANUP_FREE struct round **rounds = calloc(chosen->n + 1, sizeof *rounds);
    if (!rounds)
        return EXIT_FAULT;
    int result = run_rounds(plan, chosen->endpoints, chosen->n, rounds);
    if (result < 0)
        fprintf(stderr, "lambda-warmd: cannot run the rounds: %s\n", strerror(-result));
    int code = result < 0 ? EXIT_UNAVAILABLE : report(rounds, chosen->n, arguments);
    for (size_t i = 0; i < chosen->n; i++)
        round_free(rounds[i]);
    return code == EXIT_DONE && chosen->refused > 0 ? EXIT_NOT_MET : code;
}

int command_once(const struct arguments *arguments)
{
    CLEANUP(cleanup_plan_unref) struct plan *plan = NULL;
    struct choice_of chosen = {0};
    struct error error = {0};
    int code = config_load_or_say(arguments->config_path, &plan);
    if (code != EXIT_DONE)
        return code;
    CLEANUP_FREE const struct endpoint **endpoints = calloc(plan->n_endpoints + 1, sizeof *endpoints);
    if (!endpoints)
        return EXIT_FAULT;
    chosen.endpoints = endpoints;
    code = choose(plan, arguments, &chosen);
    if (code != EXIT_DONE)
        return code;
    if (descriptors_raise_for(plan, &error) < 0) {
        fprintf(stderr, "%s: %s\n", plan->path, error.message);
        return EXIT_CONFIG;
    }
    return warm(plan, &chosen, arguments);
}
