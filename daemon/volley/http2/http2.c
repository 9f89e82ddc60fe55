#include "base/clock.h"
#include "base/patience.h"
#include "volley/hosts.h"
#include "volley/http2/h2_engine.h"
#include "volley/path.h"
#include "volley/release.h"

#include <errno.h>

enum { PAUSE_NS = 1000000 };

/* Seals the links that carry something; what isn't ready fails. */
static void seal(struct h2_engine *engine)
{
    for (struct h2_link *link = engine->links; link; link = link->next)
        if (link->state == LINK_OPEN && link->n_streams)
            h2_link_seal(link);
}

/* The sockets' buffers take a record at once; a full one gets a little time. */
static void send_ahead(struct h2_engine *engine)
{
    static const struct timespec pause = {.tv_nsec = PAUSE_NS};
    uint64_t until_us = clock_monotonic_us() + RELEASE_GRACE_US;
    for (struct h2_link *link = engine->links; link; link = link->next)
        while (h2_link_send_ahead(link) && !engine->setup.run->volley->cancelled) {
            if (clock_monotonic_us() > until_us) {
                h2_link_kill(link, cause_of_timeout(STAGE_SEND), NULL);
                break;
            }
            clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
        }
}

/* When what was sent ahead has arrived; 0: nothing was. */
static uint64_t settled_us(const struct h2_engine *engine)
{
    size_t sealed = 0;
    uint64_t longest_us = 0;
    for (const struct h2_link *link = engine->links; link; link = link->next)
        if (link->state == LINK_SEALED) {
            uint64_t round_trip_us = path_measure(link->wire.fd).round_trip_us;
            longest_us = round_trip_us > longest_us ? round_trip_us : longest_us;
            sealed++;
        }
    return sealed ? release_settled_us(sealed, longest_us) : 0;
}

/* What is cancelled before T0 is not released. */
static void release(struct h2_engine *engine)
{
    struct volley *volley = engine->setup.run->volley;
    uint64_t until_us = settled_us(engine);
    if (until_us == 0 || patience_wait(-1, until_us, volley->cancel_fd) == -ECANCELED)
        return;
    uint64_t at_us = release_take_turn(until_us);
    bool realtime = release_begin_realtime(volley);
    release_wait(at_us);
    bool cancelled = volley->cancelled;
    for (struct h2_link *link = engine->links; !cancelled && link; link = link->next)
        if (link->state == LINK_SEALED)
            h2_link_release(link, clock_monotonic_ns());
    release_end_realtime(realtime);
    release_end_turn(volley, realtime);
}

static bool any_open(const struct h2_engine *engine)
{
    for (size_t i = 0; i < engine->n_streams; i++)
        if (!engine->streams[i].done)
            return true;
    return false;
}

static void collect(struct h2_engine *engine)
{
    const struct volley *volley = engine->setup.run->volley;
    engine->setup.until_us = clock_monotonic_us() + volley->endpoint->timeout_us;
    while (any_open(engine) && h2_engine_goes_on(engine))
        h2_engine_turn(engine);
    enum cause cause = volley->cancelled ? CAUSE_STOPPED : cause_of_timeout(STAGE_ANSWER);
    for (size_t i = 0; i < engine->n_streams; i++)
        h2_stream_fail(&engine->streams[i], cause, NULL, clock_monotonic_ns());
}

static bool any_wants_http1(const struct h2_engine *engine)
{
    for (const struct h2_link *link = engine->links; link; link = link->next)
        if (link->session.wants_http1)
            return true;
    return false;
}

bool http2_fire(const struct run *run)
{
    const struct target *target = &run->route.target;
    struct h2_engine engine;
    struct error error = {0};
    enum cause cause = h2_engine_init(&engine, run, &error);
    bool spoken = cause != CAUSE_NONE || h2_engine_arm(&engine);
    if (cause != CAUSE_NONE)
        volley_fail_rest(run->volley, cause, error.message);
    else if (spoken) {
        seal(&engine);
        send_ahead(&engine);
        volley_trace_armed(run->volley, run->start_us, "TLS record");
        release(&engine);
        collect(&engine);
    }
    if (!spoken || any_wants_http1(&engine))
        hosts_remember_spoken(target->host, target->port, SPOKEN_HTTP1, 0);
    h2_engine_free(&engine);
    return spoken;
}
