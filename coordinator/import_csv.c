/* import_csv.c - shift lists as comma separated tables.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "base/text.h"
#include "coordinator/import.h"

#define COLUMNS    16
#define FIELD_SIZE 256

static const char header[] =
    "run,year,period,setup,beam,momentum_gev,run_type,spills,triggers_per_spill,"
    "triggers_total,beam_counter_per_spill,coincidence_per_spill,eot,eot_method,status,"
    "note_code";

enum column {
    COLUMN_RUN = 0,
    COLUMN_PERIOD = 2,
    COLUMN_SETUP = 3,
    COLUMN_BEAM = 4,
    COLUMN_MOMENTUM = 5,
    COLUMN_TYPE = 6,
    COLUMN_SPILLS = 7,
    COLUMN_TRIGGERS = 9,
    COLUMN_EOT = 12,
    COLUMN_EOT_METHOD = 13,
    COLUMN_STATUS = 14,
    COLUMN_NOTES = 15
};

struct row {
    const char *path;
    unsigned line;
    char fields[COLUMNS][FIELD_SIZE];
};

static bool row_fail(const struct row *row, enum column column, struct err *err)
{
    const char *name = header;
    for (unsigned i = 0; i < (unsigned)column; i++)
        name = strchr(name, ',') + 1;
    return err_set(err, E_RUNS_TABLE, "%s:%u: %.*s: \"%.80s\" is not possible", row->path,
                   row->line, (int)strcspn(name, ","), name, row->fields[column]);
}

static bool row_split(struct row *row, const char *line, size_t length, struct err *err)
{
    unsigned count = 0;
    size_t at = 0;
    bool more = true;
    while (more && count < COLUMNS) {
        char *field = row->fields[count];
        const char *end = memchr(line + at, ',', length - at);
        size_t size = end == NULL ? length - at : (size_t)(end - line) - at;
        if (size >= FIELD_SIZE)
            break;
        memcpy(field, line + at, size);
        field[size] = 0;
        if (strlen(field) != size || strchr(field, '"') != NULL)
            return err_set(err, E_RUNS_TABLE, "%s:%u: quotes or a zero byte", row->path,
                           row->line);
        count++;
        more = end != NULL;
        at += size + 1;
    }
    if (count == COLUMNS && !more)
        return true;
    return err_set(err, E_RUNS_TABLE, "%s:%u: expected %d fields below %d characters",
                   row->path, row->line, COLUMNS, FIELD_SIZE);
}

static bool word_take(const struct row *row, enum column column, char *out, size_t size,
                      struct err *err)
{
    struct err inner;
    const char *text = row->fields[column];
    bool plain = text[0] == 0 || column == COLUMN_NOTES || text_is_name(text, size - 1);
    return (plain && text_copy(out, size, text, &inner)) || row_fail(row, column, err);
}

static bool count_take(const struct row *row, enum column column, uint64_t *value,
                       struct err *err)
{
    struct err inner;
    const char *text = row->fields[column];
    return text[0] == 0 || text_to_u64(text, UINT64_MAX - 1, value, &inner) ||
           row_fail(row, column, err);
}

static bool real_take(const struct row *row, enum column column, double *value,
                      struct err *err)
{
    struct err inner;
    const char *text = row->fields[column];
    if (text[0] == 0)
        return true;
    return (text_to_real(text, value, &inner) && *value >= 0) ||
           row_fail(row, column, err);
}

static bool row_words(const struct row *row, struct run *run, struct err *err)
{
    if (!word_take(row, COLUMN_PERIOD, run->period, sizeof run->period, err) ||
        !word_take(row, COLUMN_SETUP, run->setup, sizeof run->setup, err) ||
        !word_take(row, COLUMN_BEAM, run->particle, sizeof run->particle, err) ||
        !word_take(row, COLUMN_EOT_METHOD, run->listed_eot_method,
                   sizeof run->listed_eot_method, err) ||
        !word_take(row, COLUMN_NOTES, run->notes, sizeof run->notes, err))
        return false;
    if (!run_type_from(row->fields[COLUMN_TYPE], &run->type))
        return row_fail(row, COLUMN_TYPE, err);
    if (!run_quality_from(row->fields[COLUMN_STATUS], &run->quality))
        return row_fail(row, COLUMN_STATUS, err);
    return true;
}

static bool row_take(struct import *import, const struct row *row, struct err *err)
{
    struct err inner;
    uint64_t number;
    if (!text_to_u64(row->fields[COLUMN_RUN], RUN_MAXIMUM, &number, &inner))
        return row_fail(row, COLUMN_RUN, err);
    struct import_run taken = {
        .run = run_unknown((uint32_t)number), .path = row->path, .line = row->line};
    struct run *run = &taken.run;
    run->origin = RUN_ORIGIN_DATA;
    if (!row_words(row, run, err) ||
        !real_take(row, COLUMN_MOMENTUM, &run->momentum_gev, err) ||
        !count_take(row, COLUMN_SPILLS, &run->listed_spills, err) ||
        !count_take(row, COLUMN_TRIGGERS, &run->listed_triggers, err) ||
        !real_take(row, COLUMN_EOT, &run->listed_eot, err))
        return false;
    import_add_run(import, &taken);
    return true;
}

static bool header_fail(const char *path, struct err *err)
{
    return err_set(err, E_RUNS_TABLE, "%s:1: the header must be \"%s\"", path, header);
}

bool import_csv(struct import *import, const char *path, const char *text, size_t size,
                struct err *err)
{
    struct row row = {.path = path};
    size_t at = 0;
    while (at < size) {
        const char *line = text + at;
        const char *end = memchr(line, '\n', size - at);
        size_t length = end == NULL ? size - at : (size_t)(end - line);
        at += length + 1;
        row.line++;
        if (length > 0 && line[length - 1] == '\r')
            length--;
        bool is_header = length == sizeof header - 1 && memcmp(line, header, length) == 0;
        if (row.line == 1 && !is_header)
            return header_fail(path, err);
        if (row.line > 1 &&
            (!row_split(&row, line, length, err) || !row_take(import, &row, err)))
            return false;
    }
    return row.line > 0 || header_fail(path, err);
}
