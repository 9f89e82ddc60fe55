/* No secret comes back in what an answer says. */
#include "base/redact.h"

#include "base/cleanup.h"
#include "cmocka_all.h"
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
        {"a short one is everywhere", "a", "a short one is everywhere"},
        {"an empty one too", "", "an empty one too"},
        {"aaaaa", "aaaa", "****a"},
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

static void samples_say_none(void **state)
{
    (void)state;
    static char name[] = "key", value[] = "planned-secret", key[] = "signing-secret",
                token[] = "session-token";
    struct secret secret = {.name = name, .value = value};
    struct plan plan = {.secrets = &secret, .n_secrets = 1};
    struct message_setup setup = {.credentials = {.secret_access_key = key, .session_token = token}};
    struct sample *samples = calloc(2, sizeof *samples);
    assert_non_null(samples);
    samples[0].detail = strdup("Unhandled: planned-secret signing-secret session-token");
    samples[1].instance = strdup("i-planned-secret-2");
    samples[1].version = strdup("session-token");
    for (size_t i = 0; i < 2; i++)
        message_redact(&plan, &setup, &samples[i]);
    assert_string_equal(samples[0].detail, "Unhandled: ************** ************** *************");
    assert_string_equal(samples[1].instance, "i-**************-2");
    assert_string_equal(samples[1].version, "*************");
    samples_free(samples, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_are_overwritten),
        cmocka_unit_test(samples_say_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
