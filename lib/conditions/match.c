/* match.c - payloads that belong together.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/match.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/text.h"
#include "conditions/payload.h"

static const struct match_link links[] = {
    {"alignment", "geometry", "geometry", "id"},
    {"calo_gain", "led_reference", "led_reference", "id"},
    {"field_integral", "geometry", "geometry", "id"},
    {"field_map", "geometry", "geometry", "id"},
    {"mm_pedestal", "map", "mm_map", "id"},
    {"shower_profile", "layout", "calo_layout", "id"},
    {"shower_profile", "momentum_gev", "beam", "momentum_gev"},
};

#define LINK_COUNT (sizeof links / sizeof *links)

const struct match_link *match_link_at(size_t index)
{
    return index < LINK_COUNT ? &links[index] : NULL;
}

/* ---- labels ---- */

/* A header field, or the cell of the only row. */
static bool label_read(const struct table *table, const char *name,
                       char text[TABLE_VALUE])
{
    const char *field = table_field(table, name);
    int column = table_column(table, name);
    struct bytes cell;
    struct err unused;
    const char *value;
    if (field)
        return text_copy(text, TABLE_VALUE, field, &unused);
    if (column < 0 || table->rows != 1)
        return false;
    bytes_init(&cell, TABLE_VALUE);
    bool done = table_write_cell(table, 0, (size_t)column, &cell, &unused) &&
                text_terminate(&cell, &value, &unused) &&
                text_copy(text, TABLE_VALUE, value, &unused);
    bytes_release(&cell);
    return done;
}

static void label_add(struct match *match, const struct table *table, const char *name,
                      const struct sha256 *hash)
{
    struct match_label made = {.hash = *hash, .name = name};
    if (!label_read(table, name, made.text))
        return;
    if (match->count == match->capacity) {
        match->capacity = match->capacity > 0 ? 2 * match->capacity : 64;
        match->labels = mem_grow(match->labels, match->capacity, sizeof *match->labels);
    }
    match->labels[match->count++] = made;
}

void match_add(struct match *match, const struct table *table, const struct sha256 *hash)
{
    for (size_t i = 0; i < LINK_COUNT; i++) {
        const struct match_link *link = &links[i];
        if (strcmp(table->type, link->type) == 0)
            label_add(match, table, link->field, hash);
        if (strcmp(table->type, link->other) == 0)
            label_add(match, table, link->label, hash);
    }
}

bool match_read(struct match *match, const struct match_payload *payload, struct err *err)
{
    const struct payload_type *type = payload_type_find(payload->type);
    const char *what = payload->what;
    struct arena arena;
    struct table table;
    if (!type || type->kind == PAYLOAD_BLOB)
        return true;
    arena_init(&arena, TABLE_MEMORY);
    bool done = payload_parse(type, payload->text, what, &arena, &table, err);
    if (done && table.is_row)
        done = err_set(err, E_PAYLOAD_TEXT, "%s: a row where a table is wanted", what);
    if (done)
        match_add(match, &table, &payload->hash);
    arena_release(&arena);
    return done;
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
    int sign = memcmp(a->hash.bytes, b->hash.bytes, SHA256_SIZE);
    return sign != 0 ? sign : strcmp(a->name, b->name);
}

static const char *label_of(const struct match *match, const struct sha256 *hash,
                            const char *name)
{
    const struct match_label wanted = {.hash = *hash, .name = name};
    if (match->count == 0) /* bsearch wants an array */
        return NULL;
    const struct match_label *found = bsearch(&wanted, match->labels, match->count,
                                              sizeof *match->labels, compare_labels);
    return found ? found->text : NULL;
}

/* Equal texts, or one number written in two ways. */
static bool labels_agree(const char *a, const char *b)
{
    struct err unused;
    double from = 0, to = 0;
    if (strcmp(a, b) == 0)
        return true;
    return text_to_real(a, &from, &unused) && text_to_real(b, &to, &unused) &&
           !(from < to) && !(from > to);
}

/* ---- check ---- */

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

static bool agree(const struct match *match, const struct match_link *link,
                  const struct manifest_entry *entry, const struct manifest_entry *other,
                  struct match_fault *fault)
{
    struct interval both = interval_common(entry->interval, other->interval);
    if (interval_is_empty(both) || entry->gap || other->gap)
        return true;
    const char *wanted = label_of(match, &entry->hash, link->field);
    const char *found = label_of(match, &other->hash, link->label);
    if (!wanted || !found || strcmp(wanted, "none") == 0 || labels_agree(wanted, found))
        return true;
    *fault = (struct match_fault){link, both, wanted, found};
    return false;
}

static bool link_walk(const struct match *match, const struct match_link *link,
                      const struct manifest *manifest, match_seen seen, void *user,
                      struct err *err)
{
    size_t maker = type_start(manifest, link->type);
    size_t other = type_start(manifest, link->other);
    while (is_of_type(manifest, maker, link->type) &&
           is_of_type(manifest, other, link->other)) {
        const struct manifest_entry *a = &manifest->entries[maker];
        const struct manifest_entry *b = &manifest->entries[other];
        struct match_fault fault;
        if (!agree(match, link, a, b, &fault) && !seen(user, &fault, err))
            return false;
        if (moment_compare(a->interval.end, b->interval.end) <= 0)
            maker++;
        else
            other++;
    }
    return true;
}

bool match_walk(struct match *match, const struct manifest *manifest, match_seen seen,
                void *user, struct err *err)
{
    if (match->count > 0)
        qsort(match->labels, match->count, sizeof *match->labels, compare_labels);
    for (size_t i = 0; i < LINK_COUNT; i++) {
        if (!link_walk(match, &links[i], manifest, seen, user, err))
            return false;
    }
    return true;
}

static bool refuse_first(void *user, const struct match_fault *fault, struct err *err)
{
    const struct match_link *link = fault->link;
    (void)user;
    return err_set(err, E_CONDITIONS_MATCH,
                   "from run %" PRId64 " spill %" PRId64
                   ": %s was made with %s '%s', the %s of the tag has %s '%s'",
                   fault->interval.start.run, fault->interval.start.spill, link->type,
                   link->field, fault->wanted, link->other, link->label, fault->found);
}

bool match_check(struct match *match, const struct manifest *manifest, struct err *err)
{
    return match_walk(match, manifest, refuse_first, NULL, err);
}
