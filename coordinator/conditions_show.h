/* conditions_show.h - what a source of conditions says, for people and scripts.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_CONDITIONS_SHOW_H
#define SPILLWAY_COORDINATOR_CONDITIONS_SHOW_H

#include "conditions/source.h"

/* Each appends to `out`: lines for people, or one JSON document. */
struct show {
    struct bytes *out;
    bool json;
};

/* "3500.0", or "open" for the end of an open interval; gives `out`. */
const char *show_moment(struct moment moment, char out[48]);

/* The four ends as members of an object. */
void show_interval(struct json_writer *writer, const struct interval *interval);

/* The payload types of this release. */
bool show_types(const struct show *show, struct err *err);

bool show_tags(const struct show *show, struct source *source, struct err *err);

/* The rows of a tag. */
bool show_tag(const struct show *show, struct source *source, const char *tag,
              struct err *err);

/* The rows valid for one (run, spill), each payload fetched and verified, with the
 * effective value and its level. */
bool show_at(const struct show *show, struct source *source, const char *tag,
             struct moment moment, struct err *err);

#endif
