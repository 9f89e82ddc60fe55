#include "report/page_data.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "report/packed.h"
#include "report/sums.h"
#include "report/zone.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

enum { OFFSETS_MOST = 256 };

/* Whether POINT, in a string of JSON within HTML, would end the string, the element or a line of script, or
 * can't be seen. */
static bool must_escape(uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x2028 || point == 0x2029 ||
           (point < 0x80 && strchr("\"\\<>&", (int)point));
}

static void put_string(const char *string, FILE *out)
{
    fputc('"', out);
    while (*string) {
        uint32_t point = 0;
        size_t length = utf8_sequence((const unsigned char *)string, &point);
        if (length == 0)
            fputs("\\ufffd", out);
        else if (must_escape(point))
            fprintf(out, "\\u%04x", (unsigned)point);
        else
            fwrite(string, 1, length, out);
        string += length ? length : 1;
    }
    fputc('"', out);
}

static void put_text(const char *name, const char *string, FILE *out)
{
    fprintf(out, ",\"%s\":", name);
    put_string(string, out);
}

static void put_number(const char *name, uint64_t number, FILE *out)
{
    fprintf(out, ",\"%s\":%" PRIu64, name, number);
}

static void put_truth(const char *name, bool truth, FILE *out)
{
    fprintf(out, ",\"%s\":%s", name, truth ? "true" : "false");
}

/* In micro-USD. */
static void put_usd(const char *name, double usd, FILE *out)
{
    if (usd < 0)
        fprintf(out, ",\"%s\":null", name);
    else
        put_number(name, (uint64_t)(usd * 1e6 + 0.5), out);
}

/* The columns of a bin, in the order of the script's. */
enum column {
    COLUMN_FAILED,
    COLUMN_SHORT,
    COLUMN_MET,
    COLUMN_TARGET,
    COLUMN_WARM,
    COLUMN_COLD,
    COLUMN_OK,
    COLUMN_TIMED,
    COLUMN_LEAST,
    COLUMN_P50,
    COLUMN_P99,
    COLUMN_P99_MOST,
    COLUMN_MAX,
    COLUMN_SKEW,
    COLUMN_COST,
    COLUMN_STATES, /* one for each state */
    COLUMNS = COLUMN_STATES + SPAN_STATES,
};

static uint64_t value_of(const struct bin *bin, enum column column)
{
    uint64_t timed = bin->timed ? bin->timed : 1;
    const uint64_t values[] = {
        [COLUMN_FAILED] = bin->rounds[ROUND_FAILED],
        [COLUMN_SHORT] = bin->rounds[ROUND_SHORT],
        [COLUMN_MET] = bin->rounds[ROUND_MET],
        [COLUMN_TARGET] = bin->target,
        [COLUMN_WARM] = bin->warm,
        [COLUMN_COLD] = bin->cold,
        [COLUMN_OK] = bin->ok,
        [COLUMN_TIMED] = bin->timed,
        [COLUMN_LEAST] = packed_coarse(bin->p50_least_us),
        [COLUMN_P50] = packed_coarse(bin->p50_sum_us / timed),
        [COLUMN_P99] = packed_coarse(bin->p99_sum_us / timed),
        [COLUMN_P99_MOST] = packed_coarse(bin->p99_most_us),
        [COLUMN_MAX] = packed_coarse(bin->max_us),
        [COLUMN_SKEW] = packed_coarse(bin->skew_us),
        [COLUMN_COST] = bin->cost_microusd,
    };
    return column < COLUMN_STATES ? values[column] : bin->lasted_ms[column - COLUMN_STATES];
}

static void put_columns(const struct bin_row *bins, FILE *out)
{
    fputs(",\"columns\":[", out);
    for (enum column column = 0; column < COLUMNS; column++) {
        struct packed packed = {0};
        fputs(column ? ",\"" : "\"", out);
        for (size_t i = 0; i < bins->n; i++)
            packed_add(&packed, value_of(&bins->data[i], column), out);
        fputc('"', out);
    }
    fputc(']', out);
}

/* First all hours, then how many cold starts there were in each. */
static void put_cold_hours(const struct report_endpoint *endpoint, FILE *out)
{
    struct packed packed = {0};
    put_number("nColdHours", endpoint->n_cold_hours, out);
    fputs(",\"coldHours\":\"", out);
    for (size_t i = 0; i < endpoint->n_cold_hours; i++)
        packed_add(&packed, endpoint->cold_hours[i].hour, out);
    for (size_t i = 0; i < endpoint->n_cold_hours; i++)
        packed_add(&packed, endpoint->cold_hours[i].n, out);
    fputc('"', out);
}

static void put_endpoint(const struct report_endpoint *endpoint, FILE *out)
{
    fputs("{\"name\":", out);
    put_string(endpoint->name, out);
    put_truth("coldKnown", endpoint->cold_known, out);
    put_truth("costKnown", endpoint->cost_known, out);
    put_number("interval", endpoint->timeline.interval_us, out);
    put_number("p50", values_percentile(&endpoint->p50_us, 50), out);
    put_number("p99", values_percentile(&endpoint->p99_us, 99), out);
    put_usd("month", endpoint_month_usd(endpoint), out);
    put_usd("provisioned", endpoint_provisioned_month_usd(endpoint), out);
    put_columns(&endpoint->bins, out);
    put_cold_hours(endpoint, out);
    fputc('}', out);
}

static void put_worst(const struct worst *worst, FILE *out)
{
    fprintf(out, "[%" PRIu64 ",%" PRIu32 ",%" PRIu32 ",%d,%" PRIu32 ",%" PRIu32 ",%" PRIu32, worst->at_us,
            worst->endpoint, worst->n, (int)worst->result, worst->target, worst->warm, worst->ok);
    if (worst->cold_known)
        fprintf(out, ",%" PRIu32, worst->cold);
    else
        fputs(",null", out);
    fprintf(out, ",%" PRIu32 ",%" PRIu32, worst->p99_us, worst->skew_us);
    const char *const texts[] = {worst->round, worst->host, worst->errors};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        fputc(',', out);
        put_string(texts[i], out);
    }
    fputc(']', out);
}

static void put_event(const struct happening *event, FILE *out)
{
    fprintf(out, "[%" PRIu64 ",%d,%" PRId64 ",", event->at_us, (int)event->kind, event->endpoint);
    put_string(event->message ? event->message : "", out);
    fputc(',', out);
    put_string(event->host ? event->host : "", out);
    fputc(']', out);
}

/* What somebody would want to look into. */
static bool is_trouble(enum entry_kind kind)
{
    return kind == ENTRY_RELOAD_REJECTED || kind == ENTRY_THROTTLED || kind == ENTRY_FAILING ||
           kind == ENTRY_BUDGET || kind == ENTRY_CREDENTIALS_FAILED || kind == ENTRY_ORPHANED ||
           kind == ENTRY_ETCD_LOST || kind == ENTRY_DUPLICATE_ROUND;
}

/* By kind: its flag, and whether it is trouble; null for kinds that are no events. */
static void put_flags(FILE *out)
{
    fputs(",\"flags\":[", out);
    for (enum entry_kind kind = 0; kind < ENTRY_KINDS; kind++) {
        const char *flag = entry_kind_flag(kind);
        fputs(kind ? "," : "", out);
        if (!flag) {
            fputs("null", out);
            continue;
        }
        fputc('[', out);
        put_string(flag, out);
        fprintf(out, ",%d]", is_trouble(kind));
    }
    fputc(']', out);
}

static void put_zone(const struct report *report, FILE *out)
{
    char name[ZONE_NAME_MAX];
    struct zone_offset offsets[OFFSETS_MOST];
    size_t n = zone_offsets(report->since_us, report->until_us, offsets, OFFSETS_MOST);
    zone_name(report->until_us, name);
    fputs(",\"zone\":{\"name\":", out);
    put_string(name, out);
    fputs(",\"offsets\":[", out);
    for (size_t i = 0; i < n; i++)
        fprintf(out, "%s[%" PRIu64 ",%" PRId32 "]", i ? "," : "", offsets[i].from_s, offsets[i].east_s);
    fputs("]}", out);
}

static void put_list(const char *name, FILE *out)
{
    fprintf(out, ",\n\"%s\":[", name);
}

void page_data_write(const struct report *report, const char *journal_options, FILE *out)
{
    fputs("{\"program\":", out);
    put_string(WARMD_VERSION, out);
    put_number("since", report->since_us, out);
    put_number("until", report->until_us, out);
    put_number("bin", report->bin_us, out);
    put_number("bins", report->n_bins, out);
    put_number("p50", report_p50_us(report), out);
    put_number("p99", report_p99_us(report), out);
    put_number("nSummaries", report->n_kinds[ENTRY_SUMMARY], out);
    put_number("nUnusable", report->n_unusable, out);
    put_number("nEventsLeftOut", report->events.n_left_out, out);
    put_text("host", report->first_host, out);
    put_truth("severalHosts", report->several_hosts, out);
    put_text("journal", journal_options ? journal_options : "", out);
    put_zone(report, out);
    put_flags(out);
    put_list("endpoints", out);
    for (size_t i = 0; i < report->n_endpoints; i++) {
        fputs(i ? ",\n" : "", out);
        put_endpoint(report->endpoints[i], out);
    }
    fputc(']', out);
    put_list("worst", out);
    for (size_t i = 0; i < report->worst.n; i++) {
        fputs(i ? ",\n" : "", out);
        put_worst(&report->worst.data[i], out);
    }
    fputc(']', out);
    put_list("events", out);
    for (size_t i = 0; i < report->events.n; i++) {
        fputs(i ? ",\n" : "", out);
        put_event(&report->events.data[i], out);
    }
    fputs("]}", out);
}
