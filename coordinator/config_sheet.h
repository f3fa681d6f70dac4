/* config_sheet.h - payloads in YAML; each document is one.
 * SPDX-License-Identifier: Apache-2.0
 *
 *     type: calo_gain
 *     source: ours
 *     runs: 3500-3599
 *     led_reference: led2018a
 *     note: measured with electrons
 *     columns: [detector, x, y, "gain_gev_per_count [GeV/count]", error_gev_per_count]
 *     rows:
 *       - [ECAL0, 0, 0, 0.0123, 0]
 *
 * Scalars are what sheet_set takes; `note` may be a list. Instead of columns and rows a
 * document may name the `file` (beside the YAML file) that holds the payload, of any type
 * also of a blob.
 */
#ifndef SPILLWAY_COORDINATOR_CONFIG_SHEET_H
#define SPILLWAY_COORDINATOR_CONFIG_SHEET_H

#include "conditions/sheet.h"

/* Borrowed during the call. */
struct config_payload {
    struct sheet *sheet; /* ended; NULL when a file is named */
    size_t line;         /* of the document */
    const char *type, *file;
    struct validity validity; /* of a file */
};

typedef bool (*config_payload_seen)(void *user, const struct config_payload *payload,
                                    struct err *err);

/* E_SHEET with path and line. Aliases are refused. */
bool config_read_sheets(const char *path, const char *text, size_t size,
                        config_payload_seen seen, void *user, struct err *err);

#endif
