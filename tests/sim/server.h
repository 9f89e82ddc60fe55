/* The server: listeners, the event loop, and what ties connections to the model. Single-threaded. */
#ifndef SIM_SERVER_H
#define SIM_SERVER_H

#include "connection.h"
#include "lambda.h"

enum { LISTENERS_MAX = 2, REQUESTS_KEPT = 256 };

struct server_options {
    const char *bind_address;
    int port;       /* TLS if there is a certificate, else plain; 0: any */
    int plain_port; /* plain beside TLS; -1: none */
    const char *certificate, *key;
    bool with_h2;
    unsigned max_streams;
    bool with_identity;
    bool honours_hold;
    double fail_rate;
    uint64_t seed;
    double lifetime_s; /* 0: until a signal */
    struct lambda_options lambda;
};

struct server {
    struct server_options options;
    unsigned max_streams;
    struct lambda lambda;
    int epoll_fd;
    int signal_fd;
    struct {
        int fd;
        bool tls;
    } listeners[LISTENERS_MAX];
    size_t n_listeners;
    SSL_CTX *context;
    struct connection *connections;
    struct connection *buried; /* closed in this turn: freed at its end */
    uint64_t n_open, n_total;
    struct request **arrived; /* complete, not bound yet */
    size_t n_arrived, arrived_size;
    struct request **due; /* a heap by due_ns */
    size_t n_due, due_size;
    struct request *kept[REQUESTS_KEPT]; /* a ring of those that were answered */
    uint64_t n_kept;
    int64_t offset_ns; /* CLOCK_REALTIME less CLOCK_MONOTONIC */
    uint64_t random;
};

/* Runs until SIGTERM, SIGINT or the end of its lifetime; an exit code. */
int server_run(const struct server_options *options);

/* For connections. */
void server_take(struct server *server, struct request *request);
uint64_t server_stamp_ns(const struct server *server, uint64_t kernel_ns);
void server_watch(struct server *server, struct connection *connection);
void server_drop(struct server *server, struct connection *connection);

uint64_t monotonic_ns(void);

/* handler.c: binds REQUEST, or answers it at once if it is one of /_sim/ (then true is returned). */
bool handler_take(struct server *server, struct request *request);
/* Answers a bound request whose time has come. */
void handler_answer(struct server *server, struct request *request);

/* stats.c: JSON as a new string. */
char *stats_json(struct server *server);
char *requests_json(struct server *server, size_t last);
char *echo_json(const struct request *request);

#endif
