/* setup_name.h - names of the set-ups that this release reconstructs.
 * SPDX-License-Identifier: Apache-2.0
 *
 * For whoever checks a campaign file and must not see lib/reco, which describes them: a
 * test there compares the two lists.
 */
#ifndef SPILLWAY_MODEL_SETUP_NAME_H
#define SPILLWAY_MODEL_SETUP_NAME_H

#include <stdbool.h>
#include <stdint.h>

/* NULL behind the last. */
const char *setup_name_at(uint32_t n);
bool setup_name_known(const char *name);

#endif
