/* raw_check.h - spillway raw check: every damage of a raw file, with its place and loss.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_RAW_CHECK_H
#define SPILLWAY_COORDINATOR_RAW_CHECK_H

/* spillway raw check [--json] [--maps MAPS] FILE; argv[0] is "check". Exit status 0 when
 * nothing is wrong with the file. */
int raw_check(int argc, char **argv);

#endif
