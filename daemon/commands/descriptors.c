#include "commands/descriptors.h"

#include "plan/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/resource.h>

uint64_t descriptors_raise(void)
{
    struct rlimit limit = {0};
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 0;
    if (limit.rlim_cur < limit.rlim_max) {
        struct rlimit raised = {.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) < 0)
            return limit.rlim_cur;
    }
    return limit.rlim_max;
}

int plan_is_sendable(const struct plan *plan, struct error *error)
{
    uint64_t needed = plan_descriptors_needed(plan), limit = descriptors_raise();
    if (plan->credentials_missing)
        return error_set(
            error, -ENOKEY,
            "credentials are named but $CREDENTIALS_DIRECTORY is not set: run it as a service with "
            "LoadCredential=, or set the variable to a folder that holds them");
    if (needed > limit)
        return error_set(error, -EMFILE,
                         "needs %" PRIu64 " file descriptors, the limit is %" PRIu64
                         ": raise LimitNOFILE= (or ulimit "
                         "-Hn), or lower warm or daemon.max_in_flight",
                         needed, limit);
    return 0;
}
