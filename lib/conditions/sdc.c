/* sdc.c - NA64's calibration texts (SDC): reading.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/sdc.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "model/run.h"

#define SDC_BLOCKS ((size_t)1 << 16)
#define SDC_ROWS   ((size_t)1 << 22) /* of one block */
#define BLOCK_TEXT ((size_t)256 << 20)

/* What is in force at a line. */
struct reader {
    struct sdc *sdc;
    const char *path;
    size_t line;
    const char *type;
    bool runs_known;
    int64_t first, end;
    size_t column_count;
    const char *columns[SDC_COLUMNS];
    size_t key_count; /* other keys and their values */
    const char *keys[SDC_COLUMNS];
    const char *values[SDC_COLUMNS];
    bool open;       /* rows go on in the last block */
    size_t capacity; /* of its rows */
    size_t block_capacity;
};

void sdc_init(struct sdc *sdc)
{
    *sdc = (struct sdc){.count = 0};
    arena_init(&sdc->arena, SDC_MEMORY);
}

void sdc_release(struct sdc *sdc)
{
    for (size_t i = 0; i < sdc->count; i++)
        free(sdc->blocks[i].rows);
    free(sdc->blocks);
    arena_release(&sdc->arena);
    *sdc = (struct sdc){.count = 0};
}

static bool fail(const struct reader *reader, const char *what, const char *word,
                 struct err *err)
{
    return err_set(err, E_SDC, "%s:%zu: %s%s%.60s%s", reader->path, reader->line, what,
                   word ? " '" : "", word ? word : "", word ? "'" : "");
}

static bool keep(struct reader *reader, const char *text, const char **kept,
                 struct err *err)
{
    *kept = arena_text(&reader->sdc->arena, text);
    return *kept ||
           err_set(err, E_LIMIT, "%s: more than %zu bytes", reader->path, SDC_MEMORY);
}

static char *trim(char *text)
{
    text += strspn(text, " \t\r");
    size_t size = strlen(text);
    while (size > 0 && strchr(" \t\r", text[size - 1]))
        text[--size] = '\0';
    return text;
}

/* ---- keys ---- */

/* "a", "a-b" with b included, "a-..." open. */
static bool runs_take(struct reader *reader, char *value, struct err *err)
{
    uint64_t first = 0, last = 0;
    struct err unused;
    char *dash = strchr(value, '-');
    char *upper = dash ? trim(dash + 1) : NULL;
    if (dash)
        *dash = '\0';
    bool open = upper && strcmp(upper, "...") == 0;
    bool good = text_to_u64(trim(value), RUN_MAXIMUM, &first, &unused);
    if (good && !open)
        good = text_to_u64(upper ? upper : trim(value), RUN_MAXIMUM, &last, &unused) &&
               first <= last;
    if (dash)
        *dash = '-';
    if (!good)
        return fail(reader, "runs are no RUN, FIRST-LAST or FIRST-...:", value, err);
    reader->runs_known = true;
    reader->first = (int64_t)first;
    reader->end = open ? INT64_MAX : (int64_t)last + 1;
    return true;
}

static bool columns_take(struct reader *reader, char *value, struct err *err)
{
    reader->column_count = 0;
    for (char *at = value; at;) {
        char *comma = strchr(at, ',');
        if (comma)
            *comma++ = '\0';
        char *name = trim(at);
        if (name[0] == '\0' || strpbrk(name, " \t"))
            return fail(reader, "no name of a column:", name, err);
        for (size_t i = 0; i < reader->column_count; i++) {
            if (strcmp(reader->columns[i], name) == 0)
                return fail(reader, "column is there twice:", name, err);
        }
        if (reader->column_count == SDC_COLUMNS)
            return fail(reader, "more than 64 columns", NULL, err);
        if (!keep(reader, name, &reader->columns[reader->column_count], err))
            return false;
        reader->column_count++;
        at = comma;
    }
    return true;
}

static bool other_take(struct reader *reader, const char *name, const char *value,
                       struct err *err)
{
    size_t i = 0;
    while (i < reader->key_count && strcmp(reader->keys[i], name) != 0)
        i++;
    if (i == SDC_COLUMNS)
        return fail(reader, "more than 64 keys", NULL, err);
    if (!keep(reader, value, &reader->values[i], err))
        return false;
    if (i < reader->key_count)
        return true;
    reader->key_count++;
    return keep(reader, name, &reader->keys[i], err);
}

/* "key = value": whether it is one at all is said first. */
static bool is_key_line(char *line)
{
    char *equals = strchr(line, '=');
    size_t word = strcspn(line, " \t=");
    return equals && word > 0 && line + word + strspn(line + word, " \t") == equals;
}

static bool key_take(struct reader *reader, char *line, struct err *err)
{
    char *equals = strchr(line, '=');
    *equals = '\0';
    char *name = trim(line);
    char *value = trim(equals + 1);
    reader->open = false;
    if (value[0] == '\0')
        return fail(reader, "a key without a value:", name, err);
    if (strcmp(name, "runs") == 0)
        return runs_take(reader, value, err);
    if (strcmp(name, "columns") == 0)
        return columns_take(reader, value, err);
    if (strcmp(name, "type") == 0)
        return keep(reader, value, &reader->type, err);
    return other_take(reader, name, value, err);
}

/* ---- rows ---- */

static bool block_open(struct reader *reader, struct err *err)
{
    struct sdc *sdc = reader->sdc;
    struct sdc_block made = {.path = reader->path,
                             .type = reader->type,
                             .first = reader->first,
                             .end = reader->end};
    if (!reader->runs_known)
        return fail(reader, "a row before its 'runs = ...'", NULL, err);
    if (reader->column_count == 0)
        return fail(reader, "a row before its 'columns = ...'", NULL, err);
    if (sdc->count == SDC_BLOCKS)
        return fail(reader, "more blocks than anybody writes", NULL, err);
    for (size_t i = 0; i < reader->column_count; i++)
        made.columns[made.column_count++] = reader->columns[i];
    for (size_t i = 0; i < reader->key_count; i++) {
        for (size_t c = 0; c < reader->column_count; c++)
            if (strcmp(reader->columns[c], reader->keys[i]) == 0)
                return fail(reader, "a key and a column are called", reader->keys[i],
                            err);
        if (made.column_count == SDC_COLUMNS)
            return fail(reader, "more than 64 columns and keys", NULL, err);
        made.columns[made.column_count++] = reader->keys[i];
    }
    sdc->blocks = mem_grow(sdc->blocks, sdc->count + 1, sizeof *sdc->blocks);
    sdc->blocks[sdc->count++] = made;
    reader->capacity = 0;
    reader->open = true;
    return true;
}

static bool row_take(struct reader *reader, char *line, struct err *err)
{
    void *memory = NULL;
    size_t count = 0;
    if (!reader->open && !block_open(reader, err))
        return false;
    struct sdc_block *block = &reader->sdc->blocks[reader->sdc->count - 1];
    if (!arena_take(&reader->sdc->arena, block->column_count, sizeof(char *), &memory,
                    err))
        return err_wrap(err, "%s", reader->path);
    const char **words = memory;
    bug_if(!words);
    for (char *at = line; *at;) {
        size_t size = strcspn(at, " \t");
        char *next = at + size + strspn(at + size, " \t");
        at[size] = '\0';
        if (count == reader->column_count)
            return fail(reader, "more values than columns, from here on:", at, err);
        if (!keep(reader, at, &words[count++], err))
            return false;
        at = next;
    }
    if (count < reader->column_count)
        return fail(reader, "fewer values than columns, the last one is",
                    words[count - 1], err);
    for (size_t i = 0; i < reader->key_count; i++)
        words[count++] = reader->values[i];
    if (block->row_count == SDC_ROWS)
        return fail(reader, "more rows in a block than anybody writes", NULL, err);
    if (block->row_count == reader->capacity) {
        reader->capacity = reader->capacity > 0 ? 2 * reader->capacity : 16;
        block->rows = mem_grow(block->rows, reader->capacity, sizeof *block->rows);
    }
    block->rows[block->row_count++] = (struct sdc_row){reader->line, words};
    return true;
}

static bool line_take(struct reader *reader, char *line, struct err *err)
{
    char *comment = strchr(line, '#');
    if (comment)
        *comment = '\0';
    char *text = trim(line);
    if (text[0] == '\0')
        return true;
    return is_key_line(text) ? key_take(reader, text, err) : row_take(reader, text, err);
}

/* ---- files ---- */

static bool hash_make(struct sdc_block *block, struct err *err)
{
    struct bytes text;
    bytes_init(&text, BLOCK_TEXT);
    bool done = text_addf(&text, err, "%s\n", block->type);
    for (size_t i = 0; done && i < block->column_count; i++)
        done = text_addf(&text, err, "%s ", block->columns[i]);
    for (size_t row = 0; done && row < block->row_count; row++) {
        done = text_add(&text, "\n", err);
        for (size_t i = 0; done && i < block->column_count; i++)
            done = text_addf(&text, err, "%s ", block->rows[row].words[i]);
    }
    if (done)
        block->hash = sha256_of(text.data, text.size);
    bytes_release(&text);
    return done || err_wrap(err, "%s", block->path);
}

bool sdc_read(struct sdc *sdc, const void *text, size_t size, const char *path,
              struct err *err)
{
    struct reader reader = {.sdc = sdc, .path = path, .type = ""};
    size_t before = sdc->count;
    struct bytes line;
    bytes_init(&line, size + 1);
    bool done = true;
    for (size_t at = 0; done && at < size;) {
        const char *start = (const char *)text + at;
        const char *stop = memchr(start, '\n', size - at);
        size_t length = stop ? (size_t)(stop - start) : size - at;
        at += length + 1;
        reader.line++;
        if (memchr(start, '\0', length)) {
            done = fail(&reader, "a zero byte", NULL, err);
            break;
        }
        bytes_clear(&line);
        done = bytes_append(&line, start, length, err) &&
               bytes_append(&line, "", 1, err) &&
               line_take(&reader, (char *)line.data, err);
    }
    bytes_release(&line);
    for (size_t i = before; done && i < sdc->count; i++)
        done = hash_make(&sdc->blocks[i], err);
    return done;
}
