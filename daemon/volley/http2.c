#include "volley/http2.h"

#include "base/clock.h"
#include "net/tls_context.h"
#include "volley/h2_link.h"
#include "volley/hosts.h"
#include "volley/release.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum {
    STREAMS_EXPECTED = 128, /* API Gateway's, nginx's; what a server really allows is known after the first link */
    EVENTS_PER_TURN = 128,
    /* Links that die before they are sealed are replaced, up to as many again and a few. */
    SPARE_LINKS = 4,
    /* A link that isn't open by then is no longer counted on: another one begins, and the first to open gets the
     * streams. One silent connection must not take a hundred requests with it. */
    COUNTED_ON_US = 1000000,
    SEAL_GRACE_US = 500000, /* what sending ahead may still take when the others are sealed */
};

struct engine {
    struct run *run;
    struct link_setup setup;
    struct h2_stream *streams; /* one for each sample */
    size_t n_streams;
    struct h2_stream **unassigned; /* scratch: those that no link carries */
    struct h2_link **links;
    size_t n_links, links_size;
    size_t links_allowed;
    uint32_t streams_expected;
    bool presumed;  /* the host spoke HTTP/2 in an earlier round */
    bool confirmed; /* some link speaks it now */
    bool refused;   /* ALPN chose HTTP/1.1 */
    int epoll_fd;
    uint64_t round_trip_us;
};

static void watch(const struct engine *engine, const struct h2_link *link, int fd_before)
{
    union {
        const struct h2_link *in;
        void *out;
    } pointer = {.in = link};
    struct epoll_event event = {.events = EPOLLIN | (h2_link_wants_write(link) ? (uint32_t)EPOLLOUT : 0),
                                .data.ptr = pointer.out};
    if (link->fd < 0)
        return; /* a closed one has left by itself */
    if (link->fd != fd_before || epoll_ctl(engine->epoll_fd, EPOLL_CTL_MOD, link->fd, &event) < 0)
        epoll_ctl(engine->epoll_fd, EPOLL_CTL_ADD, link->fd, &event);
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

static bool is_on_its_way(const struct h2_link *link, uint64_t now_us)
{
    return link->state < LINK_OPEN && now_us < link->opened_us + COUNTED_ON_US;
}

/* What the open links' limits leave over wants more of them. The first one goes alone, until ALPN has spoken. */
static void open_links(struct engine *engine, size_t unassigned)
{
    size_t on_their_way = 0;
    uint64_t now_us = clock_monotonic_us();
    for (size_t i = 0; i < engine->n_links; i++)
        on_their_way += is_on_its_way(engine->links[i], now_us);
    size_t wanted = (unassigned + engine->streams_expected - 1) / engine->streams_expected;
    if (!engine->presumed && !engine->confirmed && wanted > 1)
        wanted = 1;
    for (; on_their_way < wanted && engine->n_links < engine->links_allowed; on_their_way++)
        if (!open_link(engine))
            return;
}

static void learn(struct engine *engine, uint32_t max_streams)
{
    const struct target *target = &engine->run->target;
    engine->streams_expected = max_streams < engine->n_streams ? max_streams : (uint32_t)engine->n_streams;
    if (engine->streams_expected == 0)
        engine->streams_expected = 1;
    size_t needed = (engine->n_streams + engine->streams_expected - 1) / engine->streams_expected;
    if (2 * needed + SPARE_LINKS > engine->links_allowed)
        engine->links_allowed = 2 * needed + SPARE_LINKS;
    hosts_remember(target->host, target->port,
                   (struct host_memory){.spoken = SPOKEN_HTTP2, .max_streams = max_streams});
}

/* An open link without streams takes its share. */
static void assign(struct engine *engine, struct h2_link *link)
{
    size_t n = list_unassigned(engine);
    if (link->state != LINK_OPEN || link->n_streams || n == 0)
        return;
    engine->confirmed = true;
    int taken = h2_link_carry(link, engine->unassigned, n);
    if (taken < 0) {
        h2_link_kill(link, CAUSE_MEMORY, NULL);
        return;
    }
    uint32_t offered = nghttp2_session_get_remote_settings(link->session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
    /* Less than the server allows: what the record holds is the limit, for the next ones too. */
    learn(engine, (size_t)taken < n && (uint32_t)taken < offered ? (uint32_t)taken : offered);
}

static void bury(struct engine *engine, struct h2_link *link)
{
    engine->refused |= link->not_h2;
    h2_link_return_streams(link);
}

static void step(struct engine *engine, struct h2_link *link)
{
    int fd_before = link->fd;
    h2_link_step(link, engine->run->ready_by_us);
    if (link->state == LINK_OPEN)
        assign(engine, link);
    if (link->state == LINK_DEAD)
        bury(engine, link);
    watch(engine, link, fd_before);
}

/* When something is to be done though no socket says so. */
static uint64_t next_due_us(const struct engine *engine, uint64_t until_us)
{
    uint64_t now_us = clock_monotonic_us();
    for (size_t i = 0; i < engine->n_links; i++) {
        const struct h2_link *link = engine->links[i];
        if (link->state == LINK_CONNECTING && link->attempt_until_us < until_us)
            until_us = link->attempt_until_us;
        if (is_on_its_way(link, now_us) && link->opened_us + COUNTED_ON_US < until_us)
            until_us = link->opened_us + COUNTED_ON_US;
    }
    return until_us;
}

static int wait_ms(uint64_t until_us)
{
    uint64_t now_us = clock_monotonic_us();
    uint64_t ms = until_us > now_us ? (until_us - now_us + US_PER_MS - 1) / US_PER_MS : 0;
    return ms > 60000 ? 60000 : (int)ms;
}

/* Waits for the links, steps those that have something to do. */
static void turn(struct engine *engine, uint64_t until_us)
{
    struct epoll_event events[EVENTS_PER_TURN];
    int n = epoll_wait(engine->epoll_fd, events, EVENTS_PER_TURN, wait_ms(next_due_us(engine, until_us)));
    for (int i = 0; i < n; i++)
        if (events[i].data.ptr) /* NULL: the volley is cancelled */
            step(engine, events[i].data.ptr);
    uint64_t now_us = clock_monotonic_us();
    for (size_t i = 0; i < engine->n_links; i++)
        if (engine->links[i]->state == LINK_CONNECTING && engine->links[i]->attempt_until_us <= now_us)
            step(engine, engine->links[i]);
}

static bool is_cancelled(const struct engine *engine)
{
    return atomic_load_explicit(&engine->run->volley->cancelled, memory_order_relaxed);
}

/* Every stream that is left is on a link that can be sealed. */
static bool all_ready(const struct engine *engine)
{
    for (size_t i = 0; i < engine->n_streams; i++)
        if (!engine->streams[i].done && !engine->streams[i].link)
            return false;
    for (size_t i = 0; i < engine->n_links; i++)
        if (engine->links[i]->state == LINK_OPEN && engine->links[i]->n_streams && !h2_link_is_ready(engine->links[i]))
            return false;
    return true;
}

static bool any_alive(const struct engine *engine)
{
    for (size_t i = 0; i < engine->n_links; i++)
        if (engine->links[i]->state != LINK_DEAD)
            return true;
    return false;
}

/* The cause of what no link carries: that of a link which died, or what a living one is waiting for. */
static void fail_unassigned(struct engine *engine)
{
    enum cause cause = CAUSE_CONNECT_TIMEOUT;
    const char *detail = NULL;
    for (size_t i = 0; i < engine->n_links; i++) {
        const struct h2_link *link = engine->links[i];
        if (link->state == LINK_SHAKING)
            cause = CAUSE_TLS_TIMEOUT;
        else if (link->state == LINK_GREETING || link->state == LINK_OPEN)
            cause = CAUSE_SEND_TIMEOUT;
        else if (link->state == LINK_DEAD && link->cause != CAUSE_NONE) {
            cause = link->cause;
            detail = link->detail;
        }
    }
    if (is_cancelled(engine)) {
        cause = CAUSE_STOPPED;
        detail = NULL;
    }
    for (size_t i = 0; i < engine->n_streams; i++)
        if (!engine->streams[i].link)
            h2_stream_fail(&engine->streams[i], cause, detail, clock_monotonic_ns());
}

static void arm(struct engine *engine)
{
    uint64_t deadline_us = engine->run->ready_by_us;
    while (!all_ready(engine) && !is_cancelled(engine) && clock_monotonic_us() < deadline_us) {
        if (engine->refused && !engine->confirmed)
            return;
        open_links(engine, list_unassigned(engine));
        if (!any_alive(engine))
            break;
        turn(engine, deadline_us);
    }
}

static void measure_round_trip(struct engine *engine, const struct h2_link *link)
{
    struct tcp_info info;
    socklen_t length = sizeof info;
    if (getsockopt(link->fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 && info.tcpi_rtt > engine->round_trip_us)
        engine->round_trip_us = info.tcpi_rtt;
}

static void note_ready(const struct h2_link *link)
{
    uint64_t now_ns = clock_monotonic_ns();
    for (size_t i = 0; i < link->n_streams; i++)
        link->streams[i]->sample->ready_ns = now_ns;
}

/* Seals what is ready; what isn't has failed. Returns how many links wait for the release. */
static size_t seal(struct engine *engine)
{
    size_t sealed = 0;
    for (size_t i = 0; i < engine->n_links; i++) {
        struct h2_link *link = engine->links[i];
        if (link->state != LINK_OPEN || link->n_streams == 0)
            continue;
        if (!h2_link_is_ready(link)) {
            for (size_t j = 0; j < link->n_streams; j++)
                h2_stream_fail(link->streams[j], is_cancelled(engine) ? CAUSE_STOPPED : CAUSE_SEND_TIMEOUT, NULL,
                               clock_monotonic_ns());
            h2_link_kill(link, CAUSE_SEND_TIMEOUT, NULL);
        } else if (h2_link_seal(link)) {
            measure_round_trip(engine, link);
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
    uint64_t until_us = clock_monotonic_us() + SEAL_GRACE_US;
    for (size_t i = 0; i < engine->n_links; i++)
        while (h2_link_sends_ahead(engine->links[i])) {
            if (clock_monotonic_us() > until_us) {
                h2_link_kill(engine->links[i], CAUSE_SEND_TIMEOUT, NULL);
                break;
            }
            struct timespec pause = {.tv_nsec = 1000000};
            clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
        }
}

static void release(struct engine *engine, size_t sealed)
{
    uint64_t at_us = release_take_turn(sealed, engine->round_trip_us);
    release_wait(at_us);
    for (size_t i = 0; i < engine->n_links; i++)
        if (engine->links[i]->state == LINK_SEALED)
            h2_link_release(engine->links[i], clock_monotonic_ns());
    release_end_turn();
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
    while (count_open(engine) && any_alive(engine) && !is_cancelled(engine) && clock_monotonic_us() < deadline_us)
        turn(engine, deadline_us);
    enum cause cause = is_cancelled(engine) ? CAUSE_STOPPED : CAUSE_TIMEOUT;
    for (size_t i = 0; i < engine->n_streams; i++)
        h2_stream_fail(&engine->streams[i], cause, NULL, clock_monotonic_ns());
}

static enum cause set_up(struct engine *engine, struct run *run, SSL_CTX **context, struct error *error)
{
    struct volley *volley = run->volley;
    struct epoll_event cancel = {.events = EPOLLIN, .data.ptr = NULL};
    struct host_memory memory = hosts_recall(run->target.host, run->target.port);
    if (tls_context_new(volley->endpoint, run->setup.store, context, error) < 0)
        return CAUSE_CLIENT_CERTIFICATE;
    engine->run = run;
    engine->setup = (struct link_setup){
        .context = *context, .host = run->target.host, .port = run->target.port, .addresses = &run->addresses};
    engine->n_streams = volley->n_samples;
    engine->streams = calloc(volley->n_samples, sizeof *engine->streams);
    engine->unassigned = calloc(volley->n_samples, sizeof(struct h2_stream *));
    if (!engine->streams || !engine->unassigned)
        return CAUSE_MEMORY;
    engine->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (engine->epoll_fd < 0 || epoll_ctl(engine->epoll_fd, EPOLL_CTL_ADD, volley->cancel_fd, &cancel) < 0)
        return CAUSE_DESCRIPTORS;
    engine->presumed = memory.spoken == SPOKEN_HTTP2;
    engine->streams_expected = memory.max_streams ? memory.max_streams : STREAMS_EXPECTED;
    engine->links_allowed = 2 * (engine->n_streams / engine->streams_expected + 1) + SPARE_LINKS;
    for (size_t i = 0; i < engine->n_streams; i++)
        h2_stream_prepare(&engine->streams[i], volley, &volley->samples[i]);
    return CAUSE_NONE;
}

static void tear_down(struct engine *engine, SSL_CTX *context)
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
    SSL_CTX_free(context);
}

bool http2_fire(struct run *run)
{
    struct engine engine = {.epoll_fd = -1};
    SSL_CTX *context = NULL;
    struct error error = {0};
    enum cause cause = set_up(&engine, run, &context, &error);
    if (cause == CAUSE_NONE)
        arm(&engine);
    else
        volley_fail_rest(run->volley, cause, error.message);
    bool spoken = !engine.refused || engine.confirmed;
    if (cause == CAUSE_NONE && spoken) {
        fail_unassigned(&engine);
        size_t sealed = seal(&engine);
        send_ahead(&engine);
        if (sealed)
            release(&engine, sealed);
        collect(&engine);
    }
    if (!spoken)
        hosts_remember(run->target.host, run->target.port, (struct host_memory){.spoken = SPOKEN_HTTP1});
    tear_down(&engine, context);
    return spoken;
}
