/* manifest.h - a tag resolved for a window of runs: which bytes are valid when.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Canonical text, its sha256 is its identity; URLs, tag and source are not in it:
 *
 *     spillway-manifest 1
 *     runs 3500 4309
 *     calo_gain 3500 0 4000 0 <sha256> 1234
 *     calo_gain 4000 0 4310 0 gap
 *     end
 *
 * Always true: types are sorted; the entries of a type tile the window without overlap
 * or hole, gaps are entries of their own; neighbours with the same bytes are one entry.
 */
#ifndef SPILLWAY_CONDITIONS_MANIFEST_H
#define SPILLWAY_CONDITIONS_MANIFEST_H

#include "base/bytes.h"
#include "base/digest.h"
#include "conditions/interval.h"
#include "model/key.h"

#define MANIFEST_ENTRIES ((size_t)1 << 21)   /* twice the rows of the largest tag */
#define MANIFEST_TEXT    ((size_t)256 << 20) /* 2^21 lines of 120 characters */

struct manifest_entry {
    char type[TYPE_NAME];
    bool gap;
    struct interval interval;
    struct sha256 hash; /* of the payload; zero in a gap */
    uint64_t size;
};

struct manifest {
    uint32_t first_run; /* the window, both included */
    uint32_t last_run;
    size_t count;
    size_t capacity;
    struct manifest_entry *entries;
};

void manifest_init(struct manifest *manifest, uint32_t first_run, uint32_t last_run);
void manifest_release(struct manifest *manifest);

/* Appends in order of (type, start); joins it to the entry before when the bytes are the
 * same. E_MANIFEST when it does not begin where the one before ended. */
bool manifest_add(struct manifest *manifest, const struct manifest_entry *entry,
                  struct err *err);

/* The canonical text, and back with every promise checked (E_MANIFEST with the line). */
bool manifest_write(const struct manifest *manifest, struct bytes *out, struct err *err);
bool manifest_parse(const void *data, size_t size, const char *what,
                    struct manifest *manifest, struct err *err);

/* sha256 of the canonical text. */
bool manifest_hash(const struct manifest *manifest, struct sha256 *hash, struct err *err);

/* The entry for one (run, spill); NULL when the type is absent or the moment is outside
 * of the window. A gap is an entry with `gap`. Borrowed. Binary search. */
const struct manifest_entry *manifest_at(const struct manifest *manifest,
                                         const char *type, uint32_t run, uint32_t spill);

#endif
