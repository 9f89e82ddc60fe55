#include "commands/run.h"

#include "aws/credentials.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/timezone.h"
#include "commands/clock_watch.h"
#include "commands/descriptors.h"
#include "commands/exit_codes.h"
#include "commands/keeper.h"
#include "commands/load.h"
#include "net/proxy.h"
#include "plan/config.h"
#include "telemetry/journal.h"
#include "telemetry/tell_endpoint.h"
#include "telemetry/tell_round.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <systemd/sd-daemon.h>

/* Rounds in flight get their own timeout when the daemon is to stop, but no more than this. */
enum { STOP_GRACE_US = 5000000 };

struct service {
    sd_event *loop;
    const char *config_path;
    struct keeper keeper;
    struct clock_watch clock;
    bool stopping;
};

static void show_status(struct service *service)
{
    CLEANUP_FREE char *status = keeper_status(&service->keeper);
    if (status)
        sd_notifyf(false, "STATUS=%s", status);
}

static void on_round(struct round *round, const struct endpoint *endpoint, void *context)
{
    struct service *service = context;
    keeper_take(&service->keeper, round, endpoint);
    round_free(round);
}

static int on_volley(sd_event_source *source, int fd, uint32_t events, void *context)
{
    struct service *service = context;
    (void)source, (void)fd, (void)events;
    rounds_dispatch(service->keeper.rounds);
    size_t open = rounds_open(service->keeper.rounds);
    if (open == 0)
        malloc_trim(0); /* what the volleys needed goes back: at rest the daemon is small */
    if (service->stopping)
        return open ? 0 : sd_event_exit(service->loop, EXIT_DONE);
    show_status(service);
    return 0;
}

static void tell_mistakes(const struct mistakes *mistakes, bool warnings)
{
    for (size_t i = 0; i < mistakes->n; i++) {
        CLEANUP_FREE char *line = mistake_format(&mistakes->items[i]);
        if (line && mistakes->items[i].warning == warnings)
            event_say(warnings ? EVENT_CONFIG_WARNING : EVENT_RELOAD_REJECTED,
                      warnings ? LOG_WARNING : LOG_ERR, "%s%s",
                      warnings ? "" : "configuration not reloaded: ", line);
    }
}

/* "WHAT WHICH: 3 endpoints, 80 instances". */
static void tell_plan(enum event_kind kind, const struct keeper *keeper, const char *what, const char *which)
{
    uint64_t instances = plan_instances(keeper->plan);
    struct event event = event_begin(kind, LOG_INFO);
    event_field(&event, "WARM_ENDPOINTS=%zu", keeper->n_slots);
    event_field(&event, "WARM_INSTANCES=%" PRIu64, instances);
    event_send(&event, "%s %s: %zu endpoint%s, %" PRIu64 " instance%s", what, which, keeper->n_slots,
               keeper->n_slots == 1 ? "" : "s", instances, instances == 1 ? "" : "s");
}

/* With its time zone, in which windows are looked at; all or nothing. */
static int adopt(struct service *service, struct plan *plan)
{
    timezone_use(plan->daemon.timezone);
    int result = keeper_adopt(&service->keeper, plan);
    if (result < 0)
        timezone_use(service->keeper.plan->daemon.timezone);
    else
        credentials_forget();
    return result;
}

/* Whether the plan in force is that of the configuration which was read last. */
static void publish_reload(struct service *service, bool successful)
{
    metrics_set_reload(&service->keeper.publisher.metrics, successful);
    upkeep_changed(&service->keeper.publisher.file);
    publish(&service->keeper, true);
}

/* Reads the configuration anew; whatever is wrong with it, the old plan stays. True: the new one is in force.
 */
static bool reload(struct service *service)
{
    struct plan *plan = NULL;
    CLEANUP_MISTAKES struct mistakes mistakes = {0};
    struct error error = {0};
    int result = config_load(service->config_path, &plan, &mistakes);
    tell_mistakes(&mistakes, true);
    if (result < 0) {
        tell_mistakes(&mistakes, false);
        return false;
    }
    result = plan_is_sendable(plan, &error);
    if (result >= 0)
        result = timezone_use(plan->daemon.timezone); /* in which the keeper looks at windows */
    if (result >= 0)
        result = adopt(service, plan);
    if (result < 0) {
        timezone_use(service->keeper.plan->daemon.timezone);
        plan_unref(plan);
        event_say(EVENT_RELOAD_REJECTED, LOG_ERR, "configuration not reloaded: %s",
                  *error.message ? error.message : strerror(-result));
        return false;
    }
    tell_plan(EVENT_RELOADED, &service->keeper, "reloaded", service->config_path);
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
    CLEANUP_FREE char *status = keeper_status(&service->keeper);
    sd_notifyf(false, "READY=1\nSTATUS=%s", status ? status : "");
    return 0;
}

static int on_fire(sd_event_source *source, const struct signalfd_siginfo *info, void *context)
{
    struct service *service = context;
    (void)source, (void)info;
    if (!service->stopping)
        keeper_fire_all(&service->keeper);
    return 0;
}

static int on_grace_over(sd_event_source *source, uint64_t now_us, void *context)
{
    struct service *service = context;
    (void)source, (void)now_us;
    rounds_cancel(service->keeper.rounds);
    return 0;
}

static int on_stop(sd_event_source *source, const struct signalfd_siginfo *info, void *context)
{
    struct service *service = context;
    (void)source, (void)info;
    if (service->stopping) {
        rounds_cancel(service->keeper.rounds); /* asked twice: at once */
        return 0;
    }
    service->stopping = true;
    sd_notify(false, "STOPPING=1\nSTATUS=stopping");
    keeper_disarm(&service->keeper);
    rounds_wind_down(service->keeper.rounds);
    if (rounds_open(service->keeper.rounds) == 0)
        return sd_event_exit(service->loop, EXIT_DONE);
    return sd_event_add_time_relative(service->loop, NULL, CLOCK_MONOTONIC, STOP_GRACE_US, 0, on_grace_over,
                                      service);
}

/* After each turn of the loop: rounds that began together are written together. */
static int on_turn(sd_event_source *source, void *context)
{
    struct service *service = context;
    (void)source;
    keeper_write(&service->keeper, false);
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
    if (!service->stopping)
        keeper_look_again(&service->keeper);
}

static int set_up(struct service *service, struct plan *plan)
{
    int result = sd_event_default(&service->loop);
    if (result < 0)
        return result;
    service->keeper.loop = service->loop;
    result = rounds_new(plan->daemon.max_in_flight, on_round, service, &service->keeper.rounds);
    if (result >= 0)
        result = watch_signals(service);
    if (result >= 0)
        result = sd_event_add_io(service->loop, NULL, rounds_fd(service->keeper.rounds), EPOLLIN, on_volley,
                                 service);
    if (result >= 0)
        result = sd_event_add_post(service->loop, NULL, on_turn, service);
    if (result >= 0)
        result = sd_event_set_watchdog(service->loop, true);
    if (result >= 0)
        result = clock_watch_open(&service->clock, service->loop, on_clock_jumped, service);
    keeper_open(&service->keeper);
    if (result >= 0)
        result = keeper_adopt(&service->keeper, plan);
    return result;
}

static int serve(struct service *service)
{
    tell_plan(EVENT_STARTED, &service->keeper, "lambda-warmd " WARMD_VERSION, "started");
    tell_proxies();
    publish_reload(service, true);
    CLEANUP_FREE char *status = keeper_status(&service->keeper);
    sd_notifyf(false, "READY=1\nSTATUS=%s", status ? status : "");
    int result = sd_event_loop(service->loop);
    keeper_write(&service->keeper, true); /* after the last rounds there was no turn */
    /* Whatever ended the loop, systemd hears of it before the process is gone. */
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

int command_run(const char *config_path)
{
    struct service service = {.config_path = config_path};
    CLEANUP(cleanup_plan_unref) struct plan *plan = NULL;
    /* Volleys come and go on threads of their own, and what each one's arena keeps is never given back: 40
     * MiB at rest after a hundred endpoints, beside 5. Sharing one costs nothing that can be measured. */
    mallopt(M_ARENA_MAX, 1);
    block_signals();
    journal_open();
    int code = config_load_or_say(config_path, true, &plan);
    if (code != EXIT_DONE)
        return code;
    timezone_use(plan->daemon.timezone);
    int result = set_up(&service, plan);
    if (result >= 0)
        result = serve(&service);
    clock_watch_close(&service.clock);
    keeper_close(&service.keeper);
    sd_event_unref(service.loop);
    if (result < 0) {
        fprintf(stderr, "lambda-warmd: the event loop failed: %s\n", strerror(-result));
        return EXIT_FAULT;
    }
    return EXIT_DONE;
}
