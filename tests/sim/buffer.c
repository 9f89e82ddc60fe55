#include "buffer.h"

#include "memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void make_room(struct buffer *buffer, size_t more)
{
    size_t taken = buffer->block ? (size_t)(buffer->data - buffer->block) : 0;
    size_t wanted = buffer->length + more + 1;
    if (taken + wanted <= buffer->capacity)
        return;
    if (taken)
        memmove(buffer->block, buffer->data, buffer->length + 1);
    if (wanted > buffer->capacity) {
        size_t doubled = buffer->capacity ? 2 * buffer->capacity : 64;
        buffer->capacity = wanted > doubled ? wanted : doubled;
        buffer->block = reallocate(buffer->block, buffer->capacity);
    }
    buffer->data = buffer->block;
}

void buffer_add(struct buffer *buffer, const void *bytes, size_t length)
{
    make_room(buffer, length);
    if (length)
        memcpy(buffer->data + buffer->length, bytes, length);
    buffer->length += length;
    buffer->data[buffer->length] = '\0';
}

void buffer_format(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0)
        die_of_memory();
    buffer_add(buffer, text, (size_t)length);
    free(text);
}

void buffer_take(struct buffer *buffer, size_t length)
{
    if (length >= buffer->length) {
        buffer_free(buffer);
        return;
    }
    buffer->data += length;
    buffer->length -= length;
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->block);
    *buffer = (struct buffer){0};
}
