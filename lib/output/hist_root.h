/* hist_root.h - histograms as ROOT objects: TH1D and TH2D.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_OUTPUT_HIST_ROOT_H
#define SPILLWAY_OUTPUT_HIST_ROOT_H

#include "model/hist.h"
#include "output/root_file.h"
#include "output/root_stream.h"

/* Puts the object. */
void hist_root_put(struct root_stream *stream, const struct hist *hist);

/* Adds a key for each histogram of the set, in its directory, in the order of the set;
 * directories are made at their first use. */
bool hist_root_add(struct root_file *file, const struct hist_set *set, struct err *err);

#endif
