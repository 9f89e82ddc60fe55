/* How many descriptors this process may open, and its children. */
#ifndef WARMD_BASE_DESCRIPTORS_H
#define WARMD_BASE_DESCRIPTORS_H

#include <stdint.h>

/* Raises RLIMIT_NOFILE's soft limit to the hard one, and returns the latter. */
uint64_t descriptors_raise(void);
/* Sets the soft limit back to what it was before the first raise: programs that use select(2), or that close
 * every descriptor there may be, were written for that one. For a child between fork and exec. */
void descriptors_restore(void);

#endif
