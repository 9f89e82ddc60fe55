#include "base/progress.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/trace.h"

#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { COLUMNS_DEFAULT = 80 };
#define PERIOD_US (100 * US_PER_MS)

/* To the line's beginning, and all of it away. */
#define ERASE "\r\033[K"

static const int ending_signals[] = {SIGINT, SIGTERM, SIGQUIT, SIGHUP};

/* For the handler: where a line is shown (-1: nowhere), and what the signals did before. */
static volatile sig_atomic_t shown_on = -1;
static struct sigaction before[COUNT_OF(ending_signals)];

/* Not while another job has the terminal: it would lose what it has written. */
static bool is_another_jobs(int fd)
{
    pid_t foreground = tcgetpgrp(fd);
    return foreground >= 0 && foreground != getpgrp();
}

/* Only does what a signal handler may. */
static void erase(int fd)
{
    if (!is_another_jobs(fd))
        (void)!write(fd, ERASE, strlen(ERASE));
}

/* Erases the line and lets the signal do what it does by default: end the process. */
static void on_ending_signal(int signal_number)
{
    if (shown_on >= 0)
        erase(shown_on);
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

/* Signals that are ignored or handled don't end the process, so they are left alone. */
static void guard(int fd)
{
    struct sigaction ours = {.sa_handler = on_ending_signal};
    shown_on = fd;
    for (size_t i = 0; i < COUNT_OF(ending_signals); i++)
        if (sigaction(ending_signals[i], NULL, &before[i]) == 0 && before[i].sa_handler == SIG_DFL)
            sigaction(ending_signals[i], &ours, NULL);
}

static void unguard(void)
{
    for (size_t i = 0; i < COUNT_OF(ending_signals); i++)
        if (before[i].sa_handler == SIG_DFL)
            sigaction(ending_signals[i], &before[i], NULL);
    shown_on = -1;
}

static bool has_cursor(void)
{
    const char *terminal = getenv("TERM");
    return terminal && *terminal && strcmp(terminal, "dumb") != 0;
}

struct progress progress_begin(FILE *out, FILE *results)
{
    bool is_wanted = isatty(fileno(out)) && isatty(fileno(results)) && has_cursor() && !trace_is_on;
    return (struct progress){.out = is_wanted ? out : NULL,
                             .due_us = is_wanted ? clock_monotonic_us() + PERIOD_US : UINT64_MAX};
}

bool progress_is_due(const struct progress *progress)
{
    return progress->out && clock_monotonic_us() >= progress->due_us;
}

int progress_wait_ms(const struct progress *progress)
{
    if (!progress->out)
        return -1;
    uint64_t now_us = clock_monotonic_us();
    return now_us >= progress->due_us ? 0 : (int)((progress->due_us - now_us + US_PER_MS - 1) / US_PER_MS);
}

void progress_fit(char line[PROGRESS_LINE_MAX], const char *subject, const char *state, size_t columns)
{
    static const char cut[] = "...";
    size_t most = columns < PROGRESS_LINE_MAX ? columns : PROGRESS_LINE_MAX - 1;
    size_t rest = strlen(": ") + strlen(state), room = most > rest ? most - rest : 0;
    bool is_whole = strlen(subject) <= room;
    size_t kept = is_whole ? strlen(subject) : room > strlen(cut) ? room - strlen(cut) : 0;
    snprintf(line, PROGRESS_LINE_MAX, "%.*s%s%s%.*s", (int)kept, subject, is_whole || !kept ? "" : cut,
             kept ? ": " : "", (int)most, state);
}

/* Asked each time: it may have been resized. Not $COLUMNS: a line that wraps could not be erased. */
static size_t columns_of(int fd)
{
    struct winsize size = {0};
    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : COLUMNS_DEFAULT;
}

/* Stopped (Ctrl-S): nobody waits for a line. */
static bool is_stopped(int fd)
{
    struct pollfd terminal = {.fd = fd, .events = POLLOUT};
    return poll(&terminal, 1, 0) != 1 || !(terminal.revents & POLLOUT);
}

void progress_postpone(struct progress *progress)
{
    progress->due_us = clock_monotonic_us() + PERIOD_US;
}

void progress_show(struct progress *progress, const char *subject, const char *format, ...)
{
    char state[PROGRESS_LINE_MAX], line[PROGRESS_LINE_MAX], bytes[PROGRESS_LINE_MAX + sizeof ERASE];
    if (!progress_is_due(progress))
        return;
    int fd = fileno(progress->out);
    progress_postpone(progress);
    if (is_another_jobs(fd) || is_stopped(fd))
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(state, sizeof state, format, args);
    va_end(args);
    progress_fit(line, subject, state, columns_of(fd) - 1); /* in the last column, the cursor may wrap */
    if (strcmp(line, progress->line) == 0)
        return;
    if (!*progress->line)
        guard(fd);
    memcpy(progress->line, line, sizeof line);
    int length = snprintf(bytes, sizeof bytes, ERASE "%s", line);
    (void)!write(fd, bytes, (size_t)length);
}

void progress_hide(struct progress *progress)
{
    if (!*progress->line)
        return;
    erase(fileno(progress->out));
    *progress->line = '\0';
    unguard();
}
