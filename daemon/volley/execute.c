#include "volley/execute.h"

#include "base/clock.h"
#include "base/require.h"
#include "base/text.h"
#include "volley/hosts.h"
#include "volley/run.h"

#include <curl/curl.h>
#include <errno.h>
#include <malloc.h>
#include <string.h>

int execute_global_init(void)
{
    /* Volleys come and go on threads of their own, and what each thread's arena keeps is never given back: 40
     * MiB at rest after a hundred endpoints, instead of 5. Within a volley, each grows by a page at a time.
     * Sharing one costs nothing measurable. */
    mallopt(M_ARENA_MAX, 1);
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 0 : -ENOSYS;
}

/* RESULT: 0 or a negative errno. */
static enum cause cause_of_result(int result, enum request_stage stage)
{
    return result < 0 ? cause_of_errno(-result, stage) : CAUSE_NONE;
}

static void trace_addresses(const struct run *run, uint64_t since_us)
{
    const struct route *route = &run->route;
    CLEANUP_TEXT struct text list = {0};
    for (size_t i = 0; trace_is_on && i < route->addresses.n; i++)
        text_format(&list, "%s%s", i ? ", " : "", route->addresses.text[i]);
    VOLLEY_TRACE(run->volley, "resolved %s%s in %.1f ms: %s", route_peer(route)->host,
                 route->by_proxy ? ", a proxy," : "", (double)(clock_monotonic_us() - since_us) / US_PER_MS,
                 list.data ? list.data : "none");
}

static enum cause find_addresses(struct run *run, struct error *error)
{
    struct resolve_wish wish = {.family = run->volley->endpoint->ip_family,
                                .until_us = run->ready_by_us,
                                .cancel_fd = run->volley->cancel_fd};
    uint64_t began_us = clock_monotonic_us();
    int result = route_resolve(&run->route, &wish, error);
    trace_addresses(run, began_us);
    enum cause cause = cause_of_result(result, STAGE_NAME);
    return cause == CAUSE_DNS && run->route.by_proxy ? CAUSE_PROXY : cause;
}

/* Finds what the requests are made of. A warning is kept: the volley goes on. */
static enum cause prepare_message(struct run *run, struct error *error)
{
    struct credentials_patience patience = {.until_us = run->ready_by_us,
                                            .cancel_fd = run->volley->cancel_fd};
    enum cause cause =
        message_setup_init(&run->message, run->volley->plan, run->volley->endpoint, &patience, error);
    if (cause != CAUSE_NONE)
        return cause;
    run->volley->attempt.note = *error->message ? strdup(error->message) : NULL;
    if (target_parse(run->message.url, &run->route.target, error) < 0)
        return CAUSE_INTERNAL;
    run->route.target.is_absolute = run->message.is_absolute;
    return CAUSE_NONE;
}

static enum cause prepare(struct run *run, struct error *error)
{
    enum cause cause = prepare_message(run, error);
    if (cause == CAUSE_NONE)
        cause = cause_of_result(route_find_proxy(&run->route, error), STAGE_PROXY);
    if (cause == CAUSE_NONE)
        cause = find_addresses(run, error);
    if (cause == CAUSE_NONE)
        cause = cause_of_result(route_load_anchors(&run->route, run->volley->endpoint->ca_file, error),
                                STAGE_ANCHORS);
    return cause;
}

static bool is_better_off_with_http1(const struct run *run)
{
    const struct target *target = &run->route.target;
    struct host_memory memory = hosts_recall(target->host, target->port);
    return memory.spoken == SPOKEN_HTTP1 || memory.prefers_http1 ||
           hosts_tries_http1(target->host, target->port, run->volley->endpoint->name);
}

/* Uses HTTP/2 if it can be spoken and isn't ruled out; the server has the last word. */
static void fire(struct run *run)
{
    const struct target *target = &run->route.target;
    enum http_version wanted = run->volley->endpoint->http_version;
    bool can = target->tls && run->route.anchors && !run->route.by_proxy && wanted != HTTP_VERSION_1_1;
    bool known_not = wanted == HTTP_VERSION_AUTO && is_better_off_with_http1(run);
    if (can && !known_not) {
        run->volley->attempt.http_version = HTTP_VERSION_2;
        if (http2_fire(run))
            return;
    }
    if (wanted == HTTP_VERSION_2) {
        volley_fail_rest(
            run->volley, CAUSE_PROTOCOL,
            run->route.by_proxy
                ? "http_version is 2, but requests go through a proxy, which only supports HTTP/1.1"
                : "http_version is 2, but the server does not speak HTTP/2");
        return;
    }
    run->volley->attempt.http_version = HTTP_VERSION_1_1;
    http1_fire(run);
}

static void note_connect_time(const struct run *run)
{
    uint64_t last_ns = 0;
    for (size_t i = 0; i < run->volley->n_samples; i++)
        if (run->volley->samples[i].ready_ns > last_ns)
            last_ns = run->volley->samples[i].ready_ns;
    if (last_ns)
        run->volley->attempt.connect_us = last_ns / NS_PER_US - run->start_us;
    else
        run->volley->attempt.http_version = HTTP_VERSION_AUTO; /* neither was spoken */
}

/* Notes refused signatures that another try may fix, unless some requests were answered. */
static void note_refusal(struct run *run)
{
    struct volley *volley = run->volley;
    struct attempt *attempt = &volley->attempt;
    bool answered = false;
    for (size_t i = 0; i < volley->n_samples; i++) {
        answered |= volley->samples[i].outcome == OUTCOME_OK;
        if (attempt->resend != RESEND_NOT)
            continue;
        attempt->resend = message_learn(volley->endpoint, &run->message, &volley->samples[i]);
        attempt->clock_offset_us = volley->samples[i].clock_offset_us;
    }
    if (answered)
        attempt->resend = RESEND_NOT;
}

static void execute(struct run *run)
{
    struct volley *volley = run->volley;
    struct error error = {0};
    run->start_us = clock_monotonic_us();
    run->ready_by_us = run->start_us + volley->endpoint->connect_timeout_us;
    enum cause cause = prepare(run, &error);
    if (cause == CAUSE_NONE)
        fire(run);
    else {
        char name[CAUSE_NAME_MAX];
        VOLLEY_TRACE(volley, "nothing is sent: %s", cause_name(cause, 0, name));
        volley_fail_rest(volley, cause, error.message);
    }
    note_connect_time(run);
    note_refusal(run);
    volley->host = STEAL(run->route.target.host);
    volley->port = run->route.target.port;
    for (size_t i = 0; i < volley->n_samples; i++) {
        struct sample *sample = &volley->samples[i];
        REQUIRE(sample->outcome != OUTCOME_FAILED || sample->cause != CAUSE_NONE);
        message_redact(&run->message, sample);
    }
}

void execute_volley(struct volley *volley)
{
    struct run run = {.volley = volley};
    if (volley->cancel_fd < 0) {
        volley_fail_rest(volley, CAUSE_DESCRIPTORS, NULL);
        return;
    }
    execute(&run);
    message_setup_free(&run.message);
    route_free(&run.route);
}
