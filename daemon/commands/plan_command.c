#include "commands/plan_command.h"

#include "base/clock.h"
#include "base/duration.h"
#include "base/text.h"
#include "commands/exit_codes.h"
#include "commands/load.h"
#include "decide/schedule.h"
#include "telemetry/plan_json.h"

#include <inttypes.h>
#include <string.h>

enum { ADVICE_COLUMNS = 100 };

/* The next rounds from the first one on, without their jitter. */
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

/* The future of a daemon that is started now. Returns how many endpoints have any. */
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

/* " 14:32:05", with the day of the week where that isn't today's. */
static void print_time(uint64_t real_us)
{
    time_t seconds = (time_t)(real_us / US_PER_S), now = (time_t)(clock_real_us() / US_PER_S);
    struct tm local, today;
    char text[40];
    if (!localtime_r(&seconds, &local) || !localtime_r(&now, &today))
        return;
    bool is_today = local.tm_yday == today.tm_yday && local.tm_year == today.tm_year;
    if (strftime(text, sizeof text, is_today ? " %H:%M:%S" : " %a %H:%M:%S", &local))
        fputs(text, stdout);
}

/* "20", or "0-100" where windows want other numbers. */
static const char *warm_text(const struct endpoint *endpoint, char buffer[32])
{
    uint32_t least = endpoint->warm, most = endpoint_most_warm(endpoint);
    for (size_t i = 0; i < endpoint->n_windows; i++)
        least = endpoint->windows[i].warm < least ? endpoint->windows[i].warm : least;
    if (least == most)
        snprintf(buffer, 32, "%" PRIu32, most);
    else
        snprintf(buffer, 32, "%" PRIu32 "-%" PRIu32, least, most);
    return buffer;
}

static void print_figures(const struct cost_month *month)
{
    char usd[COST_TEXT_MAX], provisioned[COST_TEXT_MAX];
    printf("  %14.0f  %10s  %11s", month->requests, month->known ? cost_format(month->usd, usd) : "?",
           month->known ? cost_format(month->provisioned_usd, provisioned) : "?");
}

static void print_row(const struct forecast *forecast, int width)
{
    char warm[32], interval[DURATION_TEXT_MAX], shown[DURATION_TEXT_MAX + 8];
    const struct endpoint *endpoint = forecast->endpoint;
    snprintf(shown, sizeof shown, "%s%s", endpoint->interval_auto ? "auto " : "",
             duration_format(endpoint->interval_us, interval));
    printf("%-*s  %9s  %10s", width, endpoint->name, warm_text(endpoint, warm), shown);
    print_figures(&forecast->month);
    putchar(' ');
    for (size_t i = 0; i < forecast->n_next; i++)
        print_time(forecast->next_us[i]);
    puts(forecast->n_next ? "" : " none");
}

static void print_table(const struct forecast *forecasts, size_t n, int width)
{
    struct cost_month total = {.known = true};
    printf("%-*s  %9s  %10s  %14s  %10s  %11s  next rounds\n", width, "endpoint", "warm", "interval",
           "requests/month", "cost/month", "provisioned");
    for (size_t i = 0; i < n; i++) {
        print_row(&forecasts[i], width);
        total.requests += forecasts[i].month.requests;
        total.usd += forecasts[i].month.usd;
        total.provisioned_usd += forecasts[i].month.provisioned_usd;
        total.known &= forecasts[i].month.known;
    }
    printf("%-*s  %9s  %10s", width, "total", "", "");
    print_figures(&total);
    putchar('\n');
}

/* TEXT in lines of ADVICE_COLUMNS, indented. */
static void print_wrapped(const char *text)
{
    size_t column = 0;
    for (const char *at = text; *at;) {
        size_t length = strcspn(at, " ");
        bool breaks = column == 0 || column + 1 + length > ADVICE_COLUMNS;
        printf("%s%.*s", !breaks ? " " : column ? "\n  " : "  ", (int)length, at);
        column = breaks ? 2 + length : column + 1 + length;
        at += length + (at[length] == ' ');
    }
    putchar('\n');
}

/* Each advice once, under the names of those whom it concerns. */
static void print_advice(const struct forecast *forecasts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool said = false;
        for (size_t j = 0; j < i; j++)
            said |= strcmp(forecasts[j].advice, forecasts[i].advice) == 0;
        if (said)
            continue;
        printf("\n%s", forecasts[i].endpoint->name);
        for (size_t j = i + 1; j < n; j++)
            if (strcmp(forecasts[j].advice, forecasts[i].advice) == 0)
                printf(", %s", forecasts[j].endpoint->name);
        puts(":");
        print_wrapped(forecasts[i].advice);
    }
}

static void print(const struct forecast *forecasts, size_t n)
{
    int width = (int)strlen("endpoint");
    for (size_t i = 0; i < n; i++)
        if ((int)strlen(forecasts[i].endpoint->name) > width)
            width = (int)strlen(forecasts[i].endpoint->name);
    print_table(forecasts, n, width);
    print_advice(forecasts, n);
    puts("\nA month has 30 days. Costs are estimates, by AWS's prices of " PRICES_AS_OF
         " or the configuration's, the\nfree tier left out; provisioned is provisioned concurrency for the "
         "same "
         "instances, its idle price alone.");
}

int command_plan(const char *config_path, bool json)
{
    CLEANUP(cleanup_plan_unref) struct plan *plan = NULL;
    int code = config_load_or_say(config_path, false, &plan);
    if (code != EXIT_DONE)
        return code;
    CLEANUP_FREE struct forecast *forecasts = calloc(plan->n_endpoints + 1, sizeof *forecasts);
    if (!forecasts)
        return EXIT_FAULT;
    size_t n = forecast(plan, forecasts);
    if (!json) {
        print(forecasts, n);
        return EXIT_DONE;
    }
    CLEANUP_FREE char *text = plan_json(forecasts, n);
    puts(text ? text : "");
    return text ? EXIT_DONE : EXIT_FAULT;
}
