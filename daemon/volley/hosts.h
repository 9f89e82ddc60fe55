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

/* What the host's clock is ahead of ours, in microseconds, as it said when it refused a signature for its
 * time; 0 until then. */
int64_t hosts_clock_offset(const char *host, unsigned port);
void hosts_set_clock_offset(const char *host, unsigned port, int64_t offset_us);

#endif
