#include "svg.h"

#include "base/cleanup.h"

#include <math.h>

enum { WIDTH = 760, HEIGHT = 300, LEFT = 64, RIGHT = 16, TOP = 56, BOTTOM = 44 };

static const char *const colours[] = {"#0b6bcb", "#c2410c", "#15803d", "#7c3aed", "#6b7280"};

void series_add(struct series *series, double x, double y)
{
    if (series->n == series->room) {
        series->room = series->room ? 2 * series->room : 256;
        series->points = reallocarray(series->points, series->room, sizeof *series->points);
        if (!series->points)
            abort();
    }
    series->points[series->n++] = (struct point){x, y};
}

void series_free(struct series *series)
{
    free(series->points);
    series->points = NULL;
    series->n = series->room = 0;
}

static double x_of(const struct plot *plot, double x)
{
    double share = (fmin(fmax(x, plot->x_low), plot->x_high) - plot->x_low) / (plot->x_high - plot->x_low);
    return LEFT + share * (WIDTH - LEFT - RIGHT);
}

static double y_of(const struct plot *plot, double y)
{
    double low = plot->y_low, high = plot->y_high;
    y = fmin(fmax(y, low), high);
    double share = plot->y_log ? log(y / low) / log(high / low) : (y - low) / (high - low);
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
}

static void write_frame(FILE *file, const struct plot *plot)
{
    fprintf(file,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" "
            "font-family=\"sans-serif\" font-size=\"12\" fill=\"#1f2937\">\n"
            "<title>%s</title>\n<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n"
            "<text x=\"%d\" y=\"20\" font-size=\"14\" font-weight=\"bold\">%s</text>\n"
            "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n"
            "<text transform=\"translate(16 %d) rotate(-90)\" text-anchor=\"middle\">%s</text>\n",
            WIDTH, HEIGHT, plot->title, WIDTH, HEIGHT, LEFT, plot->title, (LEFT + WIDTH - RIGHT) / 2,
            HEIGHT - 8, plot->x_label, (TOP + HEIGHT - BOTTOM) / 2, plot->y_label);
}

static void write_y_mark(FILE *file, const struct plot *plot, double y)
{
    fprintf(file,
            "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#e5e7eb\"/>\n"
            "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.*f</text>\n",
            LEFT, WIDTH - RIGHT, y_of(plot, y), y_of(plot, y), LEFT - 6, y_of(plot, y) + 4, plot->y_digits,
            y);
}

static void write_marks(FILE *file, const struct plot *plot)
{
    if (plot->y_log)
        for (int i = 0; plot->y_low * pow(10, i) <= plot->y_high * 1.001; i++)
            write_y_mark(file, plot, plot->y_low * pow(10, i));
    for (int i = 0; !plot->y_log && plot->y_low + i * plot->y_step <= plot->y_high * 1.001; i++)
        write_y_mark(file, plot, plot->y_low + i * plot->y_step);
    for (int i = 0; plot->x_low + i * plot->x_step <= plot->x_high * 1.001; i++) {
        double x = plot->x_low + i * plot->x_step;
        fprintf(file, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%g</text>\n", x_of(plot, x),
                HEIGHT - BOTTOM + 16, x);
    }
}

static void write_dots(FILE *file, const struct plot *plot, const struct series *series)
{
    fprintf(file, "<g fill=\"%s\">\n", colours[series->colour]);
    for (size_t i = 0; i < series->n; i++)
        if (series->points[i].x >= plot->x_low && series->points[i].x <= plot->x_high)
            fprintf(file, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2\"/>\n", x_of(plot, series->points[i].x),
                    y_of(plot, series->points[i].y));
    fprintf(file, "</g>\n");
}

/* Points less than a pixel apart are one. */
static void write_line(FILE *file, const struct plot *plot, const struct series *series)
{
    double last_x = -1, last_y = 0;
    fprintf(file, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\"%s points=\"",
            colours[series->colour], series->look == SERIES_DASHES ? " stroke-dasharray=\"5 4\"" : "");
    for (size_t i = 0; i < series->n; i++) {
        double x = x_of(plot, series->points[i].x), y = y_of(plot, series->points[i].y);
        if (x - last_x < 1 || series->points[i].x > plot->x_high)
            continue;
        if (series->look == SERIES_STEPS && last_x >= 0)
            fprintf(file, "%.1f,%.1f ", x, last_y);
        fprintf(file, "%.1f,%.1f ", x, y);
        last_x = x;
        last_y = y;
    }
    fprintf(file, "\"/>\n");
}

static void write_legend(FILE *file, const struct plot *plot)
{
    int x = LEFT;
    for (size_t i = 0; i < plot->n_series; i++) {
        const struct series *series = &plot->series[i];
        if (!series->name)
            continue;
        fprintf(file,
                "<rect x=\"%d\" y=\"34\" width=\"14\" height=\"4\" fill=\"%s\"/>\n"
                "<text x=\"%d\" y=\"41\">%s</text>\n",
                x, colours[series->colour], x + 20, series->name);
        size_t characters = 0;
        for (const char *at = series->name; *at; at++)
            characters += (*at & 0xc0) != 0x80;
        x += 40 + 7 * (int)characters;
    }
}

bool plot_write(const struct plot *plot, const char *folder, const char *name)
{
    CLEANUP_FREE char *path = NULL;
    if (asprintf(&path, "%s/%s", folder, name) < 0)
        return false;
    CLEANUP_FCLOSE FILE *file = fopen(path, "we");
    if (!file) {
        perror(path);
        return false;
    }
    write_frame(file, plot);
    write_marks(file, plot);
    for (size_t i = 0; i < plot->n_series; i++) {
        if (plot->series[i].look == SERIES_DOTS)
            write_dots(file, plot, &plot->series[i]);
        else
            write_line(file, plot, &plot->series[i]);
    }
    write_legend(file, plot);
    fprintf(file, "</svg>\n");
    return true;
}
