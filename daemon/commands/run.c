#include "aws/credentials_kept.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/timezone.h"
#include "commands/commands.h"
#include "commands/load.h"
#include "net/proxy.h"
#include "service/clock_watch.h"
#include "service/fleet.h"
#include "service/pace.h"
#include "service/zone_watch.h"
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
    struct fleet fleet;
    struct clock_watch clock;
    bool status_changed;
    struct pace status_pace; /* with thousands of endpoints it takes milliseconds, and there are rounds all
                                the time */
    struct zone_watch zone;
    bool stopping;
};

static void show_status(struct service *service)
{
    CLEANUP_FREE char *status = fleet_status(&service->fleet);
    if (status)
        sd_notifyf(false, "STATUS=%s", status);
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
        return open ? 0 : sd_event_exit(service->loop, EXIT_DONE);
    service->status_changed = true;
    return 0;
}

/* At a reload the old configuration stays in force; at the start there is none. */
static void tell_mistakes(const struct service *service, const struct mistakes *mistakes)
{
    bool reload = service->fleet.plan != NULL;
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

/* "WHAT WHICH: 3 endpoints, 80 instances". */
static void tell_plan(enum event_kind kind, const struct fleet *fleet, const char *what, const char *which)
{
    uint64_t instances = plan_instances(fleet->plan);
    struct event event = event_begin(kind, LOG_INFO);
    event_field(&event, "WARM_ENDPOINTS=%zu", fleet->n_warmers);
    event_field(&event, "WARM_INSTANCES=%" PRIu64, instances);
    event_send(&event, "%s %s: %zu endpoint%s, %" PRIu64 " instance%s", what, which, fleet->n_warmers,
               fleet->n_warmers == 1 ? "" : "s", instances, instances == 1 ? "" : "s");
}

/* Whether the plan in force is that of the configuration which was read last. */
static void publish_reload(struct service *service, bool successful)
{
    metrics_set_reload(&service->fleet.publisher.metrics, successful);
    upkeep_changed(&service->fleet.publisher.file);
    publish(&service->fleet, true);
}

/* Reads the configuration and brings it into force, at the start and at each reload. If anything is wrong
 * with it, logs that and changes nothing. Returns as config_read does. */
static int configure(struct service *service)
{
    CLEANUP_MISTAKES struct mistakes mistakes = {0};
    CLEANUP(cleanup_plan_unref) struct plan *plan = NULL;
    struct fleet *fleet = &service->fleet;
    struct reading reading = {.begun_us = clock_monotonic_us(),
                              .real_us = clock_real_us(),
                              .file = text_escape(service->config_path, PATH_MAX)};
    int result = config_read(service->config_path, true, &plan, &mistakes);
    if (result >= 0) {
        if (!fleet->plan)
            result = fleet_open(fleet);
        if (result >= 0)
            result = fleet_adopt(fleet, plan);
        if (result < 0)
            mistakes_add(&mistakes, service->config_path, 0, "can't be applied: %s", strerror(-result));
    }
    tell_mistakes(service, &mistakes);
    if (result < 0 && fleet->plan)
        timezone_use(fleet->plan->daemon.timezone);
    reading.accepted = result >= 0;
    reading.endpoints = fleet->n_warmers;
    reading.instances = fleet->plan ? plan_instances(fleet->plan) : 0;
    reading_take_messages(&reading, &mistakes);
    if (fleet->plan)
        status_file_note(fleet, &reading);
    reading_free(&reading);
    malloc_trim(
        0); /* reading takes several times what stays: 30 MiB for ten thousand endpoints' state alone */
    return result;
}

static bool reload(struct service *service)
{
    if (configure(service) < 0)
        return false;
    credentials_forget();
    tell_plan(EVENT_RELOADED, &service->fleet, "reloaded", service->config_path);
    return true;
}

static int on_reload(sd_event_source *source, const struct signalfd_siginfo *info, void *context)
{
    struct service *service = context;
    (void)source, (void)info;
    if (service->stopping)
        return 0;
    sd_notifyf(false, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, clock_monotonic_us());
    publish_reload(service, reload(service));
    CLEANUP_FREE char *status = fleet_status(&service->fleet);
    sd_notifyf(false, "READY=1\nSTATUS=%s", status ? status : "");
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
        return sd_event_exit(service->loop, EXIT_DONE);
    return sd_event_add_time_relative(service->loop, NULL, CLOCK_MONOTONIC, STOP_GRACE_US, 0, on_grace_over,
                                      service);
}

static void show_status_in_time(struct service *service)
{
    if (!service->status_changed || service->stopping || !pace_allows(&service->status_pace, service->loop))
        return;
    uint64_t begin_us = clock_monotonic_us();
    service->status_changed = false;
    show_status(service);
    pace_spent(&service->status_pace, clock_monotonic_us() - begin_us, 0);
}

/* After each turn of the loop: rounds that began together are written together. */
static int on_turn(sd_event_source *source, void *context)
{
    struct service *service = context;
    (void)source;
    show_status_in_time(service);
    fleet_write(&service->fleet, false);
    return 0;
}

static int watch_signals(struct service *service)
{
    static const struct {
        int number;
        sd_event_signal_handler_t handler;
    } signals[] = {{SIGHUP, on_reload}, {SIGUSR1, on_fire}, {SIGTERM, on_stop}, {SIGINT, on_stop}};
    int result = 0;
    for (size_t i = 0; result >= 0 && i < COUNT_OF(signals); i++)
        result = sd_event_add_signal(service->loop, NULL, signals[i].number, signals[i].handler, service);
    return result;
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

static void on_clock_jumped(int64_t by_us, void *context)
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
    const char *zone = service->fleet.plan->daemon.timezone;
    if (service->stopping || zone)
        return;
    timezone_use(zone);
    tell_timezone();
    fleet_look_again(&service->fleet);
    show_status(service);
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

/* Without it a reload still finds the new zone. */
static void watch_zone(struct service *service)
{
    int result = zone_watch_open(&service->zone, service->loop, on_zone_changed, service);
    if (result < 0)
        event_say(EVENT_TIMEZONE, LOG_NOTICE,
                  "a change of the system's time zone will only be noticed at a reload: %s",
                  strerror(-result));
}

static int set_up(struct service *service)
{
    int result = sd_event_default(&service->loop);
    if (result < 0)
        return result;
    service->fleet.loop = service->loop;
    result = rounds_new(1, on_round, service, &service->fleet.rounds); /* a plan sets its own ceiling */
    if (result >= 0)
        result = watch_signals(service);
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
    if (result >= 0)
        result = clock_watch_open(&service->clock, service->loop, on_clock_jumped, service);
    return result;
}

static int serve(struct service *service)
{
    tell_plan(EVENT_STARTED, &service->fleet, "lambda-warmd " WARMD_VERSION, "started");
    tell_proxies();
    publish_reload(service, true);
    CLEANUP_FREE char *status = fleet_status(&service->fleet);
    sd_notifyf(false, "READY=1\nSTATUS=%s", status ? status : "");
    int result = sd_event_loop(service->loop);
    fleet_tell_summaries(&service->fleet, true);
    fleet_write(&service->fleet, true); /* there was no turn after the last rounds */
    /* Whatever ended the loop, systemd hears of it before the process ends. */
    sd_notify(false, "STOPPING=1");
    event_say(EVENT_STOPPED, LOG_INFO, "stopped");
    return result;
}

static void block_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

static int fail(const char *what, int result)
{
    fprintf(stderr, "lambda-warmd: %s: %s\n", what, strerror(-result));
    return EXIT_FAULT;
}

/* Everything from set_up on. */
static int run(struct service *service)
{
    int result = configure(service);
    if (result < 0)
        return config_exit_code(result);
    watch_zone(service);
    result = serve(service);
    return result < 0 ? fail("the event loop failed", result) : EXIT_DONE;
}

int command_run(const struct arguments *arguments)
{
    struct service service = {.config_path = arguments->config_path};
    block_signals();
    journal_open();
    int result = set_up(&service);
    int code = result < 0 ? fail("the event loop can't be set up", result) : run(&service);
    zone_watch_close(&service.zone);
    clock_watch_close(&service.clock);
    pace_close(&service.status_pace);
    fleet_close(&service.fleet);
    sd_event_unref(service.loop);
    return code;
}
