#include "base/descriptors.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/resource.h>

static atomic_bool is_raised;
static rlim_t inherited; /* set when the limit is first raised */

uint64_t descriptors_raise(void)
{
    struct rlimit limit = {0};
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 0;
    if (limit.rlim_cur < limit.rlim_max) {
        struct rlimit raised = {.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) < 0)
            return limit.rlim_cur;
        if (!atomic_load(&is_raised)) {
            inherited = limit.rlim_cur;
            atomic_store(&is_raised, true);
        }
    }
    return limit.rlim_max;
}

void descriptors_restore(void)
{
    struct rlimit limit = {0};
    if (!atomic_load(&is_raised) || getrlimit(RLIMIT_NOFILE, &limit) < 0 || inherited > limit.rlim_max)
        return;
    limit.rlim_cur = inherited;
    setrlimit(RLIMIT_NOFILE, &limit);
}
