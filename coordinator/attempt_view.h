/* attempt_view.h - attempts for people: one of them, and what the retry rules did.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_ATTEMPT_VIEW_H
#define SPILLWAY_COORDINATOR_ATTEMPT_VIEW_H

#include "base/json.h"
#include "catalog/catalog.h"

/* One attempt with the rule that decided on its failure; `json` NULL: text on standard
 * output. E_NOT_FOUND when there is no attempt of that number. */
bool attempt_show(struct catalog_txn *txn, uint64_t number, struct json_writer *json,
                  struct err *err);

/* How often each rule of the campaign's own decided, and a passive one would have; a line
 * or an object of the array "rules" each. Reads all attempts; nothing, and at once, for a
 * campaign without rules of its own. */
bool attempt_rules_show(struct catalog_txn *txn, const struct campaign *campaign,
                        struct json_writer *json, struct err *err);

#endif
