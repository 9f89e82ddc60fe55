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

/* Begin with the columns, all else zero. */
struct table {
    const struct table_column *columns;
    size_t n_columns;
    char **cells; /* row by row */
    size_t n_cells;
    char **notes; /* of each row that is complete; NULL: it has none */
    bool failed;  /* memory ran out */
};

/* The next cell, from left to right; a full row begins another. */
void table_cell(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What is to be said of the row that was completed last: after it where there is room, else below. */
void table_note(struct table *table, const char *text);
/* How many columns it wants, without notes. */
size_t table_columns(const struct table *table);
/* Prints it within COLUMNS: with less space between columns if need be, and long first cells in lines of
 * their own. */
void table_print(const struct table *table, FILE *out, size_t columns);
void table_free(struct table *table);

#define CLEANUP_TABLE __attribute__((cleanup(table_free)))

/* Prints TEXT and a newline, broken at blanks to fit COLUMNS, its lines indented by INDENT. */
void paragraph_print(FILE *out, const char *text, size_t indent, size_t columns);

#endif
