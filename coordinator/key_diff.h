/* key_diff.h - the lines in which key texts differ, equal differences together.
 * SPDX-License-Identifier: Apache-2.0
 *
 * "-line" is of the first text, "+line" of the second. The line of a select text that
 * names the reco key is left out: it follows from the reco text above it.
 */
#ifndef SPILLWAY_COORDINATOR_KEY_DIFF_H
#define SPILLWAY_COORDINATOR_KEY_DIFF_H

#include "model/campaign.h"

/* Appends the lines in which b differs from a; nothing when they are equal. */
bool key_diff(const struct bytes *a, const struct bytes *b, struct bytes *out,
              struct err *err);

/* One difference and the segments that have it. */
struct key_diff_group {
    struct bytes text;
    uint64_t segments;
    uint32_t first_run, last_run;
    struct segment_id first; /* one of them, for --segment */
};

struct key_diffs {
    struct key_diff_group *groups;
    size_t count, room;
};

void key_diffs_init(struct key_diffs *diffs);
void key_diffs_release(struct key_diffs *diffs);

/* texts: reco and select text of the first plan, then of the second. */
bool key_diffs_add(struct key_diffs *diffs, const struct plan_segment *segment,
                   const struct bytes texts[4], struct err *err);
bool key_diffs_text(const struct key_diffs *diffs, struct bytes *out, struct err *err);

#endif
