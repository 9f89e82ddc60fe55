/* How warmers ask handlers and how handlers react: the protocols in use. */
#ifndef SIM_PING_H
#define SIM_PING_H

#include "request.h"

#include <jansson.h>

enum ping_kind {
    PING_NONE,          /* a request of a user */
    PING_HEADER,        /* X-Lambda-Warm, in an event as a front makes it */
    PING_LAMBDA_WARMER, /* npm's lambda-warmer, and lambda-warmer-py */
    PING_WARMUP,        /* serverless-plugin-warmup */
    PING_OPENNEXT,      /* OpenNext, SST */
    PING_BREF,
    PING_ANY, /* for an option: whichever it is */
};

struct ping {
    enum ping_kind kind;
    double hold_ms; /* how long its handler stays busy */
};

/* Finds a kind by the option's name; false: unknown. */
bool ping_kind_of(const char *name, enum ping_kind *ret_kind);
/* What EVENT asks of a handler that knows KNOWN. EVENT and CLIENT_CONTEXT may be NULL. */
struct ping ping_of(enum ping_kind known, const json_t *event, const json_t *client_context);
/* What such a handler returns. */
json_t *ping_result(const struct ping *ping, const struct binding *binding);
/* What it logs, as Node writes it: a new string, or NULL. FUNCTION is NAME:VERSION; NOW in RFC 3339. */
char *ping_log(const struct ping *ping, const json_t *event, const struct binding *binding,
               const char *function, const char *request_id, const char *now);

#endif
