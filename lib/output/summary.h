/* summary.h - the accounts of one segment as a line of canonical JSON.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The payload of stream "summary". Members in fixed order, whole numbers only, no spaces,
 * one line feed at the end: equal accounts are equal bytes. For each skim: seen = kept +
 * rejected, the events that could not be decoded stand in "damaged", and those that
 * nobody tried to decode in "skipped" of the segment.
 */
#ifndef SPILLWAY_OUTPUT_SUMMARY_H
#define SPILLWAY_OUTPUT_SUMMARY_H

#include "model/key.h"
#include "model/recipe.h"
#include "model/segment.h"
#include "raw/damage.h"

#define SUMMARY_LINE ((size_t)1 << 16) /* 16 skims of 32 cuts of 20 digits fit twice */

struct summary_skim {
    char name[RECIPE_NAME];
    uint64_t other;    /* events of types that it does not look at */
    uint64_t seen;     /* kept + rejected */
    uint64_t masked;   /* rejected since the spill is bad from this event on */
    uint64_t rejected; /* with the masked ones */
    uint64_t damaged;  /* could not be decoded, so not seen */
    uint32_t cut_count;
    uint64_t after[RECIPE_CUTS]; /* left after this cut and all before it */
    struct event_digest kept;    /* with their number */
};

struct summary {
    struct segment_id id;
    uint32_t spill;
    uint64_t events[EVENT_TYPES]; /* read, by type */
    struct event_digest seen;     /* events and records read */
    uint64_t damaged_events;      /* known to the walker, not decodable */
    uint64_t damaged_bytes;
    uint64_t nan_count;
    uint64_t lost_channels; /* with another number of samples than conditions say */
    uint64_t no_master;     /* events without master time */
    uint64_t
        skipped; /* read, but not decoded by a manager's word; not in the line when 0 */
    uint64_t fallback[FALLBACK_LEVELS]; /* effective values by level */
    struct damage_counts damage;
    uint32_t skim_count;
    struct summary_skim skims[RECIPE_SKIMS];
};

/* Appends the line. Skim names are safe names, as in a checked recipe. */
bool summary_write(const struct summary *summary, struct bytes *out, struct err *err);

/* Reads one line and checks it: seen = kept + rejected, cuts that never rise. `what`
 * names it in messages. E_SUMMARY_FORMAT. */
bool summary_read(const void *line, size_t size, const char *what,
                  struct summary *summary, struct err *err);

#endif
