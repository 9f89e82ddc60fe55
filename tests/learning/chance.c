#include "chance.h"

#include <math.h>

struct chance chance_stream(uint64_t seed, const char *what)
{
    struct chance chance = {.state = seed};
    for (; *what; what++)
        chance.state = chance_bits(&chance) ^ (unsigned char)*what;
    return chance;
}

/* splitmix64 (Steele, Lea, Flood 2014). */
uint64_t chance_bits(struct chance *chance)
{
    uint64_t bits = chance->state += UINT64_C(0x9e3779b97f4a7c15);
    bits = (bits ^ bits >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    bits = (bits ^ bits >> 27) * UINT64_C(0x94d049bb133111eb);
    return bits ^ bits >> 31;
}

double chance_unit(struct chance *chance)
{
    return (double)(chance_bits(chance) >> 11) * 0x1p-53;
}

double chance_between(struct chance *chance, double low, double high)
{
    return low + (high - low) * chance_unit(chance);
}

double chance_exponential(struct chance *chance, double mean)
{
    return -mean * log(1 - chance_unit(chance));
}

/* Twelve uniform draws less six: near enough, and without tails that end a month's run. */
double chance_normal(struct chance *chance, double mean, double deviation)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += chance_unit(chance);
    return mean + deviation * sum;
}
