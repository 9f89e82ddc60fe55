/* The kernel stamps segments by CLOCK_REALTIME; everything here is in CLOCK_MONOTONIC. */
#include "server.h"

#include <time.h>

enum {
    TRIES = 5,
    SOUND_NS = 5000,   /* a measurement that took no longer is as good as any */
    NOISE_NS = 100000, /* differences up to this are measurement errors: the known offset is kept, because
                          stamps of different turns are compared */
    STEP_NS = 1000000, /* of the wall clock: stamps of this turn are void */
};
#define BACKLOG_NS (60 * NS_PER_S) /* no segment waits that long for us */

static uint64_t clock_ns(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t monotonic_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

int64_t server_wall_ms(const struct server *server)
{
    return (int64_t)(clock_ns(CLOCK_REALTIME) / NS_PER_MS) + (int64_t)(server->options.clock_offset_s * 1000);
}

/* CLOCK_REALTIME minus CLOCK_MONOTONIC. If the process is interrupted between two readings, it tries
 * again. */
static int64_t offset_ns(void)
{
    uint64_t least_ns = UINT64_MAX;
    int64_t best_ns = 0;
    for (int i = 0; i < TRIES && least_ns > SOUND_NS; i++) {
        uint64_t before_ns = monotonic_ns();
        uint64_t real_ns = clock_ns(CLOCK_REALTIME);
        uint64_t took_ns = monotonic_ns() - before_ns;
        if (took_ns >= least_ns)
            continue;
        least_ns = took_ns;
        best_ns = (int64_t)(real_ns - before_ns - took_ns / 2);
    }
    return best_ns;
}

void clock_compare(struct server *server)
{
    int64_t now_ns = offset_ns(), moved_ns = now_ns - server->offset_ns;
    bool is_first = server->offset_ns == 0;
    server->clock_stepped |= !is_first && (moved_ns > STEP_NS || moved_ns < -STEP_NS);
    if (is_first || moved_ns > NOISE_NS || moved_ns < -NOISE_NS)
        server->offset_ns = now_ns;
}

struct stamp server_stamp(const struct server *server, uint64_t kernel_ns)
{
    uint64_t now_ns = monotonic_ns();
    if (!kernel_ns)
        return (struct stamp){.ns = now_ns, .clock_stepped = server->clock_stepped};
    int64_t age_ns = (int64_t)(now_ns - (kernel_ns - (uint64_t)server->offset_ns));
    if (age_ns < -(int64_t)STEP_NS || age_ns > (int64_t)BACKLOG_NS)
        return (struct stamp){.ns = now_ns, .clock_stepped = true};
    return (struct stamp){.ns = now_ns - (age_ns > 0 ? (uint64_t)age_ns : 0),
                          .clock_stepped = server->clock_stepped};
}
