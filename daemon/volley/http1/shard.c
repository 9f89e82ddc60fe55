#include "volley/http1/shard.h"

#include "base/clock.h"
#include "base/patience.h"
#include "base/require.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum {
    EVENTS_PER_TURN = 256,
    /* libcurl's work for one event is bounded (7.88: a hundred reads of its buffer), but not that for 256
     * events of answers in many tiny pieces. The callers check deadline and cancel between turns. */
    TURN_MOST_US = 20000,
    /* How many connections of a shard may be connecting at a time: more only make all of them slow and
     * overflow the listen queue of small servers (nginx: 511), and each needs 25 KiB for its handshake only.
     * Beyond that, a few more begin every few milliseconds in which nothing arrives, so that silent ones
     * can't block the others, and fewer if something arrives but none gets ready. */
    BEGIN_WINDOW = 32,
    BEGIN_MORE = 8,
    BEGIN_FEW = 2,
    BEGIN_PAUSE_US = 5000,
    /* The first connection of a volley goes alone until it has a TLS ticket for the others. Many servers give
     * none, and some connections are dead, so we wait only this long from its beginning (at most this part of
     * the time for connecting), and this long once it is armed. */
    ALONE_MOST_US = 500000,
    ALONE_MOST_PART = 4,
    ALONE_ARMED_MOST_US = 30000,
    TICKET_WORTH = 16, /* requests: with fewer, the wait costs more than it saves */
};

/* While a gate replaces the descriptor, the kernel doesn't find the registration: call watch() again
 * afterwards. */
static void watch(const struct shard *shard, int fd, int action)
{
    struct epoll_event event = {.events = (action & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0) |
                                          (action & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0),
                                .data.fd = fd};
    if (epoll_ctl(shard->epoll_fd, EPOLL_CTL_MOD, fd, &event) < 0 && errno == ENOENT)
        epoll_ctl(shard->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static int on_socket(CURL *easy, curl_socket_t fd, int action, void *context, void *per_socket)
{
    const struct shard *shard = context;
    struct transfer *transfer = NULL;
    (void)per_socket;
    if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer) == CURLE_OK && transfer)
        sockets_set_action(&transfer->sockets, fd, action == CURL_POLL_REMOVE ? 0 : action);
    if (action != CURL_POLL_REMOVE) {
        watch(shard, fd, action);
        return 0;
    }
    epoll_ctl(shard->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
    if (transfer && transfer->state == TRANSFER_CONNECTING)
        transfer_note(transfer); /* it may have given up one address for the next */
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *context)
{
    struct shard *shard = context;
    (void)multi;
    shard->timer_due_us =
        timeout_ms < 0 ? UINT64_MAX : clock_monotonic_us() + (uint64_t)timeout_ms * US_PER_MS;
    return 0;
}

static int make_multi(struct shard *shard)
{
    shard->multi = curl_multi_init();
    if (!shard->multi)
        return -ENOMEM;
    bool set = curl_multi_setopt(shard->multi, CURLMOPT_SOCKETFUNCTION, on_socket) == CURLM_OK &&
               curl_multi_setopt(shard->multi, CURLMOPT_SOCKETDATA, shard) == CURLM_OK &&
               curl_multi_setopt(shard->multi, CURLMOPT_TIMERFUNCTION, on_timer) == CURLM_OK &&
               curl_multi_setopt(shard->multi, CURLMOPT_TIMERDATA, shard) == CURLM_OK &&
               curl_multi_setopt(shard->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING) == CURLM_OK;
    return set ? 0 : -EINVAL;
}

int shard_init(struct shard *shard, const struct transfer_setup *setup, struct sample *samples, size_t n)
{
    *shard = (struct shard){.setup = setup, .epoll_fd = -1, .timer_due_us = UINT64_MAX, .n = n};
    shard->transfers = calloc(n, sizeof *shard->transfers);
    if (!shard->transfers)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        gate_init(&shard->transfers[i].gate);
        shard->transfers[i].setup = setup;
        shard->transfers[i].sample = &samples[i];
        shard->transfers[i].noted = &shard->noted;
    }
    shard->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (shard->epoll_fd < 0)
        return -errno;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = setup->run->volley->cancel_fd};
    if (epoll_ctl(shard->epoll_fd, EPOLL_CTL_ADD, setup->run->volley->cancel_fd, &event) < 0)
        return -errno;
    return make_multi(shard);
}

void shard_free(struct shard *shard)
{
    for (size_t i = 0; shard->transfers && i < shard->n; i++) {
        struct transfer *transfer = &shard->transfers[i];
        if (transfer->handle.easy)
            curl_multi_remove_handle(shard->multi, transfer->handle.easy);
        transfer_end(transfer);
    }
    if (shard->multi)
        curl_multi_cleanup(shard->multi);
    for (size_t i = 0; shard->transfers && i < shard->n; i++)
        gate_free(&shard->transfers[i].gate);
    free(shard->transfers);
    if (shard->epoll_fd >= 0)
        close(shard->epoll_fd);
    *shard = (struct shard){.setup = shard->setup, .epoll_fd = -1};
}

/* It has its outcome. */
static void retire(struct shard *shard, struct transfer *transfer)
{
    bool was_armed = transfer->sample->ready_ns != 0;
    if (transfer->handle.easy)
        curl_multi_remove_handle(shard->multi, transfer->handle.easy);
    transfer_end(transfer);
    shard->done++;
    shard->settled += !was_armed;
    REQUIRE(shard->done <= shard->settled && shard->settled <= shard->n);
}

/* Removes what libcurl is done with. */
static void take_results(struct shard *shard)
{
    int left = 0;
    for (CURLMsg *message; (message = curl_multi_info_read(shard->multi, &left));) {
        struct transfer *transfer = NULL;
        if (message->msg != CURLMSG_DONE ||
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer) != CURLE_OK)
            continue;
        transfer_finish(transfer, message->data.result);
        retire(shard, transfer);
    }
}

void shard_fail(struct shard *shard, struct transfer *transfer, enum cause cause, const char *detail)
{
    transfer_fail(transfer, cause, detail);
    retire(shard, transfer);
}

/* What libcurl waits for on the connection that the request goes to. */
static int action_of(const struct transfer *transfer)
{
    return sockets_action(&transfer->sockets, transfer->gate.fd);
}

/* Lets libcurl write the rest of a request that is larger than one turn takes. */
static void write_on(struct shard *shard, struct transfer *transfer)
{
    for (bool progress = true;
         progress && transfer->state == TRANSFER_WRITING && action_of(transfer) & CURL_POLL_OUT;) {
        int running;
        size_t before = transfer->gate.kept.length;
        curl_multi_socket_action(shard->multi, transfer->gate.fd, CURL_CSELECT_OUT, &running);
        gate_drain(&transfer->gate);
        progress = transfer->gate.kept.length > before;
    }
}

/* libcurl waits only for the answer, so the request is complete: the documented sign (CURL_POLL_IN), in any
 * version. */
static bool is_written(const struct transfer *transfer)
{
    return !(action_of(transfer) & CURL_POLL_OUT) && transfer->gate.kept.length > 0;
}

static void finish_writing(struct shard *shard, struct transfer *transfer)
{
    if (transfer->state != TRANSFER_WRITING)
        return;
    gate_drain(&transfer->gate);
    write_on(shard, transfer);
    if (transfer->state != TRANSFER_WRITING || transfer->gate.fd < 0)
        return; /* its result comes with the next messages */
    if (!is_written(transfer)) {
        transfer_note(transfer);
        return;
    }
    bool by_socket = transfer->gate.pair >= 0;
    int result = gate_close(&transfer->gate);
    if (result < 0) {
        shard_fail(shard, transfer, cause_of_errno(-result, STAGE_GATE), strerror(-result));
        return;
    }
    if (by_socket)
        watch(shard, transfer->gate.fd, action_of(transfer));
    transfer->state = TRANSFER_ARMED;
    transfer->sample->ready_ns = clock_monotonic_ns();
    shard->settled++;
    volley_count_armed(shard->setup->run->volley, 1);
}

/* After every turn of libcurl: which requests are complete now, and which have given up an address? */
static void after_turn(struct shard *shard)
{
    take_results(shard);
    struct transfer *list = shard->noted;
    shard->noted = NULL;
    while (list) {
        struct transfer *next = list->next_noted;
        list->is_noted = false;
        transfer_look_again(list);
        finish_writing(shard, list);
        if (list->state == TRANSFER_ARMED)
            transfer_free_buffers(list);
        list = next;
    }
    take_results(shard);
}

bool shard_is_cancelled(const struct shard *shard)
{
    return shard->setup->run->volley->cancelled;
}

void shard_turn(struct shard *shard, uint64_t until_us)
{
    struct epoll_event events[EVENTS_PER_TURN];
    int running;
    uint64_t due_us = shard->timer_due_us < until_us ? shard->timer_due_us : until_us;
    int n = epoll_wait(shard->epoll_fd, events, EVENTS_PER_TURN, patience_ms(due_us));
    shard->heard |= n > 0;
    uint64_t end_us = clock_monotonic_us() + TURN_MOST_US;
    /* epoll reports the rest again. */
    for (int i = 0; i < n && !(i > 0 && (shard_is_cancelled(shard) || clock_monotonic_us() >= end_us)); i++) {
        int ready = (events[i].events & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0) |
                    (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                    (events[i].events & EPOLLERR ? CURL_CSELECT_ERR : 0);
        if (events[i].data.fd != shard->setup->run->volley->cancel_fd)
            curl_multi_socket_action(shard->multi, events[i].data.fd, ready, &running);
        if (shard->noted)
            after_turn(shard);
    }
    if (shard->timer_due_us <= clock_monotonic_us()) {
        shard->timer_due_us = UINT64_MAX;
        curl_multi_socket_action(shard->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    after_turn(shard);
}

static void begin_one(struct shard *shard)
{
    struct transfer *transfer = &shard->transfers[shard->begun++];
    if (!transfer_prepare(transfer)) {
        retire(shard, transfer);
        return;
    }
    transfer->state = TRANSFER_CONNECTING;
    if (curl_multi_add_handle(shard->multi, transfer->handle.easy) != CURLM_OK)
        shard_fail(shard, transfer, CAUSE_MEMORY, "libcurl accepted no more handles");
}

/* It has the first connection of the volley. */
static bool leads(const struct shard *shard)
{
    return shard->transfers[0].sample->index == 1;
}

/* Must the first connection still go alone? */
static bool waits_for_ticket(const struct shard *shard, uint64_t now_us)
{
    struct ticket *ticket = shard->setup->ticket;
    const struct volley *volley = shard->setup->run->volley;
    const struct transfer *first = &shard->transfers[0];
    if (!ticket || volley->n_samples < TICKET_WORTH || ticket->settled)
        return false;
    uint64_t part_us = volley->endpoint->connect_timeout_us / ALONE_MOST_PART;
    bool is_late =
        now_us >= shard->arm_began_us + (part_us < ALONE_MOST_US ? part_us : (uint64_t)ALONE_MOST_US);
    bool is_mute =
        leads(shard) && (first->state == TRANSFER_DONE ||
                         (first->state == TRANSFER_ARMED &&
                          now_us * NS_PER_US >= first->sample->ready_ns + ALONE_ARMED_MOST_US * NS_PER_US));
    if (is_late || is_mute)
        ticket->settled = true; /* nobody waits any more */
    return !is_late && !is_mute;
}

static void begin_more(struct shard *shard, uint64_t now_us)
{
    if (waits_for_ticket(shard, now_us)) {
        if (leads(shard) && shard->begun == 0)
            begin_one(shard);
        shard->next_begin_us = now_us + BEGIN_PAUSE_US;
        return;
    }
    while (shard->begun < shard->n && shard->begun - shard->settled < BEGIN_WINDOW)
        begin_one(shard);
    if (shard->begun == shard->n || now_us < shard->next_begin_us)
        return;
    shard->next_begin_us = now_us + BEGIN_PAUSE_US;
    bool moves = shard->settled > shard->settled_before;
    int more = shard->heard ? BEGIN_FEW : BEGIN_MORE;
    shard->settled_before = shard->settled;
    shard->heard = false;
    if (moves)
        return; /* some get ready: the others wait for us, not for their servers */
    for (int i = 0; i < more && shard->begun < shard->n; i++)
        begin_one(shard);
}

static void fail_late(struct shard *shard, struct transfer *transfer)
{
    enum cause cause = cause_of_timeout(transfer_stage(transfer));
    shard_fail(shard, transfer, cause, cause == CAUSE_PROXY ? "the proxy did not answer in time" : NULL);
}

/* It never came to its turn: there were too many before it, or libcurl read a proxy's endless refusal to the
 * first one all the time. */
static void fail_unbegun(struct shard *shard, struct transfer *transfer)
{
    if (shard->transfers[0].sample->cause == CAUSE_PROXY)
        shard_fail(shard, transfer, CAUSE_PROXY, "the proxy's answer to another request took all the time");
    else
        shard_fail(shard, transfer, CAUSE_CONNECT_TIMEOUT,
                   "connect_timeout is too short to open this many connections");
}

/* When cancelled, fails the armed ones, too: nothing is released any more. */
static void fail_unarmed(struct shard *shard)
{
    bool cancelled = shard_is_cancelled(shard);
    for (size_t i = 0; i < shard->n; i++) {
        struct transfer *transfer = &shard->transfers[i];
        if (transfer->state == TRANSFER_DONE || (transfer->state == TRANSFER_ARMED && !cancelled))
            continue;
        if (cancelled)
            shard_fail(shard, transfer, CAUSE_STOPPED, NULL);
        else if (transfer->state == TRANSFER_WAITING)
            fail_unbegun(shard, transfer);
        else
            fail_late(shard, transfer);
    }
    shard->noted = NULL;
}

void shard_arm(struct shard *shard, uint64_t deadline_us)
{
    shard->arm_began_us = clock_monotonic_us();
    while (shard->settled < shard->n && !shard_is_cancelled(shard)) {
        uint64_t now_us = clock_monotonic_us();
        if (now_us >= deadline_us)
            break;
        begin_more(shard, now_us);
        if (shard->settled == shard->n)
            break; /* none could even begin */
        bool paced = shard->begun < shard->n;
        shard_turn(shard, paced && shard->next_begin_us < deadline_us ? shard->next_begin_us : deadline_us);
    }
    fail_unarmed(shard);
}
