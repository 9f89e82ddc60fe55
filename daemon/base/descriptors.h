/* How many descriptors this process and its children may open. */
#ifndef WARMD_BASE_DESCRIPTORS_H
#define WARMD_BASE_DESCRIPTORS_H

#include <stdint.h>

/* Raises RLIMIT_NOFILE's soft limit to the hard one, and returns the latter. */
uint64_t descriptors_raise(void);
/* Restores the soft limit from before the first raise: programs that use select(2), or that close every
 * possible descriptor, were written for that one. For a child between fork and exec. */
void descriptors_restore(void);

#endif
