#include "decide/spend.h"

#include "base/clock.h"

#include <time.h>

static int32_t month_of(uint64_t real_us)
{
    time_t seconds = (time_t)(real_us / US_PER_S);
    struct tm utc;
    return gmtime_r(&seconds, &utc) ? (utc.tm_year + 1900) * 12 + utc.tm_mon : 0;
}

void spend_turn(struct spend *spend, uint64_t now_real_us)
{
    int32_t month = month_of(now_real_us);
    if (month > spend->month)
        *spend = (struct spend){.month = month};
    else if (month < spend->month - 1)
        spend->month = month; /* or a clock that was once years ahead would keep this month for ever */
}

void spend_add(struct spend *spend, uint64_t now_real_us, double usd)
{
    spend_turn(spend, now_real_us);
    spend->usd += usd;
}

bool spend_allows(const struct endpoint *endpoint, const struct spend *spend, uint64_t now_real_us,
                  double next_round_usd)
{
    struct spend now = *spend;
    spend_turn(&now, now_real_us);
    return endpoint->budget_usd <= 0 || now.usd + next_round_usd <= endpoint->budget_usd;
}
