/* Which proxy the environment names for a URL, by the rules that libcurl and curl have. */
#include "../cmocka_all.h"
#include "net/proxy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void test_exceptions(void **state)
{
    (void)state;
    static const struct {
        const char *list, *host;
        bool excepted;
    } rows[] = {
        {"*", "example.com", true},
        {"", "example.com", false},
        {"example.com", "example.com", true},
        {"example.com", "EXAMPLE.com.", true},
        {"Example.COM.", "www.example.com", true},
        {".example.com", "example.com", true},
        {".example.com", "a.b.example.com", true},
        {"example.com", "notexample.com", false},
        {"www.example.com", "example.com", false},
        {"a.test, ,b.test c.test", "x.c.test", true},
        {"a.test,,b.test", "b.test", true},
        {"a.test,*", "other.test", false},
        {".", "example.com", false},
        {",", "example.com", false},
        {"localhost", "localhost", true},
        {"127.0.0.1", "127.0.0.1", true},
        {"127.0.0.1", "127.0.0.11", false},
        {"10.0.0.0/8", "10.200.3.4", true},
        {"10.0.0.0/8", "11.0.0.1", false},
        {"192.168.4.0/22", "192.168.7.255", true},
        {"192.168.4.0/22", "192.168.8.0", false},
        {"0.0.0.0/0", "8.8.8.8", true},
        {"10.0.0.0/33", "10.0.0.1", false},
        {"10.0.0.0/x", "10.0.0.1", false},
        {"10.0.0.0/", "10.0.0.1", false},
        {"::1", "::1", true},
        {"fe80::/10", "febf::1", true},
        {"fe80::/10", "fec0::1", false},
        {"10.0.0.0/8", "::1", false},
        {"1", "127.0.0.1", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (proxy_excepts(rows[i].list, rows[i].host) != rows[i].excepted)
            fail_msg("no_proxy '%s' and host '%s'", rows[i].list, rows[i].host);
}

static void clear_environment(void)
{
    static const char *const names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "HTTP_PROXY",
                                        "all_proxy",  "ALL_PROXY",   "no_proxy",    "NO_PROXY"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        unsetenv(names[i]);
}

static int find(const char *url, struct proxy *proxy, struct error *error)
{
    struct target target;
    assert_int_equal(target_parse(url, &target, error), 0);
    int result = proxy_find(&target, proxy, error);
    target_free(&target);
    return result;
}

static void expect(const char *url, const char *variable, const char *host, unsigned port)
{
    struct proxy proxy;
    struct error error;
    assert_int_equal(find(url, &proxy, &error), 1);
    assert_string_equal(proxy.variable, variable);
    assert_string_equal(proxy.url, getenv(variable));
    assert_string_equal(proxy.endpoint.host, host);
    assert_int_equal(proxy.endpoint.port, port);
    proxy_free(&proxy);
}

static void test_variables(void **state)
{
    (void)state;
    struct proxy proxy = {0};
    struct error error;
    clear_environment();
    setenv("HTTP_PROXY", "http://never.test", 1);
    assert_int_equal(find("http://a.test/", &proxy, &error), 0);
    setenv("all_proxy", "all.test:3128", 1);
    expect("http://a.test/", "all_proxy", "all.test", 3128);
    expect("https://a.test/", "all_proxy", "all.test", 3128);
    setenv("https_proxy", "https://user:secret@tls.test", 1);
    expect("https://a.test/", "https_proxy", "tls.test", 443);
    setenv("http_proxy", "", 1);
    expect("http://a.test/", "all_proxy", "all.test", 3128);
    setenv("http_proxy", "http://[::1]", 1);
    expect("http://a.test/", "http_proxy", "::1", 1080);
    setenv("NO_PROXY", "a.test", 1);
    assert_int_equal(find("http://a.test/", &proxy, &error), 0);
    setenv("no_proxy", "b.test", 1);
    expect("http://a.test/", "http_proxy", "::1", 1080);
    assert_int_equal(find("http://x.b.test/", &proxy, &error), 0);
    clear_environment();
}

static void test_kinds(void **state)
{
    (void)state;
    struct proxy proxy;
    struct error error;
    clear_environment();
    setenv("http_proxy", "socks5h://127.0.0.1", 1);
    assert_int_equal(find("http://a.test/", &proxy, &error), 1);
    assert_true(proxy.endpoint.is_address && !proxy.endpoint.tls);
    proxy_free(&proxy);
    setenv("http_proxy", "https://p.test", 1);
    assert_int_equal(find("http://a.test/", &proxy, &error), 1);
    assert_true(!proxy.endpoint.is_address && proxy.endpoint.tls);
    proxy_free(&proxy);
    clear_environment();
}

static void test_unusable_values_are_not_told(void **state)
{
    (void)state;
    static const char *const values[] = {"ftp://user:secret@p.test/", "://secret", "sec ret",
                                         "http://p.test:secret", "nonsense://secret"};
    clear_environment();
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        struct proxy proxy = {.variable = "untouched"};
        struct error error = {0};
        setenv("https_proxy", values[i], 1);
        assert_int_equal(find("https://a.test/", &proxy, &error), -EINVAL);
        assert_string_equal(proxy.variable, "untouched");
        assert_non_null(strstr(error.message, "$https_proxy"));
        assert_null(strstr(error.message, "sec"));
    }
    clear_environment();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exceptions),
        cmocka_unit_test(test_variables),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_unusable_values_are_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
