/* What Lambda writes to a function's log, the end of which is in X-Amz-Log-Result. */
#ifndef SIM_TAIL_H
#define SIM_TAIL_H

#include "buffer.h"

#include <stdbool.h>
#include <stdint.h>

enum { TAIL_MAX = 4096 };

struct tail {
    const char *id, *version;
    const char *log;   /* the handler's own, whole lines; NULL: none */
    const char *error; /* what ended the runtime; NULL: nothing did */
    uint64_t duration_ns;
    uint64_t start_ns; /* of a cold start */
    bool cold;
    bool snapstart; /* starts are restores */
    bool as_json;   /* the platform's lines are JSON, like the function's log format */
    int64_t now_ms;
};

/* Appends it to OUT: the last TAIL_MAX bytes. */
void tail_write(const struct tail *tail, struct buffer *out);

#endif
