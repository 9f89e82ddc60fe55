/* Bytes: appended at the end, taken from the front. */
#ifndef SIM_BUFFER_H
#define SIM_BUFFER_H

#include <stddef.h>

/* Zero-initialised is empty. `data` is always followed by a NUL once something was added. */
struct buffer {
    char *data; /* the first byte that hasn't been taken */
    size_t length;
    char *block; /* what was allocated */
    size_t capacity;
};

void buffer_add(struct buffer *buffer, const void *bytes, size_t length);
void buffer_format(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Drops LENGTH bytes at the front; frees the memory when nothing is left. */
void buffer_take(struct buffer *buffer, size_t length);
void buffer_free(struct buffer *buffer);

#define CLEANUP_BUFFER __attribute__((cleanup(buffer_free)))

#endif
