#include "decide/backoff.h"

#include "base/clock.h"

static const uint64_t DELAY_LEAST_US = US_PER_S;
enum { FIRST_PART = 16, SHARE_PART = 10 };

enum backoff_change backoff_take(struct backoff *failing, const struct observation *observation,
                                 uint64_t now_real_us)
{
    if (observation->sent == 0 || observation->throttled)
        return BACKOFF_SAME;
    if (observation->ok) {
        bool was_failing = failing->rounds > 0;
        failing->rounds = 0;
        return was_failing ? BACKOFF_OVER : BACKOFF_SAME;
    }
    failing->rounds += failing->rounds < UINT32_MAX;
    if (failing->rounds > 1)
        return BACKOFF_SAME;
    failing->since_real_us = now_real_us;
    return BACKOFF_BEGAN;
}

uint32_t backoff_share(const struct backoff *failing, uint32_t wanted)
{
    return failing->rounds ? (wanted + SHARE_PART - 1) / SHARE_PART : wanted;
}

uint64_t backoff_delay_us(const struct backoff *failing, uint64_t interval_us)
{
    uint64_t delay_us = interval_us / FIRST_PART;
    for (uint32_t round = 1; round < failing->rounds && delay_us < interval_us; round++)
        delay_us *= 2;
    delay_us = delay_us > DELAY_LEAST_US ? delay_us : DELAY_LEAST_US;
    return delay_us < interval_us ? delay_us : interval_us;
}

uint64_t backoff_for_us(const struct backoff *failing, uint64_t now_real_us)
{
    return now_real_us > failing->since_real_us ? now_real_us - failing->since_real_us : 0;
}
