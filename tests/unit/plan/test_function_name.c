#include "../cmocka_all.h"

#include "plan/function_name.h"
#include "plan/partition.h"

#include "base/cleanup.h"

#include <errno.h>
#include <string.h>

#define NAME_64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void takes_apart_what_the_invoke_api_takes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct function_name parts; /* partition, region, account, name, qualifier */
    } good[] = {
        {"orders", {"", "", "", "orders", ""}},
        {"Or-d_e.rs9", {"", "", "", "Or-d_e.rs9", ""}},
        {NAME_64, {"", "", "", NAME_64, ""}},
        {"orders:live", {"", "", "", "orders", "live"}},
        {"orders:42", {"", "", "", "orders", "42"}},
        {"orders:$LATEST", {"", "", "", "orders", "$LATEST"}},
        {"orders:$LATEST.PUBLISHED", {"", "", "", "orders", "$LATEST.PUBLISHED"}},
        {"arn", {"", "", "", "arn", ""}},
        {"function", {"", "", "", "function", ""}},
        {"123456789012:function:orders", {"", "", "123456789012", "orders", ""}},
        {"123456789012:function:orders:live", {"", "", "123456789012", "orders", "live"}},
        {"arn:aws:lambda:eu-west-1:123456789012:function:orders",
         {"aws", "eu-west-1", "123456789012", "orders", ""}},
        {"arn:aws:lambda:us-east-1:123456789012:function:orders:7",
         {"aws", "us-east-1", "123456789012", "orders", "7"}},
        {"arn:aws-cn:lambda:cn-north-1:123456789012:function:orders:$LATEST",
         {"aws-cn", "cn-north-1", "123456789012", "orders", "$LATEST"}},
        {"arn:aws-eusc:lambda:eusc-de-east-1:123456789012:function:orders",
         {"aws-eusc", "eusc-de-east-1", "123456789012", "orders", ""}},
        {"arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:orders",
         {"aws-us-gov", "us-gov-west-1", "123456789012", "orders", ""}},
        {"arn:aws-iso-b:lambda:us-isob-east-1:123456789012:function:orders",
         {"aws-iso-b", "us-isob-east-1", "123456789012", "orders", ""}},
    };
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        struct function_name name;
        struct error error = {0};
        memset(&name, 'x', sizeof name);
        if (function_name_parse(good[i].text, &name, &error) < 0)
            fail_msg("%s: %s", good[i].text, error.message);
        assert_string_equal(name.partition, good[i].parts.partition);
        assert_string_equal(name.region, good[i].parts.region);
        assert_string_equal(name.account, good[i].parts.account);
        assert_string_equal(name.name, good[i].parts.name);
        assert_string_equal(name.qualifier, good[i].parts.qualifier);
    }
}

static void refuses_what_names_no_function(void **state)
{
    (void)state;
    char endless[1000] = {0};
    memset(endless, ':', sizeof endless - 1);
    const char *const bad[] = {
        "",
        (NAME_64 "a"),
        "or/ders",
        "or ders",
        "ordérs",
        "orders:",
        "orders:li.ve",
        "orders:$latest",
        "orders:live:2",
        ":live",
        "12345:function:orders",
        "1234567890123:function:orders",
        "123456789012:orders",
        "123456789012:func:orders",
        "123456789012:function",
        "123456789012:function:orders:live:2",
        "function:orders",
        "arn:aws:lambda:eu-west-1:123456789012:function",
        "arn:aws:lambda:eu-west-1:123456789012:function:",
        "arn:aws:lambda:eu-west-1:123456789012:function:orders:live:2",
        "arn:aws:lambda:eu-west-1:123456789012:function:orders:live:2:3:4",
        "arn:aws:lambda:eu-west-1:123456789012:layer:orders:1",
        "arn:aws:sqs:eu-west-1:123456789012:function:orders",
        "arn:aws:lambda::123456789012:function:orders",
        "arn:aws:lambda:-eu:123456789012:function:orders",
        "arn:aws:lambda:eu-west-1::function:orders",
        "arn::lambda:eu-west-1:123456789012:function:orders",
        "arn:aws:lambda:us-gov-west-1:123456789012:function:orders",
        "arn:aws-cn:lambda:eu-west-1:123456789012:function:orders",
        "ARN:aws:lambda:eu-west-1:123456789012:function:orders",
        endless,
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct function_name name = {.name = "untouched"};
        struct error error = {0};
        if (function_name_parse(bad[i], &name, &error) != -EINVAL)
            fail_msg("%s was taken for a function", bad[i]);
        assert_string_equal(name.name, "untouched");
        assert_true(strlen(error.message) > 10);
    }
}

static void knows_hosts_of_aws(void **state)
{
    (void)state;
    static const struct {
        const char *url, *service, *region;
    } known[] = {
        {"https://abc123.execute-api.eu-west-1.amazonaws.com/prod?x=y", "execute-api", "eu-west-1"},
        {"https://abc123.execute-api.cn-north-1.amazonaws.com.cn", "execute-api", "cn-north-1"},
        {"https://ABC.Execute-API.EU-West-1.AmazonAWS.com.:443/", "execute-api", "eu-west-1"},
        {"https://vpce-1-2.execute-api.us-east-1.vpce.amazonaws.com/", "execute-api", "us-east-1"},
        {"https://abc.lambda-url.ap-southeast-2.on.aws", "lambda", "ap-southeast-2"},
        {"https://lambda.us-gov-west-1.amazonaws.com/", "lambda", "us-gov-west-1"},
        {"https://lambda-fips.us-east-2.amazonaws.com", "lambda", "us-east-2"},
        {"https://vpce-1.lambda.eu-west-1.vpce.amazonaws.com", "lambda", "eu-west-1"},
        {"https://lambda.eu-west-1.api.aws", "lambda", "eu-west-1"},
        {"https://lambda-fips.us-east-1.api.aws/", "lambda", "us-east-1"},
        {"https://lambda.us-isob-east-1.sc2s.sgov.gov", "lambda", "us-isob-east-1"},
        {"https://abc.execute-api.eu-isoe-west-1.cloud.adc-e.uk/", "execute-api", "eu-isoe-west-1"},
        {"https://abc.lambda-url.eusc-de-east-1.on.amazonwebservices.eu/", "lambda", "eusc-de-east-1"},
    };
    static const char *const strange[] = {
        "https://api.example/",
        "https://amazonaws.com",
        "https://execute-api.eu-west-1.amazonaws.com",
        "https://lambda-url.eu-west-1.on.aws",
        "https://abc.execute-api.eu-west-1.amazonaws.com.example",
        "https://abc.execute-api.eu-west-1.evilamazonaws.com",
        "https://abc.execute-api..amazonaws.com",
        "https://abc.execute-api.-x-.amazonaws.com",
        "https://abc.lambda-url.eu-west-1.amazonaws.com",
        "https://abc.execute-api.eu-west-1.on.aws",
        "https://orders.lambda.eu-west-1.amazonaws.com",
        "https://api.example/.execute-api.eu-west-1.amazonaws.com",
        "https://[::1]:8443/",
        "http://127.0.0.1:8080",
    };
    struct aws_host host = {0};
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (!aws_host_parse(known[i].url, &host))
            fail_msg("%s is not known", known[i].url);
        assert_string_equal(host.service, known[i].service);
        assert_string_equal(host.region, known[i].region);
    }
    for (size_t i = 0; i < COUNT_OF(strange); i++)
        if (aws_host_parse(strange[i], &host))
            fail_msg("%s is taken for %s in %s", strange[i], host.service, host.region);
}

static void knows_web_functions(void **state)
{
    (void)state;
    static const char *const web[] = {"https://a.b.lambda-web.eu-west-1.on.aws/x",
                                      "https://a.lambda-web.global.on.aws",
                                      "https://A.LAMBDA-WEB.us-east-1.on.aws.:443/"};
    static const char *const others[] = {"https://a.lambda-url.eu-west-1.on.aws/",
                                         "https://lambda-web.eu-west-1.on.aws/",
                                         "https://a.lambda-web.on.aws/",
                                         "https://a.lambda-web.eu-west-1.on.aws.example/",
                                         "https://h.example/a.lambda-web.eu-west-1.on.aws",
                                         "http://[::1]/",
                                         "https://a.lambda-web."};
    for (size_t i = 0; i < sizeof web / sizeof *web; i++)
        if (!url_is_web_function(web[i]))
            fail_msg("%s is one", web[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (url_is_web_function(others[i]))
            fail_msg("%s is none", others[i]);
}

static void knows_this_machine(void **state)
{
    (void)state;
    static const char *const own[] = {"http://127.0.0.1:9001/x", "http://127.9.9.9",  "http://LOCALHOST:1",
                                      "http://[::1]:8080/",      "http://localhost.", "https://[0:0::0:1]"};
    static const char *const others[] = {"http://128.0.0.1/", "http://localhost.example", "http://[::2]",
                                         "http://10.0.0.1:127", "http://127.0.0.1.example"};
    for (size_t i = 0; i < COUNT_OF(own); i++)
        if (!url_is_loopback(own[i]))
            fail_msg("%s is this machine", own[i]);
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (url_is_loopback(others[i]))
            fail_msg("%s is another machine", others[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_apart_what_the_invoke_api_takes),
        cmocka_unit_test(refuses_what_names_no_function),
        cmocka_unit_test(knows_hosts_of_aws),
        cmocka_unit_test(knows_web_functions),
        cmocka_unit_test(knows_this_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
