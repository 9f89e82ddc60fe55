#include "telemetry/status_table.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/terminal.h"
#include "base/text.h"
#include "decide/cost.h"

#include <inttypes.h>
#include <string.h>

enum { COLUMNS = 8, CELL_MAX = 80, NAME_LEAST = 8, DAY_S = 86400 };

struct line {
    char cells[COLUMNS][CELL_MAX];
};

static const struct line headings = {{"ENDPOINT", "WARM", "STATE", "LAST", "NEXT", "EVERY", "HOLD", "MONTH"}};
/* Numbers are right-aligned. */
static const bool at_right[COLUMNS] = {false, true, false, false, false, true, true, true};

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
static void show_duration(uint64_t us, char text[CELL_MAX])
{
    static const struct {
        double us;
        const char *unit;
    } units[] = {{3600e6, "h"}, {60e6, "min"}, {1e6, "s"}, {1e3, "ms"}};
    size_t i = 0;
    while (i + 1 < COUNT_OF(units) && (double)us < units[i].us)
        i++;
    snprintf(text, CELL_MAX, us ? "%.3g%s" : "0", (double)us / units[i].us, units[i].unit);
}

static void show_state(const struct status_row *row, uint64_t now_real_us, char text[CELL_MAX])
{
    char when[CELL_MAX];
    const char *name = condition_name(row->condition);
    if (row->since_us)
        snprintf(text, CELL_MAX, "%.20s since %.20s", name, show_time(row->since_us, now_real_us, when));
    else if (row->until_us)
        snprintf(text, CELL_MAX, "%.20s until %.20s", name, show_time(row->until_us, now_real_us, when));
    else
        snprintf(text, CELL_MAX, "%s", name);
}

static struct line line_of(const struct status_row *row, uint64_t now_real_us)
{
    struct line line = {0};
    char cost[COST_TEXT_MAX];
    snprintf(line.cells[0], CELL_MAX, "%s", row->name);
    snprintf(line.cells[1], CELL_MAX, "%" PRIu32 "/%" PRIu32, row->warm, row->target);
    show_state(row, now_real_us, line.cells[2]);
    show_time(row->last_us, now_real_us, line.cells[3]);
    show_time(row->next_us, now_real_us, line.cells[4]);
    show_duration(row->interval_us, line.cells[5]);
    show_duration(row->hold_us, line.cells[6]);
    snprintf(line.cells[7], CELL_MAX, "%s", row->usd > 0 ? cost_format(row->usd, cost) : "-");
    return line;
}

static void widen(size_t widths[COLUMNS], const struct line *line)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        size_t width = text_columns(line->cells[i]);
        widths[i] = width > widths[i] ? width : widths[i];
    }
}

/* Fits WIDTHS to the COLUMNS there are and returns the gap between two columns: names give way, and then the
 * gaps. */
static size_t fit(size_t widths[COLUMNS], size_t columns)
{
    size_t others = 0, gap = 2;
    for (size_t i = 1; i < COLUMNS; i++)
        others += widths[i];
    if (others + gap * (COLUMNS - 1) + NAME_LEAST > columns)
        gap = 1;
    size_t taken = others + gap * (COLUMNS - 1);
    size_t room = columns > taken + NAME_LEAST ? columns - taken : NAME_LEAST;
    widths[0] = widths[0] < room ? widths[0] : room;
    return gap;
}

static void print_line(FILE *out, const struct line *line, const size_t widths[COLUMNS], size_t gap)
{
    struct text text = {0};
    for (size_t i = 0; i < COLUMNS; i++) {
        const char *cell = line->cells[i];
        size_t length = strlen(cell), width = text_columns(cell);
        bool cut = width > widths[i];
        text_format(&text, "%*s", (int)(i ? gap : 0), "");
        if (at_right[i])
            text_format(&text, "%*s", (int)(widths[i] - width), "");
        text_add_bytes(&text, cell, cut ? widths[i] - 1 : length);
        if (cut)
            text_add(&text, "…");
        else if (!at_right[i])
            text_format(&text, "%*s", (int)(widths[i] - width), "");
    }
    CLEANUP_FREE char *done = text_take(&text);
    if (done)
        fprintf(out, "%s\n", done);
}

static void print_table(FILE *out, const struct status *status, uint64_t now_real_us)
{
    size_t widths[COLUMNS] = {0};
    widen(widths, &headings);
    for (size_t i = 0; i < status->n_rows; i++) {
        struct line line = line_of(&status->rows[i], now_real_us);
        widen(widths, &line);
    }
    size_t gap = fit(widths, terminal_columns(out));
    print_line(out, &headings, widths, gap);
    for (size_t i = 0; i < status->n_rows; i++) {
        struct line line = line_of(&status->rows[i], now_real_us);
        print_line(out, &line, widths, gap);
    }
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
    print_table(out, status, now_real_us);
    fputc('\n', out);
    print_sums(out, status);
}
