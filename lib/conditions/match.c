/* match.c - payloads that belong together.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/match.h"

#include <inttypes.h>

void match_add(struct match *match, const struct table *table, const struct sha256 *hash)
{
    const char *label = table_field(table, "led_reference");
    if (!label)
        label = table_field(table, "id");
    if (!label)
        return;
    if (match->count == match->capacity) {
        match->capacity = match->capacity > 0 ? 2 * match->capacity : 64;
        match->labels = mem_grow(match->labels, match->capacity, sizeof *match->labels);
    }
    struct match_label *made = &match->labels[match->count++];
    made->hash = *hash;
    bug_if(strlen(label) >= sizeof made->label);
    memcpy(made->label, label, strlen(label) + 1);
}

void match_release(struct match *match)
{
    free(match->labels);
    *match = (struct match){0};
}

static int compare_labels(const void *left, const void *right)
{
    const struct match_label *a = left;
    const struct match_label *b = right;
    return memcmp(a->hash.bytes, b->hash.bytes, SHA256_SIZE);
}

static const char *label_of(const struct match *match, const struct sha256 *hash)
{
    struct match_label wanted = {.hash = *hash};
    const struct match_label *found = bsearch(&wanted, match->labels, match->count,
                                              sizeof *match->labels, compare_labels);
    return found ? found->label : NULL;
}

/* Index of the first entry of a type, or where it would stand. */
static size_t type_start(const struct manifest *manifest, const char *type)
{
    size_t index = 0;
    while (index < manifest->count && strcmp(manifest->entries[index].type, type) < 0)
        index++;
    return index;
}

static bool is_of_type(const struct manifest *manifest, size_t index, const char *type)
{
    return index < manifest->count && strcmp(manifest->entries[index].type, type) == 0;
}

static bool agree(const struct match *match, const struct manifest_entry *gain,
                  const struct manifest_entry *reference, struct err *err)
{
    struct interval both = interval_common(gain->interval, reference->interval);
    if (interval_is_empty(both) || gain->gap || reference->gap)
        return true;
    const char *wanted = label_of(match, &gain->hash);
    const char *found = label_of(match, &reference->hash);
    if (!wanted || !found || strcmp(wanted, "none") == 0 || strcmp(wanted, found) == 0)
        return true;
    return err_set(err, E_CONDITIONS_MATCH,
                   "from run %" PRId64 " spill %" PRId64
                   ": calo_gain was made with LED reference '%s', the tag has '%s'",
                   both.start.run, both.start.spill, wanted, found);
}

bool match_check(struct match *match, const struct manifest *manifest, struct err *err)
{
    size_t gain = type_start(manifest, "calo_gain");
    size_t reference = type_start(manifest, "led_reference");
    if (match->count > 0)
        qsort(match->labels, match->count, sizeof *match->labels, compare_labels);
    while (is_of_type(manifest, gain, "calo_gain") &&
           is_of_type(manifest, reference, "led_reference")) {
        const struct manifest_entry *a = &manifest->entries[gain];
        const struct manifest_entry *b = &manifest->entries[reference];
        if (!agree(match, a, b, err))
            return false;
        if (moment_compare(a->interval.end, b->interval.end) <= 0)
            gain++;
        else
            reference++;
    }
    return true;
}
