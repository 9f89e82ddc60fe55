#include "commands/names.h"

#include "commands/load.h"
#include "config/config.h"

#include <stdio.h>
#include <string.h>

int names_print(const char *path)
{
    CLEANUP_TEXT struct text names = {0};
    int result = config_names(path, &names);
    if (result < 0)
        fprintf(stderr, "lambda-warmd help: cannot read %s: %s\n", path, strerror(-result));
    else if (names.length)
        fputs(names.data, stdout);
    return config_exit_code(result);
}
