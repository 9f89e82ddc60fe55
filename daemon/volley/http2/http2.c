#include "base/clock.h"
#include "base/patience.h"
#include "net/tls.h"
#include "volley/hosts.h"
#include "volley/http2/h2_link.h"
#include "volley/path.h"
#include "volley/release.h"

#include <errno.h>
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
    PAUSE_NS = 1000000, /* between two looks at a socket that is full */
};

/* The connections of a volley: how many, when to open them, what they carry. */
struct h2_engine {
    struct h2_setup setup;     /* its time is up when the present step's is */
    struct h2_stream *streams; /* one for each sample */
    size_t n_streams;
    struct h2_stream **unassigned; /* scratch: streams that no link carries */
    struct h2_link *links, **end;  /* in the order of their opening */
    size_t n_links, links_allowed;
    size_t n_armed;          /* streams that an open link carries, as the progress has it */
    size_t streams_expected; /* how many we think a link takes */
    bool presumed;           /* the host spoke HTTP/2 in an earlier round */
    bool confirmed;          /* some link speaks it now */
    bool refused;            /* ALPN chose HTTP/1.1 */
    int epoll_fd;
};

static void watch(const struct h2_engine *engine, struct h2_link *link)
{
    int fd = link->wire.fd;
    bool writes = link->state == LINK_CONNECTING || h2_wire_left(&link->wire) > 0;
    struct epoll_event event = {.events = EPOLLIN | (writes ? (uint32_t)EPOLLOUT : 0), .data.ptr = link};
    /* A socket that was closed has left epoll by itself, whatever has its number now. */
    if (fd >= 0 && epoll_ctl(engine->epoll_fd, EPOLL_CTL_MOD, fd, &event) < 0)
        epoll_ctl(engine->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

/* False: out of memory. */
static bool open_link(struct h2_engine *engine)
{
    struct h2_link *link = calloc(1, sizeof *link);
    if (!link)
        return false;
    h2_link_open(link, &engine->setup, engine->n_links++);
    *engine->end = link;
    engine->end = &link->next;
    watch(engine, link);
    return true;
}

static size_t list_unassigned(struct h2_engine *engine)
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
           now_us < link->opened_us + link->wire.setup->patience_us;
}

/* Opens links for the streams that the open ones can't take. The first goes alone until ALPN has answered. */
static void open_links(struct h2_engine *engine)
{
    size_t unassigned = list_unassigned(engine), on_their_way = 0;
    uint64_t now_us = clock_monotonic_us();
    for (const struct h2_link *link = engine->links; link; link = link->next)
        on_their_way += is_on_its_way(link, now_us);
    size_t wanted = (unassigned + engine->streams_expected - 1) / engine->streams_expected;
    if (!engine->presumed && !engine->confirmed && wanted > 1)
        wanted = 1;
    if (wanted > LINKS_AT_A_TIME)
        wanted = LINKS_AT_A_TIME;
    for (; on_their_way < wanted && engine->n_links < engine->links_allowed; on_their_way++)
        if (!open_link(engine))
            return;
}

/* Sets how many streams we expect a link to take if the server allows MAX_STREAMS, and so how many links we
 * may open. */
static void expect(struct h2_engine *engine, uint32_t max_streams)
{
    uint32_t most = engine->setup.streams_most;
    size_t expected = max_streams < most ? max_streams : most;
    if (expected > engine->n_streams)
        expected = engine->n_streams;
    engine->streams_expected = expected ? expected : 1;
    size_t allowed = 2 * (engine->n_streams / engine->streams_expected + 1) + SPARE_LINKS;
    if (allowed > engine->links_allowed)
        engine->links_allowed = allowed;
}

static void learn(struct h2_engine *engine, uint32_t max_streams)
{
    const struct target *target = &engine->setup.run->route.target;
    expect(engine, max_streams);
    hosts_remember_spoken(target->host, target->port, SPOKEN_HTTP2, max_streams);
}

/* Gives an open link without streams its share. */
static void assign(struct h2_engine *engine, struct h2_link *link)
{
    const struct run *run = engine->setup.run;
    size_t n = list_unassigned(engine);
    if (n == 0)
        return;
    engine->confirmed = true;
    VOLLEY_TRACE(run->volley, "connected to %s port %u for HTTP/2 after %.1f ms",
                 h2_wire_address(&link->wire), run->route.target.port,
                 (double)(clock_monotonic_us() - link->opened_us) / US_PER_MS);
    size_t taken = h2_link_carry(link, engine->unassigned, n);
    uint32_t offered = h2_session_max_streams(&link->session);
    /* Fewer than allowed: the record is the limit, for later links, too. */
    bool is_full = taken < n && taken < offered && taken < engine->setup.streams_most;
    if (taken)
        learn(engine, is_full ? (uint32_t)taken : offered);
}

static void count_armed(struct h2_engine *engine)
{
    size_t n = engine->n_streams - list_unassigned(engine);
    volley_count_armed(engine->setup.run->volley, (unsigned)(n - engine->n_armed));
    engine->n_armed = n;
}

/* Takes back what links can't carry any more, and gives it to those that carry nothing. */
static void employ(struct h2_engine *engine)
{
    for (struct h2_link *link = engine->links; link; link = link->next)
        if (link->state == LINK_DEAD) {
            engine->refused |= link->not_h2;
            h2_link_return_streams(link);
        } else if (h2_link_yield(link))
            learn(engine, h2_session_max_streams(&link->session));
    for (struct h2_link *link = engine->links; link; link = link->next)
        if (link->state == LINK_OPEN && link->n_streams == 0) {
            assign(engine, link);
            watch(engine, link);
        }
    if (engine->setup.run->volley->progress)
        count_armed(engine);
}

/* When something is due without a socket event. */
static uint64_t next_due_us(const struct h2_engine *engine)
{
    uint64_t now_us = clock_monotonic_us(), due_us = engine->setup.until_us;
    for (const struct h2_link *link = engine->links; link; link = link->next) {
        if (link->state == LINK_CONNECTING && link->wire.until_us < due_us)
            due_us = link->wire.until_us;
        if (is_on_its_way(link, now_us) && link->opened_us + engine->setup.patience_us < due_us)
            due_us = link->opened_us + engine->setup.patience_us;
    }
    return due_us;
}

static bool is_over(const struct h2_engine *engine)
{
    return engine->setup.run->volley->cancelled || clock_monotonic_us() >= engine->setup.until_us;
}

static void step(const struct h2_engine *engine, struct h2_link *link)
{
    h2_link_step(link);
    watch(engine, link);
}

/* Waits for the links until the setup's time is up or the volley is cancelled, and steps those that have
 * something to do. */
static void turn(struct h2_engine *engine)
{
    struct epoll_event events[EVENTS_PER_TURN];
    int n = epoll_wait(engine->epoll_fd, events, EVENTS_PER_TURN, patience_ms(next_due_us(engine)));
    for (int i = 0; i < n && !is_over(engine); i++)
        if (events[i].data.ptr) /* NULL: the volley is cancelled */
            step(engine, events[i].data.ptr);
    uint64_t now_us = clock_monotonic_us();
    for (struct h2_link *link = engine->links; link; link = link->next)
        if (link->state == LINK_CONNECTING && link->wire.until_us <= now_us)
            step(engine, link);
}

/* Is every remaining stream on a link that can be sealed? */
static bool all_ready(const struct h2_engine *engine)
{
    for (size_t i = 0; i < engine->n_streams; i++)
        if (!engine->streams[i].done && !engine->streams[i].link)
            return false;
    for (const struct h2_link *link = engine->links; link; link = link->next)
        if (link->state == LINK_OPEN && link->n_streams && !h2_link_is_ready(link))
            return false;
    return true;
}

/* Can this step go on: is there time, nobody has cancelled the volley, and some link is alive? */
static bool goes_on(const struct h2_engine *engine)
{
    for (const struct h2_link *link = engine->links; link; link = link->next)
        if (link->state != LINK_DEAD)
            return !is_over(engine);
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

static void fail_unassigned(struct h2_engine *engine)
{
    enum cause cause = cause_of_timeout(STAGE_CONNECT);
    const char *detail = NULL, *of_link;
    for (const struct h2_link *link = engine->links; link; link = link->next) {
        enum cause idle = idle_cause(link, &of_link);
        if (idle != CAUSE_NONE) {
            cause = idle;
            detail = of_link;
        }
    }
    if (engine->setup.run->volley->cancelled) {
        cause = CAUSE_STOPPED;
        detail = NULL;
    }
    for (size_t i = 0; i < engine->n_streams; i++)
        if (!engine->streams[i].link)
            h2_stream_fail(&engine->streams[i], cause, detail, clock_monotonic_ns());
}

static bool speaks_only_http1(const struct h2_engine *engine)
{
    return engine->refused && !engine->confirmed;
}

/* Opens links and gives them streams until each stream is ready to be sealed, the run's time is up, or no
 * link can be opened. Streams without a link have then failed. False: the server speaks only HTTP/1.1, and
 * nothing has failed. */
static bool arm(struct h2_engine *engine)
{
    for (employ(engine); !all_ready(engine) && !is_over(engine) && !speaks_only_http1(engine);
         employ(engine)) {
        open_links(engine);
        if (!goes_on(engine))
            break;
        turn(engine);
    }
    if (speaks_only_http1(engine))
        return false;
    fail_unassigned(engine);
    return true;
}

static uint64_t patience_us(const struct endpoint *endpoint)
{
    uint64_t part_us = endpoint->connect_timeout_us / COUNTED_ON_PART;
    return part_us < COUNTED_ON_US ? part_us : COUNTED_ON_US;
}

/* CAUSE_NONE, or why it can't begin, as ERROR says. Call tear_down in either case. */
static enum cause set_up(struct h2_engine *engine, const struct run *run, struct error *error)
{
    const struct volley *volley = run->volley;
    const struct endpoint *endpoint = volley->endpoint;
    struct epoll_event cancel = {.events = EPOLLIN, .data.ptr = NULL};
    struct host_memory memory = hosts_recall(run->route.target.host, run->route.target.port);
    *engine = (struct h2_engine){.setup = {.run = run,
                                           .patience_us = patience_us(endpoint),
                                           .streams_most = endpoint->streams ? endpoint->streams : UINT32_MAX,
                                           .until_us = run->ready_by_us},
                                 .end = &engine->links,
                                 .presumed = memory.spoken == SPOKEN_HTTP2,
                                 .epoll_fd = -1};
    int result = tls_context(endpoint, run->route.anchors, &engine->setup.context, error);
    if (result < 0)
        return cause_of_errno(-result, STAGE_CLIENT_CERTIFICATE);
    engine->streams = calloc(volley->n_samples, sizeof *engine->streams);
    engine->unassigned = calloc(volley->n_samples, sizeof(struct h2_stream *));
    if (!engine->streams || !engine->unassigned)
        return CAUSE_MEMORY;
    engine->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (engine->epoll_fd < 0 || epoll_ctl(engine->epoll_fd, EPOLL_CTL_ADD, volley->cancel_fd, &cancel) < 0)
        return cause_of_errno(errno, STAGE_SETUP);
    for (; engine->n_streams < volley->n_samples; engine->n_streams++)
        h2_stream_prepare(&engine->streams[engine->n_streams], run, &volley->samples[engine->n_streams]);
    expect(engine, memory.max_streams ? memory.max_streams : STREAMS_EXPECTED);
    return CAUSE_NONE;
}

static void tear_down(struct h2_engine *engine)
{
    for (struct h2_link *link = engine->links, *next; link; link = next) {
        next = link->next;
        h2_link_close(link);
        free(link);
    }
    for (size_t i = 0; i < engine->n_streams; i++)
        h2_stream_free(&engine->streams[i]);
    if (engine->epoll_fd >= 0)
        close(engine->epoll_fd);
    free(engine->streams);
    free(engine->unassigned);
    SSL_CTX_free(engine->setup.context);
}

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
    uint64_t at_us = release_take_turn(until_us, volley->n_samples);
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
    while (any_open(engine) && goes_on(engine))
        turn(engine);
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
    enum cause cause = set_up(&engine, run, &error);
    bool spoken = cause != CAUSE_NONE || arm(&engine);
    if (cause != CAUSE_NONE)
        volley_fail_rest(run->volley, cause, error.message);
    else if (spoken) {
        seal(&engine);
        send_ahead(&engine);
        volley_is_armed(run->volley, run->start_us, "TLS record");
        release(&engine);
        collect(&engine);
    }
    if (!spoken || any_wants_http1(&engine))
        hosts_remember_spoken(target->host, target->port, SPOKEN_HTTP1, 0);
    tear_down(&engine);
    return spoken;
}
