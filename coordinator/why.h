/* why.h - why the keys of two plans differ: by cause, with runs and spills.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A cause is the name of a payload type, "release", "reco options", "skims", "input" (the
 * bytes of the segment), "new" (not in the other plan), or "no product" (same keys, not
 * made yet). A segment may have several causes.
 */
#ifndef SPILLWAY_COORDINATOR_WHY_H
#define SPILLWAY_COORDINATOR_WHY_H

#include "base/json.h"
#include "coordinator/plan_view.h"

#define WHY_CAUSES 96

/* Segments of one (run, spill) with a cause. */
struct why_spill {
    uint32_t run, spill, segments;
};

struct why_cause {
    char name[TYPE_NAME];
    uint64_t segments;
    struct why_spill *spills; /* ascending */
    size_t count, room;
};

struct why {
    uint64_t segments;       /* in both plans */
    uint64_t different;      /* of these, those with another key */
    uint64_t select_only;    /* of these, those whose reco key is the same */
    uint64_t only_a, only_b; /* in one plan only */
    struct why_cause causes[WHY_CAUSES];
    size_t cause_count;
    struct why_spill *runs; /* all segments that were compared, by run (spill 0) */
    size_t run_count, run_room;
};

void why_init(struct why *why);
void why_release(struct why *why);

/* Compares b with a. */
void why_compare(struct why *why, const struct plan_view *a, const struct plan_view *b);

/* Why each segment of a plan that has not all its products must run, against an earlier
 * plan. */
void why_rerun(struct why *why, const struct plan_view *earlier, const struct plan *plan);

/* "  calo_gain: 9 segments, run 9001; ..." a line a cause. */
bool why_text(const struct why *why, struct bytes *out, struct err *err);
void why_json(const struct why *why, struct json_writer *json);

#endif
