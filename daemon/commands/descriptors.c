#include "commands/descriptors.h"

#include "base/descriptors.h"
#include "plan/limits.h"

#include <errno.h>
#include <inttypes.h>

int plan_has_secrets(const struct plan *plan, struct error *error)
{
    if (!plan->secrets_missing)
        return 0;
    return error_set(
        error, -ENOKEY,
        "secrets are named but $CREDENTIALS_DIRECTORY is not set: for a service, add "
        "LoadCredential=NAME:FILE (systemctl edit lambda-warmd) and restart the service, because a reload "
        "does not load secrets; in a shell, set the variable to the folder with the secrets");
}

int plan_is_sendable(const struct plan *plan, struct error *error)
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
