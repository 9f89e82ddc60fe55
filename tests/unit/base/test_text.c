#include "../cmocka_all.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <string.h>

static void grows_and_is_always_terminated(void **state)
{
    (void)state;
    CLEANUP_TEXT struct text text = {0};
    for (int i = 0; i < 1000; i++) {
        text_format(&text, "%03d", i);
        assert_int_equal(strlen(text.data), text.length);
    }
    assert_int_equal(text.length, 3000);
    assert_string_equal(text.data + 2997, "999");
    text_add_bytes(&text, "a\0b", 3);
    assert_int_equal(text.length, 3003);
    assert_memory_equal(text.data + 3000, "a\0b", 4);
}

static void hands_over_what_it_holds(void **state)
{
    (void)state;
    struct text text = {0};
    text_add(&text, "held");
    CLEANUP_FREE char *taken = text_take(&text);
    assert_string_equal(taken, "held");
    assert_null(text.data);
    CLEANUP_FREE char *empty = text_take(&text);
    assert_string_equal(empty, "");
}

static void remembers_a_failed_allocation(void **state)
{
    (void)state;
    struct text text = {0};
    text_add(&text, "kept");
    text.failed = true;
    text_add(&text, " lost");
    text_format(&text, "%d", 1);
    assert_string_equal(text.data, "kept");
    assert_null(text_take(&text));
    assert_false(text.failed);
}

struct row {
    const char *raw;
    const char *escaped;
};

static const struct row rows[] = {
    {"", ""},
    {"plain text, 100%", "plain text, 100%"},
    {"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80", "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80"},
    {"back\\slash", "back\\\\slash"},
    {"line\nbreak\r\t", "line\\x0abreak\\x0d\\x09"},
    {"\x1b[31mred", "\\x1b[31mred"},
    {"\x7f", "\\x7f"},
    {"\xc2\x85", "\\xc2\\x85"},                   /* a C1 control: next line */
    {"\xe2\x80\xae", "\\xe2\\x80\\xae"},          /* right-to-left override */
    {"\xe2\x81\xa6", "\\xe2\\x81\\xa6"},          /* left-to-right isolate */
    {"\xef\xbb\xbf", "\\xef\\xbb\\xbf"},          /* byte order mark */
    {"\xff\xfe", "\\xff\\xfe"},                   /* never in UTF-8 */
    {"\xc0\xaf", "\\xc0\\xaf"},                   /* an overlong slash */
    {"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},          /* another */
    {"\xed\xa0\x80", "\\xed\\xa0\\x80"},          /* a surrogate */
    {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, /* beyond U+10FFFF */
    {"cut \xe2\x82", "cut \\xe2\\x82"},           /* the end comes too early */
    {"\xe2(\xa1", "\\xe2(\\xa1"},
};

static void escapes_what_could_forge_or_hide(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP_FREE char *escaped = text_escape(rows[i].raw, 100);
        assert_string_equal(escaped, rows[i].escaped);
    }
}

static void cuts_between_characters(void **state)
{
    (void)state;
    CLEANUP_FREE char *whole = text_escape("abc", 3);
    CLEANUP_FREE char *cut = text_escape("abcd", 3);
    CLEANUP_FREE char *before = text_escape("ab\xe2\x82\xac", 4);
    assert_string_equal(whole, "abc");
    assert_string_equal(cut, "abc\xe2\x80\xa6");
    assert_string_equal(before, "ab\xe2\x80\xa6");
}

static void knows_prefixes(void **state)
{
    (void)state;
    assert_true(text_starts_with("credential:x", "credential:"));
    assert_true(text_starts_with("x", ""));
    assert_false(text_starts_with("cred", "credential:"));
}

static void json_hides_nothing_either(void **state)
{
    (void)state;
    static const struct {
        const char *json, *escaped;
    } cases[] = {
        {"", ""},
        {"{\"a\":[1,\"\\n\\u009b b\"]}", "{\"a\":[1,\"\\n\\u009b b\"]}"},
        {"\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"", "\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\""},
        {"\"\x7f\xc2\x9b\xd8\x9c\xe2\x80\xae\xe2\x81\xa6\xef\xbb\xbf\"",
         "\"\\u007f\\u009b\\u061c\\u202e\\u2066\\ufeff\""},
        {"\"\xf3\xa0\x81\x81\"", "\"\\udb40\\udc41\""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_FREE char *escaped = text_escape_json(cases[i].json);
        assert_string_equal(escaped, cases[i].escaped);
    }
}

static void hashes_are_never_zero_and_tell_names_apart(void **state)
{
    (void)state;
    assert_int_not_equal(text_hash(""), 0);
    assert_int_not_equal(text_hash("i-1"), text_hash("i-2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_and_is_always_terminated),
        cmocka_unit_test(hands_over_what_it_holds),
        cmocka_unit_test(remembers_a_failed_allocation),
        cmocka_unit_test(escapes_what_could_forge_or_hide),
        cmocka_unit_test(json_hides_nothing_either),
        cmocka_unit_test(cuts_between_characters),
        cmocka_unit_test(knows_prefixes),
        cmocka_unit_test(hashes_are_never_zero_and_tell_names_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
