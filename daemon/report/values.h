/* Numbers of which percentiles are wanted. Pure. */
#ifndef WARMD_REPORT_VALUES_H
#define WARMD_REPORT_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zero-initialised: none. */
struct values {
    uint32_t *data;
    size_t n, capacity;
};

/* False: memory ran out. */
bool values_add(struct values *values, uint32_t value);
void values_sort(struct values *values);
/* The nearest-rank percentile of sorted VALUES; 0 where there are none. */
uint32_t values_percentile(const struct values *values, unsigned percent);
void values_free(struct values *values);

#endif
