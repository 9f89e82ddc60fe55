#include "report.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <string.h>

static void add_value(struct text *text, const struct figure *figure, double value)
{
    char shown[FIGURE_TEXT_MAX];
    text_add(text, figure_show(figure, value, shown));
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void add_figure(struct text *text, const struct figure *figure, int seeds)
{
    double values[SEEDS_MOST] = {0}, all = figure_over_all(figure, seeds);
    for (int seed = 0; seed < seeds; seed++)
        values[seed] = figure_of_seed(figure, seed);
    qsort(values, (size_t)seeds, sizeof *values, compare);
    text_format(text, "| %s | ≤ ", figure->what);
    add_value(text, figure, figure->must);
    text_add(text, " | ≤ ");
    add_value(text, figure, figure->aim);
    text_add(text, " | **");
    add_value(text, figure, all);
    text_format(text, "**%s | ",
                all <= figure->aim    ? ""
                : all <= figure->must ? " (not the aim)"
                                      : " (missed)");
    add_value(text, figure, values[0]);
    text_add(text, " / ");
    add_value(text, figure, values[seeds / 2]);
    text_add(text, " / ");
    add_value(text, figure, values[seeds - 1]);
    text_add(text, " |\n");
}

static void add_asides(struct text *text, const struct asides *asides)
{
    text_format(
        text,
        "\nBeside these: real requests that meet a cold instance are %.3f%% with the same daemon at a fixed "
        "5 "
        "min, and %.3f%% with the oracle in volleys. Of the requests of bursts alone they are %.2f%% (fixed: "
        "%.2f%%). The learned interval is %.2f min on average, in the end. Of each month's budget, at least "
        "%.1f%% "
        "was used before it stopped. Counted from the throttle's begin, with the round that runs into it, "
        "the "
        "requests are %.2f × those of doing nothing.\n",
        100 * asides->fixed_cold, 100 * asides->oracle_cold, 100 * asides->burst_cold,
        100 * asides->fixed_burst_cold, asides->interval_min, 100 * asides->budget_used,
        asides->throttle_with_first);
}

static void add_variant(struct text *text, const struct variant *variant)
{
    char oracle[16] = "–";
    if (variant->beside_volleys > 0)
        snprintf(oracle, sizeof oracle, "%.2f", variant->beside_volleys);
    text_format(text, "| %s | %u | %.1f | %.2f | %s | %.3f / %.3f | %.2f / %.2f | %.0f |\n", variant->what,
                variant->warm, variant->interval_min, variant->beside_fixed, oracle, 100 * variant->cold,
                100 * variant->fixed_cold, 100 * variant->burst_cold, 100 * variant->fixed_burst_cold,
                variant->hold_ms);
}

/* New, NULL: no memory. */
static char *tables(const struct figures *figures, const struct variants *variants)
{
    struct text text = {0};
    text_format(&text,
                "\n| 30 days, seeds 1 to %d | must | aim | measured, over all seeds | least / median / most "
                "of a seed |\n"
                "| --- | --- | --- | --- | --- |\n",
                figures->seeds);
    for (size_t i = 0; i < FIGURES; i++)
        add_figure(&text, &figures->figures[i], figures->seeds);
    add_asides(&text, &figures->asides);
    text_format(
        &text,
        "\n| world | `warm` | mean interval, min | pings ÷ fixed 5 min's | ÷ oracle's in volleys | cold, %%: "
        "learned / fixed | cold in bursts, %% | hold, ms |\n| --- | --- | --- | --- | --- | --- | --- | --- "
        "|\n");
    for (size_t i = 0; i < variants->n; i++)
        add_variant(&text, &variants->items[i]);
    text_add(&text, "\n");
    return text_take(&text);
}

static char *read_all(const char *path)
{
    CLEANUP_FCLOSE FILE *file = fopen(path, "re");
    struct text text = {0};
    char bytes[4096];
    if (!file)
        return NULL;
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, file)) > 0;)
        text_add_bytes(&text, bytes, n);
    return text_take(&text);
}

bool report_write(const struct figures *figures, const struct variants *variants, const char *folder)
{
    static const char begin[] = "<!-- figures -->\n", end[] = "<!-- end -->";
    CLEANUP_FREE char *path = NULL, *before = NULL, *fresh = tables(figures, variants);
    if (!fresh || asprintf(&path, "%s/learning.md", folder) < 0)
        return false;
    before = read_all(path);
    const char *from = before ? strstr(before, begin) : NULL, *to = from ? strstr(from, end) : NULL;
    if (!to) {
        fprintf(stderr, "%s: not there, or without its marks\n", path);
        return false;
    }
    CLEANUP_FCLOSE FILE *file = fopen(path, "we");
    if (!file) {
        perror(path);
        return false;
    }
    fprintf(file, "%.*s%s%s", (int)(from - before + (long)strlen(begin)), before, fresh, to);
    return true;
}
