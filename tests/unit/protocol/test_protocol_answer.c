/* What comes back: from AWS, from warmers' handlers, from caches. */
#include "../cmocka_all.h"
#include "base/cleanup.h"
#include "base/encode.h"
#include "base/timestamp.h"
#include "protocol/answer.h"

#include <string.h>

#define NOW_US UINT64_C(1795576750000000) /* 2026-11-25T03:19:10Z */

static char url[] = "https://host/", function[] = "billing", id_header[] = "X-Lambda-Instance",
            cold_header[] = "X-Lambda-Cold", id_pointer[] = "/meta/id", cold_pointer[] = "/meta/cold",
            request_id[] = "8f507cfc-1e2d-4f6a-9c3b-3d0c5e0f6a11";
static const struct redactor no_secrets;
static struct status_range success = {.low = 200, .high = 299};

static const struct redactor *redactor = &no_secrets;

/* Lines end with \n in HEADERS. The caller frees the sample's strings with samples_free's help. */
static struct sample *take(struct endpoint *endpoint, int status, const char *headers, const char *body)
{
    struct answer answer = {0};
    struct sample *sample = calloc(1, sizeof *sample);
    assert_non_null(sample);
    endpoint->expect = &success;
    endpoint->n_expect = 1;
    endpoint->max_body_bytes = PLAN_BODY_BYTES;
    sample->status = status;
    answer_begin(&answer, status);
    for (const char *line = headers; *line; line += strcspn(line, "\n") + 1)
        answer_take_header(&answer, endpoint, line, strcspn(line, "\n") + 1);
    assert_true(answer_take_body(&answer, endpoint, body, strlen(body)));
    answer_finish(&answer, endpoint, redactor, NOW_US, sample);
    answer_free(&answer);
    return sample;
}

static void assert_text(const char *text, const char *expected)
{
    if (expected)
        assert_string_equal(text, expected);
    else
        assert_null(text);
}

enum kind { INVOKE, SIGNED, PLAIN };

static struct endpoint endpoint_of(enum kind kind)
{
    return (struct endpoint){.function = kind == INVOKE ? function : NULL,
                             .url = kind == INVOKE ? NULL : url,
                             .auth = kind == PLAIN ? AUTH_NONE : AUTH_SIGV4};
}

#define TYPE(name) "x-amzn-ErrorType: " name "\n"
#define DENIED                                                                                               \
    "not authorized to perform: lambda:InvokeFunction on resource: "                                         \
    "arn:aws:lambda:eu-west-1:123456789012:function:billing because no identity-based policy allows it"
#define CANONICAL                                                                                            \
    "The request signature we calculated does not match the signature you provided. The Canonical String "   \
    "for this request should have been 'POST /\\nx-amz-security-token:S3CR3T'"

static const struct {
    enum kind kind;
    int status;
    const char *headers, *body;
    enum cause cause;
    const char *detail;
} refusals[] = {
    /* 429 */
    {INVOKE, 429, "",
     "{\"Reason\":\"ConcurrentInvocationLimitExceeded\",\"Type\":\"User\",\"message\":\"Rate Exceeded.\"}",
     CAUSE_CONCURRENCY_LIMIT, "ConcurrentInvocationLimitExceeded"},
    {INVOKE, 429, "",
     "{\"Reason\":\"ReservedFunctionConcurrentInvocationLimitExceeded\",\"message\":\"Rate Exceeded.\"}",
     CAUSE_RESERVED_CONCURRENCY, "ReservedFunctionConcurrentInvocationLimitExceeded"},
    {INVOKE, 429, "", "{\"Reason\":\"ReservedFunctionInvocationRateLimitExceeded\"}", CAUSE_RATE_LIMIT,
     "ReservedFunctionInvocationRateLimitExceeded"},
    {INVOKE, 429, "", "{\"Reason\":\"FunctionInvocationRateLimitExceeded\"}", CAUSE_RATE_LIMIT,
     "FunctionInvocationRateLimitExceeded"},
    {INVOKE, 429, "", "{\"Reason\":\"CallerRateLimitExceeded\"}", CAUSE_CALLER_RATE_LIMIT,
     "CallerRateLimitExceeded"},
    {INVOKE, 429, "", "{\"Reason\":\"ConcurrentSnapshotCreateLimitExceeded\"}", CAUSE_SNAPSHOT_LIMIT,
     "ConcurrentSnapshotCreateLimitExceeded"},
    {INVOKE, 429, "", "{\"Reason\":\"OfNextYearLimitExceeded\"}", CAUSE_THROTTLED, "OfNextYearLimitExceeded"},
    {SIGNED, 429, "", "{\"Reason\":\"ReservedFunctionConcurrentInvocationLimitExceeded\"}",
     CAUSE_RESERVED_CONCURRENCY, "ReservedFunctionConcurrentInvocationLimitExceeded"},
    {PLAIN, 429, "", "{\"message\":\"Too Many Requests\"}", CAUSE_THROTTLED, "Too Many Requests"},
    {PLAIN, 429, "", "{\"message\":\"Limit Exceeded\"}", CAUSE_THROTTLED, "Limit Exceeded"},
    {PLAIN, 429, "", "slow down", CAUSE_THROTTLED, "slow down"},
    {PLAIN, 429, "", "{\"Reason\":{\"a\":1},\"message\":[]}", CAUSE_THROTTLED,
     "{\"Reason\":{\"a\":1},\"message\":[]}"},
    /* credentials */
    {INVOKE, 403, TYPE("ExpiredTokenException"),
     "{\"message\":\"The security token included in the request is expired\"}", CAUSE_EXPIRED_TOKEN,
     "ExpiredTokenException: The security token included in the request is expired"},
    {SIGNED, 403, "", "{\"Message\":\"The security token included in the request is expired\"}",
     CAUSE_EXPIRED_TOKEN, "The security token included in the request is expired"},
    {INVOKE, 400, "", "{\"__type\":\"com.amazon.coral.service#ExpiredTokenException\"}", CAUSE_EXPIRED_TOKEN,
     "ExpiredTokenException"},
    {INVOKE, 403, TYPE("UnrecognizedClientException"),
     "{\"message\":\"The security token included in the request is invalid.\"}", CAUSE_SIGNATURE,
     "UnrecognizedClientException: the access key or session token isn't known"},
    {SIGNED, 403, TYPE("MissingAuthenticationTokenException"),
     "{\"message\":\"Missing Authentication Token\"}", CAUSE_SIGNATURE,
     "MissingAuthenticationTokenException: Missing Authentication Token"},
    /* the clock */
    {INVOKE, 403, TYPE("InvalidSignatureException"),
     "{\"message\":\"Signature expired: 20261125T021910Z is now earlier than 20261125T031410Z "
     "(20261125T031910Z - 5 min.)\"}",
     CAUSE_CLOCK_SKEW,
     "InvalidSignatureException: Signature expired: 20261125T021910Z is now earlier than 20261125T031410Z "
     "(20261125T031910Z - 5 min.)"},
    {SIGNED, 403, "",
     "{\"message\":\"Signature not yet current: 20261125T041910Z is still later than 20261125T032410Z\"}",
     CAUSE_CLOCK_SKEW, "Signature not yet current: 20261125T041910Z is still later than 20261125T032410Z"},
    {INVOKE, 403, TYPE("RequestTimeTooSkewed:http://internal/"), "", CAUSE_CLOCK_SKEW,
     "RequestTimeTooSkewed"},
    {INVOKE, 400, TYPE("RequestExpired"), "{}", CAUSE_CLOCK_SKEW, "RequestExpired"},
    /* signatures: their messages quote what was signed */
    {INVOKE, 403, TYPE("InvalidSignatureException"), "{\"message\":\"" CANONICAL "\"}", CAUSE_SIGNATURE,
     "InvalidSignatureException: the signature doesn't match: check the secret key, region and service"},
    {SIGNED, 403, "", "{\"message\":\"" CANONICAL "\"}", CAUSE_SIGNATURE,
     "the signature doesn't match: check the secret key, region and service"},
    {SIGNED, 403, TYPE("IncompleteSignatureException"),
     "{\"message\":\"'S3CR3T' not a valid key=value pair (missing equal-sign) in Authorization header: "
     "'S3CR3T'\"}",
     CAUSE_SIGNATURE, "IncompleteSignatureException"},
    {SIGNED, 403, TYPE("InvalidSignatureException"),
     "{\"message\":\"Credential should be scoped to S3CR3T\"}", CAUSE_SIGNATURE, "InvalidSignatureException"},
    /* permissions */
    {INVOKE, 403, TYPE("AccessDeniedException"),
     "{\"Message\":\"User: arn:aws:iam::123456789012:user/w is not authorized to perform: "
     "lambda:InvokeFunction\"}",
     CAUSE_ACCESS_DENIED,
     "AccessDeniedException: User: arn:aws:iam::123456789012:user/w is not authorized to perform: "
     "lambda:InvokeFunction"},
    {SIGNED, 403, "",
     "{\"Message\":\"User: arn:aws:sts::123456789012:assumed-role/a-role-of-a-long-name/i-0123456789abcdef0 "
     "is " DENIED "\"}",
     CAUSE_ACCESS_DENIED,
     "not authorized to perform: lambda:InvokeFunction on resource: "
     "arn:aws:lambda:eu-west-1:123456789012:function:billing because no identity-based policy allows it"},
    {SIGNED, 403, "",
     "{\"Message\":\"Forbidden. For troubleshooting Function URL authorization issues, see: x\"}",
     CAUSE_ACCESS_DENIED, "Forbidden. For troubleshooting Function URL authorization issues, see: x"},
    {SIGNED, 403, TYPE("AccessDeniedException"), "{\"Message\":\"X-Amz-Security-Token: S3CR3T\"}",
     CAUSE_ACCESS_DENIED, "AccessDeniedException"},
    {SIGNED, 400, "", "{\"message\":\"Forbidden\"}", CAUSE_STATUS, "Forbidden"},
    {SIGNED, 403, "", "<html>no</html>", CAUSE_STATUS, "<html>no</html>"},
    {SIGNED, 403, "", "", CAUSE_STATUS, NULL},
    {SIGNED, 404, "", "{\"message\":\"Forbidden\"}", CAUSE_STATUS, "Forbidden"},
    {SIGNED, 403, "", "<p>signature=S3CR3T</p>", CAUSE_STATUS, NULL},
    /* of an endpoint that isn't signed for it is its own affair */
    {PLAIN, 403, TYPE("ExpiredTokenException"), "{\"message\":\"Forbidden\"}", CAUSE_STATUS,
     "ExpiredTokenException: Forbidden"},
    {PLAIN, 400, "", "{\"message\":\"Signature expired\"}", CAUSE_STATUS, "Signature expired"},
    {PLAIN, 403, TYPE("AccessDeniedException"),
     "{\"Message\":\"Forbidden. For troubleshooting Function URL authorization issues, see: x\"}",
     CAUSE_STATUS,
     "AccessDeniedException: Forbidden. For troubleshooting Function URL authorization issues, see: x"},
    /* the function */
    {INVOKE, 404, TYPE("ResourceNotFoundException"),
     "{\"Type\":\"User\",\"Message\":\"Function not found: "
     "arn:aws:lambda:eu-west-1:123456789012:function:billing:live\"}",
     CAUSE_NO_FUNCTION, "Function not found: arn:aws:lambda:eu-west-1:123456789012:function:billing:live"},
    {INVOKE, 404, "", "not here", CAUSE_STATUS, "not here"},
    {PLAIN, 404, TYPE("ResourceNotFoundException"), "{\"message\":\"x\"}", CAUSE_STATUS,
     "ResourceNotFoundException: x"},
    {INVOKE, 409, TYPE("ResourceConflictException"),
     "{\"Message\":\"The function is currently in the following state: Pending\"}", CAUSE_STATUS,
     "ResourceConflictException: The function is currently in the following state: Pending"},
    {INVOKE, 502, TYPE("EC2ThrottledException"), "{\"Message\":\"two\\nlines\\u001b[31m\"}", CAUSE_STATUS,
     "EC2ThrottledException: two lines [31m"},
    {INVOKE, 500, TYPE("<script>"), "{\"message\":\"broken\"}", CAUSE_STATUS, "broken"},
    {INVOKE, 302, "Location: x\n", "", CAUSE_REDIRECT, "to x"},
    {PLAIN, 308, "location:  https://h.example/b?c=d \n", "<html>moved</html>", CAUSE_REDIRECT,
     "to https://h.example/b?c=d"},
    {PLAIN, 301, "", "moved, but not\n\tfar", CAUSE_REDIRECT, "moved, but not far"},
    {PLAIN, 304, "", "", CAUSE_REDIRECT, NULL},
    {PLAIN, 503, "", "{\"message\":\"Service Unavailable\"}", CAUSE_STATUS, "Service Unavailable"},
    /* what anyone says */
    {PLAIN, 404, "", "<!DOCTYPE html>\n<html><head><TITLE>404\n Not Found</TITLE></head></html>",
     CAUSE_STATUS, "404 Not Found"},
    {PLAIN, 500, "", "{\"error\":{\"code\":7,\"message\":\"no such table\"}}", CAUSE_STATUS, "no such table"},
    {PLAIN, 400, "", "{\"errors\":[{\"message\":\"a\\u0009b\"}]}", CAUSE_STATUS, "a b"},
    {PLAIN, 400, "", "{\"error\":\"invalid_client\"}", CAUSE_STATUS, "invalid_client"},
    {PLAIN, 502, "", "\"just text\"", CAUSE_STATUS, "just text"},
    {PLAIN, 502, "", "{\"unfinished", CAUSE_STATUS, "{\"unfinished"},
    {PLAIN, 502, "", "{}", CAUSE_STATUS, NULL},
    {PLAIN, 502, "", " \n", CAUSE_STATUS, NULL},
};

static void refusals_are_told_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        struct endpoint endpoint = endpoint_of(refusals[i].kind);
        struct sample *sample = take(&endpoint, refusals[i].status, refusals[i].headers, refusals[i].body);
        print_message("%zu: %d %s\n", i, refusals[i].status, refusals[i].body);
        assert_int_equal(sample->cause, refusals[i].cause);
        assert_int_equal(sample->outcome, refusals[i].status == 429 ? OUTCOME_THROTTLED : OUTCOME_FAILED);
        assert_text(sample->detail, refusals[i].detail);
        assert_true(!sample->detail || !strstr(sample->detail, "S3CR3T"));
        assert_int_equal(sample->clock_offset_us, 0); /* there was no Date */
        samples_free(sample, 1);
    }
}

static void a_refused_time_says_how_wrong_the_clock_is(void **state)
{
    (void)state;
    static const struct {
        const char *date;
        int64_t offset_us;
    } dates[] = {{"Date: Wed, 25 Nov 2026 03:19:10 GMT\n", 0},
                 {"date: Wed, 25 Nov 2026 04:19:11 GMT\n", INT64_C(3601000000)},
                 {"Date: Tue, 24 Nov 2026 03:19:10 GMT\n", INT64_C(-86400000000)},
                 {"Date: yesterday\n", 0}};
    struct endpoint endpoint = endpoint_of(INVOKE);
    for (size_t i = 0; i < COUNT_OF(dates); i++) {
        struct sample *sample = take(&endpoint, 403, dates[i].date, "{\"message\":\"Signature expired: x\"}");
        assert_int_equal(sample->cause, CAUSE_CLOCK_SKEW);
        assert_true(sample->clock_offset_us == dates[i].offset_us);
        samples_free(sample, 1);
        sample = take(&endpoint, 403, dates[i].date, "{\"message\":\"is not authorized to perform: x\"}");
        assert_int_equal(sample->clock_offset_us, 0);
        samples_free(sample, 1);
    }
}

static void dates_are_the_rfcs(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "Sunday, 06-Nov-94 08:49:37 GMT",
                                        "Sun Nov  6 08:49:37 1994",
                                        "Sun, 06 Nov 1994 08:49:37",
                                        "Sun, 06 Nov 1994 08:49:37 GMTX",
                                        "Sun, 32 Nov 1994 08:49:37 GMT",
                                        "Sun, 06 ovD 1994 08:49:37 GMT",
                                        "Sun, 06 Nov 1994 24:49:37 GMT",
                                        "Sun, 06 Nov 1994 -1:49:37 GMT",
                                        "Sun, 06 Nov 1960 08:49:37 GMT"};
    uint64_t us = 7;
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_true(timestamp_parse_http(wrong[i], &us) < 0);
    assert_true(us == 7);
    assert_int_equal(timestamp_parse_http("Sun, 06 Nov 1994 08:49:37 GMT", &us), 0);
    assert_true(us == UINT64_C(784111777000000));
}

static const struct {
    const char *headers;
    const char *detail; /* NULL: an instance answered */
} caches[] = {
    {"Age: 17\n", "Age: 17"},
    {"Age: 0\n", NULL},
    {"Age: old\n", NULL},
    {"X-Cache: Hit from cloudfront\n", "X-Cache: Hit from cloudfront"},
    {"x-cache: MISS, HIT\n", "X-Cache: MISS, HIT"},
    {"X-Cache: TCP_HIT\n", "X-Cache: TCP_HIT"},
    {"X-Cache: Miss from cloudfront\n", NULL},
    {"X-Cache: RefreshHit from cloudfront\n", NULL},
    {"X-Cache: Error from cloudfront\n", NULL},
    {"X-Cache: whitehit\n", NULL},
    {"CF-Cache-Status: HIT\n", "CF-Cache-Status: HIT"},
    {"cf-cache-status: stale\n", "CF-Cache-Status: stale"},
    {"CF-Cache-Status: DYNAMIC\n", NULL},
    {"CF-Cache-Status: REVALIDATED\n", NULL},
    {"Cache-Status: Edge; hit\n", "Cache-Status: Edge; hit"},
    {"Cache-Status: Edge; fwd=miss\n", NULL},
};

static void a_caches_answer_is_no_instances(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(caches); i++) {
        struct endpoint endpoint = endpoint_of(PLAIN);
        endpoint.instance = (struct extract){EXTRACT_HEADER, id_header};
        endpoint.cold = (struct extract){EXTRACT_HEADER, cold_header};
        CLEANUP_TEXT struct text headers = {0};
        text_format(&headers, "X-Lambda-Instance: i-1\nX-Lambda-Cold: 1\n%s", caches[i].headers);
        struct sample *sample = take(&endpoint, 200, headers.data, "");
        bool cached = caches[i].detail;
        assert_int_equal(sample->outcome, cached ? OUTCOME_FAILED : OUTCOME_OK);
        assert_int_equal(sample->cause, cached ? CAUSE_CACHED : CAUSE_NONE);
        assert_text(sample->detail, caches[i].detail);
        assert_text(sample->instance, cached ? NULL : "i-1");
        assert_int_equal(sample->cold, cached ? COLD_UNKNOWN : COLD_YES);
        samples_free(sample, 1);
        sample = take(&endpoint, 503, headers.data, "");
        assert_int_equal(sample->cause, CAUSE_STATUS);
        samples_free(sample, 1);
    }
}

static void a_functions_error_is_no_success(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *payload, *detail;
    } errors[] = {
        {"Unhandled", "{\"errorType\":\"TypeError\",\"errorMessage\":\"x is not a function\",\"trace\":[]}",
         "Unhandled: TypeError: x is not a function"},
        {"Unhandled",
         "{\"errorMessage\":\"2026-11-25T03:19:10.123Z 8f50 Task timed out after 3.00 seconds\"}",
         "Unhandled: 2026-11-25T03:19:10.123Z 8f50 Task timed out after 3.00 seconds"},
        {"Handled", "{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"a\\nb\\u0007c\"}",
         "Handled: Runtime.ExitError: a b c"},
        {"Unhandled", "\"text\"", "Unhandled: text"},
        {"Unhandled", "no JSON\nat all", "Unhandled: no JSON at all"},
        {"Unhandled", "{\"errorMessage\":\"\\ud800 of\",\"n\":18446744073709551616}",
         "Unhandled: \xed\xa0\x80 of"},
        {"Unhandled", "", "Unhandled"},
        {"Unhandled", "{\"errorType\":[],\"errorMessage\":null",
         "Unhandled: the payload is not JSON: it ends too early, after 35 bytes: "
         "{\"errorType\":[],\"errorMessage\":null"},
    };
    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        struct endpoint endpoint = endpoint_of(INVOKE);
        CLEANUP_TEXT struct text header = {0};
        text_format(&header, "X-Amz-Function-Error: %s\n", errors[i].kind);
        struct sample *sample = take(&endpoint, 200, header.data, errors[i].payload);
        assert_int_equal(sample->outcome, OUTCOME_FAILED);
        assert_int_equal(sample->cause, CAUSE_FUNCTION_ERROR);
        assert_string_equal(sample->detail, errors[i].detail);
        samples_free(sample, 1);
    }
}

/* How many asterisks there are is no matter. */
static void collapse(char *text)
{
    char *to = text;
    for (const char *from = text; from && *from; from++)
        if (*from != '*' || from[1] != '*')
            *to++ = *from;
    if (to)
        *to = '\0';
}

/* Before anything is cut, or made one line. */
static void no_secret_is_quoted(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *headers, *body, *detail, *instance;
    } cases[] = {
        {403, "", "no: to/p \"sec\nret\"!", "no: *!", NULL},
        {403, "", "{\"message\":\"no: to\\/p \\\"sec\\nret\\\"!\"}", "no: *!", NULL},
        {403, "", "{\"no\":\"to\\/p \\\"sec\\nret\\\"!\"}", "{\"no\":\"*!\"}", NULL},
        {302, "Location: /?a=to%2Fp+%22sec%0aret%22\n", "", "to /?a=*", NULL},
        {403, "x-amzn-ErrorType: Xto%2Fp%20%22sec%0Aret%22!\n", "{\"message\":\"no\"}", "X: no", NULL},
        {500, "x-amzn-ErrorType: to/p \"sec\n", "{\"message\":\"no\"}", "no", NULL},
        {403, "", "{\"code\":\"tok-en.#sec-ret\",\"message\":\"no\"}", "no", NULL},
        {200, "X-Cache: Hit from to/p &quot;sec&#10;ret&quot;\n", "", "X-Cache: Hit from *", NULL},
        {200, "X-Lambda-Instance: i-eHRvL3AgInNlYwpyZXQi\nX-Amz-Executed-Version: 1\n", "", NULL, "i-eH*"},
    };
    static const char secret[] = "to/p \"sec\nret\"";
    struct redactor secrets = {0};
    redactor_add(&secrets, secret);
    redactor_add(&secrets, "tok-en.#sec-ret");
    redactor = &secrets;
    for (size_t i = 0; i < 2 * COUNT_OF(cases); i++) {
        struct endpoint endpoint = endpoint_of(PLAIN);
        endpoint.instance = (struct extract){EXTRACT_HEADER, id_header};
        bool hides_all = i >= COUNT_OF(cases);
        size_t n = i % COUNT_OF(cases);
        if (i == COUNT_OF(cases))
            redactor_add(&secrets, "abc");
        struct sample *sample = take(&endpoint, cases[n].status, cases[n].headers, cases[n].body);
        collapse(sample->detail);
        collapse(sample->instance);
        assert_text(sample->detail, hides_all ? NULL : cases[n].detail);
        if (cases[n].instance && hides_all)
            assert_memory_equal(sample->instance, "sha256:", strlen("sha256:"));
        else
            assert_text(sample->instance, cases[n].instance);
        samples_free(sample, 1);
    }
    redactor = &no_secrets;
    redactor_free(&secrets);
}

static void details_are_cut_between_characters(void **state)
{
    (void)state;
    for (size_t offset = 0; offset < 4; offset++) {
        CLEANUP_TEXT struct text body = {0};
        struct endpoint endpoint = endpoint_of(INVOKE);
        text_add(&body, "{\"errorMessage\":\"");
        for (size_t i = 0; i < offset; i++)
            text_add(&body, "x");
        for (size_t i = 0; i < 1000; i++)
            text_add(&body, "ä€");
        text_add(&body, "\"}");
        struct sample *sample = take(&endpoint, 200, "X-Amz-Function-Error: Unhandled\n", body.data);
        size_t length = strlen(sample->detail);
        assert_in_range(length, SAMPLE_DETAIL_MAX - 4, SAMPLE_DETAIL_MAX);
        assert_string_equal(sample->detail + length - strlen("…"), "…");
        CLEANUP_FREE char *shown = text_escape(sample->detail, SAMPLE_DETAIL_MAX);
        assert_string_equal(shown, sample->detail); /* no half of a character */
        samples_free(sample, 1);
    }
}

/* A gateway's answer in the payload: an instance answered, whatever it says. */
static void a_payloads_status_is_not_the_invocations(void **state)
{
    (void)state;
    struct endpoint endpoint = endpoint_of(INVOKE);
    struct sample *sample = take(&endpoint, 200, "X-Amz-Executed-Version: 42\n", "{\"statusCode\":500}");
    assert_int_equal(sample->outcome, OUTCOME_OK);
    assert_string_equal(sample->version, "42");
    samples_free(sample, 1);
}

static void a_queued_event_proves_nothing(void **state)
{
    (void)state;
    struct endpoint endpoint = endpoint_of(INVOKE);
    endpoint.mode = INVOKE_EVENT;
    endpoint.instance.kind = endpoint.cold.kind = EXTRACT_ANY;
    struct sample *sample =
        take(&endpoint, 202, "X-Lambda-Instance: i-1\nX-Lambda-Cold: 1\n", "{\"serverId\":\"s\"}");
    assert_int_equal(sample->outcome, OUTCOME_OK);
    assert_null(sample->instance);
    assert_int_equal(sample->cold, COLD_UNKNOWN);
    samples_free(sample, 1);
}

#define WARMER "{ action: 'warmer', id: 'tail-1', warm: true }\n"
#define PYTHON                                                                                               \
    "{'action': 'warmer', 'instance_id': '8f507cfc-1e2d-4f6a-9c3b-3d0c5e0f6a11', 'is_warm': False}\n"
#define COLD_REPORT "REPORT RequestId: r\tDuration: 1 ms\tBilled Duration: 2 ms\tInit Duration: 3.5 ms\n"
#define WARM_REPORT "REPORT RequestId: r\tDuration: 1 ms\tBilled Duration: 2 ms\n"

static const struct {
    enum kind kind;
    enum extract_kind where;
    const char *headers, *log, *body, *instance;
    enum coldness cold;
} places[] = {
    /* the `header` protocol */
    {PLAIN, EXTRACT_HEADER, "X-Lambda-Instance: h\nX-Lambda-Cold: 0\n", NULL, "", "h", COLD_NO},
    {PLAIN, EXTRACT_HEADER, "", NULL, "{\"headers\":{\"X-Lambda-Instance\":\"b\"}}", NULL, COLD_UNKNOWN},
    {INVOKE, EXTRACT_HEADER, "", COLD_REPORT,
     "{\"statusCode\":204,\"headers\":{\"x-lambda-INSTANCE\":\"b\",\"X-Lambda-Cold\":\"0\"}}", "b", COLD_NO},
    {INVOKE, EXTRACT_HEADER, "", NULL,
     "{\"multiValueHeaders\":{\"X-Lambda-Instance\":[\"m\",\"n\"],\"x-lambda-cold\":[\"1\"]}}", "m",
     COLD_YES},
    {INVOKE, EXTRACT_HEADER, "", COLD_REPORT, "\"warmed\"", NULL, COLD_YES},
    {INVOKE, EXTRACT_HEADER, "", NULL, "{\"headers\":[\"X-Lambda-Instance\"]}", NULL, COLD_UNKNOWN},
    {INVOKE, EXTRACT_HEADER, "", NULL, "{\"headers\":{\"X-Lambda-Instance\":{}}}", NULL, COLD_UNKNOWN},
    /* pointers */
    {INVOKE, EXTRACT_JSON, "", COLD_REPORT, "{\"meta\":{\"id\":7,\"cold\":false}}", "7", COLD_NO},
    {INVOKE, EXTRACT_JSON, "", WARM_REPORT, "{\"meta\":{}}", NULL, COLD_NO},
    /* log tails */
    {INVOKE, EXTRACT_LOG_TAIL, "", WARMER COLD_REPORT, "\"warmed\"", "tail-1", COLD_NO},
    {INVOKE, EXTRACT_LOG_TAIL, "", PYTHON WARM_REPORT, "null", NULL, COLD_YES},
    {INVOKE, EXTRACT_LOG_TAIL, "X-Lambda-Instance: h\nX-Lambda-Cold: 1\n", WARM_REPORT, "", NULL, COLD_NO},
    {INVOKE, EXTRACT_NONE, "X-Lambda-Instance: h\nX-Lambda-Cold: 1\n", WARMER COLD_REPORT, "", NULL,
     COLD_UNKNOWN},
    {INVOKE, EXTRACT_LOG_TAIL, "", NULL, "", NULL, COLD_UNKNOWN},
    /* any of them, in this order */
    {INVOKE, EXTRACT_ANY, "X-Lambda-Instance: h\nX-Lambda-Cold: 1\n", WARMER WARM_REPORT,
     "{\"headers\":{\"X-Lambda-Instance\":\"b\",\"X-Lambda-Cold\":\"0\"},\"serverId\":\"s\"}", "h", COLD_YES},
    {INVOKE, EXTRACT_ANY, "", WARMER COLD_REPORT,
     "{\"headers\":{\"x-lambda-instance\":\"b\",\"x-lambda-cold\":\"1\"},\"serverId\":\"s\"}", "b", COLD_YES},
    {INVOKE, EXTRACT_ANY, "", WARMER COLD_REPORT, "{\"serverId\":\"s\",\"type\":\"warmer\"}", "s", COLD_NO},
    {INVOKE, EXTRACT_ANY, "", COLD_REPORT, "{\"instance\":\"i\",\"cold\":false}", "i", COLD_NO},
    {INVOKE, EXTRACT_ANY, "", WARMER COLD_REPORT, "\"warmed\"", "tail-1", COLD_NO},
    {INVOKE, EXTRACT_ANY, "", COLD_REPORT, "\"Lambda is warm!\"", NULL, COLD_YES},
    {INVOKE, EXTRACT_ANY, "", NULL, "{\"serverId\":", NULL, COLD_UNKNOWN},
    {PLAIN, EXTRACT_ANY, "", NULL, "{\"serverId\":\"s\"}", "s", COLD_UNKNOWN},
    /* the request's own id, by which every request would be an instance */
    {INVOKE, EXTRACT_ANY, "", NULL, "{\"instance\":\"8f507cfc-1e2d-4f6a-9c3b-3d0c5e0f6a11\"}", NULL,
     COLD_UNKNOWN},
    {PLAIN, EXTRACT_HEADER, "X-Lambda-Instance: 8f507cfc-1e2d-4f6a-9c3b-3d0c5e0f6a11\n", NULL, "", NULL,
     COLD_UNKNOWN},
};

static void identities_are_found_where_they_are_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        struct endpoint endpoint = endpoint_of(places[i].kind);
        CLEANUP_TEXT struct text headers = {0};
        endpoint.instance.kind = places[i].where;
        endpoint.instance.name = places[i].where == EXTRACT_JSON ? id_pointer : id_header;
        endpoint.cold.kind = places[i].where;
        endpoint.cold.name = places[i].where == EXTRACT_JSON ? cold_pointer : cold_header;
        text_format(&headers, "%sx-amzn-RequestId: %s\n", places[i].headers, request_id);
        if (places[i].log) {
            text_add(&headers, "X-Amz-Log-Result: ");
            base64_encode(places[i].log, strlen(places[i].log), &headers);
            text_add(&headers, "\n");
        }
        struct sample *sample = take(&endpoint, 200, headers.data, places[i].body);
        print_message("%zu: %s\n", i, places[i].body);
        assert_int_equal(sample->outcome, OUTCOME_OK);
        assert_text(sample->instance, places[i].instance);
        assert_int_equal(sample->cold, places[i].cold);
        bool reported = places[i].log && strstr(places[i].log, "REPORT");
        assert_int_equal(sample->billed_us, reported ? 2000 : 0);
        assert_int_equal(sample->init_us, reported && strstr(places[i].log, "Init") ? 3500 : 0);
        samples_free(sample, 1);
    }
}

/* Over HTTP a body's `headers` are no headers, also where the body is read for something else. */
static void a_urls_body_has_no_headers(void **state)
{
    (void)state;
    struct endpoint endpoint = endpoint_of(PLAIN);
    endpoint.instance = (struct extract){EXTRACT_HEADER, id_header};
    endpoint.cold = (struct extract){EXTRACT_JSON, cold_pointer};
    struct sample *sample =
        take(&endpoint, 200, "", "{\"headers\":{\"X-Lambda-Instance\":\"b\"},\"meta\":{\"cold\":true}}");
    assert_null(sample->instance);
    assert_int_equal(sample->cold, COLD_YES);
    samples_free(sample, 1);
}

/* Such as differ only behind what can be shown. */
static void long_ids_stay_apart(void **state)
{
    (void)state;
    struct endpoint endpoint = endpoint_of(PLAIN);
    endpoint.instance.kind = EXTRACT_ANY;
    char ids[3][INSTANCE_ID_MAX + 1];
    for (int i = 0; i < 3; i++) {
        char body[1024] = "{\"serverId\":\"";
        memset(body + strlen(body), 'x', i == 2 ? INSTANCE_ID_MAX - 1 : 900);
        body[strlen(body)] = (char)('a' + i);
        memcpy(body + strlen(body), "\"}", sizeof "\"}");
        struct sample *sample = take(&endpoint, 200, "", body);
        assert_true(strlen(sample->instance) <= INSTANCE_ID_MAX);
        memcpy(ids[i], sample->instance, strlen(sample->instance) + 1);
        samples_free(sample, 1);
    }
    assert_string_not_equal(ids[0], ids[1]);
    /* printf 'x%.0s' {1..900} | sed 's/$/a/' | tr -d '\n' | sha256sum */
    assert_string_equal(ids[0], "sha256:7fcc259904eddfc992e6695bd2a8fb0a8acc330af65866ebe59f18089ffe50a0");
    assert_int_equal(ids[2][0], 'x');
}

/* Bodies of ten thousand answers are memory: only what somebody reads is kept. */
static void bodies_are_kept_where_they_are_read(void **state)
{
    (void)state;
    static const struct {
        enum kind kind;
        enum extract_kind instance;
        int status;
        const char *header;
        size_t kept; /* of 60000 bytes */
        size_t most; /* what is kept at all, 0: nothing */
    } cases[] = {
        {PLAIN, EXTRACT_HEADER, 200, "", 0, 0},
        {PLAIN, EXTRACT_HEADER, 403, "", 16384, 16384},
        {PLAIN, EXTRACT_HEADER, 429, "", 16384, 16384},
        {PLAIN, EXTRACT_ANY, 200, "", 60000, PLAN_BODY_BYTES},
        {PLAIN, EXTRACT_JSON, 200, "", 60000, PLAN_BODY_BYTES},
        {SIGNED, EXTRACT_HEADER, 200, "", 0, 0},
        {SIGNED, EXTRACT_HEADER, 403, "", 16384, 16384},
        {INVOKE, EXTRACT_HEADER, 200, "", 60000, PLAN_BODY_BYTES},
        {INVOKE, EXTRACT_LOG_TAIL, 200, "", 0, 0},
        {INVOKE, EXTRACT_LOG_TAIL, 200, "X-Amz-Function-Error: Unhandled", 16384, 16384},
        {INVOKE, EXTRACT_LOG_TAIL, 404, "", 16384, 16384},
    };
    static const char piece[60000];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct endpoint endpoint = endpoint_of(cases[i].kind);
        struct answer answer = {0};
        endpoint.instance = (struct extract){cases[i].instance, id_pointer};
        endpoint.max_body_bytes = PLAN_BODY_BYTES;
        endpoint.expect = &success;
        endpoint.n_expect = 1;
        answer_begin(&answer, cases[i].status);
        answer_take_header(&answer, &endpoint, cases[i].header, strlen(cases[i].header));
        assert_true(answer_take_body(&answer, &endpoint, piece, sizeof piece));
        assert_int_equal(answer.body.length, cases[i].kept);
        while (answer_take_body(&answer, &endpoint, piece, sizeof piece))
            ;
        assert_int_equal(answer.body.length, cases[i].most);
        answer_free(&answer);
    }
}

static void an_interim_answer_is_forgotten(void **state)
{
    (void)state;
    static const char early[] = "X-Amz-Function-Error: Unhandled\r\n",
                      last[] = "X-Amz-Executed-Version: 2\r\n";
    struct endpoint endpoint = endpoint_of(INVOKE);
    struct answer answer = {0};
    struct sample sample = {.status = 200};
    endpoint.expect = &success;
    endpoint.n_expect = 1;
    answer_begin(&answer, 103);
    answer_take_header(&answer, &endpoint, early, strlen(early));
    answer_begin(&answer, 200);
    answer_take_header(&answer, &endpoint, last, strlen(last));
    answer_finish(&answer, &endpoint, &no_secrets, NOW_US, &sample);
    assert_int_equal(sample.outcome, OUTCOME_OK);
    assert_string_equal(sample.version, "2");
    free(sample.version);
    answer_free(&answer);
}

static void deep_json_and_nuls_are_survived(void **state)
{
    (void)state;
    CLEANUP_FREE char *deep = malloc(60001);
    struct endpoint endpoint = endpoint_of(INVOKE);
    endpoint.instance.kind = endpoint.cold.kind = EXTRACT_ANY;
    assert_non_null(deep);
    memset(deep, '[', 60000);
    deep[60000] = '\0';
    struct sample *sample = take(&endpoint, 200, "", deep);
    assert_null(sample->instance);
    samples_free(sample, 1);
    static const struct {
        const char *body, *instance;
    } cases[] = {{"{\"serverId\":\"a\\u0000b\"}", "a\xc0\x80"
                                                  "b"},
                 {"{\"serverId\":\"\xff\"}", "\xff"},
                 {"{\"message\":\"\\ud800\"}", NULL},
                 {"[]", NULL},
                 {"null", NULL},
                 {"\"x\"", NULL},
                 {"1e999", NULL}};
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        for (int status = 200; status < 600; status += 100) {
            sample = take(&endpoint, status, "X-Amz-Function-Error: Unhandled\nX-Amz-Log-Result: AAAA\n",
                          cases[i].body);
            assert_text(sample->instance, cases[i].instance);
            samples_free(sample, 1);
        }
}

static void why_a_body_names_nobody_is_said(void **state)
{
    (void)state;
    static const struct {
        enum kind kind;
        enum extract_kind instance;
        const char *body, *why;
    } cases[] = {
        {PLAIN, EXTRACT_JSON, "{\"meta\":{\"id\":18446744073709551617}}", NULL},
        {PLAIN, EXTRACT_JSON, "{\"meta\":{}}", "has no text or number at /meta/id"},
        {PLAIN, EXTRACT_JSON, "<html>", "is not JSON: a value is missing, at byte 1 of 6"},
        {PLAIN, EXTRACT_JSON, "", "is empty"},
        {PLAIN, EXTRACT_JSON, NULL, "is longer than the 65536 bytes that are kept of it (max_body)"},
        {PLAIN, EXTRACT_ANY, "<html>", NULL},
        {PLAIN, EXTRACT_ANY, "{\"instance\":", "is not JSON: it ends too early, after 12 bytes"},
        {PLAIN, EXTRACT_HEADER, "{", NULL},
        {INVOKE, EXTRACT_ANY, "{\"serverId\":\"a\",}",
         "is not JSON: a member's name is missing, at byte 17 of 17"},
    };
    CLEANUP_FREE char *longer = calloc(1, PLAN_BODY_BYTES + 2);
    assert_non_null(longer);
    memset(longer, ' ', PLAN_BODY_BYTES + 1);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct endpoint endpoint = endpoint_of(cases[i].kind);
        endpoint.instance = (struct extract){cases[i].instance, id_pointer};
        struct sample *sample = take(&endpoint, 200, "", cases[i].body ? cases[i].body : longer);
        assert_text(sample->unnamed, cases[i].why);
        samples_free(sample, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals_are_told_apart),
        cmocka_unit_test(a_refused_time_says_how_wrong_the_clock_is),
        cmocka_unit_test(dates_are_the_rfcs),
        cmocka_unit_test(a_caches_answer_is_no_instances),
        cmocka_unit_test(a_functions_error_is_no_success),
        cmocka_unit_test(no_secret_is_quoted),
        cmocka_unit_test(details_are_cut_between_characters),
        cmocka_unit_test(a_payloads_status_is_not_the_invocations),
        cmocka_unit_test(a_queued_event_proves_nothing),
        cmocka_unit_test(identities_are_found_where_they_are_named),
        cmocka_unit_test(a_urls_body_has_no_headers),
        cmocka_unit_test(why_a_body_names_nobody_is_said),
        cmocka_unit_test(long_ids_stay_apart),
        cmocka_unit_test(bodies_are_kept_where_they_are_read),
        cmocka_unit_test(an_interim_answer_is_forgotten),
        cmocka_unit_test(deep_json_and_nuls_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
