/* Memory. If it runs out, a test server can only say so and end. */
#ifndef SIM_MEMORY_H
#define SIM_MEMORY_H

#include <stddef.h>

/* Zeroed, the caller frees. */
void *allocate(size_t size) __attribute__((malloc, returns_nonnull));
void *reallocate(void *old, size_t size) __attribute__((returns_nonnull));
/* LENGTH bytes and a NUL; the caller frees. */
char *duplicate(const char *bytes, size_t length) __attribute__((malloc, returns_nonnull));
/* Says so, and ends the program with EX_SOFTWARE. */
void die_of_memory(void) __attribute__((noreturn));

#endif
