#include "base/require.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void require_failed(const char *file, int line, const char *function, const char *condition)
{
    dprintf(STDERR_FILENO, "lambda-warmd: a bug, please report it: %s:%d: %s requires: %s\n", file, line,
            function, condition);
    abort();
}
