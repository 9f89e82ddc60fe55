#include "commands/plan_command.h"

#include "base/clock.h"
#include "base/duration.h"
#include "commands/exit_codes.h"
#include "commands/load.h"
#include "decide/schedule.h"
#include "telemetry/plan_json.h"

#include <string.h>

/* The rounds of a daemon that were started now, without their jitter. Returns how many endpoints have any. */
static size_t forecast(const struct plan *plan, struct forecast *forecasts)
{
    size_t n = plan_enabled(plan);
    size_t at = 0;
    for (size_t i = 0; i < plan->n_endpoints; i++) {
        const struct endpoint *endpoint = &plan->endpoints[i];
        if (!endpoint->enabled)
            continue;
        struct schedule first = schedule_first(clock_real_us(), plan->daemon.stagger_us, at, n);
        forecasts[at].endpoint = endpoint;
        forecasts[at].requests_per_month =
            schedule_month(endpoint, endpoint->interval_us, clock_real_us()).requests;
        for (size_t round = 0; round < FORECAST_ROUNDS; round++)
            forecasts[at].next_us[round] = first.due_us + round * endpoint->interval_us;
        at++;
    }
    return at;
}

static void clock_text(uint64_t real_us, char text[16])
{
    time_t seconds = (time_t)(real_us / US_PER_S);
    struct tm local;
    if (!localtime_r(&seconds, &local) || !strftime(text, 16, "%H:%M:%S", &local))
        snprintf(text, 16, "?");
}

static void print(const struct forecast *forecasts, size_t n)
{
    double total = 0;
    int width = (int)strlen("endpoint");
    for (size_t i = 0; i < n; i++)
        if ((int)strlen(forecasts[i].endpoint->name) > width)
            width = (int)strlen(forecasts[i].endpoint->name);
    printf("%-*s  %6s  %10s  %14s  next rounds\n", width, "endpoint", "warm", "interval", "requests/month");
    for (size_t i = 0; i < n; i++) {
        char interval[DURATION_TEXT_MAX];
        printf("%-*s  %6u  %10s  %14.0f ", width, forecasts[i].endpoint->name, forecasts[i].endpoint->warm,
               duration_format(forecasts[i].endpoint->interval_us, interval),
               forecasts[i].requests_per_month);
        for (size_t round = 0; round < FORECAST_ROUNDS; round++) {
            char at[16];
            clock_text(forecasts[i].next_us[round], at);
            printf(" %s", at);
        }
        putchar('\n');
        total += forecasts[i].requests_per_month;
    }
    printf("%-*s  %6s  %10s  %14.0f\n", width, "total", "", "", total);
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
