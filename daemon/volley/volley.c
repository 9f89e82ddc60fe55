#include "volley/volley.h"

#include "base/clock.h"
#include "net/resolve.h"
#include "net/tls.h"
#include "volley/gate_selftest.h"
#include "volley/shard.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/eventfd.h>

enum {
    SHARDS_MAX = 64,
    REQUESTS_PER_SHARD = 16, /* with fewer, a second thread costs more than it saves */
    SHARD_STACK_BYTES = 512 * 1024,
    /* Between the bulk and the last bytes: the bulk must have arrived (a round trip and what jitters in it), and the
     * receiver, which may be this very machine, must be through with looking at it. */
    SETTLE_LEAST_US = 5000,
    SETTLE_PER_REQUEST_US = 20,
    SETTLE_MOST_US = 1000000,
    /* From choosing T0 until it comes: waking the other threads takes some 50 µs each. */
    RELEASE_LEAD_US = 1000,
    /* What a body larger than the socket's buffer may still take when the others are ready. */
    SEND_AHEAD_GRACE_US = 500000,
    SPIN_US = 200, /* a sleeping thread wakes late by up to 100 µs: the rest of the wait is spun */
};

/* Volleys arm side by side; only their releases exclude each other. */
static pthread_mutex_t release_lock = PTHREAD_MUTEX_INITIALIZER;

/* One thread's part. */
struct part {
    struct run *run;
    struct shard shard;
    uint64_t round_trip_us; /* the longest of the shard's connections */
    pthread_t thread;
};

/* One execution: what its threads share. */
struct run {
    struct volley *volley;
    struct transfer_setup setup;
    struct target target;
    uint64_t start_us;
    uint64_t ready_by_us;
    struct part parts[SHARDS_MAX];
    size_t n_parts;
    pthread_mutex_t lock; /* of `begun` */
    pthread_cond_t begin;
    bool begun;
    pthread_barrier_t barrier;
    uint64_t release_at_us;
};

int volley_global_init(void)
{
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 0 : -ENOSYS;
}

struct volley *volley_new(struct plan *plan, const struct endpoint *endpoint, const char round_id[ROUND_ID_TEXT],
                          uint32_t attempt, uint64_t hold_us)
{
    struct volley *volley = calloc(1, sizeof *volley);
    struct sample *samples = calloc(endpoint->warm, sizeof *samples);
    if (!volley || !samples) {
        free(volley);
        free(samples);
        return NULL;
    }
    for (uint32_t i = 0; i < endpoint->warm; i++)
        samples[i] = (struct sample){.index = i + 1, .attempt = attempt};
    volley->plan = plan_ref(plan);
    volley->endpoint = endpoint;
    memcpy(volley->round_id, round_id, ROUND_ID_TEXT);
    volley->attempt = attempt;
    volley->hold_us = hold_us;
    volley->facts.hold_us = hold_us;
    volley->samples = samples;
    volley->n_samples = endpoint->warm;
    volley->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); /* volley_execute sees whether there was one */
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
        sample->detail = detail ? strndup(detail, SAMPLE_DETAIL_MAX) : NULL;
    }
}

/* "host:port:address,address…", rotated so that each request begins with another address and still falls back to the
 * others (::1 and 127.0.0.1, say). */
static struct curl_slist *resolve_entry(const struct target *target, const struct addresses *addresses, size_t first)
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

static int make_resolve(struct run *run, const struct addresses *addresses)
{
    run->setup.resolve = calloc(addresses->n, sizeof *run->setup.resolve);
    if (!run->setup.resolve)
        return -ENOMEM;
    for (size_t i = 0; i < addresses->n; i++) {
        run->setup.resolve[i] = resolve_entry(&run->target, addresses, i);
        if (!run->setup.resolve[i])
            return -ENOMEM;
        run->setup.n_resolve = i + 1;
    }
    return 0;
}

static enum cause cause_of_resolve(int error)
{
    return error == -ETIMEDOUT ? CAUSE_DNS_TIMEOUT
           : error == -ENOMEM  ? CAUSE_MEMORY
           : error == -EAGAIN  ? CAUSE_THREAD
                               : CAUSE_DNS;
}

static enum cause find_addresses(struct run *run, struct error *error)
{
    struct addresses addresses;
    const struct endpoint *endpoint = run->volley->endpoint;
    if (run->target.is_address || resolve_proxy_variable(run->target.tls))
        return CAUSE_NONE;
    int result = resolve_host(run->target.host, endpoint->ip_family, run->ready_by_us, &addresses, error);
    if (result < 0)
        return cause_of_resolve(result);
    return make_resolve(run, &addresses) < 0 ? CAUSE_MEMORY : CAUSE_NONE;
}

static enum cause prepare_tls(struct run *run, struct error *error)
{
    struct transfer_setup *setup = &run->setup;
    setup->tls = run->target.tls;
    setup->openssl = tls_backend_is_openssl();
    if (!setup->tls || !setup->openssl)
        return CAUSE_NONE;
    if (tls_trust_store(run->volley->endpoint->ca_file, &setup->store, error) < 0)
        return CAUSE_TRUST_ANCHORS;
    /* A proxy may mean TLS inside TLS, where it isn't known which layer libcurl names. */
    setup->by_bio = !resolve_proxy_variable(true) && gate_bio_holds();
    return CAUSE_NONE;
}

static enum cause prepare(struct run *run, struct error *error)
{
    if (target_parse(run->volley->endpoint->url, &run->target, error) < 0)
        return CAUSE_INTERNAL;
    enum cause cause = find_addresses(run, error);
    if (cause == CAUSE_NONE)
        cause = prepare_tls(run, error);
    run->volley->facts.held_by = run->setup.by_bio ? HELD_BY_BIO : HELD_BY_SOCKET;
    return cause;
}

static size_t count_cores(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? (size_t)CPU_COUNT(&set) : 1;
}

static size_t count_shards(size_t requests)
{
    size_t cores = count_cores();
    size_t wanted = (requests + REQUESTS_PER_SHARD - 1) / REQUESTS_PER_SHARD;
    size_t n = wanted < cores ? wanted : cores;
    return n > SHARDS_MAX ? SHARDS_MAX : n;
}

/* How long the bulk is given before the last bytes follow. */
static uint64_t settle_time_us(const struct run *run)
{
    uint64_t longest_us = 0;
    for (size_t i = 0; i < run->n_parts; i++)
        longest_us = run->parts[i].round_trip_us > longest_us ? run->parts[i].round_trip_us : longest_us;
    uint64_t settle_us = SETTLE_LEAST_US + 2 * longest_us + SETTLE_PER_REQUEST_US * run->volley->n_samples;
    return settle_us > SETTLE_MOST_US ? SETTLE_MOST_US : settle_us;
}

static void sleep_until(uint64_t at_us)
{
    struct timespec at = {.tv_sec = (time_t)(at_us / US_PER_S), .tv_nsec = (long)(at_us % US_PER_S * NS_PER_US)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
        ;
}

static void wait_for_release(uint64_t at_us)
{
    sleep_until(at_us - SPIN_US);
    while (clock_monotonic_us() < at_us)
        ;
}

/* The steps of a volley, the same on each thread. A barrier needs no deadline of its own here: every step between two
 * of them ends by one, and those that have to come are the threads that were started. */
static void drive(struct part *part)
{
    struct run *run = part->run;
    struct shard *shard = &part->shard;
    bool leads = part == &run->parts[0];
    shard_arm(shard, run->ready_by_us);
    pthread_barrier_wait(&run->barrier);
    part->round_trip_us = shard_send_ahead(shard, run->ready_by_us + SEND_AHEAD_GRACE_US);
    pthread_barrier_wait(&run->barrier);
    if (leads) {
        sleep_until(clock_monotonic_us() + settle_time_us(run));
        pthread_mutex_lock(&release_lock);
        run->release_at_us = clock_monotonic_us() + RELEASE_LEAD_US;
    }
    pthread_barrier_wait(&run->barrier);
    wait_for_release(run->release_at_us);
    shard_release(shard);
    pthread_barrier_wait(&run->barrier);
    if (leads)
        pthread_mutex_unlock(&release_lock);
    shard_collect(shard, run->release_at_us + run->volley->endpoint->timeout_us);
    shard_free(shard);
}

static void *wait_and_drive(void *argument)
{
    struct part *part = argument;
    struct run *run = part->run;
    pthread_mutex_lock(&run->lock);
    while (!run->begun)
        pthread_cond_wait(&run->begin, &run->lock);
    pthread_mutex_unlock(&run->lock);
    drive(part);
    return NULL;
}

/* Starts what threads can be had, at most WANTED with this one. Fewer is slower, not a failure. */
static void start_threads(struct run *run, size_t wanted)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, SHARD_STACK_BYTES);
    run->parts[0].run = run;
    for (run->n_parts = 1; run->n_parts < wanted; run->n_parts++) {
        struct part *part = &run->parts[run->n_parts];
        part->run = run;
        if (pthread_create(&part->thread, &attributes, wait_and_drive, part) != 0)
            break;
    }
    pthread_attr_destroy(&attributes);
}

static void split(struct run *run)
{
    struct volley *volley = run->volley;
    for (size_t i = 0, first = 0; i < run->n_parts; i++) {
        size_t end = volley->n_samples * (i + 1) / run->n_parts;
        struct shard *shard = &run->parts[i].shard;
        int result = shard_init(shard, &run->setup, volley->samples + first, end - first);
        if (result < 0) {
            shard_free(shard); /* an empty one: its samples get their cause at the end */
            volley->samples[first].detail = strdup(strerror(-result));
        }
        first = end;
    }
}

static void fire(struct run *run)
{
    pthread_mutex_init(&run->lock, NULL);
    pthread_cond_init(&run->begin, NULL);
    start_threads(run, count_shards(run->volley->n_samples));
    split(run);
    pthread_barrier_init(&run->barrier, NULL, (unsigned)run->n_parts);
    pthread_mutex_lock(&run->lock);
    run->begun = true;
    pthread_cond_broadcast(&run->begin);
    pthread_mutex_unlock(&run->lock);
    drive(&run->parts[0]);
    for (size_t i = 1; i < run->n_parts; i++)
        pthread_join(run->parts[i].thread, NULL);
    pthread_barrier_destroy(&run->barrier);
    pthread_cond_destroy(&run->begin);
    pthread_mutex_destroy(&run->lock);
}

static void note_connect_time(const struct run *run)
{
    uint64_t last_ns = 0;
    for (size_t i = 0; i < run->volley->n_samples; i++)
        if (run->volley->samples[i].ready_ns > last_ns)
            last_ns = run->volley->samples[i].ready_ns;
    if (last_ns)
        run->volley->facts.connect_us = last_ns / NS_PER_US - run->start_us;
}

static void run_free(struct run *run)
{
    for (size_t i = 0; i < run->setup.n_resolve; i++)
        curl_slist_free_all(run->setup.resolve[i]);
    free(run->setup.resolve);
    X509_STORE_free(run->setup.store);
    target_free(&run->target);
    free(run);
}
DEFINE_CLEANUP(struct run *, run_free);

void volley_execute(struct volley *volley)
{
    CLEANUP(cleanup_run_free) struct run *run = calloc(1, sizeof *run);
    struct error error = {0};
    if (!run || volley->cancel_fd < 0) {
        volley_fail_rest(volley, run ? CAUSE_DESCRIPTORS : CAUSE_MEMORY, NULL);
        return;
    }
    run->volley = volley;
    run->setup.volley = volley;
    run->start_us = clock_monotonic_us();
    run->ready_by_us = run->start_us + volley->endpoint->connect_timeout_us;
    enum cause cause = prepare(run, &error);
    if (cause == CAUSE_NONE)
        fire(run);
    note_connect_time(run);
    /* After firing, only a shard that couldn't be set up has left samples. */
    volley_fail_rest(volley, cause == CAUSE_NONE ? CAUSE_DESCRIPTORS : cause, error.message);
}
