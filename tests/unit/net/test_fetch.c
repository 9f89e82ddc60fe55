/* One small request: what arrives, what comes back, and whom it trusts. */
#include "../cmocka_all.h"

#include "../awsd.h"
#include "../scratch.h"
#include "aws/credentials_kept.h"
#include "base/clock.h"
#include "net/fetch.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Certificates are made once, and the server speaks TLS. */
static char *certificates;

static int make_certificates(void)
{
    char script[PATH_MAX], shell[] = "sh";
    char *words[] = {shell, script, certificates, NULL};
    pid_t pid;
    int status = -1;
    snprintf(script, sizeof script, "%.*s/../../sim/make-cert.sh", (int)(strrchr(__FILE__, '/') - __FILE__),
             __FILE__);
    if (posix_spawnp(&pid, shell, NULL, NULL, words, environ) != 0 || waitpid(pid, &status, 0) != pid)
        return -1;
    return status == 0 ? 0 : -1;
}

static int start_tls(void **state)
{
    (void)state;
    if (scratch_create((void **)&certificates) < 0 || make_certificates() < 0)
        return -1;
    return awsd_start_tls(scratch_path(certificates, "server.pem"), scratch_path(certificates, "server.key"));
}

static int stop_tls(void **state)
{
    return awsd_stop(state) | scratch_remove((void **)&certificates);
}

static int send_to(const char *url, const char *ca, struct fetch_answer *answer, struct error *error)
{
    struct fetch_request request = {.method = "GET",
                                    .url = url,
                                    .ca_file = ca ? scratch_path(certificates, ca) : NULL,
                                    .direct = true,
                                    .until_us = clock_monotonic_us() + 10 * US_PER_S,
                                    .cancel_fd = -1};
    return fetch(&request, answer, error);
}

static void trusts_only_whom_it_should(void **state)
{
    (void)state;
    static const char *const wrong[] = {"other-ca.pem", NULL, "other-ca.pem"};
    for (int i = 0; i < 3; i++) { /* in turns: nothing is remembered of a connection that was right */
        struct error error = {0};
        CLEANUP_FETCH_ANSWER struct fetch_answer answer = {0}, refused = {0};
        assert_int_equal(send_to(awsd_url("/c-ok"), "ca.pem", &answer, &error), 0);
        assert_int_equal(answer.status, 200);
        assert_non_null(strstr(answer.body.data, "planted-secret"));
        assert_int_equal(send_to(awsd_url("/c-ok?planted=1"), wrong[i], &refused, &error), -EPROTO);
        assert_non_null(strstr(error.message, "certificate"));
        assert_null(strstr(error.message, "planted"));
        assert_null(refused.body.data);
    }
}

static void refuses_certificate(void **state, const char *name, const char *host)
{
    struct error error = {0};
    struct fetch_answer answer = {0};
    char pem[64], key[64], url[128];
    snprintf(pem, sizeof pem, "%s.pem", name);
    snprintf(key, sizeof key, "%s.key", name);
    assert_int_equal(awsd_stop(state), 0);
    assert_int_equal(awsd_start_tls(scratch_path(certificates, pem), scratch_path(certificates, key)), 0);
    snprintf(url, sizeof url, "https://%s%s", host, strrchr(awsd_url("/c-ok"), ':'));
    assert_int_equal(send_to(url, "ca.pem", &answer, &error), -EPROTO);
    assert_null(answer.body.data);
}

static void the_name_must_be_right(void **state)
{
    refuses_certificate(state, "wrongname", "127.0.0.1");
}

static void a_common_name_is_no_hosts(void **state)
{
    refuses_certificate(state, "commonname", "localhost");
}

static void containers_by_the_bundle(void **state)
{
    (void)state;
    struct error error = {0};
    CLEANUP_CREDENTIALS struct aws_credentials credentials = {0};
    struct credentials_patience patience = {.until_us = clock_monotonic_us() + 10 * US_PER_S,
                                            .cancel_fd = -1};
    aws_environment_clear(certificates);
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", awsd_url("/c-ok"), 1);
    assert_int_equal(credentials_get(NULL, &patience, &credentials, &error), -EPROTO);
    credentials_forget();
    setenv("AWS_CA_BUNDLE", scratch_path(certificates, "ca.pem"), 1);
    assert_int_equal(credentials_get(NULL, &patience, &credentials, &error), 0);
    credentials_forget();
}

/* libcurl calls a header line above 100 KiB a lack of memory. */
static void a_header_can_be_too_large(void **state)
{
    (void)state;
    struct error error = {0};
    struct fetch_answer answer = {0};
    assert_int_equal(send_to(awsd_url("/c-header"), "ca.pem", &answer, &error), -EMSGSIZE);
    assert_non_null(strstr(error.message, "its headers than 64 KiB"));
    assert_null(strstr(error.message, "planted"));
    assert_null(answer.body.data);
}

/* A socket that nobody accepts from: requests are small enough for its buffer. */
static int listen_once(char url[64])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    snprintf(url, 64, "http://127.0.0.1:%d/a/../b?c=d", ntohs(address.sin_port));
    return fd;
}

/* Nobody accepts, so it ends by its own deadline; what was sent is read afterwards. */
static void what_is_sent(void **state)
{
    (void)state;
    static const struct {
        const char *method, *body, *begin, *part;
    } rows[] = {
        {"GET", NULL, "GET /a/../b?c=d HTTP/1.1\r\n", "X-Empty:\r\n"},
        {"PUT", NULL, "PUT /a/../b?c=d HTTP/1.1\r\n", "Content-Length: 0\r\n"},
        {"POST", "x=1", "POST /a/../b?c=d HTTP/1.1\r\n", "\r\n\r\nx=1"},
    };
    static const char *const headers[] = {"X-Planted: 1", "X-Empty:"};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char url[64], got[2048] = "";
        int fd = listen_once(url);
        struct error error = {0};
        struct fetch_answer answer = {0};
        struct fetch_request request = {.method = rows[i].method,
                                        .url = url,
                                        .headers = headers,
                                        .n_headers = COUNT_OF(headers),
                                        .body = rows[i].body,
                                        .body_length = rows[i].body ? strlen(rows[i].body) : 0,
                                        .direct = true,
                                        .until_us = clock_monotonic_us() + US_PER_S / 5,
                                        .cancel_fd = -1};
        assert_int_equal(fetch(&request, &answer, &error), -ETIMEDOUT);
        int peer = accept(fd, NULL, NULL);
        ssize_t n = recv(peer, got, sizeof got - 1, MSG_DONTWAIT);
        assert_true(n > 0);
        if (strncmp(got, rows[i].begin, strlen(rows[i].begin)) != 0 || !strstr(got, rows[i].part) ||
            !strstr(got, "X-Planted: 1\r\n") || !strstr(got, "User-Agent: lambda-warmd/") ||
            strstr(got, "Expect") || strstr(got, "urlencoded"))
            fail_msg("%s", got);
        close(peer);
        close(fd);
    }
}

static void no_such_place(void **state)
{
    (void)state;
    struct error error = {0};
    struct fetch_answer answer = {0};
    assert_int_equal(send_to("http://[::1]:1/planted", NULL, &answer, &error), -ECONNREFUSED);
    assert_null(strstr(error.message, "planted"));
    assert_int_equal(send_to("file:///etc/passwd", NULL, &answer, &error) < 0, 1);
    assert_int_equal(send_to("not a url", NULL, &answer, &error), -EINVAL);
    assert_null(answer.body.data);
}

/* A child that answers each CONNECT with a body without an end. VARIABLE gets what names it. */
static pid_t start_endless_proxy(char *variable, size_t size)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 8), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    snprintf(variable, size, "http://127.0.0.1:%d", ntohs(address.sin_port));
    static char chunks[7 * 1000];
    for (size_t i = 0; i < sizeof chunks; i++)
        chunks[i] = "2\r\nxy\r\n"[i % 7];
    pid_t child = fork();
    if (child == 0) {
        alarm(60);
        for (;;) {
            static const char begin[] = "HTTP/1.1 407 No\r\nTransfer-Encoding: chunked\r\n\r\n";
            int fd = accept(listener, NULL, NULL);
            for (ssize_t sent = send(fd, begin, strlen(begin), MSG_NOSIGNAL); sent > 0;)
                sent = send(fd, chunks, sizeof chunks, MSG_NOSIGNAL);
            close(fd);
        }
    }
    close(listener);
    return child;
}

static void an_endless_proxy_is_given_up(void **state)
{
    (void)state;
    char variable[64];
    struct error error = {0};
    struct fetch_answer answer = {0};
    pid_t child = start_endless_proxy(variable, sizeof variable);
    setenv("https_proxy", variable, 1);
    struct fetch_request request = {.method = "GET",
                                    .url = "https://127.0.0.1:1/",
                                    .until_us = clock_monotonic_us() + US_PER_S,
                                    .cancel_fd = -1};
    int r = fetch(&request, &answer, &error);
    printf("%s\n", error.message);
    assert_int_equal(r, -ETIMEDOUT);
    request.until_us = clock_monotonic_us() + 60 * US_PER_S;
    request.cancel_fd = eventfd(1, EFD_CLOEXEC);
    assert_int_equal(fetch(&request, &answer, &error), -ECANCELED);
    close(request.cancel_fd);
    unsetenv("https_proxy");
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trusts_only_whom_it_should),
        cmocka_unit_test(containers_by_the_bundle),
        cmocka_unit_test(a_header_can_be_too_large),
        cmocka_unit_test(the_name_must_be_right),
        cmocka_unit_test(a_common_name_is_no_hosts),
        cmocka_unit_test(what_is_sent),
        cmocka_unit_test(no_such_place),
        cmocka_unit_test(an_endless_proxy_is_given_up),
    };
    return cmocka_run_group_tests(tests, start_tls, stop_tls);
}
