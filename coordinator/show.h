/* show.h - what is in a file, for people: its kind, columns, histograms, pictures.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_SHOW_H
#define SPILLWAY_COORDINATOR_SHOW_H

#include "coordinator/area.h"

extern const char show_usage[];
int show_command(struct area *area, int argc, char **argv);

#endif
