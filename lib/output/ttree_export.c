/* ttree_export.c - stored columns into a tree.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "output/ttree_export.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include <sys/file.h>
#include <sys/stat.h>

#include "base/text.h"
#include "output/columns.h"
#include "output/reco_file.h"
#include "output/root_classes.h"
#include "output/ttree.h"

#define DESCRIPTION ((size_t)64 << 10)
#define PROVENANCE  ((size_t)64 << 20) /* some 80 bytes a segment */
#define PATH_ROOM   4096u
#define MARK        "SYNTHETIC " /* how descriptions of simulated data begin */
#define TITLE       "reconstructed events"
#define HEADER_NAME 16u /* bytes of a header envelope before the name */
#define HEADER_HEAD 32u /* name, size and beginning of the description */

static const uint8_t header_name[] = {4, 0, 0, 0, 'r', 'e', 'c', 'o'};

/* Where the rows of a cluster are read to. */
struct rows {
    struct columns_reader reader;
    struct reco_table table;
};

/* What is known of all files before the first row is read. */
struct inputs {
    char *const *files;
    uint32_t count;
    struct sha256_stream *hash;
    struct sha256 key;  /* of the hashes of all records */
    struct bytes lines; /* one a record, for the provenance */
    bool synthetic;     /* one of them is */
};

static enum ttree_type tree_type(enum reco_type type)
{
    switch (type) {
    case RECO_U8:
        return TTREE_U8;
    case RECO_U32:
        return TTREE_U32;
    case RECO_F32:
        return TTREE_F32;
    }
    unreachable();
}

static void columns_describe(struct ttree_column columns[RECO_COLUMN_COUNT])
{
    for (uint32_t c = 0; c < RECO_COLUMN_COUNT; c++) {
        const struct reco_column_info *info = &reco_column_infos[c];
        columns[c] = (struct ttree_column){
            .name = info->name, .type = tree_type(info->type), .rank = info->rank};
        for (uint32_t i = 0; i < info->rank; i++)
            columns[c].shape[i] = info->shape[i];
    }
}

/* A line a column: name, type, shape, unit, meaning. */
static bool meanings_text(struct bytes *out, const char **text, struct err *err)
{
    for (uint32_t c = 0; c < RECO_COLUMN_COUNT; c++) {
        const struct reco_column_info *info = &reco_column_infos[c];
        if (!text_addf(out, err, "%s\t%s\t", info->name, reco_type_name(info->type)))
            return false;
        for (uint32_t i = 0; i < info->rank; i++)
            if (!text_addf(out, err, "[%u]", info->shape[i]))
                return false;
        if (!text_addf(out, err, "\t%s\t%s\n", info->unit, info->meaning))
            return false;
    }
    return text_terminate(out, text, err);
}

/* A text as a named object of the file. */
static bool text_put(struct root_file *file, const char *name, const char *text,
                     struct err *err)
{
    struct root_key key = {.class_name = "TObjString", .name = name, .title = ""};
    struct root_stream stream;
    root_stream_init(&stream, root_key_length(key.class_name, key.name, key.title));
    size_t start = root_open(&stream, 1);
    root_put_object(&stream, 0);
    root_put_text(&stream, text);
    root_close(&stream, start);
    bool done = root_stream_check(&stream, err) &&
                root_key_put(file, &key, &stream.bytes, NULL, err);
    root_stream_release(&stream);
    return done;
}

static bool meanings_put(struct root_file *file, struct err *err)
{
    struct bytes text;
    const char *lines;
    bytes_init(&text, DESCRIPTION);
    bool done =
        meanings_text(&text, &lines, err) && text_put(file, "columns", lines, err);
    bytes_release(&text);
    return done;
}

/* What the tree was made of: a line with its key, then run, spill, key and entries of
 * each record. */
static bool provenance_put(struct root_file *file, const struct inputs *inputs,
                           struct err *err)
{
    struct bytes text;
    const char *lines;
    char hex[SHA256_HEX];
    sha256_to_hex(&inputs->key, hex);
    bytes_init(&text, PROVENANCE + DESCRIPTION);
    bool done = text_addf(&text, err, "%sspillway-ttree-1 %s\n",
                          inputs->synthetic ? MARK : "", hex) &&
                bytes_append(&text, inputs->lines.data, inputs->lines.size, err) &&
                text_terminate(&text, &lines, err) &&
                text_put(file, "provenance", lines, err);
    bytes_release(&text);
    return done;
}

static bool record_note(struct inputs *inputs, const struct pack_entry *entry,
                        struct err *err)
{
    char hex[SHA256_HEX];
    sha256_to_hex(&entry->item.key, hex);
    sha256_add(inputs->hash, entry->bytes_hash.bytes, SHA256_SIZE);
    return text_addf(&inputs->lines, err, "%" PRIu32 " %" PRIu32 " %s %" PRIu64 "\n",
                     entry->item.run, entry->item.spill, hex, entry->item.entries);
}

/* All clusters of one record. */
static bool record_export(struct ttree *tree, const struct reco_file *file,
                          const struct pack_entry *entry, struct rows *rows,
                          struct err *err)
{
    if (!columns_open(&rows->reader, file->fd, file->path, &entry->place,
                      &entry->item.key, err))
        return false;
    do {
        if (!columns_next(&rows->reader, RECO_ALL_COLUMNS, &rows->table, err) ||
            !ttree_put(tree, (const void *const *)rows->table.data, rows->table.rows,
                       err))
            return false;
    } while (rows->table.rows > 0);
    return true;
}

/* Whether the description of the RNTuple, in its header behind the file's first key, says
 * that the events are simulated. */
static bool mark_read(const struct reco_file *file, bool *synthetic, struct err *err)
{
    uint8_t size[4];
    uint8_t head[HEADER_HEAD];
    uint64_t at = ROOT_BEGIN;
    if (!disk_read_at(file->fd, file->path, at, size, sizeof size, err))
        return false;
    at += be32_load(size) + (uint64_t)root_key_length("RBlob", "", "") +
          HEADER_NAME; /* of the next key */
    if (!disk_read_at(file->fd, file->path, at, head, sizeof head, err))
        return false;
    if (memcmp(head, header_name, sizeof header_name) != 0)
        return err_set(err, E_PACK_FORMAT, "%s: byte %" PRIu64 ": no ntuple reco",
                       file->path, at);
    if (memcmp(head + sizeof header_name + 4, MARK, strlen(MARK)) == 0)
        *synthetic = true;
    return true;
}

/* Calls record_export() for each record; without a tree it only looks what they are. */
static bool file_walk(const char *path, struct ttree *tree, struct inputs *inputs,
                      struct rows *rows, struct err *err)
{
    struct reco_file file;
    struct pack_entry entry;
    enum lookup found = LOOKUP_FAILED;
    if (!reco_file_open(&file, path, err))
        return false;
    pack_entry_init(&entry);
    bool done = tree != NULL || mark_read(&file, &inputs->synthetic, err);
    while (done && (found = reco_file_next(&file, &entry, err)) == LOOKUP_FOUND) {
        done = tree != NULL ? record_export(tree, &file, &entry, rows, err)
                            : record_note(inputs, &entry, err);
    }
    pack_entry_release(&entry);
    reco_file_close(&file);
    return done && found == LOOKUP_ABSENT;
}

static bool tree_write(struct ttree *tree, const struct inputs *inputs, struct err *err)
{
    struct rows rows;
    reco_table_init(&rows.table, RECO_CLUSTER);
    columns_reader_init(&rows.reader);
    bool done = true;
    for (uint32_t i = 0; i < inputs->count && done; i++)
        done = file_walk(inputs->files[i], tree, NULL, &rows, err);
    columns_reader_release(&rows.reader);
    reco_table_release(&rows.table);
    return done && ttree_end(tree, err);
}

static bool inputs_look(struct inputs *inputs, struct err *err)
{
    inputs->hash = sha256_new();
    sha256_start(inputs->hash);
    bool done = true;
    for (uint32_t i = 0; i < inputs->count && done; i++)
        done = file_walk(inputs->files[i], NULL, inputs, NULL, err);
    inputs->key = sha256_end(inputs->hash);
    sha256_free(inputs->hash);
    return done;
}

static bool file_write(const struct root_target *target, const struct inputs *inputs,
                       struct ttree_exported *exported, struct err *err)
{
    struct ttree_column columns[RECO_COLUMN_COUNT];
    struct root_file file;
    struct ttree tree;
    uint64_t classes = ROOT_SET_TTREE;
    classes |= ROOT_SET_STRING;
    columns_describe(columns);
    bool done = root_file_begin(&file, target, err);
    if (done) {
        done = ttree_begin(
                   &tree,
                   &(struct ttree_target){.file = &file,
                                          .name = "reco",
                                          .title = inputs->synthetic ? MARK TITLE : TITLE,
                                          .columns = columns,
                                          .column_count = RECO_COLUMN_COUNT,
                                          .basket = RECO_CLUSTER,
                                          .compressed = true},
                   err) &&
               tree_write(&tree, inputs, err) && meanings_put(&file, err) &&
               provenance_put(&file, inputs, err) &&
               root_file_end(&file, classes, &exported->bytes, err);
        exported->entries = tree.entries;
        ttree_release(&tree);
    }
    root_file_release(&file);
    return done;
}

/* The new file under its last name, once its bytes are on the disk. */
static bool file_settle(int fd, const char *path, const char *out, bool written,
                        struct err *err)
{
    struct err late;
    bool done = written && disk_sync(fd, path, err);
    done = disk_close(fd, path, done ? err : &late) && done;
    done = done && disk_rename(path, out, err) && disk_sync_parent(out, err);
    if (!done)
        (void)unlink(path);
    return done;
}

/* The new file, locked: what a killed export left there is written over, what another one
 * is writing is not. */
static bool file_begin(const char *path, int *fd, struct err *err)
{
    struct stat held, named;
    *fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (*fd < 0)
        return err_errno(err, E_DISK_WRITE, errno, "%s: cannot be created", path);
    if (flock(*fd, LOCK_EX | LOCK_NB) == 0 && fstat(*fd, &held) == 0 &&
        stat(path, &named) == 0 && held.st_ino == named.st_ino &&
        held.st_dev == named.st_dev && ftruncate(*fd, 0) == 0)
        return true;
    (void)close(*fd);
    return err_set(err, E_USAGE, "%s: another export is writing it", path);
}

bool ttree_export(const char *out, char *const *files, uint32_t count,
                  struct ttree_exported *exported, struct err *err)
{
    char path[PATH_ROOM];
    int fd;
    struct inputs inputs = {.files = files, .count = count};
    const char *name = strrchr(out, '/');
    name = name == NULL ? out : name + 1;
    int size = snprintf(path, sizeof path, "%s.new", out);
    if (size < 0 || (size_t)size >= sizeof path || name[0] == 0)
        return err_set(err, E_USAGE, "%.200s is no name for a file", out);
    if (disk_exists(out))
        return err_set(err, E_USAGE, "%s is there already: remove it or name another",
                       out);
    bytes_init(&inputs.lines, PROVENANCE);
    if (!inputs_look(&inputs, err) || !file_begin(path, &fd, err)) {
        bytes_release(&inputs.lines);
        return false;
    }
    struct root_target target = {.fd = fd,
                                 .path = path,
                                 .name = name,
                                 .key = &inputs.key,
                                 .compression = COMPRESS_SETTING};
    bool written = file_write(&target, &inputs, exported, err);
    bytes_release(&inputs.lines);
    return file_settle(fd, path, out, written, err);
}
