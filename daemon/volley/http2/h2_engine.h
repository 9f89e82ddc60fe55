/* The connections of an HTTP/2 volley while they are set up: how many, when to open them, what they carry.
 * Until all streams are ready to be sealed; then http2.c takes over. */
#ifndef WARMD_VOLLEY_HTTP2_H2_ENGINE_H
#define WARMD_VOLLEY_HTTP2_H2_ENGINE_H

#include "volley/http2/h2_link.h"

struct h2_engine {
    struct h2_setup setup;     /* its time is up when the present step's is */
    struct h2_stream *streams; /* one for each sample */
    size_t n_streams;
    struct h2_stream **unassigned; /* scratch: streams that no link carries */
    struct h2_link *links, **end;  /* in the order of their opening */
    size_t n_links, links_allowed;
    size_t streams_expected; /* how many we think a link takes */
    bool presumed;           /* the host spoke HTTP/2 in an earlier round */
    bool confirmed;          /* some link speaks it now */
    bool refused;            /* ALPN chose HTTP/1.1 */
    int epoll_fd;
};

/* CAUSE_NONE, or why it can't begin, as ERROR says. Call h2_engine_free in either case. */
enum cause h2_engine_init(struct h2_engine *engine, const struct run *run, struct error *error);
void h2_engine_free(struct h2_engine *engine);

/* Opens links and gives them streams until each stream is ready to be sealed, the run's time is up, or no
 * link can be opened. Streams without a link have then failed. False: the server speaks only HTTP/1.1, and
 * nothing has failed. */
bool h2_engine_arm(struct h2_engine *engine);

/* Waits for the links until the setup's time is up or the volley is cancelled, and steps those that have
 * something to do. */
void h2_engine_turn(struct h2_engine *engine);

/* Can this step go on: is there time, nobody has cancelled the volley, and some link is alive? */
bool h2_engine_goes_on(const struct h2_engine *engine);

#endif
