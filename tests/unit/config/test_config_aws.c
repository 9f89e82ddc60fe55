#include "../cmocka_all.h"
#include "../config_load.h"
#include "../scratch.h"

#include <errno.h>
#include <string.h>

#define ARN "arn:aws:lambda:eu-west-1:123456789012:function:orders"
#define GATEWAY "url = \"https://abc.execute-api.eu-west-1.amazonaws.com/\"; "
#define FUNCTION_URL "url = \"https://abc.lambda-url.us-east-2.on.aws/\"; "
#define OWN "url = \"https://api.example/\"; "

static void a_function_has_defaults_of_its_own(void **state)
{
    CLEANUP_LOAD struct load load = {0};
    const struct endpoint *a = load_endpoint(&load, *state, "function = \"orders\";");
    assert_string_equal(a->function, "orders");
    assert_null(a->url);
    assert_null(a->qualifier);
    assert_null(a->region);
    assert_null(a->tenant_id);
    assert_null(a->profile);
    assert_null(a->endpoint_url);
    assert_int_equal(a->mode, INVOKE_SYNC);
    assert_int_equal(a->auth, AUTH_SIGV4);
    assert_string_equal(a->service, "lambda");
    assert_string_equal(a->method, "POST");
    assert_int_equal(a->protocol, PROTOCOL_AUTO);
    assert_int_equal(a->instance.kind, EXTRACT_ANY);
    assert_int_equal(a->cold.kind, EXTRACT_ANY);
    assert_int_equal(load.mistakes.n, 0);
}

static void reads_every_key_of_a_function(void **state)
{
    CLEANUP_LOAD struct load load = {0};
    const struct endpoint *a = load_endpoint(
        &load, *state,
        "function = \"123456789012:function:orders\"; qualifier = \"$LATEST\"; region = \"eu-west-1\"; "
        "tenant_id = \"blue/1 @x\"; profile = \"my work\"; endpoint_url = \"https://host.example:8443/\"; "
        "service = \"other\"; method = \"POST\"; body = \"{}\";");
    assert_string_equal(a->function, "123456789012:function:orders");
    assert_string_equal(a->qualifier, "$LATEST");
    assert_string_equal(a->region, "eu-west-1");
    assert_string_equal(a->tenant_id, "blue/1 @x");
    assert_string_equal(a->profile, "my work");
    assert_string_equal(a->endpoint_url, "https://host.example:8443"); /* without the slash */
    assert_string_equal(a->service, "other");
    assert_string_equal(a->body, "{}");
    assert_int_equal(load.mistakes.n, 0);
}

static void a_function_s_region_is_given_or_its_arn_s(void **state)
{
    CLEANUP_LOAD struct load load = {0};
    assert_string_equal(load_endpoint(&load, *state, "function = \"" ARN "\";")->region, "eu-west-1");
    assert_string_equal(
        load_endpoint(&load, *state, "function = \"" ARN "\"; region = \"eu-west-1\";")->region, "eu-west-1");
    assert_string_equal(load_endpoint(&load, *state,
                                      "function = \"o\"; endpoint_url = "
                                      "\"https://vpce-1.lambda.eu-west-3.vpce.amazonaws.com\";")
                            ->region,
                        "eu-west-3");
}

static void a_qualifier_is_sent_once(void **state)
{
    CLEANUP_LOAD struct load load = {0};
    const struct endpoint *a =
        load_endpoint(&load, *state, "function = \"" ARN ":live\"; qualifier = \"live\";");
    assert_string_equal(a->function, ARN ":live");
    assert_null(a->qualifier);
}

static void what_a_url_is_signed_for_is_in_its_host(void **state)
{
    CLEANUP_LOAD struct load load = {0};
    const struct endpoint *a = load_endpoint(&load, *state, GATEWAY "auth = \"sigv4\";");
    assert_int_equal(a->auth, AUTH_SIGV4);
    assert_string_equal(a->region, "eu-west-1");
    assert_string_equal(a->service, "execute-api");
    assert_int_equal(a->protocol, PROTOCOL_HEADER);
    a = load_endpoint(&load, *state, FUNCTION_URL "auth = \"sigv4\"; profile = \"p\";");
    assert_string_equal(a->region, "us-east-2");
    assert_string_equal(a->service, "lambda");
    assert_string_equal(a->profile, "p");
    a = load_endpoint(&load, *state, OWN "auth = \"sigv4\";");
    assert_null(a->region);
    assert_string_equal(a->service, "execute-api");
    a = load_endpoint(&load, *state, OWN "auth = \"sigv4\"; region = \"eu-north-1\"; service = \"lambda\";");
    assert_string_equal(a->region, "eu-north-1");
    assert_string_equal(a->service, "lambda");
    a = load_endpoint(&load, *state, GATEWAY);
    assert_int_equal(a->auth, AUTH_NONE);
    assert_null(a->region);
    assert_null(a->service);
}

static void a_function_goes_unsigned_to_an_emulator_only(void **state)
{
    CLEANUP_LOAD struct load load = {0};
    const struct endpoint *a = load_endpoint(
        &load, *state, "function = \"o\"; auth = \"none\"; endpoint_url = \"http://emulator.example:9001\";");
    assert_int_equal(a->auth, AUTH_NONE);
    assert_null(a->service);
    assert_int_equal(load.mistakes.n, 0);
}

/* What the defaults say of one kind of endpoint is passed over by the other. */
static void inherits_what_it_has_use_for(void **state)
{
    CLEANUP_LOAD struct load load = load_text(
        *state,
        "defaults = { qualifier = \"live\"; region = \"us-east-1\"; tenant_id = \"blue\"; profile = \"p\"; "
        "mode = \"event\"; endpoint_url = \"https://h.example\"; service = \"s\"; method = \"GET\"; "
        "instance = \"log-tail\"; };\n"
        "endpoints = ( { name = \"url\"; " OWN "}, { name = \"signed\"; auth = \"sigv4\"; " GATEWAY "},\n"
        "{ name = \"function\"; function = \"o\"; }, { name = \"arn\"; function = \"" ARN ":test\"; } );");
    assert_int_equal(load.result, 0);
    const struct endpoint *url = plan_find(load.plan, "url"), *signs = plan_find(load.plan, "signed");
    assert_null(url->qualifier);
    assert_null(url->region);
    assert_null(url->tenant_id);
    assert_null(url->profile);
    assert_null(url->endpoint_url);
    assert_null(url->service);
    assert_int_equal(url->mode, INVOKE_SYNC);
    assert_string_equal(url->method, "GET");
    assert_string_equal(url->instance.name, "X-Lambda-Instance");
    assert_string_equal(signs->region, "eu-west-1");
    assert_string_equal(signs->profile, "p");
    const struct endpoint *function = plan_find(load.plan, "function"), *arn = plan_find(load.plan, "arn");
    assert_string_equal(function->qualifier, "live");
    assert_string_equal(function->region, "us-east-1");
    assert_string_equal(function->tenant_id, "blue");
    assert_string_equal(function->endpoint_url, "https://h.example");
    assert_string_equal(function->service, "s");
    assert_string_equal(function->method, "POST");
    assert_int_equal(function->mode, INVOKE_EVENT);
    assert_int_equal(function->instance.kind, EXTRACT_NONE);
    assert_null(arn->qualifier);
    assert_string_equal(arn->region, "eu-west-1");
    assert_int_equal(load.mistakes.n, 1); /* of mode, once */
}

static void inherited_auth_none_is_not_for_the_invoke_api(void **state)
{
    CLEANUP_LOAD struct load load = load_text(
        *state, "defaults = { auth = \"none\"; };\nendpoints = ( { name = \"f\"; function = \"o\"; } );");
    assert_int_equal(load.result, 0);
    assert_int_equal(load.plan->endpoints[0].auth, AUTH_SIGV4);
}

struct preset {
    const char *protocol;
    enum warm_protocol value;
    enum extract_kind url_instance, url_cold, function_instance, function_cold;
};

static void each_protocol_names_instances_in_its_way(void **state)
{
    static const struct preset presets[] = {
        {"header", PROTOCOL_HEADER, EXTRACT_HEADER, EXTRACT_HEADER, EXTRACT_ANY, EXTRACT_ANY},
        {"auto", PROTOCOL_AUTO, EXTRACT_ANY, EXTRACT_ANY, EXTRACT_ANY, EXTRACT_ANY},
        {"lambda-warmer", PROTOCOL_LAMBDA_WARMER, EXTRACT_NONE, EXTRACT_NONE, EXTRACT_LOG_TAIL,
         EXTRACT_LOG_TAIL},
        {"lambda-warmer-py", PROTOCOL_LAMBDA_WARMER_PY, EXTRACT_NONE, EXTRACT_NONE, EXTRACT_LOG_TAIL,
         EXTRACT_LOG_TAIL},
        {"opennext", PROTOCOL_OPENNEXT, EXTRACT_JSON, EXTRACT_NONE, EXTRACT_JSON, EXTRACT_LOG_TAIL},
        {"serverless-plugin-warmup", PROTOCOL_SERVERLESS_PLUGIN_WARMUP, EXTRACT_NONE, EXTRACT_NONE,
         EXTRACT_NONE, EXTRACT_LOG_TAIL},
        {"bref", PROTOCOL_BREF, EXTRACT_NONE, EXTRACT_NONE, EXTRACT_NONE, EXTRACT_LOG_TAIL},
        {"none", PROTOCOL_NONE, EXTRACT_NONE, EXTRACT_NONE, EXTRACT_NONE, EXTRACT_LOG_TAIL},
    };
    CLEANUP_LOAD struct load load = {0};
    for (size_t i = 0; i < COUNT_OF(presets); i++) {
        char keys[200];
        snprintf(keys, sizeof keys, OWN "protocol = \"%s\";", presets[i].protocol);
        const struct endpoint *a = load_endpoint(&load, *state, keys);
        assert_int_equal(a->protocol, presets[i].value);
        assert_int_equal(a->instance.kind, presets[i].url_instance);
        assert_int_equal(a->cold.kind, presets[i].url_cold);
        bool bodiless = a->protocol == PROTOCOL_HEADER || a->protocol == PROTOCOL_NONE;
        assert_string_equal(a->method, bodiless ? "GET" : "POST");
        snprintf(keys, sizeof keys, "function = \"o\"; protocol = \"%s\";", presets[i].protocol);
        a = load_endpoint(&load, *state, keys);
        assert_int_equal(a->instance.kind, presets[i].function_instance);
        assert_int_equal(a->cold.kind, presets[i].function_cold);
        if (a->instance.kind == EXTRACT_JSON)
            assert_string_equal(a->instance.name, "/serverId");
        snprintf(keys, sizeof keys, "function = \"o\"; mode = \"event\"; protocol = \"%s\";",
                 presets[i].protocol);
        a = load_endpoint(&load, *state, keys);
        assert_int_equal(a->instance.kind, EXTRACT_NONE);
        assert_null(a->instance.name);
        assert_int_equal(a->cold.kind, EXTRACT_NONE);
    }
}

static void what_is_given_wins_over_the_protocol(void **state)
{
    CLEANUP_LOAD struct load load = {0};
    const struct endpoint *a =
        load_endpoint(&load, *state, "function = \"o\"; instance = \"json:/id\"; cold = \"log-tail\";");
    assert_int_equal(a->instance.kind, EXTRACT_JSON);
    assert_string_equal(a->instance.name, "/id");
    assert_int_equal(a->cold.kind, EXTRACT_LOG_TAIL);
    a = load_endpoint(&load, *state, "function = \"o\"; instance = \"none\"; cold = \"none\";");
    assert_int_equal(a->instance.kind, EXTRACT_NONE);
    assert_int_equal(a->cold.kind, EXTRACT_NONE);
}

static void warns_of_what_works_otherwise_than_one_may_think(void **state)
{
    static const struct {
        const char *keys;
        const char *warning; /* NULL: none */
    } cases[] = {
        {"function = \"o\"; mode = \"event\";", "the answer 202 says only that Lambda accepted the call"},
        {"function = \"o\"; endpoint_url = \"http://10.0.0.1\";", "signed requests over plain http"},
        {"function = \"o\"; endpoint_url = \"http://127.0.0.1:1\";", NULL},
        {"url = \"http://api.example/\"; auth = \"sigv4\";", "signed requests over plain http"},
        {"url = \"http://[::1]/\"; auth = \"sigv4\";", NULL},
        {"url = \"http://api.example/\";", NULL},
        {"url = \"http://h/\"; protocol = \"opennext\"; method = \"GET\";", "a GET request has no body"},
        {"url = \"http://h/\"; protocol = \"auto\"; method = \"GET\";", NULL},
        {"url = \"http://h/\"; protocol = \"bref\"; method = \"GET\"; body = \"b\";", NULL},
    };
    CLEANUP_LOAD struct load load = {0};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        load_endpoint(&load, *state, cases[i].keys);
        assert_int_equal(load.mistakes.n, cases[i].warning ? 1 : 0);
        if (cases[i].warning)
            assert_non_null(strstr(load.mistakes.items[0].text, cases[i].warning));
    }
}

static void headers_of_the_signature_are_for_unsigned_requests(void **state)
{
    CLEANUP_LOAD struct load load = {0};
    load_endpoint(&load, *state, OWN "headers = ( \"Authorization: Bearer x\", \"X-Amz-Tenant-Id: a\" );");
    load_endpoint(&load, *state,
                  OWN "auth = \"sigv4\"; headers = ( \"Authorization2: x\", \"X-Amz-Tenant-Id: a\" );");
    load_free(&load);
    load = load_text(
        *state, "defaults = {\nheaders = ( \"authorization: x\" ); };\n"
                "endpoints = ( { name = \"a\"; function = \"o\"; }, { name = \"b\"; function = \"o\"; },\n"
                "{ name = \"c\"; " OWN "} );");
    assert_int_equal(load.result, -EINVAL);
    assert_int_equal(load.mistakes.n, 1);
    assert_mistake(&load, *state, 0, "main.conf", 2,
                   "Authorization can't be set with auth = \"sigv4\": the signature sets it");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_create, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_function_has_defaults_of_its_own),
        TEST(reads_every_key_of_a_function),
        TEST(a_function_s_region_is_given_or_its_arn_s),
        TEST(a_qualifier_is_sent_once),
        TEST(what_a_url_is_signed_for_is_in_its_host),
        TEST(a_function_goes_unsigned_to_an_emulator_only),
        TEST(inherits_what_it_has_use_for),
        TEST(inherited_auth_none_is_not_for_the_invoke_api),
        TEST(each_protocol_names_instances_in_its_way),
        TEST(what_is_given_wins_over_the_protocol),
        TEST(warns_of_what_works_otherwise_than_one_may_think),
        TEST(headers_of_the_signature_are_for_unsigned_requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
