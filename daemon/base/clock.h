/* The only clock reader. All code gets the time here, so that tests can supply it. */
#ifndef WARMD_BASE_CLOCK_H
#define WARMD_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define US_PER_MS UINT64_C(1000)
#define US_PER_S UINT64_C(1000000)
#define US_PER_MINUTE (60 * US_PER_S)
#define US_PER_HOUR (60 * US_PER_MINUTE)
#define US_PER_DAY (24 * US_PER_HOUR)
#define NS_PER_US UINT64_C(1000)

/* Microseconds of CLOCK_MONOTONIC: durations and stamps within a round. */
uint64_t clock_monotonic_us(void);
/* Nanoseconds of CLOCK_MONOTONIC, for release stamps: at N = 1000 neighbours are 4 µs apart. */
uint64_t clock_monotonic_ns(void);
/* Microseconds of CLOCK_BOOTTIME: for schedules, because functions cool down while the machine is suspended,
 * too. */
uint64_t clock_boot_us(void);
/* Microseconds of CLOCK_REALTIME since 1970: for showing to people. */
uint64_t clock_real_us(void);

/* Test seam: SOURCE gets CLOCKID and returns nanoseconds; NULL restores the kernel's clocks. Don't change it
 * while other threads read the time. */
void clock_set_source(uint64_t (*source)(clockid_t clockid));

#endif
