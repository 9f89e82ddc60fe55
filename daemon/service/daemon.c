#include "service/daemon.h"

#include "aws/credentials_kept.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/timezone.h"
#include "decide/cost.h"
#include "net/proxy.h"
#include "service/files.h"
#include "service/local_time.h"
#include "telemetry/journal.h"
#include "telemetry/tell.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <systemd/sd-daemon.h>

/* When the daemon has to stop, rounds in flight get their own timeout, but no more than this. */
enum { STOP_GRACE_US = 5000000 };
/* How often the daemon shows observers that it is alive; after three of them in silence, `status` says that
 * it hangs. */
enum { LOOK_EVERY_US = 60000000, LOOK_ACCURACY_US = 5000000 };

struct service {
    sd_event *loop;
    const char *config_path;
    daemon_reader read;
    struct fleet fleet;
    struct files files;
    struct local_time local;
    bool status_changed;
    struct pace status_pace; /* with thousands of endpoints it takes milliseconds, and there are rounds all
                                the time */
    bool stopping;
};

/* Of ten thousand endpoints systemd hears every two seconds, of a few at once. */
enum { STATUS_US_PER_ENDPOINT = 200 };

/* Of 14:32:05, how much is shown. */
enum { MINUTES = 5, SECONDS = 8 };

/* Adds BEFORE and the local time at REAL_US. */
static void add_time(struct text *text, const char *before, int length, uint64_t real_us)
{
    time_t seconds = (time_t)(real_us / US_PER_S);
    struct tm local;
    char stamp[16] = "?";
    if (localtime_r(&seconds, &local))
        strftime(stamp, sizeof stamp, "%H:%M:%S", &local);
    text_format(text, "%s%.*s", before, length, stamp);
}

/* Counts those that aren't simply warm or short. */
static void add_counts(struct text *text, const struct fleet *fleet)
{
    static const struct {
        enum condition condition;
        const char *words;
    } shown[] = {{CONDITION_FAILING, "failing"},
                 {CONDITION_THROTTLED, "throttled"},
                 {CONDITION_RESTING, "resting"},
                 {CONDITION_BUDGET, "out of budget"},
                 {CONDITION_ELSEWHERE, "elsewhere"}};
    size_t counts[CONDITIONS] = {0};
    fleet_count(fleet, counts);
    for (size_t i = 0; i < COUNT_OF(shown); i++)
        if (counts[shown[i].condition])
            text_format(text, ", %zu %s", counts[shown[i].condition], shown[i].words);
}

/* "12 endpoints, 118/120 warm, 1 failing, worst skew 2.1 ms, next round at 14:32:05, $0.41 this month",
 * preceded by what was wrong with a configuration that was rejected since; NULL: no memory. */
static char *status_line(const struct fleet *fleet, const struct reading *reading)
{
    struct text text = {0};
    uint64_t warm = 0, target = 0, skew_us = 0, next_us = UINT64_MAX;
    double usd = 0;
    char cost[COST_TEXT_MAX];
    bool known = false;
    const char *problem = reading_problem(reading);
    uint64_t now_us = clock_boot_us(), now_real_us = clock_real_us();
    for (size_t i = 0; i < fleet->n_warmers; i++) {
        const struct warmer *warmer = &fleet->warmers[i];
        struct spend spend = warmer->memory->spend;
        uint32_t wanted = warmer_wanted(warmer);
        target += wanted;
        warm += warmer->warm < wanted ? warmer->warm : wanted;
        spend_turn(&spend, now_real_us);
        usd += spend.usd;
        known |= warmer->counts.last_real_us > 0;
        skew_us = warmer->counts.skew_us > skew_us ? warmer->counts.skew_us : skew_us;
        next_us = warmer->due_us < next_us ? warmer->due_us : next_us;
    }
    if (problem) {
        add_time(&text, "configuration of ", MINUTES, reading->real_us);
        text_format(&text, " rejected: %s; ", problem);
    }
    text_format(&text, "%zu endpoint%s, %" PRIu64 "/%" PRIu64 " warm", fleet->n_warmers,
                fleet->n_warmers == 1 ? "" : "s", warm, target);
    add_counts(&text, fleet);
    if (known)
        text_format(&text, ", worst skew %.1f ms", (double)skew_us / (double)US_PER_MS);
    if (next_us != UINT64_MAX)
        add_time(&text, ", next round at ", SECONDS, now_real_us + (next_us > now_us ? next_us - now_us : 0));
    if (fleet->told_realtime)
        text_add(&text, ", without real-time priority");
    if (usd > 0)
        text_format(&text, ", %s this month", cost_format(usd, cost));
    return text_take(&text);
}

static void show_status(struct service *service, const char *before)
{
    CLEANUP_FREE char *status = status_line(&service->fleet, &service->files.reading);
    sd_notifyf(false, "%sSTATUS=%s", before, status ? status : "");
}

static int on_volley(sd_event_source *source, int fd, uint32_t events, void *context)
{
    struct service *service = context;
    (void)source, (void)fd, (void)events;
    rounds_dispatch(service->fleet.common.rounds);
    size_t open = rounds_open(service->fleet.common.rounds);
    if (open == 0)
        malloc_trim(0); /* returns what the volleys needed: between rounds the daemon is small */
    if (service->stopping)
        return open ? 0 : sd_event_exit(service->loop, 0);
    service->status_changed = true;
    return 0;
}

/* At a reload the old configuration stays in force; at the start there is none. */
static void tell_mistakes(const struct mistakes *mistakes, bool reload)
{
    for (size_t i = 0; i < mistakes->n; i++) {
        CLEANUP_FREE char *line = mistake_format(&mistakes->items[i]);
        const struct mistake *mistake = &mistakes->items[i];
        struct event event = event_begin(mistake->warning ? EVENT_CONFIG_WARNING
                                         : reload         ? EVENT_RELOAD_REJECTED
                                                          : EVENT_CONFIG_REJECTED,
                                         mistake->warning ? LOG_WARNING : LOG_ERR);
        event.unstamped = !reload;
        event_send(&event, "%s%s", reload && !mistake->warning ? "configuration not reloaded: " : "",
                   line ? line : mistake->text);
    }
}

/* "started: 3 endpoints, 80 instances". */
static void tell_plan(const struct service *service, bool reload)
{
    size_t endpoints = service->fleet.n_warmers;
    uint64_t instances = plan_instances(service->fleet.common.plan);
    struct event event = event_begin(reload ? EVENT_RELOADED : EVENT_STARTED, LOG_INFO);
    event_field(&event, "WARM_ENDPOINTS=%zu", endpoints);
    event_field(&event, "WARM_INSTANCES=%" PRIu64, instances);
    event_send(&event, "%s %s: %zu endpoint%s, %" PRIu64 " instance%s",
               reload ? "reloaded" : "lambda-warmd " WARMD_VERSION, reload ? service->config_path : "started",
               endpoints, endpoints == 1 ? "" : "s", instances, instances == 1 ? "" : "s");
}

static void tell_proxies(void)
{
    const char *tls = proxy_variable(true), *plain = proxy_variable(false);
    if (tls)
        event_say(EVENT_PROXY, LOG_NOTICE,
                  "https requests go through the proxy that $%s names, over HTTP/1.1", tls);
    if (plain)
        event_say(EVENT_PROXY, LOG_NOTICE, "http requests go through the proxy that $%s names", plain);
}

/* Local time follows the plan in force. */
static void follow_zone(const struct service *service)
{
    timezone_use(service->fleet.common.plan->daemon.timezone);
}

static void on_clock_set(int64_t by_us, void *context)
{
    struct service *service = context;
    tell_clock_jumped(by_us);
    fleet_clock_set(&service->fleet, by_us);
    if (!service->stopping)
        fleet_look_again(&service->fleet);
}

/* Windows are in local time, unless the configuration names a zone of its own. */
static void on_zone_changed(void *context)
{
    struct service *service = context;
    if (service->stopping || service->fleet.common.plan->daemon.timezone)
        return;
    follow_zone(service);
    tell_timezone();
    fleet_look_again(&service->fleet);
    show_status(service, "");
}

/* Brings PLAN into force. On failure, the one before stays in force. The first one also opens what a daemon
 * without a right configuration leaves alone. */
static int apply(struct service *service, struct plan *plan, struct mistakes *mistakes)
{
    bool first = !service->fleet.common.plan;
    int result = first ? files_open(&service->files, &service->fleet) : 0;
    if (result >= 0 && first)
        result = local_time_watch(&service->local, service->loop);
    files_restart(&service->files);
    if (result >= 0)
        result = fleet_adopt(&service->fleet, plan);
    if (result >= 0)
        return 0;
    mistakes_add(mistakes, service->config_path, 0, "can't be applied: %s", strerror(-result));
    if (!first)
        follow_zone(service);
    return result;
}

/* Reads the configuration and brings it into force, at the start and at each reload. If anything is wrong
 * with it, logs that and changes nothing; at the start, that is the end. */
static int configure(struct service *service)
{
    CLEANUP_MISTAKES struct mistakes mistakes = {0};
    CLEANUP(cleanup_plan_unref) struct plan *plan = NULL;
    bool reload = service->fleet.common.plan != NULL;
    struct reading reading = {.begun_us = clock_monotonic_us(),
                              .real_us = clock_real_us(),
                              .file = text_escape(service->config_path, PATH_MAX)};
    if (reload)
        sd_notifyf(false, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, reading.begun_us);
    int result = service->read(service->config_path, &plan, &mistakes);
    if (result >= 0)
        result = apply(service, plan, &mistakes);
    tell_mistakes(&mistakes, reload);
    reading.accepted = result >= 0;
    reading_take_messages(&reading, &mistakes);
    if (service->fleet.common.plan) {
        reading.endpoints = service->fleet.n_warmers;
        reading.instances = plan_instances(service->fleet.common.plan);
        files_take_reading(&service->files, &reading);
    }
    reading_free(&reading);
    malloc_trim(
        0); /* reading takes several times what stays: 30 MiB for ten thousand endpoints' state alone */
    if (!service->fleet.common.plan)
        return result;
    if (result >= 0) {
        credentials_forget();
        tell_plan(service, reload);
        fleet_tell_rests(&service->fleet);
    }
    if (!reload)
        tell_proxies();
    show_status(service, "READY=1\n");
    return result;
}

static int on_reload(sd_event_source *source, const struct signalfd_siginfo *info, void *context)
{
    struct service *service = context;
    (void)source, (void)info;
    if (!service->stopping)
        configure(service);
    return 0;
}

static int on_fire(sd_event_source *source, const struct signalfd_siginfo *info, void *context)
{
    struct service *service = context;
    (void)source, (void)info;
    if (!service->stopping)
        fleet_fire_all(&service->fleet);
    return 0;
}

static int on_grace_over(sd_event_source *source, uint64_t now_us, void *context)
{
    struct service *service = context;
    (void)source, (void)now_us;
    rounds_cancel(service->fleet.common.rounds);
    return 0;
}

static int on_stop(sd_event_source *source, const struct signalfd_siginfo *info, void *context)
{
    struct service *service = context;
    (void)source, (void)info;
    if (service->stopping) {
        rounds_cancel(service->fleet.common.rounds); /* the second signal stops at once */
        return 0;
    }
    service->stopping = true;
    sd_notify(false, "STOPPING=1\nSTATUS=stopping");
    fleet_disarm(&service->fleet);
    rounds_wind_down(service->fleet.common.rounds);
    if (rounds_open(service->fleet.common.rounds) == 0)
        return sd_event_exit(service->loop, 0);
    return sd_event_add_time_relative(service->loop, NULL, CLOCK_MONOTONIC, STOP_GRACE_US, 0, on_grace_over,
                                      service);
}

/* After each turn of the loop: rounds that began together are written together. */
static int on_turn(sd_event_source *source, void *context)
{
    struct service *service = context;
    (void)source;
    if (service->status_changed && !service->stopping && pace_allows(&service->status_pace, service->loop)) {
        uint64_t begin_us = clock_monotonic_us();
        service->status_changed = false;
        show_status(service, "");
        pace_spent(&service->status_pace, clock_monotonic_us() - begin_us,
                   service->fleet.n_warmers * STATUS_US_PER_ENDPOINT);
    }
    files_turn(&service->files);
    return 0;
}

/* Windows, budgets and waits change how an endpoint is without a round of its own. */
static int on_look(sd_event_source *source, uint64_t now_us, void *context)
{
    struct service *service = context;
    service->fleet.changed[KEPT_METRICS] = service->fleet.changed[KEPT_STATUS] = true;
    service->status_changed = true;
    sd_event_source_set_time(source, now_us + LOOK_EVERY_US);
    return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* Blocks the signals first, so that all threads inherit that. */
static int watch_signals(struct service *service)
{
    static const struct {
        int number;
        sd_event_signal_handler_t handler;
    } signals[] = {{SIGHUP, on_reload}, {SIGUSR1, on_fire}, {SIGTERM, on_stop}, {SIGINT, on_stop}};
    sigset_t set;
    int result = 0;
    sigemptyset(&set);
    for (size_t i = 0; i < COUNT_OF(signals); i++)
        sigaddset(&set, signals[i].number);
    sigprocmask(SIG_BLOCK, &set, NULL);
    for (size_t i = 0; result >= 0 && i < COUNT_OF(signals); i++)
        result = sd_event_add_signal(service->loop, NULL, signals[i].number, signals[i].handler, service);
    return result;
}

static int set_up(struct service *service)
{
    int result = sd_event_default(&service->loop);
    if (result < 0)
        return result;
    result = watch_signals(service);
    if (result >= 0)
        result = fleet_open(&service->fleet, service->loop);
    if (result >= 0)
        result = sd_event_add_io(service->loop, NULL, rounds_fd(service->fleet.common.rounds), EPOLLIN,
                                 on_volley, service);
    if (result >= 0)
        result = sd_event_add_post(service->loop, NULL, on_turn, service);
    if (result >= 0)
        result = sd_event_set_watchdog(service->loop, true);
    if (result >= 0)
        result = sd_event_add_time_relative(service->loop, NULL, CLOCK_MONOTONIC, LOOK_EVERY_US,
                                            LOOK_ACCURACY_US, on_look, service);
    return result;
}

static int serve(struct service *service, struct error *error)
{
    int result = sd_event_loop(service->loop);
    fleet_tell_summaries(&service->fleet, true);
    files_close(&service->files); /* there was no turn after the last rounds */
    /* Whatever ended the loop, systemd hears of it before the process ends. */
    sd_notify(false, "STOPPING=1");
    event_say(EVENT_STOPPED, LOG_INFO, "stopped");
    return result < 0 ? error_set(error, result, "the event loop failed: %s", strerror(-result)) : 0;
}

int daemon_run(const char *config_path, daemon_reader read, struct error *error)
{
    struct service service = {.config_path = config_path, .read = read};
    service.local =
        (struct local_time){.clock_set = on_clock_set, .zone_changed = on_zone_changed, .context = &service};
    journal_open();
    int result = set_up(&service);
    if (result < 0)
        error_set(error, result, "the event loop can't be set up: %s", strerror(-result));
    else
        result = configure(&service);
    if (result >= 0)
        result = serve(&service, error);
    local_time_close(&service.local);
    pace_close(&service.status_pace);
    files_close(&service.files);
    fleet_close(&service.fleet);
    sd_event_unref(service.loop);
    return result;
}
