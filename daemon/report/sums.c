#include "report/sums.h"

uint64_t endpoint_rounds(const struct report_endpoint *endpoint)
{
    return endpoint->rounds[ROUND_FAILED] + endpoint->rounds[ROUND_SHORT] + endpoint->rounds[ROUND_MET];
}

double endpoint_usd(const struct report_endpoint *endpoint)
{
    return endpoint->cost_known ? (double)endpoint->cost_microusd / 1e6 : -1;
}

static uint64_t longest_gap_us(const struct report_endpoint *endpoint)
{
    return endpoint->timeline.longest.to_us - endpoint->timeline.longest.from_us;
}

int endpoint_compare_worst(const struct report_endpoint *a, const struct report_endpoint *b)
{
    double a_share = endpoint_warm_share(a), b_share = endpoint_warm_share(b);
    if ((a_share < 0) != (b_share < 0)) /* those of which nothing is known come last */
        return a_share < 0 ? 1 : -1;
    if (a_share < b_share || a_share > b_share)
        return a_share < b_share ? -1 : 1;
    if (longest_gap_us(a) != longest_gap_us(b))
        return longest_gap_us(a) > longest_gap_us(b) ? -1 : 1;
    return (a->place > b->place) - (a->place < b->place);
}

/* Adds USD, if it is known, to *SUM, where nothing is negative. */
static bool add_usd(double *sum, double usd)
{
    if (usd >= 0)
        *sum = *sum < 0 ? usd : *sum + usd;
    return usd >= 0;
}

struct sums sums_of(const struct report *report)
{
    struct sums sums = {.usd = -1, .month_usd = -1, .provisioned_month_usd = -1};
    double warm_us = 0, gap_us = 0;
    for (size_t i = 0; i < report->n_endpoints; i++) {
        const struct report_endpoint *endpoint = report->endpoints[i];
        sums.rounds += endpoint_rounds(endpoint);
        sums.failed += endpoint->rounds[ROUND_FAILED];
        sums.short_of_target += endpoint->rounds[ROUND_SHORT];
        sums.n_gaps += endpoint->timeline.n_gaps;
        sums.cold_known |= endpoint->cold_known;
        sums.cold += endpoint->cold_known ? endpoint->cold : 0;
        sums.n_usd += add_usd(&sums.usd, endpoint_usd(endpoint));
        sums.n_month += add_usd(&sums.month_usd, endpoint_month_usd(endpoint));
        add_usd(&sums.provisioned_month_usd, endpoint_provisioned_month_usd(endpoint));
        warm_us += (double)endpoint->timeline.lasted_us[SPAN_WARM];
        gap_us += (double)endpoint->timeline.lasted_us[SPAN_GAP];
        sums.resting_us += (double)endpoint->timeline.lasted_us[SPAN_RESTING];
        sums.elsewhere_us += (double)endpoint->timeline.lasted_us[SPAN_ELSEWHERE];
        if (!sums.worst || endpoint_compare_worst(endpoint, sums.worst) < 0)
            sums.worst = endpoint;
    }
    sums.warm_share = warm_us + gap_us > 0 ? warm_us / (warm_us + gap_us) : -1;
    return sums;
}

bool sums_are_empty(const struct sums *sums)
{
    return sums->rounds == 0 && sums->resting_us + sums->elsewhere_us <= 0;
}

/* How many of the sorted VALUES are at most LIMIT. */
static size_t count_up_to(const struct values *values, uint32_t limit)
{
    size_t from = 0, to = values->n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (values->data[middle] <= limit)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* The values of an endpoint that a percentile is wanted of. */
typedef const struct values *values_of(const struct report_endpoint *endpoint);

static const struct values *medians_of(const struct report_endpoint *endpoint)
{
    return &endpoint->p50_us;
}

static const struct values *p99s_of(const struct report_endpoint *endpoint)
{
    return &endpoint->p99_us;
}

/* Halves the range of values rather than sorting all of them together, which would take their memory again.
 */
static uint32_t percentile_of_all(const struct report *report, values_of *values, unsigned percent)
{
    uint64_t n = 0;
    uint32_t least = 0, most = UINT32_MAX;
    for (size_t i = 0; i < report->n_endpoints; i++)
        n += values(report->endpoints[i])->n;
    uint64_t rank = (n * percent + 99) / 100;
    while (n > 0 && least < most) {
        uint32_t middle = least + (most - least) / 2;
        uint64_t up_to = 0;
        for (size_t i = 0; i < report->n_endpoints; i++)
            up_to += count_up_to(values(report->endpoints[i]), middle);
        if (up_to >= rank)
            most = middle;
        else
            least = middle + 1;
    }
    return n > 0 ? least : 0;
}

uint32_t report_p50_us(const struct report *report)
{
    return percentile_of_all(report, medians_of, 50);
}

uint32_t report_p99_us(const struct report *report)
{
    return percentile_of_all(report, p99s_of, 99);
}
