#include "commands/load.h"

#include "base/descriptors.h"
#include "base/timezone.h"
#include "commands/commands.h"
#include "config/config.h"
#include "plan/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

int descriptors_raise_for(const struct plan *plan, struct error *error)
{
    uint64_t needed = plan_descriptors_needed(plan), limit = descriptors_raise();
    if (needed > limit)
        return error_set(error, -EMFILE,
                         "needs %" PRIu64 " file descriptors, the limit is %" PRIu64
                         ": raise LimitNOFILE= (or ulimit "
                         "-Hn), or lower warm or daemon.max_in_flight",
                         needed, limit);
    return 0;
}

static int make_sendable(const struct plan *plan, const char *path, struct mistakes *mistakes)
{
    struct error error = {0};
    if (plan->secrets_missing)
        error_set(
            &error, -ENOKEY,
            "secrets are named but $CREDENTIALS_DIRECTORY is not set: for a service, add "
            "LoadCredential=NAME:FILE (systemctl edit lambda-warmd) and restart the service, because a "
            "reload does not load secrets; in a shell, set the variable to the folder with the secrets");
    else if (descriptors_raise_for(plan, &error) >= 0)
        return 0;
    mistakes_add(mistakes, path, 0, "%s", error.message);
    return -EINVAL;
}

static int turn_to_zone(const char *zone, const char *path, struct mistakes *mistakes)
{
    int result = timezone_use(zone);
    if (result == -ENAMETOOLONG)
        mistakes_add(mistakes, path, 0, "the time zone in $TZ has a name of over %d characters", PATH_MAX);
    return result == -ENAMETOOLONG ? -EINVAL : result;
}

int config_read(const char *path, bool to_send, struct plan **ret_plan, struct mistakes *mistakes)
{
    CLEANUP(cleanup_plan_unref) struct plan *plan = NULL;
    int result = config_load(path, &plan, mistakes);
    if (result >= 0 && to_send)
        result = make_sendable(plan, path, mistakes);
    if (result >= 0)
        result = turn_to_zone(plan->daemon.timezone, path, mistakes);
    if (result < 0 && mistakes->errors == 0)
        mistakes_add(mistakes, path, 0, "%s", result == -ENOMEM ? "out of memory" : strerror(-result));
    if (result < 0)
        return result;
    *ret_plan = STEAL(plan);
    return 0;
}

int config_exit_code(int result)
{
    switch (result) {
    case 0:
        return EXIT_DONE;
    case -ENOENT:
        return EXIT_NO_INPUT;
    case -EACCES:
        return EXIT_PERMISSION;
    case -EINVAL:
        return EXIT_CONFIG;
    default:
        return EXIT_FAULT;
    }
}

int config_load_or_say(const char *path, struct plan **ret_plan)
{
    CLEANUP_MISTAKES struct mistakes mistakes = {0};
    int result = config_read(path, false, ret_plan, &mistakes);
    say_mistakes(&mistakes);
    return config_exit_code(result);
}
