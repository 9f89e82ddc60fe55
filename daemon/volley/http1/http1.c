#include "base/clock.h"
#include "volley/hosts.h"
#include "volley/http1/shard.h"
#include "volley/release.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

enum {
    SHARDS_MAX = 64,
    REQUESTS_PER_SHARD = 16, /* with fewer, a second thread costs more than it saves */
    SHARD_STACK_BYTES = 512 * 1024,
};

/* One thread's part. */
struct part {
    struct crew *crew;
    struct shard shard;
    pthread_t thread;
    int error; /* -errno: its shard could not be set up */
};

/* The threads of one run. */
struct crew {
    struct transfer_setup setup;
    struct ticket ticket;
    struct part parts[SHARDS_MAX];
    size_t n_parts;
    pthread_mutex_t start; /* held until all threads are there, and the barrier */
    int error;             /* -errno: there is no barrier, so the threads have nothing to do */
    pthread_barrier_t barrier;
    uint64_t settled_us; /* both CLOCK_MONOTONIC */
    uint64_t release_at_us;
};

static void set_up(struct crew *crew, const struct run *run)
{
    struct transfer_setup *setup = &crew->setup;
    const struct target *target = &run->route.target;
    *setup = (struct transfer_setup){.run = run, .curl = transfer_curl_setup(run)};
    /* A proxy may mean TLS inside TLS, where we don't know which layer libcurl means. */
    bool by_bio = target->tls && !run->route.by_proxy;
    setup->by_bio = by_bio && run->route.anchors && gate_bio_holds();
    run->volley->attempt.gate_failed = by_bio && !setup->by_bio;
    bool others_can_resume = run->route.anchors && run->volley->n_samples > 1;
    if (others_can_resume && !hosts_recall(target->host, target->port).breaks_on_tickets)
        setup->ticket = &crew->ticket;
}

static void tear_down(struct crew *crew)
{
    const struct target *target = &crew->setup.run->route.target;
    if (crew->ticket.spoilt)
        hosts_remember_broken_tickets(target->host, target->port);
    ticket_free(&crew->ticket);
}

/* As many as cores, if there is enough for each. */
static size_t count_shards(size_t requests)
{
    cpu_set_t set;
    size_t cores = sched_getaffinity(0, sizeof set, &set) == 0 ? (size_t)CPU_COUNT(&set) : 1;
    size_t most = cores < SHARDS_MAX ? cores : SHARDS_MAX;
    size_t wanted = (requests + REQUESTS_PER_SHARD - 1) / REQUESTS_PER_SHARD;
    return wanted < most ? wanted : most;
}

/* Measures the paths of all armed transfers, and gives each its delay if they differ so much that it helps.
 * Returns when what was sent ahead on them has arrived. */
static uint64_t measure(const struct crew *crew)
{
    size_t most = crew->setup.run->volley->n_samples, n = 0;
    CLEANUP_FREE struct path **paths = calloc(most, sizeof(struct path *));
    uint64_t longest_us = 0;
    for (size_t i = 0; i < crew->n_parts; i++)
        for (size_t j = 0; j < crew->parts[i].shard.n; j++) {
            struct transfer *transfer = &crew->parts[i].shard.transfers[j];
            if (transfer->state != TRANSFER_ARMED)
                continue;
            transfer->path = path_measure(transfer->gate.fd);
            longest_us =
                transfer->path.round_trip_us > longest_us ? transfer->path.round_trip_us : longest_us;
            if (paths)
                paths[n++] = &transfer->path;
        }
    path_compensate(paths, n);
    return release_settled_us(most, longest_us);
}

/* Sets its shard up. One that can't be is empty, and its samples get their cause at the end. */
static void take_share(struct part *part)
{
    struct crew *crew = part->crew;
    struct volley *volley = crew->setup.run->volley;
    size_t i = (size_t)(part - crew->parts);
    size_t first = volley->n_samples * i / crew->n_parts, end = volley->n_samples * (i + 1) / crew->n_parts;
    part->error = shard_init(&part->shard, &crew->setup, volley->samples + first, end - first);
    if (part->error < 0)
        shard_free(&part->shard);
}

/* The steps of a volley, the same on each thread. The barrier needs no deadline of its own: every step
 * between two waits ends by one, and only threads that were started have to come. */
static void drive(struct part *part)
{
    struct crew *crew = part->crew;
    const struct run *run = crew->setup.run;
    struct shard *shard = &part->shard;
    bool leads = part == &crew->parts[0];
    take_share(part);
    shard_arm(shard, run->ready_by_us);
    pthread_barrier_wait(&crew->barrier);
    shard_send_ahead(shard, run->ready_by_us + RELEASE_GRACE_US);
    pthread_barrier_wait(&crew->barrier);
    if (leads) {
        volley_is_armed(run->volley, run->start_us, crew->setup.by_bio ? "BIO" : "socket");
        crew->settled_us = measure(crew);
    }
    pthread_barrier_wait(&crew->barrier);
    shard_read_on(shard, crew->settled_us);
    pthread_barrier_wait(&crew->barrier);
    if (leads)
        crew->release_at_us = release_take_turn(crew->settled_us, run->volley->n_samples);
    pthread_barrier_wait(&crew->barrier);
    bool realtime = release_begin_realtime(run->volley);
    shard_release(shard, crew->release_at_us);
    release_end_realtime(realtime);
    pthread_barrier_wait(&crew->barrier);
    if (leads)
        release_end_turn(run->volley, realtime);
    shard_collect(shard, crew->release_at_us + run->volley->endpoint->timeout_us);
    shard_free(shard);
}

static void *wait_and_drive(void *argument)
{
    struct part *part = argument;
    struct crew *crew = part->crew;
    pthread_mutex_lock(&crew->start);
    bool has_work = crew->error == 0;
    pthread_mutex_unlock(&crew->start);
    if (has_work)
        drive(part);
    return NULL;
}

/* Starts as many threads as it can, at most WANTED with this one. Fewer is slower, not a failure. */
static void start_threads(struct crew *crew, size_t wanted)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, SHARD_STACK_BYTES);
    crew->parts[0].crew = crew;
    for (crew->n_parts = 1; crew->n_parts < wanted; crew->n_parts++) {
        struct part *part = &crew->parts[crew->n_parts];
        part->crew = crew;
        if (pthread_create(&part->thread, &attributes, wait_and_drive, part) != 0)
            break;
    }
    pthread_attr_destroy(&attributes);
}

static void fail_without(const struct crew *crew, int error)
{
    if (error < 0)
        volley_fail_rest(crew->setup.run->volley, cause_of_errno(-error, STAGE_SETUP), strerror(-error));
}

/* The threads wait until it is known how many they are. */
static void drive_all(struct crew *crew)
{
    pthread_mutex_init(&crew->start, NULL);
    pthread_mutex_lock(&crew->start);
    start_threads(crew, count_shards(crew->setup.run->volley->n_samples));
    crew->error = -pthread_barrier_init(&crew->barrier, NULL, (unsigned)crew->n_parts);
    pthread_mutex_unlock(&crew->start);
    if (crew->error == 0)
        drive(&crew->parts[0]);
    for (size_t i = 1; i < crew->n_parts; i++)
        pthread_join(crew->parts[i].thread, NULL);
    if (crew->error == 0)
        pthread_barrier_destroy(&crew->barrier);
    pthread_mutex_destroy(&crew->start);
    fail_without(crew, crew->error);
    for (size_t i = 0; i < crew->n_parts; i++)
        fail_without(crew, crew->parts[i].error);
}

void http1_fire(const struct run *run)
{
    struct crew crew = {0};
    set_up(&crew, run);
    drive_all(&crew);
    tear_down(&crew);
}
