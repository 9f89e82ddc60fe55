#include "aws.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BIRTHS_MOST = 1000, BIRTHS_WITHIN_US = 10000000 };

struct aws *aws_new(struct world *world, const struct aws_settings *settings)
{
    struct aws *aws = calloc(1, sizeof *aws);
    if (!aws)
        abort();
    *aws = (struct aws){
        .world = world, .chance = chance_stream(world->seed, "aws"), .settings = *settings, .version = 1};
    return aws;
}

void aws_free(struct aws *aws)
{
    free(aws->instances);
    free(aws->free_slots);
    free(aws->idle);
    free(aws);
}

static double draw_lifetime(struct aws *aws)
{
    return chance_between(&aws->chance, aws->settings.lifetime_low_us, aws->settings.lifetime_high_us);
}

static bool is_expired(const struct aws *aws, const struct instance *instance)
{
    return (double)instance->used_us + instance->lifetime_us < (double)aws->world->now_us;
}

static void bury(struct aws *aws, uint32_t slot)
{
    aws->free_slots[aws->n_free++] = slot;
}

/* The slot of the idle instance that a request gets; -1: there is none. */
static int64_t take_idle(struct aws *aws)
{
    while (aws->n_idle) {
        uint32_t slot = aws->idle[--aws->n_idle];
        const struct instance *instance = &aws->instances[slot];
        bool expired = is_expired(aws, instance), retired = aws->world->now_us >= instance->retires_us;
        if (!expired && !retired)
            return slot;
        aws->idle_deaths += expired && !retired;
        bury(aws, slot);
    }
    return -1;
}

static void grow(struct aws *aws)
{
    size_t n = aws->n_instances ? 2 * aws->n_instances : 64;
    aws->instances = reallocarray(aws->instances, n, sizeof *aws->instances);
    aws->free_slots = reallocarray(aws->free_slots, n, sizeof *aws->free_slots);
    aws->idle = reallocarray(aws->idle, n, sizeof *aws->idle);
    if (!aws->instances || !aws->free_slots || !aws->idle)
        abort();
    for (size_t slot = n; slot-- > aws->n_instances;)
        aws->free_slots[aws->n_free++] = (uint32_t)slot;
    aws->n_instances = n;
}

static bool may_be_born(struct aws *aws)
{
    if (aws->world->now_us - aws->births_since_us >= BIRTHS_WITHIN_US) {
        aws->births_since_us = aws->world->now_us;
        aws->births = 0;
    }
    return aws->births < BIRTHS_MOST;
}

static uint32_t bear(struct aws *aws)
{
    if (aws->n_free == 0)
        grow(aws);
    uint32_t slot = aws->free_slots[--aws->n_free];
    double life_us =
        chance_normal(&aws->chance, aws->settings.retirement_us, aws->settings.retirement_spread_us);
    aws->instances[slot] = (struct instance){
        .serial = ++aws->serial,
        .lifetime_us = draw_lifetime(aws),
        .retires_us = aws->world->now_us + (uint64_t)(life_us > 0 ? life_us : 0),
        .version = aws->version,
    };
    aws->births++;
    aws->born++;
    return slot;
}

static void end_request(void *context, uint64_t slot)
{
    struct aws *aws = context;
    struct instance *instance = &aws->instances[slot];
    aws->busy--;
    instance->busy = false;
    instance->used_us = aws->world->now_us;
    if (aws->settings.redrawn)
        instance->lifetime_us = draw_lifetime(aws);
    if (instance->version != aws->version)
        bury(aws, (uint32_t)slot);
    else
        aws->idle[aws->n_idle++] = (uint32_t)slot;
}

struct aws_answer aws_request(struct aws *aws, uint64_t handler_us)
{
    struct world *world = aws->world;
    if (aws->failing)
        return (struct aws_answer){.outcome = AWS_FAILED, .end_us = world->now_us + 5000};
    if (aws->busy >= aws->settings.concurrency)
        return (struct aws_answer){.outcome = AWS_THROTTLED, .end_us = world->now_us + 5000};
    int64_t slot = take_idle(aws);
    bool cold = slot < 0;
    if (cold && !may_be_born(aws))
        return (struct aws_answer){.outcome = AWS_THROTTLED, .end_us = world->now_us + 5000};
    if (cold) {
        slot = bear(aws);
        handler_us += (uint64_t)(aws->settings.cold_us *
                                 exp(chance_normal(&aws->chance, 0, aws->settings.cold_spread_us)));
    }
    struct instance *instance = &aws->instances[slot];
    instance->busy = true;
    aws->busy++;
    world_at(world, world->now_us + handler_us, end_request, aws, (uint64_t)slot);
    return (struct aws_answer){.outcome = AWS_OK,
                               .cold = cold,
                               .instance = instance->serial,
                               .version = aws->version,
                               .end_us = world->now_us + handler_us};
}

void aws_deploy(struct aws *aws)
{
    aws->version++;
    while (aws->n_idle)
        bury(aws, aws->idle[--aws->n_idle]);
}

void aws_set_lifetimes(struct aws *aws, double low_us, double high_us)
{
    aws->settings.lifetime_low_us = low_us;
    aws->settings.lifetime_high_us = high_us;
    for (size_t slot = 0; slot < aws->n_instances; slot++)
        aws->instances[slot].lifetime_us = draw_lifetime(aws);
}

void aws_sweep(struct aws *aws)
{
    size_t kept = 0;
    for (size_t i = 0; i < aws->n_idle; i++) {
        const struct instance *instance = &aws->instances[aws->idle[i]];
        if (!is_expired(aws, instance)) {
            aws->idle[kept++] = aws->idle[i];
            continue;
        }
        aws->idle_deaths += aws->world->now_us < instance->retires_us;
        bury(aws, aws->idle[i]);
    }
    aws->n_idle = kept;
}

void aws_touch(struct aws *aws, size_t position)
{
    uint32_t slot = aws->idle[position];
    memmove(aws->idle + position, aws->idle + position + 1, (aws->n_idle - position - 1) * sizeof *aws->idle);
    aws->n_idle--;
    if (aws->world->now_us >= aws->instances[slot].retires_us) {
        bury(aws, slot);
        slot = bear(aws);
    }
    aws->instances[slot].used_us = aws->world->now_us;
    if (aws->settings.redrawn)
        aws->instances[slot].lifetime_us = draw_lifetime(aws);
    aws->idle[aws->n_idle++] = slot;
}
