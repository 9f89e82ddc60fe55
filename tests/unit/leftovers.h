/* What secrets leave in memory. */
#ifndef WARMD_TESTS_LEFTOVERS_H
#define WARMD_TESTS_LEFTOVERS_H

#include <stddef.h>

/* How often the bytes of NEEDLE, XORed with 0x55, stand in writable memory that is not this thread's stack.
 */
size_t count_in_memory(const unsigned char *needle, size_t n);

#endif
