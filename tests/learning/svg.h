/* Plots as SVG. */
#ifndef WARMD_LEARNING_SVG_H
#define WARMD_LEARNING_SVG_H

#include <stdbool.h>
#include <stddef.h>

struct point {
    double x, y;
};

enum series_look { SERIES_LINE, SERIES_STEPS, SERIES_DOTS, SERIES_DASHES };

struct series {
    const char *name; /* in the legend; NULL: not there */
    enum series_look look;
    int colour; /* 0 to 3; 4 is grey */
    struct point *points;
    size_t n, room;
};

struct plot {
    const char *title, *x_label, *y_label;
    double x_low, x_high, y_low, y_high;
    double x_step, y_step; /* between marks; a logarithmic axis has its own */
    bool y_log;
    int y_digits; /* of a mark */
    struct series *series;
    size_t n_series;
};

void series_add(struct series *series, double x, double y);
void series_free(struct series *series);
/* Into FOLDER/NAME. False: it could not be written, which was said. */
bool plot_write(const struct plot *plot, const char *folder, const char *name);

#endif
