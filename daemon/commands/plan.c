#include "base/clock.h"
#include "base/duration.h"
#include "base/table.h"
#include "base/terminal.h"
#include "base/text.h"
#include "commands/commands.h"
#include "commands/load.h"
#include "decide/schedule.h"
#include "telemetry/views_json.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { PROSE_COLUMNS = 100 /* longer lines are hard to read */ };

/* Adds the next rounds from the first one on, without their jitter. */
static void look_ahead(struct forecast *forecast, struct schedule next, uint64_t now_us)
{
    const struct endpoint *endpoint = forecast->endpoint;
    while (forecast->n_next < FORECAST_ROUNDS) {
        next = schedule_in_windows(endpoint, next, now_us, now_us);
        if (next.due_us == UINT64_MAX)
            return;
        now_us = next.due_us;
        forecast->next_us[forecast->n_next++] = now_us;
        next = schedule_next(endpoint->interval_us, 0, &next, now_us, 0);
    }
}

/* Forecasts what a daemon would do if it started now. Returns how many endpoints have a future. */
static size_t forecast(const struct plan *plan, struct forecast *forecasts)
{
    size_t n = plan_enabled(plan), filled = 0;
    uint64_t now_us = clock_real_us();
    for (size_t i = 0; i < plan->n_endpoints; i++) {
        const struct endpoint *endpoint = &plan->endpoints[i];
        struct forecast *one = &forecasts[filled];
        if (!endpoint->enabled)
            continue;
        struct prices prices = prices_of_endpoint(endpoint, &plan->daemon.prices);
        one->endpoint = endpoint;
        one->month = cost_estimate_month(endpoint, &prices, endpoint->interval_us, now_us);
        advice(endpoint, &prices, &one->month, endpoint->interval_us, now_us, one->advice);
        look_ahead(one, schedule_first(now_us, plan->daemon.stagger_us, filled, n), now_us);
        filled++;
    }
    return filled;
}

/* " 14:32:05", with the day of the week if that isn't today's. */
static void add_time(struct text *text, uint64_t real_us)
{
    time_t seconds = (time_t)(real_us / US_PER_S), now = (time_t)(clock_real_us() / US_PER_S);
    struct tm local, today;
    char shown[40];
    if (!localtime_r(&seconds, &local) || !localtime_r(&now, &today))
        return;
    bool is_today = local.tm_yday == today.tm_yday && local.tm_year == today.tm_year;
    if (strftime(shown, sizeof shown, is_today ? " %H:%M:%S" : " %a %H:%M:%S", &local))
        text_add(text, shown);
}

/* The first N of the next rounds. */
static void add_rounds(struct table *table, const struct forecast *forecast, size_t n)
{
    CLEANUP_TEXT struct text text = {0};
    for (size_t i = 0; i < forecast->n_next && i < n; i++)
        add_time(&text, forecast->next_us[i]);
    table_cell(table, "%s", text.length > 0 ? text.data + 1 : "none");
}

/* "20", or "0-100" if windows want other numbers. */
static void add_warm(struct table *table, const struct endpoint *endpoint)
{
    uint32_t least = endpoint->warm, most = endpoint_most_warm(endpoint);
    for (size_t i = 0; i < endpoint->n_windows; i++)
        least = endpoint->windows[i].warm < least ? endpoint->windows[i].warm : least;
    if (least == most)
        table_cell(table, "%" PRIu32, most);
    else
        table_cell(table, "%" PRIu32 "-%" PRIu32, least, most);
}

static void add_figures(struct table *table, const struct cost_month *month)
{
    char requests[NUMBER_TEXT_MAX], usd[COST_TEXT_MAX], provisioned[COST_TEXT_MAX];
    table_cell(table, "%s", number_group((uint64_t)llround(month->requests), requests));
    table_cell(table, "%s", month->known ? cost_format(month->usd, usd) : "?");
    table_cell(table, "%s", month->known ? cost_format(month->provisioned_usd, provisioned) : "?");
}

static void add_row(struct table *table, const struct forecast *forecast, size_t n_rounds)
{
    char interval[DURATION_TEXT_MAX];
    const struct endpoint *endpoint = forecast->endpoint;
    table_cell(table, "%s", endpoint->name);
    add_warm(table, endpoint);
    table_cell(table, "%s%s", endpoint->interval_auto ? "auto " : "",
               duration_format(endpoint->interval_us, interval));
    add_figures(table, &forecast->month);
    add_rounds(table, forecast, n_rounds);
}

static void add_total(struct table *table, const struct forecast *forecasts, size_t n)
{
    struct cost_month total = {.known = true};
    for (size_t i = 0; i < n; i++) {
        total.requests += forecasts[i].month.requests;
        total.usd += forecasts[i].month.usd;
        total.provisioned_usd += forecasts[i].month.provisioned_usd;
        total.known &= forecasts[i].month.known;
    }
    table_cell(table, "total");
    table_cell(table, "%s", "");
    table_cell(table, "%s", "");
    add_figures(table, &total);
    table_cell(table, "%s", "");
}

/* Prints the table with as many of the next rounds as there is room for. */
static void print_table(const struct forecast *forecasts, size_t n, size_t width)
{
    static const struct table_column columns[] = {
        {"endpoint", true},    {"warm", false},        {"interval", false},  {"requests/month", false},
        {"cost/month", false}, {"provisioned", false}, {"next rounds", true}};
    for (size_t n_rounds = FORECAST_ROUNDS; n_rounds > 0; n_rounds--) {
        CLEANUP_TABLE struct table table = {.columns = columns, .n_columns = COUNT_OF(columns)};
        for (size_t i = 0; i < n; i++)
            add_row(&table, &forecasts[i], n_rounds);
        add_total(&table, forecasts, n);
        if (table.failed)
            return;
        if (n_rounds > 1 && table_columns(&table) > width)
            continue;
        table_print(&table, stdout, width);
        return;
    }
}

/* One sentence for one endpoint. */
struct saying {
    const char *text; /* NULL: printed already */
    size_t endpoint;
    size_t order; /* in which it was said; in a group, that of its first */
};

/* Cuts the advice into its sentences. Returns how many there are, in RET_SAYINGS, which the caller frees. */
static size_t collect_sayings(struct forecast *forecasts, size_t n, struct saying **ret_sayings)
{
    size_t most = 0, filled = 0;
    for (size_t i = 0; i < n; i++)
        for (const char *at = forecasts[i].advice; at && *at; at = strstr(at + 1, ". "))
            most++;
    struct saying *sayings = *ret_sayings = calloc(most + 1, sizeof *sayings);
    for (size_t i = 0; sayings && i < n; i++)
        for (char *at = forecasts[i].advice, *next; at && *at; at = next) {
            next = strstr(at, ". ");
            if (next) {
                next[1] = '\0';
                next += 2;
            }
            sayings[filled] = (struct saying){at, i, filled};
            filled++;
        }
    return filled;
}

static int by_text(const void *a, const void *b)
{
    const struct saying *first = a, *second = b;
    int result = strcmp(first->text, second->text);
    return result ? result : (first->order > second->order) - (first->order < second->order);
}

static int by_group(const void *a, const void *b)
{
    const struct saying *first = a, *second = b;
    if (first->order != second->order)
        return first->order < second->order ? -1 : 1;
    return (first->endpoint > second->endpoint) - (first->endpoint < second->endpoint);
}

/* Sorts them so that equal sentences follow each other, in the order in which each was first said. */
static void group_sayings(struct saying *sayings, size_t n)
{
    qsort(sayings, n, sizeof *sayings, by_text);
    for (size_t i = 1; i < n; i++)
        if (strcmp(sayings[i - 1].text, sayings[i].text) == 0)
            sayings[i].order = sayings[i - 1].order;
    qsort(sayings, n, sizeof *sayings, by_group);
}

/* "a, b, c and 9997 more", as far as there is room. */
static void add_names(struct text *names, const struct forecast *forecasts, const struct saying *sayings,
                      size_t n, size_t width)
{
    size_t shown = 0;
    for (; shown < n; shown++) {
        const char *name = forecasts[sayings[shown].endpoint].endpoint->name;
        if (shown > 0 && names->length + strlen(name) + strlen(",  and 10000 more:") > width)
            break;
        text_format(names, "%s%s", shown > 0 ? ", " : "", name);
    }
    if (shown < n)
        text_format(names, " and %zu more", n - shown);
}

/* The end of the group of equal sentences that begins at I. */
static size_t group_end(const struct saying *sayings, size_t n, size_t i)
{
    size_t end = i + 1;
    while (end < n && sayings[end].order == sayings[i].order)
        end++;
    return end;
}

static bool are_for_the_same(const struct saying *a, const struct saying *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (a[i].endpoint != b[i].endpoint)
            return false;
    return true;
}

/* Appends the sentence that begins at I, and later ones for exactly the same endpoints, which are
 * marked as printed. */
static void add_sentences(struct text *text, struct saying *sayings, size_t n, size_t i)
{
    size_t size = group_end(sayings, n, i) - i;
    for (size_t at = i, end; at < n; at = end) {
        end = group_end(sayings, n, at);
        if (!sayings[at].text || end - at != size || !are_for_the_same(sayings + i, sayings + at, size))
            continue;
        text_add(text, text->length ? " " : "");
        text_add(text, sayings[at].text);
        sayings[at].text = NULL;
    }
}

static void print_advice(struct forecast *forecasts, size_t n, size_t width)
{
    CLEANUP_FREE struct saying *sayings = NULL;
    size_t n_sayings = collect_sayings(forecasts, n, &sayings);
    if (n_sayings > 0)
        group_sayings(sayings, n_sayings);
    for (size_t i = 0, end; i < n_sayings; i = end) {
        CLEANUP_TEXT struct text names = {0}, text = {0};
        end = group_end(sayings, n_sayings, i);
        if (!sayings[i].text)
            continue;
        add_names(&names, forecasts, sayings + i, end - i, width);
        add_sentences(&text, sayings, n_sayings, i);
        if (text.failed || names.failed)
            return;
        printf("\n%s:\n", names.data);
        paragraph_print(stdout, text.data, 2, width);
    }
}

static void print(struct forecast *forecasts, size_t n)
{
    size_t width = terminal_columns(stdout);
    print_table(forecasts, n, width);
    print_advice(forecasts, n, width < PROSE_COLUMNS ? width : PROSE_COLUMNS);
    putchar('\n');
    paragraph_print(
        stdout,
        "A month has 30 days. Costs are estimates from AWS's prices of " PRICES_AS_OF
        " or those in the configuration, without the free tier. \"provisioned\" is the idle price of "
        "provisioned concurrency for the same instances.",
        0, width < PROSE_COLUMNS ? width : PROSE_COLUMNS);
}

int command_plan(const struct arguments *arguments)
{
    CLEANUP(cleanup_plan_unref) struct plan *plan = NULL;
    int code = config_load_or_say(arguments->config_path, &plan);
    if (code != EXIT_DONE)
        return code;
    CLEANUP_FREE struct forecast *forecasts = calloc(plan->n_endpoints + 1, sizeof *forecasts);
    if (!forecasts)
        return EXIT_FAULT;
    size_t n = forecast(plan, forecasts);
    if (!arguments->json) {
        print(forecasts, n);
        return EXIT_DONE;
    }
    CLEANUP_FREE char *text = plan_json(forecasts, n);
    puts(text ? text : "");
    return text ? EXIT_DONE : EXIT_FAULT;
}
