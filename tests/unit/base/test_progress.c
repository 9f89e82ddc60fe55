#include "base/progress.h"

#include "../cmocka_all.h"
#include "base/clock.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* A terminal, and what has been shown on it. */
struct screen {
    int master;
    FILE *out;
    char shown[4096];
};

static uint64_t now_ns;

static uint64_t stand_still(clockid_t clock)
{
    (void)clock;
    return now_ns;
}

static void pass_ms(uint64_t ms)
{
    now_ns += ms * 1000000;
}

static int set_up(void **state)
{
    struct screen *screen = calloc(1, sizeof *screen);
    screen->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    assert_true(screen->master >= 0);
    assert_int_equal(grantpt(screen->master), 0);
    assert_int_equal(unlockpt(screen->master), 0);
    int terminal = open(ptsname(screen->master), O_RDWR | O_NOCTTY);
    assert_true(terminal >= 0);
    screen->out = fdopen(terminal, "w");
    setenv("TERM", "xterm", 1);
    now_ns = 5000000000;
    clock_set_source(stand_still);
    *state = screen;
    return 0;
}

static int tear_down(void **state)
{
    struct screen *screen = *state;
    clock_set_source(NULL);
    fclose(screen->out);
    close(screen->master);
    free(screen);
    return 0;
}

static void resize(const struct screen *screen, unsigned short columns)
{
    struct winsize size = {.ws_col = columns, .ws_row = 24};
    assert_int_equal(ioctl(screen->master, TIOCSWINSZ, &size), 0);
}

/* What has been written to the terminal since the last call. */
static const char *shown(struct screen *screen)
{
    ssize_t n = read(screen->master, screen->shown, sizeof screen->shown - 1);
    screen->shown[n > 0 ? n : 0] = '\0';
    return screen->shown;
}

static void is_shown_in_place_ten_times_a_second_and_then_gone(void **state)
{
    struct screen *screen = *state;
    struct progress progress = progress_begin(screen->out, screen->out);
    assert_false(progress_is_due(&progress));
    assert_int_equal(progress_wait_ms(&progress), 100);
    progress_show(&progress, "orders", "armed %d/%d", 1, 10);
    assert_string_equal(shown(screen), "");

    pass_ms(100);
    assert_true(progress_is_due(&progress));
    assert_int_equal(progress_wait_ms(&progress), 0);
    progress_show(&progress, "orders", "armed %d/%d", 2, 10);
    assert_string_equal(shown(screen), "\r\033[Korders: armed 2/10");
    pass_ms(99);
    progress_show(&progress, "orders", "armed %d/%d", 3, 10);
    assert_string_equal(shown(screen), "");
    pass_ms(1);
    progress_show(&progress, "orders", "armed %d/%d", 4, 10);
    assert_string_equal(shown(screen), "\r\033[Korders: armed 4/10");

    pass_ms(100);
    progress_show(&progress, "orders", "armed %d/%d", 4, 10);
    assert_string_equal(shown(screen), "");
    pass_ms(100);
    progress_postpone(&progress);
    assert_false(progress_is_due(&progress));
    assert_int_equal(progress_wait_ms(&progress), 100);

    progress_hide(&progress);
    assert_string_equal(shown(screen), "\r\033[K");
    progress_hide(&progress);
    assert_string_equal(shown(screen), "");
    pass_ms(100);
    progress_show(&progress, "orders", "armed %d/%d", 5, 10);
    assert_string_equal(shown(screen), "\r\033[Korders: armed 5/10");
    progress_hide(&progress);
}

static void what_is_over_soon_is_not_shown(void **state)
{
    struct screen *screen = *state;
    struct progress progress = progress_begin(screen->out, screen->out);
    pass_ms(99);
    progress_show(&progress, "orders", "released");
    progress_hide(&progress);
    assert_string_equal(shown(screen), "");
}

static void nobody_is_shown_anything_without_two_terminals_with_a_cursor(void **state)
{
    struct screen *screen = *state;
    FILE *file = tmpfile();
    struct progress hidden[4] = {progress_begin(screen->out, file), progress_begin(file, screen->out)};
    setenv("TERM", "dumb", 1);
    hidden[2] = progress_begin(screen->out, screen->out);
    unsetenv("TERM");
    hidden[3] = progress_begin(screen->out, screen->out);
    pass_ms(1000);
    for (size_t i = 0; i < 4; i++) {
        assert_false(progress_is_due(&hidden[i]));
        assert_int_equal(progress_wait_ms(&hidden[i]), -1);
        progress_show(&hidden[i], "orders", "released");
        progress_hide(&hidden[i]);
    }
    assert_string_equal(shown(screen), "");
    assert_int_equal(ftell(file), 0);
    fclose(file);
}

static void fits_the_terminal_as_wide_as_it_is_now(void **state)
{
    struct screen *screen = *state;
    struct progress progress = progress_begin(screen->out, screen->out);
    static const char name[] = "a-name-of-an-endpoint-that-is-long";
    setenv("COLUMNS", "500", 1); /* lies */
    resize(screen, 80);
    pass_ms(100);
    progress_show(&progress, name, "armed 812/1000");
    assert_string_equal(shown(screen), "\r\033[Ka-name-of-an-endpoint-that-is-long: armed 812/1000");
    resize(screen, 40);
    pass_ms(100);
    progress_show(&progress, name, "armed 812/1000");
    assert_string_equal(shown(screen), "\r\033[Ka-name-of-an-endpoin...: armed 812/1000");
    assert_int_equal(strlen(screen->shown), strlen("\r\033[K") + 39);
    progress_hide(&progress);
    unsetenv("COLUMNS");
}

static void loses_part_of_its_subject_first(void **state)
{
    static const struct {
        size_t columns;
        const char *line;
    } rows[] = {{50, "orders: armed 812/1000"},
                {22, "orders: armed 812/1000"},
                {21, "or...: armed 812/1000"},
                {20, "o...: armed 812/1000"},
                {19, "armed 812/1000"},
                {14, "armed 812/1000"},
                {13, "armed 812/100"},
                {1, "a"},
                {0, ""}};
    char line[PROGRESS_LINE_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        progress_fit(line, "orders", "armed 812/1000", rows[i].columns);
        assert_string_equal(line, rows[i].line);
    }
    char subject[600];
    memset(subject, 's', sizeof subject);
    subject[sizeof subject - 1] = '\0';
    progress_fit(line, subject, "x", 500);
    assert_int_equal(strlen(line), PROGRESS_LINE_MAX - 1);
    assert_string_equal(line + PROGRESS_LINE_MAX - 1 - strlen("s...: x"), "s...: x");
}

/* Ends a child that shows a line with SIGNAL; returns what its parent learns of that. */
static int end_by(struct screen *screen, int signal_number)
{
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct progress progress = progress_begin(screen->out, screen->out);
        pass_ms(100);
        progress_show(&progress, "orders", "released");
        raise(signal_number);
        _exit(3); /* it was ignored */
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void a_signal_that_ends_the_program_erases_it(void **state)
{
    struct screen *screen = *state;
    int status = end_by(screen, SIGINT);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
    assert_string_equal(shown(screen), "\r\033[Korders: released\r\033[K");

    signal(SIGTERM, SIG_IGN);
    status = end_by(screen, SIGTERM);
    signal(SIGTERM, SIG_DFL);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    assert_string_equal(shown(screen), "\r\033[Korders: released");
}

static void leaves_signals_as_they_were(void **state)
{
    struct screen *screen = *state;
    struct sigaction now;
    struct progress progress = progress_begin(screen->out, screen->out);
    pass_ms(100);
    progress_show(&progress, "orders", "released");
    assert_int_equal(sigaction(SIGINT, NULL, &now), 0);
    assert_ptr_not_equal(now.sa_handler, SIG_DFL);
    progress_hide(&progress);
    assert_int_equal(sigaction(SIGINT, NULL, &now), 0);
    assert_ptr_equal(now.sa_handler, SIG_DFL);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(is_shown_in_place_ten_times_a_second_and_then_gone),
        TEST(what_is_over_soon_is_not_shown),
        TEST(nobody_is_shown_anything_without_two_terminals_with_a_cursor),
        TEST(fits_the_terminal_as_wide_as_it_is_now),
        cmocka_unit_test(loses_part_of_its_subject_first),
        TEST(a_signal_that_ends_the_program_erases_it),
        TEST(leaves_signals_as_they_were),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
