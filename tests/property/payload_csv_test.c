/* payload_csv_test.c - laws of payloads: what is written imports to the same bytes.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Any payload of any type, with or without sources of its numbers, of any schema that is
 * read; and the goldens of each type in tests/golden/payloads.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/disk.h"
#include "base/random.h"
#include "base/text.h"
#include "conditions/csv.h"
#include "conditions/payload_diff.h"
#include "coordinator/config_sheet.h"

#define ROUNDS 40
#define ROWS   30

static uint64_t seed;

static const struct interval some_runs = {{3500, 0}, {3600, 0}};

/* ---- random payloads ---- */

static const char *const sources[] = {"verified", "unverified", "ours"};

static void word_add(struct bytes *text, const char *words, struct random *dice)
{
    struct err err;
    size_t count = 1;
    for (const char *at = words; *at; at++)
        count += *at == ' ';
    size_t chosen = random_below(dice, count);
    const char *at = words;
    while (chosen-- > 0)
        at = strchr(at, ' ') + 1;
    assert_true(text_addf(text, &err, "%.*s", (int)strcspn(at, " "), at));
}

/* A value inside the limits; keys are made of the row number, so that none is there
 * twice. */
static void value_add(struct bytes *text, const struct payload_column *column, size_t row,
                      bool key, struct random *dice)
{
    struct err err;
    double width = column->maximum - column->minimum;
    double part = (double)random_below(dice, 1000001) / 1e6;
    if (column->kind == COLUMN_NAME && column->words)
        word_add(text, column->words, dice);
    else if (column->kind == COLUMN_NAME)
        assert_true(text_addf(text, &err, key ? "D%zu" : "n_%zu.x-", row));
    else if (column->kind == COLUMN_COUNT)
        assert_true(
            text_add_u64(text, (uint64_t)(column->minimum + floor(part * width)), &err));
    else
        assert_true(text_add_real(text, column->minimum + part * width, &err));
}

static size_t numbers_of(const struct payload_type *type, uint32_t schema)
{
    size_t count = 0;
    for (size_t i = type->key_count; i < payload_columns_of(type, schema); i++)
        count += type->columns[i].kind != COLUMN_NAME;
    return count;
}

static void columns_add(struct bytes *text, const struct payload_type *type,
                        uint32_t schema, unsigned with)
{
    struct err err;
    size_t count = payload_columns_of(type, schema);
    assert_true(text_add(text, "columns", &err));
    for (size_t i = 0; i < count; i++)
        assert_true(text_addf(text, &err, " %s:%s", type->columns[i].name,
                              table_kind_name(type->columns[i].kind)));
    if (with & 1)
        assert_true(text_add(text, " source:name", &err));
    for (size_t i = type->key_count; (with & 2) && i < count; i++)
        if (type->columns[i].kind != COLUMN_NAME)
            assert_true(text_addf(text, &err, " %s.source:name", type->columns[i].name));
    assert_true(text_add(text, "\n", &err));
}

/* Rows stand in any order; the type may have one with no key at all. */
static void payload_make(struct bytes *text, const struct payload_type *type,
                         struct random *dice)
{
    struct err err;
    uint32_t schema = type->schema;
    if (schema > 1 && type->upgrades[0].column && random_below(dice, 2) == 0)
        schema = 1;
    size_t count = payload_columns_of(type, schema);
    unsigned with = (unsigned)random_below(dice, 4);
    size_t rows = type->single ? 1 : random_below(dice, ROWS);
    bool named = false; /* a key that differs from row to row */
    for (size_t i = 0; i < type->key_count; i++)
        named =
            named || (type->columns[i].kind == COLUMN_NAME && !type->columns[i].words);
    if (!named && rows > 1)
        rows = 1;
    assert_true(text_addf(text, &err, "spillway-table 1\ntype %s\n", type->name));
    if (schema > 1)
        assert_true(text_addf(text, &err, "schema %u\n", (unsigned)schema));
    assert_true(text_addf(text, &err, "source %s\nsynthetic %s\n",
                          sources[random_below(dice, 3)],
                          random_below(dice, 2) ? "yes" : "no"));
    for (size_t i = 0; i < type->field_count; i++) {
        assert_true(text_addf(text, &err, "%s ", type->fields[i].name));
        value_add(text, &type->fields[i], 0, true, dice);
        assert_true(text_add(text, "\n", &err));
    }
    columns_add(text, type, schema, with);
    size_t tail = (with & 1 ? 1 : 0) + (with & 2 ? numbers_of(type, schema) : 0);
    for (size_t row = rows; row-- > 0;) {
        for (size_t i = 0; i < count; i++) {
            value_add(text, &type->columns[i], row, i < type->key_count, dice);
            assert_true(text_add(text, " ", &err));
        }
        for (size_t i = 0; i < tail; i++)
            assert_true(text_addf(text, &err, "%s ", sources[random_below(dice, 3)]));
        assert_true(text_add(text, "\n", &err));
    }
    assert_true(text_add(text, "end\n", &err));
}

/* ---- there and back ---- */

static void export_make(const struct payload_type *type, const struct bytes *text,
                        const struct bytes *notes, struct bytes *canonical,
                        struct bytes *csv)
{
    struct arena arena;
    struct table table;
    struct err err = {0};
    arena_init(&arena, TABLE_MEMORY);
    if (!payload_read(type, text, "made", &arena, &table, &err) ||
        !table_write(&table, canonical, &err) ||
        !csv_write(type, &table, notes, &some_runs, csv, &err))
        fail_msg("seed %llu: %s\n%.*s", (unsigned long long)seed, err.text,
                 (int)text->size, (const char *)text->data);
    arena_release(&arena);
}

static void import_make(struct bytes *csv, struct bytes *out)
{
    struct sheet *sheet;
    struct interval part;
    struct err err = {0};
    sheet_new("csv", &sheet);
    assert_true(bytes_append(csv, "", 1, &err));
    csv->size--;
    if (!csv_read((char *)csv->data, csv->size, sheet, &err))
        fail_msg("seed %llu: %s", (unsigned long long)seed, err.text);
    assert_int_equal(sheet_next(sheet, out, &part, &err), LOOKUP_FOUND);
    const struct interval *said = &sheet_validity(sheet)->interval;
    assert_int_equal(moment_compare(said->start, some_runs.start), 0);
    assert_int_equal(moment_compare(said->end, some_runs.end), 0);
    sheet_free(sheet);
}

static void same_bytes(const struct bytes *a, const struct bytes *b)
{
    if (a->size != b->size || memcmp(a->data, b->data, a->size) != 0)
        fail_msg("seed %llu:\n%.*s\nis not\n%.*s", (unsigned long long)seed, (int)a->size,
                 (const char *)a->data, (int)b->size, (const char *)b->data);
}

static void every_payload_comes_back_from_csv(void **state)
{
    (void)state;
    const struct payload_type *type;
    for (size_t i = 0; (type = payload_type_at(i)) != NULL; i++) {
        struct random dice = {seed + i};
        for (int round = 0; type->kind != PAYLOAD_BLOB && round < ROUNDS; round++) {
            struct bytes text, none = {0}, canonical, csv, again;
            bytes_init(&text, 1 << 20);
            bytes_init(&canonical, 1 << 20);
            bytes_init(&csv, 1 << 20);
            bytes_init(&again, 1 << 20);
            payload_make(&text, type, &dice);
            export_make(type, &text, &none, &canonical, &csv);
            import_make(&csv, &again);
            same_bytes(&again, &canonical);
            bytes_release(&again);
            bytes_release(&csv);
            bytes_release(&canonical);
            bytes_release(&text);
        }
    }
}

/* The difference of a payload and itself is empty; of two, the other way round it has as
 * many changes. */
static void differences_are_symmetric(void **state)
{
    (void)state;
    const struct payload_type *type;
    for (size_t i = 0; (type = payload_type_at(i)) != NULL; i++) {
        struct random dice = {seed + i};
        for (int round = 0; type->kind != PAYLOAD_BLOB && round < ROUNDS; round++) {
            struct bytes a, b;
            struct arena arena;
            struct payload_diff there, back, none;
            struct err err = {0};
            arena_init(&arena, TABLE_MEMORY);
            bytes_init(&a, 1 << 20);
            bytes_init(&b, 1 << 20);
            payload_make(&a, type, &dice);
            payload_make(&b, type, &dice);
            const struct payload_pair to = {type, &a, &b, "a", "b"};
            const struct payload_pair from = {type, &b, &a, "b", "a"};
            const struct payload_pair self = {type, &a, &a, "a", "a"};
            if (!payload_diff(&to, &arena, &there, &err) ||
                !payload_diff(&from, &arena, &back, &err) ||
                !payload_diff(&self, &arena, &none, &err))
                fail_msg("seed %llu: %s", (unsigned long long)seed, err.text);
            assert_int_equal(there.count, back.count);
            assert_int_equal(there.rows_added, back.rows_removed);
            assert_int_equal(there.rows_changed, back.rows_changed);
            assert_int_equal(none.count, 0);
            bytes_release(&b);
            bytes_release(&a);
            arena_release(&arena);
        }
    }
}

/* ---- YAML ---- */

/* Every second scalar is quoted: it means the same. */
static void scalar_add(struct bytes *yaml, const struct table *table, size_t row,
                       size_t column)
{
    struct err err;
    const char *quote = (row + column) % 2 ? "\"" : "";
    assert_true(text_addf(yaml, &err, "%s%s", column > 0 ? ", " : "", quote));
    assert_true(table_write_cell(table, row, column, yaml, &err));
    assert_true(text_add(yaml, quote, &err));
}

static void yaml_make(const struct table *table, struct bytes *yaml)
{
    struct err err;
    assert_true(text_addf(yaml, &err,
                          "runs: 3500-3599\nschema: %u\nsynthetic: %s\nsource: %s\n",
                          (unsigned)table->schema, table->synthetic ? "yes" : "no",
                          value_source_name(table->source)));
    for (size_t i = 0; i < table->field_count; i++)
        assert_true(text_addf(yaml, &err, "%s: \"%s\"\n", table->fields[i].name,
                              table->fields[i].value));
    assert_true(text_addf(yaml, &err, "type: %s\ncolumns: [", table->type));
    for (size_t i = 0; i < table->column_count; i++)
        assert_true(
            text_addf(yaml, &err, "%s%s", i > 0 ? ", " : "", table->columns[i].name));
    assert_true(text_add(yaml, "]\nrows:\n", &err));
    if (table->rows == 0)
        assert_true(text_add(yaml, "  []\n", &err));
    for (size_t row = 0; row < table->rows; row++) {
        assert_true(text_add(yaml, "  - [", &err));
        for (size_t i = 0; i < table->column_count; i++)
            scalar_add(yaml, table, row, i);
        assert_true(text_add(yaml, "]\n", &err));
    }
}

static bool yaml_seen(void *user, const struct config_payload *payload, struct err *err)
{
    struct interval part;
    return sheet_next(payload->sheet, user, &part, err) == LOOKUP_FOUND;
}

static void every_payload_comes_back_from_yaml(void **state)
{
    (void)state;
    const struct payload_type *type;
    for (size_t i = 0; (type = payload_type_at(i)) != NULL; i++) {
        struct random dice = {seed + i};
        for (int round = 0; type->kind != PAYLOAD_BLOB && round < ROUNDS; round++) {
            struct bytes text, canonical, yaml, again;
            struct arena arena;
            struct table table;
            struct err err = {0};
            arena_init(&arena, TABLE_MEMORY);
            bytes_init(&text, 1 << 20);
            bytes_init(&canonical, 1 << 20);
            bytes_init(&yaml, 1 << 20);
            bytes_init(&again, 1 << 20);
            payload_make(&text, type, &dice);
            assert_true(payload_read(type, &text, "made", &arena, &table, &err) &&
                        table_write(&table, &canonical, &err));
            yaml_make(&table, &yaml);
            if (!config_read_sheets("yaml", (const char *)yaml.data, yaml.size, yaml_seen,
                                    &again, &err))
                fail_msg("seed %llu: %s\n%.*s", (unsigned long long)seed, err.text,
                         (int)yaml.size, (const char *)yaml.data);
            same_bytes(&again, &canonical);
            bytes_release(&again);
            bytes_release(&yaml);
            bytes_release(&canonical);
            bytes_release(&text);
            arena_release(&arena);
        }
    }
}

/* ---- goldens ---- */

static void golden_read(const char *name, const char *ending, struct bytes *out)
{
    char path[256];
    struct err err = {0};
    (void)snprintf(path, sizeof path, "tests/golden/payloads/%s.%s", name, ending);
    if (!disk_read_file(path, out, &err))
        fail_msg("%s", err.text);
}

/* Comments of a golden stand behind its first line. */
static void notes_take(const struct bytes *text, struct bytes *notes)
{
    struct err err;
    const char *at = (const char *)text->data;
    for (at = strchr(at, '\n') + 1; *at == '#'; at = strchr(at, '\n') + 1)
        assert_true(bytes_append(notes, at, (size_t)(strchr(at, '\n') + 1 - at), &err));
}

static void goldens_of_every_type_are_made_and_read_as_ever(void **state)
{
    (void)state;
    const struct payload_type *type;
    for (size_t i = 0; (type = payload_type_at(i)) != NULL; i++) {
        struct bytes text, csv, notes, canonical, made, again;
        if (type->kind == PAYLOAD_BLOB)
            continue; /* its bytes are nobody's to write */
        bytes_init(&text, 1 << 16);
        bytes_init(&csv, 1 << 16);
        bytes_init(&notes, 1 << 16);
        bytes_init(&canonical, 1 << 16);
        bytes_init(&made, 1 << 16);
        bytes_init(&again, 1 << 16);
        golden_read(type->name, "txt", &text);
        golden_read(type->name, "csv", &csv);
        notes_take(&text, &notes);
        export_make(type, &text, &notes, &canonical, &made);
        same_bytes(&made, &csv);
        import_make(&csv, &again);
        same_bytes(&again, &text);
        bytes_release(&again);
        bytes_release(&made);
        bytes_release(&canonical);
        bytes_release(&notes);
        bytes_release(&csv);
        bytes_release(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_payload_comes_back_from_csv),
        cmocka_unit_test(every_payload_comes_back_from_yaml),
        cmocka_unit_test(differences_are_symmetric),
        cmocka_unit_test(goldens_of_every_type_are_made_and_read_as_ever),
    };
    const char *text = getenv("PROPERTY_SEED");
    struct err err;
    seed = 20180509;
    if (text)
        (void)text_to_u64(text, UINT64_MAX, &seed, &err);
    printf("PROPERTY_SEED=%llu\n", (unsigned long long)seed);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
