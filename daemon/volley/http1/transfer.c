#include "volley/http1/transfer.h"

#include "base/clock.h"
#include "volley/causes.h"
#include "volley/http1/transfer_options.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

enum {
    /* The least that libcurl accepts for both. Answers to pings are small, and its default of 16 KiB would be
     * a third of what a request costs; the other buffer is given back when the request is written. */
    RECEIVE_BUFFER_BYTES = 1024,
    UPLOAD_BUFFER_BYTES = 16 * 1024,
    /* Pieces of a body: this many in any case, and then one per so many bytes on average. */
    PIECES_AT_LEAST = 16384,
    PIECE_BYTES_LEAST = 16,
    /* By so much the volley's deadline comes first: it sees what a connection is waiting for, when libcurl's
     * would already have closed the socket. */
    OWN_DEADLINE_FIRST_MS = 1000,
};

void transfer_note(struct transfer *transfer)
{
    if (transfer->is_noted)
        return;
    transfer->is_noted = true;
    transfer->next_noted = *transfer->noted;
    *transfer->noted = transfer;
}

static int on_open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer *transfer = context;
    (void)purpose;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd < 0) {
        transfer->socket_error = errno;
        return CURL_SOCKET_BAD;
    }
    sockets_add(&transfer->sockets, fd);
    return fd;
}

static int on_close_socket(void *context, curl_socket_t fd)
{
    struct transfer *transfer = context;
    sockets_remove(&transfer->sockets, fd);
    if (transfer->gate.fd == fd)
        gate_forget_fd(&transfer->gate);
    return close(fd);
}

/* libcurl 7.88 opens a socket to the next address only when it is called again. Pausing and resuming is the
 * documented way to make it look at a transfer soon. */
void transfer_look_again(struct transfer *transfer)
{
    if (transfer->state != TRANSFER_CONNECTING)
        return;
    sockets_forget_closed(&transfer->sockets);
    curl_easy_pause(transfer->easy, CURLPAUSE_RECV);
    curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
}

/* The connection's SSL; NULL if there is none, or it isn't OpenSSL's. */
static SSL *ssl_of(const struct transfer *transfer)
{
    struct curl_tlssessioninfo *session = NULL;
    if (curl_easy_getinfo(transfer->easy, CURLINFO_TLS_SSL_PTR, &session) != CURLE_OK || !session ||
        session->backend != CURLSSLBACKEND_OPENSSL)
        return NULL;
    return session->internals;
}

static int hold(struct transfer *transfer, int fd)
{
    SSL *ssl = transfer->setup->by_bio ? ssl_of(transfer) : NULL;
    return ssl ? gate_hold_bio(&transfer->gate, ssl, fd) : gate_hold_socket(&transfer->gate, fd);
}

void transfer_free_buffers(struct transfer *transfer)
{
    SSL *ssl = transfer->setup->by_bio ? ssl_of(transfer) : NULL;
    if (ssl)
        SSL_free_buffers(ssl);
    curl_easy_setopt(transfer->easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BUFFER_BYTES);
}

/* The connection is ready and nothing of the request is sent: from here on bytes wait. */
static int on_ready(void *context, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
    struct transfer *transfer = context;
    (void)remote_ip, (void)local_ip, (void)remote_port;
    /* CURLINFO_ACTIVESOCKET is not set yet (7.88). */
    int fd = sockets_winner(&transfer->sockets, local_port);
    int result = transfer->state == TRANSFER_CONNECTING && fd >= 0 ? hold(transfer, fd) : -EINVAL;
    if (result < 0) {
        transfer->cause = result == -EMFILE || result == -ENFILE ? CAUSE_DESCRIPTORS : CAUSE_GATE;
        return CURL_PREREQFUNC_ABORT;
    }
    transfer->state = TRANSFER_WRITING;
    transfer_note(transfer);
    return CURL_PREREQFUNC_OK;
}

/* The status in "HTTP/1.1 200 OK"; 0 if there is none. */
static int status_of_line(const char *bytes, size_t length)
{
    const char *space = memchr(bytes, ' ', length);
    int status = 0;
    for (const char *c = space ? space + 1 : bytes + length; c < bytes + length && *c >= '0' && *c <= '9';
         c++)
        status = status < 1000 ? status * 10 + (*c - '0') : status;
    return status;
}

static bool is_header(const char *line, size_t length, const char *name)
{
    size_t n = strlen(name);
    return length > n && line[n] == ':' && strncasecmp(line, name, n) == 0;
}

/* Does the header LINE list CODING? */
static bool lists_coding(const char *line, size_t length, const char *coding)
{
    const char *end = line + length, *at = (const char *)memchr(line, ':', length) + 1;
    size_t n = strlen(coding);
    while (at < end) {
        size_t word = 0;
        while (at + word < end && !strchr(", \t\r\n", at[word]))
            word++;
        if (word == n && strncasecmp(at, coding, n) == 0)
            return true;
        at += word + 1;
    }
    return false;
}

static bool has_no_body(const struct transfer *transfer, int status)
{
    return status == 204 || status == 304 || strcmp(transfer->request.method, "HEAD") == 0;
}

static size_t on_header(char *bytes, size_t size, size_t n, void *context)
{
    struct transfer *transfer = context;
    size_t length = size * n;
    if (transfer->sample->first_byte_ns == 0)
        transfer->sample->first_byte_ns = clock_monotonic_ns();
    transfer->header_bytes += length;
    if (transfer->header_bytes > ANSWER_HEADERS_MAX) { /* not all versions of libcurl have a limit */
        transfer->cause = CAUSE_TOO_LARGE;
        transfer->detail = "the headers, with those of interim answers, are larger than 256 KiB";
        return 0;
    }
    if (length > 5 && memcmp(bytes, "HTTP/", 5) == 0) {
        int status = status_of_line(bytes, length);
        answer_begin(&transfer->answer, status);
        transfer->is_framed = has_no_body(transfer, status);
        transfer->is_sized = false;
        return length;
    }
    transfer->is_sized |= is_header(bytes, length, "Content-Length");
    transfer->is_framed |=
        is_header(bytes, length, "Transfer-Encoding") && lists_coding(bytes, length, "chunked");
    answer_take_header(&transfer->answer, transfer->setup->volley->endpoint, bytes, length);
    return length;
}

/* A chunk of one byte takes six on the wire and a hundred times the work. */
static bool is_crumbled(const struct transfer *transfer)
{
    return transfer->body_pieces > PIECES_AT_LEAST + transfer->body_bytes / PIECE_BYTES_LEAST;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *context)
{
    struct transfer *transfer = context;
    size_t length = size * n;
    transfer->body_pieces++;
    transfer->body_bytes += length;
    if (is_crumbled(transfer)) {
        transfer->cause = CAUSE_TOO_LARGE;
        transfer->detail = "the body came in too many tiny pieces";
        return 0;
    }
    return answer_take_body(&transfer->answer, transfer->setup->volley->endpoint, bytes, length) ? length : 0;
}

/* libcurl doesn't return while it reads a proxy's refusal, so deadline and cancel are checked here, too. */
static int on_progress(void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                       curl_off_t up)
{
    struct transfer *transfer = context;
    const struct transfer_setup *setup = transfer->setup;
    (void)down_total, (void)down, (void)up_total, (void)up;
    if (volley_is_cancelled(setup->volley)) {
        transfer->cause = CAUSE_STOPPED;
        return 1;
    }
    if (transfer->state == TRANSFER_CONNECTING && clock_monotonic_us() >= setup->run->ready_by_us) {
        transfer->cause = transfer_late_cause(transfer);
        return 1;
    }
    return 0;
}

static CURLcode set_connection(struct transfer *transfer, CURL *easy)
{
    const struct endpoint *endpoint = transfer->setup->volley->endpoint;
    static const long families[] = {[IP_FAMILY_ANY] = CURL_IPRESOLVE_WHATEVER,
                                    [IP_FAMILY_4] = CURL_IPRESOLVE_V4,
                                    [IP_FAMILY_6] = CURL_IPRESOLVE_V6};
    const struct run *run = transfer->setup->run;
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_QUICK_EXIT, 1L); /* if libcurl has to resolve (SOCKS): giving up doesn't wait for that */
    SET(CURLOPT_PROXY, run->by_proxy ? run->proxy.url : "");
    SET(CURLOPT_NOPROXY, ""); /* decided already */
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_FRESH_CONNECT, 1L);
    SET(CURLOPT_FORBID_REUSE, 1L);
    SET(CURLOPT_IPRESOLVE, families[endpoint->ip_family]);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)(endpoint->connect_timeout_us / US_PER_MS + OWN_DEADLINE_FIRST_MS));
    SET(CURLOPT_BUFFERSIZE, (long)RECEIVE_BUFFER_BYTES);
    SET(CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BUFFER_BYTES);
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_NOPROGRESS, 0L);
    SET(CURLOPT_XFERINFOFUNCTION, on_progress);
    SET(CURLOPT_XFERINFODATA, transfer);
    SET(CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    SET(CURLOPT_OPENSOCKETDATA, transfer);
    SET(CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
    SET(CURLOPT_CLOSESOCKETDATA, transfer);
    SET(CURLOPT_PREREQFUNCTION, on_ready);
    SET(CURLOPT_PREREQDATA, transfer);
    if (transfer->setup->n_resolve) {
        size_t rotation = transfer->sample->index % transfer->setup->n_resolve;
        SET(CURLOPT_RESOLVE, transfer->setup->resolve[rotation]);
    }
    return CURLE_OK;
}

static CURLcode set_answer(struct transfer *transfer, CURL *easy)
{
    SET(CURLOPT_PRIVATE, transfer);
    SET(CURLOPT_ERRORBUFFER, transfer->curl_error);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, transfer);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, transfer);
    return CURLE_OK;
}

int transfer_prepare(struct transfer *transfer, const struct transfer_setup *setup, struct sample *sample)
{
    struct error error = {0};
    transfer->setup = setup;
    transfer->sample = sample;
    gate_init(&transfer->gate);
    if (message_make(setup->volley, &setup->run->message, sample->index, &transfer->request, &error) < 0) {
        transfer_fail(transfer, CAUSE_INTERNAL, error.message, clock_monotonic_ns());
        return -EINVAL;
    }
    CURL *easy = transfer->easy = curl_easy_init();
    if (!easy || !transfer_add_headers(transfer)) {
        transfer_fail(transfer, CAUSE_MEMORY, NULL, clock_monotonic_ns());
        return -ENOMEM;
    }
    CURLcode code = set_answer(transfer, easy);
    if (code == CURLE_OK)
        code = set_connection(transfer, easy);
    if (code == CURLE_OK)
        code = transfer_set_tls(transfer, easy);
    if (code == CURLE_OK)
        code = transfer_set_request(transfer, easy);
    if (code != CURLE_OK) {
        transfer_fail(transfer, code == CURLE_OUT_OF_MEMORY ? CAUSE_MEMORY : CAUSE_INTERNAL,
                      curl_easy_strerror(code), clock_monotonic_ns());
        return -EINVAL;
    }
    return 0;
}

/* The headers may include a token. */
static void wipe_headers(struct curl_slist *headers)
{
    for (struct curl_slist *at = headers; at; at = at->next)
        explicit_bzero(at->data, strlen(at->data));
    curl_slist_free_all(headers);
}

void transfer_end(struct transfer *transfer)
{
    if (transfer->easy)
        curl_easy_cleanup(transfer->easy);
    transfer->easy = NULL;
    wipe_headers(transfer->headers);
    transfer->headers = NULL;
    request_free(&transfer->request);
    answer_free(&transfer->answer);
}

void transfer_free(struct transfer *transfer)
{
    transfer_end(transfer);
    gate_free(&transfer->gate);
}

void transfer_fail(struct transfer *transfer, enum cause cause, const char *detail, uint64_t now_ns)
{
    if (transfer->state == TRANSFER_DONE)
        return;
    transfer->state = TRANSFER_DONE;
    transfer->sample->outcome = OUTCOME_FAILED;
    transfer->sample->cause = cause;
    transfer->sample->end_ns = now_ns;
    if (detail && *detail)
        transfer->sample->detail = strndup(detail, SAMPLE_DETAIL_MAX);
}

/* Is it still talking to the proxy, not to the endpoint behind it? */
static bool is_at_proxy(const struct transfer *transfer)
{
    const struct transfer_setup *setup = transfer->setup;
    unsigned of_proxy = setup->proxy_store ? 1 : 0;
    return setup->run->by_proxy && transfer->state == TRANSFER_CONNECTING && transfer->tls_layers <= of_proxy;
}

enum cause transfer_late_cause(const struct transfer *transfer)
{
    if (transfer->state == TRANSFER_WRITING || transfer->state == TRANSFER_ARMED)
        return CAUSE_SEND_TIMEOUT;
    /* libcurl 7.88 reports its connect time only once TLS is done, too. */
    if (!sockets_connected(&transfer->sockets))
        return CAUSE_CONNECT_TIMEOUT;
    return is_at_proxy(transfer)              ? CAUSE_PROXY
           : transfer->setup->run->target.tls ? CAUSE_TLS_TIMEOUT
                                              : CAUSE_CONNECT_TIMEOUT;
}

/* Blames the proxy for whatever goes wrong with it. */
static enum cause blame_proxy(const struct transfer *transfer, enum cause cause)
{
    bool own = cause == CAUSE_MEMORY || cause == CAUSE_DESCRIPTORS || cause == CAUSE_GATE ||
               cause == CAUSE_CONNECT_TIMEOUT;
    return is_at_proxy(transfer) && !own ? CAUSE_PROXY : cause;
}

static void finish_failed(struct transfer *transfer, CURLcode code, uint64_t now_ns)
{
    struct failure failure = {.code = code,
                              .system_error = transfer->socket_error,
                              .after_release = transfer->state == TRANSFER_RELEASED,
                              .late_cause = transfer_late_cause(transfer),
                              .text = transfer->curl_error};
    long system_error = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_SSL_VERIFYRESULT, &failure.verify_result);
    if (failure.system_error == 0 &&
        curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &system_error) == CURLE_OK)
        failure.system_error = (int)system_error;
    enum cause cause =
        transfer->cause != CAUSE_NONE ? transfer->cause : blame_proxy(transfer, cause_of_failure(&failure));
    const char *detail = transfer->detail        ? transfer->detail
                         : *transfer->curl_error ? transfer->curl_error
                                                 : curl_easy_strerror(code);
    transfer_fail(transfer, cause, detail, now_ns);
}

/* Why an answer that libcurl takes as complete may not be; NULL: it is. An answer that only the connection's
 * end ends is complete if TLS ended properly (RFC 9112, 9.8). */
static const char *why_not_whole(const struct transfer *transfer)
{
    curl_off_t length = -1;
    if (transfer->is_framed)
        return NULL;
    curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    if (length >= 0)
        return NULL;
    if (transfer->is_sized) /* libcurl ignores a length too large for its numbers */
        return "the connection ended before the length that the answer gives";
    return transfer->sees_close && !transfer->closed_well
               ? "the connection closed before the end of the answer"
               : NULL;
}

void transfer_finish(struct transfer *transfer, CURLcode code, uint64_t now_ns)
{
    const struct volley *volley = transfer->setup->volley;
    struct sample *sample = transfer->sample;
    long status = 0;
    if (transfer->state == TRANSFER_DONE)
        return;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK) {
        sample->status = (int)status;
        finish_failed(transfer, code, now_ns);
        return;
    }
    sample->status = (int)status;
    const char *cut_off = why_not_whole(transfer);
    if (cut_off) {
        transfer_fail(transfer, CAUSE_CLOSED, cut_off, now_ns);
        return;
    }
    sample->end_ns = now_ns;
    answer_finish(&transfer->answer, volley->endpoint, &transfer->setup->run->message.redactor,
                  clock_real_us(), sample);
    if (transfer->state != TRANSFER_RELEASED && sample->outcome == OUTCOME_OK) {
        transfer_fail(transfer, CAUSE_PROTOCOL, "answered before the request was complete", now_ns);
        return;
    }
    transfer->state = TRANSFER_DONE;
}
