/* Columns of numbers as short text, for the page's script to read (page/data.js is the other half). Pure.
 *
 * A number is written in digits of five bits, the least first, each a character; the sixth bit says that more
 * follow. A column is written as the differences from one number to the next, the first from 0; the sign is
 * in the lowest bit. A dot and a number n stand for n differences of 0. Those at the end are left out. No
 * character needs escaping, in JSON or HTML. */
#ifndef WARMD_REPORT_PACKED_H
#define WARMD_REPORT_PACKED_H

#include <stdint.h>
#include <stdio.h>

/* Zero-initialised: a column that begins. */
struct packed {
    uint64_t last;
    uint64_t n_same; /* differences of 0 that are not written yet */
};

/* Writes the column's next NUMBER, up to 2^53, to OUT. There is nothing to do at its end. */
void packed_add(struct packed *column, uint64_t number, FILE *out);

/* NUMBER with its ten highest bits, as a code that grows with it: the difference between two codes is small
 * where their numbers are alike. */
uint64_t packed_coarse(uint64_t number);

#endif
