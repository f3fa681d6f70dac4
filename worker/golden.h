/* golden.h - the built-in segment by which builds and machines are compared.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_WORKER_GOLDEN_H
#define SPILLWAY_WORKER_GOLDEN_H

#include "base/digest.h"

/* Processes a small SYNTHETIC segment, made in memory, and gives the sha256 over what
 * came out. Needs a folder for a few kilobytes: /dev/shm or /tmp. */
bool golden_fingerprint(struct sha256 *fingerprint, struct err *err);

#endif
