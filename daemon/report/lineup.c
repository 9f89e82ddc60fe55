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
    lineup->data[lineup->n] = *moment;
    lineup->data[lineup->n++].place = lineup->n_added++;
    return true;
}

static int earlier_first(const void *a, const void *b)
{
    const struct moment *left = a, *right = b;
    if (left->at_us != right->at_us)
        return left->at_us < right->at_us ? -1 : 1;
    return (left->place > right->place) - (left->place < right->place);
}

static void sort(struct lineup *lineup)
{
    size_t i = 1;
    while (i < lineup->n && lineup->data[i - 1].at_us <= lineup->data[i].at_us)
        i++;
    if (i < lineup->n)
        qsort(lineup->data, lineup->n, sizeof *lineup->data, earlier_first);
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
