/* AWS's shared files, and command lines in words. */
#include "../cmocka_all.h"

#include "../scratch.h"
#include "aws/ini.h"
#include "aws/words.h"
#include "base/cleanup.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static void reads_profiles(void **state)
{
    static const char text[] = "\xef\xbb\xbf# of a test\r\n"
                               "[default]\r\n"
                               "Region = eu-west-1\r\n"
                               "output = json ; no comment\r\n"
                               "aws_secret_access_key = a/b+c=#d;e\n"
                               "s3 =\n"
                               "  max_concurrent_requests = 20\n"
                               "empty=\n"
                               "\n"
                               "[profile \"two words\"]  comment\n"
                               "region: us-east-2\r"
                               "credential_process = \"a ; b\" # c\n"
                               "  # of its own\n"
                               "   --more 1\n"
                               "[profile two words]\n"
                               "[services local]\n"
                               "lambda =\n"
                               "  endpoint_url = http://one\n"
                               "  other=1\n"
                               "sts = x\n"
                               "[empty]\n"
                               "[DEFAULT]\n"
                               "output = text\n"
                               "duration_seconds = 7\n"
                               "[profile default]\n"
                               "  role_arn = arn\n"
                               "  s3 =\n"
                               "    duration_seconds = 5\n"
                               "  external_id = x";
    CLEANUP_INI struct ini config = {0}, credentials = {0};
    const char *path = scratch_write(*state, "config", text);
    assert_int_equal(ini_read(path, INI_CONFIG, &config, NULL), 0);
    assert_int_equal(ini_read(path, INI_CREDENTIALS, &credentials, NULL), 0);
    const struct ini_entry *region = ini_get(&credentials, "default", "region");
    assert_string_equal(region->value, "eu-west-1");
    assert_int_equal(region->line, 3);
    assert_string_equal(ini_get(&credentials, "default", "output")->value, "json ; no comment");
    assert_string_equal(ini_get(&credentials, "default", "empty")->value, "");
    assert_string_equal(ini_get(&credentials, "default", "aws_secret_access_key")->value, "a/b+c=#d;e");
    assert_null(ini_get(&credentials, "default", "max_concurrent_requests"));
    assert_string_equal(ini_get(&credentials, "default", "duration_seconds")->value, "7");
    /* [profile default] comes later than [default], and so takes its place. */
    assert_null(ini_get(&config, "default", "region"));
    assert_string_equal(ini_get(&config, "default", "role_arn")->value, "arn");
    assert_string_equal(ini_get(&config, "default", "external_id")->value, "x");
    assert_string_equal(ini_get(&config, "default", "output")->value, "text");
    assert_string_equal(ini_get(&config, "two words", "region")->value, "us-east-2");
    assert_string_equal(ini_get(&config, "two words", "credential_process")->value,
                        "\"a ; b\" # c\n--more 1");
    assert_int_equal(ini_get(&config, "two words", "credential_process")->line, 12);
    assert_null(ini_get(&config, "default", "absent"));
    assert_null(ini_profile(&config, "empty"));
    assert_null(ini_profile(&config, "local"));
    assert_null(ini_profile(&config, "DEFAULT"));
    assert_non_null(ini_profile(&credentials, "empty"));
    assert_null(ini_profile(&credentials, "two words"));
    assert_non_null(ini_profile(&credentials, "profile \"two words\""));
}

static void services(void **state)
{
    CLEANUP_INI struct ini ini = {0};
    CLEANUP_FREE char *value = NULL;
    const char *path = scratch_write(*state, "config",
                                     "[services \"a b\"]\nlambda =\n  endpoint_url = http://one\n  other=1\n"
                                     "sts = endpoint_url = http://flat\n[services c]\n");
    assert_int_equal(ini_read(path, INI_CONFIG, &ini, NULL), 0);
    assert_int_equal(ini_get_service(&ini, "a b", "lambda", "endpoint_url", &value), 1);
    assert_string_equal(value, "http://one");
    assert_int_equal(ini_get_service(&ini, "a b", "lambda", "absent", &value), 0);
    assert_int_equal(ini_get_service(&ini, "a b", "sts", "endpoint_url", &value), 0);
    assert_int_equal(ini_get_service(&ini, "c", "lambda", "endpoint_url", &value), 0);
    assert_int_equal(ini_get_service(&ini, "d", "lambda", "endpoint_url", &value), -ENOENT);
}

static void names_the_line_and_never_quotes_it(void **state)
{
    static const struct {
        const char *text;
        size_t length;
        unsigned line;
    } rows[] = {
        {"[a]\nplanted junk\n", 0, 2},
        {"aws_secret_access_key = planted\n", 0, 1},
        {"[a]\nx=1\n[planted\n", 0, 3},
        {"[a] is fine\nplanted\n", 0, 2},
        {"[a]\nx=1\n[b]\n[a]\n", 0, 4},
        {"[a]\nx=planted\ny=1\nX: planted\n", 0, 4},
        {"[a]\nx=\n  planted\n", 0, 3},
        {"[a]\nx=\n  y=1\n  planted\n", 0, 4},
        {"[]\n", 0, 1},
        {"[a]\n= planted\n", 0, 2},
        {"[a]\nx=pl\0anted\n", 15, 2},
        {"\x7f"
         "ELF\x02planted",
         0, 1},
        {"  planted\n", 0, 1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP_INI struct ini ini = {0};
        struct error error = {0};
        char place[300];
        size_t length = rows[i].length ? rows[i].length : strlen(rows[i].text);
        const char *path = scratch_write_bytes(*state, "junk", rows[i].text, length);
        snprintf(place, sizeof place, "%s:%u: ", path, rows[i].line);
        assert_int_equal(ini_read(path, INI_CREDENTIALS, &ini, &error), -EBADMSG);
        if (strncmp(error.message, place, strlen(place)) != 0 || strstr(error.message, "planted"))
            fail_msg("row %zu: %s", i, error.message);
    }
}

static void says_what_is_wrong_with_a_file(void **state)
{
    CLEANUP_INI struct ini ini = {0};
    struct error error = {0};
    assert_int_equal(ini_read(scratch_path(*state, "absent"), INI_CREDENTIALS, &ini, &error), -ENOENT);
    assert_int_equal(ini_read(scratch_path(*state, "."), INI_CREDENTIALS, &ini, &error), -EISDIR);
    assert_non_null(strstr(error.message, "is a directory"));
    mkfifo(scratch_path(*state, "fifo"), 0600);
    assert_int_equal(ini_read(scratch_path(*state, "fifo"), INI_CREDENTIALS, &ini, &error), -ENOTSUP);
    assert_int_equal(ini.n_entries, 0);
}

static void splits_as_a_shell(void **state)
{
    (void)state;
    static const struct {
        const char *command;
        int result;
        size_t n;
        const char *words[4];
    } rows[] = {
        {"/bin/x", 1, 1, {"/bin/x"}},
        {"  a\tb  c ", 1, 3, {"a", "b", "c"}},
        {"a 'b c' \"d e\"", 1, 3, {"a", "b c", "d e"}},
        {"a \"b # c ; d\"\n--more\n", 1, 3, {"a", "b # c ; d", "--more"}},
        {"a b' 'c\"\" ''", 1, 3, {"a", "b c", ""}},
        {"a b\\ c \"d\\\"e\\n\"", 1, 3, {"a", "b c", "d\"e\\n"}},
        {"a '$x|y' =z", 1, 3, {"a", "$x|y", "=z"}},
        {"a $HOME", 0, 0, {NULL}},
        {"a \"$HOME\"", 0, 0, {NULL}},
        {"a | b", 0, 0, {NULL}},
        {"a; b", 0, 0, {NULL}},
        {"a *", 0, 0, {NULL}},
        {"~/a", 0, 0, {NULL}},
        {"X=1 a", 0, 0, {NULL}},
        {"a `b`", 0, 0, {NULL}},
        {"a 'b", -EINVAL, 0, {NULL}},
        {"a \"b", -EINVAL, 0, {NULL}},
        {"  ", -EINVAL, 0, {NULL}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP_WORDS struct words words = {0};
        if (words_split(rows[i].command, &words) != rows[i].result || words.n != rows[i].n)
            fail_msg("%s: %zu words", rows[i].command, words.n);
        for (size_t j = 0; j < rows[i].n; j++)
            assert_string_equal(words.words[j], rows[i].words[j]);
        assert_null(words.words[words.n]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_profiles, scratch_create, scratch_remove),
        cmocka_unit_test_setup_teardown(services, scratch_create, scratch_remove),
        cmocka_unit_test_setup_teardown(names_the_line_and_never_quotes_it, scratch_create, scratch_remove),
        cmocka_unit_test_setup_teardown(says_what_is_wrong_with_a_file, scratch_create, scratch_remove),
        cmocka_unit_test(splits_as_a_shell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
