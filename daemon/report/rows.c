#include "report/rows.h"

#include "base/cleanup.h"
#include "base/terminal.h"
#include "report/figures.h"
#include "report/heat.h"

#include <stdlib.h>
#include <string.h>

enum {
    GAP = 2,
    SHARE_COLUMNS = 6, /* of "99.97%" */
    NAME_ENOUGH = 24,  /* that names may be cut to so that all is in one row */
    NAME_LEAST = 12,   /* and while there is something to leave out */
};

static const char head_name[] = "ENDPOINT", head_order[] = "WORST FIRST";

struct grid {
    const struct report *report;
    struct look look;
    const struct report_endpoint **endpoints; /* worst first */
    struct figures *figures;                  /* one each, then their sums if there are several */
    size_t n;                                 /* figures */
    char sums_name[PHRASE_MAX];
    size_t name_columns; /* of the longest */
    bool shown[FIGURES];
    size_t columns[FIGURES];
    bool seen[CELLS];
};

static int compare_worst(const void *a, const void *b)
{
    return endpoint_compare_worst(*(const struct report_endpoint *const *)a,
                                  *(const struct report_endpoint *const *)b);
}

static void measure(struct grid *grid)
{
    grid->name_columns = strlen(head_name);
    for (size_t i = 0; i < grid->n; i++) {
        size_t length = strlen(i < grid->report->n_endpoints ? grid->endpoints[i]->name : grid->sums_name);
        grid->name_columns = length > grid->name_columns ? length : grid->name_columns;
    }
    for (enum figure figure = 0; figure < FIGURES; figure++) {
        grid->columns[figure] = text_columns(figure_head(figure, grid->look));
        for (size_t i = 0; i < grid->n; i++) {
            size_t columns = text_columns(grid->figures[i].texts[figure]);
            grid->columns[figure] = columns > grid->columns[figure] ? columns : grid->columns[figure];
        }
    }
}

/* False: memory ran out. */
static bool fill(struct grid *grid, const struct sums *sums)
{
    size_t n = grid->report->n_endpoints;
    grid->n = n + (n > 1);
    grid->endpoints = calloc(n, sizeof *grid->endpoints);
    grid->figures = calloc(grid->n, sizeof *grid->figures);
    if (!grid->endpoints || !grid->figures)
        return false;
    for (size_t i = 0; i < n; i++)
        grid->endpoints[i] = grid->report->endpoints[i];
    qsort(grid->endpoints, n, sizeof(void *), compare_worst);
    for (size_t i = 0; i < n; i++)
        grid->figures[i] = figures_of(grid->endpoints[i], grid->look);
    if (n > 1)
        grid->figures[n] = figures_of_sums(sums, grid->look);
    phrase_count(n, "endpoint", grid->sums_name);
    figures_align(grid->figures, grid->n, grid->look);
    for (enum figure figure = 0; figure < FIGURES; figure++)
        grid->shown[figure] = figure != FIGURE_PROVISIONED || sums->provisioned_month_usd >= 0;
    measure(grid);
    return true;
}

static void grid_free(struct grid *grid)
{
    free(grid->endpoints);
    free(grid->figures);
}

static size_t figures_columns(const struct grid *grid)
{
    size_t columns = 0;
    for (enum figure figure = 0; figure < FIGURES; figure++)
        columns += grid->shown[figure] ? GAP + grid->columns[figure] : 0;
    return columns;
}

/* Names are plain words. One that is too long is cut in its middle: what tells similar names apart is often
 * at their end. */
static void add_endpoint(struct text *line, const struct grid *grid, const char *name, size_t columns)
{
    const char *cut = look_signs(grid->look)->cut;
    size_t length = strlen(name), kept = columns - text_columns(cut);
    if (length <= columns) {
        add_padded(line, name, columns, true);
        return;
    }
    text_add_bytes(line, name, (kept + 1) / 2);
    text_add(line, cut);
    text_add(line, name + length - kept / 2);
}

static void trim(struct text *line)
{
    while (line->length && line->data[line->length - 1] == ' ')
        line->data[--line->length] = '\0';
}

static void end_line(struct text *line, FILE *out)
{
    trim(line);
    if (!line->failed && line->data)
        fprintf(out, "%s\n", line->data);
    text_free(line);
}

static void add_figures(struct text *line, const struct grid *grid, const struct figures *figures)
{
    for (enum figure figure = 0; figure < FIGURES; figure++)
        if (grid->shown[figure]) {
            add_blanks(line, GAP);
            add_padded(line, figures ? figures->texts[figure] : figure_head(figure, grid->look),
                       grid->columns[figure], false);
        }
}

/* How a table is laid out: CELLS is 0 if it has no strips. */
struct layout {
    size_t name, cells;
    bool figures;
};

static void print_head(const struct grid *grid, FILE *out, struct layout layout)
{
    CLEANUP_TEXT struct text line = {0};
    add_hue(&line, grid->look, HUE_STRONG);
    add_padded(&line, head_name, layout.name, true);
    if (layout.cells) {
        add_padded(&line, "WARM", GAP + SHARE_COLUMNS, false);
        add_blanks(&line, GAP);
        add_padded(&line, grid->report->n_endpoints > 1 ? head_order : "", layout.cells, true);
    }
    if (layout.figures)
        add_figures(&line, grid, NULL);
    trim(&line);
    add_hue(&line, grid->look, HUE_PLAIN);
    end_line(&line, out);
}

static void print_rows(struct grid *grid, FILE *out, struct layout layout)
{
    char share[PHRASE_MAX];
    print_head(grid, out, layout);
    for (size_t i = 0; i < grid->report->n_endpoints; i++) {
        CLEANUP_TEXT struct text line = {0};
        const struct report_endpoint *endpoint = grid->endpoints[i];
        add_endpoint(&line, grid, endpoint->name, layout.name);
        if (layout.cells) {
            phrase_share(endpoint_warm_share(endpoint), grid->look, share);
            add_padded(&line, share, GAP + SHARE_COLUMNS, false);
            add_blanks(&line, GAP);
            add_strip(&line, endpoint, layout.cells, grid->look, grid->seen);
        }
        if (layout.figures)
            add_figures(&line, grid, &grid->figures[i]);
        end_line(&line, out);
    }
}

/* The scale below the strips, and the sums below the figures. */
static void print_foot(const struct grid *grid, FILE *out, struct layout layout)
{
    CLEANUP_TEXT struct text line = {0};
    bool sums = layout.figures && grid->n > grid->report->n_endpoints;
    add_padded(&line, sums ? grid->sums_name : "", layout.name, true);
    if (layout.cells) {
        add_blanks(&line, GAP + SHARE_COLUMNS + GAP);
        size_t used = add_scale(&line, grid->report, layout.cells, grid->look);
        add_blanks(&line, sums ? layout.cells - used : 0);
    }
    if (sums)
        add_figures(&line, grid, &grid->figures[grid->n - 1]);
    if (sums || layout.cells)
        end_line(&line, out);
}

/* Leaves figures out until the rest fits. */
static void leave_out(struct grid *grid)
{
    static const enum figure order[] = {FIGURE_SKEW, FIGURE_PROVISIONED, FIGURE_LATENCY, FIGURE_INSTANCES};
    size_t name = grid->name_columns < NAME_LEAST ? grid->name_columns : NAME_LEAST;
    for (size_t i = 0; i < COUNT_OF(order) && name + figures_columns(grid) > grid->look.columns; i++)
        grid->shown[order[i]] = false;
}

/* Adds a sentence, or the next part of it. */
static void add_meaning(struct text *text, bool shown, const char *head, const char *meaning)
{
    if (shown)
        text_format(text, "%s%s: %s", text->length ? "; " : "", head, meaning);
}

static void print_meanings(const struct grid *grid, const struct sums *sums, FILE *out)
{
    CLEANUP_TEXT struct text text = {0};
    add_meaning(&text, grid->shown[FIGURE_INSTANCES], "INSTANCES",
                "found warm of those wanted, a round's mean");
    add_meaning(&text, grid->shown[FIGURE_SKEW], "SKEW", "of 99% of the rounds");
    add_meaning(&text, sums->month_usd >= 0, "MONTH", "30 days at this rate");
    add_meaning(&text, grid->shown[FIGURE_PROVISIONED], "PROVISIONED",
                "30 days of provisioned concurrency instead");
    if (sums->usd >= 0 && sums->n_usd < grid->report->n_endpoints)
        text_format(&text, "; costs are known of %zu of %zu endpoints", sums->n_usd,
                    grid->report->n_endpoints);
    if (!grid->shown[FIGURE_SKEW])
        text_format(&text, "%swider lines show more", text.length ? "; " : "");
    wrapped_print(out, &text, grid->look);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

void rows_print(FILE *out, const struct report *report, const struct sums *sums, struct look look)
{
    __attribute__((cleanup(grid_free))) struct grid grid = {.report = report, .look = look};
    const size_t beside = GAP + SHARE_COLUMNS + GAP; /* the name and the strip */
    if (!fill(&grid, sums))
        return;
    struct layout all = {.name = grid.name_columns, .cells = REPORT_CELLS, .figures = true};
    size_t others = beside + all.cells + figures_columns(&grid);
    bool fits = least(all.name, NAME_ENOUGH) + others <= look.columns;
    if (fits) {
        all.name = least(all.name, look.columns - others);
    } else {
        all.cells = strip_cells(look.columns - beside - least(all.name, NAME_LEAST));
        all.name = least(all.name, look.columns - beside - all.cells);
        all.figures = false;
    }
    print_rows(&grid, out, all);
    print_foot(&grid, out, all);
    legend_print(out, report, all.cells, look, grid.seen);
    if (!fits) {
        leave_out(&grid);
        struct layout rest = {.figures = true};
        rest.name = least(grid.name_columns, look.columns - least(figures_columns(&grid), look.columns - 8));
        fputc('\n', out);
        print_rows(&grid, out, rest);
        print_foot(&grid, out, rest);
    }
    print_meanings(&grid, sums, out);
}
