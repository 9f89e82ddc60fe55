#include "volley/h2_session.h"

#include "base/clock.h"
#include "cmocka_all.h"
#include "leftovers.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STREAMS = 128, RECORD_BYTES = 16384 };

/* A volley whose requests carry a header of N random-looking bytes, different for each. */
struct bench {
    struct plan plan;
    struct endpoint endpoint;
    struct message_setup message;
    struct volley volley;
    struct sample samples[STREAMS];
    struct h2_stream streams[STREAMS];
    struct h2_stream *list[STREAMS];
    struct h2_link link;
};

static char method[] = "GET", url[] = "https://host.example:8443/a/b?c=${index}",
            body[] = "{\"body\":${index}}";

static struct bench *bench_new(size_t header_bytes, bool with_body)
{
    struct bench *bench = calloc(1, sizeof *bench);
    char **headers = calloc(1, sizeof *headers);
    headers[0] = calloc(1, header_bytes + 32);
    snprintf(headers[0], header_bytes + 32, "X-Large: ${index}");
    uint64_t seed = 42;
    for (size_t i = strlen(headers[0]), end = i + header_bytes; i < end; i++) {
        seed = seed * 6364136223846793005U + 1442695040888963407U;
        headers[0][i] = (char)('!' + (seed >> 33) % 90);
    }
    for (char *c = headers[0] + 17; *c; c++)
        if (*c == '$')
            *c = '+';
    bench->endpoint = (struct endpoint){.url = url,
                                        .method = method,
                                        .headers = headers,
                                        .n_headers = 1,
                                        .body = with_body ? body : NULL,
                                        .warm = STREAMS};
    bench->message.url = url;
    bench->volley = (struct volley){.plan = &bench->plan,
                                    .endpoint = &bench->endpoint,
                                    .message = &bench->message,
                                    .round_id = "0123456789abcdef",
                                    .n_samples = STREAMS};
    for (uint32_t i = 0; i < STREAMS; i++) {
        bench->samples[i].index = i + 1;
        h2_stream_prepare(&bench->streams[i], &bench->volley, &bench->samples[i]);
        assert_false(bench->streams[i].done);
        bench->list[i] = &bench->streams[i];
    }
    bench->link.session = h2_session_new(&bench->link);
    assert_non_null(bench->link.session);
    return bench;
}

static void bench_free(struct bench *bench)
{
    for (size_t i = 0; i < STREAMS; i++)
        h2_stream_free(&bench->streams[i]);
    nghttp2_session_del(bench->link.session);
    free(bench->endpoint.headers[0]);
    free(bench->endpoint.headers);
    free(bench);
}

/* Bytes that the session has to send now. */
static size_t drain(struct bench *bench)
{
    const uint8_t *bytes;
    size_t total = 0;
    for (ssize_t n; (n = nghttp2_session_mem_send(bench->link.session, &bytes)) > 0;)
        total += (size_t)n;
    return total;
}

static size_t really_sent(struct bench *bench, size_t n)
{
    drain(bench); /* the greeting */
    for (size_t i = 0; i < n; i++)
        assert_int_equal(h2_stream_submit(&bench->streams[i], bench->link.session), 0);
    return drain(bench);
}

static void what_is_said_to_fit_a_record_does(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 10, 50, 100, 200, 500, 1000, 4000, 15000};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct bench *bench = bench_new(sizes[i], false);
        /* Before the server's SETTINGS nghttp2 allows 100 streams. */
        int fits = h2_session_fit(bench->link.session, bench->list, 100);
        assert_in_range(fits, 1, 100);
        size_t bytes = really_sent(bench, (size_t)fits);
        assert_true(bytes <= RECORD_BYTES);
        /* And it isn't timid: one more would be too much. */
        if (fits < 100)
            assert_true(bytes + bytes / (size_t)fits + 200 > RECORD_BYTES);
        bench_free(bench);
    }
}

static void a_request_larger_than_a_record_travels_alone(void **state)
{
    (void)state;
    struct bench *bench = bench_new(40000, false);
    assert_int_equal(h2_session_fit(bench->link.session, bench->list, STREAMS), 1);
    bench_free(bench);
}

static void of_a_body_all_but_the_last_byte_goes_ahead(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0, true);
    assert_int_equal(h2_session_fit(bench->link.session, bench->list, STREAMS), STREAMS);
    really_sent(bench, 100);
    for (size_t i = 0; i < 100; i++) {
        struct h2_stream *stream = &bench->streams[i];
        assert_int_equal(stream->body_sent, stream->request.body_length - 1);
        assert_false(stream->complete);
        stream->may_end = true;
        assert_int_equal(nghttp2_session_resume_data(bench->link.session, stream->id), 0);
    }
    assert_int_equal(drain(bench), 100 * 10); /* a frame's head and one byte each */
    for (size_t i = 0; i < 100; i++)
        assert_true(bench->streams[i].complete);
    bench_free(bench);
}

static bool has(const struct h2_fields *fields, const char *name, const char *value)
{
    for (size_t i = 0; i < fields->n; i++)
        if (fields->fields[i].namelen == strlen(name) &&
            memcmp(fields->fields[i].name, name, strlen(name)) == 0 &&
            fields->fields[i].valuelen == strlen(value) &&
            memcmp(fields->fields[i].value, value, strlen(value)) == 0)
            return true;
    return false;
}

static void fields_come_from_the_url_and_in_lower_case(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0, false);
    struct h2_fields fields;
    assert_int_equal(h2_stream_fields(&bench->streams[6], &fields), 0);
    assert_true(has(&fields, ":method", "GET"));
    assert_true(has(&fields, ":scheme", "https"));
    assert_true(has(&fields, ":authority", "host.example:8443"));
    assert_true(has(&fields, ":path", "/a/b?c=7"));
    assert_true(has(&fields, "x-large", "7"));
    assert_true(has(&fields, "x-lambda-warm", "0123456789abcdef/7/128"));
    h2_fields_free(&fields);
    bench_free(bench);
}

static void a_url_without_a_path_keeps_its_query(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0, false);
    struct h2_stream *stream = &bench->streams[6];
    static char bare[] = "https://host.example?c=${index}", barest[] = "https://host.example";
    const struct {
        char *url;
        const char *path;
    } cases[] = {{bare, "/?c=7"}, {barest, "/"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct h2_fields fields;
        bench->message.url = cases[i].url;
        h2_stream_free(stream);
        h2_stream_prepare(stream, &bench->volley, &bench->samples[6]);
        assert_int_equal(h2_stream_fields(stream, &fields), 0);
        assert_true(has(&fields, ":authority", "host.example"));
        assert_true(has(&fields, ":path", cases[i].path));
        h2_fields_free(&fields);
    }
    bench_free(bench);
}

/* A link whose socket takes nothing more, sealed but for its last byte. */
static void what_the_socket_does_not_take_is_not_released(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0, false);
    struct h2_link *link = &bench->link;
    int pair[2];
    char junk[4096] = "";
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    while (send(pair[0], junk, sizeof junk, MSG_DONTWAIT) > 0 || send(pair[0], junk, 1, MSG_DONTWAIT) > 0)
        ;
    link->fd = pair[0];
    link->state = LINK_SEALED;
    link->out = malloc(1);
    link->n_out = 1;
    link->streams = bench->list;
    link->n_streams = STREAMS;
    h2_link_release(link, 42);
    assert_int_equal(link->state, LINK_DEAD);
    for (size_t i = 0; i < STREAMS; i++) {
        assert_int_equal(bench->samples[i].release_ns, 0);
        assert_int_equal(bench->samples[i].cause, CAUSE_SEND_TIMEOUT);
    }
    close(pair[1]);
    free(link->out);
    bench_free(bench);
}

static void what_nghttp2_kept_of_a_request_is_wiped(void **state)
{
    (void)state;
    enum { TOKEN = 24 };
    unsigned char hidden[TOKEN];
    struct bench *bench = bench_new(100, false);
    /* Not in the table of HPACK's code: bytes that are longer encoded stay as they are. */
    char *header = bench->endpoint.headers[0];
    memcpy(header, "X-Large: ", 9);
    for (size_t i = 0; i < TOKEN; i++) {
        header[9 + i] = (char)("~^|{}"[i % 5]);
        hidden[i] = (unsigned char)header[9 + i] ^ 0x55;
    }
    header[9 + TOKEN] = '\0';
    for (size_t i = 0; i < STREAMS; i++) {
        h2_stream_free(&bench->streams[i]);
        h2_stream_prepare(&bench->streams[i], &bench->volley, &bench->samples[i]);
    }
    assert_in_range(h2_session_fit(bench->link.session, bench->list, 100), 1, 100);
    really_sent(bench, 100);
    assert_true(count_in_memory(hidden, TOKEN) > STREAMS);
    explicit_bzero(header, strlen(header));
    bench_free(bench);
    assert_int_equal(count_in_memory(hidden, TOKEN), 0);
}

static void what_a_request_outgrew_while_it_was_rendered_is_wiped(void **state)
{
    (void)state;
    static const unsigned char hidden[] = {'#' ^ 0x55, '!' ^ 0x55, '#' ^ 0x55, 'q' ^ 0x55,
                                           'Z' ^ 0x55, '7' ^ 0x55, '_' ^ 0x55, '!' ^ 0x55,
                                           '#' ^ 0x55, '~' ^ 0x55, 'k' ^ 0x55, '3' ^ 0x55};
    enum { BEFORE = 24 }; /* malloc writes over the first bytes of what is freed */
    char growing[600] = "";
    memset(growing, 'x', BEFORE);
    for (size_t i = 0; i < sizeof hidden; i++)
        growing[BEFORE + i] = (char)(hidden[i] ^ 0x55);
    static const char place[] = "${index}";
    size_t length = BEFORE + sizeof hidden;
    memcpy(growing + length, place, sizeof place - 1);
    memset(growing + length + sizeof place - 1, 'x', 500);
    struct bench *bench = bench_new(0, true);
    struct endpoint *endpoint = &bench->endpoint;
    endpoint->body = growing;
    for (size_t i = 0; i < STREAMS; i++) {
        h2_stream_free(&bench->streams[i]);
        h2_stream_prepare(&bench->streams[i], &bench->volley, &bench->samples[i]);
    }
    assert_true(count_in_memory(hidden, sizeof hidden) >= STREAMS);
    explicit_bzero(growing, sizeof growing);
    bench_free(bench);
    assert_int_equal(count_in_memory(hidden, sizeof hidden), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_said_to_fit_a_record_does),
        cmocka_unit_test(a_request_larger_than_a_record_travels_alone),
        cmocka_unit_test(of_a_body_all_but_the_last_byte_goes_ahead),
        cmocka_unit_test(fields_come_from_the_url_and_in_lower_case),
        cmocka_unit_test(a_url_without_a_path_keeps_its_query),
        cmocka_unit_test(what_the_socket_does_not_take_is_not_released),
        cmocka_unit_test(what_nghttp2_kept_of_a_request_is_wiped),
        cmocka_unit_test(what_a_request_outgrew_while_it_was_rendered_is_wiped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
