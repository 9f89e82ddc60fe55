#include "telemetry/views.h"

#include "base/clock.h"
#include "base/table.h"
#include "base/terminal.h"
#include "base/text.h"
#include "decide/cost.h"
#include "telemetry/tell.h"

#include <inttypes.h>
#include <string.h>

enum { CELL_MAX = 80, DAY_S = 86400 };

static const char *number(char buffer[12], bool known, uint32_t value)
{
    if (!known)
        return "?";
    snprintf(buffer, 12, "%" PRIu32, value);
    return buffer;
}

static double ms(uint64_t duration_us)
{
    return (double)duration_us / (double)US_PER_MS;
}

static const struct table_column round_columns[] = {
    {"endpoint", true}, {"result", true},    {"target", false}, {"sent", false},
    {"ok", false},      {"distinct", false}, {"cold", false},   {"peak", false},
    {"skew ms", false}, {"p50 ms", false},   {"p99 ms", false},
};

static void add_latency(struct table *table, const struct round *round, uint64_t duration_us)
{
    if (round->ok)
        table_cell(table, "%.1f", ms(duration_us));
    else
        table_cell(table, "-");
}

static void add_round(struct table *table, const struct round *round, bool distinct)
{
    char number_text[12];
    CLEANUP_FREE char *causes = round_causes_text(round);
    bool unproven = round->result == ROUND_MET && !round_is_met(round, distinct);
    table_cell(table, "%s", round->endpoint);
    table_cell(table, "%s", unproven ? "unproven" : round_result_names[round->result]);
    table_cell(table, "%" PRIu32, round->target);
    table_cell(table, "%" PRIu32, round->sent);
    table_cell(table, "%" PRIu32, round->ok);
    table_cell(table, "%s", number(number_text, round->distinct_known, round->distinct));
    table_cell(table, "%s", number(number_text, round->cold_known, round->cold));
    table_cell(table, "%" PRIu32, round->peak);
    add_latency(table, round, round->skew_us);
    add_latency(table, round, round->p50_us);
    add_latency(table, round, round->p99_us);
    if (causes && *causes)
        table_note(table, causes);
}

void round_table_print(FILE *out, struct round *const *rounds, size_t n, bool distinct, size_t width)
{
    CLEANUP_TABLE struct table table = {.columns = round_columns, .n_columns = COUNT_OF(round_columns)};
    for (size_t i = 0; i < n; i++)
        add_round(&table, rounds[i], distinct);
    if (!table.failed)
        table_print(&table, out, width);
    for (size_t i = 0; i < n; i++) {
        CLEANUP_FREE char *detail = round_detail_text(rounds[i]);
        CLEANUP_TEXT struct text line = {0};
        text_format(&line, "%s: %s", rounds[i]->endpoint, detail ? detail : "");
        if (detail && !line.failed)
            paragraph_print(out, line.data, 0, terminal_message_columns(out));
    }
}

static int compare_numbers(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Median and range of the latencies of the answers with this COLDNESS. */
static void print_split(FILE *out, const struct round *round, enum coldness coldness, const char *label)
{
    CLEANUP_FREE uint64_t *latencies_us = calloc(round->n_samples + 1, sizeof *latencies_us);
    size_t n = 0;
    for (size_t i = 0; latencies_us && i < round->n_samples; i++) {
        const struct sample *sample = &round->samples[i];
        if (sample->outcome == OUTCOME_OK && sample->release_ns && sample->cold == coldness)
            latencies_us[n++] = sample_latency_us(sample);
    }
    if (n == 0)
        return;
    qsort(latencies_us, n, sizeof *latencies_us, compare_numbers);
    fprintf(out, "  %-10s %zu answers, median %.1f ms, %.1f to %.1f ms\n", label, n, ms(latencies_us[n / 2]),
            ms(latencies_us[0]), ms(latencies_us[n - 1]));
}

/* "  LABEL TEXT", in as many lines as it takes. */
static void print_labelled(FILE *out, const char *label, const char *text)
{
    CLEANUP_TEXT struct text line = {0};
    text_format(&line, "%s%s", label, text);
    if (!line.failed)
        paragraph_print(out, line.data, 2, terminal_message_columns(out));
}

void round_probe_print(FILE *out, const struct round *round, const char *target)
{
    CLEANUP_FREE char *causes = round_causes_text(round);
    CLEANUP_FREE char *detail = round_detail_text(round);
    CLEANUP_FREE char *why_unnamed = round_unnamed_text(round);
    enum http_version version = round->http_version;
    bool spoken = version != HTTP_VERSION_AUTO;
    fprintf(out, "%s: %" PRIu32 " request%s%s%s\n", target, round->sent, round->sent == 1 ? "" : "s at once",
            spoken ? " over HTTP/" : "", spoken ? http_version_names[version] : "");
    fprintf(out, "  answered   %" PRIu32 " as expected%s%s\n", round->ok, causes && *causes ? "; " : "",
            causes ? causes : "");
    if (detail)
        print_labelled(out, "why        ", detail);
    if (round->distinct_known)
        fprintf(out, "  instances  %" PRIu32 " distinct\n", round->distinct);
    else if (round->ok)
        fprintf(out, "  instances  unproven: %s%s\n", why_unnamed ? "an answer " : "",
                why_unnamed ? why_unnamed : "the answers don't name their instances (X-Lambda-Instance)");
    if (round->cold_known)
        fprintf(out, "  cold       %" PRIu32 "\n", round->cold);
    if (round->peak)
        fprintf(out, "  in flight  %" PRIu32 " at one instant, released within %.2f ms\n", round->peak,
                ms(round->skew_us));
    if (round->ok)
        fprintf(out, "  latency    p50 %.1f ms, p99 %.1f ms, max %.1f ms\n", ms(round->p50_us),
                ms(round->p99_us), ms(round->max_us));
    if (round->cold_known) {
        print_split(out, round, COLD_NO, "warm");
        print_split(out, round, COLD_YES, "cold");
    }
}

/* "14:32" within a day, else "Nov 28"; "-" for none. */
static const char *show_time(uint64_t real_us, uint64_t now_real_us, char text[CELL_MAX])
{
    int64_t away_s = ((int64_t)real_us - (int64_t)now_real_us) / (int64_t)US_PER_S;
    time_t seconds = (time_t)(real_us / US_PER_S);
    struct tm local;
    snprintf(text, CELL_MAX, "-");
    if (!real_us || !localtime_r(&seconds, &local))
        return text;
    if (away_s < DAY_S && away_s > -DAY_S)
        strftime(text, CELL_MAX, "%H:%M", &local);
    else
        strftime(text, CELL_MAX, "%b %d", &local);
    return text;
}

/* Three digits: "75ms", "4.5min". */
static const char *show_duration(uint64_t us, char text[CELL_MAX])
{
    static const struct {
        double us;
        const char *unit;
    } units[] = {{3600e6, "h"}, {60e6, "min"}, {1e6, "s"}, {1e3, "ms"}};
    size_t i = 0;
    while (i + 1 < COUNT_OF(units) && (double)us < units[i].us)
        i++;
    snprintf(text, CELL_MAX, us ? "%.3g%s" : "0", (double)us / units[i].us, units[i].unit);
    return text;
}

static const char *show_state(const struct status_row *row, uint64_t now_real_us, char text[CELL_MAX])
{
    char when[CELL_MAX];
    const char *name = condition_name(row->condition);
    if (row->since_us)
        snprintf(text, CELL_MAX, "%.20s since %.20s", name, show_time(row->since_us, now_real_us, when));
    else if (row->until_us)
        snprintf(text, CELL_MAX, "%.20s until %.20s", name, show_time(row->until_us, now_real_us, when));
    else
        snprintf(text, CELL_MAX, "%s", name);
    return text;
}

static const struct table_column status_columns[] = {
    {"ENDPOINT", true}, {"WARM", false},  {"STATE", true}, {"LAST", true},
    {"NEXT", true},     {"EVERY", false}, {"HOLD", false}, {"MONTH", false},
};

static void add_status(struct table *table, const struct status_row *row, uint64_t now_real_us)
{
    char cell[CELL_MAX], cost[COST_TEXT_MAX];
    table_cell(table, "%s", row->name);
    table_cell(table, "%" PRIu32 "/%" PRIu32, row->warm, row->target);
    table_cell(table, "%s", show_state(row, now_real_us, cell));
    table_cell(table, "%s", show_time(row->last_us, now_real_us, cell));
    table_cell(table, "%s", show_time(row->next_us, now_real_us, cell));
    table_cell(table, "%s", show_duration(row->interval_us, cell));
    table_cell(table, "%s", show_duration(row->hold_us, cell));
    table_cell(table, "%s", row->usd > 0 ? cost_format(row->usd, cost) : "-");
}

static void print_rows(FILE *out, const struct status *status, uint64_t now_real_us)
{
    CLEANUP_TABLE struct table table = {
        .columns = status_columns, .n_columns = COUNT_OF(status_columns), .cut = true};
    for (size_t i = 0; i < status->n_rows; i++)
        add_status(&table, &status->rows[i], now_real_us);
    if (!table.failed)
        table_print(&table, out, terminal_columns(out));
}

static void print_sums(FILE *out, const struct status *status)
{
    size_t counts[CONDITIONS] = {0};
    uint64_t warm = 0, target = 0;
    double usd = 0;
    const char *separator = "";
    char cost[COST_TEXT_MAX];
    for (size_t i = 0; i < status->n_rows; i++) {
        const struct status_row *row = &status->rows[i];
        counts[row->condition]++;
        target += row->target;
        warm += row->warm < row->target ? row->warm : row->target;
        usd += row->usd;
    }
    fprintf(out, "%zu endpoint%s, %" PRIu64 "/%" PRIu64 " warm", status->n_rows,
            status->n_rows == 1 ? "" : "s", warm, target);
    if (usd > 0)
        fprintf(out, ", %s this month", cost_format(usd, cost));
    fputc('\n', out);
    if (status->n_rows == counts[CONDITION_OK])
        return;
    for (enum condition condition = 0; condition < CONDITIONS; condition++)
        if (counts[condition]) {
            fprintf(out, "%s%zu %s", separator, counts[condition], condition_name(condition));
            separator = ", ";
        }
    fputc('\n', out);
}

void status_table_print(FILE *out, const struct status *status, uint64_t now_real_us)
{
    char when[CELL_MAX];
    const struct status_head *head = &status->head;
    uint64_t age_us = now_real_us > status->written_us ? now_real_us - status->written_us : 0;
    fprintf(out, "lambda-warmd %s, process %jd, since %s; as of %" PRIu64 " s ago\n",
            status->version ? status->version : "?", (intmax_t)head->pid,
            show_time(head->started_us, now_real_us, when), age_us / US_PER_S);
    if (head->rejected_us)
        fprintf(out, "configuration of %s rejected: %s\n", show_time(head->rejected_us, now_real_us, when),
                head->rejected ? head->rejected : "?");
    fputc('\n', out);
    print_rows(out, status, now_real_us);
    fputc('\n', out);
    print_sums(out, status);
}
