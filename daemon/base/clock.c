#include "base/clock.h"

#include <stddef.h>

static uint64_t (*clock_source)(clockid_t clockid);

static uint64_t read_ns(clockid_t clockid)
{
    if (clock_source)
        return clock_source(clockid);
    struct timespec now;
    clock_gettime(clockid, &now); /* cannot fail for these clocks */
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

uint64_t clock_monotonic_us(void)
{
    return read_ns(CLOCK_MONOTONIC) / NS_PER_US;
}

uint64_t clock_monotonic_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

uint64_t clock_boot_us(void)
{
    return read_ns(CLOCK_BOOTTIME) / NS_PER_US;
}

uint64_t clock_real_us(void)
{
    return read_ns(CLOCK_REALTIME) / NS_PER_US;
}

void clock_set_source(uint64_t (*source)(clockid_t clockid))
{
    clock_source = source;
}
