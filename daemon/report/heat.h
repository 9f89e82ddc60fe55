/* A picture made of letters: how warm an endpoint was over a period. */
#ifndef WARMD_REPORT_HEAT_H
#define WARMD_REPORT_HEAT_H

#include "report/look.h"
#include "report/report.h"

#include <stdio.h>

/* What a cell of a strip shows. */
enum cell {
    CELL_UNKNOWN,
    CELL_LITTLE, /* warm for less than half of the time in which it should have been */
    CELL_HALF,   /* half of it and more */
    CELL_MOST,   /* 90% and more */
    CELL_WARM,   /* all of it */
    CELL_RESTING,
    CELL_ELSEWHERE,
    CELL_FAILED, /* a round failed, whatever else there was */
    CELLS,
};
enum cell cell_of(const struct bin *bin);

/* How many cells a strip has in COLUMNS columns: REPORT_CELLS, or a part of them. */
size_t strip_cells(size_t columns);
/* Adds N cells, and notes in SEEN which kinds there were. */
void add_strip(struct text *line, const struct report_endpoint *endpoint, size_t n, struct look look,
               bool seen[CELLS]);
/* Adds a few local times below N cells, each beginning where it is. Returns how many columns it took. */
size_t add_scale(struct text *line, const struct report *report, size_t n, struct look look);
/* Prints what the kinds of cells mean. */
void legend_print(FILE *out, const struct report *report, size_t n, struct look look, const bool seen[CELLS]);

#endif
