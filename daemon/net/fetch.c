#include "net/fetch.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "net/proxy.h"
#include "net/resolve.h"
#include "net/tls.h"
#include "net/tls_context.h"
#include "plan/syntax.h"

#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <strings.h>

enum {
    HEADERS_MAX = 64 * 1024,
    POLL_MOST_MS = 10000,
    LOOK_EVERY_US = 100000,
    REASON_MAX = 160, /* bytes of libcurl's message, which may quote the server */
};

/* One request in progress. */
struct job {
    const struct fetch_request *request;
    struct target target;
    char *url;          /* as sent */
    struct proxy proxy; /* url is NULL: none */
    X509_STORE *store, *proxy_store;
    unsigned tls_layers; /* TLS handshakes begun: the proxy's own, then the target's */
    struct curl_slist *headers, *resolve;
    CURL *easy;
    CURLM *multi;
    struct fetch_answer answer;
    bool too_large;
    int given_up; /* -ETIMEDOUT, -ECANCELED: seen while libcurl was busy */
    uint64_t looked_us;
    char curl_error[CURL_ERROR_SIZE];
};

/* Sets one option; returns libcurl's code if that fails. */
#define SET(option, value)                                                                                   \
    do {                                                                                                     \
        CURLcode set_ = curl_easy_setopt(job->easy, option, value);                                          \
        if (set_ != CURLE_OK)                                                                                \
            return set_;                                                                                     \
    } while (0)

static void wipe_text(struct text *text)
{
    if (text->data)
        explicit_bzero(text->data, text->capacity);
    text_free(text);
}

void fetch_answer_free(struct fetch_answer *answer)
{
    wipe_text(&answer->headers);
    wipe_text(&answer->body);
    answer->status = 0;
}

static void wipe_list(struct curl_slist *list)
{
    for (struct curl_slist *at = list; at; at = at->next)
        explicit_bzero(at->data, strlen(at->data));
    curl_slist_free_all(list);
}

static void job_free(struct job *job)
{
    if (job->multi && job->easy)
        curl_multi_remove_handle(job->multi, job->easy);
    curl_easy_cleanup(job->easy);
    if (job->multi)
        curl_multi_cleanup(job->multi);
    wipe_list(job->headers);
    curl_slist_free_all(job->resolve);
    X509_STORE_free(job->store);
    X509_STORE_free(job->proxy_store);
    proxy_free(&job->proxy);
    target_free(&job->target);
    free(job->url);
    fetch_answer_free(&job->answer);
}

/* Allocates all the room at once: growing would leave copies of a secret behind. Untouched pages cost
 * nothing. */
static bool make_room(struct text *text, size_t most)
{
    text->data = malloc(most + 1);
    if (!text->data)
        return false;
    text->data[0] = '\0';
    text->capacity = most + 1;
    return true;
}

static bool take(struct job *job, struct text *text, size_t most, const char *bytes, size_t length)
{
    if (length > most - text->length) {
        job->too_large = true;
        return false;
    }
    text_add_bytes(text, bytes, length);
    return true;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *context)
{
    struct job *job = context;
    return take(job, &job->answer.body, FETCH_BODY_MAX, bytes, size * n) ? size * n : 0;
}

/* Interim answers (1xx) have headers of their own, which are dropped. */
static size_t on_header(char *bytes, size_t size, size_t n, void *context)
{
    struct job *job = context;
    struct text *headers = &job->answer.headers;
    if (size * n > 5 && memcmp(bytes, "HTTP/", 5) == 0) {
        headers->length = 0;
        headers->data[0] = '\0';
        return size * n;
    }
    return take(job, headers, HEADERS_MAX, bytes, size * n) ? size * n : 0;
}

static CURLcode on_ssl_context(CURL *easy, void *context, void *job_context)
{
    struct job *job = job_context;
    (void)easy;
    bool of_proxy = job->tls_layers++ == 0 && job->proxy_store;
    X509_STORE *store = of_proxy ? job->proxy_store : job->store;
    if (!store)
        return CURLE_SSL_CACERT_BADFILE;
    SSL_CTX_set1_cert_store(context, store);
    const struct target *peer = of_proxy ? &job->proxy.endpoint : &job->target;
    return tls_expect_host(SSL_CTX_get0_param(context), peer->host) == 0 ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

static bool is_readable(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    return fd >= 0 && poll(&ready, 1, 0) > 0;
}

/* libcurl doesn't return while it reads a proxy's refusal, so deadline and cancel are checked here, too. */
static int on_progress(void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                       curl_off_t up)
{
    struct job *job = context;
    uint64_t now_us = clock_monotonic_us();
    (void)down_total, (void)down, (void)up_total, (void)up;
    if (now_us >= job->request->until_us)
        job->given_up = -ETIMEDOUT;
    else if (now_us - job->looked_us >= LOOK_EVERY_US) {
        job->looked_us = now_us;
        job->given_up = is_readable(job->request->cancel_fd) ? -ECANCELED : 0;
    }
    return job->given_up != 0;
}

static bool append(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);
    if (longer)
        *list = longer;
    return longer != NULL;
}

/* libcurl expects a header without a value as "Name;". */
static bool add_header(struct job *job, const char *header)
{
    const char *colon = strchr(header, ':');
    if (!colon || colon[1 + strspn(colon + 1, " \t")] != '\0')
        return append(&job->headers, header);
    CLEANUP_FREE char *empty = NULL;
    return asprintf(&empty, "%.*s;", (int)(colon - header), header) >= 0 && append(&job->headers, empty);
}

/* Adds the caller's headers. Of libcurl's own, only Host and Content-Length remain. */
static int add_headers(struct job *job)
{
    const struct fetch_request *request = job->request;
    bool typed = false, added = append(&job->headers, "Expect:");
    for (size_t i = 0; added && i < request->n_headers; i++) {
        typed = typed || strncasecmp(request->headers[i], "content-type:", strlen("content-type:")) == 0;
        added = add_header(job, request->headers[i]);
    }
    if (added && !typed)
        added = append(&job->headers, "Content-Type:");
    return added ? 0 : -ENOMEM;
}

static CURLcode set_request(struct job *job)
{
    const struct fetch_request *request = job->request;
    bool has_body =
        request->body || strcmp(request->method, "PUT") == 0 || strcmp(request->method, "POST") == 0;
    SET(CURLOPT_URL, job->url);
    SET(CURLOPT_PATH_AS_IS, 1L);
    SET(CURLOPT_HTTPHEADER, job->headers);
    SET(CURLOPT_USERAGENT, "lambda-warmd/" WARMD_VERSION);
    if (has_body) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)(request->body ? request->body_length : 0));
        SET(CURLOPT_POSTFIELDS, request->body ? request->body : "");
    }
    if (!has_body && strcmp(request->method, "HEAD") == 0)
        SET(CURLOPT_NOBODY, 1L);
    else
        SET(CURLOPT_CUSTOMREQUEST, request->method);
    return CURLE_OK;
}

static CURLcode set_connection(struct job *job)
{
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_QUICK_EXIT, 1L); /* if libcurl has to resolve (SOCKS) */
    SET(CURLOPT_PROXY, job->proxy.url ? job->proxy.url : "");
    SET(CURLOPT_NOPROXY, ""); /* decided already */
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_FORBID_REUSE, 1L);
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_NOPROGRESS, 0L);
    SET(CURLOPT_XFERINFOFUNCTION, on_progress);
    SET(CURLOPT_XFERINFODATA, job);
    if (job->request->connect_us)
        SET(CURLOPT_CONNECTTIMEOUT_MS, (long)(job->request->connect_us / US_PER_MS));
    if (job->resolve)
        SET(CURLOPT_RESOLVE, job->resolve);
    SET(CURLOPT_ERRORBUFFER, job->curl_error);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, job);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, job);
    return CURLE_OK;
}

/* As in volley/transfer_options: shared anchors, nothing remembered from other connections. */
static CURLcode set_tls(struct job *job)
{
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_SSL_SESSIONID_CACHE, 0L);
    SET(CURLOPT_CA_CACHE_TIMEOUT, 0L);
    if (job->store || job->proxy_store) {
        SET(CURLOPT_CAINFO, NULL);
        SET(CURLOPT_CAPATH, NULL);
        SET(CURLOPT_PROXY_CAINFO, NULL);
        SET(CURLOPT_PROXY_CAPATH, NULL);
        SET(CURLOPT_SSL_CTX_FUNCTION, on_ssl_context);
        SET(CURLOPT_SSL_CTX_DATA, job);
    } else if (job->request->ca_file) {
        SET(CURLOPT_CAINFO, job->request->ca_file);
        SET(CURLOPT_CAPATH, NULL);
    }
    return CURLE_OK;
}

static int load_anchors(struct job *job, struct error *error)
{
    int result = 0;
    if (!tls_backend_is_openssl())
        return 0;
    if (job->proxy.url && job->proxy.endpoint.tls)
        result = tls_trust_store(NULL, &job->proxy_store, error);
    if (result == 0 && job->target.tls)
        result = tls_trust_store(job->request->ca_file, &job->store, error);
    return result;
}

/* Resolves the host we connect to: libcurl's own resolution could not be cancelled. */
static int find_addresses(struct job *job, struct error *error)
{
    const struct target *peer = job->proxy.url ? &job->proxy.endpoint : &job->target;
    struct addresses addresses = {0};
    if (peer->is_address)
        return 0;
    int result = resolve_target(peer, IP_FAMILY_ANY, job->request->until_us, job->request->cancel_fd,
                                &addresses, error);
    if (result < 0)
        return result;
    struct text entry = {0};
    text_format(&entry, "%s:%u:", peer->host, peer->port);
    for (size_t i = 0; i < addresses.n; i++) {
        bool v6 = strchr(addresses.text[i], ':') != NULL;
        text_format(&entry, "%s%s%s%s", i ? "," : "", v6 ? "[" : "", addresses.text[i], v6 ? "]" : "");
    }
    CLEANUP_FREE char *line = text_take(&entry);
    return line && append(&job->resolve, line) ? 0 : error_set(error, -ENOMEM, "out of memory");
}

static int prepare(struct job *job, struct error *error)
{
    bool is_absolute;
    job->url = url_without_root_dot(job->request->url, &is_absolute);
    if (!job->url)
        return error_set(error, -ENOMEM, "out of memory");
    int result = target_parse(job->request->url, &job->target, error);
    if (result == 0 && !job->request->direct)
        result = proxy_find(&job->target, &job->proxy, error);
    if (result >= 0)
        result = find_addresses(job, error);
    if (result == 0)
        result = load_anchors(job, error);
    if (result < 0)
        return result;
    job->easy = curl_easy_init();
    job->multi = curl_multi_init();
    if (!job->easy || !job->multi || !make_room(&job->answer.headers, HEADERS_MAX) ||
        !make_room(&job->answer.body, FETCH_BODY_MAX) || add_headers(job) < 0)
        return error_set(error, -ENOMEM, "out of memory");
    CURLcode code = set_connection(job);
    if (code == CURLE_OK)
        code = set_tls(job);
    if (code == CURLE_OK)
        code = set_request(job);
    if (code != CURLE_OK || curl_multi_add_handle(job->multi, job->easy) != CURLM_OK)
        return error_set(error, code == CURLE_OUT_OF_MEMORY ? -ENOMEM : -EINVAL, "%s",
                         curl_easy_strerror(code));
    return 0;
}

/* Runs the request until libcurl is done: 0 with its result. -ETIMEDOUT, -ECANCELED, -ENOMEM. */
static int drive(struct job *job, CURLcode *ret_code)
{
    struct curl_waitfd cancel = {.fd = job->request->cancel_fd, .events = CURL_WAIT_POLLIN};
    for (;;) {
        int running = 0, left = 0;
        if (curl_multi_perform(job->multi, &running) != CURLM_OK)
            return -ENOMEM;
        const CURLMsg *message = running ? NULL : curl_multi_info_read(job->multi, &left);
        if (message && message->msg == CURLMSG_DONE) {
            *ret_code = message->data.result;
            return job->given_up;
        }
        uint64_t now_us = clock_monotonic_us(), until_us = job->request->until_us;
        if (now_us >= until_us)
            return -ETIMEDOUT;
        uint64_t left_ms = (until_us - now_us + US_PER_MS - 1) / US_PER_MS;
        cancel.revents = 0;
        if (curl_multi_poll(job->multi, &cancel, cancel.fd >= 0,
                            left_ms > POLL_MOST_MS ? POLL_MOST_MS : (int)left_ms, NULL) != CURLM_OK)
            return -ENOMEM;
        if (cancel.revents)
            return -ECANCELED;
    }
}

/* Did the request go out? libcurl 7.88 reports a header line above 100 KiB as out of memory. */
static bool was_sent(const struct job *job)
{
    long bytes = 0;
    return curl_easy_getinfo(job->easy, CURLINFO_REQUEST_SIZE, &bytes) == CURLE_OK && bytes > 0;
}

static int errno_of(const struct job *job, CURLcode code)
{
    long system_error = 0;
    curl_easy_getinfo(job->easy, CURLINFO_OS_ERRNO, &system_error);
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return -ENOENT;
    case CURLE_COULDNT_CONNECT:
        return system_error > 0 ? -(int)system_error : -ECONNREFUSED;
    case CURLE_OPERATION_TIMEDOUT:
        return -ETIMEDOUT;
    case CURLE_OUT_OF_MEMORY:
        return was_sent(job) ? -EMSGSIZE : -ENOMEM;
#if LIBCURL_VERSION_NUM >= 0x080600
    case CURLE_TOO_LARGE:
        return -EMSGSIZE;
#endif
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
        return -ECONNRESET;
    case CURLE_WRITE_ERROR:
        return job->too_large ? -EMSGSIZE : -EPROTO;
    default:
        return -EPROTO;
    }
}

static int explain(const struct job *job, int result, CURLcode code, struct error *error)
{
    const char *shown = *job->curl_error ? job->curl_error : curl_easy_strerror(code);
    CLEANUP_FREE char *words = NULL;
    if (result == 0) {
        result = errno_of(job, code);
        if (result == -EMSGSIZE)
            shown = "the answer is larger than 1 MiB, or its headers than 64 KiB";
        else if (code == CURLE_COULDNT_CONNECT)
            shown = strerror(-result);
        else {
            words = text_escape(shown, REASON_MAX);
            shown = words ? words : "out of memory";
        }
    } else
        shown = result == -ETIMEDOUT   ? "no answer in time"
                : result == -ECANCELED ? "cancelled"
                                       : "out of memory";
    return error_set(error, result, "%s:%u%s%s: %s", job->target.host, job->target.port,
                     job->proxy.url ? " through the proxy of $" : "",
                     job->proxy.url ? job->proxy.variable : "", shown);
}

int fetch(const struct fetch_request *request, struct fetch_answer *ret_answer, struct error *error)
{
    CLEANUP(job_free) struct job job = {.request = request};
    CURLcode code = CURLE_OK;
    long status = 0;
    int result = prepare(&job, error);
    if (result < 0)
        return result;
    result = drive(&job, &code);
    if (result < 0 || code != CURLE_OK)
        return explain(&job, result, code, error);
    curl_easy_getinfo(job.easy, CURLINFO_RESPONSE_CODE, &status);
    job.answer.status = (int)status;
    *ret_answer = job.answer;
    job.answer = (struct fetch_answer){0};
    return 0;
}

char *fetch_header(const struct fetch_answer *answer, const char *name)
{
    size_t length = strlen(name);
    for (const char *line = answer->headers.data; line && *line;) {
        const char *end = line + strcspn(line, "\r\n");
        if (strncasecmp(line, name, length) == 0 && line[length] == ':') {
            const char *value = line + length + 1;
            value += strspn(value, " \t");
            while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
                end--;
            return end > value ? strndup(value, (size_t)(end - value)) : strdup("");
        }
        line = end + strspn(end, "\r\n");
    }
    return NULL;
}
