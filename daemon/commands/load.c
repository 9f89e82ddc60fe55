#include "commands/load.h"

#include "base/timezone.h"
#include "commands/descriptors.h"
#include "plan/config.h"

#include <errno.h>
#include <stdio.h>

static void say(const struct mistakes *mistakes)
{
    for (size_t i = 0; i < mistakes->n; i++) {
        CLEANUP_FREE char *line = mistake_format(&mistakes->items[i]);
        fprintf(stderr, "%s\n", line ? line : mistakes->items[i].text);
    }
}

static int exit_code_of(int result)
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

int config_load_or_say(const char *path, bool to_send, struct plan **ret_plan)
{
    CLEANUP_MISTAKES struct mistakes mistakes = {0};
    CLEANUP(cleanup_plan_unref) struct plan *plan = NULL;
    struct error error = {0};
    int result = config_load(path, &plan, &mistakes);
    if (result == 0 && to_send && plan_is_sendable(plan, &error) < 0) {
        mistakes_add(&mistakes, path, 0, "%s", error.message);
        result = -EINVAL;
    }
    if (result == 0)
        result = timezone_use(plan->daemon.timezone);
    say(&mistakes);
    if (result == -ENOMEM)
        fprintf(stderr, "%s: out of memory\n", path);
    if (result == 0)
        *ret_plan = STEAL(plan);
    return exit_code_of(result);
}
