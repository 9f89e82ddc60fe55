#include "report_by_hand.h"

#include "base/terminal.h"
#include "report/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct report *hand_report(unsigned days)
{
    struct report *report = calloc(1, sizeof *report);
    report->since_us = NOVEMBER_US;
    report->until_us = NOVEMBER_US + DAYS_US(days);
    snprintf(report->first_host, sizeof report->first_host, "web-1");
    return report;
}

static void fill(struct values *values, size_t n, uint32_t least)
{
    values->data = calloc(n, sizeof *values->data);
    values->n = values->capacity = n;
    for (size_t i = 0; i < n; i++) /* sorted; the last two are outliers */
        values->data[i] = i + 2 < n ? least + (uint32_t)i : least * 100;
}

struct report_endpoint *hand_endpoint(struct report *report, const char *name)
{
    struct report_endpoint *endpoint = calloc(1, sizeof *endpoint);
    uint64_t seconds = (report->until_us - report->since_us) / 1000000, rounds = seconds / 300;
    endpoint->place = (uint32_t)report->n_endpoints;
    snprintf(endpoint->name, sizeof endpoint->name, "%s", name);
    endpoint->rounds[ROUND_MET] = rounds;
    endpoint->requests = endpoint->ok = endpoint->warm = endpoint->wanted = rounds * 20;
    endpoint->target = 20;
    endpoint->cold_known = endpoint->distinct_known = endpoint->cost_known = true;
    endpoint->distinct = endpoint->ok;
    endpoint->cost_microusd = rounds * 47;
    endpoint->max_us = 900000;
    fill(&endpoint->skew_us, rounds, 80);
    fill(&endpoint->p50_us, rounds, 75000);
    fill(&endpoint->p99_us, rounds, 110000);
    endpoint->timeline.interval_us = 300 * UINT64_C(1000000);
    endpoint->timeline.first_us = report->since_us;
    endpoint->timeline.last_us = report->until_us;
    endpoint->timeline.lasted_us[SPAN_WARM] = seconds * 1000000;
    for (size_t i = 0; i < REPORT_CELLS; i++) {
        endpoint->cell_data[i].lasted_ms[SPAN_WARM] = seconds * 1000 / REPORT_CELLS;
        endpoint->cell_data[i].rounds[ROUND_MET] = (uint32_t)(rounds / REPORT_CELLS);
    }
    report->endpoints =
        reallocarray(report->endpoints, report->n_endpoints + 1, sizeof(struct report_endpoint *));
    report->endpoints[report->n_endpoints++] = endpoint;
    report->n_kinds[ENTRY_ROUND] += rounds;
    return endpoint;
}

void hand_gap(struct report *report, struct report_endpoint *endpoint, unsigned cell, unsigned seconds,
              const char *cause)
{
    struct timeline *timeline = &endpoint->timeline;
    uint64_t cell_us = (report->until_us - report->since_us) / REPORT_CELLS;
    endpoint->cell_data[cell].lasted_ms[SPAN_WARM] -= seconds * UINT64_C(1000);
    endpoint->cell_data[cell].lasted_ms[SPAN_GAP] += seconds * UINT64_C(1000);
    timeline->lasted_us[SPAN_WARM] -= seconds * UINT64_C(1000000);
    timeline->lasted_us[SPAN_GAP] += seconds * UINT64_C(1000000);
    timeline->n_gaps++;
    timeline->longest.from_us = report->since_us + cell * cell_us;
    timeline->longest.to_us = timeline->longest.from_us + seconds * UINT64_C(1000000);
    snprintf(timeline->longest.cause, sizeof timeline->longest.cause, "%s", cause);
}

void hand_worst(struct report *report, const struct worst *worst)
{
    struct worst_list *list = &report->worst;
    list->data = reallocarray(list->data, list->n + 1, sizeof *worst);
    list->data[list->n++] = *worst;
}

void hand_event(struct report *report, const struct happening *event)
{
    struct happenings *list = &report->events;
    list->data = reallocarray(list->data, list->n + 1, sizeof *event);
    list->data[list->n] = *event;
    list->data[list->n].message = event->message ? strdup(event->message) : NULL;
    list->data[list->n++].host = event->host ? strdup(event->host) : NULL;
    report->n_kinds[event->kind]++;
}

void hand_free(struct report *report)
{
    for (size_t i = 0; i < report->n_endpoints; i++) {
        free(report->endpoints[i]->skew_us.data);
        free(report->endpoints[i]->p50_us.data);
        free(report->endpoints[i]->p99_us.data);
        free(report->endpoints[i]);
    }
    happenings_free(&report->events);
    free(report->endpoints);
    free(report->worst.data);
    free(report);
}

char *hand_print(const struct report *report, struct look look, bool oneline)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (oneline)
        report_print_oneline(report, out, look);
    else
        report_print(report, out, look);
    fclose(out);
    return text;
}

size_t hand_widest(const char *text)
{
    size_t most = 0;
    for (const char *line = text; *line; line += strcspn(line, "\n") + (line[strcspn(line, "\n")] == '\n')) {
        char *copy = strndup(line, strcspn(line, "\n"));
        size_t columns = strstr(copy, "journalctl ") ? 0 : text_columns(copy);
        most = columns > most ? columns : most;
        free(copy);
    }
    return most;
}
