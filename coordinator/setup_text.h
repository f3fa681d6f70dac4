/* setup_text.h - what the catalog keeps of a set-up: where its beam count is read.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A named text "setup/NAME" of the catalog, in JSON.
 */
#ifndef SPILLWAY_COORDINATOR_SETUP_TEXT_H
#define SPILLWAY_COORDINATOR_SETUP_TEXT_H

#include "catalog/catalog.h"
#include "raw/burst.h"

struct setup_text {
    bool eot_known; /* false: EOT of its spills stays unknown */
    struct eot_definition eot;
};

enum lookup setup_text_get(struct catalog_txn *txn, const char *name,
                           struct setup_text *setup, struct err *err);
bool setup_text_put(struct catalog_txn *txn, const char *name,
                    const struct setup_text *setup, struct err *err);

#endif
