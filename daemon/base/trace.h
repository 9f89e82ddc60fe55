/* What happens inside a round, step by step, for whoever looks for a fault. It is off unless
 * $LAMBDA_WARMD_DEBUG is 1, and then goes to stderr, or into the journal at priority debug. */
#ifndef WARMD_BASE_TRACE_H
#define WARMD_BASE_TRACE_H

#include <stdbool.h>

/* Tells a step of ROUND of ENDPOINT (each NULL: not known). It costs one branch when it is off. Never between
 * T0 and the last byte. The text has no secret, and text from endpoints in it is escaped. */
#define TRACE(endpoint, round, ...)                                                                          \
    do {                                                                                                     \
        if (__builtin_expect(trace_is_on, 0))                                                                \
            trace_write(endpoint, round, __VA_ARGS__);                                                       \
    } while (0)

extern bool trace_is_on; /* doesn't change once there are threads */

/* Called by any thread with one step. */
typedef void (*trace_sink)(const char *endpoint, const char *round, const char *message);

/* Reads $LAMBDA_WARMD_DEBUG. */
void trace_open(void);
/* Steps go to SINK from now on, instead of stderr. */
void trace_set_sink(trace_sink sink);
void trace_write(const char *endpoint, const char *round, const char *format, ...)
    __attribute__((cold, format(printf, 3, 4)));

#endif
