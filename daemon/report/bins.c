#include "report/bins.h"

#include "base/clock.h"

static size_t place_of(struct bin_row row, uint64_t at_us)
{
    size_t place = at_us > row.since_us ? (size_t)((at_us - row.since_us) / row.width_us) : 0;
    return place < row.n ? place : row.n - 1;
}

struct bin *bins_at(struct bin_row row, uint64_t at_us)
{
    return row.data + place_of(row, at_us);
}

static void raise_to(uint32_t *most, uint32_t value)
{
    if (value > *most)
        *most = value;
}

static void lower_to(uint32_t *least, uint32_t value)
{
    if (value > 0 && (*least == 0 || value < *least))
        *least = value;
}

void bin_add(struct bin *bin, const struct bin_round *round)
{
    bin->rounds[round->result]++;
    bin->target += round->target;
    bin->warm += round->warm;
    bin->cold += round->cold;
    bin->ok += round->ok;
    bin->cost_microusd += round->cost_microusd;
    raise_to(&bin->skew_us, round->skew_us);
    if (round->p50_us == 0)
        return;
    bin->timed++;
    bin->p50_sum_us += round->p50_us;
    bin->p99_sum_us += round->p99_us;
    lower_to(&bin->p50_least_us, round->p50_us);
    raise_to(&bin->p99_most_us, round->p99_us);
    raise_to(&bin->max_us, round->max_us);
}

void bins_add_span(struct bin_row row, uint64_t from_us, uint64_t to_us, enum span_state state)
{
    uint64_t end_us = row.since_us + row.n * row.width_us;
    if (from_us < row.since_us)
        from_us = row.since_us;
    if (to_us > end_us)
        to_us = end_us;
    while (from_us < to_us) {
        size_t place = place_of(row, from_us);
        uint64_t next_us = row.since_us + (place + 1) * row.width_us;
        uint64_t part_us = (next_us < to_us ? next_us : to_us) - from_us;
        row.data[place].lasted_ms[state] += (part_us + US_PER_MS / 2) / US_PER_MS;
        from_us += part_us;
    }
}

static void join(struct bin *bin, const struct bin *other)
{
    for (size_t i = 0; i <= ROUND_MET; i++)
        bin->rounds[i] += other->rounds[i];
    for (size_t i = 0; i < SPAN_STATES; i++)
        bin->lasted_ms[i] += other->lasted_ms[i];
    bin->target += other->target;
    bin->warm += other->warm;
    bin->cold += other->cold;
    bin->ok += other->ok;
    bin->timed += other->timed;
    bin->p50_sum_us += other->p50_sum_us;
    bin->p99_sum_us += other->p99_sum_us;
    bin->cost_microusd += other->cost_microusd;
    lower_to(&bin->p50_least_us, other->p50_least_us);
    raise_to(&bin->p99_most_us, other->p99_most_us);
    raise_to(&bin->max_us, other->max_us);
    raise_to(&bin->skew_us, other->skew_us);
}

void bins_halve(struct bin *data, size_t n)
{
    for (size_t i = 0; i < n; i += 2) {
        struct bin bin = data[i];
        if (i + 1 < n)
            join(&bin, &data[i + 1]);
        data[i / 2] = bin;
    }
}
