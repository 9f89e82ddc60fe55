#include "volley/http1/transfer.h"

#include "base/clock.h"
#include "net/failure.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum {
    /* The least that libcurl accepts for both. Answers to pings are small, and its default of 16 KiB would be
     * a third of what a request costs; the other buffer is given back when the request is written. */
    RECEIVE_BUFFER_BYTES = 1024,
    UPLOAD_BUFFER_BYTES = 16 * 1024,
    RECORD_MOST_BYTES = 2048,
    /* By so much the volley's deadline comes first: it sees what a connection is waiting for, when libcurl's
     * would already have closed the socket. */
    OWN_DEADLINE_FIRST_US = 1000000,
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
    curl_easy_pause(transfer->handle.easy, CURLPAUSE_RECV);
    curl_easy_pause(transfer->handle.easy, CURLPAUSE_CONT);
}

/* What a gate by BIO stands before; NULL: hold by socket. */
static SSL *ssl_of(const struct transfer *transfer)
{
    return transfer->setup->by_bio ? curl_handle_ssl(&transfer->handle) : NULL;
}

static int hold(struct transfer *transfer, int fd)
{
    SSL *ssl = ssl_of(transfer);
    return ssl ? gate_hold_bio(&transfer->gate, ssl, fd) : gate_hold_socket(&transfer->gate, fd);
}

void transfer_free_buffers(struct transfer *transfer)
{
    SSL *ssl = ssl_of(transfer);
    if (ssl)
        SSL_free_buffers(ssl);
    curl_easy_setopt(transfer->handle.easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BUFFER_BYTES);
}

/* The connection is ready and nothing of the request is sent: from here on bytes wait. */
static int on_ready(void *context, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
    struct transfer *transfer = context;
    (void)local_ip;
    /* CURLINFO_ACTIVESOCKET is not set yet (7.88). */
    int fd = sockets_winner(&transfer->sockets, local_port);
    int result = transfer->state == TRANSFER_CONNECTING && fd >= 0 ? hold(transfer, fd) : -EINVAL;
    if (result < 0) {
        transfer->cause = cause_of_errno(-result, STAGE_GATE);
        return CURL_PREREQFUNC_ABORT;
    }
    VOLLEY_TRACE(transfer->setup->run->volley,
                 "request %u: connected to %s port %d for HTTP/1.1 after %.1f ms", transfer->sample->index,
                 remote_ip, remote_port,
                 (double)(clock_monotonic_us() - transfer->setup->run->start_us) / US_PER_MS);
    transfer->state = TRANSFER_WRITING;
    transfer_note(transfer);
    return CURL_PREREQFUNC_OK;
}

static size_t on_header(char *bytes, size_t size, size_t n, void *context)
{
    struct transfer *transfer = context;
    size_t length = size * n;
    int status = 0;
    if (transfer->sample->first_byte_ns == 0)
        transfer->sample->first_byte_ns = clock_monotonic_ns();
    int taken = framing_take_header(&transfer->framing, bytes, length,
                                    strcmp(transfer->request.method, "HEAD") == 0, &status);
    if (taken < 0) {
        transfer->cause = CAUSE_TOO_LARGE;
        transfer->detail = "the headers, with those of interim answers, are larger than 256 KiB";
        return 0;
    }
    if (taken > 0)
        answer_begin(&transfer->answer, status);
    else
        answer_take_header(&transfer->answer, transfer->setup->run->volley->endpoint, bytes, length);
    return length;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *context)
{
    struct transfer *transfer = context;
    size_t length = size * n;
    if (!framing_take_piece(&transfer->framing, transfer->answer.length + length)) {
        transfer->cause = CAUSE_TOO_LARGE;
        transfer->detail = "the body came in too many tiny pieces";
        return 0;
    }
    return answer_take_body(&transfer->answer, transfer->setup->run->volley->endpoint, bytes, length) ? length
                                                                                                      : 0;
}

static int on_progress(void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                       curl_off_t up)
{
    struct transfer *transfer = context;
    const struct transfer_setup *setup = transfer->setup;
    (void)down_total, (void)down, (void)up_total, (void)up;
    if (setup->run->volley->cancelled) {
        transfer->cause = CAUSE_STOPPED;
        return 1;
    }
    if (transfer->state == TRANSFER_CONNECTING && clock_monotonic_us() >= setup->run->ready_by_us) {
        transfer->cause = cause_of_timeout(transfer_stage(transfer));
        return 1;
    }
    return 0;
}

/* How TLS ended only shows here. And after a ticket there are buffers to give back again. */
static void on_tls_message(int sent, int version, int type, const void *bytes, size_t length, SSL *ssl,
                           void *context)
{
    struct transfer *transfer = context;
    const unsigned char *message = bytes;
    (void)version, (void)ssl;
    if (!sent && type == SSL3_RT_ALERT && length == 2 && message[1] == SSL_AD_CLOSE_NOTIFY)
        transfer->framing.closed_well = true;
    if (!sent && type == SSL3_RT_HANDSHAKE && length > 0 && message[0] == SSL3_MT_NEWSESSION_TICKET)
        transfer_note(transfer);
}

static CURLcode on_tls(SSL_CTX *context, bool of_proxy, void *transfer_context)
{
    struct transfer *transfer = transfer_context;
    struct ticket *ticket = transfer->setup->ticket;
    /* Two buffers of 16 KiB per connection would be empty for most of its life. Requests are small. */
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_max_send_fragment(context, RECORD_MOST_BYTES);
    if (of_proxy)
        return CURLE_OK;
    SSL_CTX_set_msg_callback(context, on_tls_message);
    SSL_CTX_set_msg_callback_arg(context, transfer);
    transfer->framing.sees_close = true;
    return !ticket || ticket_use(ticket, context) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

struct curl_setup transfer_curl_setup(const struct run *run)
{
    const struct endpoint *endpoint = run->volley->endpoint;
    return (struct curl_setup){.route = &run->route,
                               .family = endpoint->ip_family,
                               .ca_file = endpoint->ca_file,
                               .client_cert = endpoint->client_cert,
                               .client_key = endpoint->client_key,
                               .connect_us = endpoint->connect_timeout_us + OWN_DEADLINE_FIRST_US,
                               .on_header = on_header,
                               .on_body = on_body,
                               .on_progress = on_progress,
                               .on_tls = on_tls};
}

static CURLcode open_handle(struct transfer *transfer)
{
    const struct transfer_setup *setup = transfer->setup;
    const struct request *request = &transfer->request;
    struct curl_request sent = {.method = request->method,
                                .url = request->url,
                                .headers = (const char *const *)request->headers,
                                .n_headers = request->n_headers,
                                .body = request->body,
                                .body_length = request->body_length};
    /* Each begins with another address, and falls back to the others (::1 and 127.0.0.1, say). */
    CURLcode code =
        curl_handle_open(&transfer->handle, &setup->curl, &sent, transfer->sample->index, transfer);
    CURL *easy = transfer->handle.easy;
    if (code != CURLE_OK)
        return code;
    CURL_SET(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_BUFFER_BYTES);
    CURL_SET(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BUFFER_BYTES);
    CURL_SET(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    CURL_SET(easy, CURLOPT_OPENSOCKETDATA, transfer);
    CURL_SET(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
    CURL_SET(easy, CURLOPT_CLOSESOCKETDATA, transfer);
    CURL_SET(easy, CURLOPT_PREREQFUNCTION, on_ready);
    CURL_SET(easy, CURLOPT_PREREQDATA, transfer);
    return CURLE_OK;
}

bool transfer_prepare(struct transfer *transfer)
{
    const struct run *run = transfer->setup->run;
    if (!message_make(run->volley, &run->message, transfer->sample, &transfer->request)) {
        transfer->state = TRANSFER_DONE;
        return false;
    }
    CURLcode code = open_handle(transfer);
    if (code == CURLE_OUT_OF_MEMORY)
        transfer_fail(transfer, CAUSE_MEMORY, NULL);
    else if (code != CURLE_OK)
        transfer_fail(transfer, CAUSE_INTERNAL, curl_easy_strerror(code));
    return code == CURLE_OK;
}

void transfer_end(struct transfer *transfer)
{
    curl_handle_close(&transfer->handle);
    request_free(&transfer->request);
    answer_free(&transfer->answer);
}

void transfer_fail(struct transfer *transfer, enum cause cause, const char *detail)
{
    if (transfer->state == TRANSFER_DONE)
        return;
    transfer->state = TRANSFER_DONE;
    sample_fail(transfer->sample, cause, detail, clock_monotonic_ns());
}

static bool is_at_proxy(const struct transfer *transfer)
{
    return transfer->state == TRANSFER_CONNECTING && curl_handle_is_at_proxy(&transfer->handle);
}

enum request_stage transfer_stage(const struct transfer *transfer)
{
    if (transfer->state == TRANSFER_RELEASED)
        return STAGE_ANSWER;
    if (transfer->state == TRANSFER_WRITING || transfer->state == TRANSFER_ARMED)
        return STAGE_SEND;
    /* libcurl 7.88 reports its connect time only once TLS is done, too. */
    if (!sockets_connected(&transfer->sockets))
        return STAGE_CONNECT;
    return is_at_proxy(transfer)                    ? STAGE_PROXY
           : transfer->setup->run->route.target.tls ? STAGE_TLS
                                                    : STAGE_CONNECT;
}

static void finish_failed(struct transfer *transfer, CURLcode code)
{
    const struct curl_handle *handle = &transfer->handle;
    struct failure failure = {.code = code,
                              .system_error =
                                  transfer->socket_error ? transfer->socket_error : curl_handle_errno(handle),
                              .stage = transfer_stage(transfer),
                              .at_proxy = is_at_proxy(transfer),
                              .text = handle->error_text};
    curl_easy_getinfo(handle->easy, CURLINFO_SSL_VERIFYRESULT, &failure.verify_result);
    enum cause cause = transfer->cause != CAUSE_NONE ? transfer->cause : failure_cause(&failure);
    transfer_fail(transfer, cause, transfer->detail ? transfer->detail : curl_handle_words(handle, code));
}

void transfer_finish(struct transfer *transfer, CURLcode code)
{
    const struct run *run = transfer->setup->run;
    struct sample *sample = transfer->sample;
    CURL *easy = transfer->handle.easy;
    long status = 0;
    curl_off_t length = -1;
    if (transfer->state == TRANSFER_DONE)
        return;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    sample->status = (int)status;
    if (code != CURLE_OK) {
        finish_failed(transfer, code);
        return;
    }
    curl_easy_getinfo(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    const char *lack = framing_lack(&transfer->framing, length);
    if (lack) {
        transfer_fail(transfer, CAUSE_CLOSED, lack);
        return;
    }
    message_take_answer(run->volley, &run->message, &transfer->answer, sample, clock_monotonic_ns());
    transfer->state = TRANSFER_DONE;
}
