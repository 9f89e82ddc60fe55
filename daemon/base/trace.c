#include "base/trace.h"

#include "base/cleanup.h"
#include "base/clock.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

bool trace_is_on;
static trace_sink own_sink;
static uint64_t opened_us;

void trace_open(void)
{
    const char *wanted = getenv("LAMBDA_WARMD_DEBUG");
    trace_is_on = wanted && strcmp(wanted, "1") == 0;
    opened_us = clock_monotonic_us();
}

void trace_set_sink(trace_sink sink)
{
    own_sink = sink;
}

void trace_write(const char *endpoint, const char *round, const char *format, ...)
{
    CLEANUP_FREE char *message = NULL;
    va_list args;
    va_start(args, format);
    int length = vasprintf(&message, format, args);
    va_end(args);
    uint64_t since_us = clock_monotonic_us() - opened_us;
    if (length < 0)
        message = NULL;
    else if (own_sink)
        own_sink(endpoint, round, message);
    else
        fprintf(stderr, "debug: %" PRIu64 ".%03u ms: %s%s%s\n", since_us / US_PER_MS,
                (unsigned)(since_us % US_PER_MS), endpoint ? endpoint : "", endpoint ? ": " : "", message);
}
