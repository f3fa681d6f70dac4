/* event_source.c - events out of an RNTuple or a pack of columns.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/event_source.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/text.h"

#define LINE 256u

static char *text_of(struct cursor_text text)
{
    char *copy = mem_new(text.size + 1, 1);
    memcpy(copy, text.data, text.size);
    return copy;
}

/* The first column at or below a field, RNTUPLE_NONE: there is none. */
static uint32_t leaf_of(const struct rntuple_schema *schema, uint32_t field)
{
    for (uint32_t f = field; f < schema->field_count; f++) {
        uint32_t above = f;
        for (uint32_t i = 0; i < RNTUPLE_DEPTH && above > field; i++)
            above = schema->fields[above].parent;
        if (above != field)
            continue;
        if (schema->fields[f].columns > 0 && schema->fields[f].role == RNTUPLE_LEAF)
            return schema->fields[f].column + schema->fields[f].columns - 1;
    }
    return RNTUPLE_NONE;
}

/* Arrays from the field down to the one that has the column. */
static void shape_make(const struct rntuple_schema *schema, uint32_t field,
                       struct event_column *column)
{
    uint32_t chain[RNTUPLE_DEPTH];
    uint32_t depth = 0;
    uint32_t at = schema->columns[column->source].field;
    while (depth < RNTUPLE_DEPTH) {
        chain[depth++] = at;
        if (at == field || schema->fields[at].role == RNTUPLE_COLLECTION)
            break;
        at = schema->fields[at].parent;
    }
    while (depth-- > 0)
        if (schema->fields[chain[depth]].array > 1 && column->rank < EVENT_RANK)
            column->shape[column->rank++] = (uint32_t)schema->fields[chain[depth]].array;
}

static enum event_kind kind_of(enum rntuple_kind kind)
{
    static const enum event_kind kinds[] = {
        [RNTUPLE_BIT] = EVENT_BOOL,  [RNTUPLE_CHAR] = EVENT_TEXT,
        [RNTUPLE_INT] = EVENT_INT,   [RNTUPLE_UINT] = EVENT_UINT,
        [RNTUPLE_REAL] = EVENT_REAL, [RNTUPLE_INDEX] = EVENT_UINT};

    return kinds[kind];
}

/* A top-level field: a number, an array, a list of them, a text. Lists in lists and
 * records of several fields are left out. */
static void field_add(struct event_file *file, const struct rntuple_schema *schema,
                      uint32_t number)
{
    const struct rntuple_field *field = &schema->fields[number];
    uint32_t leaf = leaf_of(schema, number);
    if (field->parent != number || leaf == RNTUPLE_NONE)
        return;
    const struct rntuple_column *info = &schema->columns[leaf];
    if (info->index != RNTUPLE_NONE &&
        (schema->columns[info->index].index != RNTUPLE_NONE ||
         schema->columns[info->index].width != 1))
        return;
    char *name = text_of(field->name);
    char *type = text_of(field->type);
    char *meaning = text_of(field->description);
    struct event_column *column = event_column_add(file, name, type, meaning);
    column->kind = kind_of(info->kind);
    column->size = info->size;
    column->width = (uint32_t)info->width;
    column->list = info->index != RNTUPLE_NONE;
    column->source = leaf;
    column->index = info->index;
    shape_make(schema, number, column);
    free(name);
    free(type);
    free(meaning);
}

/* The first RNTuple of the file. */
static enum lookup tuple_find(const struct root_read *file, struct root_read_key *key,
                              struct err *err)
{
    for (uint64_t at = ROOT_READ_BEGIN; at < file->header.end; at += key->size) {
        if (!root_read_key(file, at, key, err))
            return LOOKUP_FAILED;
        if (strcmp(key->class_name, ROOT_CLASS_TUPLE) == 0)
            return LOOKUP_FOUND;
    }
    return LOOKUP_ABSENT;
}

bool event_source_root(struct event_file *file, const char *path, struct err *err)
{
    struct event_source *source = file->source;
    struct root_read_key *key = mem_new(1, sizeof *key);
    bool done = root_read_open(&source->file, path, err);
    enum lookup found = done ? tuple_find(&source->file, key, err) : LOOKUP_FAILED;
    if (found == LOOKUP_ABSENT)
        done = err_set(err, E_NOT_FOUND, "%s: no RNTuple in it, so no events", path);
    else
        done = found == LOOKUP_FOUND &&
               rntuple_open(&source->tuple, &source->file, key, err);
    free(key);
    if (!done)
        return false;
    const struct rntuple_schema *schema = &source->tuple.schema;
    file->name = text_of(schema->name);
    file->description = text_of(schema->description);
    file->entries = source->tuple.entries;
    file->clusters = source->tuple.cluster_count;
    for (uint32_t f = 0; f < schema->field_count; f++)
        field_add(file, schema, f);
    return true;
}

bool event_source_root_next(struct event_file *file, struct err *err)
{
    struct event_source *source = file->source;
    const struct rntuple *tuple = &source->tuple;
    file->block.rows = 0;
    while (source->cluster < tuple->cluster_count &&
           tuple->clusters[source->cluster].first +
                   tuple->clusters[source->cluster].entries <=
               file->from)
        source->cluster++;
    if (source->cluster == tuple->cluster_count ||
        tuple->clusters[source->cluster].first >= file->to)
        return true;
    uint32_t cluster = source->cluster++;
    for (uint32_t c = 0; c < file->column_count; c++) {
        const struct event_column *column = &file->columns[c];
        struct event_cells *cells = &file->block.cells[c];
        if (!column->wanted)
            continue;
        if (!rntuple_column_read(tuple, cluster, column->source, &cells->numbers, err) ||
            (column->list &&
             !rntuple_column_read(tuple, cluster, column->index, &cells->ends, err)))
            return err_wrap(err, "column %s", column->name);
    }
    file->block.first = tuple->clusters[cluster].first;
    file->block.rows = (uint32_t)tuple->clusters[cluster].entries;
    return true;
}

static void reco_columns_add(struct event_file *file)
{
    static const enum event_kind kinds[] = {
        [RECO_U8] = EVENT_UINT, [RECO_U32] = EVENT_UINT, [RECO_F32] = EVENT_REAL};

    for (uint32_t c = 0; c < RECO_COLUMN_COUNT; c++) {
        const struct reco_column_info *info = &reco_column_infos[c];
        char meaning[LINE];
        (void)snprintf(meaning, sizeof meaning, "%s%s%s", info->unit,
                       info->unit[0] == 0 ? "" : "; ", info->meaning);
        struct event_column *column =
            event_column_add(file, info->name, reco_type_name(info->type), meaning);
        column->kind = kinds[info->type];
        column->size = (uint32_t)reco_type_size(info->type);
        column->width = info->width;
        column->rank = info->rank;
        for (uint32_t d = 0; d < info->rank; d++)
            column->shape[d] = info->shape[d];
        column->source = c;
    }
}

bool event_source_pack(struct event_file *file, const char *path, struct err *err)
{
    struct event_source *source = file->source;
    pack_entry_init(&source->entry);
    columns_reader_init(&source->columns);
    source->pack.fd = -1;
    if (!pack_reader_open(&source->pack, path, err))
        return false;
    reco_table_init(&source->table, RECO_CLUSTER);
    file->name = mem_text("reco");
    file->description = mem_text("part: one record a segment");
    for (uint64_t i = 0; i < source->pack.records; i++) {
        if (!pack_read(&source->pack, i, &source->entry, err))
            return false;
        if (strcmp(source->entry.item.stream, "reco") == 0) {
            file->entries += source->entry.item.entries;
            file->clusters++;
        }
    }
    if (file->clusters == 0)
        return err_set(err, E_NOT_FOUND,
                       "%s: no record of stream reco in it, so no "
                       "events",
                       path);
    reco_columns_add(file);
    return true;
}

static uint64_t wanted_set(const struct event_file *file)
{
    uint64_t wanted = 0;
    for (uint32_t c = 0; c < file->column_count; c++)
        if (file->columns[c].wanted)
            wanted |= reco_set((enum reco_column)c);
    return wanted;
}

/* The next cluster into the table, over records; no rows at the end. */
static bool cluster_next(struct event_source *source, uint64_t wanted, struct err *err)
{
    const struct pack_reader *pack = &source->pack;
    struct pack_entry *entry = &source->entry;
    source->table.rows = 0;
    for (;;) {
        if (source->reading &&
            !columns_next(&source->columns, wanted, &source->table, err))
            return false;
        if (source->table.rows > 0)
            return true;
        source->reading = false;
        if (source->record == pack->records)
            return true;
        if (!pack_read(pack, source->record++, entry, err))
            return false;
        if (strcmp(entry->item.stream, "reco") != 0)
            continue;
        if (!columns_open(&source->columns, pack->fd, pack->path, &entry->place,
                          &entry->item.key, err))
            return false;
        source->reading = true;
    }
}

bool event_source_pack_next(struct event_file *file, struct err *err)
{
    struct event_source *source = file->source;
    uint64_t wanted = wanted_set(file);
    file->block.rows = 0;
    do {
        source->row += source->table.rows;
        if (!cluster_next(source, wanted, err))
            return false;
    } while (source->table.rows > 0 && source->row + source->table.rows <= file->from);
    if (source->table.rows == 0 || source->row >= file->to)
        return true;
    for (uint32_t c = 0; c < file->column_count; c++) {
        const struct event_column *column = &file->columns[c];
        struct bytes *numbers = &file->block.cells[c].numbers;
        bytes_clear(numbers);
        size_t size = (size_t)source->table.rows * column->width * column->size;
        if (column->wanted && !bytes_append(numbers, source->table.data[c], size, err))
            return false;
    }
    file->block.first = source->row;
    file->block.rows = source->table.rows;
    return true;
}
