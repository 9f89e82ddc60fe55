/* Compensates for different path lengths: who is released later so that all arrive together. Pure. */
#ifndef WARMD_VOLLEY_COMPENSATION_H
#define WARMD_VOLLEY_COMPENSATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One connection's path, as the kernel measured it (tcp_info: tcpi_min_rtt, tcpi_rttvar). */
struct path {
    uint32_t least_round_trip_us;
    uint32_t variation_us;
    uint32_t delay_us; /* the result: release it this long after T0 */
};

/* Fills the delays of N paths: half of what each round trip is shorter than the longest. All are 0, and false
 * is returned, unless that helps: the round trips of different connections must differ clearly more (3 times
 * the median variation, and 2 ms) than those of one connection. If every packet's delay is random, holding
 * back connections that only seem near adds to the spread (measured: 12.7 ms instead of 11.2). */
bool compensation_plan(struct path *paths, size_t n);

#endif
