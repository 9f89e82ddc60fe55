/* JSON that strangers wrote: what JavaScript reads is read, and told apart. */
#include "../cmocka_all.h"

#include "base/cleanup.h"
#include "base/json.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static void assert_text(const char *json, const char *pointer, const char *expected)
{
    CLEANUP_FREE char *text = json_pointer_text(json, strlen(json), pointer);
    if (expected)
        assert_string_equal(text, expected);
    else
        assert_null(text);
}

static void one_odd_value_spoils_nothing(void **state)
{
    (void)state;
    static const char *const odd[] = {"18446744073709551616",
                                      "-9223372036854775809",
                                      "123456789012345678901234567890",
                                      "1e400",
                                      "-1E-400",
                                      "\"\\ud800\"",
                                      "\"\\udc00 \\ud800x\"",
                                      "\"\\u0000\"",
                                      "{\"a\\u0000b\":1}",
                                      "{\"\\ud800\":1}",
                                      "0.1e1",
                                      "\"\\/\\b\\f\\n\\r\\t\\\"\\\\\"",
                                      "\"\x7f\"",
                                      "\"\xff\xfe\"",
                                      "{\"\":[]}",
                                      "[[],{},[{}]]"};
    for (size_t i = 0; i < COUNT_OF(odd); i++) {
        CLEANUP_TEXT struct text json = {0};
        text_format(&json, " {\"odd\": %s, \"more\":[%s , 1],\r\n\t\"id\" : \"i-1\"} ", odd[i], odd[i]);
        assert_text(json.data, "/id", "i-1");
        assert_text(json.data, "/more/1", "1");
    }
}

static void values_keep_what_tells_them_apart(void **state)
{
    (void)state;
    static const char json[] =
        "{\"big\":18446744073709551617,\"bigger\":18446744073709551618,\"real\":1.50,\"huge\":1e400,"
        "\"nul\":\"a\\u0000b\",\"high\":\"\\ud800\",\"higher\":\"\\uD801\",\"low\":\"\\udc00\\ud800\","
        "\"pair\":\"\\ud83d\\ude00\\u00e9\\u20AC\",\"a\\u0000b\":1,\"a\":2,\"twice\":1,\"twice\":2}";
    assert_text(json, "/big", "18446744073709551617");
    assert_text(json, "/bigger", "18446744073709551618");
    assert_text(json, "/real", "1.50");
    assert_text(json, "/huge", "1e400");
    assert_text(json, "/nul",
                "a\xc0\x80"
                "b");
    assert_text(json, "/high", "\xed\xa0\x80");
    assert_text(json, "/higher", "\xed\xa0\x81");
    assert_text(json, "/low", "\xed\xb0\x80\xed\xa0\x80");
    assert_text(json, "/pair", "\xf0\x9f\x98\x80\xc3\xa9\xe2\x82\xac");
    assert_text(json, "/a", "2");
    assert_text(json, "/twice", "2");
}

static char *nested(size_t levels, const char *open, const char *inside, const char *close)
{
    struct text text = {0};
    for (size_t i = 0; i < levels; i++)
        text_add(&text, open);
    text_add(&text, inside);
    for (size_t i = 0; i < levels; i++)
        text_add(&text, close);
    return text_take(&text);
}

static void nesting_costs_nothing_and_has_an_end(void **state)
{
    (void)state;
    struct json_document document;
    struct error why = {0};
    CLEANUP_FREE char *deep = nested(JSON_DEPTH_MAX / 2 + 1, "{\"a\":[", "1", "]}");
    CLEANUP_FREE char *arrays = nested(JSON_DEPTH_MAX, "[", "", "]");
    CLEANUP_FREE char *deeper = nested(JSON_DEPTH_MAX + 1, "[", "", "]");
    CLEANUP_TEXT struct text beside = {0};
    text_format(&beside, "{\"deep\":%.*s,\"id\":\"i-1\"}", 2 * (JSON_DEPTH_MAX - 1), arrays + 1);
    assert_text(beside.data, "/id", "i-1");
    assert_int_equal(json_document_read(arrays, strlen(arrays), &document, NULL), 0);
    assert_int_equal(json_document_read(deep, strlen(deep), &document, NULL), -EINVAL);
    assert_int_equal(json_document_read(deeper, strlen(deeper), &document, &why), -EINVAL);
    assert_string_equal(why.message, "is not JSON: more than 10000 levels, at byte 10002 of 20002");
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *json, *why;
    } cases[] = {
        {"<html>", "a value is missing, at byte 1 of 6"},
        {"", "it ends too early, after 0 bytes"},
        {"{\"a\":", "it ends too early, after 5 bytes"},
        {"{\"a\":\"b", "it ends too early, after 7 bytes"},
        {"{'a':1}", "a member's name is missing, at byte 2 of 7"},
        {"{\"a\":1,}", "a member's name is missing, at byte 8 of 8"},
        {"{\"a\" 1}", "no colon after a member's name, at byte 6 of 7"},
        {"[1 2]", "a comma or the end of the array or object is missing, at byte 4 of 5"},
        {"[1}", "a comma or the end of the array or object is missing, at byte 3 of 3"},
        {"[1,]", "a value is missing, at byte 4 of 4"},
        {"[NaN]", "a value is missing, at byte 2 of 5"},
        {"[01]", "a comma or the end of the array or object is missing, at byte 3 of 4"},
        {"[1.]", "a digit is missing, at byte 4 of 4"},
        {"[-]", "a digit is missing, at byte 3 of 3"},
        {"[1e+]", "a digit is missing, at byte 5 of 5"},
        {"\"\\x\"", "an unknown escape, at byte 3 of 4"},
        {"\"\\u12g4\"", "a \\u without four hexadecimal digits, at byte 6 of 8"},
        {"\"a\nb\"", "a control character in a string, at byte 3 of 5"},
        {"{} {}", "there is more after the value, at byte 4 of 5"},
        {"tru", "a value is missing, at byte 1 of 3"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct json_document document;
        struct error why = {0};
        assert_int_equal(json_document_read(cases[i].json, strlen(cases[i].json), &document, &why), -EINVAL);
        assert_memory_equal(why.message, "is not JSON: ", strlen("is not JSON: "));
        assert_string_equal(why.message + strlen("is not JSON: "), cases[i].why);
    }
    assert_text("\xef\xbb\xbf{\"id\":\"i\"}", "/id", "i");
}

/* What jansson (strict) reads is read here too, and means the same. */
static void assert_same(const char *json, size_t length)
{
    json_t *theirs = json_loadb(json, length, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    struct json_document document;
    bool ours = json_document_read(json, length, &document, NULL) == 0;
    assert_true(ours || !theirs);
    json_t *id = json_object_get(theirs, "id");
    if (json_is_string(id) && json_string_length(id) &&
        !memchr(json_string_value(id), 0, json_string_length(id))) {
        CLEANUP_FREE char *text = json_document_text(&document, "/id");
        assert_string_equal(text, json_string_value(id));
    }
    json_decref(theirs);
}

static void damaged_texts_are_read_as_another_library_does(void **state)
{
    (void)state;
    static const char seed[] =
        "{\"a\":[1,-2.5e3,true,null,{\"b\":\"\\u00e9\\ud83d\\ude00\\\\\"}],\"id\":\"i-\\u0041"
        "\\\"x\",\"z\":{\"y\":[[],{}]}}";
    static const char pieces[] = "\"\\{}[],:0123456789eE+-.truefalsn ud8\x01\x80\n";
    uint32_t random = 1;
    for (int round = 0; round < 200000; round++) {
        char json[sizeof seed];
        memcpy(json, seed, sizeof seed);
        size_t length = sizeof seed - 1;
        for (int n = round % 4; n >= 0; n--) {
            random = random * 1664525 + 1013904223;
            json[(random >> 16) % length] = pieces[(random >> 8 & 0xff) % (sizeof pieces - 1)];
        }
        if (round % 7 == 0)
            length -= (random >> 20) % length;
        assert_same(json, length);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_odd_value_spoils_nothing),
        cmocka_unit_test(values_keep_what_tells_them_apart),
        cmocka_unit_test(nesting_costs_nothing_and_has_an_end),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(damaged_texts_are_read_as_another_library_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
