#include "report/endpoint.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MONTH_US (30 * US_PER_DAY) /* as in decide/cost.h */

struct report_endpoint *report_endpoint_new(const char *name, uint64_t since_us, uint64_t until_us,
                                            uint64_t bin_us, size_t n_bins)
{
    struct report_endpoint *endpoint = calloc(1, sizeof *endpoint);
    if (!endpoint)
        return NULL;
    snprintf(endpoint->name, sizeof endpoint->name, "%s", name);
    uint64_t cell_us = (until_us - since_us + REPORT_CELLS - 1) / REPORT_CELLS;
    endpoint->cells = (struct bin_row){endpoint->cell_data, REPORT_CELLS, since_us, cell_us};
    endpoint->bins = (struct bin_row){calloc(n_bins, sizeof *endpoint->bins.data), n_bins, since_us, bin_us};
    if (endpoint->bins.data)
        return endpoint;
    free(endpoint);
    return NULL;
}

void report_endpoint_free(struct report_endpoint *endpoint)
{
    if (!endpoint)
        return;
    values_free(&endpoint->skew_us);
    values_free(&endpoint->p50_us);
    values_free(&endpoint->p99_us);
    lineup_free(&endpoint->lineup);
    free(endpoint->cold_hours);
    free(endpoint->bins.data);
    free(endpoint);
}

void report_endpoint_coarsen(struct report_endpoint *endpoint)
{
    struct bin_row *bins = &endpoint->bins;
    bins_halve(bins->data, bins->n);
    bins->n = (bins->n + 1) / 2;
    bins->width_us *= 2;
    struct bin *data = reallocarray(bins->data, bins->n, sizeof *data);
    if (data)
        bins->data = data;
}

static void take_span(void *context, uint64_t from_us, uint64_t to_us, enum span_state state)
{
    const struct report_endpoint *endpoint = context;
    bins_add_span(endpoint->bins, from_us, to_us, state);
    bins_add_span(endpoint->cells, from_us, to_us, state);
}

static void drain(struct report_endpoint *endpoint, uint64_t before_us)
{
    lineup_drain(&endpoint->lineup, before_us, &endpoint->timeline, (struct span_sink){take_span, endpoint});
}

static bool line_up(struct report_endpoint *endpoint, const struct moment *moment, uint64_t told_us)
{
    if (!lineup_add(&endpoint->lineup, moment))
        return false;
    if (endpoint->lineup.n >= LINEUP_MOST)
        drain(endpoint, UINT64_MAX);
    else if (endpoint->lineup.data[0].at_us + 2 * TIMELINE_LATE_US < told_us)
        drain(endpoint, told_us - TIMELINE_LATE_US);
    return true;
}

bool report_endpoint_add_event(struct report_endpoint *endpoint, const struct entry *entry)
{
    return line_up(endpoint, &(struct moment){.at_us = entry->at_us, .kind = entry->kind}, entry->at_us);
}

void report_endpoint_finish(struct report_endpoint *endpoint, uint64_t until_us, uint64_t others_us)
{
    drain(endpoint, UINT64_MAX);
    timeline_end(&endpoint->timeline, until_us, others_us, (struct span_sink){take_span, endpoint});
    values_sort(&endpoint->skew_us);
    values_sort(&endpoint->p50_us);
    values_sort(&endpoint->p99_us);
}

static bool count_cold_hour(struct report_endpoint *endpoint, uint32_t hour, uint32_t n)
{
    size_t place = endpoint->n_cold_hours;
    while (place > 0 && endpoint->cold_hours[place - 1].hour > hour)
        place--;
    if (place > 0 && endpoint->cold_hours[place - 1].hour == hour) {
        endpoint->cold_hours[place - 1].n += n;
        return true;
    }
    if (endpoint->n_cold_hours == endpoint->cold_hours_room) {
        size_t room = endpoint->cold_hours_room ? 2 * endpoint->cold_hours_room : 16;
        struct cold_hour *hours = reallocarray(endpoint->cold_hours, room, sizeof *hours);
        if (!hours)
            return false;
        endpoint->cold_hours = hours;
        endpoint->cold_hours_room = room;
    }
    memmove(endpoint->cold_hours + place + 1, endpoint->cold_hours + place,
            (endpoint->n_cold_hours - place) * sizeof *endpoint->cold_hours);
    endpoint->cold_hours[place] = (struct cold_hour){hour, n};
    endpoint->n_cold_hours++;
    return true;
}

static bool count_cold(struct report_endpoint *endpoint, const struct entry *entry)
{
    uint32_t n = (uint32_t)entry_number(entry, NUMBER_COLD);
    uint64_t first_hour = endpoint->bins.since_us / US_PER_HOUR, hour = entry->at_us / US_PER_HOUR;
    endpoint->cold_known |= entry_knows(entry, NUMBER_COLD);
    endpoint->cold += n;
    return n == 0 || count_cold_hour(endpoint, hour > first_hour ? (uint32_t)(hour - first_hour) : 0, n);
}

static bool add_values(struct report_endpoint *endpoint, const struct entry *entry)
{
    bool done = true;
    if (entry_number(entry, NUMBER_MAX_US) > endpoint->max_us)
        endpoint->max_us = entry_number(entry, NUMBER_MAX_US);
    /* A round without an answer has nothing to say about either. */
    if (entry_knows(entry, NUMBER_OK) && entry_number(entry, NUMBER_OK) == 0)
        return true;
    if (entry_knows(entry, NUMBER_SKEW_US))
        done &= values_add(&endpoint->skew_us, (uint32_t)entry_number(entry, NUMBER_SKEW_US));
    if (entry_knows(entry, NUMBER_P50_US))
        done &= values_add(&endpoint->p50_us, (uint32_t)entry_number(entry, NUMBER_P50_US));
    if (entry_knows(entry, NUMBER_P99_US))
        done &= values_add(&endpoint->p99_us, (uint32_t)entry_number(entry, NUMBER_P99_US));
    return done;
}

static void add_to_bins(struct report_endpoint *endpoint, const struct entry *entry)
{
    const struct bin_round round = {
        .result = entry->result,
        .target = (uint32_t)entry_number(entry, NUMBER_TARGET),
        .warm = (uint32_t)entry_warm(entry),
        .cold = (uint32_t)entry_number(entry, NUMBER_COLD),
        .ok = (uint32_t)entry_number(entry, NUMBER_OK),
        .p50_us = (uint32_t)entry_number(entry, NUMBER_P50_US),
        .p99_us = (uint32_t)entry_number(entry, NUMBER_P99_US),
        .max_us = (uint32_t)entry_number(entry, NUMBER_MAX_US),
        .skew_us = (uint32_t)entry_number(entry, NUMBER_SKEW_US),
        .cost_microusd = entry_number(entry, NUMBER_COST_MICROUSD),
    };
    bin_add(bins_at(endpoint->bins, entry->at_us), &round);
    bin_add(bins_at(endpoint->cells, entry->at_us), &round);
}

static bool add_figures(struct report_endpoint *endpoint, const struct entry *entry)
{
    endpoint->rounds[entry->result]++;
    endpoint->requests += entry_number(entry, NUMBER_SENT);
    endpoint->ok += entry_number(entry, NUMBER_OK);
    endpoint->failed += entry_number(entry, NUMBER_FAILED);
    endpoint->throttled += entry_number(entry, NUMBER_THROTTLED);
    endpoint->distinct_known |= entry_knows(entry, NUMBER_DISTINCT);
    endpoint->distinct += entry_number(entry, NUMBER_DISTINCT);
    endpoint->cost_known |= entry_knows(entry, NUMBER_COST_MICROUSD);
    endpoint->cost_microusd += entry_number(entry, NUMBER_COST_MICROUSD);
    endpoint->provisioned_known |= entry_knows(entry, NUMBER_PROVISIONED_MICROUSD);
    if (entry_knows(entry, NUMBER_TARGET)) {
        endpoint->target = (uint32_t)entry_number(entry, NUMBER_TARGET);
        endpoint->wanted += entry_number(entry, NUMBER_TARGET);
        endpoint->warm += entry_warm(entry);
    }
    add_to_bins(endpoint, entry);
    return count_cold(endpoint, entry) && add_values(endpoint, entry);
}

/* Part I of N equal parts of WHOLE, in whole numbers that add up. */
static uint64_t share(uint64_t whole, uint64_t i, uint64_t n)
{
    return whole / n * (i + 1) + whole % n * (i + 1) / n - (whole / n * i + whole % n * i / n);
}

/* The failed rounds come first, then the short ones. */
static enum round_result result_of(const struct entry *summary, uint64_t i)
{
    uint64_t failed = entry_number(summary, NUMBER_FAILED_ROUNDS);
    if (i < failed)
        return ROUND_FAILED;
    return i < failed + entry_number(summary, NUMBER_SHORT_ROUNDS) ? ROUND_SHORT : ROUND_MET;
}

static void set(struct entry *entry, enum entry_number which, uint64_t number)
{
    entry->numbers[which] = number;
    entry->known |= UINT32_C(1) << which;
}

/* How far its rounds are apart: as it says, as long as there was time for all of them. */
static uint64_t apart_us(const struct entry *summary, uint64_t n)
{
    uint64_t lasted_us = summary->at_us - summary->numbers[NUMBER_SINCE_US];
    uint64_t interval_us = entry_number(summary, NUMBER_INTERVAL_US);
    return interval_us && interval_us < lasted_us / n + interval_us / n ? interval_us : lasted_us / n;
}

struct entry entry_of_summary(const struct entry *summary, uint64_t i, uint64_t target)
{
    static const enum entry_number sums[] = {NUMBER_SENT,      NUMBER_OK,   NUMBER_FAILED,
                                             NUMBER_THROTTLED, NUMBER_COLD, NUMBER_COST_MICROUSD};
    uint64_t n = summary->numbers[NUMBER_ROUNDS], since_us = summary->numbers[NUMBER_SINCE_US];
    struct entry round = *summary;
    round.kind = ENTRY_ROUND;
    round.result = result_of(summary, i);
    round.at_us = since_us + apart_us(summary, n) * i;
    set(&round, NUMBER_CHANGES, 1);
    for (size_t which = 0; which < sizeof sums / sizeof *sums; which++)
        round.numbers[sums[which]] = share(entry_number(summary, sums[which]), i, n);
    /* The largest skew is that of one round. */
    if (i > 0)
        round.known &= ~(UINT32_C(1) << NUMBER_SKEW_US);
    if (!entry_knows(summary, NUMBER_TARGET) && target > 0)
        set(&round, NUMBER_TARGET, target);
    if (round.result == ROUND_MET && entry_knows(&round, NUMBER_TARGET))
        set(&round, NUMBER_DISTINCT, round.numbers[NUMBER_TARGET]);
    else
        round.known &= ~(UINT32_C(1) << NUMBER_DISTINCT);
    return round;
}

/* "3 refused, 1 http-503": "refused". */
static void copy_first_error(const char *errors, char cause[GAP_CAUSE_MAX])
{
    errors += strspn(errors, "0123456789");
    errors += strspn(errors, " ");
    size_t length = strcspn(errors, ",");
    if (length >= GAP_CAUSE_MAX)
        length = GAP_CAUSE_MAX - 1;
    memcpy(cause, errors, length);
    cause[length] = '\0';
}

static struct moment moment_of_round(const struct entry *entry)
{
    uint64_t target = entry_number(entry, NUMBER_TARGET), cold = entry_number(entry, NUMBER_COLD);
    struct moment moment = {
        .at_us = entry->at_us,
        .kind = ENTRY_ROUND,
        .met = entry->result == ROUND_MET,
        .all_new = target > 0 && cold >= target && cold >= entry_number(entry, NUMBER_DISTINCT) &&
                   entry_number(entry, NUMBER_RETIRED) < cold,
        .told_late = entry_number(entry, NUMBER_CHANGES),
        .interval_us = entry_number(entry, NUMBER_INTERVAL_US),
        .provisioned_rate = entry_number(entry, NUMBER_PROVISIONED_MICROUSD),
    };
    if (entry->errors[0])
        copy_first_error(entry->errors, moment.cause);
    else
        snprintf(moment.cause, sizeof moment.cause, "too few instances");
    return moment;
}

bool report_endpoint_add_round(struct report_endpoint *endpoint, const struct entry *entry, uint64_t told_us)
{
    struct moment moment = moment_of_round(entry);
    return add_figures(endpoint, entry) &&
           (entry_number(entry, NUMBER_FORMER) || line_up(endpoint, &moment, told_us));
}

double endpoint_warm_share(const struct report_endpoint *endpoint)
{
    double warm = (double)endpoint->timeline.lasted_us[SPAN_WARM],
           gap = (double)endpoint->timeline.lasted_us[SPAN_GAP];
    return warm + gap > 0 ? warm / (warm + gap) : -1;
}

/* The time that is known about, whatever the endpoint did in it. */
static double known_us(const struct report_endpoint *endpoint)
{
    double known = 0;
    for (enum span_state state = SPAN_WARM; state < SPAN_STATES; state++)
        known += (double)endpoint->timeline.lasted_us[state];
    return known;
}

/* MICROUSD of a time that LASTED_US, in USD for a month of such time. */
static double month_usd(const struct report_endpoint *endpoint, double microusd, double lasted_us)
{
    double interval = (double)endpoint->timeline.interval_us;
    return lasted_us > 0 && lasted_us >= interval ? microusd / 1e6 * (double)MONTH_US / lasted_us : -1;
}

double endpoint_month_usd(const struct report_endpoint *endpoint)
{
    /* A round is paid for its whole interval. */
    double paid_us = known_us(endpoint) + (double)endpoint->timeline.ahead_us;
    return endpoint->cost_known ? month_usd(endpoint, (double)endpoint->cost_microusd, paid_us) : -1;
}

double endpoint_provisioned_month_usd(const struct report_endpoint *endpoint)
{
    return endpoint->provisioned_known
               ? month_usd(endpoint, endpoint->timeline.provisioned_microusd, known_us(endpoint))
               : -1;
}
