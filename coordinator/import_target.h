/* import_target.h - where imported payloads go: a tag of a folder of conditions.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Payloads are kept first, under names made of their sha256; the tag is written last, in
 * one step, when all of them are there and belong together. So a reader sees the tag as
 * it was or as it will be. One writer of a folder at a time; others wait.
 */
#ifndef SPILLWAY_COORDINATOR_IMPORT_TARGET_H
#define SPILLWAY_COORDINATOR_IMPORT_TARGET_H

#include "conditions/splice.h"

struct import_target;

/* A folder that is not there is made; a tag that is not there starts empty and unlocked.
 * E_TAG_ROW when the tag is locked or frozen. */
bool import_target_open(const char *folder, const char *tag,
                        struct import_target **target, struct err *err);
void import_target_close(struct import_target *target);

/* Keeps the payload and puts its row into the tag in memory. */
struct import_row {
    const char *type, *ending; /* "txt", "xml" */
    const struct bytes *text;
    struct interval interval;
};

enum splice import_target_put(struct import_target *target, const struct import_row *row,
                              bool replace, struct err *err);

/* Checks what belongs together and writes the tag. */
bool import_target_commit(struct import_target *target, struct err *err);

#endif
