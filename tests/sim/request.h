/* A request as a handler sees it, whatever carried it. */
#ifndef SIM_REQUEST_H
#define SIM_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REQUEST_HEADERS_MAX = 100, REQUEST_BODY_MAX = 8 << 20 };

struct connection;

struct header {
    char *name; /* lower case */
    char *value;
};

struct request {
    struct connection *connection;
    int32_t stream; /* HTTP/2; 0 over HTTP/1.1 */
    const char *http_version;
    uint64_t connection_number;
    uint64_t arrival_ns; /* CLOCK_MONOTONIC, of the segment that completed it */
    char *method;
    char *target; /* path and query as sent */
    struct header headers[REQUEST_HEADERS_MAX];
    size_t n_headers;
    char *body;
    size_t body_length;
    bool keep_alive;
    /* what the model made of it */
    bool bound, throttled, cold;
    char instance[40];
    uint64_t due_ns;
};

struct request *request_new(struct connection *connection);
void request_free(struct request *request); /* takes NULL */
/* NULL where there is none. */
const char *request_header(const struct request *request, const char *name);
/* The target up to the query; the caller frees. */
char *request_path(const struct request *request);
/* The value of a query parameter, undecoded, or NULL; the caller frees. */
char *request_parameter(const struct request *request, const char *name);

/* Strings belong to the answer's maker and outlive the call. */
struct answer {
    int status;
    struct {
        const char *name, *value;
    } headers[8];
    size_t n_headers;
    const char *body;
    size_t body_length;
};

#endif
