#include "../cmocka_all.h"

#include "base/cleanup.h"
#include "plan/syntax.h"

#include <errno.h>
#include <string.h>

struct row {
    const char *text;
    const char *problem; /* in the message; NULL: good */
};

static const struct row urls[] = {
    {"https://abc123.execute-api.eu-west-1.amazonaws.com/prod/orders", NULL},
    {"http://127.0.0.1:8080", NULL},
    {"HTTP://localhost/", NULL},
    {"https://[::1]:8443/x?y=%20z", NULL},
    {"https://host.example./path", NULL},
    {"https://host?query", NULL},
    {"https://a_b.example/@user:x", NULL},
    {"", "must begin with http:// or https://"},
    {"ftp://host/", "must begin with"},
    {"host/path", "must begin with"},
    {"https:/host", "must begin with"},
    {"https:///path", "has no host"},
    {"https://:443/", "has no host"},
    {"https://user:secret@host/", "user name or password"},
    {"https://user@host/", "user name or password"},
    {"https://host:0/", "port must be from 1 to 65535"},
    {"https://host:65536/", "port"},
    {"https://host:/", "port"},
    {"https://host:80a/", "port"},
    {"https://host:1:2/", "port"},
    {"https://host:999999999999999999999/", "port"},
    {"https://ho st/", "space"},
    {"https://host/a b", "space"},
    {"https://host/a\tb", "control character"},
    {"https://host/a\x7f", "control character"},
    {"https://h\xc3\xb6st/", "must be ASCII"},
    {"https://host/a#part", "fragment"},
    {"https://host/a%2", "two hexadecimal digits"},
    {"https://host/a%zz", "two hexadecimal digits"},
    {"https://host/a|b", "%7C"},
    {"https://host/{id}", "%7B"},
    {"https://host/a\\b", "%5C"},
    {"https://a..b/", "is not a host name"},
    {"https://.b/", "is not a host name"},
    {"https://./", "is not a host name"},
    {"https://a$b/", "is not a host name"},
    {"https://[::1/", "is not an IPv6 address"},
    {"https://[127.0.0.1]/", "is not an IPv6 address"},
    {"https://[::1]x/", "port"},
    {"https://[]/", "is not an IPv6 address"},
};

static const struct row headers[] = {
    {"X-Key: value", NULL},
    {"x-key:value", NULL},
    {"Host: other.example", NULL},
    {"X-Tab: a\tb", NULL},
    {"X-Empty:", NULL},
    {"X-Blank:  \t", NULL},
    {"X-Latin: \xe9", NULL},
    {"X-Colon: a:b:c", NULL},
    {"no colon", "no colon"},
    {"", "no colon"},
    {": value", "is not a header name"},
    {"X Key: value", "is not a header name"},
    {"X-Key : value", "is not a header name"},
    {"X-K\xc3\xa9y: value", "is not a header name"},
    {"X\r\nY: value", "is not a header name"},
    {"X-Key: a\r\nInjected: b", "line break"},
    {"X-Key: a\n", "line break"},
    {"X-Key: a\x01", "control character"},
    {"X-Key: \x7f", "control character"},
    {"Content-Length: 5", "Content-Length can't be set"},
    {"transfer-encoding: chunked", "Transfer-Encoding can't be set"},
    {"CONNECTION: close", "Connection can't be set"},
    {"Expect: 100-continue", "Expect can't be set"},
    {"TE: trailers", "TE can't be set"},
    {"Upgrade: h2c", "Upgrade can't be set"},
};

typedef int check(const char *text, struct error *error);

static void run_rows(check *checks, const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct error error = {0};
        int result = checks(rows[i].text, &error);
        if (result != (rows[i].problem ? -EINVAL : 0) ||
            (rows[i].problem && !strstr(error.message, rows[i].problem)))
            fail_msg("'%s': %d, '%s'", rows[i].text, result, error.message);
    }
}

static void knows_good_urls(void **state)
{
    (void)state;
    run_rows(check_url, urls, COUNT_OF(urls));
}

static void knows_good_headers(void **state)
{
    (void)state;
    run_rows(check_header, headers, COUNT_OF(headers));
}

static void bounds_host_names(void **state)
{
    (void)state;
    char url[600] = "https://";
    memset(url + 8, 'a', 63);
    assert_int_equal(check_url(url, NULL), 0);
    memset(url + 8, 'a', 64);
    assert_int_equal(check_url(url, NULL), -EINVAL);
    for (size_t i = 0; i < 253; i++)
        url[8 + i] = i % 2 ? '.' : 'a';
    assert_int_equal(check_url(url, NULL), 0);
    memcpy(url + 8 + 253, ".a", 2);
    assert_int_equal(check_url(url, NULL), -EINVAL);
}

static void knows_json_pointers(void **state)
{
    (void)state;
    static const char *const good[] = {"", "/", "/a", "/a/0/b", "/a~0b/~1", "//"};
    static const char *const bad[] = {"a", "a/b", "/~", "/~2", "/a~", "#/a"};
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_true(is_json_pointer(good[i]));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(is_json_pointer(bad[i]));
}

static void knows_methods(void **state)
{
    (void)state;
    assert_true(is_request_method("GET"));
    assert_true(is_request_method("M-SEARCH"));
    assert_false(is_request_method(""));
    assert_false(is_request_method("GE T"));
    assert_false(is_request_method("GET\r\n"));
    assert_false(is_request_method("connect"));
}

static void finds_where_the_path_begins(void **state)
{
    (void)state;
    assert_int_equal(url_origin_length("https://host:1/path"), strlen("https://host:1"));
    assert_int_equal(url_origin_length("http://host?x"), strlen("http://host"));
    assert_int_equal(url_origin_length("http://host"), strlen("http://host"));
    assert_true(is_https("HttpS://x"));
    assert_false(is_https("http://x"));
}

static void a_dot_at_the_end_of_the_host_is_the_resolvers(void **state)
{
    (void)state;
    static const struct {
        const char *url, *without;
        bool is_absolute;
    } cases[] = {
        {"https://host.example./p.?q=.", "https://host.example/p.?q=.", true},
        {"https://host.example.:8443", "https://host.example:8443", true},
        {"http://a.", "http://a", true},
        {"https://host.example/p./", "https://host.example/p./", false},
        {"https://[::1]:1/.", "https://[::1]:1/.", false},
        {"https://host?.", "https://host?.", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        bool is_absolute = !cases[i].is_absolute;
        CLEANUP_FREE char *url = url_without_root_dot(cases[i].url, &is_absolute);
        assert_string_equal(url, cases[i].without);
        assert_int_equal(is_absolute, cases[i].is_absolute);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_good_urls),
        cmocka_unit_test(knows_good_headers),
        cmocka_unit_test(bounds_host_names),
        cmocka_unit_test(knows_json_pointers),
        cmocka_unit_test(knows_methods),
        cmocka_unit_test(finds_where_the_path_begins),
        cmocka_unit_test(a_dot_at_the_end_of_the_host_is_the_resolvers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
