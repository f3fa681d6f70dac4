/* draft.c - payloads as they come out of files that people write.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/draft.h"

#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/disk.h"
#include "base/text.h"
#include "conditions/csv.h"
#include "coordinator/config_sheet.h"
#include "coordinator/draft_internal.h"

#define ORIGIN 512

struct source_file {
    const char *path;
    const struct draft_taker *taker;
};

bool draft_give(const struct draft_taker *taker, const struct draft *draft,
                struct err *err)
{
    struct draft checked = *draft;
    return payload_check(draft->type->name, draft->text, draft->origin, &checked.marks,
                         err) &&
           taker->seen(taker->user, &checked, err);
}

bool draft_give_sheet(const struct draft_taker *taker, struct sheet *sheet,
                      const char *origin, const struct validity *validity,
                      struct err *err)
{
    struct bytes text;
    struct draft draft = {.origin = origin,
                          .type = sheet_type(sheet),
                          .text = &text,
                          .validity = *validity};
    enum lookup found;
    bool done = true;
    bytes_init(&text, PAYLOAD_LIMIT);
    while (done &&
           (found = sheet_next(sheet, &text, &draft.part, err)) != LOOKUP_ABSENT) {
        done = found == LOOKUP_FOUND && draft_give(taker, &draft, err);
        bytes_clear(&text);
    }
    bytes_release(&text);
    return done;
}

/* ---- CSV, YAML ---- */

static bool csv_draft(const struct source_file *file, char *text, size_t size,
                      struct err *err)
{
    struct sheet *sheet;
    sheet_new(file->path, &sheet);
    bool done =
        csv_read(text, size, sheet, err) &&
        draft_give_sheet(file->taker, sheet, file->path, sheet_validity(sheet), err);
    sheet_free(sheet);
    return done;
}

/* The file that a document names, beside the YAML file. */
static bool named_file(const struct source_file *file,
                       const struct config_payload *payload, const char *origin,
                       struct err *err)
{
    char path[PATH_MAX];
    struct bytes text;
    const char *slash = strrchr(file->path, '/');
    int folder = slash ? (int)(slash - file->path) + 1 : 0;
    const struct draft draft = {.origin = origin,
                                .type = payload_type_find(payload->type),
                                .text = &text,
                                .validity = payload->validity,
                                .part = {{0, 0}, MOMENT_OPEN}};
    if (!draft.type)
        return err_set(err, E_PAYLOAD_TYPE,
                       "%s: this release has no payload type '%.80s'", origin,
                       payload->type);
    int written =
        snprintf(path, sizeof path, "%.*s%s", folder, file->path, payload->file);
    if (payload->file[0] == '/' || written < 0 || written >= (int)sizeof path)
        return err_set(err, E_SHEET, "%s: file '%.80s' is not beside it", origin,
                       payload->file);
    bytes_init(&text, PAYLOAD_LIMIT);
    bool done = disk_read_file(path, &text, err) && draft_give(file->taker, &draft, err);
    bytes_release(&text);
    return done;
}

static bool yaml_seen(void *user, const struct config_payload *payload, struct err *err)
{
    const struct source_file *file = user;
    char origin[ORIGIN];
    (void)snprintf(origin, sizeof origin, "%.400s:%zu", file->path, payload->line);
    return payload->sheet ? draft_give_sheet(file->taker, payload->sheet, origin,
                                             sheet_validity(payload->sheet), err)
                          : named_file(file, payload, origin, err);
}

/* ---- payloads as they are ---- */

/* The line "type NAME" of a table. */
static const struct payload_type *own_type(const char *text)
{
    char name[TABLE_NAME];
    const char *line =
        strncmp(text, "spillway-table ", 15) == 0 ? strchr(text, '\n') : NULL;
    while (line && (line[1] == '#' || line[1] == '\n'))
        line = strchr(line + 1, '\n');
    if (!line || strncmp(line + 1, "type ", 5) != 0)
        return NULL;
    size_t size = strcspn(line + 6, " \n");
    if (size >= sizeof name)
        return NULL;
    memcpy(name, line + 6, size);
    name[size] = '\0';
    return payload_type_find(name);
}

static bool plain_draft(const struct source_file *file, const struct bytes *bytes,
                        const char *text, struct err *err)
{
    const struct draft draft = {.origin = file->path,
                                .type = own_type(text),
                                .text = bytes,
                                .part = {{0, 0}, MOMENT_OPEN}};
    if (!draft.type)
        return err_set(err, E_SHEET,
                       "%s: neither .csv, .yaml nor .xml, nor a payload that says a type "
                       "of this release; SDC texts need --sdc TYPE",
                       file->path);
    return draft_give(file->taker, &draft, err);
}

/* ---- files ---- */

static bool ends_in(const char *path, const char *ending)
{
    size_t length = strlen(path), tail = strlen(ending);
    return length > tail && strcmp(path + length - tail, ending) == 0;
}

static bool file_read(struct source_file *file, struct bytes *bytes, struct err *err)
{
    const char *text;
    if (!disk_read_file(file->path, bytes, err))
        return false;
    size_t size = bytes->size;
    if (!text_terminate(bytes, &text, err))
        return false;
    if (ends_in(file->path, ".csv"))
        return csv_draft(file, (char *)bytes->data, size, err);
    if (ends_in(file->path, ".yaml") || ends_in(file->path, ".yml"))
        return config_read_sheets(file->path, text, size, yaml_seen, file, err);
    return plain_draft(file, bytes, text, err);
}

bool draft_read(const char *path, draft_seen seen, void *user, struct err *err)
{
    const struct draft_taker taker = {seen, user};
    struct source_file file = {path, &taker};
    struct stat status;
    struct bytes bytes;
    if (ends_in(path, ".xml") || (stat(path, &status) == 0 && S_ISDIR(status.st_mode)))
        return draft_read_map(path, &taker, err);
    bytes_init(&bytes, DRAFT_FILE);
    bool done = file_read(&file, &bytes, err);
    bytes_release(&bytes);
    return done;
}
