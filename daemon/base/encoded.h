/* One character in the many ways in which it may be written. Pure. */
#ifndef WARMD_BASE_ENCODED_H
#define WARMD_BASE_ENCODED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A character of UTF-8, or one byte that is none. */
struct letter {
    uint32_t point;
    unsigned char bytes[4];
    size_t n;
};

/* The letter at TEXT, which isn't at its end. */
struct letter letter_at(const char *text);

/* How many bytes at TEXT stand for LETTER: as it is, escaped as in JSON or in a programming language's string
 * (once or more often), as a percent-encoding, as an HTML reference. 0: they don't.
 * AS_IS: as it is first, for a letter that escapes begin with may stand there in both ways. */
size_t encoded_match(const char *text, const struct letter *letter, bool as_is);

/* Does TEXT end within something that may stand for a letter? */
bool encoded_is_cut(const char *text);

#endif
