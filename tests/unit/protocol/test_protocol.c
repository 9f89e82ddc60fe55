#include "../cmocka_all.h"
#include "base/json.h"
#include "protocol/answer.h"
#include "protocol/request.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static char url[] = "https://host/p/${index}?r=${round}",
            header[] = "Authorization: Bearer ${credential:token}", literal[] = "X-Literal: $${index} $5",
            body[] = "{\"i\":${index},\"n\":${count},\"h\":${hold_ms}}", secret_name[] = "token",
            secret_value[] = "s3cr3t", instance_header[] = "X-Lambda-Instance",
            cold_header[] = "X-Lambda-Cold", instance_pointer[] = "/meta/id",
            cold_pointer[] = "/meta/cold~1start";

static struct request render(struct endpoint *endpoint)
{
    struct secret secret = {.name = secret_name, .value = secret_value};
    struct plan plan = {.secrets = &secret, .n_secrets = 1};
    struct request_values values = {
        .plan = &plan, .url = endpoint->url, .round_id = "abc", .index = 3, .count = 7, .hold_us = 75999};
    struct request request = {0};
    struct error error = {0};
    assert_int_equal(request_render(endpoint, &values, &request, &error), 0);
    return request;
}

static bool has(const struct request *request, const char *expected)
{
    for (size_t i = 0; i < request->n_headers; i++)
        if (strcmp(request->headers[i], expected) == 0)
            return true;
    return false;
}

static void placeholders_are_filled_in(void **state)
{
    (void)state;
    char *headers[] = {header, literal};
    struct endpoint endpoint = {.url = url, .headers = headers, .n_headers = 2, .body = body};
    struct request request = render(&endpoint);
    assert_string_equal(request.url, "https://host/p/3?r=abc");
    assert_string_equal(request.body, "{\"i\":3,\"n\":7,\"h\":75}");
    assert_int_equal(request.body_length, strlen(request.body));
    assert_true(has(&request, "Authorization: Bearer s3cr3t"));
    assert_true(has(&request, "X-Literal: ${index} $5"));
    assert_true(has(&request, "X-Lambda-Warm: abc/3/7"));
    assert_true(has(&request, "X-Lambda-Warm-Hold: 75"));
    assert_true(has(&request, "User-Agent: lambda-warmd/" WARMD_VERSION));
    request_free(&request);
}

static void protocol_none_adds_nothing_but_the_user_agent(void **state)
{
    (void)state;
    struct endpoint endpoint = {.url = url, .protocol = PROTOCOL_NONE};
    struct request request = render(&endpoint);
    assert_int_equal(request.n_headers, 1);
    assert_null(request.body);
    request_free(&request);
}

static void a_user_agent_of_ones_own_replaces_ours(void **state)
{
    (void)state;
    char own[] = "user-agent: mine";
    char *headers[] = {own};
    struct endpoint endpoint = {.url = url, .headers = headers, .n_headers = 1, .protocol = PROTOCOL_NONE};
    struct request request = render(&endpoint);
    assert_int_equal(request.n_headers, 1);
    assert_true(has(&request, "user-agent: mine"));
    request_free(&request);
}

static void an_unknown_credential_is_an_error_without_its_neighbours_value(void **state)
{
    (void)state;
    char both[] = "X: ${credential:token} ${credential:other}";
    char *headers[] = {both};
    struct secret secret = {.name = secret_name, .value = secret_value};
    struct plan plan = {.secrets = &secret, .n_secrets = 1};
    struct endpoint endpoint = {.url = url, .headers = headers, .n_headers = 1};
    struct request_values values = {.plan = &plan, .url = url, .round_id = "r", .index = 1, .count = 1};
    struct request request = {0};
    struct error error = {0};
    assert_true(request_render(&endpoint, &values, &request, &error) < 0);
    assert_null(strstr(error.message, secret_value));
    assert_null(request.url);
}

static int render_body(const char *value, char *template, const char *with_function,
                       struct request *ret_request)
{
    struct secret secret = {.name = secret_name, .value = (char *)(uintptr_t)value};
    struct plan plan = {.secrets = &secret, .n_secrets = 1};
    struct endpoint endpoint = {.url = url, .function = (char *)(uintptr_t)with_function, .body = template};
    struct request_values values = {.plan = &plan, .url = url, .round_id = "r", .index = 1, .count = 1};
    struct error error = {0};
    int result = request_render(&endpoint, &values, ret_request, &error);
    assert_true(result == 0 || !strstr(error.message, value));
    return result;
}

static void a_secret_in_json_stays_where_it_stands(void **state)
{
    (void)state;
    char inside[] = " {\"a\": \"\\\"${credential:token}\"}", outside[] = "{\"a\":${credential:token}}",
         form[] = "a=${credential:token}", string[] = "\"${credential:token}\"";
    static const char breaks_out[] = "x\",\"admin\":true,\"y\\\":\n\"";
    struct request request = {0};
    assert_int_equal(render_body(breaks_out, inside, NULL, &request), 0);
    assert_string_equal(request.body, " {\"a\": \"\\\"x\\\",\\\"admin\\\":true,\\\"y\\\\\\\":\\u000a\\\"\"}");
    CLEANUP_FREE char *kept = json_pointer_text(request.body, request.body_length, "/a");
    assert_string_equal(kept + 1, breaks_out);
    request_free(&request);
    assert_int_equal(render_body("{\"b\":[1]}", outside, NULL, &request), 0);
    assert_string_equal(request.body, "{\"a\":{\"b\":[1]}}");
    request_free(&request);
    assert_int_equal(render_body("1,\"admin\":true", outside, NULL, &request), -EINVAL);
    assert_int_equal(render_body(breaks_out, form, NULL, &request), 0);
    assert_string_equal(request.body + 2, breaks_out);
    request_free(&request);
    assert_int_equal(render_body("a\"b", string, "function", &request), 0);
    assert_string_equal(request.body, "\"a\\\"b\"");
    request_free(&request);
}

static const struct redactor no_secrets;
static struct status_range success = {.low = 200, .high = 299};

static void take(struct answer *answer, const struct endpoint *endpoint, const char *line)
{
    answer_take_header(answer, endpoint, line, strlen(line));
}

static void headers_name_the_instance(void **state)
{
    (void)state;
    struct endpoint endpoint = {.instance = {EXTRACT_HEADER, instance_header},
                                .cold = {EXTRACT_HEADER, cold_header},
                                .expect = &success,
                                .n_expect = 1};
    struct answer answer = {0};
    struct sample sample = {.status = 200};
    take(&answer, &endpoint, "x-lambda-INSTANCE: \t i-1 \r\n");
    take(&answer, &endpoint, "X-Lambda-Instances: other\r\n");
    take(&answer, &endpoint, "X-Lambda-Cold: 1\r\n");
    answer_finish(&answer, &endpoint, &no_secrets, 0, &sample);
    assert_int_equal(sample.outcome, OUTCOME_OK);
    assert_string_equal(sample.instance, "i-1");
    assert_int_equal(sample.cold, COLD_YES);
    free(sample.instance);
    answer_free(&answer);
}

static void a_body_names_the_instance(void **state)
{
    (void)state;
    struct endpoint endpoint = {.instance = {EXTRACT_JSON, instance_pointer},
                                .cold = {EXTRACT_JSON, cold_pointer},
                                .max_body_bytes = PLAN_BODY_BYTES,
                                .expect = &success,
                                .n_expect = 1};
    struct answer answer = {0};
    struct sample sample = {.status = 201};
    const char *parts[] = {"{\"meta\":{\"id\":\"i-", "9\",\"cold/start\":false}}"};
    for (size_t i = 0; i < 2; i++)
        assert_true(answer_take_body(&answer, &endpoint, parts[i], strlen(parts[i])));
    answer_finish(&answer, &endpoint, &no_secrets, 0, &sample);
    assert_string_equal(sample.instance, "i-9");
    assert_int_equal(sample.cold, COLD_NO);
    free(sample.instance);
    answer_free(&answer);
}

static void a_body_has_an_end(void **state)
{
    (void)state;
    struct endpoint endpoint = {0};
    struct answer answer = {0};
    static const char piece[65536];
    size_t taken = 0;
    while (answer_take_body(&answer, &endpoint, piece, sizeof piece))
        taken += sizeof piece;
    assert_int_equal(taken, ANSWER_LENGTH_MAX);
    assert_null(answer.body.data); /* nobody reads it, so nothing is kept */
}

static enum cause judge(int status, enum outcome *ret_outcome)
{
    struct endpoint endpoint = {.expect = &success, .n_expect = 1};
    struct answer answer = {0};
    struct sample sample = {.status = status};
    answer_finish(&answer, &endpoint, &no_secrets, 0, &sample);
    *ret_outcome = sample.outcome;
    return sample.cause;
}

static void statuses_are_judged(void **state)
{
    (void)state;
    enum outcome outcome;
    assert_int_equal(judge(204, &outcome), CAUSE_NONE);
    assert_int_equal(outcome, OUTCOME_OK);
    assert_int_equal(judge(429, &outcome), CAUSE_THROTTLED);
    assert_int_equal(outcome, OUTCOME_THROTTLED);
    assert_int_equal(judge(302, &outcome), CAUSE_REDIRECT);
    assert_int_equal(outcome, OUTCOME_FAILED);
    assert_int_equal(judge(503, &outcome), CAUSE_STATUS);
    assert_int_equal(outcome, OUTCOME_FAILED);
}

static void assert_pointer(const char *json, const char *pointer, const char *expected)
{
    char *found = json_pointer_text(json, strlen(json), pointer);
    if (expected)
        assert_string_equal(found, expected);
    else
        assert_null(found);
    free(found);
}

/* RFC 6901, section 5, and what is no scalar. */
static void pointers_follow_the_rfc(void **state)
{
    (void)state;
    const char *json =
        "{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\" \":7,\"m~n\":8,\"t\":true,\"n\":null,"
        "\"f\":1.5}";
    assert_pointer(json, "/foo/0", "bar");
    assert_pointer(json, "/foo/1", "baz");
    assert_pointer(json, "/foo/2", NULL);
    assert_pointer(json, "/foo/01", NULL);
    assert_pointer(json, "/foo/-", NULL);
    assert_pointer(json, "/foo", NULL);
    assert_pointer(json, "/", "0");
    assert_pointer(json, "/a~1b", "1");
    assert_pointer(json, "/c%d", "2");
    assert_pointer(json, "/ ", "7");
    assert_pointer(json, "/m~0n", "8");
    assert_pointer(json, "/t", "true");
    assert_pointer(json, "/n", NULL);
    assert_pointer(json, "/f", "1.5");
    assert_pointer("\"whole\"", "", "whole");
    assert_pointer("{\"a\":", "/a", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(placeholders_are_filled_in),
        cmocka_unit_test(protocol_none_adds_nothing_but_the_user_agent),
        cmocka_unit_test(a_user_agent_of_ones_own_replaces_ours),
        cmocka_unit_test(an_unknown_credential_is_an_error_without_its_neighbours_value),
        cmocka_unit_test(a_secret_in_json_stays_where_it_stands),
        cmocka_unit_test(headers_name_the_instance),
        cmocka_unit_test(a_body_names_the_instance),
        cmocka_unit_test(a_body_has_an_end),
        cmocka_unit_test(statuses_are_judged),
        cmocka_unit_test(pointers_follow_the_rfc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
