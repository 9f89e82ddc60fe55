#include "../cmocka_all.h"
#include "aws/service.h"
#include "base/template.h"
#include "protocol/lambda.h"

#include <errno.h>
#include <string.h>

#define PATH "/2015-03-31/functions/"

/* The plan's strings aren't const. */
static char *mutable(const char *text)
{
    static char copies[16][160];
    static size_t next;
    char *copy = copies[next++ % COUNT_OF(copies)];
    if (!text)
        return NULL;
    snprintf(copy, sizeof copies[0], "%s", text);
    return copy;
}

/* Without a file or a variable; NULL: no region. */
static int origin_of(const char *region, char **ret_origin)
{
    static const struct shared_files none;
    return service_origin(&none, NULL, "lambda", region, ret_origin, NULL);
}

static void urls_are_an_sdks(void **state)
{
    (void)state;
    static const struct {
        const char *function, *qualifier, *region, *endpoint_url, *expected;
    } cases[] = {
        {"billing-api", NULL, "eu-west-1", NULL,
         "https://lambda.eu-west-1.amazonaws.com" PATH "billing-api/invocations"},
        {"billing-api", "live", "eu-west-1", NULL,
         "https://lambda.eu-west-1.amazonaws.com" PATH "billing-api/invocations?Qualifier=live"},
        {"f", "$LATEST", "us-east-1", NULL,
         "https://lambda.us-east-1.amazonaws.com" PATH "f/invocations?Qualifier=%24LATEST"},
        {"billing:live", NULL, "us-gov-west-1", NULL,
         "https://lambda.us-gov-west-1.amazonaws.com" PATH "billing%3Alive/invocations"},
        {"arn:aws:lambda:eu-west-1:123456789012:function:a_b:$LATEST", NULL, "eu-west-1", NULL,
         "https://lambda.eu-west-1.amazonaws.com" PATH
         "arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Aa_b%3A%24LATEST/invocations"},
        {"arn:aws-cn:lambda:cn-north-1:123456789012:function:f", "2", "cn-north-1", NULL,
         "https://lambda.cn-north-1.amazonaws.com.cn" PATH
         "arn%3Aaws-cn%3Alambda%3Acn-north-1%3A123456789012%3Afunction%3Af/invocations?Qualifier=2"},
        {"f", NULL, "us-isob-east-1", NULL,
         "https://lambda.us-isob-east-1.sc2s.sgov.gov" PATH "f/invocations"},
        {"f", NULL, "eusc-de-east-1", NULL,
         "https://lambda.eusc-de-east-1.amazonaws.eu" PATH "f/invocations"},
        {"f", "live", "eu-west-1", "http://127.0.0.1:4566/",
         "http://127.0.0.1:4566" PATH "f/invocations?Qualifier=live"},
        {"f", NULL, NULL, "https://vpce-1.lambda.eu-west-1.vpce.amazonaws.com/base//",
         "https://vpce-1.lambda.eu-west-1.vpce.amazonaws.com/base" PATH "f/invocations"},
        {"a b/../?#+=&%", "x y", "eu-west-1", NULL,
         "https://lambda.eu-west-1.amazonaws.com" PATH
         "a%20b%2F..%2F%3F%23%2B%3D%26%25/invocations?Qualifier=x%20y"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct endpoint endpoint = {.function = mutable(cases[i].function),
                                    .qualifier = mutable(cases[i].qualifier),
                                    .endpoint_url = mutable(cases[i].endpoint_url)};
        CLEANUP_FREE char *url = NULL, *origin = NULL;
        if (cases[i].region)
            assert_int_equal(origin_of(cases[i].region, &origin), 0);
        assert_int_equal(lambda_url(&endpoint, origin, &url), 0);
        assert_string_equal(url, cases[i].expected);
    }
}

static void a_region_can_not_lead_elsewhere(void **state)
{
    (void)state;
    static const char *const regions[] = {NULL,
                                          "",
                                          "evil.example/",
                                          "eu-west-1@evil",
                                          "EU-WEST-1",
                                          "a.b",
                                          "a b",
                                          "0123456789012345678901234567890123456789012345678901234567890123"};
    struct endpoint endpoint = {.function = mutable("f")};
    struct request dry_run = {0};
    char *url = NULL, *origin = NULL;
    for (size_t i = 0; i < COUNT_OF(regions); i++)
        assert_int_equal(origin_of(regions[i], &origin), -EINVAL);
    assert_int_equal(lambda_url(&endpoint, origin, &url), -EINVAL);
    assert_int_equal(lambda_dry_run(&endpoint, origin, &dry_run), -EINVAL);
    assert_null(url);
    assert_null(dry_run.url);
}

static int knows_none(const char *name, struct text *out, void *context)
{
    (void)name, (void)out, (void)context;
    return -ENOENT;
}

static void a_url_survives_its_expansion(void **state)
{
    (void)state;
    struct endpoint endpoint = {.function = mutable("${round}"),
                                .qualifier = mutable("$LATEST"),
                                .endpoint_url = mutable("http://h/${x}/$")};
    CLEANUP_FREE char *url = NULL;
    CLEANUP_TEXT struct text expanded = {0};
    assert_int_equal(lambda_url(&endpoint, NULL, &url), 0);
    assert_int_equal(template_expand(url, knows_none, NULL, &expanded, NULL), 0);
    assert_string_equal(expanded.data,
                        "http://h/${x}/$" PATH "%24%7Bround%7D/invocations?Qualifier=%24LATEST");
}

static void a_dry_run_says_so(void **state)
{
    (void)state;
    struct endpoint endpoint = {.function = mutable("f"), .endpoint_url = mutable("http://h/${x}")};
    struct request dry_run = {0};
    assert_int_equal(lambda_dry_run(&endpoint, NULL, &dry_run), 0);
    assert_string_equal(dry_run.url, "http://h/${x}" PATH "f/invocations"); /* no template */
    assert_int_equal(dry_run.n_headers, 1);
    assert_string_equal(dry_run.headers[0], "X-Amz-Invocation-Type: DryRun");
    request_free(&dry_run);
    endpoint.tenant_id = mutable("blue");
    assert_int_equal(lambda_dry_run(&endpoint, NULL, &dry_run), 0);
    assert_int_equal(dry_run.n_headers, 2);
    assert_string_equal(dry_run.headers[1], "X-Amz-Tenant-Id: blue");
    request_free(&dry_run);
}

static void a_configuration_is_asked_for(void **state)
{
    (void)state;
    struct endpoint endpoint = {
        .function = mutable("f:g"), .qualifier = mutable("live"), .tenant_id = mutable("x")};
    struct request question = {0};
    assert_int_equal(lambda_configuration(&endpoint, "https://h", &question), 0);
    assert_string_equal(question.method, "GET");
    assert_string_equal(question.url, "https://h" PATH "f%3Ag/configuration?Qualifier=live");
    assert_int_equal(question.n_headers, 0);
    request_free(&question);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_are_an_sdks),
        cmocka_unit_test(a_region_can_not_lead_elsewhere),
        cmocka_unit_test(a_url_survives_its_expansion),
        cmocka_unit_test(a_dry_run_says_so),
        cmocka_unit_test(a_configuration_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
