#include "report/sentence.h"

#include "base/clock.h"
#include "report/phrase.h"

/* "Tue 03:10", with the day's date where there are several Tuesdays. */
static void when_in(const struct report *report, uint64_t at_us, char text[PHRASE_MAX])
{
    bool week = report->until_us - report->since_us <= 7 * US_PER_DAY;
    phrase_time(at_us, week ? "%a %H:%M" : "%a %b %-d %H:%M", text);
}

/* "2 gaps, longest 6 min on Tue 03:10 (deploy)" */
static void add_gaps(struct text *line, const struct report *report, const struct timeline *timeline,
                     struct look look)
{
    char text[PHRASE_MAX];
    const struct gap *longest = &timeline->longest;
    text_format(line, "%s%s ", phrase_count(timeline->n_gaps, "gap", text),
                timeline->n_gaps == 1 ? " of" : ", longest");
    phrase_duration(longest->to_us - longest->from_us, text);
    text_add(line, keep_together(text));
    when_in(report, longest->from_us, text);
    text_format(line, " on %s", keep_together(text));
    if (longest->cause[0]) {
        text_add(line, " (");
        add_cut(line, look, longest->cause, GAP_CAUSE_MAX);
        text_add(line, ")");
    }
}

/* Why no time is known in which they should have been warm. */
static void add_not_warmed(struct text *line, const struct sums *sums, bool several)
{
    const char *were = several ? "were" : "was";
    if (sums->elsewhere_us > sums->resting_us)
        text_format(line, " %s warmed by another host", were);
    else if (sums->resting_us > 0)
        text_format(line, " %s resting", were);
    else
        text_format(line, ": it is not known yet how warm %s", several ? "they are" : "it is");
}

static void add_single(struct text *line, const struct report *report, const struct sums *sums,
                       struct look look)
{
    char text[PHRASE_MAX];
    const struct report_endpoint *endpoint = report->endpoints[0];
    text_add(line, endpoint->name);
    if (sums->warm_share < 0) {
        add_not_warmed(line, sums, false);
        return;
    }
    text_format(line, " was %s warm", phrase_share(sums->warm_share, look, text));
    text_add(line, sums->n_gaps ? "; " : ", without a gap");
    if (sums->n_gaps)
        add_gaps(line, report, &endpoint->timeline, look);
}

static void add_fleet(struct text *line, const struct report *report, const struct sums *sums,
                      struct look look)
{
    char text[PHRASE_MAX];
    const struct report_endpoint *worst = sums->worst;
    text_add(line, phrase_count(report->n_endpoints, "endpoint", text));
    if (sums->warm_share < 0) {
        add_not_warmed(line, sums, true);
        return;
    }
    text_format(line, " were %s warm", phrase_share(sums->warm_share, look, text));
    if (!worst->timeline.n_gaps) {
        text_add(line, ", without a gap");
        return;
    }
    text_format(line, "; %s was worst with ", worst->name);
    text_format(line, "%s: ", phrase_share(endpoint_warm_share(worst), look, text));
    add_gaps(line, report, &worst->timeline, look);
}

void add_sentence(struct text *line, const struct report *report, const struct sums *sums, struct look look)
{
    if (sums_are_empty(sums)) {
        text_add(line, "The journal has no round of lambda-warmd from ");
        add_period(line, report->since_us, report->until_us);
    } else if (report->n_endpoints == 1) {
        add_single(line, report, sums, look);
    } else {
        add_fleet(line, report, sums, look);
    }
}

void add_short_sentence(struct text *line, const struct report *report, const struct sums *sums,
                        struct look look)
{
    char text[PHRASE_MAX];
    bool single = report->n_endpoints == 1;
    uint32_t p99_us = report_p99_us(report);
    if (sums->rounds == 0) {
        text_format(line, "%s%sno rounds", single ? report->endpoints[0]->name : "", single ? ": " : "");
        return;
    }
    if (single)
        text_format(line, "%s ", report->endpoints[0]->name);
    text_format(line, "%s warm", phrase_share(sums->warm_share, look, text));
    if (!single)
        text_format(line, ", %s", phrase_count(report->n_endpoints, "endpoint", text));
    text_format(line, ", %s", phrase_count(sums->n_gaps, "gap", text));
    if (sums->cold_known)
        text_format(line, ", %s cold", number_group(sums->cold, (char[NUMBER_TEXT_MAX]){0}));
    if (p99_us)
        text_format(line, ", p99 %s", phrase_duration(p99_us, text));
    if (sums->usd >= 0)
        text_format(line, ", %s", phrase_usd(sums->usd, look, text));
    if (sums->usd >= 0 && sums->month_usd >= 0)
        text_format(line, " (%s a month)", phrase_usd(sums->month_usd, look, text));
}
