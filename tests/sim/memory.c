#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

void die_of_memory(void)
{
    fputs("lambda-sim: out of memory\n", stderr);
    exit(EX_SOFTWARE);
}

void *allocate(size_t size)
{
    void *memory = calloc(1, size);
    if (!memory)
        die_of_memory();
    return memory;
}

void *reallocate(void *old, size_t size)
{
    void *memory = realloc(old, size);
    if (!memory)
        die_of_memory();
    return memory;
}

char *duplicate(const char *bytes, size_t length)
{
    char *copy = reallocate(NULL, length + 1);
    if (length)
        memcpy(copy, bytes, length);
    copy[length] = '\0';
    return copy;
}
