/* golden.h - the built-in segment by which builds and machines are compared.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_WORKER_GOLDEN_H
#define SPILLWAY_WORKER_GOLDEN_H

#include "base/digest.h"

/* Processes a small SYNTHETIC segment and gives the sha256 over what came out. `store`:
 * where its parts are left; NULL: everything stays in memory. */
bool golden_fingerprint(const char *store, struct sha256 *fingerprint, struct err *err);

#endif
