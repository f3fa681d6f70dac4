/* import_yaml.c - runs.yaml: runs, their chunks, and set-ups.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/disk.h"
#include "base/text.h"
#include "coordinator/config.h"
#include "coordinator/config_value.h"
#include "coordinator/import.h"
#include "coordinator/number_index.h"

#define READ_SIZE ((size_t)4 << 20)

static bool setup_read(struct import *import, const struct config_file *file,
                       const struct config_setup *setup, struct err *err)
{
    struct import_setup out = {.eot_known = setup->eot != NULL};
    uint64_t source = 0;
    uint64_t word = 0;
    if (!config_name(file, "name", setup->name, out.name, sizeof out.name, err))
        return false;
    const struct config_eot *eot = setup->eot;
    if (eot != NULL) {
        if (!config_u64(file, "source", eot->source, 1023, &source, err) ||
            !config_u64(file, "scaler_word", eot->scaler_word, SCALER_WORDS - 1, &word,
                        err) ||
            !config_real(file, "scale", eot->scale, &out.eot.scale, err))
            return false;
        if (!(out.eot.scale > 0))
            return config_fail(file, "scale", eot->scale, err, "must be above 0");
        out.eot.source = (uint32_t)source;
        out.eot.scaler_word = (uint32_t)word;
    }
    import_add_setup(import, &out);
    return true;
}

static bool kinds_read(const struct config_file *file, const struct config_run *config,
                       struct run *run, struct err *err)
{
    if (config->type != NULL && !run_type_from(config->type, &run->type))
        return config_fail(file, "type", config->type, err, "unknown word");
    if (config->origin != NULL && !run_origin_from(config->origin, &run->origin))
        return config_fail(file, "origin", config->origin, err, "data or mc");
    if (config->quality != NULL && !run_quality_from(config->quality, &run->quality))
        return config_fail(file, "quality", config->quality, err, "unknown word");
    return true;
}

static bool times_read(const struct config_file *file, const struct config_run *config,
                       struct run *run, struct err *err)
{
    uint64_t start = 0;
    uint64_t stop = 0;
    if (!config_u64(file, "start_s", config->start_s, INT64_MAX, &start, err) ||
        !config_u64(file, "stop_s", config->stop_s, INT64_MAX, &stop, err))
        return false;
    if (stop != 0 && stop < start)
        return config_fail(file, "stop_s", config->stop_s, err, "before start_s");
    run->start_s = (int64_t)start;
    run->stop_s = (int64_t)stop;
    return true;
}

static bool run_read(const struct config_file *file, const struct config_run *config,
                     struct run *run, struct err *err)
{
    uint64_t number = 0;
    if (!config_u64(file, "run", config->run, RUN_MAXIMUM, &number, err))
        return false;
    *run = run_unknown((uint32_t)number);
    return kinds_read(file, config, run, err) && times_read(file, config, run, err) &&
           config_name(file, "period", config->period, run->period, RUN_NAME, err) &&
           config_name(file, "setup", config->setup, run->setup, RUN_NAME, err) &&
           config_name(file, "particle", config->particle, run->particle, RUN_NAME,
                       err) &&
           config_name(file, "trigger", config->trigger, run->trigger, RUN_NAME, err) &&
           config_real(file, "momentum_gev", config->momentum_gev, &run->momentum_gev,
                       err) &&
           config_real(file, "magnet_a", config->magnet_a, &run->magnet_a, err) &&
           config_bool(file, "synthetic", config->synthetic, &run->synthetic, err);
}

/* A chunk's place; its identity from the name of the file, unless it is given. */
static bool place_read(const struct config_file *file, const char *folder,
                       const char *name, struct chunk *chunk, struct err *err)
{
    bool absolute = name[0] == '/' || strstr(name, "://") != NULL;
    int length = absolute
                     ? snprintf(chunk->url, sizeof chunk->url, "%s", name)
                     : snprintf(chunk->url, sizeof chunk->url, "%s/%s", folder, name);
    if (name[0] == 0 || length >= (int)sizeof chunk->url)
        return config_fail(file, "file", name, err, "empty or too long");
    return true;
}

static bool id_read(const struct config_file *file, const struct config_chunk *config,
                    uint32_t run, struct chunk_id *id, struct err *err)
{
    bool named = chunk_name_parse(config->file, id);
    uint64_t builder = id->builder;
    uint64_t number = id->number;
    if (!config_u64(file, "builder", config->builder, UINT16_MAX, &builder, err) ||
        !config_u64(file, "number", config->number, UINT16_MAX, &number, err))
        return false;
    if (!named && (config->builder == NULL || config->number == NULL))
        return config_fail(
            file, "file", config->file, err,
            "not a name like cdrBBCCC-RRRRRR.dat: give builder and number");
    if (named && id->run != run)
        return config_fail(file, "file", config->file, err, "is of another run");
    if (number == 0)
        return config_fail(file, "number", config->number, err, "chunks count from 1");
    *id = (struct chunk_id){run, (uint16_t)builder, (uint16_t)number};
    return true;
}

static bool chunk_read(struct import *import, const struct config_file *file,
                       const char *folder, const struct config_chunk *config,
                       uint32_t run, struct err *err)
{
    struct err inner;
    struct chunk chunk = {.id = {.run = 0}};
    uint8_t adler[4];
    if (!id_read(file, config, run, &chunk.id, err) ||
        !place_read(file, folder, config->file, &chunk, err) ||
        !config_u64(file, "size", config->size, INT64_MAX, &chunk.size, err))
        return false;
    if (!text_from_hex(config->adler32, adler, sizeof adler, &inner))
        return config_fail(file, "adler32", config->adler32, err,
                           "expected 8 hexadecimal digits");
    chunk.adler32 = be32_load(adler);
    import_add_chunk(import, &chunk);
    return true;
}

static bool file_measure(const char *path, struct chunk *chunk, struct err *err)
{
    int fd;
    if (!disk_open_read(path, &fd, &chunk->size, err))
        return false;
    uint8_t *buffer = mem_new(1, READ_SIZE);
    bool done = true;
    chunk->adler32 = ADLER32_START;
    for (uint64_t at = 0; done && at < chunk->size; at += READ_SIZE) {
        size_t size =
            chunk->size - at < READ_SIZE ? (size_t)(chunk->size - at) : READ_SIZE;
        done = disk_read_at(fd, path, at, buffer, size, err);
        if (done)
            chunk->adler32 = adler32_add(chunk->adler32, buffer, size);
    }
    free(buffer);
    (void)close(fd);
    return done;
}

static bool file_read(struct import *import, const struct config_file *file,
                      const char *folder, const char *name, uint32_t run, struct err *err)
{
    struct chunk chunk = {.id = {.run = 0}};
    const struct config_chunk config = {.file = mem_text(name)};
    bool done = id_read(file, &config, run, &chunk.id, err) &&
                place_read(file, folder, name, &chunk, err);
    free(config.file);
    if (!done || !file_measure(chunk.url, &chunk, err))
        return false;
    import_add_chunk(import, &chunk);
    return true;
}

/* A list names each of its runs once. */
static bool run_once(struct number_index *seen, const struct config_file *file,
                     const char *text, uint32_t number, struct err *err)
{
    size_t place = 0;
    uint32_t known;
    if (!number_index_next(seen, number, &place, &known)) {
        number_index_add(seen, number, number);
        return true;
    }
    unsigned first = config_line(file, 1, "run", text);
    return err_set(err, E_RUNS_TABLE, "%s:%u: run %" PRIu32 " is there twice", file->path,
                   config_line(file, first + 1, "run", text), number);
}

static bool runs_read(struct import *import, const struct config_file *file,
                      const char *folder, const struct config_runs *config,
                      struct number_index *seen, struct err *err)
{
    for (unsigned i = 0; i < config->setups_count; i++)
        if (!setup_read(import, file, &config->setups[i], err))
            return false;
    for (unsigned i = 0; i < config->runs_count; i++) {
        const struct config_run *run = &config->runs[i];
        struct import_run taken = {.path = file->path};
        if (!run_read(file, run, &taken.run, err) ||
            !run_once(seen, file, run->run, taken.run.number, err))
            return false;
        import_add_run(import, &taken);
        for (unsigned c = 0; c < run->chunks_count; c++)
            if (!chunk_read(import, file, folder, &run->chunks[c], taken.run.number, err))
                return false;
        for (unsigned f = 0; f < run->files.list_count; f++)
            if (!file_read(import, file, folder, run->files.list[f], taken.run.number,
                           err))
                return false;
    }
    return true;
}

bool import_yaml(struct import *import, const char *path, const char *folder,
                 const char *text, size_t size, struct err *err)
{
    const struct config_file file = {path, text, size};
    struct config_runs *config;
    if (!config_load_runs(&file, &config, err))
        return false;
    struct number_index seen;
    number_index_init(&seen);
    bool done = runs_read(import, &file, folder, config, &seen, err);
    number_index_release(&seen);
    config_free_runs(config);
    return done;
}
