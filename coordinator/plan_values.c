/* plan_values.c - resolving a tag, and values by (run, spill).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/plan_values.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/disk.h"
#include "base/text.h"
#include "conditions/resolve.h"

#define PLAN_SOURCE_NOTES ((size_t)65536)

void plan_values_init(struct plan_values *values)
{
    *values = (struct plan_values){.transfer =
                                       transfer_options_patient(0, TRANSFER_PATIENCE_S)};
    value_table_init(&values->table);
    bytes_init(&values->row, EFFECTIVE_ROW);
    bytes_init(&values->notes, PLAN_SOURCE_NOTES);
    manifest_init(&values->manifest, 0, 0);
}

void plan_values_release(struct plan_values *values)
{
    for (size_t i = 0; i < PLAN_TYPES; i++)
        spill_table_free(values->ladders[i].table);
    value_table_release(&values->table);
    bytes_release(&values->row);
    bytes_release(&values->notes);
    manifest_release(&values->manifest);
}

/* What is wanted of each payload that resolving brings. */
struct intake {
    const struct campaign_file *file;
    const char *folder;
    struct bytes *problems;
};

static bool acknowledged(const struct campaign_file *file, const char *type)
{
    for (uint32_t i = 0; i < file->acknowledged_count; i++)
        if (strcmp(file->acknowledged[i], type) == 0)
            return true;
    return false;
}

static bool payload_take(void *user, const struct tag_row *row, const struct sha256 *hash,
                         const struct bytes *bytes, struct err *err)
{
    const struct intake *intake = user;
    const char *type = row->type;
    const struct payload_type *known = payload_type_find(type);
    struct payload_marks marks;
    char hex[SHA256_HEX];
    sha256_to_hex(hash, hex);
    if (!resolve_blob_put(intake->folder, hash, bytes, err))
        return false;
    if (known == NULL || !intake->file->campaign.physics ||
        acknowledged(intake->file, type))
        return true;
    if (!payload_read_marks(known, bytes, type, &marks, err))
        return false;
    if (marks.synthetic || (marks.source == VALUE_UNVERIFIED && marks.unverified == 0))
        return text_addf(intake->problems, err,
                         "%s: payload %.12s is %s: a physics campaign must acknowledge "
                         "it by name\n",
                         type, hex, marks.synthetic ? "synthetic" : "unverified");
    if (marks.unverified > 0)
        return text_addf(
            intake->problems, err,
            "%s: payload %.12s is unverified in %zu of %zu numbers, the first "
            "is %s: a physics campaign must acknowledge it by name\n",
            type, hex, marks.unverified, marks.numbers, marks.where);
    return true;
}

/* Declared by a recipe: all types of the steps that it has. */
static void types_declare(struct plan_values *values, bool reconstruct)
{
    for (size_t i = 0; payload_type_at(i) != NULL; i++) {
        const struct payload_type *type = payload_type_at(i);
        bug_if(values->type_count == PLAN_TYPES);
        if ((reconstruct && type->step == PAYLOAD_RECO) || type->step == PAYLOAD_SELECT)
            values->types[values->type_count++] = type;
    }
}

static bool tag_resolve(struct plan_values *values, const struct campaign_file *file,
                        const struct resolve_request *request, struct err *err)
{
    const struct source_options options = {.url = file->campaign.source,
                                           .mirrors = file->mirrors,
                                           .mirror_count = file->mirror_count,
                                           .transfer = values->transfer};
    struct source *source;
    enum tag_status status;
    if (!source_open(&options, &source, err))
        return false;
    bool done = resolve_tag(source, request, &values->manifest, &status, err) &&
                manifest_hash(&values->manifest, &values->hash, err) &&
                text_add(&values->notes, source_notes(source), err);
    values->frozen = done && status == TAG_FROZEN;
    source_close(source);
    return done;
}

bool plan_values_resolve(struct plan_values *values, const struct campaign_file *file,
                         const struct run_range *runs, const char *folder,
                         struct bytes *problems, struct err *err)
{
    const char *names[PLAN_TYPES];
    struct intake intake = {file, folder, problems};
    if (file->campaign.source[0] == 0)
        return true;
    types_declare(values, file->campaign.recipe.reconstruct);
    for (size_t i = 0; i < values->type_count; i++)
        names[i] = values->types[i]->name;
    const struct resolve_request request = {.tag = file->campaign.tag,
                                            .first_run = runs->first,
                                            .last_run = runs->last,
                                            .types = names,
                                            .type_count = values->type_count,
                                            .seen = payload_take,
                                            .user = &intake};
    values->folder = folder;
    values->allowed = file->allowed;
    return tag_resolve(values, file, &request, err);
}

/* Makes ladders[index] the table of this payload. */
static bool ladder_load(struct plan_values *values, size_t index,
                        const struct manifest_entry *entry, struct err *err)
{
    struct plan_ladder *ladder = &values->ladders[index];
    char name[RESOLVE_NAME];
    char path[TASK_URL + RESOLVE_NAME];
    struct bytes text;
    if (ladder->table != NULL && sha256_equal(&ladder->hash, &entry->hash))
        return true;
    resolve_blob_name(&entry->hash, name);
    (void)snprintf(path, sizeof path, "%s/%s", values->folder, name);
    bytes_init(&text, PAYLOAD_LIMIT);
    struct spill_table *table;
    bool done = disk_read_file(path, &text, err) &&
                spill_table_new(values->types[index], &text, entry->type, &table, err);
    bytes_release(&text);
    if (!done)
        return false;
    spill_table_free(ladder->table);
    *ladder = (struct plan_ladder){entry->hash, table};
    return true;
}

/* A row that is too large to stand in the catalog becomes a blob. */
static bool row_keep(const struct plan_values *values, const struct effective *effective,
                     bool added, struct err *err)
{
    return !added || values->row.size <= VALUE_INLINE ||
           resolve_blob_put(values->folder, &effective->value, &values->row, err);
}

/* The value of one declared type, and its number in the table. */
static bool value_find(struct plan_values *values, size_t index,
                       struct effective *effective, uint32_t *number, struct err *err)
{
    const struct payload_type *type = values->types[index];
    const struct manifest_entry *entry =
        manifest_at(&values->manifest, type->name, values->run, values->spill);
    bool added;
    if (entry == NULL || entry->gap)
        return err_set(err, E_MANIFEST,
                       "%s: run %" PRIu32 " spill %" PRIu32 ": the tag has no payload",
                       type->name, values->run, values->spill);
    if (!effective_needs_bytes(type)) {
        *effective = effective_plain(entry);
        *number = value_table_add(&values->table, effective, NULL, entry->size, &added);
        return true;
    }
    const struct effective_request request = {
        .run = values->run,
        .spill = values->spill,
        .allow_nearest_run = (values->allowed & 1u << FALLBACK_NEAREST_RUN) != 0,
        .allow_none = (values->allowed & 1u << FALLBACK_NONE) != 0};
    if (!ladder_load(values, index, entry, err) ||
        !effective_of_spill(values->ladders[index].table, &request, &values->row,
                            effective, err))
        return false;
    *number = value_table_add(&values->table, effective, &values->row, values->row.size,
                              &added);
    return row_keep(values, effective, added, err);
}

bool plan_values_at(struct plan_values *values, uint32_t run, uint32_t spill,
                    struct err *err)
{
    uint32_t reco[PLAN_TYPES];
    uint32_t select[PLAN_TYPES];
    if (plan_values_known(values, run, spill))
        return true;
    values->known = false;
    values->run = run;
    values->spill = spill;
    values->reco_count = 0;
    values->select_count = 0;
    for (size_t i = 0; i < values->type_count; i++) {
        struct effective effective;
        uint32_t number = 0;
        if (!value_find(values, i, &effective, &number, err))
            return false;
        if (values->types[i]->step == PAYLOAD_RECO) {
            reco[values->reco_count] = number;
            values->reco[values->reco_count++] = effective;
        } else {
            select[values->select_count] = number;
            values->select[values->select_count++] = effective;
        }
    }
    values->reco_set =
        value_table_set(&values->table, reco, (uint32_t)values->reco_count);
    values->select_set =
        value_table_set(&values->table, select, (uint32_t)values->select_count);
    values->known = true;
    return true;
}
