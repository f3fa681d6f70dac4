/* conditions_serve.h - spillway conditions serve.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_CONDITIONS_SERVE_H
#define SPILLWAY_COORDINATOR_CONDITIONS_SERVE_H

#include "base/err.h"

struct serve_conditions {
    const char *data; /* folder (conditions_library.h) */
    const char *listen;
    const char *token; /* file; NULL: that of the folder */
};

/* Serves until SIGINT or SIGTERM. Says on stdout where. */
bool serve_conditions(const struct serve_conditions *options, struct err *err);

#endif
