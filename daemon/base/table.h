/* Tables and paragraphs that fit the terminal. */
#ifndef WARMD_BASE_TABLE_H
#define WARMD_BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct table_column {
    const char *head;
    bool left; /* aligned; else right */
};

/* Initialise the columns and zero the rest. */
struct table {
    const struct table_column *columns;
    size_t n_columns;
    bool cut;     /* long first cells are cut, where they would get lines of their own */
    char **cells; /* row by row, each followed by its note; NULL: none */
    size_t n_cells;
    bool failed; /* memory ran out */
};

/* Adds the next cell, from left to right; after a full row the next one begins. */
void table_cell(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Adds a note to the last complete row: after it if there is room, else below. */
void table_note(struct table *table, const char *text);
/* How many columns it needs, without notes. */
size_t table_columns(const struct table *table);
/* Prints it within COLUMNS, if necessary with less space between columns and long first cells on lines of
 * their own, or cut. */
void table_print(const struct table *table, FILE *out, size_t columns);
void table_free(struct table *table);

#define CLEANUP_TABLE __attribute__((cleanup(table_free)))

/* Prints TEXT and a newline, wrapped at blanks to fit COLUMNS, with its lines indented by INDENT. */
void paragraph_print(FILE *out, const char *text, size_t indent, size_t columns);

#endif
