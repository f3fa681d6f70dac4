/* match.h - payloads that belong together, like gains and their LED reference.
 * SPDX-License-Identifier: Apache-2.0
 *
 * calo_gain names its LED reference in its header ("none" for gains that are used without
 * LED), led_reference carries that name as `id`. Wherever both are valid they must agree:
 * gains with another reference are wrong by the ratio of the two, silently.
 */
#ifndef SPILLWAY_CONDITIONS_MATCH_H
#define SPILLWAY_CONDITIONS_MATCH_H

#include "conditions/manifest.h"
#include "conditions/table.h"

struct match_label {
    struct sha256 hash; /* of the payload */
    char label[TABLE_VALUE];
};

struct match {
    size_t count;
    size_t capacity;
    struct match_label *labels;
};

/* `match` starts zeroed. Notes the label of a payload; others are passed over. */
void match_add(struct match *match, const struct table *table, const struct sha256 *hash);
void match_release(struct match *match);

/* E_CONDITIONS_MATCH at the first moment where two valid payloads disagree. */
bool match_check(struct match *match, const struct manifest *manifest, struct err *err);

#endif
