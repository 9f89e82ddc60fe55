/* Compensation of different path lengths: who is released later so that all arrive together. Pure. */
#ifndef WARMD_VOLLEY_COMPENSATION_H
#define WARMD_VOLLEY_COMPENSATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One connection's path, as the kernel has measured it (tcp_info: tcpi_min_rtt, tcpi_rttvar). */
struct path {
    uint32_t least_round_trip_us;
    uint32_t variation_us;
    uint32_t delay_us; /* the result: to be released so much after T0 */
};

/* Fills the delays of N paths: half of what each round trip is shorter than the longest. All 0, and false
 * returned, unless that helps: only where the round trips of different connections differ clearly more (3
 * times the median variation, and 2 ms) than those of one connection do. Where delays are drawn anew for each
 * packet, holding back the seemingly near ones only adds to the spread (measured: 12.7 ms instead of 11.2).
 */
bool compensation_plan(struct path *paths, size_t n);

#endif
