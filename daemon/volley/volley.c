#include "volley/volley.h"

#include "base/clock.h"
#include "net/resolve.h"
#include "net/tls.h"
#include "volley/hosts.h"
#include "volley/http1/gate_selftest.h"
#include "volley/http1/http1.h"
#include "volley/http2/http2.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>
#include <sys/eventfd.h>

int volley_global_init(void)
{
    /* Volleys come and go on threads of their own, and what each thread's arena keeps is never given back: 40
     * MiB at rest after a hundred endpoints, instead of 5. Within a volley, each grows by a page at a time.
     * Sharing one costs nothing measurable. */
    mallopt(M_ARENA_MAX, 1);
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 0 : -ENOSYS;
}

struct volley *volley_new(struct plan *plan, const struct endpoint *endpoint,
                          const char round_id[ROUND_ID_TEXT], uint32_t attempt, uint32_t count,
                          uint64_t hold_us)
{
    struct volley *volley = calloc(1, sizeof *volley);
    struct sample *samples = calloc(count, sizeof *samples);
    if (!volley || !samples) {
        free(volley);
        free(samples);
        return NULL;
    }
    for (uint32_t i = 0; i < count; i++)
        samples[i] = (struct sample){.index = i + 1, .attempt = attempt};
    volley->plan = plan_ref(plan);
    volley->endpoint = endpoint;
    memcpy(volley->round_id, round_id, ROUND_ID_TEXT);
    volley->attempt = attempt;
    volley->hold_us = hold_us;
    volley->facts.hold_us = hold_us;
    volley->samples = samples;
    volley->n_samples = count;
    volley->cancel_fd =
        eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); /* volley_execute checks whether that worked */
    return volley;
}

void volley_free(struct volley *volley)
{
    if (!volley)
        return;
    samples_free(volley->samples, volley->n_samples);
    if (volley->cancel_fd >= 0)
        close(volley->cancel_fd);
    plan_unref(volley->plan);
    free(volley->host);
    free(volley);
}

void volley_fail_rest(struct volley *volley, enum cause cause, const char *detail)
{
    uint64_t now_ns = clock_monotonic_ns();
    for (size_t i = 0; i < volley->n_samples; i++) {
        struct sample *sample = &volley->samples[i];
        if (sample->outcome != OUTCOME_FAILED || sample->cause != CAUSE_NONE)
            continue;
        sample->cause = cause;
        sample->end_ns = now_ns;
        sample->detail = detail && *detail ? strndup(detail, SAMPLE_REASON_MAX) : NULL;
    }
}

/* "host:port:address,address…", rotated so that each request begins with another address and still falls back
 * to the others (::1 and 127.0.0.1, say). */
static struct curl_slist *resolve_entry(const struct target *target, const struct addresses *addresses,
                                        size_t first)
{
    struct text entry = {0};
    text_format(&entry, "%s:%u:", target->host, target->port);
    for (size_t i = 0; i < addresses->n; i++) {
        const char *address = addresses->text[(first + i) % addresses->n];
        bool v6 = strchr(address, ':') != NULL;
        text_format(&entry, "%s%s%s%s", i ? "," : "", v6 ? "[" : "", address, v6 ? "]" : "");
    }
    CLEANUP_FREE char *text = text_take(&entry);
    return text ? curl_slist_append(NULL, text) : NULL;
}

static int make_resolve(struct run *run, const struct target *peer)
{
    const struct addresses *addresses = &run->addresses;
    run->setup.resolve = calloc(addresses->n, sizeof *run->setup.resolve);
    if (!run->setup.resolve)
        return -ENOMEM;
    for (size_t i = 0; i < addresses->n; i++) {
        run->setup.resolve[i] = resolve_entry(peer, addresses, i);
        if (!run->setup.resolve[i])
            return -ENOMEM;
        run->setup.n_resolve = i + 1;
    }
    return 0;
}

static enum cause cause_of_resolve(int error)
{
    switch (error) {
    case -ETIMEDOUT:
        return CAUSE_DNS_TIMEOUT;
    case -ECANCELED:
        return CAUSE_STOPPED;
    case -ENOMEM:
        return CAUSE_MEMORY;
    case -EAGAIN:
        return CAUSE_THREAD;
    case -EMFILE:
    case -ENFILE:
        return CAUSE_DESCRIPTORS;
    default:
        return CAUSE_DNS;
    }
}

static enum cause find_proxy(struct run *run, struct error *error)
{
    int found = proxy_find(&run->target, &run->proxy, error);
    run->by_proxy = found > 0;
    run->setup.proxy = run->by_proxy ? &run->proxy : NULL;
    return found == -ENOMEM ? CAUSE_MEMORY : found < 0 ? CAUSE_PROXY : CAUSE_NONE;
}

/* Resolves the host we connect to. */
static enum cause find_addresses(struct run *run, struct error *error)
{
    struct addresses *addresses = &run->addresses;
    const struct target *peer = run->by_proxy ? &run->proxy.endpoint : &run->target;
    if (peer->is_address) {
        snprintf(addresses->text[0], sizeof addresses->text[0], "%s", peer->host);
        addresses->n = 1;
        return CAUSE_NONE;
    }
    struct resolve_wish wish = {.family = run->volley->endpoint->ip_family,
                                .until_us = run->ready_by_us,
                                .cancel_fd = run->volley->cancel_fd};
    int result = resolve_target(peer, &wish, addresses, error);
    if (result < 0) {
        enum cause cause = cause_of_resolve(result);
        return cause == CAUSE_DNS && run->by_proxy ? CAUSE_PROXY : cause;
    }
    return make_resolve(run, peer) < 0 ? CAUSE_MEMORY : CAUSE_NONE;
}

static enum cause prepare_tls(struct run *run, struct error *error)
{
    struct transfer_setup *setup = &run->setup;
    setup->tls = run->target.tls;
    setup->openssl = tls_backend_is_openssl();
    if (setup->openssl && run->by_proxy && run->proxy.endpoint.tls &&
        tls_trust_store(NULL, &setup->proxy_store, error) < 0)
        return CAUSE_TRUST_ANCHORS;
    run->volley->facts.gate_failed = setup->tls && !setup->openssl && !run->by_proxy;
    if (!setup->tls || !setup->openssl)
        return CAUSE_NONE;
    if (tls_trust_store(run->volley->endpoint->ca_file, &setup->store, error) < 0)
        return CAUSE_TRUST_ANCHORS;
    if (hosts_takes_tickets(run->target.host, run->target.port)) {
        ticket_init(&run->ticket);
        setup->ticket = &run->ticket;
    }
    /* A proxy may mean TLS inside TLS, where we don't know which layer libcurl means. */
    setup->by_bio = !run->by_proxy && gate_bio_holds();
    run->volley->facts.gate_failed = !run->by_proxy && !setup->by_bio;
    return CAUSE_NONE;
}

/* Finds what the requests are made of. A warning is kept: the volley goes on. */
static enum cause prepare_message(struct run *run, struct error *error)
{
    struct credentials_patience patience = {.until_us = run->ready_by_us,
                                            .cancel_fd = run->volley->cancel_fd};
    enum cause cause =
        message_setup_init(&run->message, run->volley->plan, run->volley->endpoint, &patience, error);
    if (cause != CAUSE_NONE)
        return cause;
    run->volley->note = *error;
    run->volley->message = &run->message;
    if (target_parse(run->message.url, &run->target, error) < 0)
        return CAUSE_INTERNAL;
    run->target.is_absolute = run->message.is_absolute;
    return CAUSE_NONE;
}

static enum cause prepare(struct run *run, struct error *error)
{
    enum cause cause = prepare_message(run, error);
    if (cause == CAUSE_NONE)
        cause = find_proxy(run, error);
    if (cause == CAUSE_NONE)
        cause = find_addresses(run, error);
    if (cause == CAUSE_NONE)
        cause = prepare_tls(run, error);
    return cause;
}

static bool is_better_off_with_http1(const struct run *run)
{
    const struct target *target = &run->target;
    return hosts_recall(target->host, target->port).spoken == SPOKEN_HTTP1 ||
           hosts_prefers_http1(target->host, target->port) ||
           hosts_tries_http1(target->host, target->port, run->volley->endpoint->name);
}

/* Uses HTTP/2 if it can be spoken and isn't ruled out; the server has the last word. */
static void fire(struct run *run)
{
    const struct target *target = &run->target;
    enum http_version wanted = run->volley->endpoint->http_version;
    bool can = target->tls && run->setup.store && !run->by_proxy && wanted != HTTP_VERSION_1_1;
    bool known_not = wanted == HTTP_VERSION_AUTO && is_better_off_with_http1(run);
    if (can && !known_not) {
        run->volley->facts.http_version = HTTP_VERSION_2;
        if (http2_fire(run))
            return;
    }
    if (wanted == HTTP_VERSION_2) {
        volley_fail_rest(
            run->volley, CAUSE_PROTOCOL,
            run->by_proxy ? "http_version is 2, but requests go through a proxy, which only supports HTTP/1.1"
                          : "http_version is 2, but the server does not speak HTTP/2");
        return;
    }
    run->volley->facts.http_version = HTTP_VERSION_1_1;
    http1_fire(run);
}

static void note_connect_time(const struct run *run)
{
    uint64_t last_ns = 0;
    for (size_t i = 0; i < run->volley->n_samples; i++)
        if (run->volley->samples[i].ready_ns > last_ns)
            last_ns = run->volley->samples[i].ready_ns;
    if (last_ns)
        run->volley->facts.connect_us = last_ns / NS_PER_US - run->start_us;
    else
        run->volley->facts.http_version = HTTP_VERSION_AUTO; /* neither was spoken */
}

/* Notes refused signatures that another try may fix. */
static void note_refusal(struct run *run)
{
    struct volley *volley = run->volley;
    struct volley_facts *facts = &volley->facts;
    for (size_t i = 0; facts->resend == RESEND_NOT && i < volley->n_samples; i++) {
        facts->resend = message_learn(volley->endpoint, &run->message, &volley->samples[i]);
        facts->clock_offset_us = volley->samples[i].clock_offset_us;
    }
}

static void run_free(struct run *run)
{
    if (!run)
        return;
    message_setup_free(&run->message);
    if (run->setup.ticket)
        ticket_free(&run->ticket);
    for (size_t i = 0; i < run->setup.n_resolve; i++)
        curl_slist_free_all(run->setup.resolve[i]);
    free(run->setup.resolve);
    X509_STORE_free(run->setup.store);
    X509_STORE_free(run->setup.proxy_store);
    proxy_free(&run->proxy);
    target_free(&run->target);
    free(run);
}

static void execute(struct run *run)
{
    struct volley *volley = run->volley;
    struct error error = {0};
    run->start_us = clock_monotonic_us();
    run->ready_by_us = run->start_us + volley->endpoint->connect_timeout_us;
    run->setup.ready_by_us = run->ready_by_us;
    enum cause cause = prepare(run, &error);
    if (cause == CAUSE_NONE)
        fire(run);
    else
        volley_fail_rest(volley, cause, error.message);
    if (run->setup.ticket && ticket_is_spoilt(run->setup.ticket))
        hosts_offer_no_tickets(run->target.host, run->target.port);
    note_connect_time(run);
    note_refusal(run);
    volley->host = STEAL(run->target.host);
    volley->port = run->target.port;
    for (size_t i = 0; i < volley->n_samples; i++)
        message_redact(&run->message, &volley->samples[i]);
}

void volley_execute(struct volley *volley)
{
    struct run *run = calloc(1, sizeof *run);
    if (!run || volley->cancel_fd < 0)
        volley_fail_rest(volley, run ? CAUSE_DESCRIPTORS : CAUSE_MEMORY, NULL);
    else {
        run->volley = volley;
        run->setup.volley = volley;
        run->setup.target = &run->target;
        execute(run);
    }
    volley->message = NULL;
    run_free(run);
}
