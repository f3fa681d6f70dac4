/* plot_text.h - a histogram as characters and as an SVG picture.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_PLOT_TEXT_H
#define SPILLWAY_COORDINATOR_PLOT_TEXT_H

#include "coordinator/plot.h"

/* At most some 40 lines of 80 columns: bars, or shades for two dimensions. */
bool plot_text(const struct plot *plot, struct bytes *out, struct err *err);

/* A whole SVG document, 800 x 500, or 550 where bins have names. */
bool plot_svg(const struct plot *plot, struct bytes *out, struct err *err);

#endif
