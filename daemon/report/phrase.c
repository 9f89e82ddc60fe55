#include "report/phrase.h"

#include "base/clock.h"
#include "decide/cost.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Two or three digits. */
static int digits_of(double number)
{
    return number < 0.095 ? 2 : number < 9.95 ? 1 : 0;
}

static const char *add_rest(char text[PHRASE_MAX], uint64_t whole, const char *unit, uint64_t rest,
                            const char *rest_unit)
{
    size_t length = (size_t)snprintf(text, PHRASE_MAX, "%" PRIu64 " %s", whole, unit);
    if (rest)
        snprintf(text + length, PHRASE_MAX - length, " %" PRIu64 " %s", rest, rest_unit);
    return text;
}

const char *phrase_duration(uint64_t duration_us, char text[PHRASE_MAX])
{
    double ms = (double)duration_us / (double)US_PER_MS;
    uint64_t minutes = (duration_us + US_PER_MINUTE / 2) / US_PER_MINUTE;
    if (duration_us == 0)
        snprintf(text, PHRASE_MAX, "0 s");
    else if (ms < 999.5)
        snprintf(text, PHRASE_MAX, "%.*f ms", digits_of(ms), ms);
    else if (ms < 59500)
        snprintf(text, PHRASE_MAX, "%.*f s", digits_of(ms / 1e3), ms / 1e3);
    else if (minutes < 60)
        snprintf(text, PHRASE_MAX, "%" PRIu64 " min", minutes);
    else if (minutes < UINT64_C(24) * 60)
        return add_rest(text, minutes / 60, "h", minutes % 60, "min");
    else
        return add_rest(text, (minutes + 30) / 1440, (minutes + 30) / 1440 == 1 ? "day" : "days",
                        (minutes + 30) % 1440 / 60, "h");
    return text;
}

const char *phrase_range(uint64_t from_us, uint64_t to_us, struct look look, char text[PHRASE_MAX])
{
    char from[PHRASE_MAX], to[PHRASE_MAX];
    phrase_duration(from_us, from);
    phrase_duration(to_us, to);
    size_t number = strcspn(from, " ");
    if (strcmp(from, to) == 0)
        snprintf(text, PHRASE_MAX, "%s", to);
    else if (strcmp(from + number, to + strcspn(to, " ")) == 0 || from_us == 0)
        snprintf(text, PHRASE_MAX, "%.*s%s%.40s", (int)number, from, look_signs(look)->to, to);
    else
        snprintf(text, PHRASE_MAX, "%.20s%s%.20s", from, look_signs(look)->to, to);
    return text;
}

const char *phrase_share(double share, struct look look, char text[PHRASE_MAX])
{
    double percent = share * 100;
    double scale = percent >= 99.9 ? 100 : 10;
    if (share < 0)
        snprintf(text, PHRASE_MAX, "%s", look_signs(look)->unknown);
    else if (share >= 1 || share <= 0)
        snprintf(text, PHRASE_MAX, "%d%%", share > 0 ? 100 : 0);
    else
        snprintf(text, PHRASE_MAX, "%.*f%%", scale > 10 ? 2 : 1,
                 fmax(floor(percent * scale + 1e-9) / scale, 0.1));
    return text;
}

const char *phrase_count(uint64_t n, const char *thing, char text[PHRASE_MAX])
{
    char grouped[NUMBER_TEXT_MAX];
    snprintf(text, PHRASE_MAX, "%s %.30s%s", number_group(n, grouped), thing, n == 1 ? "" : "s");
    return text;
}

const char *phrase_usd(double usd, struct look look, char text[PHRASE_MAX])
{
    char cost[COST_TEXT_MAX];
    snprintf(text, PHRASE_MAX, "%s", usd < 0 ? look_signs(look)->unknown : cost_format(usd, cost));
    return text;
}

/* Formats are this room's own; the compiler accepts only literals, because others might be anybody's. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
const char *phrase_time(uint64_t at_us, const char *format, char text[PHRASE_MAX])
{
    time_t seconds = (time_t)(at_us / US_PER_S);
    struct tm local;
    if (!localtime_r(&seconds, &local) || strftime(text, PHRASE_MAX, format, &local) == 0)
        snprintf(text, PHRASE_MAX, "?");
    return text;
}
#pragma GCC diagnostic pop

void add_period(struct text *line, uint64_t since_us, uint64_t until_us)
{
    char since[PHRASE_MAX], until[PHRASE_MAX], zone[PHRASE_MAX], other_zone[PHRASE_MAX];
    bool same = strcmp(phrase_time(since_us, "%Z", zone), phrase_time(until_us, "%Z", other_zone)) == 0;
    phrase_time(since_us, same ? "%Y-%m-%d %H:%M" : "%Y-%m-%d %H:%M %Z", since);
    phrase_time(until_us, "%Y-%m-%d %H:%M %Z", until);
    text_format(line, "%s to %s", keep_together(since), keep_together(until));
}
