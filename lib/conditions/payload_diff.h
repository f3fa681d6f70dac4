/* payload_diff.h - which values differ between two payloads of one type.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Rows are compared by their keys, values one by one, header fields by their names; a
 * blob is compared by its lines, whatever their order and indentation. Pure.
 */
#ifndef SPILLWAY_CONDITIONS_PAYLOAD_DIFF_H
#define SPILLWAY_CONDITIONS_PAYLOAD_DIFF_H

#include "conditions/payload.h"

enum payload_change_kind {
    PAYLOAD_HEADER,  /* a line of the header; `column` is its name */
    PAYLOAD_REMOVED, /* the row is in the old one only */
    PAYLOAD_ADDED,
    PAYLOAD_VALUE
};

/* Texts are in the arena of the caller and never NULL. */
struct payload_change {
    enum payload_change_kind kind;
    const char *key;    /* "ECAL0 0 1"; the whole line of a blob; "" of a header */
    const char *column; /* "" of a row */
    const char *unit;
    const char *old_value; /* "" where there is none; of a row, its values */
    const char *new_value;
    double change;   /* new - old, of numbers; else 0 */
    double relative; /* |change| / |old|; HUGE_VAL from 0; 0 of what is no number */
};

struct payload_diff {
    size_t count;
    struct payload_change *changes; /* header, removed, added, then values; of these the
                                       largest relative change first, names before */
    size_t rows_removed, rows_added, rows_changed, rows_same;
};

/* Both texts are of `type`; `what` names them in messages. Everything in *diff lives in
 * `arena`. E_PAYLOAD_TEXT, E_PAYLOAD_VALUE, E_LIMIT. */
struct payload_pair {
    const struct payload_type *type;
    const struct bytes *old_text, *new_text;
    const char *old_what, *new_what;
};

bool payload_diff(const struct payload_pair *pair, struct arena *arena,
                  struct payload_diff *diff, struct err *err);

#endif
