#include "report/details.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/terminal.h"
#include "report/phrase.h"

#include <inttypes.h>
#include <string.h>

enum {
    GAP = 2,
    INDENT = 4, /* of what has a line of its own */
    CAUSE_LEAST = 16,
    MESSAGE_LEAST = 24,
    NAME_PART = 5, /* of the columns are for a name, at most */
    WORST_SHOWN = 10,
    EXTENT_MAX = 128, /* bytes of what is said about all rounds */
    EVENTS_SHOWN = 12,
    EVENTS_OF_A_KIND = 4, /* of those shown: many of one kind must not hide the others */
};

/* "Tue 03:10:05", "Nov 17 03:10:05", or the whole date, whichever tells days of the period apart. */
static const char *when_in(const struct report *report, uint64_t at_us, bool seconds, char text[PHRASE_MAX])
{
    static const char *const formats[][2] = {{"%a %H:%M", "%a %H:%M:%S"},
                                             {"%b %e %H:%M", "%b %e %H:%M:%S"},
                                             {"%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"}};
    uint64_t length_us = report->until_us - report->since_us;
    size_t kind = length_us <= 7 * US_PER_DAY ? 0 : length_us <= 300 * US_PER_DAY ? 1 : 2;
    return phrase_time(at_us, formats[kind][seconds], text);
}

static void print_line(FILE *out, struct text *line)
{
    if (!line->failed && line->data)
        fprintf(out, "%s\n", line->data);
}

/* The command that shows it; a summary, and a round of unknown id, by its endpoint and second. */
static void add_command(struct text *line, const struct report *report, const struct worst *worst,
                        struct look look)
{
    const char *options = look.journal_options ? look.journal_options : "";
    uint64_t at_s = worst->at_us / US_PER_S;
    text_format(line, "journalctl %s%s", options, *options ? " " : "");
    if (worst->round[0])
        text_format(line, "WARM_ROUND=%s", worst->round);
    else
        text_format(line, "WARM_EVENT=%s WARM_ENDPOINT=%s --since @%" PRIu64 " --until @%" PRIu64,
                    worst->n > 1 ? "summary" : "round", report->endpoints[worst->endpoint]->name, at_s,
                    at_s + 1);
}

/* "20 refused, 3 cold, p99 1.2 s, on web-1" */
static void add_cause(struct text *line, const struct report *report, const struct worst *worst)
{
    char text[PHRASE_MAX];
    const char *separator = "";
    if (worst->n > 1) {
        text_format(line, "%s like it", phrase_count(worst->n, "round", text));
        separator = ", ";
    }
    if (worst->errors[0]) {
        text_format(line, "%s%s", separator, worst->errors);
        separator = ", ";
    }
    if (worst->cold_known && worst->cold) {
        text_format(line, "%s%" PRIu32 " cold", separator, worst->cold);
        separator = ", ";
    }
    if (worst->p99_us) {
        text_format(line, "%sp99 %s", separator, phrase_duration(worst->p99_us, text));
        separator = ", ";
    }
    if (report->several_hosts && worst->host[0])
        text_format(line, "%son %s", separator, worst->host);
}

static void add_warm(struct text *line, const struct worst *worst, size_t width)
{
    char warm[PHRASE_MAX];
    snprintf(warm, sizeof warm, "%" PRIu32 "/%" PRIu32, worst->warm, worst->target);
    add_padded(line, warm, width, false);
}

struct widths {
    size_t name, warm, command, cause;
};

static struct widths measure(const struct report *report, size_t n, struct look look)
{
    struct widths widths = {0};
    for (size_t i = 0; i < n; i++) {
        const struct worst *worst = &report->worst.data[i];
        CLEANUP_TEXT struct text warm = {0}, command = {0}, cause = {0};
        add_warm(&warm, worst, 0);
        add_command(&command, report, worst, look);
        add_cause(&cause, report, worst);
        size_t columns[] = {strlen(report->endpoints[worst->endpoint]->name), warm.length, command.length,
                            cause.data ? text_columns(cause.data) : 0};
        size_t *const most[] = {&widths.name, &widths.warm, &widths.command, &widths.cause};
        for (size_t k = 0; k < COUNT_OF(most); k++)
            *most[k] = columns[k] > *most[k] ? columns[k] : *most[k];
    }
    if (widths.name > look.columns / NAME_PART)
        widths.name = look.columns / NAME_PART;
    return widths;
}

static void print_worst(FILE *out, const struct report *report, const struct worst *worst,
                        const struct widths *widths, struct look look, bool in_one)
{
    char when[PHRASE_MAX];
    CLEANUP_TEXT struct text line = {0}, cause = {0};
    when_in(report, worst->at_us, true, when);
    size_t before = strlen(when) + GAP + widths->name + GAP + widths->warm + GAP;
    text_format(&line, "%s%*s", when, GAP, "");
    add_name(&line, look, report->endpoints[worst->endpoint]->name, widths->name);
    add_hue(&line, look, worst->result == ROUND_MET ? HUE_PLAIN : HUE_BAD);
    add_warm(&line, worst, GAP + widths->warm);
    add_hue(&line, look, HUE_PLAIN);
    add_cause(&cause, report, worst);
    if (before + CAUSE_LEAST > look.columns) /* too narrow: it gets a line of its own */
        text_format(&line, "\n%*s", (int)(before = INDENT), "");
    else
        add_blanks(&line, GAP);
    size_t room = in_one ? widths->cause : look.columns - before;
    size_t used = add_cut(&line, look, cause.data ? cause.data : "", room);
    if (in_one)
        add_blanks(&line, room - used + GAP);
    else
        text_format(&line, "\n%*s", INDENT, "");
    add_hue(&line, look, HUE_FAINT);
    add_command(&line, report, worst, look);
    add_hue(&line, look, HUE_PLAIN);
    print_line(out, &line);
}

/* "WORST ROUNDS  10 of 43" */
static void print_head(FILE *out, const char *head, const char *rest, struct look look)
{
    CLEANUP_TEXT struct text line = {0}, below = {0};
    add_hue(&line, look, HUE_STRONG);
    text_add(&line, head);
    add_hue(&line, look, HUE_PLAIN);
    bool fits = strlen(head) + GAP + strlen(rest) <= look.columns;
    text_format(fits ? &line : &below, "%s%s", fits && *rest ? "  " : "", rest);
    print_line(out, &line);
    wrapped_print(out, &below, look);
}

/* "3 failed and 41 short of 8,640": what the rounds below are the worst of. */
static void describe_all(const struct sums *sums, char text[EXTENT_MAX])
{
    char failed[NUMBER_TEXT_MAX], below[NUMBER_TEXT_MAX], all[NUMBER_TEXT_MAX];
    snprintf(text, EXTENT_MAX, "%s failed, %s short, of %s", number_group(sums->failed, failed),
             number_group(sums->short_of_target, below), number_group(sums->rounds, all));
}

void worst_print(FILE *out, const struct report *report, const struct sums *sums, struct look look)
{
    size_t n = 0;
    char rest[EXTENT_MAX], when[PHRASE_MAX];
    while (n < report->worst.n && n < WORST_SHOWN &&
           (report->worst.data[n].result != ROUND_MET || report->worst.data[n].cold))
        n++; /* those after them were only slower than others */
    if (n == 0) {
        fputs("Every round met its target, without a cold start.\n", out);
        return;
    }
    struct widths widths = measure(report, n, look);
    size_t fixed =
        strlen(when_in(report, report->since_us, true, when)) + widths.name + widths.warm + 4 * (size_t)GAP;
    bool in_one = fixed + widths.cause + widths.command <= look.columns;
    describe_all(sums, rest);
    print_head(out, "WORST ROUNDS", rest, look);
    for (size_t i = 0; i < n; i++)
        print_worst(out, report, &report->worst.data[i], &widths, look, in_one);
}

/* Chooses which to show, the last ones; returns how many, with their places in order. */
static size_t choose(const struct report *report, size_t places[EVENTS_SHOWN])
{
    size_t n = 0, n_kinds[ENTRY_KINDS] = {0};
    for (size_t i = report->events.n; i > 0 && n < EVENTS_SHOWN; i--)
        if (n_kinds[report->events.data[i - 1].kind]++ < EVENTS_OF_A_KIND)
            places[n++] = i - 1;
    for (size_t i = 0; i < n / 2; i++) {
        size_t place = places[i];
        places[i] = places[n - 1 - i];
        places[n - 1 - i] = place;
    }
    return n;
}

/* The daemon's messages begin with the endpoint's name; those of others may not. */
static void add_message(struct text *line, const struct report *report, const struct happening *event)
{
    const char *name = event->endpoint >= 0 ? report->endpoints[event->endpoint]->name : NULL;
    const char *message = event->message ? event->message : "";
    if (report->several_hosts && event->host && *event->host)
        text_format(line, "%s: ", event->host);
    size_t length = name ? strlen(name) : 0;
    if (name && (strncmp(message, name, length) != 0 || message[length] != ':'))
        text_format(line, "%s: ", name);
    text_add(line, message);
}

static void print_event(FILE *out, const struct report *report, const struct happening *event, size_t width,
                        struct look look)
{
    char when[PHRASE_MAX];
    CLEANUP_TEXT struct text line = {0}, message = {0};
    when_in(report, event->at_us, false, when);
    text_format(&line, "%s%*s", when, GAP, "");
    size_t before = strlen(when) + GAP;
    if (before + width + GAP + MESSAGE_LEAST <= look.columns) { /* else the message alone has to do */
        add_hue(&line, look, HUE_GOOD);
        add_padded(&line, entry_kind_flag(event->kind), width + GAP, true);
        add_hue(&line, look, HUE_PLAIN);
        before += width + GAP;
    }
    add_message(&message, report, event);
    add_cut(&line, look, message.data ? message.data : "", look.columns - before);
    print_line(out, &line);
}

/* "In all: 4 deploy, 2 throttled, 26 learned" */
static void print_counts(FILE *out, const struct report *report, struct look look)
{
    CLEANUP_TEXT struct text text = {0};
    char number[NUMBER_TEXT_MAX], item[PHRASE_MAX];
    const char *separator = "In all: ";
    for (enum entry_kind kind = 0; kind < ENTRY_KINDS; kind++)
        if (entry_kind_flag(kind) && report->n_kinds[kind]) {
            snprintf(item, sizeof item, "%s %s", number_group(report->n_kinds[kind], number),
                     entry_kind_flag(kind));
            text_format(&text, "%s%s", separator, keep_together(item));
            separator = ", ";
        }
    wrapped_print(out, &text, look);
}

void events_print(FILE *out, const struct report *report, struct look look)
{
    size_t places[EVENTS_SHOWN], width = 0, n = choose(report, places);
    uint64_t sum = 0;
    char rest[PHRASE_MAX] = "", number[NUMBER_TEXT_MAX];
    for (enum entry_kind kind = 0; kind < ENTRY_KINDS; kind++)
        sum += entry_kind_flag(kind) ? report->n_kinds[kind] : 0;
    if (n == 0)
        return;
    for (size_t i = 0; i < n; i++) {
        size_t length = strlen(entry_kind_flag(report->events.data[places[i]].kind));
        width = length > width ? length : width;
    }
    if (n < sum)
        snprintf(rest, sizeof rest, "the last %zu of %s, at most %d of a kind", n, number_group(sum, number),
                 EVENTS_OF_A_KIND);
    print_head(out, "EVENTS", rest, look);
    for (size_t i = 0; i < n; i++)
        print_event(out, report, &report->events.data[places[i]], width, look);
    print_counts(out, report, look);
}
