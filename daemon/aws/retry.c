#include "aws/retry.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#define BASE_US (US_PER_S / 2) /* the longest first wait */

bool retry_is_worth_it(int result, int status)
{
    switch (result) {
    case 0:
        return status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
    case -ETIMEDOUT:
    case -ECONNREFUSED:
    case -ECONNRESET:
    case -EPIPE:
    case -EHOSTUNREACH:
    case -ENETUNREACH:
    case -EAGAIN:
        return true;
    default:
        return false;
    }
}

bool retry_wait(unsigned done, const struct credentials_patience *patience)
{
    uint64_t wait_us = arc4random_uniform((uint32_t)BASE_US << done);
    uint64_t now_us = clock_monotonic_us(), until_us = now_us + wait_us;
    if (until_us >= patience->until_us)
        return false;
    while (now_us < until_us) {
        struct pollfd cancel = {.fd = patience->cancel_fd, .events = POLLIN};
        if (poll(&cancel, 1, (int)((until_us - now_us + US_PER_MS - 1) / US_PER_MS)) > 0)
            return false;
        now_us = clock_monotonic_us();
    }
    return true;
}
