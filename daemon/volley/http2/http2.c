#include "volley/http2/http2.h"

#include "base/clock.h"
#include "base/patience.h"
#include "volley/hosts.h"
#include "volley/http2/h2_engine.h"
#include "volley/release.h"

#include <errno.h>

enum {
    SEAL_PAUSE_NS = 1000000,
};

static void note_ready(const struct h2_link *link)
{
    uint64_t now_ns = clock_monotonic_ns();
    for (size_t i = 0; i < link->n_streams; i++)
        if (!link->streams[i]->done)
            link->streams[i]->sample->ready_ns = now_ns;
}

/* Seals what is ready; what isn't has failed, and everything has if the volley is cancelled. Returns how many
 * links wait for the release. */
static size_t seal(struct engine *engine)
{
    size_t sealed = 0;
    bool cancelled = h2_engine_is_cancelled(engine);
    for (size_t i = 0; i < engine->n_links; i++) {
        struct h2_link *link = engine->links[i];
        if (link->state != LINK_OPEN || link->n_streams == 0)
            continue;
        if (cancelled || !h2_link_is_ready(link)) {
            enum cause cause = cancelled ? CAUSE_STOPPED : cause_of_timeout(STAGE_SEND);
            for (size_t j = 0; j < link->n_streams; j++)
                h2_stream_fail(link->streams[j], cause, NULL, clock_monotonic_ns());
            h2_link_kill(link, cause, NULL);
        } else if (h2_link_seal(link)) {
            uint64_t round_trip_us = h2_tcp_round_trip_us(&link->tcp);
            engine->round_trip_us =
                round_trip_us > engine->round_trip_us ? round_trip_us : engine->round_trip_us;
            note_ready(link);
            sealed++;
        } else
            for (size_t j = 0; j < link->n_streams; j++)
                h2_stream_fail(link->streams[j], link->cause, link->detail, clock_monotonic_ns());
    }
    return sealed;
}

/* The sockets' buffers take a record at once; a full one gets a little time. */
static void send_ahead(struct engine *engine)
{
    uint64_t until_us = clock_monotonic_us() + RELEASE_GRACE_US;
    for (size_t i = 0; i < engine->n_links; i++)
        while (h2_link_send_ahead(engine->links[i]) && !h2_engine_is_cancelled(engine)) {
            if (clock_monotonic_us() > until_us) {
                h2_link_kill(engine->links[i], cause_of_timeout(STAGE_SEND), NULL);
                break;
            }
            struct timespec pause = {.tv_nsec = SEAL_PAUSE_NS};
            clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
        }
}

/* What is cancelled before T0 is not released. */
static void release(struct engine *engine, size_t sealed)
{
    const struct volley *volley = engine->run->volley;
    uint64_t settled_us = release_settled_us(sealed, engine->round_trip_us);
    if (patience_wait(-1, settled_us, volley->cancel_fd) == -ECANCELED)
        return;
    uint64_t at_us = release_take_turn(settled_us);
    bool realtime = release_begin_realtime(volley);
    release_wait(at_us);
    bool cancelled = h2_engine_is_cancelled(engine);
    for (size_t i = 0; !cancelled && i < engine->n_links; i++)
        if (engine->links[i]->state == LINK_SEALED)
            h2_link_release(engine->links[i], clock_monotonic_ns());
    release_end_realtime(realtime);
    release_end_turn(engine->run->volley, realtime);
}

static size_t count_open(const struct engine *engine)
{
    size_t n = 0;
    for (size_t i = 0; i < engine->n_streams; i++)
        n += !engine->streams[i].done;
    return n;
}

static void collect(struct engine *engine)
{
    uint64_t deadline_us = clock_monotonic_us() + engine->run->volley->endpoint->timeout_us;
    while (count_open(engine) && h2_engine_any_alive(engine) && !h2_engine_is_cancelled(engine) &&
           clock_monotonic_us() < deadline_us)
        h2_engine_turn(engine, deadline_us);
    enum cause cause = h2_engine_is_cancelled(engine) ? CAUSE_STOPPED : cause_of_timeout(STAGE_ANSWER);
    for (size_t i = 0; i < engine->n_streams; i++)
        h2_stream_fail(&engine->streams[i], cause, NULL, clock_monotonic_ns());
}

static void remember_http1(const struct run *run)
{
    hosts_remember_spoken(run->route.target.host, run->route.target.port, SPOKEN_HTTP1, 0);
}

static bool any_wants_http1(const struct engine *engine)
{
    for (size_t i = 0; i < engine->n_links; i++)
        if (engine->links[i]->session.wants_http1)
            return true;
    return false;
}

bool http2_fire(struct run *run)
{
    struct engine engine;
    struct error error = {0};
    enum cause cause = h2_engine_init(&engine, run, &error);
    bool spoken = cause != CAUSE_NONE || h2_engine_arm(&engine);
    if (cause != CAUSE_NONE)
        volley_fail_rest(run->volley, cause, error.message);
    else if (spoken) {
        size_t sealed = seal(&engine);
        send_ahead(&engine);
        volley_trace_armed(run->volley, run->start_us, "TLS record");
        if (sealed)
            release(&engine, sealed);
        collect(&engine);
        if (any_wants_http1(&engine))
            remember_http1(run);
    } else
        remember_http1(run);
    h2_engine_free(&engine);
    return spoken;
}
