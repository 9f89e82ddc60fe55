/* What we remember of hosts from one round to the next. Thread-safe; for the life of the process. */
#ifndef WARMD_VOLLEY_HOSTS_H
#define WARMD_VOLLEY_HOSTS_H

#include <stdbool.h>
#include <stdint.h>

enum spoken { SPOKEN_UNKNOWN, SPOKEN_HTTP1, SPOKEN_HTTP2 };

struct host_memory {
    enum spoken spoken;      /* what ALPN chose; HTTP/1.1 is forgotten after an hour: servers learn */
    uint32_t max_streams;    /* over HTTP/2: how many streams a connection takes at a time */
    bool prefers_http1;      /* it meets clearly more instances: see hosts_settle_doubt */
    bool breaks_on_tickets;  /* it aborts handshakes that offer to resume a session */
    int64_t clock_offset_us; /* how far its clock is ahead of ours, as it said when it refused a signature
                              * because of its time; 0 until then */
};

/* What we know of HOST and PORT: all zero if nothing. */
struct host_memory hosts_recall(const char *host, unsigned port);

void hosts_remember_spoken(const char *host, unsigned port, enum spoken spoken, uint32_t max_streams);
void hosts_remember_broken_tickets(const char *host, unsigned port);
void hosts_remember_clock_offset(const char *host, unsigned port, int64_t offset_us);

/* HTTP/2 may be why ENDPOINT met only DISTINCT instances of the ASKED ones. True: to compare, ENDPOINT's next
 * volley tries HTTP/1.1, unless ENDPOINT sets a version. False: it was compared within the hour, or another
 * endpoint is about to do so. */
bool hosts_doubt_http2(const char *host, unsigned port, const char *endpoint, uint32_t distinct,
                       uint32_t asked);
/* Is ENDPOINT's next volley that trial? */
bool hosts_tries_http1(const char *host, unsigned port, const char *endpoint);
/* The trial met DISTINCT of ASKED. True: clearly more than over HTTP/2, which is remembered. False also if
 * ENDPOINT has no trial. */
bool hosts_settle_doubt(const char *host, unsigned port, const char *endpoint, uint32_t distinct,
                        uint32_t asked);

#endif
