/* config_sheet.c - payloads in YAML; each document is one.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/config_sheet.h"

#include <stdio.h>
#include <stdlib.h>

#include <yaml.h>

#include "base/text.h"

#define PAIRS      64 /* scalars of a document, notes included */
#define PAIR_BYTES ((size_t)1 << 16)

struct pair {
    size_t line;
    const char *name, *value;
};

struct reader {
    yaml_parser_t parser;
    yaml_event_t event; /* the current one */
    const char *path;
    struct err *err;
    /* of the document */
    struct arena arena;
    size_t pair_count;
    struct pair pairs[PAIRS];
    struct sheet *sheet;
    size_t line;
    bool rows_seen;
};

static size_t line_of(const struct reader *reader)
{
    return reader->event.start_mark.line + 1;
}

static bool fail(const struct reader *reader, size_t line, const char *what)
{
    return err_set(reader->err, E_SHEET, "%s:%zu: %s", reader->path, line, what);
}

static bool next(struct reader *reader)
{
    yaml_event_delete(&reader->event);
    if (!yaml_parser_parse(&reader->parser, &reader->event)) {
        if (reader->parser.error == YAML_MEMORY_ERROR)
            mem_exhausted("YAML");
        return err_set(reader->err, E_SHEET, "%s:%zu: %s", reader->path,
                       reader->parser.problem_mark.line + 1,
                       reader->parser.problem ? reader->parser.problem : "no YAML");
    }
    if (reader->event.type == YAML_ALIAS_EVENT)
        return fail(reader, line_of(reader), "aliases are not read");
    return true;
}

/* The text of the current scalar; NULL with the error when it is none. */
static const char *scalar(const struct reader *reader)
{
    if (reader->event.type != YAML_SCALAR_EVENT) {
        (void)fail(reader, line_of(reader), "a word or number is expected here");
        return NULL;
    }
    const char *text = (const char *)reader->event.data.scalar.value;
    if (strlen(text) != reader->event.data.scalar.length) {
        (void)fail(reader, line_of(reader), "a zero byte");
        return NULL;
    }
    return text;
}

/* ---- header ---- */

static bool pair_add(struct reader *reader, const char *name)
{
    const char *value = scalar(reader);
    struct pair *pair = &reader->pairs[reader->pair_count];
    if (!value)
        return false;
    if (reader->pair_count == PAIRS)
        return fail(reader, line_of(reader), "more than 64 keys and notes");
    for (size_t i = 0; i < reader->pair_count; i++) {
        if (strcmp(reader->pairs[i].name, name) == 0 && strcmp(name, "note") != 0)
            return err_set(reader->err, E_SHEET, "%s:%zu: key %s is given twice",
                           reader->path, line_of(reader), name);
    }
    *pair = (struct pair){line_of(reader), name, arena_text(&reader->arena, value)};
    if (!pair->value)
        return fail(reader, line_of(reader), "the header is too long");
    reader->pair_count++;
    return true;
}

static const struct pair *pair_find(const struct reader *reader, const char *name)
{
    for (size_t i = 0; i < reader->pair_count; i++) {
        if (strcmp(reader->pairs[i].name, name) == 0)
            return &reader->pairs[i];
    }
    return NULL;
}

static bool notes_add(struct reader *reader)
{
    while (next(reader)) {
        if (reader->event.type == YAML_SEQUENCE_END_EVENT)
            return true;
        if (!pair_add(reader, "note"))
            return false;
    }
    return false;
}

/* Whatever the order of the keys, the type is said first. */
static bool sheet_start(struct reader *reader)
{
    const struct pair *type = pair_find(reader, "type");
    if (!type)
        return fail(reader, line_of(reader), "'type' stands before the columns");
    sheet_new(reader->path, &reader->sheet);
    if (!sheet_set(reader->sheet, type->line, "type", type->value, reader->err))
        return false;
    for (size_t i = 0; i < reader->pair_count; i++) {
        const struct pair *pair = &reader->pairs[i];
        if (pair != type &&
            !sheet_set(reader->sheet, pair->line, pair->name, pair->value, reader->err))
            return false;
    }
    return true;
}

/* ---- columns and rows ---- */

/* The scalars of the sequence that has begun; they live until `arena` is reset. */
static bool words_read(struct reader *reader, struct arena *arena,
                       const char *words[TABLE_COLUMNS], size_t *count)
{
    *count = 0;
    while (next(reader)) {
        if (reader->event.type == YAML_SEQUENCE_END_EVENT)
            return true;
        const char *text = scalar(reader);
        if (!text)
            return false;
        if (*count == TABLE_COLUMNS)
            return fail(reader, line_of(reader), "more values than any type has columns");
        words[*count] = arena_text(arena, text);
        if (!words[*count])
            return fail(reader, line_of(reader), "the row is too long");
        (*count)++;
    }
    return false;
}

static bool sequence_expected(const struct reader *reader, const char *what)
{
    return reader->event.type == YAML_SEQUENCE_START_EVENT ||
           fail(reader, line_of(reader), what);
}

static bool columns_read(struct reader *reader)
{
    const char *words[TABLE_COLUMNS];
    size_t count = 0;
    size_t line = line_of(reader);
    if (reader->sheet)
        return fail(reader, line, "key columns is given twice");
    return sequence_expected(reader, "columns are a list") && sheet_start(reader) &&
           words_read(reader, &reader->arena, words, &count) &&
           sheet_columns(reader->sheet, line, words, count, reader->err);
}

static bool rows_read(struct reader *reader)
{
    const char *words[TABLE_COLUMNS];
    size_t count = 0;
    struct arena arena;
    bool done = true;
    if (!reader->sheet || reader->rows_seen)
        return fail(reader, line_of(reader), "rows stand once, behind the columns");
    reader->rows_seen = true;
    if (!sequence_expected(reader, "rows are a list of lists"))
        return false;
    arena_init(&arena, PAIR_BYTES);
    while (done) {
        arena_reset(&arena);
        done = next(reader);
        if (!done || reader->event.type == YAML_SEQUENCE_END_EVENT)
            break;
        size_t line = line_of(reader);
        done = sequence_expected(reader, "a row is a list") &&
               words_read(reader, &arena, words, &count) &&
               sheet_row(reader->sheet, line, words, count, reader->err);
    }
    arena_release(&arena);
    return done;
}

static bool key_read(struct reader *reader)
{
    const char *text = scalar(reader);
    if (!text)
        return false;
    const char *name = arena_text(&reader->arena, text);
    if (!name)
        return fail(reader, line_of(reader), "the header is too long");
    if (!next(reader))
        return false;
    if (strcmp(name, "columns") == 0)
        return columns_read(reader);
    if (strcmp(name, "rows") == 0)
        return rows_read(reader);
    if (reader->sheet)
        return err_set(reader->err, E_SHEET,
                       "%s:%zu: key %.60s stands behind the columns", reader->path,
                       line_of(reader), name);
    if (strcmp(name, "note") == 0 && reader->event.type == YAML_SEQUENCE_START_EVENT)
        return notes_add(reader);
    return pair_add(reader, name);
}

/* ---- documents ---- */

/* type, file, and runs or time. */
static bool file_document(struct reader *reader, struct config_payload *payload)
{
    payload->file = payload->type = NULL;
    for (size_t i = 0; i < reader->pair_count; i++) {
        const struct pair *pair = &reader->pairs[i];
        bool done = true;
        if (strcmp(pair->name, "type") == 0)
            payload->type = pair->value;
        else if (strcmp(pair->name, "file") == 0)
            payload->file = pair->value;
        else if (strcmp(pair->name, "runs") == 0 || strcmp(pair->name, "time") == 0)
            done =
                validity_read(pair->name, pair->value, &payload->validity, reader->err);
        else
            done = err_set(reader->err, E_SHEET, "a file has no '%.60s'", pair->name);
        if (!done)
            return err_wrap(reader->err, "%s:%zu", reader->path, pair->line);
    }
    return (payload->type && payload->file) ||
           fail(reader, reader->line,
                "a payload needs 'type', and 'columns' and 'rows' or a 'file'");
}

static bool document_give(struct reader *reader, config_payload_seen seen, void *user)
{
    struct config_payload payload = {.sheet = reader->sheet, .line = reader->line};
    if (reader->sheet ? !sheet_end(reader->sheet, reader->err)
                      : !file_document(reader, &payload))
        return false;
    return seen(user, &payload, reader->err);
}

static bool document_read(struct reader *reader, config_payload_seen seen, void *user)
{
    arena_reset(&reader->arena);
    reader->pair_count = 0;
    reader->rows_seen = false;
    reader->line = line_of(reader);
    if (!next(reader))
        return false;
    if (reader->event.type != YAML_MAPPING_START_EVENT)
        return fail(reader, line_of(reader), "a payload is a mapping of keys");
    while (next(reader)) {
        if (reader->event.type == YAML_MAPPING_END_EVENT) {
            bool done = document_give(reader, seen, user);
            sheet_free(reader->sheet);
            reader->sheet = NULL;
            return done && next(reader); /* the end of the document */
        }
        if (!key_read(reader))
            return false;
    }
    return false;
}

static bool stream_read(struct reader *reader, config_payload_seen seen, void *user)
{
    size_t documents = 0;
    while (next(reader)) {
        if (reader->event.type == YAML_STREAM_END_EVENT)
            return documents > 0 || fail(reader, 1, "the file is empty");
        if (reader->event.type != YAML_DOCUMENT_START_EVENT)
            continue;
        documents++;
        if (!document_read(reader, seen, user))
            return false;
    }
    return false;
}

bool config_read_sheets(const char *path, const char *text, size_t size,
                        config_payload_seen seen, void *user, struct err *err)
{
    struct reader *reader = mem_new(1, sizeof *reader);
    *reader = (struct reader){.path = path, .err = err};
    if (!yaml_parser_initialize(&reader->parser))
        mem_exhausted("YAML");
    arena_init(&reader->arena, PAIR_BYTES);
    yaml_parser_set_input_string(&reader->parser, (const unsigned char *)text, size);
    bool done = stream_read(reader, seen, user);
    yaml_event_delete(&reader->event);
    yaml_parser_delete(&reader->parser);
    sheet_free(reader->sheet);
    arena_release(&reader->arena);
    free(reader);
    return done;
}
