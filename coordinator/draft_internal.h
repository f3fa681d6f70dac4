/* draft_internal.h - what the readers of drafts share.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_DRAFT_INTERNAL_H
#define SPILLWAY_COORDINATOR_DRAFT_INTERNAL_H

#include "conditions/sheet.h"
#include "coordinator/draft.h"

#define DRAFT_FILE ((size_t)1 << 30) /* 10^5 spills of 100 channels take 0.3 GB */

struct draft_taker {
    draft_seen seen;
    void *user;
};

/* Checks and gives on one payload. */
bool draft_give(const struct draft_taker *taker, const struct draft *draft,
                struct err *err);

/* All payloads of an ended sheet. */
bool draft_give_sheet(const struct draft_taker *taker, struct sheet *sheet,
                      const char *origin, const struct validity *validity,
                      struct err *err);

/* The channel maps of a file or folder as one payload, valid where it has channels. */
bool draft_read_map(const char *path, const struct draft_taker *taker, struct err *err);

#endif
