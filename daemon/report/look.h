/* How a report for people may look. */
#ifndef WARMD_REPORT_LOOK_H
#define WARMD_REPORT_LOOK_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct look {
    size_t columns; /* of a line; from 40 on */
    bool unicode, colour;
    const char *journal_options; /* with which journalctl reads the same journal; "" for the system's own */
};

enum { LEVELS = 5 };

/* The signs that are other ones in ASCII. */
struct signs {
    const char *levels[LEVELS]; /* from nothing to all */
    const char *resting, *elsewhere;
    const char *unknown, *to, *becomes; /* an en dash, the same between two numbers, an arrow */
    const char *cut;                    /* for what there is no room for */
    const char *tick;                   /* of a scale, before its label */
};
const struct signs *look_signs(struct look look);

/* Colours only repeat what the text says; they are told apart by who sees no red or green. */
enum hue { HUE_PLAIN, HUE_STRONG, HUE_FAINT, HUE_GOOD, HUE_BAD, HUE_ALARM };
/* Begins a hue in LINE; HUE_PLAIN ends it. */
void add_hue(struct text *line, struct look look, enum hue hue);

/* Adds at most COLUMNS columns of STRING, with a sign at its end if it is cut; without Unicode, "?" stands
 * for other characters. Returns how many columns it took. */
size_t add_cut(struct text *line, struct look look, const char *string, size_t columns);
void add_blanks(struct text *line, size_t n);
/* Adds STRING in COLUMNS columns, to the left or right; it isn't cut. */
void add_padded(struct text *line, const char *string, size_t columns, bool left);
/* Adds STRING, cut where it has to be, in COLUMNS columns. */
void add_name(struct text *line, struct look look, const char *string, size_t columns);

/* A blank at which wrapped_print doesn't break lines. No other text contains it. */
#define KEPT_BLANK '\x1f'
/* Makes such blanks of those in STRING, and returns it. */
char *keep_together(char *string);
/* Prints TEXT, unless memory ran out, and a newline, broken at blanks to fit look.columns. TEXT is empty
 * afterwards. */
void wrapped_print(FILE *out, struct text *text, struct look look);

#endif
