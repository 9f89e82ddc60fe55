#include "service/daemon.h"

#include "aws/credentials_kept.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/timezone.h"
#include "net/proxy.h"
#include "service/fleet.h"
#include "service/local_time.h"
#include "telemetry/journal.h"
#include "telemetry/tell_endpoint.h"
#include "telemetry/tell_round.h"

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
    struct local_time local;
    bool status_changed;
    struct pace status_pace; /* with thousands of endpoints it takes milliseconds, and there are rounds all
                                the time */
    bool stopping;
};

static void show_status(struct service *service, const char *before)
{
    CLEANUP_FREE char *status = fleet_status(&service->fleet);
    sd_notifyf(false, "%sSTATUS=%s", before, status ? status : "");
}

static void on_round(struct round *round, const struct endpoint *endpoint, void *context)
{
    struct service *service = context;
    (void)endpoint;
    fleet_take(&service->fleet, round);
    round_free(round);
}

static int on_volley(sd_event_source *source, int fd, uint32_t events, void *context)
{
    struct service *service = context;
    (void)source, (void)fd, (void)events;
    rounds_dispatch(service->fleet.rounds);
    size_t open = rounds_open(service->fleet.rounds);
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
    uint64_t instances = plan_instances(service->fleet.plan);
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
    timezone_use(service->fleet.plan->daemon.timezone);
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
    if (service->stopping || service->fleet.plan->daemon.timezone)
        return;
    follow_zone(service);
    tell_timezone();
    fleet_look_again(&service->fleet);
    show_status(service, "");
}

/* What needs a first configuration that is right: with a wrong one the daemon leaves everything as it is. */
static int open_fleet(struct service *service)
{
    int result = fleet_open(&service->fleet);
    return result < 0 ? result : local_time_watch(&service->local, service->loop);
}

/* Brings PLAN into force. On failure, the one before stays in force. */
static int apply(struct service *service, struct plan *plan, struct mistakes *mistakes)
{
    struct fleet *fleet = &service->fleet;
    int result = fleet->plan ? 0 : open_fleet(service);
    if (result >= 0)
        result = fleet_adopt(fleet, plan);
    if (result >= 0)
        return 0;
    mistakes_add(mistakes, service->config_path, 0, "can't be applied: %s", strerror(-result));
    if (fleet->plan)
        follow_zone(service);
    return result;
}

/* Leaves what came of reading the configuration for all who want to know. */
static void show_reading(struct service *service, struct reading *reading)
{
    struct fleet *fleet = &service->fleet;
    reading->endpoints = fleet->n_warmers;
    reading->instances = plan_instances(fleet->plan);
    metrics_set_reload(&fleet->publisher.metrics, reading->accepted);
    upkeep_changed(&fleet->publisher.file);
    publish(fleet, true);
    status_file_note(fleet, reading);
}

/* Reads the configuration and brings it into force, at the start and at each reload. If anything is wrong
 * with it, logs that and changes nothing; at the start, that is the end. */
static int configure(struct service *service)
{
    CLEANUP_MISTAKES struct mistakes mistakes = {0};
    CLEANUP(cleanup_plan_unref) struct plan *plan = NULL;
    bool reload = service->fleet.plan != NULL;
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
    if (service->fleet.plan)
        show_reading(service, &reading);
    reading_free(&reading);
    malloc_trim(
        0); /* reading takes several times what stays: 30 MiB for ten thousand endpoints' state alone */
    if (!service->fleet.plan)
        return result;
    if (result >= 0) {
        credentials_forget();
        tell_plan(service, reload);
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
    rounds_cancel(service->fleet.rounds);
    return 0;
}

static int on_stop(sd_event_source *source, const struct signalfd_siginfo *info, void *context)
{
    struct service *service = context;
    (void)source, (void)info;
    if (service->stopping) {
        rounds_cancel(service->fleet.rounds); /* the second signal stops at once */
        return 0;
    }
    service->stopping = true;
    sd_notify(false, "STOPPING=1\nSTATUS=stopping");
    fleet_disarm(&service->fleet);
    rounds_wind_down(service->fleet.rounds);
    if (rounds_open(service->fleet.rounds) == 0)
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
        pace_spent(&service->status_pace, clock_monotonic_us() - begin_us, 0);
    }
    fleet_write(&service->fleet, false);
    return 0;
}

/* Windows, budgets and waits change how an endpoint is without a round of its own. */
static int on_look(sd_event_source *source, uint64_t now_us, void *context)
{
    struct service *service = context;
    upkeep_changed(&service->fleet.publisher.file);
    upkeep_changed(&service->fleet.status.file);
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
    service->fleet.loop = service->loop;
    result = watch_signals(service);
    if (result >= 0)
        result = rounds_new(1, on_round, service, &service->fleet.rounds); /* a plan sets its own ceiling */
    if (result >= 0)
        result = sd_event_add_io(service->loop, NULL, rounds_fd(service->fleet.rounds), EPOLLIN, on_volley,
                                 service);
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
    fleet_write(&service->fleet, true); /* there was no turn after the last rounds */
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
    fleet_close(&service.fleet);
    sd_event_unref(service.loop);
    return result;
}
