#include "volley/http2/h2_link.h"

#include "../cmocka_all.h"
#include "../leftovers.h"
#include "base/clock.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/tcp.h> /* for tcpi_data_segs_out, which netinet/tcp.h lacks */
#include <netinet/in.h>
#include <openssl/x509.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STREAMS = 128, RECORD_BYTES = 16384 };

/* A volley whose requests carry a header of N random-looking bytes, different for each. */
struct bench {
    struct plan plan;
    struct endpoint endpoint;
    struct volley volley;
    struct run run;
    struct sample samples[STREAMS];
    struct h2_stream streams[STREAMS];
    struct h2_stream *list[STREAMS];
    struct h2_link link;
};

static char localhost[] = "localhost", method[] = "GET", url[] = "https://host.example:8443/a/b?c=${index}",
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
    bench->run.message.url = url;
    bench->volley = (struct volley){.plan = &bench->plan,
                                    .endpoint = &bench->endpoint,
                                    .round_id = "0123456789abcdef",
                                    .n_samples = STREAMS};
    bench->run.volley = &bench->volley;
    for (uint32_t i = 0; i < STREAMS; i++) {
        bench->samples[i].index = i + 1;
        h2_stream_prepare(&bench->streams[i], &bench->run, &bench->samples[i]);
        assert_false(bench->streams[i].done);
        bench->list[i] = &bench->streams[i];
    }
    assert_int_equal(h2_session_open(&bench->link.session), 0);
    return bench;
}

static void bench_free(struct bench *bench)
{
    for (size_t i = 0; i < STREAMS; i++)
        h2_stream_free(&bench->streams[i]);
    h2_session_close(&bench->link.session);
    free(bench->endpoint.headers[0]);
    free(bench->endpoint.headers);
    free(bench);
}

/* Bytes that the session has to send now. */
static size_t drain(struct bench *bench)
{
    const uint8_t *bytes;
    size_t total = 0;
    for (ssize_t n; (n = nghttp2_session_mem_send(bench->link.session.nghttp2, &bytes)) > 0;)
        total += (size_t)n;
    return total;
}

static size_t really_sent(struct bench *bench, size_t n)
{
    drain(bench); /* the greeting */
    for (size_t i = 0; i < n; i++)
        assert_int_equal(h2_stream_submit(&bench->streams[i], bench->link.session.nghttp2), 0);
    return drain(bench);
}

static void what_is_said_to_fit_a_record_does(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 10, 50, 100, 200, 500, 1000, 4000, 15000};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct bench *bench = bench_new(sizes[i], false);
        /* Before the server's SETTINGS nghttp2 allows 100 streams. */
        int fits = h2_session_fit(&bench->link.session, bench->list, 100);
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
    assert_int_equal(h2_session_fit(&bench->link.session, bench->list, STREAMS), 1);
    bench_free(bench);
}

static void of_a_body_all_but_the_last_byte_goes_ahead(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0, true);
    assert_int_equal(h2_session_fit(&bench->link.session, bench->list, STREAMS), STREAMS);
    really_sent(bench, 100);
    for (size_t i = 0; i < 100; i++) {
        struct h2_stream *stream = &bench->streams[i];
        assert_int_equal(stream->body_sent, stream->request.body_length - 1);
        assert_false(stream->complete);
        stream->may_end = true;
        assert_int_equal(nghttp2_session_resume_data(bench->link.session.nghttp2, stream->id), 0);
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
    free(fields.fields);
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
        bench->run.message.url = cases[i].url;
        h2_stream_free(stream);
        h2_stream_prepare(stream, &bench->run, &bench->samples[6]);
        assert_int_equal(h2_stream_fields(stream, &fields), 0);
        assert_true(has(&fields, ":authority", "host.example"));
        assert_true(has(&fields, ":path", cases[i].path));
        free(fields.fields);
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
    link->wire.fd = pair[0];
    link->state = LINK_SEALED;
    text_add(&link->wire.out, "x");
    link->streams = bench->list;
    link->n_streams = STREAMS;
    h2_link_release(link, 42);
    assert_int_equal(link->state, LINK_DEAD);
    for (size_t i = 0; i < STREAMS; i++) {
        assert_int_equal(bench->samples[i].release_ns, 0);
        assert_int_equal(bench->samples[i].cause, CAUSE_SEND_TIMEOUT);
    }
    close(pair[1]);
    text_free(&link->wire.out);
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
        h2_stream_prepare(&bench->streams[i], &bench->run, &bench->samples[i]);
    }
    assert_in_range(h2_session_fit(&bench->link.session, bench->list, 100), 1, 100);
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
        h2_stream_prepare(&bench->streams[i], &bench->run, &bench->samples[i]);
    }
    assert_true(count_in_memory(hidden, sizeof hidden) >= STREAMS);
    explicit_bzero(growing, sizeof growing);
    bench_free(bench);
    assert_int_equal(count_in_memory(hidden, sizeof hidden), 0);
}

/* The far end of a link: TLS by OpenSSL, frames by hand. */
struct far {
    SSL_CTX *near_context, *context;
    SSL *ssl;
    int fd;
    struct h2_setup setup;
};

static int choose_h2(SSL *ssl, const unsigned char **out, unsigned char *out_length, const unsigned char *in,
                     unsigned in_length, void *context)
{
    (void)ssl, (void)context;
    assert_true(in_length >= 3 && memcmp(in, "\2h2", 3) == 0);
    *out = in + 1;
    *out_length = 2;
    return SSL_TLSEXT_ERR_OK;
}

static void make_contexts(struct far *far)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    far->near_context = SSL_CTX_new(TLS_client_method());
    assert_int_equal(SSL_CTX_set_alpn_protos(far->near_context, (const unsigned char *)"\2h2", 3), 0);
    far->context = SSL_CTX_new(TLS_server_method());
    assert_int_equal(SSL_CTX_use_certificate(far->context, certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(far->context, key), 1);
    SSL_CTX_set_alpn_select_cb(far->context, choose_h2, NULL);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static void far_send(struct far *far, const void *bytes, size_t n)
{
    assert_int_equal(SSL_write(far->ssl, bytes, (int)n), n);
}

/* Lets LINK look at what is on its way to it. */
static void near_receive(struct h2_link *link)
{
    struct pollfd ready = {.fd = link->wire.fd, .events = POLLIN};
    assert_int_equal(poll(&ready, 1, 10000), 1);
    h2_link_step(link);
}

/* BENCH's link, open, and what it is connected to. */
static struct far *far_new(struct bench *bench)
{
    static const char greeting[] = "\0\0\6\4\0\0\0\0\0\0\3\0\0\0\x80"; /* SETTINGS: 128 streams */
    struct far *far = calloc(1, sizeof *far);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    struct h2_link *link = &bench->link;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    make_contexts(far);
    bench->run.route = (struct route){.target = {.host = localhost, .port = ntohs(address.sin_port)},
                                      .addresses = {.n = 1, .text = {"127.0.0.1"}}};
    far->setup = (struct h2_setup){
        .run = &bench->run, .context = far->near_context, .streams_most = UINT32_MAX, .until_us = UINT64_MAX};
    h2_session_close(&link->session);
    h2_link_open(link, &far->setup, 0);
    far->fd = accept(listener, NULL, NULL);
    assert_int_equal(fcntl(far->fd, F_SETFL, O_NONBLOCK), 0);
    close(listener);
    far->ssl = SSL_new(far->context);
    SSL_set_fd(far->ssl, far->fd);
    while (SSL_accept(far->ssl) != 1)
        h2_link_step(link);
    far_send(far, greeting, sizeof greeting - 1);
    while (link->state != LINK_OPEN)
        near_receive(link);
    return far;
}

static void far_free(struct far *far, struct bench *bench)
{
    h2_link_close(&bench->link);
    SSL_free(far->ssl);
    SSL_CTX_free(far->context);
    SSL_CTX_free(far->near_context);
    close(far->fd);
    free(far);
}

/* How many requests can be read now that could not before. */
static size_t far_count_requests(struct far *far)
{
    static unsigned char bytes[1 << 20];
    size_t n = 0, found = 0;
    for (int got; (got = SSL_read(far->ssl, bytes + n, (int)(sizeof bytes - n))) > 0;)
        n += (size_t)got;
    size_t at = n >= 24 && memcmp(bytes, "PRI", 3) == 0 ? 24 : 0;
    for (; at + 9 <= n; at += 9 + ((size_t)bytes[at] << 16 | (size_t)bytes[at + 1] << 8 | bytes[at + 2]))
        found += bytes[at + 3] == NGHTTP2_HEADERS;
    return found;
}

static void a_table_of_headers_that_shrinks_releases_nothing_early(void **state)
{
    (void)state;
    static const char no_table[] = "\0\0\6\4\0\0\0\0\0\0\1\0\0\0\0";
    struct bench *bench = bench_new(0, false);
    bench->endpoint.headers[0] = realloc(bench->endpoint.headers[0], 600);
    memset(bench->endpoint.headers[0] + strlen("X-Large: "), 'x',
           500); /* the same in all: a byte, with a table */
    bench->endpoint.headers[0][strlen("X-Large: ") + 500] = '\0';
    for (size_t i = 0; i < STREAMS; i++) {
        h2_stream_free(&bench->streams[i]);
        h2_stream_prepare(&bench->streams[i], &bench->run, &bench->samples[i]);
    }
    struct far *far = far_new(bench);
    struct h2_link *link = &bench->link;
    assert_int_equal(h2_link_carry(link, bench->list, STREAMS), STREAMS);
    far_send(far, no_table, sizeof no_table - 1);
    near_receive(link);
    assert_true(h2_link_is_ready(link));
    assert_true(h2_link_seal(link));
    assert_false(h2_link_send_ahead(link));
    assert_int_equal(far_count_requests(far), 0);
    h2_link_release(link, 42);
    assert_int_equal(link->state, LINK_RELEASED);
    assert_int_equal(far_count_requests(far), STREAMS);
    far_free(far, bench);
    bench_free(bench);
}

static void what_a_link_that_breaks_was_given_goes_to_others(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0, true);
    struct far *far = far_new(bench);
    struct h2_link *link = &bench->link;
    assert_int_equal(shutdown(link->wire.fd, SHUT_WR), 0);
    assert_int_equal(h2_link_carry(link, bench->list, 3), 0);
    assert_int_equal(link->state, LINK_DEAD);
    for (size_t i = 0; i < 3; i++) {
        assert_null(bench->streams[i].link);
        assert_false(bench->streams[i].done);
    }
    far_free(far, bench);
    bench_free(bench);
}

/* With TCP_NODELAY, each call sends a packet of its own. */
static void what_ends_the_handshake_leaves_with_the_first_frames(void **state)
{
    (void)state;
    enum { CLIENT_HELLO = 1, FINISHED_AND_SETTINGS = 1, ACKNOWLEDGEMENT = 1 };
    struct tcp_info info = {0};
    socklen_t length = sizeof info;
    struct bench *bench = bench_new(0, false);
    struct far *far = far_new(bench);
    assert_int_equal(getsockopt(bench->link.wire.fd, IPPROTO_TCP, TCP_INFO, &info, &length), 0);
    assert_int_equal(info.tcpi_data_segs_out, CLIENT_HELLO + FINISHED_AND_SETTINGS + ACKNOWLEDGEMENT);
    far_free(far, bench);
    bench_free(bench);
}

static void what_is_answered_before_the_release_is_no_answer(void **state)
{
    (void)state;
    static const char answers[] = "\0\0\1\1\5\0\0\0\1\x88\0\0\1\1\4\0\0\0\3\x88", /* 200; 3 goes on */
        rest[] = "\0\0\1\0\1\0\0\0\3.\0\0\1\1\5\0\0\0\5\x88";
    static struct status_range success[] = {{200, 299}};
    struct bench *bench = bench_new(0, true);
    bench->endpoint.expect = success;
    bench->endpoint.n_expect = 1;
    struct far *far = far_new(bench);
    struct h2_link *link = &bench->link;
    assert_int_equal(h2_link_carry(link, bench->list, 3), 3);
    assert_true(h2_link_is_ready(link));
    assert_true(h2_link_seal(link));
    far_send(far, answers, sizeof answers - 1);
    assert_int_equal(poll(&(struct pollfd){.fd = link->wire.fd, .events = POLLIN}, 1, 10000), 1);
    h2_link_release(link, 42);
    far_send(far, rest, sizeof rest - 1);
    while (!bench->streams[2].done)
        near_receive(link);
    assert_int_equal(bench->samples[0].cause, CAUSE_PROTOCOL);
    assert_int_equal(bench->samples[0].release_ns, 0);
    for (size_t i = 1; i < 3; i++) {
        assert_int_equal(bench->samples[i].outcome, OUTCOME_OK);
        assert_int_equal(bench->samples[i].release_ns, 42);
    }
    for (size_t i = 0; i < 3; i++)
        free(bench->samples[i].detail);
    far_free(far, bench);
    bench_free(bench);
}

/* PINGs in pieces that are no flood, and nobody reads what they are answered with. */
static void what_a_server_does_not_read_is_not_kept_for_ever(void **state)
{
    (void)state;
    enum { PING_BYTES = 17, PIECE = 500, PIECES = 200, KEPT_MOST = 128 * 1024, SMALL = 4096 };
    static unsigned char pings[PIECE][PING_BYTES] = {{0, 0, 8, NGHTTP2_PING}};
    static const int size = SMALL;
    struct bench *bench = bench_new(0, false);
    struct far *far = far_new(bench);
    struct h2_link *link = &bench->link;
    for (size_t i = 1; i < PIECE; i++)
        memcpy(pings[i], pings[0], PING_BYTES);
    setsockopt(link->wire.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    setsockopt(far->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    for (size_t i = 0; i < PIECES && link->state == LINK_OPEN; i++) {
        far_send(far, pings, sizeof pings);
        near_receive(link);
        assert_true(link->wire.out.length <= KEPT_MOST);
    }
    assert_int_equal(link->state, LINK_DEAD);
    assert_int_equal(link->cause, CAUSE_PROTOCOL);
    far_free(far, bench);
    bench_free(bench);
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
        cmocka_unit_test(a_table_of_headers_that_shrinks_releases_nothing_early),
        cmocka_unit_test(what_a_link_that_breaks_was_given_goes_to_others),
        cmocka_unit_test(what_ends_the_handshake_leaves_with_the_first_frames),
        cmocka_unit_test(what_is_answered_before_the_release_is_no_answer),
        cmocka_unit_test(what_a_server_does_not_read_is_not_kept_for_ever),
        cmocka_unit_test(what_nghttp2_kept_of_a_request_is_wiped),
        cmocka_unit_test(what_a_request_outgrew_while_it_was_rendered_is_wiped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
