/* Numbers as every version of libconfig reads them. Pure. */
#ifndef WARMD_CONFIG_NUMBER_H
#define WARMD_CONFIG_NUMBER_H

#include <stddef.h>

enum number_kind {
    NUMBER_NONE,
    NUMBER_INTEGER,
    NUMBER_LONG, /* more than 32 bits, or written as one */
    NUMBER_FLOAT,
};

struct number {
    enum number_kind kind;
    char text[32]; /* an integer's, with the L that libconfig wants if it doesn't fit 32 bits; one that
                      doesn't fit 64 became the largest, which no key accepts either */
};

/* The number that all of the LENGTH bytes of TEXT are, whose end is a NUL. NUMBER_NONE: none, or one that
 * versions of libconfig read differently, because it starts with 0. */
struct number number_of(const char *text, size_t length);

#endif
