/* A request as a handler sees it, whichever protocol carried it, and its answer. */
#ifndef SIM_REQUEST_H
#define SIM_REQUEST_H

#include "buffer.h"
#include "lambda.h"

#include <stdbool.h>
#include <stdint.h>

enum { REQUEST_BODY_MAX = 8 << 20 };

struct call;
struct connection;

struct header {
    char *name;      /* lower case */
    char *wire_name; /* as sent */
    char *value;
};

/* When something arrived: CLOCK_MONOTONIC, of the segment that completed it. */
struct stamp {
    uint64_t ns;
    bool clock_stepped; /* the wall clock was set, so the stamp can't be trusted */
};

struct request {
    unsigned references;
    struct connection *connection; /* NULL: nobody waits for its answer */
    struct request *next, **slot;  /* in the connection's list */
    int32_t stream;                /* HTTP/2; 0 over HTTP/1.1 */
    const char *http_version;      /* static */
    uint64_t connection_number;
    struct stamp arrival;
    uint64_t order; /* of completion: decides between equal stamps */
    char *method;
    char *target; /* path and query as sent */
    struct header *headers;
    size_t n_headers;
    struct buffer body;
    bool complete; /* and handed to the server */
    bool answered;
    bool too_large;    /* its body was dropped */
    bool keep_alive;   /* HTTP/1.1 */
    struct call *call; /* of a function; NULL: none, or a call that needs nothing else */
    struct binding binding;
    struct buffer answer_body; /* HTTP/2: what remains to be sent */
};

/* A new request of CONNECTION, in its list, with one reference that belongs to the connection. */
struct request *request_new(struct connection *connection);
struct request *request_ref(struct request *request);
/* Takes NULL. */
void request_unref(struct request *request);
/* Takes it out of its connection's list: nobody waits for it any more. Drops the connection's reference. */
void request_detach(struct request *request);

void request_add_header(struct request *request, const char *name, size_t name_length, const char *value,
                        size_t value_length);
/* NULL if there is none. */
const char *request_header(const struct request *request, const char *name);
/* The target up to the query; the caller frees. */
char *request_path(const struct request *request);
/* The value of a query parameter, decoded, or NULL; the caller frees. One with control characters counts as
 * missing, because it would end up in a header. */
char *request_parameter(const struct request *request, const char *name);

/* Strings belong to the answer's creator and must outlive the call. */
struct answer {
    int status;
    struct {
        const char *name, *value;
    } headers[32];
    size_t n_headers;
    const char *body;
    size_t body_length;
};

/* Decodes TEXT in place. */
void percent_decode(char *text);

void answer_header(struct answer *answer, const char *name, const char *value);
/* An answer's status and the request's method may rule out a body. */
bool answer_has_body(const struct answer *answer, const struct request *request);

#endif
