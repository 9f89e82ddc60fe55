#include "volley/pool.h"

#include "base/require.h"
#include "volley/execute.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>

enum { VOLLEY_STACK_BYTES = 512 * 1024 };

struct pool {
    pthread_mutex_t lock;
    struct volley *running;
    struct volley *done; /* in the order in which they finished */
    struct volley **done_end;
    int fd; /* counts the done ones */
};

int pool_new(struct pool **ret_pool)
{
    struct pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        return -ENOMEM;
    pool->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
    if (pool->fd < 0) {
        int error = errno;
        free(pool);
        return -error;
    }
    pthread_mutex_init(&pool->lock, NULL);
    pool->done_end = &pool->done;
    *ret_pool = pool;
    return 0;
}

int pool_fd(const struct pool *pool)
{
    return pool->fd;
}

/* Both with the lock held. */
static void unlink_running(struct pool *pool, const struct volley *volley)
{
    struct volley **at = &pool->running;
    for (; *at != volley; at = &(*at)->in_pool.next)
        REQUIRE(*at);
    *at = volley->in_pool.next;
}

static void move_to_done(struct pool *pool, struct volley *volley)
{
    unlink_running(pool, volley);
    volley->in_pool.next = NULL;
    *pool->done_end = volley;
    pool->done_end = &volley->in_pool.next;
    eventfd_write(pool->fd, 1);
}

static void *run_volley(void *argument)
{
    struct volley *volley = argument;
    struct pool *pool = volley->in_pool.pool;
    execute_volley(volley);
    pthread_mutex_lock(&pool->lock);
    move_to_done(pool, volley);
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

void pool_submit(struct pool *pool, struct volley *volley)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, VOLLEY_STACK_BYTES);
    volley->in_pool.pool = pool;
    /* Under the lock, so that `thread` is set before anyone can take the volley. */
    pthread_mutex_lock(&pool->lock);
    volley->in_pool.next = pool->running;
    pool->running = volley;
    int result = pthread_create(&volley->in_pool.thread, &attributes, run_volley, volley);
    volley->in_pool.has_thread = result == 0;
    if (result != 0) {
        volley_fail_rest(volley, CAUSE_THREAD, strerror(result));
        move_to_done(pool, volley);
    }
    pthread_mutex_unlock(&pool->lock);
    pthread_attr_destroy(&attributes);
}

struct volley *pool_take(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    struct volley *volley = pool->done;
    if (volley) {
        pool->done = volley->in_pool.next;
        if (!pool->done)
            pool->done_end = &pool->done;
        eventfd_t one;
        eventfd_read(pool->fd, &one);
    }
    pthread_mutex_unlock(&pool->lock);
    if (volley && volley->in_pool.has_thread)
        pthread_join(volley->in_pool.thread, NULL);
    return volley;
}

void pool_cancel(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    for (struct volley *volley = pool->running; volley; volley = volley->in_pool.next) {
        atomic_store(&volley->cancelled, true);
        eventfd_write(volley->cancel_fd, 1);
    }
    pthread_mutex_unlock(&pool->lock);
}

static bool is_empty(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    bool empty = !pool->running && !pool->done;
    pthread_mutex_unlock(&pool->lock);
    return empty;
}

void pool_free(struct pool *pool)
{
    if (!pool)
        return;
    pool_cancel(pool);
    while (!is_empty(pool)) {
        poll(&(struct pollfd){.fd = pool->fd, .events = POLLIN}, 1, -1);
        volley_free(pool_take(pool));
    }
    pthread_mutex_destroy(&pool->lock);
    close(pool->fd);
    free(pool);
}
