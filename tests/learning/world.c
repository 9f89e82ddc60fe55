#include "world.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static void *must(void *memory)
{
    if (memory)
        return memory;
    fputs("out of memory\n", stderr);
    abort();
}

struct world *world_new(uint64_t seed)
{
    struct world *world = must(calloc(1, sizeof *world));
    world->seed = seed;
    return world;
}

void world_free(struct world *world)
{
    free(world->events);
    free(world);
}

static bool is_before(const struct event *a, const struct event *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

void world_at(struct world *world, uint64_t at_us, world_event fire, void *context, uint64_t number)
{
    if (world->n == world->room) {
        world->room = world->room ? 2 * world->room : 64;
        world->events = must(reallocarray(world->events, world->room, sizeof *world->events));
    }
    struct event event = {.at_us = at_us > world->now_us ? at_us : world->now_us,
                          .order = world->order++,
                          .fire = fire,
                          .context = context,
                          .number = number};
    size_t at = world->n++;
    for (; at && is_before(&event, &world->events[(at - 1) / 2]); at = (at - 1) / 2)
        world->events[at] = world->events[(at - 1) / 2];
    world->events[at] = event;
}

static struct event take_first(struct world *world)
{
    struct event first = world->events[0], last = world->events[--world->n];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < world->n; at = child) {
        if (child + 1 < world->n && is_before(&world->events[child + 1], &world->events[child]))
            child++;
        if (is_before(&last, &world->events[child]))
            break;
        world->events[at] = world->events[child];
    }
    world->events[at] = last;
    return first;
}

void world_run(struct world *world, uint64_t until_us)
{
    while (world->n && world->events[0].at_us < until_us) {
        struct event event = take_first(world);
        world->now_us = event.at_us;
        event.fire(event.context, event.number);
    }
    world->now_us = until_us;
}

uint64_t world_boot_us(const struct world *world)
{
    return WORLD_BOOT_US + world->now_us;
}

uint64_t world_real_us(const struct world *world)
{
    return WORLD_REAL_US + world->now_us;
}
