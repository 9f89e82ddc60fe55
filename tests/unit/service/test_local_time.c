/* Watching local time leaves nothing behind, whether it succeeds or not. */
#include "../cmocka_all.h"

#include "service/local_time.h"

#include <dirent.h>
#include <sys/wait.h>
#include <unistd.h>

static size_t open_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    size_t n = 0;
    assert_non_null(folder);
    while (readdir(folder))
        n++;
    closedir(folder);
    return n;
}

static void closing_closes_all(void **state)
{
    (void)state;
    sd_event *loop = NULL;
    size_t before = open_descriptors();
    assert_int_equal(sd_event_new(&loop), 0);
    struct local_time local = {0};
    assert_int_equal(local_time_watch(&local, loop), 0);
    assert_true(open_descriptors() > before);
    local_time_close(&local);
    sd_event_unref(loop);
    assert_int_equal(open_descriptors(), before);
}

/* A loop refuses everything in a process that it was not made in. */
static void what_fails_is_closed(void **state)
{
    (void)state;
    sd_event *loop = NULL;
    int status = 0;
    assert_int_equal(sd_event_new(&loop), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct local_time local = {0};
        size_t before = open_descriptors();
        int result = local_time_watch(&local, loop);
        local_time_close(&local);
        _exit(result < 0 && open_descriptors() == before ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    sd_event_unref(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closing_closes_all),
        cmocka_unit_test(what_fails_is_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
