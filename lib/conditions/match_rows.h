/* match_rows.h - whether the rows of a whole tag belong together.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_CONDITIONS_MATCH_ROWS_H
#define SPILLWAY_CONDITIONS_MATCH_ROWS_H

#include "conditions/source.h"

/* Reads the payloads of all types that match.h links; rows as tag_check leaves them.
 * E_CONDITIONS_MATCH, and what reading and parsing say. */
bool match_rows(struct source *source, const struct tag *tag, struct err *err);

#endif
