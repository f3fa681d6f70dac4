/* verify_root.h - a ROOT file by itself: is every byte what it must be?
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_VERIFY_ROOT_H
#define SPILLWAY_COORDINATOR_VERIFY_ROOT_H

#include "base/err.h"

/* By its name, or by how it starts. */
bool verify_is_root(const char *path);

/* Prints a line a fault and, if `totals`, one about the whole; E_VERIFY when there are
 * faults. */
bool verify_root(const char *path, bool totals, struct err *err);

#endif
