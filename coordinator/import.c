/* import.c - collecting runs and merging them into the run catalogue.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/import.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "base/disk.h"

void import_init(struct import *import)
{
    *import = (struct import){.runs = NULL};
}

void import_release(struct import *import)
{
    free(import->runs);
    free(import->chunks);
    free(import->setups);
    import_init(import);
}

static size_t room_for(size_t count)
{
    return count < 16 ? 16 : 2 * count;
}

void import_add_run(struct import *import, const struct import_run *run)
{
    if (import->run_count == import->run_room) {
        import->run_room = room_for(import->run_count);
        import->runs = mem_grow(import->runs, import->run_room, sizeof *run);
    }
    import->runs[import->run_count++] = *run;
}

void import_add_chunk(struct import *import, const struct chunk *chunk)
{
    if (import->chunk_count == import->chunk_room) {
        import->chunk_room = room_for(import->chunk_count);
        import->chunks = mem_grow(import->chunks, import->chunk_room, sizeof *chunk);
    }
    import->chunks[import->chunk_count++] = *chunk;
}

void import_add_setup(struct import *import, const struct import_setup *setup)
{
    if (import->setup_count == import->setup_room) {
        import->setup_room = room_for(import->setup_count);
        import->setups = mem_grow(import->setups, import->setup_room, sizeof *setup);
    }
    import->setups[import->setup_count++] = *setup;
}

bool import_file(struct import *import, const char *path, struct err *err)
{
    const char *dot = strrchr(path, '.');
    bool csv = dot != NULL && strcmp(dot, ".csv") == 0;
    bool yaml = dot != NULL && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
    char resolved[PATH_MAX];
    struct bytes text;
    if (!csv && !yaml)
        return err_set(err, E_USAGE, "%s: a run list ends in .csv, .yaml or .yml", path);
    bytes_init(&text, IMPORT_LIMIT);
    bool done = disk_read_file(path, &text, err);
    if (done && realpath(path, resolved) == NULL)
        done = err_errno(err, E_DISK_OPEN, errno, "%s", path);
    if (done && csv)
        done = import_csv(import, path, (const char *)text.data, text.size, err);
    else if (done) {
        *strrchr(resolved, '/') = 0;
        done =
            import_yaml(import, path, resolved, (const char *)text.data, text.size, err);
    }
    bytes_release(&text);
    return done;
}
