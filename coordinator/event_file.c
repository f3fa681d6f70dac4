/* event_file.c - the events of a file as columns: ROOT files and parts alike.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/event_file.h"

#include <stdlib.h>

#include "coordinator/event_source.h"

bool event_file_open(struct event_file *file, const char *path, struct err *err)
{
    struct event_file opened = {.to = UINT64_MAX};
    opened.source = mem_new(1, sizeof *opened.source);
    opened.source->root = root_read_is_root(path);
    bool done = opened.source->root ? event_source_root(&opened, path, err)
                                    : event_source_pack(&opened, path, err);
    if (done) {
        opened.block.cells =
            mem_new(opened.column_count + 1u, sizeof *opened.block.cells);
        for (uint32_t c = 0; c < opened.column_count; c++) {
            bytes_init(&opened.block.cells[c].numbers, EVENT_NUMBERS);
            bytes_init(&opened.block.cells[c].ends, EVENT_NUMBERS);
        }
        *file = opened;
    } else
        event_file_close(&opened);
    return done;
}

void event_file_close(struct event_file *file)
{
    for (uint32_t c = 0; c < file->column_count; c++) {
        free(file->columns[c].name);
        free(file->columns[c].type);
        free(file->columns[c].meaning);
        if (file->block.cells != NULL) {
            bytes_release(&file->block.cells[c].numbers);
            bytes_release(&file->block.cells[c].ends);
        }
    }
    free(file->columns);
    free(file->block.cells);
    free(file->name);
    free(file->description);
    struct event_source *source = file->source;
    if (source != NULL && source->root) {
        rntuple_release(&source->tuple);
        root_read_close(&source->file);
    } else if (source != NULL) {
        pack_entry_release(&source->entry);
        columns_reader_release(&source->columns);
        reco_table_release(&source->table);
        pack_reader_close(&source->pack);
    }
    free(source);
    *file = (struct event_file){.name = NULL};
}

static bool want(struct event_file *file, const char *name, size_t size, struct err *err)
{
    for (uint32_t c = 0; c < file->column_count; c++)
        if (strlen(file->columns[c].name) == size &&
            memcmp(file->columns[c].name, name, size) == 0) {
            file->columns[c].wanted = true;
            return true;
        }
    return err_set(err, E_NOT_FOUND, "the file has no column \"%.*s\"", (int)size, name);
}

bool event_file_want(struct event_file *file, const char *list, struct err *err)
{
    for (uint32_t c = 0; c < file->column_count && list == NULL; c++)
        file->columns[c].wanted = true;
    while (list != NULL) {
        size_t size = strcspn(list, ",");
        if (!want(file, list, size, err))
            return false;
        list = list[size] == ',' ? list + size + 1 : NULL;
    }
    return true;
}

bool event_file_next(struct event_file *file, struct err *err)
{
    return file->source->root ? event_source_root_next(file, err)
                              : event_source_pack_next(file, err);
}
