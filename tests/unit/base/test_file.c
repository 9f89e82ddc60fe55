/* Files that are read and replaced: plain ones only, whatever lies in their place. */
#include "../cmocka_all.h"
#include "../scratch.h"
#include "base/cleanup.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* What PATH holds, until the next call. */
static const char *text_of(const char *path)
{
    static char text[256];
    FILE *file = fopen(path, "r");
    text[file ? fread(text, 1, sizeof text - 1, file) : 0] = '\0';
    if (file)
        fclose(file);
    return text;
}

static int replace(const char *path, const char *text)
{
    struct replacement replacement;
    int result = replacement_begin(&replacement, path, 0640);
    if (result < 0)
        return result;
    fputs(text, replacement.file);
    return replacement_commit(&replacement);
}

static void only_plain_files_are_opened(void **state)
{
    struct stat info;
    const char *plain = scratch_write(*state, "plain", "text");
    const char *link = scratch_path(*state, "link"), *pipe = scratch_path(*state, "pipe");
    assert_int_equal(symlink(plain, link), 0);
    assert_int_equal(mkfifo(pipe, 0600), 0); /* without a writer, opening it would wait for ever */
    assert_int_equal(file_open(pipe, FILE_FOLLOW_LINKS, &info), -ENOTSUP);
    assert_int_equal(file_open("/dev/zero", FILE_FOLLOW_LINKS, &info), -ENOTSUP);
    assert_int_equal(file_open(*state, FILE_FOLLOW_LINKS, &info), -EISDIR);
    assert_int_equal(file_open(link, FILE_NO_LINK, &info), -ELOOP);
    assert_int_equal(file_open(scratch_path(*state, "none"), FILE_NO_LINK, &info), -ENOENT);
    CLEANUP_CLOSE int followed = file_open(link, FILE_FOLLOW_LINKS, &info);
    assert_true(followed >= 0 && info.st_size == 4);
}

static void a_file_is_read_whole_or_not_at_all(void **state)
{
    struct file file = {.length = 99};
    const char *path = scratch_write(*state, "plain", "text");
    assert_int_equal(file_read_up_to(path, FILE_NO_LINK, 4, &file), 0);
    assert_int_equal(file.length, 4);
    assert_string_equal(file.bytes, "text");
    file_free(&file);
    assert_int_equal(file_read_up_to(path, FILE_NO_LINK, 3, &file), -EFBIG);
    assert_null(file.bytes);
}

static void whatever_lies_in_the_way_is_replaced_and_not_written_into(void **state)
{
    const char *other = scratch_write(*state, "other", "precious");
    const char *path = scratch_path(*state, "file"), *new = scratch_path(*state, "file.new");
    assert_int_equal(symlink(other, new), 0);
    assert_int_equal(replace(path, "one"), 0);
    assert_string_equal(text_of(path), "one");
    assert_int_equal(mkfifo(new, 0600), 0);
    assert_int_equal(replace(path, "two"), 0);
    assert_string_equal(text_of(path), "two");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(replace(path, "three"), 0);
    assert_string_equal(text_of(path), "three");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink(other, path), 0);
    assert_int_equal(replace(path, "four"), 0);
    assert_string_equal(text_of(path), "four");
    assert_string_equal(text_of(other), "precious");
    assert_int_equal(access(new, F_OK), -1);
}

static void its_mode_is_the_one_that_was_asked_for(void **state)
{
    struct stat info;
    const char *path = scratch_path(*state, "file");
    mode_t before = umask(0777);
    int result = replace(path, "one");
    umask(before);
    assert_int_equal(result, 0);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0640);
}

/* Not what errno happens to be in the end: what failed first. */
static void what_failed_is_told_and_the_old_file_stays(void **state)
{
    struct rlimit limit;
    struct replacement replacement;
    const char *path = scratch_write(*state, "file", "old");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(replacement_begin(&replacement, path, 0600), 0);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){100, limit.rlim_max}), 0);
    for (int i = 0; i < 100000; i++)
        fputs("0123456789", replacement.file);
    errno = ENOENT;
    int result = replacement_commit(&replacement);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(result, -EFBIG);
    assert_string_equal(text_of(path), "old");
    assert_int_equal(access(scratch_path(*state, "file.new"), F_OK), -1);
    assert_int_equal(replace(scratch_path(*state, "no/file"), "x"), -ENOENT);
}

static void what_is_given_up_leaves_nothing(void **state)
{
    struct replacement replacement;
    const char *path = scratch_path(*state, "file");
    assert_int_equal(replacement_begin(&replacement, path, 0600), 0);
    fputs("half of it", replacement.file);
    replacement_drop(&replacement);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(access(scratch_path(*state, "file.new"), F_OK), -1);
    replacement_drop(&replacement);
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_create, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCRATCH(only_plain_files_are_opened),
        WITH_SCRATCH(a_file_is_read_whole_or_not_at_all),
        WITH_SCRATCH(whatever_lies_in_the_way_is_replaced_and_not_written_into),
        WITH_SCRATCH(its_mode_is_the_one_that_was_asked_for),
        WITH_SCRATCH(what_failed_is_told_and_the_old_file_stays),
        WITH_SCRATCH(what_is_given_up_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
