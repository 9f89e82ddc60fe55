#include "report/heat.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "report/phrase.h"

#include <string.h>
#include <time.h>

enum { LABEL_ROOM = 9 /* columns from one label of the scale to the next, at least */ };

enum cell cell_of(const struct bin *bin)
{
    const uint64_t *lasted_ms = bin->lasted_ms;
    uint64_t warm_ms = lasted_ms[SPAN_WARM], wanted_ms = warm_ms + lasted_ms[SPAN_GAP];
    uint64_t resting_ms = lasted_ms[SPAN_RESTING], elsewhere_ms = lasted_ms[SPAN_ELSEWHERE];
    if (bin->rounds[ROUND_FAILED])
        return CELL_FAILED;
    if (!lasted_ms[SPAN_GAP] && (resting_ms > warm_ms || elsewhere_ms > warm_ms)) /* a gap is never hidden */
        return resting_ms >= elsewhere_ms ? CELL_RESTING : CELL_ELSEWHERE;
    if (wanted_ms == 0)
        return CELL_UNKNOWN;
    if (warm_ms == wanted_ms)
        return CELL_WARM;
    return warm_ms * 10 >= wanted_ms * 9 ? CELL_MOST : warm_ms * 2 >= wanted_ms ? CELL_HALF : CELL_LITTLE;
}

static const char *cell_sign(enum cell cell, struct look look)
{
    const struct signs *signs = look_signs(look);
    switch (cell) {
    case CELL_FAILED:
        return "!";
    case CELL_RESTING:
        return signs->resting;
    case CELL_ELSEWHERE:
        return signs->elsewhere;
    default:
        return signs->levels[cell];
    }
}

static enum hue cell_hue(enum cell cell)
{
    switch (cell) {
    case CELL_WARM:
        return HUE_GOOD;
    case CELL_FAILED:
        return HUE_ALARM;
    case CELL_UNKNOWN:
    case CELL_RESTING:
    case CELL_ELSEWHERE:
        return HUE_PLAIN;
    default:
        return HUE_BAD;
    }
}

size_t strip_cells(size_t columns)
{
    size_t parts = 1;
    while (parts < 4 && REPORT_CELLS / parts > columns)
        parts++;
    return REPORT_CELLS / parts;
}

/* The cells FROM to TO as one. */
static struct bin merged(const struct bin *cells, size_t from, size_t to)
{
    struct bin bin = {0};
    for (size_t i = from; i < to; i++) {
        bin.rounds[ROUND_FAILED] += cells[i].rounds[ROUND_FAILED];
        for (int state = 0; state < SPAN_STATES; state++)
            bin.lasted_ms[state] += cells[i].lasted_ms[state];
    }
    return bin;
}

void add_strip(struct text *line, const struct report_endpoint *endpoint, size_t n, struct look look,
               bool seen[CELLS])
{
    enum hue hue = HUE_PLAIN;
    size_t each = REPORT_CELLS / n;
    for (size_t i = 0; i < n; i++) {
        struct bin bin = merged(endpoint->cell_data, i * each, (i + 1) * each);
        enum cell cell = cell_of(&bin);
        enum hue wanted = cell_hue(cell);
        if (wanted != hue)
            add_hue(line, look, hue = wanted);
        text_add(line, cell_sign(cell, look));
        seen[cell] = true;
    }
    if (hue != HUE_PLAIN)
        add_hue(line, look, HUE_PLAIN);
}

/* How far the labels of a scale are apart, in hours, or in months. */
struct step {
    int hours, months;
    double length_us; /* about */
    const char *format;
};

static const struct step *step_for(double length_us)
{
    static const struct step steps[] = {
        {.hours = 1, .length_us = 1 * (double)US_PER_HOUR, .format = "%H:%M"},
        {.hours = 2, .length_us = 2 * (double)US_PER_HOUR, .format = "%H:%M"},
        {.hours = 3, .length_us = 3 * (double)US_PER_HOUR, .format = "%H:%M"},
        {.hours = 6, .length_us = 6 * (double)US_PER_HOUR, .format = "%H:%M"},
        {.hours = 12, .length_us = 12 * (double)US_PER_HOUR, .format = "%H:%M"},
        {.hours = 24, .length_us = 1 * (double)US_PER_DAY, .format = "%a %-d"},
        {.hours = 48, .length_us = 2 * (double)US_PER_DAY, .format = "%a %-d"},
        {.hours = 168, .length_us = 7 * (double)US_PER_DAY, .format = "%b %-d"},
        {.hours = 336, .length_us = 14 * (double)US_PER_DAY, .format = "%b %-d"},
        {.months = 1, .length_us = 30 * (double)US_PER_DAY, .format = "%b"},
        {.months = 3, .length_us = 91 * (double)US_PER_DAY, .format = "%b %Y"},
        {.months = 12, .length_us = 365 * (double)US_PER_DAY, .format = "%Y"},
        {.months = 120, .length_us = 3652 * (double)US_PER_DAY, .format = "%Y"},
    };
    size_t i = 0;
    while (i + 1 < COUNT_OF(steps) && steps[i].length_us < length_us)
        i++;
    return &steps[i];
}

/* The K-th time of STEP from the beginning of the day (or year) of DAY on; each is made anew, so that it is
 * right after the clocks have changed. */
static uint64_t tick_us(const struct tm *day, const struct step *step, int k)
{
    struct tm tick = {.tm_year = day->tm_year, .tm_isdst = -1};
    if (step->months) {
        tick.tm_mon = k * step->months;
        tick.tm_mday = 1;
    } else {
        tick.tm_mon = day->tm_mon;
        tick.tm_mday = day->tm_mday + k * step->hours / 24;
        tick.tm_hour = k * step->hours % 24;
    }
    time_t seconds = mktime(&tick);
    return seconds < 0 ? 0 : (uint64_t)seconds * US_PER_S;
}

size_t add_scale(struct text *line, const struct report *report, size_t n, struct look look)
{
    double length_us = (double)(report->until_us - report->since_us);
    const struct step *step = step_for(length_us * LABEL_ROOM / (double)n);
    time_t since_s = (time_t)(report->since_us / US_PER_S);
    struct tm day;
    size_t used = 0;
    if (!localtime_r(&since_s, &day))
        return 0;
    for (int k = 0; k < 1000; k++) {
        char label[PHRASE_MAX];
        uint64_t at_us = tick_us(&day, step, k);
        double place = ((double)at_us - (double)report->since_us) / length_us * (double)n;
        if (place <= -1) /* one just before the first cell is near enough */
            continue;
        if (at_us >= report->until_us)
            break;
        size_t column = place > 0 ? (size_t)place : 0;
        phrase_time(at_us, step->format, label);
        if (strcmp(label, "00:00") == 0)
            phrase_time(at_us, "%a %-d", label);
        if (column < used || column + 1 + strlen(label) > n)
            continue;
        add_blanks(line, column - used);
        text_format(line, "%s%s", look_signs(look)->tick, label);
        used = column + 1 + strlen(label);
    }
    return used;
}

void legend_print(FILE *out, const struct report *report, size_t n, struct look look, const bool seen[CELLS])
{
    static const struct {
        enum cell cell;
        const char *meaning;
    } meanings[] = {
        {CELL_WARM, "warm throughout"},      {CELL_MOST, "90% or more of the time"},
        {CELL_HALF, "half or more"},         {CELL_LITTLE, "less than half"},
        {CELL_FAILED, "a round failed"},     {CELL_RESTING, "resting"},
        {CELL_ELSEWHERE, "on another host"}, {CELL_UNKNOWN, "not known"},
    };
    CLEANUP_TEXT struct text text = {0};
    char length[PHRASE_MAX], item[PHRASE_MAX];
    const char *separator = ":";
    phrase_duration((report->until_us - report->since_us) / n, length);
    text_format(&text, "A cell is %s", keep_together(length));
    for (size_t i = 0; i < COUNT_OF(meanings); i++)
        if (seen[meanings[i].cell]) {
            const char *sign = meanings[i].cell ? cell_sign(meanings[i].cell, look) : "blank:";
            snprintf(item, sizeof item, "%s %s", sign, meanings[i].meaning);
            text_format(&text, "%s %s", separator, keep_together(item));
            separator = ",";
        }
    wrapped_print(out, &text, look);
}
