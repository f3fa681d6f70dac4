/* raw_dump.h - spillway raw dump: everything in a raw file as text.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_RAW_DUMP_H
#define SPILLWAY_COORDINATOR_RAW_DUMP_H

/* argv[0] is the word. Gives the exit status. */
int raw_dump(int argc, char **argv);

#endif
