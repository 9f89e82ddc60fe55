#include "net/fetch.h"

#include "base/clock.h"
#include "base/patience.h"
#include "base/secret.h"
#include "net/curl_handle.h"
#include "plan/syntax.h"

#include <errno.h>
#include <string.h>

enum {
    WAITING_MS = 100,
    HEADERS_MAX = 64 * 1024,
    REASON_MAX = 160, /* bytes of libcurl's message, which may quote the server */
};

/* One request in progress. */
struct job {
    const struct fetch_request *request;
    char *url; /* as sent */
    struct route route;
    struct curl_setup setup;
    struct curl_handle handle;
    CURLM *multi;
    struct fetch_answer answer;
    bool too_large;
    int given_up; /* -ETIMEDOUT, -ECANCELED: seen while libcurl was busy */
};

void fetch_answer_free(struct fetch_answer *answer)
{
    secret_text_free(&answer->headers);
    secret_text_free(&answer->body);
    answer->status = 0;
}

static void job_free(struct job *job)
{
    if (job->multi && job->handle.easy)
        curl_multi_remove_handle(job->multi, job->handle.easy);
    curl_handle_close(&job->handle);
    curl_multi_cleanup(job->multi);
    route_free(&job->route);
    free(job->url);
    fetch_answer_free(&job->answer);
}

static bool take(struct job *job, struct text *text, size_t most, const char *bytes, size_t length)
{
    job->too_large = length > most - text->length;
    if (!job->too_large)
        text_add_bytes(text, bytes, length);
    return !job->too_large;
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

static int on_progress(void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                       curl_off_t up)
{
    struct job *job = context;
    (void)down_total, (void)down, (void)up_total, (void)up;
    if (clock_monotonic_us() >= job->request->until_us)
        job->given_up = -ETIMEDOUT;
    else if (patience_wait(-1, 0, job->request->cancel_fd) == -ECANCELED)
        job->given_up = -ECANCELED;
    return job->given_up != 0;
}

static int find_route(struct job *job, struct error *error)
{
    const struct fetch_request *request = job->request;
    struct resolve_wish wish = {.until_us = request->until_us, .cancel_fd = request->cancel_fd};
    int result = target_parse(request->url, &job->route.target, error);
    if (result == 0 && !request->direct)
        result = route_find_proxy(&job->route, error);
    if (result == 0)
        result = route_resolve(&job->route, &wish, error);
    return result == 0 ? route_load_anchors(&job->route, request->ca_file, error) : result;
}

static CURLcode open_handle(struct job *job)
{
    const struct fetch_request *request = job->request;
    bool is_absolute;
    job->url = url_without_root_dot(request->url, &is_absolute);
    job->setup = (struct curl_setup){.route = &job->route,
                                     .ca_file = request->ca_file,
                                     .connect_us = request->connect_us,
                                     .on_header = on_header,
                                     .on_body = on_body,
                                     .on_progress = on_progress};
    struct curl_request sent = {.method = request->method,
                                .url = job->url,
                                .headers = request->headers,
                                .n_headers = request->n_headers,
                                .body = request->body,
                                .body_length = request->body_length};
    /* All the room at once: growing would leave copies of a secret behind. Untouched pages cost nothing. */
    text_reserve(&job->answer.headers, HEADERS_MAX);
    text_reserve(&job->answer.body, FETCH_BODY_MAX);
    job->multi = curl_multi_init();
    if (!job->url || job->answer.headers.failed || job->answer.body.failed || !job->multi)
        return CURLE_OUT_OF_MEMORY;
    CURLcode code = curl_handle_open(&job->handle, &job->setup, &sent, 0, job);
    if (code == CURLE_OK && curl_multi_add_handle(job->multi, job->handle.easy) != CURLM_OK)
        code = CURLE_OUT_OF_MEMORY;
    return code;
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
        int left_ms = patience_ms(job->request->until_us);
        if (left_ms == 0)
            return -ETIMEDOUT;
        if (job->request->waiting) {
            job->request->waiting(job->request->context);
            left_ms = left_ms < WAITING_MS ? left_ms : WAITING_MS;
        }
        cancel.revents = 0;
        if (curl_multi_poll(job->multi, &cancel, cancel.fd >= 0, left_ms, NULL) != CURLM_OK)
            return -ENOMEM;
        if (cancel.revents)
            return -ECANCELED;
    }
}

/* Did the request go out? libcurl 7.88 reports a header line above 100 KiB as out of memory. */
static bool was_sent(const struct job *job)
{
    long bytes = 0;
    return curl_easy_getinfo(job->handle.easy, CURLINFO_REQUEST_SIZE, &bytes) == CURLE_OK && bytes > 0;
}

static int errno_of(const struct job *job, CURLcode code)
{
    int system_error = curl_handle_errno(&job->handle);
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return -ENOENT;
    case CURLE_COULDNT_CONNECT:
        return system_error > 0 ? -system_error : -ECONNREFUSED;
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
    const struct route *route = &job->route;
    CLEANUP_FREE char *words = text_escape(curl_handle_words(&job->handle, code), REASON_MAX);
    const char *shown = result == -ETIMEDOUT   ? "no answer in time"
                        : result == -ECANCELED ? "cancelled"
                        : result == 0 && words ? words
                                               : "out of memory";
    if (result == 0) {
        result = errno_of(job, code);
        if (result == -EMSGSIZE)
            shown = "the answer is larger than 1 MiB, or its headers than 64 KiB";
        else if (code == CURLE_COULDNT_CONNECT)
            shown = strerror(-result);
    }
    return error_set(error, result, "%s:%u%s%s: %s", route->target.host, route->target.port,
                     route->by_proxy ? " through the proxy of $" : "",
                     route->by_proxy ? route->proxy.variable : "", shown);
}

int fetch(const struct fetch_request *request, struct fetch_answer *ret_answer, struct error *error)
{
    CLEANUP(job_free) struct job job = {.request = request};
    long status = 0;
    int result = find_route(&job, error);
    if (result < 0)
        return result;
    CURLcode code = open_handle(&job);
    if (code != CURLE_OK)
        return code == CURLE_OUT_OF_MEMORY ? error_set(error, -ENOMEM, "out of memory")
                                           : error_set(error, -EINVAL, "%s", curl_easy_strerror(code));
    result = drive(&job, &code);
    if (result < 0 || code != CURLE_OK)
        return explain(&job, result, code, error);
    curl_easy_getinfo(job.handle.easy, CURLINFO_RESPONSE_CODE, &status);
    job.answer.status = (int)status;
    *ret_answer = job.answer;
    job.answer = (struct fetch_answer){0};
    return 0;
}
