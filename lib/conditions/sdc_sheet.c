/* sdc_sheet.c - one piece of an SDC overlay -> a sheet of a payload type.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/sdc_sheet.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"

#define TERM_MEMORY ((size_t)1 << 16)
#define SEPARATORS  "-.:/"

/* ---- terms ---- */

static bool pairs_read(struct sdc_terms *terms, const char *text, char *pairs[][2],
                       size_t *count, struct err *err)
{
    char *at = text ? arena_text(&terms->arena, text) : NULL;
    if (text && !at)
        return err_set(err, E_SHEET, "'%.40s...' is too long", text);
    while (at && *at) {
        char *comma = strchr(at, ',');
        if (comma)
            *comma++ = '\0';
        char *equals = strchr(at, '=');
        if (!equals || equals == at || equals[1] == '\0' || *count == SDC_TERMS)
            return err_set(err, E_SHEET, "'%.60s' is no NAME=VALUE, or one too many", at);
        *equals = '\0';
        pairs[*count][0] = at;
        pairs[*count][1] = equals + 1;
        (*count)++;
        at = comma;
    }
    return true;
}

static const struct payload_column *column_find(const struct payload_type *type,
                                                const char *name, size_t size,
                                                size_t *index)
{
    for (size_t i = 0; i < type->column_count; i++) {
        const struct payload_column *column = &type->columns[i];
        if (strlen(column->name) == size && memcmp(column->name, name, size) == 0) {
            *index = i;
            return column;
        }
    }
    return NULL;
}

/* Every name of "detector-x-y" is a column of the type, given by nothing else. */
static bool targets_check(const struct sdc_terms *terms, const char *pattern,
                          bool given[PAYLOAD_COLUMNS], struct err *err)
{
    for (const char *at = pattern; *at;) {
        size_t size = strcspn(at, SEPARATORS);
        size_t index = 0;
        if (!column_find(terms->type, at, size, &index))
            return err_set(err, E_SHEET, "%s has no column '%.*s'", terms->type->name,
                           (int)(size < 60 ? size : 60), at);
        if (given[index])
            return err_set(err, E_SHEET, "column %s is given twice",
                           terms->type->columns[index].name);
        given[index] = true;
        at += size + (at[size] != '\0');
    }
    return true;
}

bool sdc_terms_read(struct sdc_terms *terms, const struct payload_type *type,
                    const char *columns, const char *constants, struct err *err)
{
    bool given[PAYLOAD_COLUMNS] = {false};
    size_t index = 0;
    *terms = (struct sdc_terms){.type = type};
    arena_init(&terms->arena, TERM_MEMORY);
    if (!pairs_read(terms, columns, terms->columns, &terms->column_count, err) ||
        !pairs_read(terms, constants, terms->constants, &terms->constant_count, err))
        return false;
    for (size_t i = 0; i < terms->column_count; i++) {
        if (!targets_check(terms, terms->columns[i][1], given, err))
            return false;
    }
    for (size_t i = 0; i < terms->constant_count; i++) {
        const char *name = terms->constants[i][0];
        if (column_find(type, name, strlen(name), &index) &&
            !targets_check(terms, name, given, err))
            return false;
    }
    return true;
}

void sdc_terms_release(struct sdc_terms *terms)
{
    arena_release(&terms->arena);
}

/* ---- where a column comes from ---- */

/* Of a term "label=detector-x-y": the part-th piece of the SDC column; of a constant its
 * value; else the SDC column of the same name. */
struct origin {
    const char *constant;
    const char *column;
    const char *pattern; /* NULL: the whole word */
    size_t part;
};

static bool pattern_holds(const char *pattern, const char *name, size_t *part)
{
    *part = 0;
    for (const char *at = pattern; *at; (*part)++) {
        size_t size = strcspn(at, SEPARATORS);
        if (strlen(name) == size && memcmp(at, name, size) == 0)
            return true;
        at += size + (at[size] != '\0');
    }
    return false;
}

static struct origin origin_of(const struct sdc_terms *terms, size_t column)
{
    const char *name = terms->type->columns[column].name;
    struct origin origin = {.column = name};
    for (size_t i = 0; i < terms->constant_count; i++)
        if (strcmp(terms->constants[i][0], name) == 0)
            origin.constant = terms->constants[i][1];
    for (size_t i = 0; i < terms->column_count; i++) {
        if (!pattern_holds(terms->columns[i][1], name, &origin.part))
            continue;
        origin.column = terms->columns[i][0];
        origin.pattern = terms->columns[i][1];
        break;
    }
    return origin;
}

size_t sdc_terms_keys(const struct sdc_terms *terms, const char *keys[PAYLOAD_COLUMNS])
{
    size_t count = 0;
    for (size_t i = 0; i < terms->type->key_count; i++) {
        struct origin origin = origin_of(terms, i);
        bool again = origin.constant != NULL;
        for (size_t k = 0; k < count; k++)
            again = again || strcmp(keys[k], origin.column) == 0;
        if (!again)
            keys[count++] = origin.column;
    }
    return count;
}

/* Cuts the piece out of "ECAL0-3-4" as the pattern "detector-x-y" says. */
static bool part_take(const struct origin *origin, const char *word, char *out,
                      size_t size)
{
    const char *pattern = origin->pattern;
    for (size_t i = 0;; i++) {
        pattern += strcspn(pattern, SEPARATORS);
        const char *stop = *pattern ? strchr(word, *pattern) : word + strlen(word);
        if (!stop)
            return false;
        if (i == origin->part) {
            size_t length = (size_t)(stop - word);
            if (length >= size)
                return false;
            memcpy(out, word, length);
            out[length] = '\0';
            return true;
        }
        word = stop + 1;
        pattern++;
    }
}

/* ---- sheet ---- */

static bool head_make(const struct sdc_terms *terms, const struct sdc_piece *piece,
                      struct sheet *sheet, struct err *err)
{
    size_t index = 0;
    if (!sheet_set(sheet, 0, "type", terms->type->name, err))
        return false;
    for (size_t i = 0; i < terms->constant_count; i++) {
        const char *name = terms->constants[i][0];
        if (!column_find(terms->type, name, strlen(name), &index) &&
            !sheet_set(sheet, 0, name, terms->constants[i][1], err))
            return false;
    }
    for (size_t i = 0; i < piece->block_count; i++) {
        const struct sdc_block *block = piece->blocks[i];
        const char *slash = strrchr(block->path, '/');
        char note[256], hex[SHA256_HEX], last[32] = "...";
        sha256_to_hex(&block->hash, hex);
        if (block->end != INT64_MAX)
            (void)snprintf(last, sizeof last, "%" PRId64, block->end - 1);
        (void)snprintf(note, sizeof note, "sdc %.80s runs %" PRId64 "-%s block %.16s",
                       slash ? slash + 1 : block->path, block->first, last, hex);
        if (!sheet_set(sheet, 0, "note", note, err))
            return false;
    }
    return true;
}

static bool row_make(const struct sdc_piece *piece, const struct origin *origins,
                     size_t count, size_t row, struct sheet *sheet, struct err *err)
{
    char parts[PAYLOAD_COLUMNS][64];
    const char *words[PAYLOAD_COLUMNS];
    const struct sdc_block *block = piece->of[row];
    size_t line = piece->at[row]->line;
    sheet_at(sheet, block->path);
    for (size_t i = 0; i < count; i++) {
        const struct origin *origin = &origins[i];
        size_t column = 0;
        words[i] = origin->constant;
        if (origin->constant)
            continue;
        bug_if(!origin->column);
        while (column < piece->column_count &&
               strcmp(piece->columns[column], origin->column) != 0)
            column++;
        if (column < piece->column_count)
            words[i] = piece->words[row * piece->column_count + column];
        if (!words[i])
            return err_set(err, E_SDC,
                           "%s:%zu: for runs from %" PRId64
                           " on no block gives '%.60s' of this row",
                           block->path, line, piece->first, origin->column);
        if (origin->pattern && !part_take(origin, words[i], parts[i], sizeof parts[i]))
            return err_set(err, E_SDC, "%s:%zu: '%.60s' is no '%.60s'", block->path, line,
                           words[i], origin->pattern);
        if (origin->pattern)
            words[i] = parts[i];
    }
    return sheet_row(sheet, line, words, count, err);
}

bool sdc_sheet(const struct sdc_terms *terms, const struct sdc_piece *piece,
               struct sheet **sheet, struct err *err)
{
    const struct payload_type *type = terms->type;
    struct origin origins[PAYLOAD_COLUMNS] = {{.constant = NULL}};
    const char *names[PAYLOAD_COLUMNS];
    struct sheet *made;
    sheet_new("--columns, --set", &made);
    for (size_t i = 0; i < type->column_count; i++) {
        origins[i] = origin_of(terms, i);
        names[i] = type->columns[i].name;
    }
    bool done = head_make(terms, piece, made, err) &&
                sheet_columns(made, 0, names, sheet_width(made), err);
    for (size_t row = 0; done && row < piece->row_count; row++)
        done = row_make(piece, origins, sheet_width(made), row, made, err);
    if (done && sheet_end(made, err)) {
        *sheet = made;
        return true;
    }
    sheet_free(made);
    return false;
}
