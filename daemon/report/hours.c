#include "report/hours.h"

#include "base/clock.h"
#include "report/phrase.h"

#include <inttypes.h>
#include <string.h>

enum { DAYS = 7, HOURS = 24, WIDE_COLUMNS = 64 /* from which on an hour takes two columns */ };

static const char *const day_names[DAYS] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

struct week {
    uint64_t sum;
    uint32_t most;
    int most_day, most_hour;
};

static struct week week_of(const struct report *report)
{
    struct week week = {0};
    for (int day = 0; day < DAYS; day++)
        for (int hour = 0; hour < HOURS; hour++) {
            uint32_t n = report->cold_by_hour[day][hour];
            week.sum += n;
            if (n > week.most)
                week = (struct week){week.sum, n, day, hour};
        }
    return week;
}

/* The least number that LEVEL stands for: the levels divide what there is evenly. */
static uint32_t least_of(const struct week *week, uint32_t level)
{
    return level == 0 ? 0 : (uint32_t)((uint64_t)week->most * (level - 1) / (LEVELS - 1)) + 1;
}

static uint32_t level_of(const struct week *week, uint32_t n)
{
    uint32_t level = LEVELS - 1;
    while (level > 0 && n < least_of(week, level))
        level--;
    return level;
}

/* Whether a part of such a day is in the period. */
static bool has_day(const struct report *report, int day)
{
    char name[PHRASE_MAX];
    uint64_t length_us = report->until_us - report->since_us;
    for (uint64_t at_us = 0; at_us < length_us && at_us <= DAYS * US_PER_DAY; at_us += US_PER_HOUR)
        if (strcmp(phrase_time(report->since_us + at_us, "%a", name), day_names[day]) == 0)
            return true;
    return false;
}

static void add_day(struct text *line, const struct report *report, const struct week *week, int day,
                    struct look look)
{
    const uint32_t *hours = report->cold_by_hour[day];
    uint64_t sum = 0;
    size_t width = look.columns >= WIDE_COLUMNS ? 2 : 1;
    char number[NUMBER_TEXT_MAX];
    text_format(line, "%s  ", day_names[day]);
    for (int hour = 0; hour < HOURS; hour++) {
        const char *sign = look_signs(look)->levels[level_of(week, hours[hour])];
        for (size_t i = 0; i < width; i++)
            text_add(line, sign);
        sum += hours[hour];
    }
    add_padded(line, number_group(sum, number), 9, false);
}

static void print_legend(FILE *out, const struct week *week, struct look look)
{
    CLEANUP_TEXT struct text text = {0};
    text_add(&text, "Cold starts in an hour of the week:");
    for (uint32_t level = LEVELS - 1, most = week->most; level > 0; level--) {
        uint32_t least = least_of(week, level);
        if (least > most)
            continue;
        text_format(&text, "%s %s%c%" PRIu32, most == week->most ? "" : ",", look_signs(look)->levels[level],
                    KEPT_BLANK, least);
        if (most > least)
            text_format(&text, "%s%" PRIu32, look_signs(look)->to, most);
        most = least - 1;
    }
    wrapped_print(out, &text, look);
}

static void print_head(FILE *out, const struct week *week, struct look look)
{
    char number[NUMBER_TEXT_MAX];
    CLEANUP_TEXT struct text line = {0};
    size_t width = look.columns >= WIDE_COLUMNS ? 2 : 1;
    add_hue(&line, look, HUE_STRONG);
    text_add(&line, "COLD STARTS");
    add_hue(&line, look, HUE_PLAIN);
    text_format(&line, "  %s, most on %s at %02d:00\n", number_group(week->sum, number),
                day_names[week->most_day], week->most_hour);
    add_hue(&line, look, HUE_FAINT);
    add_blanks(&line, 5);
    for (int hour = 0; hour < HOURS; hour += 6)
        text_format(&line, "%*s%s%02d:00", hour ? (int)(6 * width - 6) : 0, "", look_signs(look)->tick, hour);
    add_hue(&line, look, HUE_PLAIN);
    if (!line.failed)
        fprintf(out, "%s\n", line.data);
}

void hours_print(FILE *out, const struct report *report, struct look look)
{
    struct week week = week_of(report);
    if (week.sum == 0) {
        bool known = false;
        for (size_t i = 0; i < report->n_endpoints; i++)
            known |= report->endpoints[i]->cold_known;
        fputs(known ? "No cold starts.\n" : "No answer said whether its instance was new.\n", out);
        return;
    }
    print_head(out, &week, look);
    for (int day = 0; day < DAYS; day++) {
        if (!has_day(report, day))
            continue;
        CLEANUP_TEXT struct text line = {0};
        add_day(&line, report, &week, day, look);
        if (!line.failed)
            fprintf(out, "%s\n", line.data);
    }
    print_legend(out, &week, look);
}
