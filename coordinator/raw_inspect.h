/* raw_inspect.h - the summary of a raw file.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_RAW_INSPECT_H
#define SPILLWAY_COORDINATOR_RAW_INSPECT_H

/* spillway raw inspect; argv[0] is the word. Gives the exit status. */
int raw_inspect(int argc, char **argv);

#endif
