/* What is remembered of hosts from one round to the next. Thread-safe; for the life of the process. */
#ifndef WARMD_VOLLEY_HOSTS_H
#define WARMD_VOLLEY_HOSTS_H

#include <stdbool.h>
#include <stdint.h>

enum spoken { SPOKEN_UNKNOWN, SPOKEN_HTTP1, SPOKEN_HTTP2 };

struct host_memory {
    enum spoken spoken;   /* what ALPN has chosen */
    uint32_t max_streams; /* over HTTP/2: how many at a time a connection takes */
};

/* What is known of HOST and PORT: all zero where nothing is. HTTP/1.1 is forgotten after an hour: servers
 * learn. */
struct host_memory hosts_recall(const char *host, unsigned port);
void hosts_remember(const char *host, unsigned port, struct host_memory memory);

/* HTTP/2 may be the reason why ENDPOINT met only DISTINCT instances of the ASKED ones. True: that is to be
 * compared, so ENDPOINT's next volley, if it has no version of its own, tries HTTP/1.1. False: it was
 * compared within the hour, or another endpoint is about to. */
bool hosts_doubt_http2(const char *host, unsigned port, const char *endpoint, uint32_t distinct,
                       uint32_t asked);
/* Whether ENDPOINT's next volley is that trial. */
bool hosts_tries_http1(const char *host, unsigned port, const char *endpoint);
/* The trial met DISTINCT of ASKED. True: clearly more than over HTTP/2. Then hosts_prefers_http1 for the life
 * of the process. False also where ENDPOINT has no trial. */
bool hosts_settle_doubt(const char *host, unsigned port, const char *endpoint, uint32_t distinct,
                        uint32_t asked);
bool hosts_prefers_http1(const char *host, unsigned port);

/* HOST breaks off handshakes that offer to resume a session: none is offered to it again for the life of the
 * process. */
void hosts_offer_no_tickets(const char *host, unsigned port);
bool hosts_takes_tickets(const char *host, unsigned port);

/* What the host's clock is ahead of ours, in microseconds, as it said when it refused a signature for its
 * time; 0 until then. */
int64_t hosts_clock_offset(const char *host, unsigned port);
void hosts_set_clock_offset(const char *host, unsigned port, int64_t offset_us);

#endif
