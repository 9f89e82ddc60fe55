#include "oracle.h"

#include <stdlib.h>

enum { AHEAD_US = 1000000, HANDLER_US = 2000 };

static void act(void *context, uint64_t number);

static double deadline(const struct aws *aws, size_t position)
{
    const struct instance *instance = &aws->instances[aws->idle[position]];
    return (double)instance->used_us + instance->lifetime_us;
}

/* Of the idle ones, the WARM that would live longest are wanted: the position of the first of them to die. */
static size_t first_wanted(const struct oracle *oracle)
{
    const struct aws *aws = oracle->aws;
    double after = -1, found = 0;
    size_t at = 0;
    /* What is more than wanted may die: so many earliest ones are left out. */
    for (size_t dying = 0; dying + oracle->warm <= aws->n_idle; dying++) {
        found = 1e300;
        for (size_t i = 0; i < aws->n_idle; i++)
            if (deadline(aws, i) > after && deadline(aws, i) < found) {
                found = deadline(aws, i);
                at = i;
            }
        after = found;
    }
    return at;
}

static void send_volley(struct oracle *oracle)
{
    for (uint32_t i = 0; i < oracle->warm; i++)
        aws_request(oracle->aws, HANDLER_US);
    oracle->pings += oracle->warm;
}

static void plan(struct oracle *oracle)
{
    struct world *world = oracle->aws->world;
    double at_us = 0;
    if (oracle->aws->n_idle >= oracle->warm)
        at_us = deadline(oracle->aws, first_wanted(oracle)) - AHEAD_US;
    world_at(world, at_us > (double)world->now_us ? (uint64_t)at_us : world->now_us, act, oracle, 0);
}

/* After a volley, when its instances are idle. */
static void look(void *context, uint64_t number)
{
    struct oracle *oracle = context;
    (void)number;
    plan(oracle);
}

/* The instance that was to die next may have been used since: then there is time. */
static void act(void *context, uint64_t number)
{
    struct oracle *oracle = context;
    struct aws *aws = oracle->aws;
    (void)number;
    aws_sweep(aws);
    bool enough = aws->n_idle + aws->busy >= oracle->warm && aws->n_idle > 0;
    if (enough && aws->n_idle >= oracle->warm) {
        size_t next = first_wanted(oracle);
        if (deadline(aws, next) - AHEAD_US > (double)aws->world->now_us + 1) {
            plan(oracle);
            return;
        }
        if (oracle->kind == ORACLE_ONE_BY_ONE) {
            aws_touch(aws, next);
            oracle->pings++;
            plan(oracle);
            return;
        }
    }
    if (enough && aws->n_idle < oracle->warm) {
        /* Some are busy with real traffic. */
        world_at(aws->world, aws->world->now_us + 10000, act, oracle, 0);
        return;
    }
    send_volley(oracle);
    world_at(aws->world, aws->world->now_us + 5 * 1000000, look, oracle, 0);
}

struct oracle *oracle_new(struct aws *aws, enum oracle_kind kind, uint32_t warm)
{
    struct oracle *oracle = calloc(1, sizeof *oracle);
    if (!oracle)
        abort();
    *oracle = (struct oracle){.aws = aws, .kind = kind, .warm = warm};
    world_at(aws->world, aws->world->now_us, act, oracle, 0);
    return oracle;
}

void oracle_free(struct oracle *oracle)
{
    free(oracle);
}
