/* The worst rounds of a report, as they are. Pure. */
#ifndef WARMD_REPORT_WORST_H
#define WARMD_REPORT_WORST_H

#include "report/entry.h"

enum { WORST_MOST = 1000 };

/* A round that was not met, or met late or cold; several like it, from a summary. */
struct worst {
    uint64_t at_us;
    uint64_t badness;
    uint32_t endpoint; /* its place in report->endpoints, once that is finished */
    uint32_t n;        /* rounds: more than 1 from a summary, which has no round's id */
    enum round_result result;
    uint32_t target, warm, ok, cold;
    bool cold_known;
    uint32_t p99_us, skew_us;
    char round[ROUND_ID_TEXT]; /* "": not known */
    char host[ENTRY_HOST_MAX + 4];
    char errors[ENTRY_ERRORS_MAX + 4];
};

struct worst_list {
    struct worst *data;
    size_t n;
};

/* How bad the round or summary of ENTRY was: failed ones before short ones before others, then by the share
 * of instances that were missing, of those that were cold, and by latency. */
uint64_t badness_of(const struct entry *entry, uint64_t target);
/* Keeps ENTRY, of the endpoint at place ENDPOINT, if it is among the worst so far. False: memory ran out. */
bool worst_add(struct worst_list *list, const struct entry *entry, uint32_t endpoint, uint64_t target);
/* Worst first; of equal ones, the latest. */
void worst_sort(struct worst_list *list);

#endif
