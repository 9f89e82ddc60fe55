/* Chance: the same seed, the same draws, on every machine. */
#ifndef WARMD_LEARNING_CHANCE_H
#define WARMD_LEARNING_CHANCE_H

#include <stdint.h>

struct chance {
    uint64_t state;
};

uint64_t chance_bits(struct chance *chance);
double chance_unit(struct chance *chance); /* in [0, 1) */
double chance_between(struct chance *chance, double low, double high);
double chance_exponential(struct chance *chance, double mean);
double chance_normal(struct chance *chance, double mean, double deviation);

#endif
