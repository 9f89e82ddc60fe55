/* An errno has one name, whichever engine meets it. */
#include "net/failure.h"
#include "volley/http2/h2_link.h"

#include "../cmocka_all.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

/* What the system's functions fail with: these take the place of libc's, for libcurl, too. */
static int error_of_socket;

int connect(int fd, const struct sockaddr *address, socklen_t length)
{
    (void)fd, (void)address, (void)length;
    errno = error_of_socket;
    return -1;
}

ssize_t recv(int fd, void *buffer, size_t size, int flags)
{
    (void)fd, (void)buffer, (void)size, (void)flags;
    errno = error_of_socket;
    return -1;
}

static const struct {
    int error;
    enum cause connecting, answering;
} table[] = {
    {ECONNREFUSED, CAUSE_REFUSED, CAUSE_REFUSED},
    {ENETUNREACH, CAUSE_UNREACHABLE, CAUSE_UNREACHABLE},
    {EHOSTUNREACH, CAUSE_UNREACHABLE, CAUSE_UNREACHABLE},
    {ENETDOWN, CAUSE_UNREACHABLE, CAUSE_UNREACHABLE},
    {EHOSTDOWN, CAUSE_UNREACHABLE, CAUSE_UNREACHABLE},
    {ETIMEDOUT, CAUSE_CONNECT_TIMEOUT, CAUSE_TIMEOUT},
    {ECONNRESET, CAUSE_RESET, CAUSE_RESET},
    {EPIPE, CAUSE_RESET, CAUSE_RESET},
    {ENOBUFS, CAUSE_MEMORY, CAUSE_MEMORY},
    {ENOMEM, CAUSE_MEMORY, CAUSE_MEMORY},
    {EMFILE, CAUSE_DESCRIPTORS, CAUSE_DESCRIPTORS},
    {EACCES, CAUSE_CONNECT, CAUSE_CLOSED},
};

/* What the HTTP/1.1 engine makes of what libcurl reports. */
static enum cause by_libcurl(CURLcode code, int error, enum request_stage stage)
{
    struct failure failure = {.code = code, .system_error = error, .stage = stage, .text = ""};
    return failure_cause(&failure);
}

static void connecting_fails_alike(void **state)
{
    (void)state;
    static char localhost[] = "localhost";
    struct run run = {
        .route = {.target = {.host = localhost, .port = 1}, .addresses = {.n = 1, .text = {"127.0.0.1"}}}};
    struct h2_setup setup = {
        .run = &run, .context = SSL_CTX_new(TLS_client_method()), .patience_us = 1, .until_us = UINT64_MAX};
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct h2_link link;
        long seen = 0;
        error_of_socket = table[i].error;
        h2_link_open(&link, &setup, 0);
        assert_int_equal(link.state, LINK_DEAD);
        assert_int_equal(link.cause, table[i].connecting);
        h2_link_close(&link);
        CURL *easy = curl_easy_init();
        assert_int_equal(curl_easy_setopt(easy, CURLOPT_URL, "http://127.0.0.1:1/"), CURLE_OK);
        assert_int_equal(curl_easy_setopt(easy, CURLOPT_PROXY, ""), CURLE_OK);
        CURLcode code = curl_easy_perform(easy);
        assert_int_equal(curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &seen), CURLE_OK);
        curl_easy_cleanup(easy);
        assert_int_equal(seen, table[i].error);
        assert_int_equal(by_libcurl(code, (int)seen, STAGE_CONNECT), table[i].connecting);
    }
    SSL_CTX_free(setup.context);
}

static void an_open_connection_breaks_alike(void **state)
{
    (void)state;
    struct volley volley = {0};
    struct run run = {.volley = &volley};
    struct h2_setup setup = {.run = &run, .until_us = UINT64_MAX};
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct h2_link link = {.state = LINK_RELEASED, .wire = {.setup = &setup, .fd = dup(STDIN_FILENO)}};
        error_of_socket = table[i].error;
        h2_link_step(&link);
        assert_int_equal(link.state, LINK_DEAD);
        assert_int_equal(link.cause, table[i].answering);
        assert_int_equal(by_libcurl(CURLE_RECV_ERROR, table[i].error, STAGE_ANSWER), table[i].answering);
        assert_int_equal(by_libcurl(CURLE_SEND_ERROR, table[i].error, STAGE_ANSWER), table[i].answering);
    }
}

static void what_a_late_request_was_busy_with_is_its_cause(void **state)
{
    (void)state;
    assert_int_equal(cause_of_timeout(STAGE_NAME), CAUSE_DNS_TIMEOUT);
    assert_int_equal(cause_of_timeout(STAGE_PROXY), CAUSE_PROXY);
    assert_int_equal(cause_of_timeout(STAGE_CONNECT), CAUSE_CONNECT_TIMEOUT);
    assert_int_equal(cause_of_timeout(STAGE_TLS), CAUSE_TLS_TIMEOUT);
    assert_int_equal(cause_of_timeout(STAGE_SEND), CAUSE_SEND_TIMEOUT);
    assert_int_equal(cause_of_timeout(STAGE_ANSWER), CAUSE_TIMEOUT);
    for (enum request_stage stage = 0; stage < STAGE_MAX; stage++) {
        assert_int_equal(cause_of_errno(ETIMEDOUT, stage), cause_of_timeout(stage));
        assert_int_equal(by_libcurl(CURLE_OPERATION_TIMEDOUT, 0, stage), cause_of_timeout(stage));
        assert_int_not_equal(cause_of_errno(EPROTO, stage), CAUSE_NONE);
    }
}

/* A source of credentials that refuses connections says nothing about the endpoint. */
static void before_it_connects_only_what_we_lack_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (enum request_stage stage = 0; stage < STAGE_CONNECT; stage++) {
        assert_int_equal(cause_of_errno(ECONNREFUSED, stage), cause_of_errno(EPROTO, stage));
        assert_int_equal(cause_of_errno(ENOMEM, stage), CAUSE_MEMORY);
        assert_int_equal(cause_of_errno(EMFILE, stage), CAUSE_DESCRIPTORS);
        assert_int_equal(cause_of_errno(ECANCELED, stage), CAUSE_STOPPED);
    }
    assert_int_equal(cause_of_errno(EAGAIN, STAGE_NAME), CAUSE_THREAD);
    assert_int_equal(cause_of_errno(EAGAIN, STAGE_SEND), CAUSE_SEND_TIMEOUT);
}

static void a_proxy_is_to_blame_for_all_but_what_we_lack(void **state)
{
    (void)state;
    struct failure failure = {
        .code = CURLE_COULDNT_CONNECT, .stage = STAGE_CONNECT, .at_proxy = true, .text = ""};
    static const struct {
        int error;
        enum cause cause;
    } cases[] = {{ECONNREFUSED, CAUSE_PROXY},
                 {ECONNRESET, CAUSE_PROXY},
                 {ETIMEDOUT, CAUSE_CONNECT_TIMEOUT},
                 {EMFILE, CAUSE_DESCRIPTORS},
                 {ENOMEM, CAUSE_MEMORY}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        failure.system_error = cases[i].error;
        assert_int_equal(failure_cause(&failure), cases[i].cause);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connecting_fails_alike),
        cmocka_unit_test(an_open_connection_breaks_alike),
        cmocka_unit_test(what_a_late_request_was_busy_with_is_its_cause),
        cmocka_unit_test(before_it_connects_only_what_we_lack_has_a_name_of_its_own),
        cmocka_unit_test(a_proxy_is_to_blame_for_all_but_what_we_lack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
