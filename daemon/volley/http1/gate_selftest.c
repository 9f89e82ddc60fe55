#include "volley/http1/gate_selftest.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "volley/http1/gate.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

enum { SELFTEST_LIMIT_US = 2000000, CERTIFICATE_TTL_S = 3600, TURNS_OF_SILENCE = 4, BACKLOG = 64 };
#define SELFTEST_HOST "127.0.0.1"

/* Both ends in one thread, driven in turn. */
struct bench {
    CURL *easy;
    CURLM *multi;
    X509 *certificate;
    EVP_PKEY *key;
    X509_STORE *store;
    SSL_CTX *context;
    SSL *server;
    int listener, client_fd, server_fd; /* client_fd is libcurl's */
    struct gate gate;
    bool accepted;
    bool ready; /* the prereq callback ran */
};

static CURLcode use_store(CURL *easy, void *context, void *store)
{
    (void)easy;
    SSL_CTX_set1_cert_store(context, store);
    return CURLE_OK;
}

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
    struct curl_tlssessioninfo *session = NULL;
    (void)remote_ip, (void)local_ip, (void)remote_port, (void)local_port;
    if (curl_easy_getinfo(bench->easy, CURLINFO_TLS_SSL_PTR, &session) != CURLE_OK || !session ||
        session->backend != CURLSSLBACKEND_OPENSSL || !session->internals ||
        gate_hold_bio(&bench->gate, session->internals, bench->client_fd) < 0)
        return CURL_PREREQFUNC_ABORT;
    bench->ready = true;
    return CURL_PREREQFUNC_OK;
}

static bool make_certificate(struct bench *bench)
{
    bench->key = EVP_EC_gen("P-256");
    bench->certificate = X509_new();
    if (!bench->key || !bench->certificate)
        return false;
    X509 *certificate = bench->certificate;
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_EXTENSION *alternative = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:" SELFTEST_HOST);
    bool made = alternative && X509_set_version(certificate, X509_VERSION_3) &&
                ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) &&
                X509_gmtime_adj(X509_getm_notBefore(certificate), -CERTIFICATE_TTL_S) &&
                X509_gmtime_adj(X509_getm_notAfter(certificate), CERTIFICATE_TTL_S) &&
                X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)SELFTEST_HOST, -1,
                                           -1, 0) &&
                X509_set_issuer_name(certificate, name) && X509_set_pubkey(certificate, bench->key) &&
                X509_add_ext(certificate, alternative, -1) &&
                X509_sign(certificate, bench->key, EVP_sha256());
    X509_EXTENSION_free(alternative);
    return made;
}

static bool make_server(struct bench *bench)
{
    bench->store = X509_STORE_new();
    bench->context = SSL_CTX_new(TLS_server_method());
    if (!bench->store || !bench->context || X509_STORE_add_cert(bench->store, bench->certificate) != 1 ||
        SSL_CTX_use_certificate(bench->context, bench->certificate) != 1 ||
        SSL_CTX_use_PrivateKey(bench->context, bench->key) != 1)
        return false;
    bench->server = SSL_new(bench->context);
    return bench->server != NULL;
}

/* A listener on a loopback port that the kernel chooses. */
static bool make_listener(struct bench *bench, unsigned *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    bench->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (bench->listener < 0 || bind(bench->listener, (struct sockaddr *)&address, sizeof address) < 0 ||
        listen(bench->listener, BACKLOG) < 0 ||
        getsockname(bench->listener, (struct sockaddr *)&address, &length) < 0)
        return false;
    *ret_port = ntohs(address.sin_port);
    return true;
}

static bool make_client(struct bench *bench, unsigned port)
{
    char url[64];
    snprintf(url, sizeof url, "https://" SELFTEST_HOST ":%u/", port);
    bench->multi = curl_multi_init();
    CURL *easy = bench->easy = curl_easy_init();
    if (!bench->multi || !easy)
        return false;
    return curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CAINFO, NULL) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CAPATH, NULL) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, use_store) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, bench->store) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK &&
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

/* The server's side: connection, handshake, then what the client has sent. Returns the bytes read, 0 for
 * none. */
static int serve(struct bench *bench, char *bytes, int length)
{
    if (bench->server_fd < 0) {
        accept_client(bench);
        return 0;
    }
    if (!bench->accepted) {
        bench->accepted = SSL_accept(bench->server) == 1;
        return 0;
    }
    int got = SSL_read(bench->server, bytes, length);
    return got > 0 ? got : 0;
}

/* Moves both ends one step. False: libcurl has given up. */
static bool step(struct bench *bench, char *bytes, int length, int *ret_got)
{
    int running = 0;
    curl_multi_perform(bench->multi, &running);
    *ret_got = serve(bench, bytes, length);
    return running > 0;
}

/* Runs until the request is in the gate: false if the server sees any of it, or it takes too long. */
static bool arms_in_silence(struct bench *bench)
{
    char bytes[256];
    uint64_t end_us = clock_monotonic_us() + SELFTEST_LIMIT_US;
    for (int turns_after = 0; turns_after < TURNS_OF_SILENCE;) {
        int got = 0;
        if (!step(bench, bytes, sizeof bytes, &got) || got > 0 || clock_monotonic_us() > end_us)
            return false;
        turns_after += bench->ready && bench->gate.length > 0;
    }
    return true;
}

/* Reads until something arrives, or it has taken too long. */
static int read_soon(struct bench *bench, char *bytes, int length)
{
    uint64_t end_us = clock_monotonic_us() + SELFTEST_LIMIT_US;
    int got = 0;
    while (got == 0 && clock_monotonic_us() < end_us)
        got = serve(bench, bytes, length);
    return got;
}

/* All but the last byte must give the server nothing to read; with it, the whole request. */
static bool releases(struct bench *bench)
{
    char bytes[1024] = {0};
    if (gate_send_ahead(&bench->gate) != 1 || serve(bench, bytes, sizeof bytes - 1) > 0)
        return false;
    if (gate_release(&bench->gate) < 0)
        return false;
    int got = read_soon(bench, bytes, sizeof bytes - 1);
    return got > 0 && strncmp(bytes, "GET / HTTP/1.1\r\n", 16) == 0 && strstr(bytes, "\r\n\r\n");
}

static void bench_close(struct bench *bench)
{
    if (bench->multi && bench->easy)
        curl_multi_remove_handle(bench->multi, bench->easy);
    if (bench->easy)
        curl_easy_cleanup(bench->easy);
    if (bench->multi)
        curl_multi_cleanup(bench->multi);
    SSL_free(bench->server);
    SSL_CTX_free(bench->context);
    X509_STORE_free(bench->store);
    X509_free(bench->certificate);
    EVP_PKEY_free(bench->key);
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
    unsigned port = 0;
    gate_init(&bench.gate);
    bool holds = make_listener(&bench, &port) && make_certificate(&bench) && make_server(&bench) &&
                 make_client(&bench, port) && arms_in_silence(&bench) && releases(&bench);
    bench_close(&bench);
    return holds;
}

static pthread_once_t tested_once = PTHREAD_ONCE_INIT;
static bool holds_kept;

static void test_and_keep(void)
{
    holds_kept = gate_selftest_bio();
    if (!holds_kept) /* memory or time may have run short */
        holds_kept = gate_selftest_bio();
}

bool gate_bio_holds(void)
{
    pthread_once(&tested_once, test_and_keep);
    return holds_kept;
}
