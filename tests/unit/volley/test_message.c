/* What is signed of a request is what goes out, byte for byte, over either engine. */
#include "../cmocka_all.h"

#include "aws/sigv4.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/timestamp.h"
#include "volley/http2/h2_stream.h"
#include "volley/message.h"
#include "volley/volley.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { CASES = 3000 };

static char method[] = "POST", service[] = "execute-api", region[] = "eu-west-1", id[] = "AKIDEXAMPLE",
            secret[] = "planted-secret", token[] = "planted-token";

static uint64_t at_noon(void)
{
    uint64_t noon_us = 0;
    timestamp_parse("2026-11-25T12:00:00Z", &noon_us);
    return noon_us;
}

static uint64_t clock_source(clockid_t clock)
{
    return clock == CLOCK_REALTIME ? at_noon() * NS_PER_US : 1;
}

/* A request to URL, with HEADERS and BODY, signed at noon plus OFFSET_US. */
static struct request make(char *url, char **headers, size_t n_headers, char *body, int64_t offset_us)
{
    struct plan plan = {0};
    struct endpoint endpoint = {.url = url,
                                .method = method,
                                .headers = headers,
                                .n_headers = n_headers,
                                .body = body,
                                .protocol = PROTOCOL_NONE,
                                .auth = AUTH_SIGV4,
                                .service = service};
    struct message_setup setup = {
        .url = url,
        .region = region,
        .credentials = {.access_key_id = id, .secret_access_key = secret, .session_token = token},
        .clock_offset_us = offset_us};
    struct volley volley = {.plan = &plan, .endpoint = &endpoint, .round_id = "r", .n_samples = 3};
    struct request request = {0};
    struct sample sample = {.index = 2};
    clock_set_source(clock_source);
    assert_true(message_make(&volley, &setup, &sample, &request));
    clock_set_source(NULL);
    return request;
}

static const char *value_of(const struct request *request, const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < request->n_headers; i++)
        if (strncasecmp(request->headers[i], name, length) == 0 && request->headers[i][length] == ':')
            return request->headers[i] + length + 1 + strspn(request->headers[i] + length + 1, " ");
    return NULL;
}

/* Signs what is to be sent once more, from its bytes alone. */
static void verify(const struct request *request)
{
    const char *headers[32], *path = strchr(strstr(request->url, "://") + 3, '/');
    struct aws_credentials credentials = {
        .access_key_id = id, .secret_access_key = secret, .session_token = token};
    struct sigv4_message message = {
        .method = method, .headers = headers, .body = request->body, .body_length = request->body_length};
    struct sigv4_scope scope = {.region = region, .service = service, .now_us = at_noon()};
    struct sigv4_signature again;
    assert_non_null(path);
    CLEANUP_FREE char *path_only = strndup(path, strcspn(path, "?"));
    message.path = path_only;
    message.query = path[strlen(path_only)] ? path + strlen(path_only) + 1 : NULL;
    for (size_t i = 0; i < request->n_headers; i++)
        if (strncmp(request->headers[i], "Authorization:", 14) != 0 &&
            strncmp(request->headers[i], "X-Amz-", 6) != 0)
            headers[message.n_headers++] = request->headers[i];
    assert_int_equal(sigv4_sign(&message, &credentials, &scope, &again), 0);
    assert_string_equal(again.headers[again.n_headers - 1] + strlen("Authorization: "),
                        value_of(request, "Authorization"));
    sigv4_signature_free(&again);
}

static void hostile_urls_are_sent_as_signed(void **state)
{
    (void)state;
    static const struct {
        char url[96];
        const char *sent;
    } rows[] = {
        {"https://h.example", "https://h.example/"},
        {"https://h.example?b=1&a", "https://h.example/?b=1&a"},
        {"https://h.example:443/x", "https://h.example:443/x"},
        {"https://h.example/f/arn:aws:lambda:x:1:function:f:live/invocations?Qualifier=$LATEST",
         "https://h.example/f/arn:aws:lambda:x:1:function:f:live/invocations?Qualifier=%24LATEST"},
        {"https://h.example/a%20b+c=d@e?x=%20y+z=1&q", "https://h.example/a%20b+c=d@e?x=%20y%20z%3D1&q"},
        {"https://h.example/\xc3\xa4?\xc3\xb6=\xc3\xbc", "https://h.example/%C3%A4?%C3%B6=%C3%BC"},
        {"https://h.example/${index}?i=${index}", "https://h.example/2?i=2"},
        {"https://h.example/a{b}|c\"", "https://h.example/a%7Bb%7D%7Cc%22"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char url[96];
        memcpy(url, rows[i].url, sizeof url);
        struct request request = make(url, NULL, 0, NULL, 0);
        assert_string_equal(request.url, rows[i].sent);
        verify(&request);
        request_free(&request);
    }
}

static void hostile_headers_are_signed(void **state)
{
    (void)state;
    char url[] = "https://h.example/", one[] = "X-A:   two   words ",
         two[] = "X-Empty:", three[] = "X-A: again", four[] = "X-Umlaut: \xc3\xa4",
         body[] = "{\"i\":${index}}";
    char *headers[] = {one, two, three, four};
    struct request request = make(url, headers, 4, body, 0);
    assert_string_equal(request.body, "{\"i\":2}");
    assert_string_equal(value_of(&request, "X-Amz-Date"), "20261125T120000Z");
    assert_string_equal(value_of(&request, "X-Amz-Security-Token"), token);
    assert_non_null(strstr(value_of(&request, "Authorization"), "host;x-a;x-amz-date;x-amz-security-token;"
                                                                "x-empty;x-umlaut"));
    verify(&request);
    request_free(&request);
}

/* HTTP/2 has the host as :authority. */
static void a_host_of_ones_own_is_the_one_that_is_signed(void **state)
{
    (void)state;
    char url[] = "https://127.0.0.1:8443/x", host[] = "Host: api.example.com";
    char *headers[] = {host};
    struct request request = make(url, headers, 1, NULL, 0);
    verify(&request);
    struct endpoint endpoint = {.method = method};
    struct volley volley = {.endpoint = &endpoint};
    struct run run = {.volley = &volley};
    struct h2_stream stream = {.run = &run, .request = request};
    struct h2_fields fields;
    assert_int_equal(h2_stream_fields(&stream, &fields), 0);
    assert_int_equal(fields.fields[2].valuelen, strlen("api.example.com"));
    assert_memory_equal(fields.fields[2].value, "api.example.com", fields.fields[2].valuelen);
    free(fields.fields);
    request_free(&request);
}

static void the_servers_time_is_signed(void **state)
{
    (void)state;
    char url[] = "https://h.example/";
    struct request later = make(url, NULL, 0, NULL, (int64_t)(3600 * US_PER_S));
    struct request earlier = make(url, NULL, 0, NULL, -(int64_t)(90 * US_PER_S));
    assert_string_equal(value_of(&later, "X-Amz-Date"), "20261125T130000Z");
    assert_string_equal(value_of(&earlier, "X-Amz-Date"), "20261125T115830Z");
    request_free(&later);
    request_free(&earlier);
}

/* A generator of its own: the same cases in each run. */
static uint64_t seed;
static unsigned draw(unsigned n)
{
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (unsigned)(seed >> 33) % n;
}

static size_t append(char *text, size_t at, size_t most, const char *const *pieces, size_t n)
{
    for (unsigned i = draw(8); i > 0; i--) {
        const char *piece = pieces[draw((unsigned)n)];
        if (at + strlen(piece) >= most)
            break;
        at += (size_t)snprintf(text + at, most - at, "%s", piece);
    }
    return at;
}

/* Whatever a URL and headers are made of: the bytes that go out are signed, and signing them again, as a
 * server does, comes to the same. */
static void whatever_is_sent_is_signed(void **state)
{
    (void)state;
    static const char *const paths[] = {"/",
                                        "a",
                                        "%20",
                                        "%2F",
                                        "%zz",
                                        "..",
                                        "/./",
                                        "//",
                                        ":",
                                        "@",
                                        "=",
                                        "+",
                                        "$",
                                        "&",
                                        "~",
                                        "*",
                                        "(",
                                        "'",
                                        ",",
                                        ";",
                                        "!",
                                        "}",
                                        "|",
                                        "^",
                                        "\\",
                                        "[",
                                        "\"",
                                        "\xc3\xa4",
                                        "\xe1\x88\xb4",
                                        "%",
                                        "LATEST"};
    static const char *const queries[] = {
        "&", "a", "=", "b=1", "%20", "+", "%", "%4", "\xc3\xa4", "z", "A=2", "a=b", "%c3", "/", ":",
        "@", "$", "~", "*",   "'",   "(", "|", "^",  "[",        "}", "\"",  ",",   ";",   "?", "&&"};
    static const char *const values[] = {" ", "  ", "a",        "\t", "b c", "\xc3\xa4",
                                         ",", ";",  "\"x  y\"", "=",  "",    "%20"};
    print_message("seed 20261125\n");
    seed = 20261125;
    for (int i = 0; i < CASES; i++) {
        char url[512] = "https://h.example", one[256] = "X-One:", two[256] = "x-two:", body[64] = "";
        size_t at = strlen(url);
        if (draw(8))
            at = append(url, (size_t)snprintf(url + at, 2, "/") + at, 200, paths, COUNT_OF(paths));
        if (draw(3))
            append(url, (size_t)snprintf(url + at, 2, "?") + at, 400, queries, COUNT_OF(queries));
        append(one, strlen(one), sizeof one, values, COUNT_OF(values));
        append(two, strlen(two), sizeof two, values, COUNT_OF(values));
        append(body, 0, sizeof body, values, COUNT_OF(values));
        char *headers[] = {one, two, one};
        struct request request = make(url, headers, draw(4), draw(2) ? body : NULL, 0);
        verify(&request);
        for (const char *c = request.url; *c; c++)
            assert_true(*c > 0x20 && *c < 0x7f);
        request_free(&request);
    }
}

static void an_unsigned_request_is_left_as_it_is(void **state)
{
    (void)state;
    char url[] = "https://h.example/a?b=c+d";
    struct plan plan = {0};
    struct endpoint endpoint = {.url = url, .method = method, .protocol = PROTOCOL_NONE};
    struct message_setup setup = {.url = url};
    struct volley volley = {.plan = &plan, .endpoint = &endpoint, .n_samples = 1};
    struct request request = {0};
    struct sample sample = {.index = 1};
    assert_true(message_make(&volley, &setup, &sample, &request));
    assert_string_equal(request.url, url);
    assert_null(value_of(&request, "Authorization"));
    request_free(&request);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile_urls_are_sent_as_signed),
        cmocka_unit_test(hostile_headers_are_signed),
        cmocka_unit_test(a_host_of_ones_own_is_the_one_that_is_signed),
        cmocka_unit_test(the_servers_time_is_signed),
        cmocka_unit_test(whatever_is_sent_is_signed),
        cmocka_unit_test(an_unsigned_request_is_left_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
