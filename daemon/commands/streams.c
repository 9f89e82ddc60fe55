#include "commands/streams.h"

#include "commands/exit_codes.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void streams_hold(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            /* FD is the lowest free number. It is opened in the wrong direction, so that reading and writing
             * fail as before. */
            (void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

/* Asks the descriptor, because the error of a write that failed earlier is no longer known. */
static bool is_reader_gone(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO};
    return poll(&out, 1, 0) == 1 && out.revents & POLLERR;
}

int streams_finish(int code)
{
    int error = fflush(stdout) == 0 ? 0 : errno;
    if ((error == 0 && !ferror(stdout)) || error == EPIPE || is_reader_gone())
        return code;
    fprintf(stderr, "lambda-warmd: the output could not be written%s%s\n", error ? ": " : "",
            error ? strerror(error) : "");
    return code == EXIT_DONE ? EXIT_FAULT : code;
}
