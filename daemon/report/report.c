#include "report/report.h"

#include "base/clock.h"
#include "base/require.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    BINS_FIRST = 1000, /* of an endpoint, at most, as long as there are few */
    BINS_LEAST = 2,
};

/* A width that people would choose; whole days beyond one. */
static uint64_t bin_width(uint64_t least_us)
{
    static const uint16_t minutes[] = {1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 720, 1440};
    for (size_t i = 0; i < sizeof minutes / sizeof *minutes; i++)
        if (minutes[i] * US_PER_MINUTE >= least_us)
            return minutes[i] * US_PER_MINUTE;
    return (least_us + US_PER_DAY - 1) / US_PER_DAY * US_PER_DAY;
}

void report_begin(struct report *report, uint64_t since_us, uint64_t until_us)
{
    uint64_t period_us = until_us > since_us ? until_us - since_us : 1;
    *report = (struct report){.since_us = since_us, .until_us = since_us + period_us};
    report->bin_us = bin_width((period_us + BINS_FIRST - 1) / BINS_FIRST);
    report->n_bins = (size_t)((period_us + report->bin_us - 1) / report->bin_us);
}

/* Half as many bins, twice as wide. */
static void coarsen(struct report *report)
{
    for (size_t i = 0; i < report->n_endpoints; i++)
        report_endpoint_coarsen(report->endpoints[i]);
    report->n_bins = (report->n_bins + 1) / 2;
    report->bin_us *= 2;
}

static bool make_room(struct report *report)
{
    if (report->n_endpoints < report->endpoints_room)
        return true;
    size_t room = report->endpoints_room ? 2 * report->endpoints_room : 16;
    struct report_endpoint **endpoints = reallocarray(report->endpoints, room, sizeof *endpoints);
    if (!endpoints)
        return false;
    report->endpoints = endpoints;
    struct report_endpoint **by_name = reallocarray(report->by_name, room, sizeof *by_name);
    if (!by_name)
        return false;
    report->by_name = by_name;
    report->endpoints_room = room;
    return true;
}

/* PLACE is where it belongs in by_name. */
static struct report_endpoint *add_endpoint(struct report *report, const char *name, size_t place)
{
    if ((report->n_endpoints + 1) * report->n_bins > REPORT_BINS && report->n_bins > BINS_LEAST)
        coarsen(report);
    struct report_endpoint *endpoint =
        make_room(report)
            ? report_endpoint_new(name, report->since_us, report->until_us, report->bin_us, report->n_bins)
            : NULL;
    if (!endpoint)
        return NULL;
    memmove(report->by_name + place + 1, report->by_name + place,
            (report->n_endpoints - place) * sizeof *report->by_name);
    report->by_name[place] = endpoint;
    endpoint->place = (uint32_t)report->n_endpoints;
    report->endpoints[report->n_endpoints++] = endpoint;
    return endpoint;
}

static struct report_endpoint *endpoint_named(struct report *report, const char *name)
{
    size_t from = 0, to = report->n_endpoints;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = strverscmp(report->by_name[middle]->name, name);
        if (order == 0)
            return report->by_name[middle];
        if (order < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return add_endpoint(report, name, from);
}

/* By the hour and day of the week. */
static void count_cold(struct report *report, const struct entry *entry)
{
    struct tm local;
    time_t seconds = (time_t)(entry->at_us / US_PER_S);
    uint64_t n = entry_number(entry, NUMBER_COLD);
    if (n > 0 && localtime_r(&seconds, &local))
        report->cold_by_hour[(local.tm_wday + 6) % 7][local.tm_hour] += (uint32_t)n;
}

static void note_host(struct report *report, const char *host)
{
    if (!*host)
        return;
    if (!*report->first_host)
        memcpy(report->first_host, host, strlen(host) + 1);
    else if (strcmp(report->first_host, host) != 0)
        report->several_hosts = true;
}

static void take_round(struct report *report, struct report_endpoint *endpoint, const struct entry *entry)
{
    count_cold(report, entry);
    report->failed |= !report_endpoint_add_round(endpoint, entry, entry->at_us) ||
                      !worst_add(&report->worst, entry, endpoint->place, entry_number(entry, NUMBER_TARGET));
}

/* A summary is taken as the rounds that it sums up, at equal distances. */
static void take_summary(struct report *report, struct report_endpoint *endpoint, const struct entry *summary)
{
    if (summary->at_us < report->until_us)
        report->failed |= !worst_add(&report->worst, summary, endpoint->place, endpoint->target);
    for (uint64_t i = 0; i < summary->numbers[NUMBER_ROUNDS] && !report->failed; i++) {
        struct entry round = entry_of_summary(summary, i, endpoint->target);
        if (round.at_us < report->since_us || round.at_us >= report->until_us)
            continue;
        report->last_round_us = round.at_us > report->last_round_us ? round.at_us : report->last_round_us;
        count_cold(report, &round);
        report->failed |= !report_endpoint_add_round(endpoint, &round, summary->at_us);
    }
}

static void take_event(struct report *report, struct report_endpoint *endpoint, const struct entry *entry)
{
    report->failed |= !happenings_add(&report->events, entry, endpoint ? (int64_t)endpoint->place : -1);
    if (!timeline_wants(entry->kind))
        return;
    if (endpoint)
        report->failed |= !report_endpoint_add_event(endpoint, entry);
    for (size_t i = 0; !endpoint && i < report->n_endpoints; i++)
        report->failed |= !report_endpoint_add_event(report->endpoints[i], entry);
}

/* Whether ENTRY tells of something in the period: a summary of what was before. */
static bool concerns(const struct report *report, const struct entry *entry)
{
    uint64_t from_us = entry->kind == ENTRY_SUMMARY ? entry_number(entry, NUMBER_SINCE_US) : entry->at_us;
    return entry->at_us >= report->since_us && from_us < report->until_us;
}

void report_take_rest(struct report *report, const struct entry *rest)
{
    struct entry begins = *rest;
    if (report->failed || rest->at_us >= report->since_us ||
        entry_number(rest, NUMBER_UNTIL_US) <= report->since_us)
        return;
    struct report_endpoint *endpoint = endpoint_named(report, rest->endpoint);
    begins.at_us = report->since_us;
    report->failed |= !endpoint || !report_endpoint_add_event(endpoint, &begins);
}

void report_take(struct report *report, const struct entry *entry)
{
    if (report->failed || !concerns(report, entry))
        return;
    struct report_endpoint *endpoint = entry->endpoint[0] ? endpoint_named(report, entry->endpoint) : NULL;
    if (entry->endpoint[0] && !endpoint) {
        report->failed = true;
        return;
    }
    note_host(report, entry->host);
    report->n_kinds[entry->kind]++;
    if (entry->kind == ENTRY_ROUND)
        report->last_round_us = entry->at_us;
    if (entry->kind != ENTRY_ROUND && entry->kind != ENTRY_SUMMARY) {
        take_event(report, endpoint, entry);
        return;
    }
    REQUIRE(endpoint); /* entry_finish accepts no other */
    if (entry->kind == ENTRY_ROUND)
        take_round(report, endpoint, entry);
    else
        take_summary(report, endpoint, entry);
}

/* Puts the endpoints into the order of their names; what refers to them by their places follows. */
static int sort_endpoints(struct report *report)
{
    CLEANUP_FREE uint32_t *places = calloc(report->n_endpoints + 1, sizeof *places);
    if (!places)
        return -ENOMEM;
    for (size_t i = 0; i < report->n_endpoints; i++) {
        struct report_endpoint *endpoint = report->by_name[i];
        places[endpoint->place] = (uint32_t)i;
        endpoint->place = (uint32_t)i;
        report->endpoints[i] = endpoint;
    }
    for (size_t i = 0; i < report->worst.n; i++)
        report->worst.data[i].endpoint = places[report->worst.data[i].endpoint];
    for (size_t i = 0; i < report->events.n; i++)
        if (report->events.data[i].endpoint >= 0)
            report->events.data[i].endpoint = places[report->events.data[i].endpoint];
    return 0;
}

int report_finish(struct report *report)
{
    if (report->failed)
        return -ENOMEM;
    for (size_t i = 0; i < report->n_endpoints; i++)
        report_endpoint_finish(report->endpoints[i], report->until_us, report->last_round_us);
    worst_sort(&report->worst);
    return sort_endpoints(report);
}

void report_free(struct report *report)
{
    for (size_t i = 0; i < report->n_endpoints; i++)
        report_endpoint_free(report->endpoints[i]);
    free(report->endpoints);
    free(report->by_name);
    free(report->worst.data);
    happenings_free(&report->events);
    *report = (struct report){0};
}
