/* The events that a report shows: those that a person would look for. Pure. */
#ifndef WARMD_REPORT_HAPPENINGS_H
#define WARMD_REPORT_HAPPENINGS_H

#include "report/entry.h"

enum { HAPPENINGS_MOST = 1000 };

struct happening {
    uint64_t at_us;
    enum entry_kind kind;
    int64_t endpoint;     /* its place in report->endpoints; -1: the whole daemon */
    char *message, *host; /* owned; safe to print */
};

/* Zero-initialised: none. */
struct happenings {
    struct happening *data;
    size_t n, capacity;
    size_t n_left_out;
};

/* Adds the event ENTRY about the endpoint at place ENDPOINT. If there are too many, every second one of the
 * most frequent kind is left out. False: memory ran out. */
bool happenings_add(struct happenings *list, const struct entry *entry, int64_t endpoint);
void happenings_free(struct happenings *list);

#endif
