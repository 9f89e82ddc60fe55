#include "base/table.h"

#include "base/cleanup.h"
#include "base/terminal.h"

#include <stdarg.h>
#include <string.h>

enum {
    GAP = 2, /* between columns, where there is room */
    FIRST_MIN = 8,
    NOTE_INDENT = 2,
};

/* From one row to the next. */
static size_t stride(const struct table *table)
{
    return table->n_columns + 1;
}

void table_cell(struct table *table, const char *format, ...)
{
    char **cells = reallocarray(table->cells, table->n_cells + 2, sizeof *cells);
    va_list args;
    if (cells)
        table->cells = cells;
    va_start(args, format);
    if (cells && vasprintf(&cells[table->n_cells], format, args) >= 0)
        table->n_cells++;
    else
        table->failed = true;
    va_end(args);
    if (cells && table->n_cells % stride(table) == table->n_columns)
        cells[table->n_cells++] = NULL; /* no note yet */
}

void table_note(struct table *table, const char *text)
{
    if (table->failed || table->n_cells < stride(table))
        return;
    char **note = &table->cells[table->n_cells / stride(table) * stride(table) - 1];
    free(*note);
    *note = strdup(text);
    table->failed |= !*note;
}

static size_t width_of(const struct table *table, size_t column)
{
    size_t width = text_columns(table->columns[column].head);
    for (size_t i = column; i < table->n_cells; i += stride(table))
        if (text_columns(table->cells[i]) > width)
            width = text_columns(table->cells[i]);
    return width;
}

/* Fills WIDTHS; returns their sum, without the gaps. */
static size_t widths_of(const struct table *table, size_t *widths)
{
    size_t sum = 0;
    for (size_t i = 0; i < table->n_columns; i++)
        sum += widths[i] = width_of(table, i);
    return sum;
}

size_t table_columns(const struct table *table)
{
    CLEANUP_FREE size_t *widths = calloc(table->n_columns, sizeof *widths);
    return widths ? widths_of(table, widths) + GAP * (table->n_columns - 1) : 0;
}

static void print_blanks(FILE *out, size_t n)
{
    fprintf(out, "%*s", (int)n, "");
}

static void print_cell(FILE *out, const char *cell, size_t width, bool left, bool last)
{
    size_t used = text_columns(cell);
    size_t rest = used < width ? width - used : 0;
    if (!left)
        print_blanks(out, rest);
    fputs(cell, out);
    if (left && !last)
        print_blanks(out, rest);
}

/* How a table is laid out. */
struct layout {
    size_t *widths;
    size_t gap;
    size_t used; /* by a row */
    size_t columns;
};

/* A first cell that is too long. It is cut at bytes: names are plain words. */
static void print_long(const struct table *table, FILE *out, const struct layout *layout, const char *cell)
{
    if (table->cut) {
        fprintf(out, "%.*s…", (int)layout->widths[0] - 1, cell);
    } else {
        fprintf(out, "%s\n", cell);
        print_blanks(out, layout->widths[0]);
    }
}

static void print_cells(const struct table *table, FILE *out, const struct layout *layout,
                        const char *const *cells)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        if (i + 1 == table->n_columns && cells[i][0] == '\0')
            return;
        if (i > 0)
            print_blanks(out, layout->gap);
        if (i == 0 && text_columns(cells[0]) > layout->widths[0]) {
            print_long(table, out, layout, cells[0]);
        } else {
            print_cell(out, cells[i], layout->widths[i], table->columns[i].left, i + 1 == table->n_columns);
        }
    }
}

static void print_note(FILE *out, const struct layout *layout, const char *note)
{
    if (note && layout->used + layout->gap + text_columns(note) <= layout->columns) {
        print_blanks(out, layout->gap);
        fprintf(out, "%s\n", note);
        return;
    }
    fputc('\n', out);
    if (note)
        paragraph_print(out, note, NOTE_INDENT, layout->columns);
}

static struct layout lay_out(const struct table *table, size_t *widths, size_t columns)
{
    struct layout layout = {.widths = widths, .gap = GAP, .columns = columns};
    size_t sum = widths_of(table, widths), gaps = table->n_columns - 1;
    size_t needed = table->cut ? sum - widths[0] + FIRST_MIN : sum;
    if (needed + gaps * layout.gap > columns)
        layout.gap = 1;
    size_t others = sum - widths[0] + gaps * layout.gap;
    if (others + widths[0] > columns)
        widths[0] = columns > others + FIRST_MIN ? columns - others : FIRST_MIN;
    layout.used = others + widths[0];
    return layout;
}

void table_print(const struct table *table, FILE *out, size_t columns)
{
    CLEANUP_FREE size_t *widths = calloc(table->n_columns, sizeof *widths);
    CLEANUP_FREE const char **heads = calloc(table->n_columns, sizeof *heads);
    if (!widths || !heads)
        return;
    struct layout layout = lay_out(table, widths, columns);
    for (size_t i = 0; i < table->n_columns; i++)
        heads[i] = table->columns[i].head;
    print_cells(table, out, &layout, heads);
    fputc('\n', out);
    for (size_t i = 0; i + stride(table) <= table->n_cells; i += stride(table)) {
        print_cells(table, out, &layout, (const char *const *)table->cells + i);
        print_note(out, &layout, table->cells[i + table->n_columns]);
    }
}

void table_free(struct table *table)
{
    for (size_t i = 0; i < table->n_cells; i++)
        free(table->cells[i]);
    free(table->cells);
    *table = (struct table){0};
}

void paragraph_print(FILE *out, const char *text, size_t indent, size_t columns)
{
    size_t column = 0;
    for (const char *at = text; *at;) {
        size_t length = strcspn(at, " ");
        CLEANUP_FREE char *word = strndup(at, length);
        size_t width = word ? text_columns(word) : 0;
        bool breaks = column == 0 || column + 1 + width > columns;
        if (breaks && column > 0)
            fputc('\n', out);
        print_blanks(out, breaks ? indent : 1);
        fputs(word ? word : "", out);
        column = breaks ? indent + width : column + 1 + width;
        at += length + (at[length] == ' ');
    }
    fputc('\n', out);
}
