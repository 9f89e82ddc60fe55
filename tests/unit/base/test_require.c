#include "../cmocka_all.h"

#include "base/require.h"
#include "plan/plan.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/* Runs WORK in a child; its stderr goes to TEXT. Returns its wait status. */
static int run_child(void (*work)(void), char *text, size_t size)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGABRT, SIG_DFL); /* cmocka catches it */
        dup2(ends[1], STDERR_FILENO);
        work();
        _exit(0);
    }
    close(ends[1]);
    FILE *file = fdopen(ends[0], "r");
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static int seven = 7;

static void break_it(void)
{
    REQUIRE(seven == 8);
}

static void keep_it(void)
{
    REQUIRE(seven == 7);
}

/* The plan's last reference is gone already. */
static void unref_twice(void)
{
    struct plan plan = {.refs = 0};
    plan_unref(&plan);
}

static void test_what_holds_changes_nothing(void **state)
{
    char text[512];
    (void)state;
    assert_int_equal(run_child(keep_it, text, sizeof text), 0);
    assert_string_equal(text, "");
}

static void test_what_does_not_hold_aborts_and_says_what_and_where(void **state)
{
    char text[512];
    (void)state;
    int status = run_child(break_it, text, sizeof text);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_non_null(strstr(text, "lambda-warmd: a bug, please report it: tests/unit/base/test_require.c:"));
    assert_non_null(strstr(text, ": break_it requires: seven == 8\n"));
}

static void test_a_reference_given_back_twice(void **state)
{
    char text[512];
    (void)state;
    int status = run_child(unref_twice, text, sizeof text);
    assert_true(WIFSIGNALED(status));
    assert_non_null(strstr(text, "daemon/plan/plan.c:"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_holds_changes_nothing),
        cmocka_unit_test(test_what_does_not_hold_aborts_and_says_what_and_where),
        cmocka_unit_test(test_a_reference_given_back_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
