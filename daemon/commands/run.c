#include "commands/commands.h"
#include "commands/load.h"
#include "service/daemon.h"

#include <stdio.h>

static int read_to_send(const char *path, struct plan **ret_plan, struct mistakes *mistakes)
{
    return config_read(path, true, ret_plan, mistakes);
}

int command_run(const struct arguments *arguments)
{
    struct error error = {0};
    int result = daemon_run(arguments->config_path, read_to_send, &error);
    if (!*error.message)
        return config_exit_code(result);
    fprintf(stderr, "lambda-warmd: %s\n", error.message);
    return EXIT_FAULT;
}
