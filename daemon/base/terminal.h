/* How wide the lines that people read may be. */
#ifndef WARMD_BASE_TERMINAL_H
#define WARMD_BASE_TERMINAL_H

#include <stddef.h>
#include <stdio.h>

/* The columns of a line on OUT: $COLUMNS, else the terminal's, else 80; from 40 to 500. */
size_t terminal_columns(FILE *out);
/* The same for a one-line message: without a terminal and without $COLUMNS it isn't wrapped, so that it can
 * be searched for. */
size_t terminal_message_columns(FILE *out);
/* Columns that TEXT, in UTF-8, takes: two for a wide character, none for one that combines with another. */
size_t text_columns(const char *text);

#endif
