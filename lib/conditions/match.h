/* match.h - payloads that belong together, like gains and their LED reference.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A payload that was made with another one names it in its header, the other one carries
 * that label: gains name their LED reference ("none" when they are used without LED),
 * pedestals their map, alignment and fields their geometry, a shower profile its layout
 * and momentum. match.c has the table. Wherever both are valid they must agree: gains
 * with another reference are wrong by the ratio of the two, silently.
 */
#ifndef SPILLWAY_CONDITIONS_MATCH_H
#define SPILLWAY_CONDITIONS_MATCH_H

#include "conditions/manifest.h"
#include "conditions/table.h"

/* `type` names `label` of `other` in its header field or only row `field`. */
struct match_link {
    const char *type, *field, *other, *label;
};

/* All of them; NULL behind the last. */
const struct match_link *match_link_at(size_t index);

struct match_label {
    struct sha256 hash; /* of the payload */
    const char *name;   /* of its field */
    char text[TABLE_VALUE];
};

struct match {
    size_t count;
    size_t capacity;
    struct match_label *labels;
};

/* `match` starts zeroed. Notes the labels of a payload; those without are passed over. */
void match_add(struct match *match, const struct table *table, const struct sha256 *hash);

struct match_payload {
    const char *type;
    const char *what; /* for messages */
    const struct bytes *text;
    struct sha256 hash;
};

/* Reads a payload for the form of its type and notes its labels. A type that this release
 * does not know, or that is no table, is passed over. */
bool match_read(struct match *match, const struct match_payload *payload,
                struct err *err);
void match_release(struct match *match);

/* Two payloads that disagree while both are valid. */
struct match_fault {
    const struct match_link *link;
    struct interval interval;
    const char *wanted; /* in `field` of the one, */
    const char *found;  /* in `label` of the other; borrowed */
};

/* false with *err ends the walk. */
typedef bool (*match_seen)(void *user, const struct match_fault *fault, struct err *err);

/* Tells each disagreement, by link, then by moment. */
bool match_walk(struct match *match, const struct manifest *manifest, match_seen seen,
                void *user, struct err *err);

/* E_CONDITIONS_MATCH at the first moment where two valid payloads disagree. */
bool match_check(struct match *match, const struct manifest *manifest, struct err *err);

#endif
