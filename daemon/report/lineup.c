#include "report/lineup.h"

#include <stdlib.h>
#include <string.h>

bool lineup_add(struct lineup *lineup, const struct moment *moment)
{
    if (lineup->n == lineup->capacity) {
        size_t capacity = lineup->capacity ? 2 * lineup->capacity : 16;
        struct moment *data = reallocarray(lineup->data, capacity, sizeof *data);
        if (!data)
            return false;
        lineup->data = data;
        lineup->capacity = capacity;
    }
    lineup->data[lineup->n++] = *moment;
    return true;
}

/* By insertion, which keeps the order of equal ones, and is quick where most are in order already. */
static void sort(struct lineup *lineup)
{
    for (size_t i = 1; i < lineup->n; i++) {
        if (lineup->data[i - 1].at_us <= lineup->data[i].at_us)
            continue;
        struct moment moment = lineup->data[i];
        size_t place = i;
        for (; place > 0 && lineup->data[place - 1].at_us > moment.at_us; place--)
            lineup->data[place] = lineup->data[place - 1];
        lineup->data[place] = moment;
    }
}

void lineup_drain(struct lineup *lineup, uint64_t before_us, struct timeline *timeline, struct span_sink sink)
{
    size_t n = 0;
    sort(lineup);
    while (n < lineup->n && lineup->data[n].at_us < before_us)
        timeline_take(timeline, &lineup->data[n++], sink);
    if (n > 0)
        memmove(lineup->data, lineup->data + n, (lineup->n - n) * sizeof *lineup->data);
    lineup->n -= n;
}

void lineup_free(struct lineup *lineup)
{
    free(lineup->data);
    *lineup = (struct lineup){0};
}
