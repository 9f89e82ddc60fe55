/* What the journal says about a period, added up. Pure: entries go in, in the order of time, whoever reads
 * them. A round takes 12 bytes of memory; all else is bounded. */
#ifndef WARMD_REPORT_REPORT_H
#define WARMD_REPORT_REPORT_H

#include "report/endpoint.h"
#include "report/happenings.h"
#include "report/worst.h"

enum { REPORT_BINS = 40000 }; /* about so many at most, of all endpoints */

struct report {
    uint64_t since_us, until_us; /* CLOCK_REALTIME; until is exclusive */
    uint64_t bin_us;             /* a bin's width; n_bins of them cover the period */
    size_t n_bins;
    struct report_endpoint **endpoints; /* sorted by name once the report is finished */
    size_t n_endpoints, endpoints_room;
    struct worst_list worst;       /* worst first, once the report is finished */
    struct happenings events;      /* in the order of time */
    uint64_t n_kinds[ENTRY_KINDS]; /* entries taken, by kind */
    uint32_t cold_by_hour[7][24];  /* local time; Monday is 0 */
    uint64_t n_unusable;           /* entries that don't say enough */
    uint64_t last_round_us;        /* the last round's time */
    bool failed;                   /* memory ran out */
    char first_host[ENTRY_HOST_MAX + 4];
    bool several_hosts;
    struct report_endpoint **by_name; /* the same, sorted at any time by name, where 9 comes before 10 */
};

/* Begins a report on [SINCE_US, UNTIL_US). Don't move it. */
void report_begin(struct report *report, uint64_t since_us, uint64_t until_us);
/* Takes an ENTRY_RESTING of an endpoint from before the period: one that rests for longer rests from the
 * period's beginning on. Before all others; up to REPORT_REST_US before the period there may be some. */
#define REPORT_REST_US (8 * US_PER_DAY) /* windows repeat each week */
void report_take_rest(struct report *report, const struct entry *rest);
/* Takes an entry that entry_finish has accepted. Endpoints and hosts that are new get their place. Summaries
 * that were told up to REPORT_LATE_US after the period are of rounds in it. */
#define REPORT_LATE_US TIMELINE_LATE_US
void report_take(struct report *report, const struct entry *entry);
/* Ends all timelines, and sorts what is to be sorted. -ENOMEM: memory ran out, now or before; then don't use
 * it. */
int report_finish(struct report *report);
void report_free(struct report *report);
#define CLEANUP_REPORT __attribute__((cleanup(report_free)))

#endif
