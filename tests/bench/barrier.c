/* A peer: the usual way to send requests together. A thread for each request, each with a libcurl easy handle
 * that waits, connected, in CURLOPT_PREREQFUNCTION at a pthread_barrier for the others. usage: barrier URL N
 * CA-FILE Given its best: trust anchors are parsed once for all, threads have small stacks, and one that
 * fails before the barrier comes to it all the same. Exit status 0 if all were answered with 2xx. */
#include <curl/curl.h>
#include <errno.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum {
    EXIT_USAGE = 64,
    EXIT_UNAVAILABLE = 69,
    REQUESTS_MAX = 20000,
    STACK_BYTES = 256 * 1024,
    TIMEOUT_S = 120
};

static pthread_barrier_t barrier;
static X509_STORE *store;
static const char *url;

struct job {
    pthread_t thread;
    bool waited;
    bool ok;
};

static void wait_once(struct job *job)
{
    if (job->waited)
        return;
    job->waited = true;
    pthread_barrier_wait(&barrier);
}

static int at_barrier(void *context, char *remote, char *local, int remote_port, int local_port)
{
    (void)remote, (void)local, (void)remote_port, (void)local_port;
    wait_once(context);
    return CURL_PREREQFUNC_OK;
}

static CURLcode share_store(CURL *easy, void *context, void *unused)
{
    (void)easy, (void)unused;
    SSL_CTX_set1_cert_store(context, store);
    return CURLE_OK;
}

static size_t discard(char *bytes, size_t size, size_t n, void *context)
{
    (void)bytes, (void)context;
    return size * n;
}

static bool set_up(CURL *easy, struct job *job)
{
    return curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CAINFO, NULL) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CAPATH, NULL) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, share_store) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, at_barrier) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PREREQDATA, job) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)TIMEOUT_S) == CURLE_OK;
}

static void *work(void *argument)
{
    struct job *job = argument;
    CURL *easy = curl_easy_init();
    long status = 0;
    if (easy && set_up(easy, job) && curl_easy_perform(easy) == CURLE_OK)
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    wait_once(job);
    curl_easy_cleanup(easy);
    job->ok = status >= 200 && status < 300;
    return NULL;
}

static bool start(struct job *jobs, int n)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    int error = 0;
    for (int i = 0; i < n && error == 0; i++)
        error = pthread_create(&jobs[i].thread, &attributes, work, &jobs[i]);
    pthread_attr_destroy(&attributes);
    if (error)
        fprintf(stderr, "barrier: cannot start a thread: %s\n", strerror(error));
    return error == 0;
}

static bool prepare(const char *ca_file, int n)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    store = X509_STORE_new();
    return store && X509_STORE_load_file(store, ca_file) == 1 &&
           curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK &&
           pthread_barrier_init(&barrier, NULL, (unsigned)n) == 0;
}

int main(int argc, char **argv)
{
    int n = argc == 4 ? atoi(argv[2]) : 0, n_ok = 0;
    if (n < 1 || n > REQUESTS_MAX)
        return EXIT_USAGE;
    url = argv[1];
    struct job *jobs = calloc((size_t)n, sizeof *jobs);
    /* Without all its threads the barrier would never open: then the process ends with those that wait. */
    if (!jobs || !prepare(argv[3], n) || !start(jobs, n))
        exit(EXIT_UNAVAILABLE);
    for (int i = 0; i < n; i++) {
        pthread_join(jobs[i].thread, NULL);
        n_ok += jobs[i].ok;
    }
    printf("{\"requests\":%d,\"ok\":%d}\n", n, n_ok);
    free(jobs);
    return n_ok == n ? 0 : 1;
}
