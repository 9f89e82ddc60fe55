/* What handlers are sent: the request of every protocol. */
#include "../cmocka_all.h"
#include "base/encode.h"
#include "base/json.h"
#include "protocol/request.h"

#include <string.h>
#include <strings.h>

static char url[] = "https://host/path", function[] = "billing", tenant[] = "blue";

enum { INDEX = 3, COUNT = 7 };

static struct request render(const struct endpoint *endpoint)
{
    struct plan plan = {0};
    struct request_values values = {
        .plan = &plan, .url = url, .round_id = "abc123", .index = INDEX, .count = COUNT, .hold_us = 75999};
    struct request request = {0};
    struct error error = {0};
    assert_int_equal(request_render(endpoint, &values, &request, &error), 0);
    return request;
}

/* The value of the one header of that name; NULL: none. */
static const char *header(const struct request *request, const char *name)
{
    const char *found = NULL;
    size_t length = strlen(name);
    for (size_t i = 0; i < request->n_headers; i++)
        if (strncasecmp(request->headers[i], name, length) == 0 && request->headers[i][length] == ':') {
            assert_null(found);
            found = request->headers[i] + length + 2;
        }
    return found;
}

static void assert_header(const struct request *request, const char *name, const char *expected)
{
    const char *value = header(request, name);
    if (expected)
        assert_string_equal(value, expected);
    else
        assert_null(value);
}

static char *decoded_context(const struct request *request)
{
    const char *value = header(request, "X-Amz-Client-Context");
    struct text text = {0};
    if (!value)
        return NULL;
    assert_true(strlen(value) <= 3583);
    assert_int_equal(base64_decode(value, strlen(value), &text), 0);
    return text_take(&text);
}

#define LAMBDA_WARMER                                                                                        \
    "{\"warmer\":true,\"concurrency\":1,\"__WARMER_INVOCATION__\":4,\"__WARMER_CONCURRENCY__\":7,"
#define WARMUP "serverless-plugin-warmup"
#define CONTEXT "{\"custom\":{\"source\":\"" WARMUP "\"}}"
#define EVENT                                                                                                \
    "\"headers\":{\"x-lambda-warm\":\"abc123/3/7\",\"x-lambda-warm-hold\":\"75\",\"user-agent\":"            \
    "\"lambda-warmd/" WARMD_VERSION "\"}"

static const struct {
    enum warm_protocol protocol;
    const char *payload;
    const char *context; /* NULL: none */
} payloads[] = {
    {PROTOCOL_HEADER, "{" EVENT "}", NULL},
    {PROTOCOL_NONE, NULL, NULL},
    {PROTOCOL_LAMBDA_WARMER, LAMBDA_WARMER "\"__WARMER_CORRELATIONID__\":\"abc123\"}", NULL},
    {PROTOCOL_LAMBDA_WARMER_PY, LAMBDA_WARMER "\"__WARMER_CORRELATION_ID__\":\"abc123\"}", NULL},
    {PROTOCOL_SERVERLESS_PLUGIN_WARMUP, "{\"source\":\"" WARMUP "\"}", CONTEXT},
    {PROTOCOL_OPENNEXT,
     "{\"type\":\"warmer\",\"warmerId\":\"abc123\",\"index\":2,\"concurrency\":7,\"delay\":75}", NULL},
    {PROTOCOL_BREF, "{\"warmer\":true}", NULL},
    {PROTOCOL_AUTO,
     LAMBDA_WARMER "\"__WARMER_CORRELATIONID__\":\"abc123\",\"__WARMER_CORRELATION_ID__\":\"abc123\","
                   "\"source\":\"" WARMUP "\",\"type\":\"warmer\",\"warmerId\":\"abc123\",\"index\":2,"
                   "\"delay\":75,\"action\":\"PREWARM\"," EVENT "}",
     CONTEXT},
};

static void each_protocol_has_its_payload_by_invoke(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(payloads); i++) {
        struct endpoint endpoint = {.function = function, .protocol = payloads[i].protocol};
        struct request request = render(&endpoint);
        assert_string_equal(request.method, "POST");
        if (payloads[i].payload) {
            assert_string_equal(request.body, payloads[i].payload);
            assert_int_equal(request.body_length, strlen(request.body));
        } else
            assert_null(request.body);
        assert_header(&request, "Content-Type", payloads[i].payload ? "application/json" : NULL);
        assert_header(&request, "X-Amz-Invocation-Type", "RequestResponse");
        assert_header(&request, "X-Amz-Log-Type", "Tail");
        assert_header(&request, "X-Amz-Tenant-Id", NULL);
        assert_header(&request, "X-Lambda-Warm", NULL); /* a function doesn't see HTTP's headers */
        CLEANUP_FREE char *context = decoded_context(&request);
        if (payloads[i].context)
            assert_string_equal(context, payloads[i].context);
        else
            assert_null(context);
        request_free(&request);
    }
}

static void over_http_the_payload_is_posted(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(payloads); i++) {
        struct endpoint endpoint = {.url = url, .protocol = payloads[i].protocol};
        bool posts = endpoint.protocol != PROTOCOL_HEADER && endpoint.protocol != PROTOCOL_NONE;
        bool by_header = endpoint.protocol == PROTOCOL_HEADER || endpoint.protocol == PROTOCOL_AUTO;
        struct request request = render(&endpoint);
        assert_string_equal(request.method, posts ? "POST" : "GET");
        if (posts)
            assert_string_equal(request.body, payloads[i].payload);
        else
            assert_null(request.body);
        assert_header(&request, "X-Lambda-Warm", by_header ? "abc123/3/7" : NULL);
        assert_header(&request, "X-Lambda-Warm-Hold", by_header ? "75" : NULL);
        assert_header(&request, "X-Amz-Invocation-Type", NULL);
        assert_header(&request, "X-Amz-Log-Type", NULL);
        request_free(&request);
    }
}

static void a_get_has_no_payload(void **state)
{
    (void)state;
    static char get[] = "GET", head[] = "HEAD", put[] = "PUT";
    struct endpoint endpoint = {.url = url, .protocol = PROTOCOL_AUTO};
    char *const bodiless[] = {get, head};
    for (size_t i = 0; i < COUNT_OF(bodiless); i++) {
        endpoint.method = bodiless[i];
        struct request request = render(&endpoint);
        assert_string_equal(request.method, bodiless[i]);
        assert_null(request.body);
        assert_header(&request, "X-Lambda-Warm", "abc123/3/7");
        request_free(&request);
    }
    endpoint.method = put;
    struct request request = render(&endpoint);
    assert_string_equal(request.method, "PUT");
    assert_non_null(request.body);
    request_free(&request);
}

static void a_body_of_ones_own_replaces_the_payload(void **state)
{
    (void)state;
    static char body[] = "\"#warmup wait=${hold_ms} ${index}/${count} $${index} ${round}\"";
    for (size_t i = 0; i < COUNT_OF(payloads); i++) {
        struct endpoint endpoint = {.function = function, .body = body, .protocol = payloads[i].protocol};
        struct request request = render(&endpoint);
        assert_string_equal(request.body, "\"#warmup wait=75 3/7 ${index} abc123\"");
        assert_header(&request, "Content-Type", "application/json"); /* Invoke takes nothing else */
        CLEANUP_FREE char *context = decoded_context(&request);
        assert_int_equal(context != NULL, payloads[i].context != NULL);
        request_free(&request);
    }
}

static void an_event_is_queued_without_a_log(void **state)
{
    (void)state;
    struct endpoint endpoint = {
        .function = function, .tenant_id = tenant, .mode = INVOKE_EVENT, .protocol = PROTOCOL_AUTO};
    struct request request = render(&endpoint);
    assert_header(&request, "X-Amz-Invocation-Type", "Event");
    assert_header(&request, "X-Amz-Log-Type", NULL);
    assert_header(&request, "X-Amz-Client-Context", NULL);
    assert_header(&request, "X-Amz-Tenant-Id", "blue");
    request_free(&request);
}

static void headers_of_ones_own_replace_ours(void **state)
{
    (void)state;
    static char own[][64] = {"user-agent: mine", "x-amz-log-type: None",
                             "x-amz-client-context: e30=", "content-type: application/cloudevents+json"};
    char *headers[] = {own[0], own[1], own[2], own[3]};
    struct endpoint endpoint = {
        .function = function, .headers = headers, .n_headers = 4, .protocol = PROTOCOL_AUTO};
    struct request request = render(&endpoint);
    assert_header(&request, "User-Agent", "mine"); /* assert_header sees to it that there is one */
    assert_header(&request, "X-Amz-Log-Type", "None");
    assert_header(&request, "X-Amz-Client-Context", "e30=");
    assert_header(&request, "Content-Type", "application/cloudevents+json");
    request_free(&request);
}

/* What each handler looks at, as its source has it: see protocol/request.c. */
static void auto_is_understood_by_every_handler(void **state)
{
    (void)state;
    static const struct {
        const char *pointer, *value;
    } expected[] = {
        {"/warmer", "true"},
        {"/concurrency", "1"}, /* more, and lambda-warmer calls itself */
        {"/__WARMER_INVOCATION__", "4"},
        {"/__WARMER_CONCURRENCY__", "7"},
        {"/__WARMER_CORRELATIONID__", "abc123"},
        {"/__WARMER_CORRELATION_ID__", "abc123"},
        {"/source", WARMUP},
        {"/type", "warmer"},
        {"/warmerId", "abc123"},
        {"/index", "2"},
        {"/delay", "75"},
        {"/action", "PREWARM"},
        {"/headers/x-lambda-warm", "abc123/3/7"},
        {"/headers/x-lambda-warm-hold", "75"},
        {"/target", NULL}, /* lambda-warmer would call that function, */
        {"/test", NULL},   /* or do nothing */
    };
    struct endpoint endpoint = {.function = function, .protocol = PROTOCOL_AUTO};
    struct request request = render(&endpoint);
    struct json_document document;
    assert_int_equal(json_document_read(request.body, request.body_length, &document, NULL), 0);
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        CLEANUP_FREE char *value = json_document_text(&document, expected[i].pointer);
        if (expected[i].value)
            assert_string_equal(value, expected[i].value);
        else
            assert_null(value);
    }
    request_free(&request);
}

/* lambda-warmer holds where __WARMER_INVOCATION__ > 1: not one of a volley may be without. */
static void lambda_warmer_counts_from_two(void **state)
{
    (void)state;
    static const enum warm_protocol protocols[] = {PROTOCOL_LAMBDA_WARMER, PROTOCOL_LAMBDA_WARMER_PY,
                                                   PROTOCOL_AUTO};
    for (size_t i = 0; i < COUNT_OF(protocols); i++)
        for (uint32_t index = 1; index <= 10; index++) {
            struct plan plan = {0};
            struct endpoint endpoint = {.function = function, .protocol = protocols[i]};
            struct request_values values = {
                .plan = &plan, .url = url, .round_id = "r", .index = index, .count = 10, .hold_us = 1};
            struct request request = {0};
            char expected[64];
            assert_int_equal(request_render(&endpoint, &values, &request, NULL), 0);
            snprintf(expected, sizeof expected, "\"__WARMER_INVOCATION__\":%u,", index + 1);
            assert_non_null(strstr(request.body, expected));
            assert_non_null(strstr(request.body, "\"concurrency\":1,"));
            assert_non_null(strstr(request.body, "\"__WARMER_CONCURRENCY__\":10,"));
            request_free(&request);
        }
}

static void base64_is_the_rfcs(void **state)
{
    (void)state;
    static const char *const vectors[][2] = {{"", ""},
                                             {"f", "Zg=="},
                                             {"fo", "Zm8="},
                                             {"foo", "Zm9v"},
                                             {"foob", "Zm9vYg=="},
                                             {"fooba", "Zm9vYmE="},
                                             {"foobar", "Zm9vYmFy"},
                                             {"\xff\xfe\xfd", "//79"}};
    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        CLEANUP_TEXT struct text encoded = {0};
        CLEANUP_TEXT struct text decoded = {0};
        const char *plain = vectors[i][0], *code = vectors[i][1];
        base64_encode(plain, strlen(plain), &encoded);
        assert_string_equal(encoded.length ? encoded.data : "", code);
        assert_int_equal(base64_decode(code, strlen(code), &decoded), 0);
        assert_int_equal(decoded.length, strlen(plain));
        assert_memory_equal(decoded.length ? decoded.data : "", plain, decoded.length);
    }
    static const char *const wrong[] = {"Z",      "Zg",   "Zg=",  "Zg===", "Z===", "====",      "Zg==Zg==",
                                        "Zm9v\n", "Zm9*", "Zm-_", "=Zm9",  "Zm=v", "\xc3\xa4zz"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        CLEANUP_TEXT struct text decoded = {0};
        text_add(&decoded, "before");
        assert_true(base64_decode(wrong[i], strlen(wrong[i]), &decoded) < 0);
        assert_string_equal(decoded.data, "before");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_protocol_has_its_payload_by_invoke),
        cmocka_unit_test(over_http_the_payload_is_posted),
        cmocka_unit_test(a_get_has_no_payload),
        cmocka_unit_test(a_body_of_ones_own_replaces_the_payload),
        cmocka_unit_test(an_event_is_queued_without_a_log),
        cmocka_unit_test(headers_of_ones_own_replace_ours),
        cmocka_unit_test(auto_is_understood_by_every_handler),
        cmocka_unit_test(lambda_warmer_counts_from_two),
        cmocka_unit_test(base64_is_the_rfcs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
