/* plot_text.c - a histogram as characters.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/plot_text.h"

#include <math.h>
#include <stdio.h>

#include "base/text.h"

#define LINES 40u /* bins that are shown apart; more are put together */
#define BAR   48u
#define WIDTH 72u /* of a picture of shades */
#define HIGH  30u

/* value / most, from 0 to 1. */
static double part_of(double value, double most)
{
    double part = value / most;
    return part >= 0 && part <= 1 ? part : 0;
}

/* Bins that share a line. */
static uint32_t bins_together(uint32_t bins, uint32_t lines)
{
    return (bins + lines - 1) / lines;
}

static bool head_add(const struct plot *plot, struct bytes *out, struct err *err)
{
    bool named = strncmp(plot->title, plot->name, strlen(plot->name)) == 0;
    return text_addf(out, err, "%s%s%s\n", named ? "" : plot->name,
                     named || plot->title[0] == 0 ? "" : ": ", plot->title) &&
           text_addf(out, err,
                     "entries %.15g  mean %.6g  spread %.6g  below %.15g  above "
                     "%.15g\n\n",
                     plot->entries, plot->mean, plot->spread, plot->below, plot->above);
}

static bool line_add(const struct plot *plot, uint32_t bin, double value, double most,
                     struct bytes *out, struct err *err)
{
    char bar[BAR + 1] = "";
    char label[32];
    uint32_t length = (uint32_t)rint(BAR * part_of(value, most));
    memset(bar, '#', length);
    bar[length] = 0;
    if (length == 0 && value > 0)
        memcpy(bar, ".", 2);
    if (plot->x.labels != NULL)
        (void)snprintf(label, sizeof label, "%-20.20s", plot->x.labels[bin]);
    else
        (void)snprintf(label, sizeof label, "%12.6g", plot->x.edges[bin]);
    return text_addf(out, err, "%s %12.10g |%s\n", label, value, bar);
}

static bool bars_add(const struct plot *plot, struct bytes *out, struct err *err)
{
    uint32_t step = plot->x.labels != NULL ? 1 : bins_together(plot->x.bins, LINES);
    double most = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t b = 0; b < plot->x.bins; b += step) {
            double value = 0;
            for (uint32_t i = b; i < b + step && i < plot->x.bins; i++)
                value += plot->cells[i];
            if (pass == 0)
                most = fmax(most, value);
            else if (!line_add(plot, b, value, most, out, err))
                return false;
        }
    }
    if (plot->x.labels == NULL &&
        !text_addf(out, err, "%12.6g\n", plot->x.edges[plot->x.bins]))
        return false;
    return plot->x.title[0] == 0 || text_addf(out, err, "%12s %s\n", "", plot->x.title);
}

/* Sum of the cells that share a character. */
static double block_sum(const struct plot *plot, uint32_t x, uint32_t y, uint32_t step_x,
                        uint32_t step_y)
{
    double sum = 0;
    for (uint32_t j = y; j < y + step_y && j < plot->y.bins; j++)
        for (uint32_t i = x; i < x + step_x && i < plot->x.bins; i++)
            sum += plot->cells[(size_t)j * plot->x.bins + i];
    return sum;
}

static bool shades_add(const struct plot *plot, struct bytes *out, struct err *err)
{
    static const char shades[] = " .:-=+*#%@";
    uint32_t step_x = bins_together(plot->x.bins, WIDTH);
    uint32_t step_y = bins_together(plot->y.bins, HIGH);
    uint32_t lines = (plot->y.bins + step_y - 1) / step_y;
    double most = 0;
    for (uint32_t y = 0; y < plot->y.bins; y += step_y)
        for (uint32_t x = 0; x < plot->x.bins; x += step_x)
            most = fmax(most, block_sum(plot, x, y, step_x, step_y));
    for (uint32_t l = lines; l-- > 0;) {
        char row[WIDTH + 1] = "";
        uint32_t c = 0;
        for (uint32_t x = 0; x < plot->x.bins && c < WIDTH; x += step_x) {
            double value = block_sum(plot, x, l * step_y, step_x, step_y);
            int shade = value > 0 ? 1 + (int)(8.999 * part_of(value, most)) : 0;
            row[c++] = shades[shade];
        }
        if (!text_addf(out, err, "%12.6g |%s|\n", plot->y.edges[(size_t)l * step_y], row))
            return false;
    }
    return text_addf(out, err, "%12s  %.6g to %.6g %s; a shade is %.4g\n", "",
                     plot->x.edges[0], plot->x.edges[plot->x.bins], plot->x.title,
                     most / 9);
}

bool plot_text(const struct plot *plot, struct bytes *out, struct err *err)
{
    return head_add(plot, out, err) &&
           (plot->dimensions == 1 ? bars_add(plot, out, err)
                                  : shades_add(plot, out, err));
}
