#include "report/terminal.h"

#include "report/details.h"
#include "report/hours.h"
#include "report/phrase.h"
#include "report/rows.h"
#include "report/sentence.h"

#include <inttypes.h>

static void print_sentence(FILE *out, const struct report *report, const struct sums *sums, struct look look)
{
    CLEANUP_TEXT struct text sentence = {0}, begin = {0}, end = {0};
    add_sentence(&sentence, report, sums, look);
    add_hue(&begin, look, HUE_STRONG);
    add_hue(&end, look, HUE_PLAIN);
    fputs(begin.data ? begin.data : "", out);
    wrapped_print(out, &sentence, look);
    fputs(end.data ? end.data : "", out);
}

/* What was read: the period, the hosts, and how much of the journal. */
static void print_extent(FILE *out, const struct report *report, const struct sums *sums, struct look look)
{
    CLEANUP_TEXT struct text text = {0};
    char count[PHRASE_MAX];
    add_period(&text, report->since_us, report->until_us);
    if (report->several_hosts)
        text_add(&text, ", several hosts");
    else if (report->first_host[0])
        text_format(&text, ", host %s", report->first_host);
    text_format(&text, ", %s", phrase_count(sums->rounds, "round", count));
    wrapped_print(out, &text, look);
}

static void print_unusable(FILE *out, const struct report *report, struct look look)
{
    CLEANUP_TEXT struct text text = {0};
    char number[NUMBER_TEXT_MAX];
    text_format(&text, "%s %s too little to be counted", number_group(report->n_unusable, number),
                report->n_unusable == 1 ? "entry says" : "entries say");
    if (report->n_unusable)
        wrapped_print(out, &text, look);
}

static void print_remedy(FILE *out, struct look look)
{
    CLEANUP_TEXT struct text text = {0};
    if (look.journal_options && look.journal_options[0])
        text_format(&text, "`journalctl %s WARM_EVENT=round` shows which rounds there are",
                    look.journal_options);
    else
        text_add(&text,
                 "See with `systemctl status lambda-warmd` whether the daemon runs; if you are neither "
                 "root nor in the group systemd-journal or adm, its journal may be hidden from you");
    text_add(&text, "; --since and --until choose another period.");
    wrapped_print(out, &text, look);
}

void report_print(const struct report *report, FILE *out, struct look look)
{
    struct sums sums = sums_of(report);
    print_sentence(out, report, &sums, look);
    if (sums_are_empty(&sums))
        print_remedy(out, look);
    else
        print_extent(out, report, &sums, look);
    print_unusable(out, report, look);
    if (report->n_endpoints > 0) {
        fputc('\n', out);
        rows_print(out, report, &sums, look);
    }
    if (sums.rounds > 0) {
        fputc('\n', out);
        hours_print(out, report, look);
        fputc('\n', out);
        worst_print(out, report, &sums, look);
    }
    if (report->events.n > 0) {
        fputc('\n', out);
        events_print(out, report, look);
    }
}

void report_print_oneline(const struct report *report, FILE *out, struct look look)
{
    CLEANUP_TEXT struct text line = {0};
    struct sums sums = sums_of(report);
    add_short_sentence(&line, report, &sums, look);
    if (!line.failed)
        fprintf(out, "%s\n", line.data);
}
