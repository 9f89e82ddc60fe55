#include "base/cleanup.h"
#include "base/clock.h"
#include "commands/commands.h"
#include "service/runtime.h"
#include "telemetry/journal.h"
#include "telemetry/status_json.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <time.h>

/* Ten thousand endpoints take two seconds; systemd gives up after 90. */
enum { PATIENCE_S = 60, LOOK_EVERY_MS = 20 };

struct request {
    char *lock_path, *reading_path;
    pid_t daemon;
    uint64_t asked_us; /* CLOCK_MONOTONIC: what is read from then on is what it asks for */
};

static int fail(int code, const char *what, const char *why)
{
    fprintf(stderr, "lambda-warmd: not reloaded: %s: %s\n", what, why);
    return code;
}

static int say_accepted(const struct reading *reading)
{
    for (size_t i = 0; i < reading->n_messages; i++)
        fprintf(stderr, "%s\n", reading->messages[i]);
    printf("%s: %zu endpoint%s, %" PRIu64 " instance%s, in force\n", reading->file, reading->endpoints,
           reading->endpoints == 1 ? "" : "s", reading->instances, reading->instances == 1 ? "" : "s");
    return EXIT_DONE;
}

/* Under systemd's ExecReload=, stderr is the journal, where the daemon has already logged each mistake. */
static int say_rejected(const struct reading *reading)
{
    bool once = journal_open();
    for (size_t i = 0; i < reading->n_messages && (!once || i == 0); i++)
        fprintf(stderr, "%s\n", reading->messages[i]);
    return fail(EXIT_CONFIG, reading->file, "rejected; the previous configuration is still in force");
}

static int say(const struct reading *reading)
{
    return reading->accepted ? say_accepted(reading) : say_rejected(reading);
}

/* Whether the daemon has read its configuration since it was asked; *ret_code is set then. */
static bool is_answered(const struct request *request, int *ret_code)
{
    struct reading reading = {0};
    if (reading_load(request->reading_path, &reading) < 0)
        return false;
    bool answered = reading.begun_us >= request->asked_us;
    if (answered)
        *ret_code = say(&reading);
    reading_free(&reading);
    return answered;
}

/* Whether the daemon that was asked still runs. Another process may have taken its place: systemd restarts
 * it. */
static bool is_there(const struct request *request)
{
    pid_t holder = 0;
    return runtime_holder(request->lock_path, &holder) == 0 && holder == request->daemon;
}

static int await(const struct request *request)
{
    const struct timespec pause = {.tv_nsec = LOOK_EVERY_MS * 1000000L};
    uint64_t until_us = request->asked_us + PATIENCE_S * US_PER_S;
    int code = EXIT_DONE;
    while (clock_monotonic_us() < until_us) {
        bool there = is_there(request); /* checked before looking for its answer, which may be its last act */
        if (is_answered(request, &code))
            return code;
        if (!there)
            return fail(EXIT_UNAVAILABLE, "the daemon", "it has exited");
        nanosleep(&pause, NULL);
    }
    return fail(EXIT_UNAVAILABLE, "the daemon", "it does not answer");
}

static int ask(struct request *request)
{
    int result = runtime_holder(request->lock_path, &request->daemon);
    if (result == -ESRCH)
        return fail(EXIT_UNAVAILABLE, request->lock_path, "no daemon is running: nothing holds this lock");
    if (result < 0)
        return fail(result == -EACCES ? EXIT_PERMISSION : EXIT_UNAVAILABLE, request->lock_path,
                    strerror(-result));
    request->asked_us = clock_monotonic_us();
    if (kill(request->daemon, SIGHUP) == 0)
        return await(request);
    return fail(errno == EPERM ? EXIT_PERMISSION : EXIT_UNAVAILABLE, "the daemon can't be asked",
                errno == EPERM ? "only root and the daemon's own user may" : strerror(errno));
}

int command_reload(const struct arguments *arguments)
{
    struct request request = {.lock_path = runtime_path(arguments->folder, "lock"),
                              .reading_path = runtime_path(arguments->folder, "configuration.json")};
    int code = request.lock_path && request.reading_path ? ask(&request) : EXIT_FAULT;
    free(request.lock_path);
    free(request.reading_path);
    return code;
}
