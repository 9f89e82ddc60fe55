#include "../cmocka_all.h"
#include "../scratch.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "config/grammar.h"
#include "config/splice.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct read {
    struct source source;
    struct mistakes mistakes;
    int result;
};

static int read_path(const char *path, struct read *got)
{
    CLEANUP_TOKENS struct tokens tokens = {0};
    CLEANUP_REPAIR struct repair repair = {0};
    source_free(&got->source);
    got->result = splice_scan(path, false, &got->source, &tokens, &got->mistakes);
    if (grammar_write(&tokens, &got->source, &got->mistakes, &repair) == 1)
        got->result = -EINVAL;
    return got->result;
}

static struct read read_text(void *folder, const char *text)
{
    struct read got = {0};
    read_path(scratch_write(folder, "main.conf", text), &got);
    return got;
}

static void read_free(struct read *got)
{
    source_free(&got->source);
    mistakes_free(&got->mistakes);
}
#define CLEANUP_READ __attribute__((cleanup(read_free)))

struct row {
    const char *given;
    const char *text; /* NULL: a mistake, MESSAGE in line LINE */
    unsigned line;
    const char *message;
};

#define LIST(values) "a = ( " values " ) ;\n"

static const struct row rows[] = {
    {"a = 1;", "a = 1 ;\n", 0, NULL},
    {"\xef\xbb\xbf"
     "a = 1;",
     "a = 1 ;\n", 0, NULL},
    {"a = 1; # end", "a = 1 ;\n", 0, NULL},
    {"a // b\n= /* c\nd */ 1;", "a =\n1 ;\n", 0, NULL},
    {"a = \"# no // comment /* \";", "a = \"# no // comment /* \" ;\n", 0, NULL},
    {"a = \"\\\\\"; # b", "a = \"\\\\\" ;\n", 0, NULL},
    {"a = \"\\\" # b\";", "a = \"\\\" # b\" ;\n", 0, NULL},
    {"a = \"\\\\x00\";", "a = \"\\\\x00\" ;\n", 0, NULL},
    {"a = \"x\ny\";", "a = \"x\ny\" ;\n", 0, NULL},
    {"a/**/= 1", "a = 1 ;\n", 0, NULL},
    /* A string's line in a list is that of what follows it. */
    {"a = ( \"x\" # first\n, \"y\"\n\n)", "a = ( \"x\" ,\n\"y\" ) ;\n", 0, NULL},
    /* Integers as every libconfig reads them. */
    {LIST("2147483647, 2147483648, -2147483648"), LIST("2147483647 , 2147483648L , -2147483648L"), 0, NULL},
    {"a = 4294967299", "a = 4294967299L ;\n", 0, NULL},
    {LIST("4294967299L, 5L, 5LL"), LIST("4294967299L , 5L , 5L"), 0, NULL},
    {"a = 99999999999999999999999", "a = 9223372036854775807L ;\n", 0, NULL},
    {"a = -99999999999999999999999L", "a = -9223372036854775807L ;\n", 0, NULL},
    {LIST("0x10, 0x100000003, 0XFFFFFFFFFFFFFFFFFF"), LIST("16 , 4294967299L , 9223372036854775807L"), 0,
     NULL},
    {LIST("0, -0, +7"), LIST("0 , -0 , 7"), 0, NULL},
    {LIST("1.5, .5, 5., 1e3, 1.e-3, -1.5E+3"), LIST("1.5 , .5 , 5. , 1e3 , 1.e-3 , -1.5E+3"), 0, NULL},
    {"a1 = 1 b-2 = 1 c*3 = 1 * = 1", "a1 = 1 ; b-2 = 1 ; c*3 = 1 ; * = 1 ;\n", 0, NULL},
    {"a = 010;", NULL, 1, "a number can't start with 0"},
    {"a = 1;\nb = 5min;", NULL, 2, "5min needs quotes: \"5min\""},
    {"b = 2.5s;", NULL, 1, "2.5s needs quotes"},
    {"b = 0xzz;", NULL, 1, "0xzz needs quotes"},
    {"b = 5Lx;", NULL, 1, "5Lx needs quotes"},
    {"a = 1;\n/* b\nc", NULL, 2, "this comment is not closed"},
    {"a = 1;\n\nb = \"c;\nd = 1", NULL, 3, "this string is not closed"},
    {"a = \"b\\\"", NULL, 1, "this string is not closed"},
    {"a =\n\"b\\x00c\";", NULL, 2, "a string can't contain a NUL byte (x00)"},
    {"a = 1;\nb = \"\x01\";", NULL, 2, "byte 0x01: this is not a text file"},
    {"\x7f"
     "ELF",
     NULL, 1, "byte 0x7f"},
    {"a = 1; @include \"b\"", NULL, 1, "@ is only allowed in @include"},
    {"/* */ @include \"b\"", NULL, 1, "@ is only allowed in @include"},
    {"@include b", NULL, 1, "@ is only allowed in @include"},
    {"@include\"b\"", NULL, 1, "@ is only allowed in @include"},
    {"\n @include \"b\nc\"", NULL, 2, "@ is only allowed in @include"},
    {"@include \"missing\"", NULL, 1, "@include \"missing\": No such file or directory"},
    {"\n@include \".\"", NULL, 2, "@include \".\": is a directory"},
    {"\n@include \"\"", NULL, 2, "@include \"\": is a directory"},
    {"@include \"/dev/null\"", NULL, 1, "is not a regular file"},
    {"a = 1;\n@include \"main.conf\"", NULL, 2, "this file includes itself"},
};

static void hands_on_what_every_version_reads_alike(void **state)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP_READ struct read got = read_text(*state, rows[i].given);
        const struct mistake *first = got.mistakes.items;
        if (rows[i].text) {
            if (got.result != 0 || got.mistakes.n > 0 || strcmp(got.source.text.data, rows[i].text) != 0)
                fail_msg("'%s': %d, '%s', '%s'", rows[i].given, got.result, got.source.text.data,
                         first ? first->text : "");
        } else if (got.result != -EINVAL || got.mistakes.n != 1 || first->line != rows[i].line ||
                   !strstr(first->text, rows[i].message)) {
            fail_msg("'%s': %d, %zu mistakes, line %u: %s", rows[i].given, got.result, got.mistakes.n,
                     first ? first->line : 0, first ? first->text : "");
        }
    }
}

static void refuses_nul_bytes(void **state)
{
    CLEANUP_READ struct read got = {0};
    const char *path = scratch_write_bytes(*state, "main.conf", "a = 1;\nb\0c", 10);
    assert_int_equal(read_path(path, &got), -EINVAL);
    assert_int_equal(got.mistakes.items[0].line, 2);
    assert_string_equal(got.mistakes.items[0].text, "byte 0x00: this is not a text file");
}

static void goes_on_in_an_include_where_it_stands(void **state)
{
    scratch_write(*state, "codes", "200, 204,\n");
    CLEANUP_READ struct read got =
        read_text(*state, "a = ( 1,\n@include \"codes\"\n@include \"codes\"\n2 );");
    assert_int_equal(got.result, 0);
    assert_string_equal(got.source.text.data, "a = ( 1 ,\n200 , 204 ,\n200 , 204 ,\n2 ) ;\n");
}

static void assert_place(const struct source *source, const char *word, const char *file, unsigned line)
{
    const char *found = strstr(source->text.data, word);
    assert_non_null(found);
    unsigned number = 1;
    for (const char *at = source->text.data; at < found; at++)
        number += *at == '\n';
    struct source_place place = source_place(source, number);
    assert_string_equal(place.file, file);
    assert_int_equal(place.line, line);
}

static void knows_where_each_line_came_from(void **state)
{
    scratch_write(*state, "parts/inner.conf", "in1 = 1\nin2 = 1 # no newline");
    scratch_write(*state, "middle.conf", "mid1 = 1\n  @include \"parts/inner.conf\" mid2 = 1\nmid3 = 1");
    CLEANUP_READ struct read got = read_text(
        *state, "top1 = 1\n@include \"middle.conf\"\ntop3 = 1 /*\n*/ top4 = 1\n\ntop6 = \"a\nb\" top7 = 1");
    assert_int_equal(got.result, 0);
    const char *top = scratch_path(*state, "main.conf"), *middle = scratch_path(*state, "middle.conf");
    const char *inner = scratch_path(*state, "parts/inner.conf");
    assert_place(&got.source, "top1", top, 1);
    assert_place(&got.source, "mid1", middle, 1);
    assert_place(&got.source, "in1", inner, 1);
    assert_place(&got.source, "in2", inner, 2);
    assert_place(&got.source, "mid2", middle, 2);
    assert_place(&got.source, "mid3", middle, 3);
    assert_place(&got.source, "top3", top, 3);
    assert_place(&got.source, "top4", top, 4);
    assert_place(&got.source, "top6", top, 6);
    assert_place(&got.source, "top7", top, 7);
    assert_int_equal(source_place(&got.source, 100000).line, 7);
    assert_int_equal(source_place(&got.source, 0).line, 1);
}

static void finds_every_include_that_is_wrong(void **state)
{
    scratch_write(*state, "good.conf", "good = 1;");
    scratch_write(*state, "bad.conf", "\n\"");
    CLEANUP_READ struct read got =
        read_text(*state, "@include \"a\"\n@include \"good.conf\"\n@include \"bad.conf\"\n@include \"b\"\n");
    assert_int_equal(got.result, -EINVAL);
    assert_int_equal(got.mistakes.n, 3);
    assert_int_equal(got.mistakes.items[0].line, 1);
    assert_int_equal(got.mistakes.items[1].line, 4);
    assert_string_equal(got.mistakes.items[2].file, scratch_path(*state, "bad.conf"));
    assert_int_equal(got.mistakes.items[2].line, 2);
}

/* main.conf → 1.conf → … → LAST.conf */
static void write_chain(void *folder, int last)
{
    for (int i = 1; i <= last; i++) {
        char name[32], text[64];
        snprintf(name, sizeof name, "%d.conf", i);
        snprintf(text, sizeof text, i < last ? "@include \"%d.conf\"" : "deepest%.0d = 1;", i + 1);
        scratch_write(folder, name, text);
    }
}

static void follows_ten_includes_and_no_more(void **state)
{
    write_chain(*state, 10);
    CLEANUP_READ struct read ten = read_text(*state, "@include \"1.conf\"");
    assert_int_equal(ten.result, 0);
    assert_non_null(strstr(ten.source.text.data, "deepest"));
    write_chain(*state, 11);
    CLEANUP_READ struct read eleven = read_text(*state, "@include \"1.conf\"");
    assert_int_equal(eleven.result, -EINVAL);
    assert_string_equal(eleven.mistakes.items[0].text, "@include is nested deeper than 10");
    assert_string_equal(eleven.mistakes.items[0].file, scratch_path(*state, "10.conf"));
}

static void notices_a_circle(void **state)
{
    scratch_write(*state, "1.conf", "@include \"2.conf\"");
    scratch_write(*state, "2.conf", "\n@include \"1.conf\"");
    CLEANUP_READ struct read got = read_text(*state, "@include \"1.conf\"");
    assert_int_equal(got.result, -EINVAL);
    assert_int_equal(got.mistakes.n, 1);
    assert_string_equal(got.mistakes.items[0].file, scratch_path(*state, "2.conf"));
    assert_string_equal(got.mistakes.items[0].text, "@include \"1.conf\": this file includes itself");
}

/* Each of ten files includes the next one ten times: 10^10 without a limit. */
static void bounds_includes_that_multiply(void **state)
{
    for (int i = 1; i <= 9; i++) {
        char name[32];
        CLEANUP_TEXT struct text text = {0};
        snprintf(name, sizeof name, "%d.conf", i);
        for (int j = 0; j < 10; j++)
            text_format(&text, "@include \"%d.conf\"\n", i + 1);
        scratch_write(*state, name, text.data);
    }
    scratch_write(*state, "10.conf", "");
    CLEANUP_READ struct read got = read_text(*state, "@include \"1.conf\"");
    assert_int_equal(got.result, -EINVAL);
    assert_int_equal(got.mistakes.n, 1);
    assert_string_equal(got.mistakes.items[0].text, "more than 256 files are included");
    assert_in_range(got.source.n_files, 0, 300);
}

static void bounds_size(void **state)
{
    CLEANUP_FREE char *large = malloc(CONFIG_SIZE_MAX + 1);
    assert_non_null(large);
    memset(large, '\n', CONFIG_SIZE_MAX + 1);
    struct read got = {0};
    read_path(scratch_write_bytes(*state, "main.conf", large, CONFIG_SIZE_MAX), &got);
    assert_int_equal(got.result, 0);
    read_free(&got);
    const char *path = scratch_write_bytes(*state, "main.conf", large, CONFIG_SIZE_MAX + 1);
    read_path(path, &got);
    assert_int_equal(got.result, -EINVAL);
    assert_string_equal(
        got.mistakes.items[0].text,
        "is too large: the limit is 8 MiB; split the endpoints over several files in conf.d/");
    read_free(&got);
    scratch_write_bytes(*state, "half.conf", large, CONFIG_SIZE_MAX / 2);
    got = read_text(*state, "@include \"half.conf\"\n@include \"half.conf\"\n@include \"half.conf\"\n");
    assert_int_equal(got.result, -EINVAL);
    assert_int_equal(got.mistakes.n, 1);
    assert_string_equal(got.mistakes.items[0].text,
                        "is too large together with the files that include it: the limit is 8 "
                        "MiB; split the endpoints over several files in conf.d/");
    read_free(&got);
}

static void says_why_a_file_cannot_be_read(void **state)
{
    CLEANUP_READ struct read got = {0};
    assert_int_equal(read_path(scratch_path(*state, "none"), &got), -ENOENT);
    assert_int_equal(read_path(scratch_path(*state, "main.conf/x"), &got), -ENOENT);
    assert_int_equal(read_path(*state, &got), -EINVAL);
    /* Opening a FIFO without a writer must not block. */
    const char *fifo = scratch_path(*state, "fifo");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(read_path(fifo, &got), -EINVAL);
    assert_int_equal(got.mistakes.n, 4);
    assert_string_equal(got.mistakes.items[2].text, "is a directory");
    assert_int_equal(got.mistakes.items[2].line, 1);
    assert_string_equal(got.mistakes.items[3].text, "is not a regular file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(hands_on_what_every_version_reads_alike, scratch_create,
                                        scratch_remove),
        cmocka_unit_test_setup_teardown(refuses_nul_bytes, scratch_create, scratch_remove),
        cmocka_unit_test_setup_teardown(goes_on_in_an_include_where_it_stands, scratch_create,
                                        scratch_remove),
        cmocka_unit_test_setup_teardown(knows_where_each_line_came_from, scratch_create, scratch_remove),
        cmocka_unit_test_setup_teardown(finds_every_include_that_is_wrong, scratch_create, scratch_remove),
        cmocka_unit_test_setup_teardown(follows_ten_includes_and_no_more, scratch_create, scratch_remove),
        cmocka_unit_test_setup_teardown(notices_a_circle, scratch_create, scratch_remove),
        cmocka_unit_test_setup_teardown(bounds_includes_that_multiply, scratch_create, scratch_remove),
        cmocka_unit_test_setup_teardown(bounds_size, scratch_create, scratch_remove),
        cmocka_unit_test_setup_teardown(says_why_a_file_cannot_be_read, scratch_create, scratch_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
