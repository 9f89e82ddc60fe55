/* The world: virtual time, and what is to happen in it. */
#ifndef WARMD_LEARNING_WORLD_H
#define WARMD_LEARNING_WORLD_H

#include "chance.h"

#include <stddef.h>

#define MINUTE_US UINT64_C(60000000)
#define HOUR_US (60 * MINUTE_US)
#define DAY_US (24 * HOUR_US)

/* CLOCK_REALTIME of a world's begin: 2026-01-01 00:00 UTC. CLOCK_BOOTTIME is then a day. */
#define WORLD_REAL_US UINT64_C(1767225600000000)
#define WORLD_BOOT_US DAY_US

typedef void (*world_event)(void *context, uint64_t number);

struct event {
    uint64_t at_us;
    uint64_t order; /* of those at the same time, the first that was asked for */
    world_event fire;
    void *context;
    uint64_t number;
};

struct world {
    uint64_t now_us;
    uint64_t seed;
    struct event *events; /* a heap */
    size_t n, room;
    uint64_t order;
};

struct world *world_new(uint64_t seed);
void world_free(struct world *world);
/* FIRE(CONTEXT, NUMBER) at AT_US. */
void world_at(struct world *world, uint64_t at_us, world_event fire, void *context, uint64_t number);
/* Until nothing more happens before UNTIL_US. */
void world_run(struct world *world, uint64_t until_us);
uint64_t world_boot_us(const struct world *world);
uint64_t world_real_us(const struct world *world);

#endif
