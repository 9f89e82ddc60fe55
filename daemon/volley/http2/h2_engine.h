/* The connections of an HTTP/2 volley while they are set up: how many, when to open them, what they carry.
 * Until all streams are ready to be sealed; then http2.c takes over. */
#ifndef WARMD_VOLLEY_HTTP2_H2_ENGINE_H
#define WARMD_VOLLEY_HTTP2_H2_ENGINE_H

#include "volley/http2/h2_link.h"
#include "volley/run.h"

struct engine {
    struct run *run;
    struct link_setup setup;
    SSL_CTX *context;
    struct h2_stream *streams; /* one for each sample */
    size_t n_streams;
    struct h2_stream **unassigned; /* scratch: streams that no link carries */
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

/* CAUSE_NONE, or why it can't begin, as ERROR says. Call h2_engine_free in either case. */
enum cause h2_engine_init(struct engine *engine, struct run *run, struct error *error);
void h2_engine_free(struct engine *engine);

/* Opens links and gives them streams until each stream is ready to be sealed, the run's time is up, or no
 * link can be opened. Streams without a link have then failed. False: the server speaks only HTTP/1.1, and
 * nothing has failed. */
bool h2_engine_arm(struct engine *engine);

/* Waits for the links, at most until UNTIL_US (CLOCK_MONOTONIC) or cancelled, and steps those that have
 * something to do. */
void h2_engine_turn(struct engine *engine, uint64_t until_us);

bool h2_engine_is_cancelled(const struct engine *engine);
bool h2_engine_any_alive(const struct engine *engine); /* links */

#endif
