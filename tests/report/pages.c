/* Writes a report's page about made-up rounds: pages KIND ENDPOINTS DAYS PATH. KIND is "plain" or "hostile";
 * with 0 endpoints nothing happened. The rounds go to stdout, so that a test can add them up itself: time in
 * ms, endpoint, result, cold starts, micro-USD, p50 and p99 in µs of each. */
#include "report/page.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Mon 2026-10-19 06:00 UTC; Central Europe's summer time ends six days later. */
#define SINCE_US (UINT64_C(1792389600) * US_PER_S)
#define INTERVAL_US (5 * US_PER_MINUTE)

static const char *const names[] = {"orders", "billing", "search",   "reports",   "legacy",  "auth",
                                    "images", "mail",    "checkout", "inventory", "pricing", "webhooks"};
enum { NAMES = sizeof names / sizeof *names };
static const uint64_t targets[NAMES] = {20, 5, 10, 40, 8, 3, 2, 4, 12, 15, 7, 6};

static uint32_t chance_state = 1;
/* From 0 to BELOW - 1. */
static uint32_t chance(uint32_t below)
{
    chance_state = chance_state * 1664525 + 1013904223;
    return (uint32_t)(((uint64_t)chance_state * below) >> 32);
}

static void set(struct entry *entry, enum entry_number which, uint64_t number)
{
    entry->numbers[which] = number;
    entry->known |= UINT32_C(1) << which;
}

static struct entry entry_at(uint64_t at_us, enum entry_kind kind, unsigned endpoint)
{
    struct entry entry;
    entry_begin(&entry, at_us);
    entry.kind = kind;
    if (endpoint < NAMES)
        snprintf(entry.endpoint, sizeof entry.endpoint, "%s", names[endpoint]);
    else
        snprintf(entry.endpoint, sizeof entry.endpoint, "%s-%u", names[endpoint % NAMES], endpoint);
    snprintf(entry.host, sizeof entry.host, "warm-1");
    return entry;
}

static enum round_result result_of(bool trouble)
{
    uint32_t roll = chance(100);
    if (trouble)
        return roll < 25 ? ROUND_FAILED : roll < 80 ? ROUND_SHORT : ROUND_MET;
    return roll < 1 && chance(4) == 0 ? ROUND_SHORT : ROUND_MET;
}

/* A day's wave of latencies, seldom new instances, and what went wrong. */
static void take_round(struct report *report, uint64_t at_us, unsigned endpoint, bool trouble, bool hostile)
{
    struct entry entry = entry_at(at_us, ENTRY_ROUND, endpoint);
    uint64_t target = targets[endpoint % NAMES], hour = at_us / US_PER_HOUR % 24;
    uint64_t wave = hour < 12 ? hour : 24 - hour;
    uint64_t p50_us = 30000 + 7000 * (endpoint % 9) + 4000 * wave + chance(6000);
    uint64_t p99_us = p50_us + p50_us / 4 + chance((uint32_t)p50_us);
    entry.result = result_of(trouble);
    uint64_t ok = entry.result == ROUND_MET ? target : entry.result == ROUND_SHORT ? target * 2 / 3 : 0;
    uint64_t cold = ok == 0 ? 0 : trouble ? chance((uint32_t)ok + 1) : chance(60) == 0;
    snprintf(entry.round, sizeof entry.round, "%016" PRIx64 "%016x", at_us, endpoint);
    set(&entry, NUMBER_TARGET, target);
    set(&entry, NUMBER_SENT, target);
    set(&entry, NUMBER_OK, ok);
    set(&entry, NUMBER_FAILED, target - ok);
    set(&entry, NUMBER_DISTINCT, ok);
    set(&entry, NUMBER_COLD, cold);
    set(&entry, NUMBER_INTERVAL_US, INTERVAL_US);
    set(&entry, NUMBER_COST_MICROUSD, ok * 2 + 1);
    set(&entry, NUMBER_PROVISIONED_MICROUSD, target * 15000);
    if (ok) {
        set(&entry, NUMBER_SKEW_US, 150 + chance(trouble ? 6000 : 500));
        set(&entry, NUMBER_P50_US, p50_us);
        set(&entry, NUMBER_P99_US, p99_us);
        set(&entry, NUMBER_MAX_US, p99_us + (cold ? 300000 + chance(400000) : chance(20000)));
    }
    if (ok < target)
        snprintf(entry.errors, sizeof entry.errors, "%" PRIu64 " %s", target - ok,
                 hostile ? "</script><img src=x onerror=alert(1)>"
                 : ok    ? "throttled"
                         : "refused");
    printf("%" PRIu64 "\t%s\t%s\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\n", at_us / 1000,
           entry.endpoint, round_result_names[entry.result], cold, entry_number(&entry, NUMBER_COST_MICROUSD),
           ok ? p50_us : 0, ok ? p99_us : 0);
    report_take(report, &entry);
}

static void take_event(struct report *report, uint64_t at_us, enum entry_kind kind, int endpoint,
                       const char *message)
{
    struct entry entry = entry_at(at_us, kind, endpoint < 0 ? 0 : (unsigned)endpoint);
    if (endpoint < 0)
        entry.endpoint[0] = '\0';
    snprintf(entry.message, sizeof entry.message, "%s", message);
    report_take(report, &entry);
}

/* Every endpoint has its bad hour, on a day of its own. */
static bool in_trouble(unsigned endpoint, uint64_t hours)
{
    return hours % 131 == endpoint * 37 % 131 || hours % 397 == endpoint * 11 % 397;
}

static void take_events(struct report *report, unsigned n_endpoints, uint64_t at_us, uint64_t round,
                        bool hostile)
{
    unsigned endpoint = (unsigned)(round / 12 % n_endpoints);
    if (round == 0)
        take_event(report, at_us, ENTRY_STARTED, -1, "lambda-warmd 0.1.0 started");
    if (round % 700 == 350)
        take_event(report, at_us, ENTRY_RELOADED, -1,
                   hostile ? "<img src=x onerror=alert(2)>" : "configuration reloaded");
    if (round % 260 == 130)
        take_event(report, at_us, ENTRY_DEPLOYED, (int)endpoint,
                   "version 41 became 42: a round follows at once");
    if (round % 12 == 6 && in_trouble(endpoint, round / 12))
        take_event(report, at_us, ENTRY_THROTTLED, (int)endpoint, "throttled: half as many requests for now");
}

static void take_all(struct report *report, unsigned n_endpoints, bool hostile)
{
    for (uint64_t round = 0, at_us = SINCE_US; at_us < report->until_us; round++, at_us += INTERVAL_US) {
        take_events(report, n_endpoints, at_us, round, hostile);
        for (unsigned i = 0; i < n_endpoints; i++) {
            uint64_t its_us = at_us + INTERVAL_US / n_endpoints * i;
            bool closed = i % NAMES == 6 && round / 12 % 24 >= 12; /* twelve hours of each day */
            if (closed && round / 12 % 24 == 12 && round % 12 == 0)
                take_event(report, its_us, ENTRY_RESTING, (int)i, "resting until 06:00");
            if (!closed)
                take_round(report, its_us, i, in_trouble(i, round / 12), hostile);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fputs("usage: pages plain|hostile ENDPOINTS DAYS PATH\n", stderr);
        return 64;
    }
    unsigned n_endpoints = (unsigned)strtoul(argv[2], NULL, 10);
    CLEANUP_REPORT struct report report;
    struct error error = {0};
    report_begin(&report, SINCE_US, SINCE_US + strtoul(argv[3], NULL, 10) * US_PER_DAY);
    if (n_endpoints)
        take_all(&report, n_endpoints, strcmp(argv[1], "hostile") == 0);
    if (report_finish(&report) < 0 || page_write(&report, argv[4], "", &error) < 0) {
        fprintf(stderr, "pages: %s\n", error.message);
        return 1;
    }
    return 0;
}
