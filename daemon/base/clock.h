/* The one clock reader. Everything that asks for the time asks here, so that tests can give it. */
#ifndef WARMD_BASE_CLOCK_H
#define WARMD_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define US_PER_MS UINT64_C(1000)
#define US_PER_S UINT64_C(1000000)
#define NS_PER_US UINT64_C(1000)

/* Microseconds of CLOCK_MONOTONIC: durations and stamps within a round. */
uint64_t clock_monotonic_us(void);
/* Nanoseconds of CLOCK_MONOTONIC, for release stamps: at N = 1000 neighbours are 4 µs apart. */
uint64_t clock_monotonic_ns(void);
/* Microseconds of CLOCK_BOOTTIME: schedules, for functions cool down while the machine is suspended too. */
uint64_t clock_boot_us(void);
/* Microseconds of CLOCK_REALTIME since 1970: what a person is shown. */
uint64_t clock_real_us(void);

/* Test seam: CLOCKID is given to SOURCE, which answers in nanoseconds; NULL restores the kernel's clocks. Not
 * to be changed while other threads read. */
void clock_set_source(uint64_t (*source)(clockid_t clockid));

#endif
