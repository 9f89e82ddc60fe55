#include "report/figures.h"

#include "base/terminal.h"

#include <inttypes.h>
#include <string.h>

const char *figure_head(enum figure figure, struct look look)
{
    static const char *const heads[FIGURES] = {"INSTANCES", "COLD",          "P50–P99",
                                               "SKEW",      "SPENT → MONTH", "PROVISIONED"};
    static const char *const ascii_heads[FIGURES] = {
        [FIGURE_LATENCY] = "P50-P99", [FIGURE_COST] = "SPENT -> MONTH"};
    return !look.unicode && ascii_heads[figure] ? ascii_heads[figure] : heads[figure];
}

/* "20", "19.8": rounded down, so that only all of them are all. */
static const char *mean(uint64_t sum, uint64_t n, char text[PHRASE_MAX])
{
    if (n == 0 || sum % n == 0)
        snprintf(text, PHRASE_MAX, "%" PRIu64, n ? sum / n : 0);
    else
        snprintf(text, PHRASE_MAX, "%" PRIu64 ".%" PRIu64, sum / n, sum % n * 10 / n);
    return text;
}

struct figures figures_of(const struct report_endpoint *endpoint, struct look look)
{
    const char *unknown = look_signs(look)->unknown;
    uint64_t rounds = endpoint_rounds(endpoint);
    struct figures figures;
    for (int i = 0; i < FIGURES; i++)
        snprintf(figures.texts[i], PHRASE_MAX, "%s", unknown);
    figures.wanted[0] = '\0';
    if (rounds) {
        mean(endpoint->warm, rounds, figures.texts[FIGURE_INSTANCES]);
        mean(endpoint->wanted, rounds, figures.wanted);
    }
    if (endpoint->cold_known)
        number_group(endpoint->cold, figures.texts[FIGURE_COLD]);
    if (endpoint->p50_us.n && endpoint->p99_us.n)
        phrase_range(values_percentile(&endpoint->p50_us, 50), values_percentile(&endpoint->p99_us, 99), look,
                     figures.texts[FIGURE_LATENCY]);
    if (endpoint->skew_us.n)
        phrase_duration(values_percentile(&endpoint->skew_us, 99), figures.texts[FIGURE_SKEW]);
    phrase_usd(endpoint_usd(endpoint), look, figures.texts[FIGURE_COST]);
    phrase_usd(endpoint_month_usd(endpoint), look, figures.month);
    phrase_usd(endpoint_provisioned_month_usd(endpoint), look, figures.texts[FIGURE_PROVISIONED]);
    return figures;
}

struct figures figures_of_sums(const struct sums *sums, struct look look)
{
    struct figures figures = {0};
    if (sums->cold_known)
        number_group(sums->cold, figures.texts[FIGURE_COLD]);
    phrase_usd(sums->usd, look, figures.texts[FIGURE_COST]);
    phrase_usd(sums->month_usd, look, figures.month);
    phrase_usd(sums->provisioned_month_usd, look, figures.texts[FIGURE_PROVISIONED]);
    return figures;
}

/* Adds SEPARATOR and LAST to TEXT, with blanks before LAST, or after it, up to WIDTH columns. */
static void join(char text[PHRASE_MAX], const char *separator, const char *last, size_t width, bool after)
{
    size_t length = strlen(text), used = text_columns(last);
    int blanks = width > used ? (int)(width - used) : 0;
    snprintf(text + length, PHRASE_MAX - length, "%s%*s%s%*s", separator, after ? 0 : blanks, "", last,
             after ? blanks : 0, "");
}

void figures_align(struct figures *figures, size_t n, struct look look)
{
    const char *unknown = look_signs(look)->unknown;
    size_t wanted = 0, month = 0;
    char arrow[16];
    snprintf(arrow, sizeof arrow, " %s ", look_signs(look)->becomes);
    for (size_t i = 0; i < n; i++) {
        size_t columns = text_columns(figures[i].wanted);
        wanted = columns > wanted ? columns : wanted;
        columns = text_columns(figures[i].month);
        month = columns > month ? columns : month;
    }
    for (size_t i = 0; i < n; i++) {
        bool known = figures[i].wanted[0] != '\0';
        join(figures[i].texts[FIGURE_INSTANCES], known ? "/" : " ", figures[i].wanted, wanted, true);
        if (strcmp(figures[i].texts[FIGURE_COST], unknown) != 0)
            join(figures[i].texts[FIGURE_COST], arrow, figures[i].month, month, false);
    }
}
