/* raw_maps.h - spillway raw maps: which runs a folder of channel maps covers.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_RAW_MAPS_H
#define SPILLWAY_COORDINATOR_RAW_MAPS_H

/* argv[0] is the word. Gives the exit status. */
int raw_maps(int argc, char **argv);

#endif
