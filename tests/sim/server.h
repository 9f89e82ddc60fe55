/* The server: listeners, the event loop, and what connects the network to the model. Single-threaded. */
#ifndef SIM_SERVER_H
#define SIM_SERVER_H

#include "cache.h"
#include "connection.h"
#include "exec.h"
#include "lambda.h"
#include "ping.h"
#include "registry.h"

#include <sys/epoll.h>

enum { LISTENERS_MAX = 2 };

struct server_options {
    const char *bind_address;
    int port;       /* TLS if there is a certificate, else plain; 0: any */
    int plain_port; /* plain beside TLS; -1: none */
    struct tls_options tls;
    unsigned max_streams;  /* HTTP/2 */
    unsigned goaway_first; /* HTTP/2 connections that get a GOAWAY at once */
    bool with_identity;    /* answers name their instance */
    bool honours_hold;
    enum ping_kind known_ping; /* to the simulator's own handlers */
    const char *exec;          /* a command for instances; NULL: the simulator's own handlers */
    bool invoke_api;
    const char
        *configuration; /* members of all functions' configurations, as a JSON object; NULL: none more */
    bool requires_signature;
    bool with_cache;
    bool snapstart, json_logs;
    double clock_offset_s; /* of its wall clock from the machine's */
    const char *region;
    struct registry registry;
    bool with_imds;
    const char *container_token; /* that its credentials require; NULL: none */
    double credentials_lifetime_s;
    const char *record; /* a file for requests as they came; NULL: none */
    double lifetime_s;  /* 0: until a signal */
    struct lambda_options lambda;
};

struct listener {
    int fd;
    bool tls;
};

struct server {
    struct server_options options;
    struct lambda *lambda;
    int epoll_fd, signal_fd, timer_fd;
    int record_fd; /* -1: none */
    int spare_fd;  /* released to refuse a connection when descriptors run out */
    struct listener listeners[LISTENERS_MAX];
    size_t n_listeners;
    SSL_CTX *context;
    struct connection *connections;
    struct connection *changed; /* to be settled in this turn */
    struct connection *buried;  /* closed in this turn: freed at its end */
    uint64_t n_open, n_total, n_h2;
    uint64_t n_handshakes, n_resumed; /* of TLS; resumed ones count as handshakes too */
    struct epoll_event *events;       /* room for all possible events */
    size_t events_size;
    struct request **arrived; /* complete, not bound yet */
    size_t n_arrived, arrived_size;
    uint64_t arrivals; /* ever */
    struct heap due;   /* bound requests by the time of their answers */
    uint64_t armed_ns; /* the timer's */
    uint64_t end_ns;   /* of the server's lifetime */
    bool stopped;
    struct recent *recent;
    struct exec *exec;   /* NULL: none */
    struct cache *cache; /* NULL: none */
    int64_t credentials_end_ms;
    unsigned n_credentials; /* given out, ever */
    int64_t offset_ns;      /* CLOCK_REALTIME minus CLOCK_MONOTONIC */
    bool clock_stepped;     /* in this turn */
};

/* Runs until SIGTERM, SIGINT or the end of its lifetime; an exit code. */
int server_run(const struct server_options *options);

/* Called by connections: takes a complete request. */
void server_take(struct server *server, struct request *request);
/* REQUEST, with one reference, will be answered at binding.end_ns. */
void server_due(struct server *server, struct request *request);
/* OPERATION is epoll_ctl's. */
void server_watch(struct server *server, struct connection *connection, int operation);
/* CONNECTION must be settled in this turn. */
void server_changed(struct server *server, struct connection *connection);
void server_drop(struct server *server, struct connection *connection);

/* clock.c */
uint64_t monotonic_ns(void);
/* The simulated world's wall clock. */
int64_t server_wall_ms(const struct server *server);
/* Notices steps of the wall clock. */
void clock_compare(struct server *server);
/* The stamp of a segment that the kernel stamped with KERNEL_NS; 0: it has no stamp, and the present time
 * counts. */
struct stamp server_stamp(const struct server *server, uint64_t kernel_ns);

/* listen.c. False: the reason is on stderr. */
bool listen_on(struct server *server, int port, bool tls);
/* Accepts the waiting connections. */
void listen_accept(struct server *server, const struct listener *listener);

enum taken {
    TAKEN_ANSWERED,
    TAKEN_DUE,  /* at binding.end_ns */
    TAKEN_OPEN, /* server_due() will be called; its reference is taken */
};

/* handler.c: binds REQUEST, or answers it at once. */
enum taken handler_take(struct server *server, struct request *request);
/* Answers a bound request whose time has come. */
void handler_answer(struct server *server, struct request *request);

/* pages.c: answers a request for /_sim/PAGE. */
void page_answer(struct server *server, struct request *request, const char *page);

/* recent.c: the last bound requests, for /_sim/requests. */
struct recent *recent_new(void);
void recent_free(struct recent *recent);
void recent_add(struct recent *recent, struct request *request);
void recent_clear(struct recent *recent);
/* The Nth from the end, from 0; NULL: there is none. */
const struct request *recent_get(const struct recent *recent, size_t n);

/* stats.c: JSON as new strings. */
char *stats_json(struct server *server, uint64_t now_ns);
char *requests_json(const struct recent *recent, size_t last);
char *echo_json(const struct request *request);

#endif
