#include "../cmocka_all.h"
#include "../config_load.h"
#include "../scratch.h"

#include "base/clock.h"
#include "config/config.h"
#include "plan/limits.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char not_loaded[] =
    "secret 'none' is not in $CREDENTIALS_DIRECTORY: for a service, add "
    "LoadCredential=none:/etc/lambda-warmd/secrets/none (systemctl edit lambda-warmd) and restart the "
    "service; a reload does not load secrets";

static void fills_in_the_defaults(void **state)
{
    CLEANUP_LOAD struct load load =
        load_text(*state, "endpoints = (\n { name = \"a\"; url = \"https://host.example/x\"; } );");
    assert_int_equal(load.result, 0);
    assert_int_equal(load.mistakes.n, 0);
    assert_int_equal(load.plan->refs, 1);
    assert_string_equal(load.plan->path, scratch_path(*state, "main.conf"));
    assert_int_equal(load.plan->n_endpoints, 1);
    const struct endpoint *a = plan_find(load.plan, "a");
    assert_string_equal(a->url, "https://host.example/x");
    assert_int_equal(a->warm, 1);
    assert_int_equal(a->interval_us, 300 * US_PER_S);
    assert_int_equal(a->jitter_us, 10 * US_PER_S);
    assert_int_equal(a->timeout_us, 30 * US_PER_S);
    assert_int_equal(a->connect_timeout_us, 10 * US_PER_S);
    assert_int_equal(a->hold_us, 75 * US_PER_MS);
    assert_string_equal(a->method, "GET");
    assert_int_equal(a->n_headers, 0);
    assert_null(a->body);
    assert_int_equal(a->protocol, PROTOCOL_HEADER);
    assert_int_equal(a->n_expect, 1);
    assert_int_equal(a->expect[0].low, 200);
    assert_int_equal(a->expect[0].high, 299);
    assert_int_equal(a->instance.kind, EXTRACT_HEADER);
    assert_string_equal(a->instance.name, "X-Lambda-Instance");
    assert_int_equal(a->cold.kind, EXTRACT_HEADER);
    assert_string_equal(a->cold.name, "X-Lambda-Cold");
    assert_int_equal(a->attempts, 2);
    assert_int_equal(a->http_version, HTTP_VERSION_AUTO);
    assert_int_equal(a->ip_family, IP_FAMILY_ANY);
    assert_null(a->ca_file);
    assert_null(a->client_cert);
    assert_null(a->client_key);
    assert_true(a->enabled);
    assert_string_equal(a->source_file, scratch_path(*state, "main.conf"));
    assert_int_equal(a->source_line, 2);
    assert_int_equal(load.plan->daemon.max_in_flight, 1000);
    assert_int_equal(load.plan->daemon.stagger_us, 10 * US_PER_S);
    assert_false(load.plan->daemon.log_requests);
    assert_false(load.plan->secrets_missing);
}

static const char every_key[] =
    "daemon = { max_in_flight = 50; stagger = \"1min\"; log_requests = true; };\n"
    "endpoints = ( { name = \"A.b_c-1\"; url = \"https://[::1]:8443/${index}?r=${round}\";\n"
    "  warm = 50; interval = 90; jitter = \"45s\"; timeout = \"1min\"; connect_timeout = 3;\n"
    "  method = \"PUT\"; headers = ( \"X-A: ${count}\", \"X-B: b\" ); body = \"${hold_ms}\";\n"
    "  protocol = \"none\"; expect = ( 200, \"3xx\", \"404\" ); hold = \"100ms\";\n"
    "  instance = \"json:/a~1b/0\"; cold = \"header:X-New\"; attempts = 5;\n"
    "  http_version = \"2\"; ip_family = \"6\"; ca_file = \"tls/ca.pem\";\n"
    "  client_cert = \"/dev/../etc/passwd\"; client_key = \"tls/key.pem\"; enabled = false; } );";

static void reads_every_key(void **state)
{
    scratch_write(*state, "tls/ca.pem", "ca");
    scratch_write(*state, "tls/key.pem", "key");
    CLEANUP_LOAD struct load load = load_text(*state, every_key);
    assert_int_equal(load.result, 0);
    const struct endpoint *a = plan_find(load.plan, "A.b_c-1");
    assert_non_null(a);
    assert_string_equal(a->url, "https://[::1]:8443/${index}?r=${round}");
    assert_int_equal(a->warm, 50);
    assert_int_equal(a->interval_us, 90 * US_PER_S);
    assert_int_equal(a->jitter_us, 45 * US_PER_S);
    assert_int_equal(a->timeout_us, 60 * US_PER_S);
    assert_int_equal(a->connect_timeout_us, 3 * US_PER_S);
    assert_string_equal(a->method, "PUT");
    assert_int_equal(a->n_headers, 2);
    assert_string_equal(a->headers[0], "X-A: ${count}");
    assert_string_equal(a->headers[1], "X-B: b");
    assert_string_equal(a->body, "${hold_ms}");
    assert_int_equal(a->protocol, PROTOCOL_NONE);
    assert_int_equal(a->n_expect, 3);
    assert_int_equal(a->expect[1].low, 300);
    assert_int_equal(a->expect[1].high, 399);
    assert_int_equal(a->expect[2].low, 404);
    assert_int_equal(a->expect[2].high, 404);
    assert_int_equal(a->hold_us, 100 * US_PER_MS);
    assert_int_equal(a->instance.kind, EXTRACT_JSON);
    assert_string_equal(a->instance.name, "/a~1b/0");
    assert_int_equal(a->cold.kind, EXTRACT_HEADER);
    assert_string_equal(a->cold.name, "X-New");
    assert_int_equal(a->attempts, 5);
    assert_int_equal(a->http_version, HTTP_VERSION_2);
    assert_int_equal(a->ip_family, IP_FAMILY_6);
    assert_string_equal(a->ca_file, scratch_path(*state, "tls/ca.pem"));
    assert_string_equal(a->client_cert, "/dev/../etc/passwd");
    assert_string_equal(a->client_key, scratch_path(*state, "tls/key.pem"));
    assert_false(a->enabled);
    assert_int_equal(load.plan->daemon.max_in_flight, 50);
    assert_int_equal(load.plan->daemon.stagger_us, 60 * US_PER_S);
    assert_true(load.plan->daemon.log_requests);
    assert_int_equal(load.mistakes.n, 1);
    assert_true(load.mistakes.items[0].warning);
    assert_string_equal(load.mistakes.items[0].text, "no endpoint is enabled");
}

static void derives_what_depends_on_other_keys(void **state)
{
    CLEANUP_LOAD struct load load = load_text(
        *state,
        "endpoints = ( { name = \"quick\"; url = \"http://h/\"; interval = \"5s\"; body = \"\"; },\n"
        "{ name = \"mute\"; url = \"http://h/\"; protocol = \"none\"; instance = \"header:X-Id\"; },\n"
        "{ name = \"deaf\"; url = \"http://h/\"; instance = \"none\"; jitter = 0; expect = [ 200, 204 ]; } "
        ");");
    assert_int_equal(load.result, 0);
    const struct endpoint *quick = plan_find(load.plan, "quick"), *mute = plan_find(load.plan, "mute");
    assert_int_equal(quick->jitter_us, US_PER_S / 2);
    assert_string_equal(quick->method, "POST");
    assert_string_equal(quick->body, "");
    assert_string_equal(mute->instance.name, "X-Id");
    assert_int_equal(mute->cold.kind, EXTRACT_NONE);
    const struct endpoint *deaf = plan_find(load.plan, "deaf");
    assert_int_equal(deaf->instance.kind, EXTRACT_NONE);
    assert_int_equal(deaf->cold.kind, EXTRACT_HEADER);
    assert_int_equal(deaf->jitter_us, 0);
    assert_int_equal(deaf->n_expect, 2);
}

static void defaults_hold_where_an_endpoint_is_silent(void **state)
{
    scratch_write(*state, "ca.pem", "");
    CLEANUP_LOAD struct load load = load_text(
        *state,
        "endpoints = ( { name = \"own\"; url = \"https://h/\"; warm = 3; headers = (\"X: own\"); },\n"
        "{ name = \"heir\"; url = \"https://h/\"; }, { name = \"plain\"; url = \"http://h/\"; } );\n"
        "defaults = { warm = 7; headers = (\"X: default\"); ca_file = \"ca.pem\"; interval = \"2min\"; };");
    assert_int_equal(load.result, 0);
    const struct endpoint *own = plan_find(load.plan, "own"), *heir = plan_find(load.plan, "heir");
    assert_int_equal(own->warm, 3);
    assert_string_equal(own->headers[0], "X: own");
    assert_int_equal(own->n_headers, 1);
    assert_int_equal(own->interval_us, 120 * US_PER_S);
    assert_int_equal(heir->warm, 7);
    assert_string_equal(heir->headers[0], "X: default");
    assert_string_equal(heir->ca_file, scratch_path(*state, "ca.pem"));
    /* TLS keys of the defaults are for the endpoints that use TLS. */
    assert_null(plan_find(load.plan, "plain")->ca_file);
}

#define ENDPOINT(name) "endpoints = ( { name = \"" name "\"; url = \"http://h/\"; } );\n"

static void reads_conf_d_in_byte_order(void **state)
{
    scratch_write(*state, "conf.d/b.conf", ENDPOINT("b"));
    scratch_write(*state, "conf.d/a.conf", ENDPOINT("a") "defaults = { warm = 4; };");
    scratch_write(*state, "conf.d/Z.conf", ENDPOINT("z"));
    scratch_write(*state, "conf.d/10.conf", ENDPOINT("ten"));
    scratch_write(*state, "conf.d/9.conf", ENDPOINT("nine"));
    scratch_write(*state, "conf.d/.hidden.conf", "(");
    scratch_write(*state, "conf.d/.conf", "(");
    scratch_write(*state, "conf.d/old.conf.bak", "(");
    scratch_write(*state, "conf.d/README", "(");
    scratch_write(*state, "conf.d/folder.conf/x.conf", "(");
    CLEANUP_LOAD struct load load = load_text(*state, "defaults = { warm = 9; };\n" ENDPOINT("main"));
    assert_int_equal(load.result, 0);
    static const char *const order[] = {"main", "ten", "nine", "z", "a", "b"};
    assert_int_equal(load.plan->n_endpoints, COUNT_OF(order));
    for (size_t i = 0; i < COUNT_OF(order); i++)
        assert_string_equal(load.plan->endpoints[i].name, order[i]);
    /* Defaults hold in their own file only. */
    assert_int_equal(plan_find(load.plan, "main")->warm, 9);
    assert_int_equal(plan_find(load.plan, "a")->warm, 4);
    assert_int_equal(plan_find(load.plan, "b")->warm, 1);
    assert_int_equal(plan_instances(load.plan), 9 + 4 + 4);
    assert_string_equal(plan_find(load.plan, "a")->source_file, scratch_path(*state, "conf.d/a.conf"));
}

static void tells_every_mistake_of_every_file(void **state)
{
    scratch_write(*state, "conf.d/a.conf", "daemon = { };\n" ENDPOINT("twice") "endpoint = 1;");
    scratch_write(*state, "conf.d/b.conf", "\n(");
    scratch_write(*state, "conf.d/c.conf", "\n\n" ENDPOINT("twice"));
    scratch_write(*state, "part.conf", "warm = 0; \n hold = true;");
    CLEANUP_LOAD struct load load = load_text(
        *state, "endpoints = (\n{ name = \"x\"; url = \"http://h/\";\n@include \"part.conf\"\nfoo = 1; } );");
    assert_int_equal(load.result, -EINVAL);
    assert_null(load.plan);
    assert_mistake(&load, *state, 0, "part.conf", 1,
                   "warm = 0 needs windows: the endpoint then rests outside them");
    assert_mistake(&load, *state, 1, "part.conf", 2,
                   "hold must be a duration (\"5min\") or whole seconds, not a boolean");
    assert_mistake(&load, *state, 2, "main.conf", 4, "unknown key 'foo'");
    char daemon[300], duplicate[300];
    snprintf(daemon, sizeof daemon, "daemon is allowed in the main file only, %s",
             scratch_path(*state, "main.conf"));
    assert_mistake(&load, *state, 3, "conf.d/a.conf", 1, daemon);
    assert_mistake(&load, *state, 4, "conf.d/a.conf", 3,
                   "unknown key 'endpoint' (did you mean 'endpoints'?)");
    assert_mistake(&load, *state, 5, "conf.d/b.conf", 2, "expected a key here: name = value;");
    snprintf(duplicate, sizeof duplicate, "duplicate name 'twice': it is used first at %s:2",
             scratch_path(*state, "conf.d/a.conf"));
    assert_mistake(&load, *state, 6, "conf.d/c.conf", 3, duplicate);
    assert_int_equal(load.mistakes.n, 7);
    assert_int_equal(load.mistakes.errors, 7);
}

static void an_inherited_mistake_is_told_once(void **state)
{
    CLEANUP_LOAD struct load load = load_text(
        *state,
        "daemon = { max_in_flight = 5; };\n"
        "defaults = { warm = 6;\n jitter = \"3min\";\n timeout = \"x\"; };\n"
        "endpoints = ( { name = \"a\"; url = \"http://h/\"; }, { name = \"b\"; url = \"http://h/\"; },\n"
        "{ name = \"c\"; url = \"http://h/\"; interval = \"4min\"; } );");
    assert_int_equal(load.result, -EINVAL);
    assert_mistake(&load, *state, 0, "main.conf", 2, "warm is above the daemon's max_in_flight (5)");
    assert_mistake(&load, *state, 1, "main.conf", 3, "jitter must be at most half the interval (2min 30s)");
    assert_mistake(&load, *state, 2, "main.conf", 4,
                   "timeout: 'x' is not a duration such as \"5min\", \"1h 30min\" or \"75ms\"");
    assert_mistake(&load, *state, 3, "main.conf", 6, "jitter must be at most half the interval (2min)");
    assert_int_equal(load.mistakes.n, 4);
}

static void a_broken_main_file_blames_nobody_else(void **state)
{
    scratch_write(*state, "conf.d/a.conf",
                  "endpoints = ( { name = \"a\"; url = \"http://h/\"; warm = 5000; } );");
    CLEANUP_LOAD struct load load = load_text(*state, "daemon = { max_in_flight = 9000; }; (");
    assert_int_equal(load.result, -EINVAL);
    assert_int_equal(load.mistakes.n, 1);
    assert_mistake(&load, *state, 0, "main.conf", 1, "expected a key here: name = value;");
}

static void says_when_the_file_is_not_there(void **state)
{
    CLEANUP_LOAD struct load load = load_main(*state);
    assert_int_equal(load.result, -ENOENT);
    assert_mistake(&load, *state, 0, "main.conf", 0, "can't be read: No such file or directory");
}

static void says_when_the_file_is_not_for_us(void **state)
{
    scratch_write(*state, "main.conf", "");
    assert_int_equal(chmod(scratch_path(*state, "main.conf"), 0), 0);
    assert_int_equal(chmod(*state, 0755), 0);
    bool root = geteuid() == 0;
    assert_true(!root || seteuid(65534) == 0);
    CLEANUP_LOAD struct load load = load_main(*state);
    assert_true(!root || seteuid(0) == 0);
    assert_int_equal(load.result, -EACCES);
    assert_mistake(&load, *state, 0, "main.conf", 0, "can't be read: Permission denied");
}

static void reads_secrets_once_and_never_shows_them(void **state)
{
    scratch_write(*state, "creds/token", "s3cret-value\n");
    scratch_write(*state, "creds/lines", "top-hidden\n\n");
    setenv("CREDENTIALS_DIRECTORY", scratch_path(*state, "creds"), 1);
    static const char text[] =
        "endpoints = ( { name = \"a\"; url = \"https://h/?t=${credential:token}\"; client_cert = "
        "\"credential:token\";\n"
        "headers = ( \"Authorization: Bearer ${credential:token}\" ); body = \"${credential:lines}\"; } );";
    CLEANUP_LOAD struct load good = load_text(*state, text);
    assert_int_equal(good.result, 0);
    assert_int_equal(good.plan->n_secrets, 2);
    assert_string_equal(plan_secret(good.plan, "token"), "s3cret-value");
    assert_string_equal(plan_secret(good.plan, "lines"), "top-hidden\n"); /* one newline is stripped */
    assert_null(plan_secret(good.plan, "other"));
    assert_string_equal(good.plan->endpoints[0].headers[0], "Authorization: Bearer ${credential:token}");
    assert_string_equal(good.plan->endpoints[0].client_cert, scratch_path(*state, "creds/token"));
    assert_false(good.plan->secrets_missing);

    CLEANUP_LOAD struct load bad =
        load_text(*state, "endpoints = ( { name = \"a\";\n url = \"https://h/${credential:lines}\";\n"
                          "headers = ( \"A: ${credential:lines}\",\n\"${credential:token}: "
                          "x\",\n\"${credential:token}\" ); } );");
    assert_int_equal(bad.result, -EINVAL);
    assert_mistake(&bad, *state, 0, "main.conf", 2,
                   "secret 'lines' has a character that isn't allowed in a URL");
    assert_mistake(&bad, *state, 1, "main.conf", 3,
                   "secret 'lines' has a character that isn't allowed in a header");
    assert_mistake(&bad, *state, 2, "main.conf", 4, "a header's name can't contain placeholders");
    assert_mistake(&bad, *state, 3, "main.conf", 5, "a header's name can't contain placeholders");
    for (size_t i = 0; i < bad.mistakes.n; i++) {
        assert_null(strstr(bad.mistakes.items[i].text, "s3cret"));
        assert_null(strstr(bad.mistakes.items[i].text, "hidden"));
    }
    unsetenv("CREDENTIALS_DIRECTORY");
}

static void refuses_credentials_that_are_no_text(void **state)
{
    char large[(1 << 20) + 1];
    memset(large, 'x', sizeof large);
    scratch_write_bytes(*state, "creds/nul", "a\0b", 3);
    scratch_write_bytes(*state, "creds/large", large, sizeof large);
    scratch_write(*state, "creds/folder/x", "");
    setenv("CREDENTIALS_DIRECTORY", scratch_path(*state, "creds"), 1);
    CLEANUP_LOAD struct load load = load_text(
        *state,
        "endpoints = ( { name = \"a\"; url = \"http://h/\"; body = \"${credential:nul} ${credential:large}"
        "${credential:folder} ${credential:none} ${credential:../x} ${credential:..} ${credential:}\"; } );");
    unsetenv("CREDENTIALS_DIRECTORY");
    static const char *const texts[] = {
        "secret 'nul' contains a NUL byte",
        "secret 'large' in $CREDENTIALS_DIRECTORY: is larger than 1 MiB",
        "secret 'folder' in $CREDENTIALS_DIRECTORY: is a directory",
        not_loaded,
        "a secret's name may have only A-Z a-z 0-9 . _ -, not '../x'",
        "a secret's name may have only A-Z a-z 0-9 . _ -, not '..'",
        "a secret's name may have only A-Z a-z 0-9 . _ -, not ''",
    };
    assert_int_equal(load.mistakes.n, COUNT_OF(texts));
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_mistake(&load, *state, i, "main.conf", 1, texts[i]);
}

static void an_unset_credentials_directory_is_only_a_warning(void **state)
{
    unsetenv("CREDENTIALS_DIRECTORY");
    CLEANUP_LOAD struct load load = load_text(
        *state, "endpoints = ( { name = \"a\"; url = \"https://h/\"; headers = ( \"A: ${credential:x}\" );\n"
                "body = \"${credential:y}\"; ca_file = \"credential:z\"; } );");
    assert_int_equal(load.result, 0);
    assert_true(load.plan->secrets_missing);
    assert_int_equal(load.mistakes.n, 1);
    assert_int_equal(load.mistakes.errors, 0);
    CLEANUP_FREE char *line = mistake_format(&load.mistakes.items[0]);
    assert_non_null(strstr(line, "main.conf:1: warning: secret 'x' can't be read"));
}

static void counts_the_descriptors_it_needs(void **state)
{
    CLEANUP_LOAD struct load load =
        load_text(*state, "daemon = { max_in_flight = 300; };\nendpoints = (\n"
                          "{ name = \"a\"; url = \"http://h/\"; warm = 200; }, { name = \"b\"; url = "
                          "\"http://h/\"; warm = 50; },\n"
                          "{ name = \"off\"; url = \"http://h/\"; warm = 40; enabled = false; } );");
    assert_int_equal(load.result, 0);
    assert_int_equal(plan_instances(load.plan), 250);
    assert_int_equal(plan_descriptors_needed(load.plan), 250 + 2 * 16 + 64);
    load.plan->daemon.max_in_flight = 100;
    assert_int_equal(plan_descriptors_needed(load.plan), 100 + 2 * 16 + 64);
}

static void escapes_what_a_message_quotes(void **state)
{
    CLEANUP_LOAD struct load load = load_text(
        *state, "endpoints = ( { name = \"a\"; url = \"http://h/\"; method = \"\\x1b[2J\\n\"; } );");
    assert_mistake(&load, *state, 0, "main.conf", 1,
                   "method: '\\x1b[2J\\x0a' is not an HTTP method such as \"GET\" or \"POST\"");
}

static void a_plan_lives_as_long_as_it_is_referred_to(void **state)
{
    struct load load = load_text(*state, ENDPOINT("a"));
    struct plan *held = plan_ref(load.plan);
    load_free(&load);
    assert_string_equal(plan_find(held, "a")->url, "http://h/");
    plan_unref(held);
    plan_unref(NULL);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_create, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(fills_in_the_defaults),
        TEST(reads_every_key),
        TEST(derives_what_depends_on_other_keys),
        TEST(defaults_hold_where_an_endpoint_is_silent),
        TEST(reads_conf_d_in_byte_order),
        TEST(tells_every_mistake_of_every_file),
        TEST(an_inherited_mistake_is_told_once),
        TEST(a_broken_main_file_blames_nobody_else),
        TEST(says_when_the_file_is_not_there),
        TEST(says_when_the_file_is_not_for_us),
        TEST(reads_secrets_once_and_never_shows_them),
        TEST(refuses_credentials_that_are_no_text),
        TEST(an_unset_credentials_directory_is_only_a_warning),
        TEST(counts_the_descriptors_it_needs),
        TEST(escapes_what_a_message_quotes),
        TEST(a_plan_lives_as_long_as_it_is_referred_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
