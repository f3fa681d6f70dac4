/* conditions_freeze.h - what must be true of a tag before it is frozen for good.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_CONDITIONS_FREEZE_H
#define SPILLWAY_COORDINATOR_CONDITIONS_FREEZE_H

#include "coordinator/conditions_edit.h"

/* Prepares an edit that freezes a tag. Refused (409) unless the bytes of every row are
 * here, right, and of the form that their type wants, and payloads that belong together
 * agree (conditions/match.h). The manifest of the tag becomes a blob. */
bool edit_freeze(struct edit *edit, struct index_tag *tag, struct refusal *refusal);

#endif
