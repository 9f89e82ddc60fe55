/* Waiting that ends: at a time, or by a cancel. Times are microseconds of CLOCK_MONOTONIC. */
#ifndef WARMD_BASE_PATIENCE_H
#define WARMD_BASE_PATIENCE_H

#include <stdint.h>

/* How long poll may wait until UNTIL_US: in milliseconds, rounded up, a minute at most; 0: it has passed. */
int patience_ms(uint64_t until_us);

/* Waits until FD is readable: 0. -ETIMEDOUT: at UNTIL_US it wasn't. -ECANCELED: CANCEL_FD is readable. Each
 * may be -1: not waited for. */
int patience_wait(int fd, uint64_t until_us, int cancel_fd);

#endif
