#include "report/values.h"

#include <stdlib.h>

bool values_add(struct values *values, uint32_t value)
{
    if (values->n == values->capacity) {
        size_t capacity = values->capacity + values->capacity / 2 + 64;
        uint32_t *data = reallocarray(values->data, capacity, sizeof *data);
        if (!data)
            return false;
        values->data = data;
        values->capacity = capacity;
    }
    values->data[values->n++] = value;
    return true;
}

static int by_size(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

void values_sort(struct values *values)
{
    if (values->n > 1)
        qsort(values->data, values->n, sizeof *values->data, by_size);
}

uint32_t values_percentile(const struct values *values, unsigned percent)
{
    if (values->n == 0)
        return 0;
    size_t rank = (values->n * percent + 99) / 100;
    return values->data[rank > 0 ? rank - 1 : 0];
}

void values_free(struct values *values)
{
    free(values->data);
    *values = (struct values){0};
}
