#include "volley/http1/gate.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "net/curl_handle.h"

#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

enum { SELFTEST_LIMIT_US = 2000000, CERTIFICATE_TTL_S = 3600, TURNS_OF_SILENCE = 4, BACKLOG = 64 };
#define SELFTEST_HOST "127.0.0.1"

DEFINE_CLEANUP(X509 *, X509_free);
DEFINE_CLEANUP(EVP_PKEY *, EVP_PKEY_free);

/* Both ends in one thread, driven in turn. */
struct bench {
    struct route route;
    struct curl_setup setup;
    struct curl_handle client;
    CURLM *multi;
    SSL_CTX *context;
    SSL *server;
    int listener, client_fd, server_fd; /* client_fd is libcurl's */
    struct gate gate;
};

static int open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct bench *bench = context;
    (void)purpose;
    bench->client_fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    return bench->client_fd < 0 ? CURL_SOCKET_BAD : bench->client_fd;
}

static int hold(void *context, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
    struct bench *bench = context;
    SSL *ssl = curl_handle_ssl(&bench->client);
    (void)remote_ip, (void)local_ip, (void)remote_port, (void)local_port;
    bool holds = ssl && gate_hold_bio(&bench->gate, ssl, bench->client_fd) == 0;
    return holds ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

/* The server says nothing. */
static size_t refuse(char *bytes, size_t size, size_t n, void *context)
{
    (void)bytes, (void)size, (void)n, (void)context;
    return 0;
}

static bool fill_certificate(X509 *certificate, EVP_PKEY *key)
{
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_EXTENSION *alternative = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:" SELFTEST_HOST);
    bool filled = alternative && X509_set_version(certificate, X509_VERSION_3) &&
                  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) &&
                  X509_gmtime_adj(X509_getm_notBefore(certificate), -CERTIFICATE_TTL_S) &&
                  X509_gmtime_adj(X509_getm_notAfter(certificate), CERTIFICATE_TTL_S) &&
                  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)SELFTEST_HOST,
                                             -1, -1, 0) &&
                  X509_set_issuer_name(certificate, name) && X509_set_pubkey(certificate, key) &&
                  X509_add_ext(certificate, alternative, -1) && X509_sign(certificate, key, EVP_sha256());
    X509_EXTENSION_free(alternative);
    return filled;
}

/* The server's TLS, and the anchors that make the client trust it. */
static bool make_tls(struct bench *bench)
{
    CLEANUP(cleanup_EVP_PKEY_free) EVP_PKEY *key = EVP_EC_gen("P-256");
    CLEANUP(cleanup_X509_free) X509 *certificate = X509_new();
    bench->route.anchors = X509_STORE_new();
    bench->context = SSL_CTX_new(TLS_server_method());
    if (!key || !certificate || !bench->route.anchors || !bench->context ||
        !fill_certificate(certificate, key) || X509_STORE_add_cert(bench->route.anchors, certificate) != 1 ||
        SSL_CTX_use_certificate(bench->context, certificate) != 1 ||
        SSL_CTX_use_PrivateKey(bench->context, key) != 1)
        return false;
    bench->server = SSL_new(bench->context);
    if (bench->server)
        SSL_set_accept_state(bench->server);
    return bench->server != NULL;
}

/* A listener on a loopback port that the kernel chooses: the client's target. */
static bool make_listener(struct bench *bench)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    bench->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (bench->listener < 0 || bind(bench->listener, (struct sockaddr *)&address, sizeof address) < 0 ||
        listen(bench->listener, BACKLOG) < 0 ||
        getsockname(bench->listener, (struct sockaddr *)&address, &length) < 0)
        return false;
    bench->route.target = (struct target){
        .host = strdup(SELFTEST_HOST), .port = ntohs(address.sin_port), .tls = true, .is_address = true};
    return bench->route.target.host != NULL;
}

static bool make_client(struct bench *bench)
{
    char url[64];
    struct curl_request request = {.method = "GET", .url = url};
    snprintf(url, sizeof url, "https://" SELFTEST_HOST ":%u/", bench->route.target.port);
    bench->setup = (struct curl_setup){.route = &bench->route, .on_header = refuse, .on_body = refuse};
    bench->multi = curl_multi_init();
    if (!bench->multi || curl_handle_open(&bench->client, &bench->setup, &request, 0, bench) != CURLE_OK)
        return false;
    CURL *easy = bench->client.easy;
    return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, bench) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, hold) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PREREQDATA, bench) == CURLE_OK &&
           curl_multi_add_handle(bench->multi, easy) == CURLM_OK;
}

/* libcurl 7.88 can't use a connected socket, so the server has to listen; anyone else on this machine who
 * connects is turned away. */
static bool is_own_client(const struct bench *bench, const struct sockaddr_in *peer)
{
    struct sockaddr_in own = {0};
    socklen_t length = sizeof own;
    return getsockname(bench->client_fd, (struct sockaddr *)&own, &length) == 0 &&
           own.sin_port == peer->sin_port && own.sin_addr.s_addr == peer->sin_addr.s_addr;
}

static void accept_client(struct bench *bench)
{
    struct sockaddr_in peer = {0};
    socklen_t length = sizeof peer;
    int fd = accept4(bench->listener, (struct sockaddr *)&peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    if (!is_own_client(bench, &peer)) {
        close(fd);
        return;
    }
    bench->server_fd = fd;
    SSL_set_fd(bench->server, fd);
}

/* The server's side: takes the connection, then reads what the client has sent. Returns the bytes read, 0 for
 * none. */
static int serve(struct bench *bench, char *bytes, int length)
{
    if (bench->server_fd < 0) {
        accept_client(bench);
        return 0;
    }
    int got = SSL_read(bench->server, bytes, length);
    return got > 0 ? got : 0;
}

/* Moves both ends until the request is in the gate: false if the server sees any of it, libcurl gives up, or
 * it takes too long. */
static bool arms_in_silence(struct bench *bench)
{
    char bytes[256];
    uint64_t end_us = clock_monotonic_us() + SELFTEST_LIMIT_US;
    for (int turns_after = 0; turns_after < TURNS_OF_SILENCE;) {
        int running = 0;
        curl_multi_perform(bench->multi, &running);
        if (running == 0 || serve(bench, bytes, sizeof bytes) > 0 || clock_monotonic_us() > end_us)
            return false;
        turns_after += bench->gate.kept.length > 0;
    }
    return true;
}

/* All but the last byte must give the server nothing to read; with it, the whole request. */
static bool releases(struct bench *bench)
{
    char bytes[1024] = {0};
    int got = 0;
    if (gate_send_ahead(&bench->gate) != 1 || serve(bench, bytes, sizeof bytes - 1) > 0 ||
        gate_release(&bench->gate) < 0)
        return false;
    for (uint64_t end_us = clock_monotonic_us() + SELFTEST_LIMIT_US;
         got == 0 && clock_monotonic_us() < end_us;)
        got = serve(bench, bytes, sizeof bytes - 1);
    return got > 0 && strncmp(bytes, "GET / HTTP/1.1\r\n", 16) == 0 && strstr(bytes, "\r\n\r\n");
}

static void bench_close(struct bench *bench)
{
    if (bench->multi && bench->client.easy)
        curl_multi_remove_handle(bench->multi, bench->client.easy);
    curl_handle_close(&bench->client);
    curl_multi_cleanup(bench->multi);
    SSL_free(bench->server);
    SSL_CTX_free(bench->context);
    route_free(&bench->route);
    bench->gate.fd = -1;
    gate_free(&bench->gate);
    if (bench->server_fd >= 0)
        close(bench->server_fd);
    if (bench->listener >= 0)
        close(bench->listener);
}

bool gate_selftest_bio(void)
{
    struct bench bench = {.listener = -1, .client_fd = -1, .server_fd = -1};
    gate_init(&bench.gate);
    bool holds = make_listener(&bench) && make_tls(&bench) && make_client(&bench) &&
                 arms_in_silence(&bench) && releases(&bench);
    bench_close(&bench);
    return holds;
}

static pthread_once_t tested_once = PTHREAD_ONCE_INIT;
static bool holds_kept;

/* Twice, as memory or time may have run short. */
static void test_and_keep(void)
{
    for (int tries = 0; tries < 2 && !holds_kept; tries++)
        holds_kept = gate_selftest_bio();
}

bool gate_bio_holds(void)
{
    pthread_once(&tested_once, test_and_keep);
    return holds_kept;
}
