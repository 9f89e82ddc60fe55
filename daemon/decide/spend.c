#include "decide/spend.h"

#include "base/clock.h"

#include <time.h>

static int32_t month_of(uint64_t real_us)
{
    time_t seconds = (time_t)(real_us / US_PER_S);
    struct tm utc;
    return gmtime_r(&seconds, &utc) ? (utc.tm_year + 1900) * 12 + utc.tm_mon : 0;
}

static const uint64_t DOUBTFUL_US = US_PER_DAY;

static double larger(double a, double b)
{
    return a > b ? a : b;
}

/* Swaps the current month with the other one. */
static void swap(struct spend *spend)
{
    *spend = (struct spend){.month = spend->other_month,
                            .usd = spend->other_usd,
                            .other_month = spend->month,
                            .other_usd = spend->usd};
}

void spend_turn(struct spend *spend, uint64_t now_real_us)
{
    int32_t month = month_of(now_real_us);
    if (month == spend->month)
        return;
    if (month == spend->other_month)
        swap(spend);
    else if (month > spend->month)
        *spend = (struct spend){.month = month, .other_month = spend->month, .other_usd = spend->usd};
    else if (month < spend->month - 1) {
        /* Else a clock that was once years ahead would keep this month forever. */
        spend->usd = larger(spend->usd, spend->other_usd);
        spend->month = month;
    }
}

void spend_clock_set(struct spend *spend, uint64_t before_real_us, uint64_t now_real_us)
{
    uint64_t by_us =
        before_real_us > now_real_us ? before_real_us - now_real_us : now_real_us - before_real_us;
    int32_t before = month_of(before_real_us), now = month_of(now_real_us);
    if (by_us < DOUBTFUL_US || before == now)
        return;
    spend_turn(spend, now_real_us);
    if (spend->other_month == before)
        spend->usd = larger(spend->usd, spend->other_usd);
    if (before > now && spend->other_month > now) { /* that month hasn't begun yet */
        spend->other_month = 0;
        spend->other_usd = 0;
    }
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
