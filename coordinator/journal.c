/* journal.c - writing the decisions of one life.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/journal.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "base/disk.h"
#include "base/text.h"
#include "coordinator/core_digest.h"
#include "coordinator/core_save.h"

/* A million segments take 10 MB; one turn of 256 syncs far less. */
#define JOURNAL_BUFFER ((size_t)1 << 30)

struct journal {
    int fd; /* -1: it ended */
    char path[PATH_MAX];
    struct journal_writer writer;
    uint64_t events_bytes;
    struct log *log;
};

/* The files of one campaign. */
struct shelf {
    uint64_t *numbers;
    uint64_t *sizes;
    uint32_t count, capacity;
    uint64_t bytes;
};

static void file_path(char path[PATH_MAX], const char *folder, const char *campaign,
                      uint64_t number)
{
    (void)snprintf(path, PATH_MAX, "%s/%s.%06" PRIu64, folder, campaign, number);
}

static void shelf_add(struct shelf *shelf, uint64_t number, uint64_t size)
{
    if (shelf->count == shelf->capacity) {
        shelf->capacity = shelf->capacity == 0 ? 64 : 2 * shelf->capacity;
        shelf->numbers =
            mem_grow(shelf->numbers, shelf->capacity, sizeof *shelf->numbers);
        shelf->sizes = mem_grow(shelf->sizes, shelf->capacity, sizeof *shelf->sizes);
    }
    uint32_t at = shelf->count++;
    for (; at > 0 && shelf->numbers[at - 1] > number; at--) {
        shelf->numbers[at] = shelf->numbers[at - 1];
        shelf->sizes[at] = shelf->sizes[at - 1];
    }
    shelf->numbers[at] = number;
    shelf->sizes[at] = size;
    shelf->bytes += size;
}

static bool shelf_read(struct shelf *shelf, const char *folder, const char *campaign,
                       struct err *err)
{
    size_t length = strlen(campaign);
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return err_errno(err, E_DISK_OPEN, errno, "%s", folder);
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        uint64_t number;
        char path[PATH_MAX];
        struct stat status;
        struct err ignored;
        const char *name = entry->d_name;
        if (strncmp(name, campaign, length) != 0 || name[length] != '.' ||
            strlen(name + length + 1) < 6 ||
            !text_to_u64(name + length + 1, UINT64_MAX / 2, &number, &ignored))
            continue;
        file_path(path, folder, campaign, number);
        if (stat(path, &status) == 0 && S_ISREG(status.st_mode))
            shelf_add(shelf, number, (uint64_t)status.st_size);
    }
    (void)closedir(dir);
    return true;
}

/* The newest file stays in any case. */
static void shelf_trim(const struct shelf *shelf, const char *folder,
                       const char *campaign)
{
    uint64_t bytes = shelf->bytes;
    for (uint32_t i = 0; i + 1 < shelf->count &&
                         (bytes > JOURNAL_BYTES || shelf->count - i >= JOURNAL_FILES);
         i++) {
        char path[PATH_MAX];
        file_path(path, folder, campaign, shelf->numbers[i]);
        if (unlink(path) == 0)
            bytes -= shelf->sizes[i];
    }
}

static bool file_make(struct journal *journal, const char *folder, const char *campaign,
                      struct err *err)
{
    struct shelf shelf = {.count = 0};
    bool done = disk_make_path(folder, err) && shelf_read(&shelf, folder, campaign, err);
    if (done) {
        uint64_t last = shelf.count == 0 ? 0 : shelf.numbers[shelf.count - 1];
        shelf_trim(&shelf, folder, campaign);
        file_path(journal->path, folder, campaign, last + 1);
        done = disk_create(journal->path, &journal->fd, err);
    }
    free(shelf.numbers);
    free(shelf.sizes);
    return done;
}

static void end_with(struct journal *journal, const struct err *err)
{
    log_write(journal->log, LOG_LEVEL_WARN, "event=journal_ended why=\"%s\"", err->text);
    if (journal->fd >= 0)
        (void)close(journal->fd);
    journal->fd = -1;
}

void journal_flush(struct journal *journal)
{
    struct err err;
    if (journal == NULL || journal->fd < 0)
        return;
    struct bytes *out = &journal->writer.out;
    if (!journal_written(&journal->writer, &err) ||
        !disk_write(journal->fd, journal->path, out->data, out->size, &err))
        end_with(journal, &err);
    bytes_clear(out);
}

struct journal *journal_open(const char *folder, const char *campaign,
                             const struct core *core, struct log *log)
{
    struct err err;
    struct journal *journal = mem_new(1, sizeof *journal);
    journal->fd = -1;
    journal->log = log;
    journal_writer_init(&journal->writer, JOURNAL_BUFFER);
    if (!file_make(journal, folder, campaign, &err)) {
        end_with(journal, &err);
        journal_close(journal);
        return NULL;
    }
    bytes_expect(&journal->writer.out, core_save_size(core));
    journal_begin(&journal->writer, "spillway-1");
    journal_text(&journal->writer, campaign);
    journal_end(&journal->writer);
    core_save(core, &journal->writer);
    journal_flush(journal);
    return journal;
}

void journal_close(struct journal *journal)
{
    if (journal == NULL)
        return;
    if (journal->fd >= 0)
        (void)close(journal->fd);
    journal_writer_release(&journal->writer);
    free(journal);
}

void journal_add(struct journal *journal, const struct core_event *event,
                 const struct core_commands *commands)
{
    if (journal == NULL || journal->fd < 0)
        return;
    size_t before = journal->writer.out.size;
    core_save_event(event, core_commands_digest(commands), &journal->writer);
    journal->events_bytes += journal->writer.out.size - before;
}

bool journal_is_full(const struct journal *journal, uint64_t limit)
{
    return journal != NULL && journal->fd >= 0 && journal->events_bytes > limit;
}
