/* How far a connection's peer is, as the kernel measures it, and who is released later so that all arrive
 * together. */
#ifndef WARMD_VOLLEY_PATH_H
#define WARMD_VOLLEY_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One connection's path (tcp_info: tcpi_min_rtt, tcpi_rttvar, tcpi_rtt). */
struct path {
    uint32_t least_round_trip_us;
    uint32_t variation_us;
    uint32_t delay_us;      /* by path_compensate: release it this long after T0 */
    uint32_t round_trip_us; /* smoothed */
    bool is_connected;
};

/* The path of the TCP connection FD; all zero if the kernel doesn't tell. */
struct path path_measure(int fd);

/* Fills the delays of N paths: half of what each round trip is shorter than the longest. All are 0, and false
 * is returned, unless that helps: the round trips of different connections must differ clearly more (3 times
 * the median variation, and 2 ms) than those of one connection. If every packet's delay is random, holding
 * back connections that only seem near adds to the spread (measured: 12.7 ms instead of 11.2). */
bool path_compensate(struct path *const *paths, size_t n);

#endif
