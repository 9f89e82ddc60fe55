#include "volley/http2/h2_engine.h"

#include "base/clock.h"
#include "base/patience.h"
#include "net/tls_context.h"
#include "volley/hosts.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

enum {
    /* API Gateway's and nginx's; the first link tells what the server really allows. */
    STREAMS_EXPECTED = 128,
    EVENTS_PER_TURN = 128,
    /* Links that die before they are sealed are replaced, up to as many again and a few. */
    SPARE_LINKS = 4,
    /* A link that isn't open by then, or within this part of the time for connecting, is no longer counted
     * on: we open another, and the first to open gets the streams. One silent connection must not take a
     * hundred requests with it. So an address that doesn't answer is given up for the next. */
    COUNTED_ON_US = 1000000,
    COUNTED_ON_PART = 2,
    /* How many may be connecting at a time: a thousand handshakes at once take longer than we count on each,
     * and overflow the listen queue of small servers. */
    LINKS_AT_A_TIME = 128,
};

static void watch(const struct engine *engine, const struct h2_link *link, int fd_before)
{
    union {
        const struct h2_link *in;
        void *out;
    } pointer = {.in = link};
    struct epoll_event event = {.events = EPOLLIN | (h2_link_wants_write(link) ? (uint32_t)EPOLLOUT : 0),
                                .data.ptr = pointer.out};
    if (link->tcp.fd < 0)
        return; /* a closed one has left epoll by itself */
    if (link->tcp.fd != fd_before || epoll_ctl(engine->epoll_fd, EPOLL_CTL_MOD, link->tcp.fd, &event) < 0)
        epoll_ctl(engine->epoll_fd, EPOLL_CTL_ADD, link->tcp.fd, &event);
}

static bool open_link(struct engine *engine)
{
    if (engine->n_links == engine->links_size) {
        size_t size = engine->links_size ? 2 * engine->links_size : 16;
        struct h2_link **longer = reallocarray(engine->links, size, sizeof(struct h2_link *));
        if (!longer)
            return false;
        engine->links = longer;
        engine->links_size = size;
    }
    struct h2_link *link = calloc(1, sizeof *link);
    if (!link)
        return false;
    engine->links[engine->n_links] = link;
    h2_link_open(link, &engine->setup, engine->n_links++, engine->run->ready_by_us);
    watch(engine, link, -1);
    return true;
}

static size_t list_unassigned(struct engine *engine)
{
    size_t n = 0;
    for (size_t i = 0; i < engine->n_streams; i++)
        if (!engine->streams[i].link && !engine->streams[i].done)
            engine->unassigned[n++] = &engine->streams[i];
    return n;
}

/* Also true for a link that is open but allows no streams yet. */
static bool is_on_its_way(const struct h2_link *link, uint64_t now_us)
{
    return (link->state < LINK_OPEN || (link->state == LINK_OPEN && link->n_streams == 0)) &&
           now_us < link->opened_us + link->setup->patience_us;
}

/* Opens links for the streams that the open ones can't take. The first goes alone until ALPN has answered. */
static void open_links(struct engine *engine, size_t unassigned)
{
    size_t on_their_way = 0;
    uint64_t now_us = clock_monotonic_us();
    for (size_t i = 0; i < engine->n_links; i++)
        on_their_way += is_on_its_way(engine->links[i], now_us);
    size_t wanted = (unassigned + engine->streams_expected - 1) / engine->streams_expected;
    if (!engine->presumed && !engine->confirmed && wanted > 1)
        wanted = 1;
    if (wanted > LINKS_AT_A_TIME)
        wanted = LINKS_AT_A_TIME;
    for (; on_their_way < wanted && engine->n_links < engine->links_allowed; on_their_way++)
        if (!open_link(engine))
            return;
}

/* Sets how many streams we expect a link to take if the server allows MAX_STREAMS. */
static void expect(struct engine *engine, uint32_t max_streams)
{
    uint32_t most = engine->setup.streams_most;
    engine->streams_expected = max_streams < most ? max_streams : most;
    if (engine->streams_expected > engine->n_streams)
        engine->streams_expected = (uint32_t)engine->n_streams;
    if (engine->streams_expected == 0)
        engine->streams_expected = 1;
}

static void learn(struct engine *engine, uint32_t max_streams)
{
    const struct target *target = &engine->run->route.target;
    expect(engine, max_streams);
    size_t needed = (engine->n_streams + engine->streams_expected - 1) / engine->streams_expected;
    if (2 * needed + SPARE_LINKS > engine->links_allowed)
        engine->links_allowed = 2 * needed + SPARE_LINKS;
    hosts_remember_spoken(target->host, target->port, SPOKEN_HTTP2, max_streams);
}

static void trace_open_link(const struct engine *engine, const struct h2_link *link)
{
    const struct addresses *addresses = engine->setup.addresses;
    VOLLEY_TRACE(engine->run->volley, "connected to %s port %u for HTTP/2 after %.1f ms",
                 addresses->text[(link->tcp.first + link->tcp.tried - 1) % addresses->n], engine->setup.port,
                 (double)(clock_monotonic_us() - link->opened_us) / US_PER_MS);
}

/* Gives an open link without streams its share. */
static void assign(struct engine *engine, struct h2_link *link)
{
    size_t n = list_unassigned(engine);
    if (link->state != LINK_OPEN || link->n_streams || n == 0)
        return;
    engine->confirmed = true;
    trace_open_link(engine, link);
    if (h2_session_max_streams(&link->session) == 0)
        return; /* nothing to learn: it may allow some later */
    int taken = h2_link_carry(link, engine->unassigned, n);
    if (taken < 0) {
        h2_link_kill(link, CAUSE_MEMORY, NULL);
        return;
    }
    uint32_t offered = h2_session_max_streams(&link->session);
    /* Fewer than allowed: the record is the limit, for later links, too. */
    bool is_full =
        (size_t)taken < n && (uint32_t)taken < offered && (uint32_t)taken < engine->setup.streams_most;
    learn(engine, is_full ? (uint32_t)taken : offered);
}

static void bury(struct engine *engine, struct h2_link *link)
{
    engine->refused |= link->not_h2;
    h2_link_return_streams(link);
}

static void employ(struct engine *engine, struct h2_link *link, int fd_before)
{
    if (link->state == LINK_OPEN)
        assign(engine, link);
    if (link->state == LINK_DEAD)
        bury(engine, link);
    watch(engine, link, fd_before);
}

static void step(struct engine *engine, struct h2_link *link, uint64_t until_us)
{
    int fd_before = link->tcp.fd;
    h2_link_step(link, until_us);
    if (h2_link_yield(link))
        learn(engine, h2_session_max_streams(&link->session));
    employ(engine, link, fd_before);
}

/* When something is due without a socket event. */
static uint64_t next_due_us(const struct engine *engine, uint64_t until_us)
{
    uint64_t now_us = clock_monotonic_us();
    for (size_t i = 0; i < engine->n_links; i++) {
        const struct h2_link *link = engine->links[i];
        if (link->state == LINK_CONNECTING && link->tcp.until_us < until_us)
            until_us = link->tcp.until_us;
        if (is_on_its_way(link, now_us) && link->opened_us + engine->setup.patience_us < until_us)
            until_us = link->opened_us + engine->setup.patience_us;
    }
    return until_us;
}

void h2_engine_turn(struct engine *engine, uint64_t until_us)
{
    struct epoll_event events[EVENTS_PER_TURN];
    int n = epoll_wait(engine->epoll_fd, events, EVENTS_PER_TURN, patience_ms(next_due_us(engine, until_us)));
    uint64_t now_us = clock_monotonic_us();
    for (int i = 0; i < n && now_us < until_us && !h2_engine_is_cancelled(engine); i++) {
        if (events[i].data.ptr) /* NULL: the volley is cancelled */
            step(engine, events[i].data.ptr, until_us);
        now_us = clock_monotonic_us();
    }
    for (size_t i = 0; i < engine->n_links; i++)
        if (engine->links[i]->state == LINK_CONNECTING && engine->links[i]->tcp.until_us <= now_us)
            step(engine, engine->links[i], until_us);
}

bool h2_engine_is_cancelled(const struct engine *engine)
{
    return volley_is_cancelled(engine->run->volley);
}

/* Is every remaining stream on a link that can be sealed? */
static bool all_ready(const struct engine *engine)
{
    for (size_t i = 0; i < engine->n_streams; i++)
        if (!engine->streams[i].done && !engine->streams[i].link)
            return false;
    for (size_t i = 0; i < engine->n_links; i++)
        if (engine->links[i]->state == LINK_OPEN && engine->links[i]->n_streams &&
            !h2_link_is_ready(engine->links[i]))
            return false;
    return true;
}

bool h2_engine_any_alive(const struct engine *engine)
{
    for (size_t i = 0; i < engine->n_links; i++)
        if (engine->links[i]->state != LINK_DEAD)
            return true;
    return false;
}

/* Why a link without streams died, or what it is waiting for; CAUSE_NONE: it tells nothing. */
static enum cause idle_cause(const struct h2_link *link, const char **ret_detail)
{
    *ret_detail = NULL;
    if (link->state == LINK_DEAD) {
        *ret_detail = link->detail;
        return link->cause;
    }
    if (link->state == LINK_OPEN && link->n_streams == 0) {
        *ret_detail = "the server allows no streams";
        return CAUSE_REFUSED_STREAM;
    }
    return link->state == LINK_SHAKING || link->state == LINK_GREETING ? cause_of_timeout(h2_link_stage(link))
                                                                       : CAUSE_NONE;
}

static void fail_unassigned(struct engine *engine)
{
    enum cause cause = cause_of_timeout(STAGE_CONNECT);
    const char *detail = NULL, *of_link;
    for (size_t i = 0; i < engine->n_links; i++) {
        enum cause idle = idle_cause(engine->links[i], &of_link);
        if (idle != CAUSE_NONE) {
            cause = idle;
            detail = of_link;
        }
    }
    if (h2_engine_is_cancelled(engine)) {
        cause = CAUSE_STOPPED;
        detail = NULL;
    }
    for (size_t i = 0; i < engine->n_streams; i++)
        if (!engine->streams[i].link)
            h2_stream_fail(&engine->streams[i], cause, detail, clock_monotonic_ns());
}

/* Employs links that were opened for streams which other links took and have lost since. */
static void employ_idle(struct engine *engine)
{
    for (size_t i = 0; i < engine->n_links; i++)
        if (engine->links[i]->state == LINK_OPEN && engine->links[i]->n_streams == 0)
            employ(engine, engine->links[i], engine->links[i]->tcp.fd);
}

bool h2_engine_arm(struct engine *engine)
{
    uint64_t deadline_us = engine->run->ready_by_us;
    while (!all_ready(engine) && !h2_engine_is_cancelled(engine) && clock_monotonic_us() < deadline_us) {
        if (engine->refused && !engine->confirmed)
            return false;
        employ_idle(engine);
        open_links(engine, list_unassigned(engine));
        if (!h2_engine_any_alive(engine))
            break;
        h2_engine_turn(engine, deadline_us);
    }
    if (engine->refused && !engine->confirmed)
        return false;
    fail_unassigned(engine);
    return true;
}

static uint64_t patience_us(const struct endpoint *endpoint)
{
    uint64_t part_us = endpoint->connect_timeout_us / COUNTED_ON_PART;
    return part_us < COUNTED_ON_US ? part_us : COUNTED_ON_US;
}

enum cause h2_engine_init(struct engine *engine, struct run *run, struct error *error)
{
    struct volley *volley = run->volley;
    struct epoll_event cancel = {.events = EPOLLIN, .data.ptr = NULL};
    struct host_memory memory = hosts_recall(run->route.target.host, run->route.target.port);
    *engine = (struct engine){.run = run, .epoll_fd = -1};
    int result = tls_context_new(volley->endpoint, run->route.anchors, &engine->context, error);
    if (result < 0)
        return cause_of_errno(-result, STAGE_CLIENT_CERTIFICATE);
    engine->setup = (struct link_setup){.context = engine->context,
                                        .host = run->route.target.host,
                                        .port = run->route.target.port,
                                        .addresses = &run->route.addresses,
                                        .cancelled = &volley->cancelled,
                                        .patience_us = patience_us(volley->endpoint),
                                        .streams_most = volley->endpoint->streams ? volley->endpoint->streams
                                                                                  : UINT32_MAX};
    engine->n_streams = volley->n_samples;
    engine->streams = calloc(volley->n_samples, sizeof *engine->streams);
    engine->unassigned = calloc(volley->n_samples, sizeof(struct h2_stream *));
    if (!engine->streams || !engine->unassigned)
        return CAUSE_MEMORY;
    engine->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (engine->epoll_fd < 0 || epoll_ctl(engine->epoll_fd, EPOLL_CTL_ADD, volley->cancel_fd, &cancel) < 0)
        return cause_of_errno(errno, STAGE_SETUP);
    engine->presumed = memory.spoken == SPOKEN_HTTP2;
    expect(engine, memory.max_streams ? memory.max_streams : STREAMS_EXPECTED);
    engine->links_allowed = 2 * (engine->n_streams / engine->streams_expected + 1) + SPARE_LINKS;
    for (size_t i = 0; i < engine->n_streams; i++)
        h2_stream_prepare(&engine->streams[i], run, &volley->samples[i]);
    return CAUSE_NONE;
}

void h2_engine_free(struct engine *engine)
{
    for (size_t i = 0; i < engine->n_links; i++) {
        h2_link_close(engine->links[i]);
        free(engine->links[i]);
    }
    for (size_t i = 0; engine->streams && i < engine->n_streams; i++)
        h2_stream_free(&engine->streams[i]);
    if (engine->epoll_fd >= 0)
        close(engine->epoll_fd);
    free(engine->links);
    free(engine->streams);
    free(engine->unassigned);
    SSL_CTX_free(engine->context);
}
