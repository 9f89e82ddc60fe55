/* A place in a configuration's text, and the includes and numbers that are found there. Pure. */
#ifndef WARMD_CONFIG_CURSOR_H
#define WARMD_CONFIG_CURSOR_H

#include "config/source.h"

struct cursor {
    const char *at;
    const char *end; /* a NUL */
    const char *line_start;
    struct source_place place; /* of `at` */
};

/* The byte AHEAD of the cursor; NUL, which is never in the text, at the end. */
char cursor_peek(const struct cursor *cursor, size_t ahead);
/* Whether WORD stands AHEAD of the cursor. */
bool cursor_sees(const struct cursor *cursor, size_t ahead, const char *word);
/* How many bytes are left in the line, without its end. */
size_t cursor_line_length(const struct cursor *cursor);

/* Whether an @include is next: 1: its name, owned by the caller, and how many bytes it takes; 0: none.
 * -ENOMEM. */
int cursor_include(const struct cursor *cursor, size_t *ret_length, char **ret_include);

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

/* The number that all of the LENGTH bytes at the cursor are; NUMBER_NONE: none, or one that versions of
 * libconfig read differently, because it starts with 0. */
struct number cursor_number(const struct cursor *cursor, size_t length);

#endif
