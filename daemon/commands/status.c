#include "base/cleanup.h"
#include "base/clock.h"
#include "commands/commands.h"
#include "service/runtime.h"
#include "telemetry/views.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* A daemon writes at least once a minute (service/daemon.c). */
#define SILENT_US (180 * US_PER_S)

static int say_unreadable(const char *path, int result)
{
    fprintf(stderr, "lambda-warmd: cannot read %s: %s\n", path,
            result == -EBADMSG ? "it is not a status file of this version" : strerror(-result));
    return result == -EACCES ? EXIT_PERMISSION : EXIT_UNAVAILABLE;
}

static bool is_trouble(const struct status *status)
{
    bool trouble = status->head.rejected_us != 0;
    for (size_t i = 0; i < status->n_rows; i++)
        trouble |= condition_is_trouble(status->rows[i].condition);
    return trouble;
}

/* Prints the file's own object, with its age. */
static void print_json(const char *text, uint64_t age_us)
{
    printf("{\"age_s\":%" PRIu64 ",%s", age_us / US_PER_S, text + strcspn(text, "{") + 1);
}

static int report(const struct arguments *arguments, const struct status *status, const char *text)
{
    uint64_t now_us = clock_real_us();
    uint64_t age_us = now_us > status->written_us ? now_us - status->written_us : 0;
    if (arguments->json)
        print_json(text, age_us);
    else
        status_table_print(stdout, status, now_us);
    if (age_us > SILENT_US) {
        fprintf(stderr, "lambda-warmd: the daemon has written no status for %" PRIu64 " s: it hangs\n",
                age_us / US_PER_S);
        return EXIT_UNAVAILABLE;
    }
    return arguments->check && is_trouble(status) ? EXIT_NOT_MET : EXIT_DONE;
}

int command_status(const struct arguments *arguments)
{
    CLEANUP_FREE char *lock_path = runtime_path(arguments->folder, "lock");
    CLEANUP_FREE char *path = runtime_path(arguments->folder, "status.json");
    CLEANUP_FREE char *text = NULL;
    struct status status = {0};
    pid_t holder = 0;
    if (!lock_path || !path)
        return EXIT_FAULT;
    int result = runtime_holder(lock_path, &holder);
    if (result == -ESRCH) {
        fprintf(stderr, "lambda-warmd: no daemon is running: nothing holds %s\n", lock_path);
        return EXIT_UNAVAILABLE;
    }
    if (result < 0)
        return say_unreadable(lock_path, result);
    result = status_load(path, &status, &text);
    if (result < 0)
        return say_unreadable(path, result);
    int code = report(arguments, &status, text);
    status_free(&status);
    return code;
}
