/* The same for many seeds, on all cores. */
#ifndef WARMD_LEARNING_PARALLEL_H
#define WARMD_LEARNING_PARALLEL_H

#include <stddef.h>

typedef void (*parallel_work)(size_t number, void *result, const void *context);

/* WORK for the numbers 0 to N − 1, each filling its RESULT of SIZE bytes, without a pointer, in processes of
 * its own. Ends the program where one of them fails. */
void parallel(size_t n, size_t size, void *results, parallel_work work, const void *context);

#endif
