/* show_file.h - a file of events or histograms as one listing, text or JSON.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_SHOW_FILE_H
#define SPILLWAY_COORDINATOR_SHOW_FILE_H

#include "base/bytes.h"

/* Columns with their ranges, histograms; the file is read once. */
bool show_file(const char *path, bool json, struct bytes *out, struct err *err);

#endif
