/* What is wrong with a configuration: every mistake with its place, in the order found. */
#ifndef WARMD_PLAN_MISTAKES_H
#define WARMD_PLAN_MISTAKES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mistake {
    char *file;
    unsigned line;   /* 0: the file as a whole */
    unsigned column; /* bytes, from 1; 0: not known */
    bool warning;    /* accepted, but a person should know */
    bool alone;      /* nothing else on its line is a consequence of it */
    char *text;
    char *word;     /* the key that it is about; NULL: not known */
    uint64_t order; /* for mistakes_sort; 0: as found */
};

/* Zero-initialised is empty. */
struct mistakes {
    struct mistake *items;
    size_t n;
    size_t errors; /* those that are not warnings; counted even when memory for the text ran out */
};

/* Adds a mistake, or a warning, and returns it; NULL: no memory. */
struct mistake *mistakes_record(struct mistakes *mistakes, const char *file, unsigned line, bool warning,
                                const char *format, va_list args) __attribute__((format(printf, 5, 0)));
void mistakes_add(struct mistakes *mistakes, const char *file, unsigned line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void mistakes_warn(struct mistakes *mistakes, const char *file, unsigned line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Moves all of FROM to the end of MISTAKES. */
void mistakes_move(struct mistakes *mistakes, struct mistakes *from);
/* Forgets number I. */
void mistakes_drop(struct mistakes *mistakes, size_t i);
/* "FILE:LINE: message" or "FILE:LINE: warning: message", without a newline; owned by the caller. NULL: no
 * memory. */
char *mistake_format(const struct mistake *mistake);
/* Sorts those from FIRST on by their `order`, which whoever records a mistake out of turn sets. */
void mistakes_sort(struct mistakes *mistakes, size_t first);
void mistakes_free(struct mistakes *mistakes);

#define CLEANUP_MISTAKES __attribute__((cleanup(mistakes_free)))

#endif
