#include "base/cleanup.h"
#include "base/require.h"
#include "base/trace.h"
#include "commands/command_line.h"
#include "volley/execute.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

/* Call it before anything is opened: whoever starts the program may have closed the standard streams. It
 * occupies their numbers: else the next socket would get them, and what is meant for stderr would go to an
 * endpoint. Writing to such a stream fails. */
static void hold_streams(void)
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

/* Flushes stdout at the program's end. Returns CODE, or EXIT_FAULT in place of EXIT_DONE where some of the
 * output could not be written, which is said on stderr. A reader that has gone has read what it wanted: that
 * isn't a failure. */
static int finish_streams(int code)
{
    int error = fflush(stdout) == 0 ? 0 : errno;
    if ((error == 0 && !ferror(stdout)) || error == EPIPE || is_reader_gone())
        return code;
    fprintf(stderr, "lambda-warmd: the output could not be written%s%s\n", error ? ": " : "",
            error ? strerror(error) : "");
    return code == EXIT_DONE ? EXIT_FAULT : code;
}

/* Prevents core files, whatever ends the process (the watchdog's SIGABRT too), because there are secrets in
 * memory. Not with the address sanitizer: its leak detection needs what this forbids. */
static void forbid_core_files(void)
{
#if !defined(__SANITIZE_ADDRESS__)
    prctl(PR_SET_DUMPABLE, 0);
#endif
}

static int run_command(const struct arguments *arguments)
{
    static int (*const commands[])(const struct arguments *) = {
        [COMMAND_RUN] = command_run,       [COMMAND_RELOAD] = command_reload,
        [COMMAND_STATUS] = command_status, [COMMAND_CHECK] = command_check,
        [COMMAND_PLAN] = command_plan,     [COMMAND_ONCE] = command_once,
        [COMMAND_PROBE] = command_probe,   [COMMAND_REPORT] = command_report,
        [COMMAND_HELP] = command_help,     [COMMAND_VERSION] = command_version,
        [COMMAND_NONE] = command_none,
    };
    if (execute_global_init() < 0) {
        fprintf(stderr, "lambda-warmd: libcurl does not start\n");
        return EXIT_FAULT;
    }
    REQUIRE(commands[arguments->command]);
    return commands[arguments->command](arguments);
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    forbid_core_files();
    hold_streams();
    trace_open();
    signal(SIGPIPE, SIG_IGN);
    int code = command_line_read(argc, argv, &arguments);
    if (code == EXIT_DONE)
        code = run_command(&arguments);
    command_line_free(&arguments);
    return finish_streams(code);
}
