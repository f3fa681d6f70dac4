/* plot_svg.c - a histogram as an SVG picture.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>
#include <stdio.h>

#include "base/text.h"
#include "coordinator/plot_text.h"

#define WIDTH  800.0
#define HEIGHT 500.0
#define NAMES  50.0 /* more, where bins have names */
#define LEFT   80.0
#define RIGHT  770.0
#define TOP    50.0
#define BOTTOM 430.0
#define MARKS  12   /* more than there are at any step */
#define SCALE  30.0 /* width of the colours of two dimensions and their numbers: 100 */

static double height_of(const struct plot *plot)
{
    return plot->x.labels != NULL ? HEIGHT + NAMES : HEIGHT;
}

/* Where a number is drawn. */
struct scale {
    double low, high; /* numbers */
    double from, to;  /* places */
};

static double place(const struct scale *scale, double value)
{
    return scale->from +
           (value - scale->low) / (scale->high - scale->low) * (scale->to - scale->from);
}

/* Text with the five characters of XML escaped. */
static bool escaped_add(struct bytes *out, const char *text, struct err *err)
{
    for (const char *c = text; *c != 0; c++) {
        static const char special[] = "&<>\"'";
        static const char *const names[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"};
        const char *found = strchr(special, *c);
        bool plain = found == NULL && (unsigned char)*c < 128;
        const char *name = found != NULL ? names[found - special] : "?";
        if (plain ? !bytes_append(out, c, 1, err) : !text_add(out, name, err))
            return false;
    }
    return true;
}

static bool label_add(struct bytes *out, double x, double y, const char *style,
                      const char *text, struct err *err)
{
    return text_addf(out, err, "<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, style) &&
           escaped_add(out, text, err) && text_add(out, "</text>\n", err);
}

/* A distance of marks such that there are four to eight: 1, 2 or 5 times a power of ten.
 */
static double mark_step(double width)
{
    double step = 1;
    while (width / step > 8)
        step *= 10;
    while (width / step < 1)
        step /= 10;
    if (width / step < 2)
        return step / 5;
    return width / step < 4 ? step / 2 : step;
}

static bool marks_add(struct bytes *out, const struct scale *scale, bool across,
                      struct err *err)
{
    double width = scale->high - scale->low;
    if (!isfinite(width) || width <= 0)
        return true;
    double step = mark_step(width);
    double first = ceil(scale->low / step - 1e-9);
    for (int n = 0; n < MARKS; n++) {
        double i = first + n;
        if (i * step > scale->high + step * 1e-9)
            break;
        char text[32];
        double at = place(scale, i * step);
        (void)snprintf(text, sizeof text, "%.6g", i * step + 0.0);
        bool done =
            across
                ? text_addf(out, err, "<path d=\"M%.1f %.1fv6\" class=\"f\"/>\n", at,
                            BOTTOM) &&
                      label_add(out, at, BOTTOM + 22, "text-anchor=\"middle\"", text, err)
                : text_addf(out, err, "<path d=\"M%.1f %.1fh-6\" class=\"f\"/>\n", LEFT,
                            at) &&
                      label_add(out, LEFT - 10, at + 4, "text-anchor=\"end\"", text, err);
        if (!done)
            return false;
    }
    return true;
}

/* Names of the bins, slanted. */
static bool names_add(struct bytes *out, const struct plot_axis *axis,
                      const struct scale *scale, struct err *err)
{
    for (uint32_t b = 0; b < axis->bins; b++) {
        char style[96];
        double at = place(scale, (axis->edges[b] + axis->edges[b + 1]) / 2);
        (void)snprintf(style, sizeof style,
                       "text-anchor=\"end\" transform=\"rotate(-30 %.1f %.1f)\"", at,
                       BOTTOM + 16);
        if (!label_add(out, at, BOTTOM + 16, style, axis->labels[b], err))
            return false;
    }
    return true;
}

static bool frame_add(const struct plot *plot, struct bytes *out, double right,
                      struct err *err)
{
    char text[PLOT_TEXT];
    (void)snprintf(text, sizeof text, "entries %.15g   mean %.5g   spread %.5g",
                   plot->entries, plot->mean, plot->spread);
    return text_addf(out, err,
                     "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
                     "class=\"f\"/>\n",
                     LEFT, TOP, right - LEFT, BOTTOM - TOP) &&
           label_add(out, LEFT, 24, "font-size=\"17\"",
                     plot->title[0] != 0 ? plot->title : plot->name, err) &&
           label_add(out, LEFT, 42, "fill=\"#555\"", text, err) &&
           label_add(out, right, height_of(plot) - 16, "text-anchor=\"end\"",
                     plot->x.title, err);
}

static bool bars_add(const struct plot *plot, struct bytes *out, struct err *err)
{
    const struct plot_axis *axis = &plot->x;
    double most = 0, least = 0;
    for (uint32_t b = 0; b < axis->bins; b++) {
        most = fmax(most, plot->cells[b]);
        least = fmin(least, plot->cells[b]);
    }
    if (most <= least)
        most = least + 1;
    struct scale x = {axis->edges[0], axis->edges[axis->bins], LEFT, RIGHT};
    struct scale y = {least, most + 0.05 * (most - least), BOTTOM, TOP};
    bool done =
        text_addf(out, err, "<path class=\"b\" d=\"M%.1f %.1f", LEFT, place(&y, 0));
    for (uint32_t b = 0; b < axis->bins && done; b++)
        done = text_addf(out, err, "V%.2fH%.2f", place(&y, plot->cells[b]),
                         place(&x, axis->edges[b + 1]));
    done = done && text_addf(out, err, "V%.1fZ\"/>\n", place(&y, 0)) &&
           frame_add(plot, out, RIGHT, err) && marks_add(out, &y, false, err);
    return done && (axis->labels != NULL ? names_add(out, axis, &x, err)
                                         : marks_add(out, &x, true, err));
}

/* From dark blue over green to yellow, even in lightness. */
static void colour_of(double part, char out[8])
{
    static const double ramp[5][3] = {
        {68, 1, 84}, {59, 82, 139}, {33, 145, 140}, {94, 201, 98}, {253, 231, 37}};
    double at = 4 * fmin(fmax(part, 0), 1);
    int i = at >= 4 ? 3 : (int)at;
    unsigned rgb[3];
    for (int c = 0; c < 3; c++)
        rgb[c] = (unsigned)rint(ramp[i][c] + (ramp[i + 1][c] - ramp[i][c]) * (at - i));
    (void)snprintf(out, 8, "#%02x%02x%02x", rgb[0] & 255, rgb[1] & 255, rgb[2] & 255);
}

static bool box_add(struct bytes *out, const double corners[4], const char *colour,
                    struct err *err)
{
    return text_addf(out, err,
                     "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" "
                     "fill=\"%s\"/>\n",
                     corners[0], corners[1], corners[2] - corners[0],
                     corners[3] - corners[1], colour);
}

/* What the colours mean, at the right edge. */
static bool key_add(struct bytes *out, double most, double right, struct err *err)
{
    char colour[8], text[32];
    for (int i = 0; i < 50; i++) {
        double low = BOTTOM - (BOTTOM - TOP) * i / 50;
        const double corners[4] = {right + 15, low - (BOTTOM - TOP) / 50, right + 35,
                                   low + 0.5};
        colour_of(i / 49.0, colour);
        if (!box_add(out, corners, colour, err))
            return false;
    }
    (void)snprintf(text, sizeof text, "%.4g", most);
    return label_add(out, right + 40, TOP + 10, "", text, err) &&
           label_add(out, right + 40, BOTTOM, "", "0", err);
}

static bool map_add(const struct plot *plot, struct bytes *out, struct err *err)
{
    double right = RIGHT - 3 * SCALE;
    double most = 0;
    size_t count = (size_t)plot->x.bins * plot->y.bins;
    for (size_t i = 0; i < count; i++)
        most = fmax(most, plot->cells[i]);
    struct scale x = {plot->x.edges[0], plot->x.edges[plot->x.bins], LEFT, right};
    struct scale y = {plot->y.edges[0], plot->y.edges[plot->y.bins], BOTTOM, TOP};
    for (size_t i = 0; i < count; i++) {
        size_t bx = i % plot->x.bins, by = i / plot->x.bins;
        char colour[8];
        const double corners[4] = {
            place(&x, plot->x.edges[bx]), place(&y, plot->y.edges[by + 1]),
            place(&x, plot->x.edges[bx + 1]), place(&y, plot->y.edges[by])};
        if (!(plot->cells[i] > 0))
            continue;
        colour_of(plot->cells[i] / most, colour);
        if (!box_add(out, corners, colour, err))
            return false;
    }
    return key_add(out, most, right, err) && frame_add(plot, out, right, err) &&
           label_add(out, 16, (TOP + BOTTOM) / 2,
                     "text-anchor=\"middle\" transform=\"rotate(-90 16 240)\"",
                     plot->y.title, err) &&
           marks_add(out, &x, true, err) && marks_add(out, &y, false, err);
}

bool plot_svg(const struct plot *plot, struct bytes *out, struct err *err)
{
    return text_addf(out, err,
                     "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" "
                     "height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" "
                     "font-family=\"sans-serif\" font-size=\"13\">\n"
                     "<style>.f{fill:none;stroke:#333}"
                     ".b{fill:#9ec5e8;stroke:#1f5a91}</style>\n"
                     "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
                     WIDTH, height_of(plot), WIDTH, height_of(plot)) &&
           (plot->dimensions == 1 ? bars_add(plot, out, err) : map_add(plot, out, err)) &&
           text_add(out, "</svg>\n", err);
}
