/* raw_slice.h - spillway raw slice: a small file that shows the same.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_RAW_SLICE_H
#define SPILLWAY_COORDINATOR_RAW_SLICE_H

/* argv[0] is the word. Gives the exit status. */
int raw_slice(int argc, char **argv);

#endif
