/* The many ways to write one character. Pure. */
#ifndef WARMD_BASE_ENCODED_H
#define WARMD_BASE_ENCODED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A UTF-8 character, or one byte that isn't part of any. */
struct letter {
    uint32_t point;
    unsigned char bytes[4];
    size_t n;
};

/* The letter at TEXT, which must not be at its end. */
struct letter letter_at(const char *text);

/* How many bytes at TEXT stand for LETTER: literal, escaped as in JSON or in a programming language's string
 * (once or repeatedly), percent-encoded, or as an HTML reference. 0: they don't. AS_IS: try it literally
 * first, because a letter that begins escapes may stand there either way. */
size_t encoded_match(const char *text, const struct letter *letter, bool as_is);

/* Does TEXT end within something that may stand for a letter? */
bool encoded_is_cut(const char *text);

#endif
