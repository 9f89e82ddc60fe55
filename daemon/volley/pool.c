#include "volley/pool.h"

#include "volley/execute.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>

enum { VOLLEY_STACK_BYTES = 512 * 1024 };

struct pool {
    struct volley *volleys; /* all that are not taken yet, in the order of their submission */
    int fd;                 /* an eventfd: some have finished */
};

int pool_new(struct pool **ret_pool)
{
    struct pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        return -ENOMEM;
    pool->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (pool->fd < 0) {
        int error = errno;
        free(pool);
        return -error;
    }
    *ret_pool = pool;
    return 0;
}

int pool_fd(const struct pool *pool)
{
    return pool->fd;
}

static void finish(struct volley *volley)
{
    atomic_store(&volley->in_pool.finished, true);
    eventfd_write(volley->in_pool.pool->fd, 1);
}

static void *run_volley(void *volley)
{
    execute_volley(volley);
    finish(volley);
    return NULL;
}

void pool_submit(struct pool *pool, struct volley *volley)
{
    struct volley **end = &pool->volleys;
    while (*end)
        end = &(*end)->in_pool.next;
    *end = volley;
    volley->in_pool.pool = pool;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, VOLLEY_STACK_BYTES);
    int result = pthread_create(&volley->in_pool.thread, &attributes, run_volley, volley);
    pthread_attr_destroy(&attributes);
    volley->in_pool.has_thread = result == 0;
    if (result != 0) {
        volley_fail_rest(volley, CAUSE_THREAD, strerror(result));
        finish(volley);
    }
}

struct volley *pool_take(struct pool *pool)
{
    eventfd_t n;
    eventfd_read(pool->fd, &n); /* before we look, so that those who finish meanwhile are not missed */
    struct volley **at = &pool->volleys;
    while (*at && !atomic_load(&(*at)->in_pool.finished))
        at = &(*at)->in_pool.next;
    struct volley *volley = *at;
    if (!volley)
        return NULL;
    *at = volley->in_pool.next;
    if (volley->in_pool.has_thread)
        pthread_join(volley->in_pool.thread, NULL);
    return volley;
}

void pool_cancel(struct pool *pool)
{
    for (struct volley *volley = pool->volleys; volley; volley = volley->in_pool.next) {
        atomic_store(&volley->cancelled, true);
        eventfd_write(volley->cancel_fd, 1);
    }
}

void pool_free(struct pool *pool)
{
    if (!pool)
        return;
    pool_cancel(pool);
    while (pool->volleys) {
        poll(&(struct pollfd){.fd = pool->fd, .events = POLLIN}, 1, -1);
        for (struct volley *volley; (volley = pool_take(pool));)
            volley_free(volley);
    }
    close(pool->fd);
    free(pool);
}
