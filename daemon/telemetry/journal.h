/* Sends events to the journal if there is one, else the same messages to stderr. */
#ifndef WARMD_TELEMETRY_JOURNAL_H
#define WARMD_TELEMETRY_JOURNAL_H

#include "base/text.h"

#include <syslog.h>

enum event_kind {
#define EVENT(kind, name, message_id) EVENT_##kind,
#include "telemetry/events.def"
#undef EVENT
    EVENT_KINDS,
};

/* Decides once where events go: the journal, if stderr is connected to it (systemd's $JOURNAL_STREAM), else
 * stderr. True: to the journal. */
bool journal_open(void);

/* An event being put together: fields, then the message. */
struct event {
    bool unstamped;     /* to stderr without the time: it begins with FILE:LINE, like a compiler's */
    struct text fields; /* "NAME=value" each, NUL between them */
};

/* PRIORITY is one of syslog.h. */
struct event event_begin(enum event_kind kind, int priority);
/* Adds "NAME=value". Text from endpoints must be escaped already. */
void event_field(struct event *event, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Sends it with MESSAGE, and frees it. Cannot fail: if the journal doesn't take it, stderr does. */
void event_send(struct event *event, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* An event without fields of its own. */
void event_say(enum event_kind kind, int priority, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
