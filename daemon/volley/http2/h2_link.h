/* One HTTP/2 connection of a volley.
 *
 * A link connects, greets, takes its share of the streams, and is sealed: one TLS record completes all their
 * requests, and its last byte stays here. An authenticated record means nothing to the receiver until it is
 * whole, so that one byte releases all of the link's requests at once. */
#ifndef WARMD_VOLLEY_HTTP2_H2_LINK_H
#define WARMD_VOLLEY_HTTP2_H2_LINK_H

#include "volley/http2/h2_session.h"
#include "volley/http2/h2_wire.h"

enum link_state {
    LINK_CONNECTING,
    LINK_SHAKING,  /* TLS handshake */
    LINK_GREETING, /* waiting for the server's SETTINGS */
    LINK_OPEN,     /* takes streams, sends their bodies ahead */
    LINK_SEALED,
    LINK_RELEASED,
    LINK_DEAD,
};

struct h2_link {
    struct h2_link *next;
    enum link_state state;
    enum cause cause; /* why it died */
    char detail[SAMPLE_DETAIL_MAX];
    bool not_h2;        /* it died because ALPN chose HTTP/1.1 */
    uint64_t opened_us; /* CLOCK_MONOTONIC */
    struct h2_wire wire;
    struct h2_session session;
    size_t n_ahead; /* how much of what waits goes ahead of the release */
    size_t n_early; /* bytes that arrived before the release, still unread */
    struct h2_stream **streams;
    size_t n_streams;
};

/* Begins to connect to the address number FIRST (modulo their count). If that fails, the link is dead. */
void h2_link_open(struct h2_link *link, const struct h2_setup *setup, size_t first);
void h2_link_close(struct h2_link *link);

/* Does what the socket allows now, until the setup's time is up or the volley is cancelled: a link that still
 * has work then is dead, and the cause is what it was waiting for. Not while it is sealed. */
void h2_link_step(struct h2_link *link);
/* What it is busy with: why it is late, if it is. */
enum request_stage h2_link_stage(const struct h2_link *link);
/* Takes as many streams at once as the server and the setup allow, the record holds, and N are; returns how
 * many. 0: the server allows none yet, or the link is dead now. */
size_t h2_link_carry(struct h2_link *link, struct h2_stream *const *streams, size_t n);
/* The server may allow fewer streams now than when the link took its share: gives back the excess ones that
 * are not yet opened. True if there were any. */
bool h2_link_yield(struct h2_link *link);
/* Open, and all that can go ahead is on its way: it can be sealed. */
bool h2_link_is_ready(const struct h2_link *link);
/* Writes the record and sends all of it but the last byte (less if there are several records). False: the
 * link was not ready, or something failed; it is dead now, and so is what it carried. */
bool h2_link_seal(struct h2_link *link);
/* Sends what goes ahead, as far as the socket takes it. True: some of it still waits here. */
bool h2_link_send_ahead(struct h2_link *link);
/* Sends the rest and stamps the streams with NOW_NS. If the socket doesn't take all of it, nothing is
 * released, and the link is dead. */
void h2_link_release(struct h2_link *link, uint64_t now_ns);

/* Ends the link. If it was sealed, what it carried has failed with CAUSE. */
void h2_link_kill(struct h2_link *link, enum cause cause, const char *detail);
/* Takes the streams back, unharmed, if the link died before it was sealed. */
void h2_link_return_streams(struct h2_link *link);

#endif
