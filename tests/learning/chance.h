/* Chance: the same seed, the same draws, on every machine. */
#ifndef WARMD_LEARNING_CHANCE_H
#define WARMD_LEARNING_CHANCE_H

#include <stdint.h>

struct chance {
    uint64_t state;
};

/* A stream of its own for each WHAT, so that what one part of a world draws changes nothing for the others:
 * with the same seed, whoever keeps the function warm meets the same traffic and the same troubles. */
struct chance chance_stream(uint64_t seed, const char *what);

uint64_t chance_bits(struct chance *chance);
double chance_unit(struct chance *chance); /* in [0, 1) */
double chance_between(struct chance *chance, double low, double high);
double chance_exponential(struct chance *chance, double mean);
double chance_normal(struct chance *chance, double mean, double deviation);

#endif
