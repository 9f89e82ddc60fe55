#define SD_JOURNAL_SUPPRESS_LOCATION
#include "telemetry/journal.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/require.h"
#include "base/trace.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>

enum { FIELDS_MAX = 48 };

static const struct {
    const char *name, *message_id; /* 128 bits in hex */
} event_types[EVENT_KINDS] = {
#define EVENT(kind, name, message_id) [EVENT_##kind] = {name, message_id},
#include "telemetry/events.def"
#undef EVENT
};

static bool to_journal;

/* $JOURNAL_STREAM is "DEVICE:INODE" of the stream that systemd has connected to the journal. */
static bool is_stream(const char *stream, const struct stat *seen)
{
    char *end;
    unsigned long long device = strtoull(stream, &end, 10);
    if (end == stream || *end != ':')
        return false;
    return device == seen->st_dev && strtoull(end + 1, NULL, 10) == seen->st_ino;
}

/* A step of base/trace.h. */
static void trace(const char *endpoint, const char *round, const char *message)
{
    struct event event = event_begin(EVENT_TRACE, LOG_DEBUG);
    if (endpoint)
        event_field(&event, "WARM_ENDPOINT=%s", endpoint);
    if (round)
        event_field(&event, "WARM_ROUND=%s", round);
    event_send(&event, "%s%s%s", endpoint ? endpoint : "", endpoint ? ": " : "", message);
}

bool journal_open(void)
{
    struct stat seen;
    const char *stream = getenv("JOURNAL_STREAM");
    to_journal = stream && fstat(STDERR_FILENO, &seen) == 0 && is_stream(stream, &seen);
    trace_set_sink(trace);
    return to_journal;
}

struct event event_begin(enum event_kind kind, int priority)
{
    REQUIRE(kind < EVENT_KINDS);
    struct event event = {0};
    event_field(&event, "PRIORITY=%d", priority);
    event_field(&event, "SYSLOG_IDENTIFIER=lambda-warmd");
    event_field(&event, "MESSAGE_ID=%s", event_types[kind].message_id);
    event_field(&event, "WARM_EVENT=%s", event_types[kind].name);
    return event;
}

void event_field(struct event *event, const char *format, ...)
{
    CLEANUP_FREE char *field = NULL;
    va_list args;
    va_start(args, format);
    int length = vasprintf(&field, format, args);
    va_end(args);
    if (length >= 0)
        text_add_bytes(&event->fields, field, (size_t)length + 1);
}

/* Splits the fields at their NULs. */
static int send_to_journal(const struct event *event, char *message)
{
    struct iovec vectors[FIELDS_MAX];
    int n = 0;
    vectors[n++] = (struct iovec){.iov_base = message, .iov_len = strlen(message)};
    char *end = event->fields.data + event->fields.length;
    for (char *field = event->fields.data; field < end; field += strlen(field) + 1) {
        REQUIRE(n < FIELDS_MAX);
        vectors[n++] = (struct iovec){.iov_base = field, .iov_len = strlen(field)};
    }
    return sd_journal_sendv(vectors, n);
}

static void print(const char *message, bool stamped)
{
    if (!stamped) {
        fprintf(stderr, "%s\n", message);
        return;
    }
    uint64_t now_us = clock_real_us();
    time_t seconds = (time_t)(now_us / US_PER_S);
    struct tm local;
    char stamp[32] = "";
    if (localtime_r(&seconds, &local))
        strftime(stamp, sizeof stamp, "%H:%M:%S", &local);
    fprintf(stderr, "%s.%03u %s\n", stamp, (unsigned)(now_us % US_PER_S / US_PER_MS), message);
}

__attribute__((format(printf, 2, 0))) static void send_formatted(struct event *event, const char *format,
                                                                 va_list args)
{
    CLEANUP_FREE char *body = NULL;
    CLEANUP_FREE char *message = NULL;
    if (vasprintf(&body, format, args) >= 0 && asprintf(&message, "MESSAGE=%s", body) >= 0 &&
        (!to_journal || event->fields.failed || send_to_journal(event, message) < 0))
        print(body, !event->unstamped);
    text_free(&event->fields);
}

void event_send(struct event *event, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    send_formatted(event, format, args);
    va_end(args);
}

void event_say(enum event_kind kind, int priority, const char *format, ...)
{
    struct event event = event_begin(kind, priority);
    va_list args;
    va_start(args, format);
    send_formatted(&event, format, args);
    va_end(args);
}
