#include "base/patience.h"

#include "base/cleanup.h"
#include "base/clock.h"

#include <errno.h>
#include <poll.h>

enum { MOST_MS = 60000 };

int patience_ms(uint64_t until_us)
{
    uint64_t now_us = clock_monotonic_us();
    uint64_t ms = now_us < until_us ? (until_us - now_us + US_PER_MS - 1) / US_PER_MS : 0;
    return ms > MOST_MS ? MOST_MS : (int)ms;
}

int patience_wait(int fd, uint64_t until_us, int cancel_fd)
{
    struct pollfd ready[] = {{.fd = fd, .events = POLLIN}, {.fd = cancel_fd, .events = POLLIN}};
    for (;;) {
        int left_ms = patience_ms(until_us);
        if (poll(ready, COUNT_OF(ready), left_ms) > 0)
            return ready[0].revents ? 0 : -ECANCELED;
        if (left_ms == 0)
            return -ETIMEDOUT;
    }
}
