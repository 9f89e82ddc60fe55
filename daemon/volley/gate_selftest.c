#include "volley/gate_selftest.h"

#include "base/clock.h"
#include "base/cleanup.h"
#include "volley/gate.h"

#include <curl/curl.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

enum { SELFTEST_LIMIT_US = 5000000, CERTIFICATE_TTL_S = 3600 };
#define SELFTEST_HOST "127.0.0.1" /* a number, so that nothing is resolved; nothing is connected to it either */

/* Both ends in one thread, each moved on in turn. */
struct bench {
    CURL *easy;
    CURLM *multi;
    X509 *certificate;
    EVP_PKEY *key;
    X509_STORE *store;
    SSL_CTX *context;
    SSL *server;
    int ends[2]; /* libcurl's, the server's */
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

static int open_end(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)purpose, (void)address;
    return ((struct bench *)context)->ends[0];
}

static int keep_end(void *context, curl_socket_t fd)
{
    (void)context, (void)fd; /* bench_close closes both */
    return 0;
}

static int say_connected(void *context, curl_socket_t fd, curlsocktype purpose)
{
    (void)context, (void)fd, (void)purpose;
    return CURL_SOCKOPT_ALREADY_CONNECTED;
}

static int hold(void *context, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
    struct bench *bench = context;
    struct curl_tlssessioninfo *session = NULL;
    (void)remote_ip, (void)local_ip, (void)remote_port, (void)local_port;
    if (curl_easy_getinfo(bench->easy, CURLINFO_TLS_SSL_PTR, &session) != CURLE_OK || !session ||
        session->backend != CURLSSLBACKEND_OPENSSL || !session->internals ||
        gate_hold_bio(&bench->gate, session->internals, bench->ends[0]) < 0)
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
                X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)SELFTEST_HOST, -1, -1, 0) &&
                X509_set_issuer_name(certificate, name) && X509_set_pubkey(certificate, bench->key) &&
                X509_add_ext(certificate, alternative, -1) && X509_sign(certificate, bench->key, EVP_sha256());
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
    return bench->server && SSL_set_fd(bench->server, bench->ends[1]) == 1;
}

static bool make_client(struct bench *bench)
{
    bench->multi = curl_multi_init();
    CURL *easy = bench->easy = curl_easy_init();
    if (!bench->multi || !easy)
        return false;
    return curl_easy_setopt(easy, CURLOPT_URL, "https://" SELFTEST_HOST "/") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CAINFO, NULL) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CAPATH, NULL) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, use_store) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, bench->store) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_end) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, bench) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, keep_end) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, say_connected) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, hold) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PREREQDATA, bench) == CURLE_OK &&
           curl_multi_add_handle(bench->multi, easy) == CURLM_OK;
}

/* Moves both ends on once; what the server reads goes to BYTES. Returns how many bytes it has read, 0 for none. */
static int step(struct bench *bench, char *bytes, int length)
{
    int running, got = 0;
    curl_multi_perform(bench->multi, &running);
    if (!bench->accepted)
        bench->accepted = SSL_accept(bench->server) == 1;
    else
        got = SSL_read(bench->server, bytes, length);
    return got > 0 ? got : 0;
}

/* Until the request is in the gate: false if the server sees any of it, or it takes too long. */
static bool arms_in_silence(struct bench *bench)
{
    char bytes[256];
    uint64_t end_us = clock_monotonic_us() + SELFTEST_LIMIT_US;
    while (!bench->ready || bench->gate.length == 0) {
        if (step(bench, bytes, sizeof bytes) > 0 || clock_monotonic_us() > end_us)
            return false;
    }
    for (int i = 0; i < 3; i++)
        if (step(bench, bytes, sizeof bytes) > 0)
            return false;
    return true;
}

/* All but the last byte must give the server nothing to read; with it, the whole request. */
static bool releases(struct bench *bench)
{
    char bytes[1024] = {0};
    if (gate_send_ahead(&bench->gate) != 1 || SSL_read(bench->server, bytes, sizeof bytes - 1) > 0)
        return false;
    if (gate_release(&bench->gate) < 0)
        return false;
    int got = SSL_read(bench->server, bytes, sizeof bytes - 1);
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
    for (int i = 0; i < 2; i++)
        if (bench->ends[i] >= 0)
            close(bench->ends[i]);
}

bool gate_selftest_bio(void)
{
    struct bench bench = {.ends = {-1, -1}};
    gate_init(&bench.gate);
    bool holds = socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, bench.ends) == 0 &&
                 make_certificate(&bench) && make_server(&bench) && make_client(&bench) && arms_in_silence(&bench) &&
                 releases(&bench);
    bench_close(&bench);
    return holds;
}

static pthread_once_t tested_once = PTHREAD_ONCE_INIT;
static bool holds_kept;

static void test_and_keep(void)
{
    holds_kept = gate_selftest_bio();
}

bool gate_bio_holds(void)
{
    pthread_once(&tested_once, test_and_keep);
    return holds_kept;
}
