/* No secret comes back in what an answer says. */
#include "base/redact.h"

#include "../cmocka_all.h"
#include "base/cleanup.h"
#include "volley/message.h"

#include <string.h>

static void secrets_are_overwritten(void **state)
{
    (void)state;
    static const struct {
        const char *text, *secret, *expected;
    } cases[] = {
        {"KeyError: 's3cr3t'", "s3cr3t", "KeyError: '******'"},
        {"s3cr3ts3cr3t s3cr3t", "s3cr3t", "************ ******"},
        {"nothing of it", "s3cr3t", "nothing of it"},
        {"", "s3cr3t", ""},
        {"cut in s3cr", "s3cr3t", "cut in ****"},
        {"cut in s3cr3…", "s3cr3t", "cut in *****…"},
        {"cut in s3c", "s3cr3t", "cut in s3c"}, /* so little of it is no secret */
        {"…", "s3cr3t", "…"},
        {"a short one is everywhere", "a", ""},
        {"(a\\\\\\nb) (a\\\\\\\\\\\\nb)", "a\\\nb", "(******) (*********)"},
        {"an empty one is none", "", "an empty one is none"},
        {"a %2541&amp;\\x b", "%2541&amp;\\x", "a ************ b"}, /* that looks escaped itself */
        {"a %252541&amp;amp;\\\\x b", "%2541&amp;\\x", "a ******************* b"},
        {"aaaaa", "aaaa", "****a"},
        /* encoded twice, by different hands */
        {"a \\&quot;k&lt;1\\&quot; b", "\"k<1\"", "a ******************** b"},
        {"a %5C%22k%5Cn%5c%22 b", "\"k\n\"", "a ***************** b"},
        {"a &amp;lt;k1&amp;#39; b", "<k1'", "a ******************* b"},
        {"a d%5C%5Cuser b", "d\\\\user", "a *********** b"},
        {"a d&#92;&#92;user b", "d\\\\user", "a *************** b"},
        {"a -z4-Pj8_ b", "\xfb>>>??", "a ******** b"}, /* base64 that begins with what the URL's has not */
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_FREE char *text = strdup(cases[i].text);
        redact_secret(text, cases[i].secret);
        assert_string_equal(text, cases[i].expected);
    }
    redact_secret(NULL, "s3cr3t");
    char text[] = "text";
    redact_secret(text, NULL);
    assert_string_equal(text, "text");
}

/* A secret with a line break, quotation marks, a backslash, a slash, what is not ASCII, what URLs and HTML
 * escape. */
#define SECRET "s3/\"\\cr\n\xc3\xa9 +<&'\xf0\x9f\x98\x80"

static void secrets_are_found_however_they_are_written(void **state)
{
    (void)state;
    static const char *const written[] = {
        SECRET,
        /* JSON: as little as can be, PHP's slashes, ASCII only, both hex cases, JSON in JSON */
        "s3/\\\"\\\\cr\\n\xc3\xa9 +<&'\xf0\x9f\x98\x80",
        "s3\\/\\\"\\\\cr\\n\\u00e9 +<&'\\ud83d\\ude00",
        "s3/\\\"\\\\cr\\n\\u00E9 +\\u003C\\u0026\\u0027\\uD83D\\uDE00",
        "s3\\\\/\\\\\\\"\\\\\\\\cr\\\\n\\\\u00e9 +<&'\\\\ud83d\\\\ude00",
        /* percent, both hex cases, a form's blank, twice */
        "s3%2F%22%5Ccr%0A%C3%A9%20%2B%3C%26%27%F0%9F%98%80",
        "s3%2f%22%5ccr%0a%c3%a9+%2b%3c%26'%f0%9f%98%80",
        "s3%252F%2522%255Ccr%250A%25C3%25A9%2520%252B%253C%2526%2527%25F0%259F%2598%2580",
        "%73%33%2F%22%5C%63%72%0A%C3%A9%20%2B%3C%26%27%F0%9F%98%80",
        /* HTML */
        "s3/&quot;\\cr\n\xc3\xa9 +&lt;&amp;&#39;\xf0\x9f\x98\x80",
        "s3&#x2F;&#34;&#92;cr&#10;&#xE9; +&#60;&#38;&apos;&#x1f600;",
        /* Python, C, Rust */
        "s3/\"\\\\cr\\n\\xe9 +<&\\'\\U0001f600",
        "s3/\"\\\\cr\\n\\xc3\\xa9 +<&\\'\\xf0\\x9f\\x98\\x80",
        "s3/\\\"\\\\cr\\n\\303\\251 +<&'\\360\\237\\230\\200",
        "s3/\\\"\\\\cr\\u{a}\\u{e9} +<&\\'\\u{1f600}",
    };
    for (size_t i = 0; i < COUNT_OF(written); i++) {
        CLEANUP_FREE char *text = NULL;
        assert_true(asprintf(&text, "KeyError: [%s]!", written[i]) > 0);
        print_message("%s\n", text);
        redact_secret(text, SECRET);
        assert_memory_equal(text, "KeyError: [*", strlen("KeyError: [*"));
        assert_int_equal(strspn(strchr(text, '*'), "*"), strlen(text) - strlen("KeyError: []!"));
        assert_string_equal(text + strlen(text) - 2, "]!");
    }
}

static void secrets_are_found_in_base64(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"Basic dG9r+//+LWVu.", "Basic ************."},
        {"Basic dG9r-__-LWVu.", "Basic ************."},
        {"Basic dG9r+//+LWVuIQ==.", "Basic ************IQ==."},
        {"Basic dG9r-__-LWVuIQ==.", "Basic ************IQ==."},
        {"Basic dG9r+//+LWVuIGFuZCBtb3Jl.", "Basic ************IGFuZCBtb3Jl."},
        {"Basic dG9r-__-LWVuIGFuZCBtb3Jl.", "Basic ************IGFuZCBtb3Jl."},
        {"Basic dXRva/v//i1lbg==.", "Basic dX***********g==."},
        {"Basic dXRva_v__i1lbg==.", "Basic dX***********g==."},
        {"Basic dXRva/v//i1lbiE=.", "Basic dX***********iE=."},
        {"Basic dXRva_v__i1lbiE=.", "Basic dX***********iE=."},
        {"Basic dXRva/v//i1lbiBhbmQgbW9yZQ==.", "Basic dX***********iBhbmQgbW9yZQ==."},
        {"Basic dXRva_v__i1lbiBhbmQgbW9yZQ==.", "Basic dX***********iBhbmQgbW9yZQ==."},
        {"Basic dXN0b2v7//4tZW4=.", "Basic dXN***********4=."},
        {"Basic dXN0b2v7__4tZW4=.", "Basic dXN***********4=."},
        {"Basic dXN0b2v7//4tZW4h.", "Basic dXN***********4h."},
        {"Basic dXN0b2v7__4tZW4h.", "Basic dXN***********4h."},
        {"Basic dXN0b2v7//4tZW4gYW5kIG1vcmU=.", "Basic dXN***********4gYW5kIG1vcmU=."},
        {"Basic dXN0b2v7__4tZW4gYW5kIG1vcmU=.", "Basic dXN***********4gYW5kIG1vcmU=."},
        {"Basic dXNlcjp0b2v7//4tZW4=.", "Basic dXNlcjp***********4=."},
        {"Basic dXNlcjp0b2v7__4tZW4=.", "Basic dXNlcjp***********4=."},
        {"Basic dXNlcjp0b2v7//4tZW4h.", "Basic dXNlcjp***********4h."},
        {"Basic dXNlcjp0b2v7__4tZW4h.", "Basic dXNlcjp***********4h."},
        {"Basic dXNlcjp0b2v7//4tZW4gYW5kIG1vcmU=.", "Basic dXNlcjp***********4gYW5kIG1vcmU=."},
        {"Basic dXNlcjp0b2v7__4tZW4gYW5kIG1vcmU=.", "Basic dXNlcjp***********4gYW5kIG1vcmU=."},
        {"dXRva\\/v\\/\\/i1lbg==", "dX**************g=="},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP_FREE char *text = strdup(cases[i].text);
        redact_secret(text, "tok\xfb\xff\xfe-en");
        assert_string_equal(text, cases[i].expected);
    }
}

static void a_short_secret_hides_all(void **state)
{
    (void)state;
    struct redactor redactor = {0};
    redactor_add(&redactor, NULL);
    redactor_add(&redactor, "");
    assert_false(redactor.hides_all);
    redactor_add(&redactor, "1234");
    assert_false(redactor.hides_all);
    redactor_add(&redactor, "abc");
    assert_true(redactor.hides_all);
    redactor_free(&redactor);
}

static void overlapping_secrets_are_overwritten_whole(void **state)
{
    (void)state;
    struct redactor redactor = {0};
    char text[] = "x abcdefgh x";
    redactor_add(&redactor, "abcd");
    redactor_add(&redactor, "cdefgh");
    redactor_apply(&redactor, text);
    assert_string_equal(text, "x ******** x");
    redactor_free(&redactor);
}

static void samples_say_none(void **state)
{
    (void)state;
    static char value[] = "planned-secret", key[] = "signing-secret", token[] = "session-token";
    struct message_setup setup = {0};
    redactor_add(&setup.redactor, value);
    redactor_add(&setup.redactor, key);
    redactor_add(&setup.redactor, token);
    struct sample *samples = calloc(2, sizeof *samples);
    assert_non_null(samples);
    samples[0].detail = strdup("Unhandled: planned-secret signing-secret session-token");
    samples[1].instance = strdup("i-planned-secret-2");
    samples[1].version = strdup("session-token");
    for (size_t i = 0; i < 2; i++)
        message_redact(&setup, &samples[i]);
    assert_string_equal(samples[0].detail, "Unhandled: ************** ************** *************");
    assert_string_equal(samples[1].instance, "i-**************-2");
    assert_string_equal(samples[1].version, "*************");
    samples_free(samples, 2);
    redactor_free(&setup.redactor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_are_overwritten),
        cmocka_unit_test(secrets_are_found_however_they_are_written),
        cmocka_unit_test(secrets_are_found_in_base64),
        cmocka_unit_test(a_short_secret_hides_all),
        cmocka_unit_test(overlapping_secrets_are_overwritten_whole),
        cmocka_unit_test(samples_say_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
