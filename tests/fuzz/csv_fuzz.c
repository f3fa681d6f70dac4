/* csv_fuzz.c - CSV and YAML from anywhere: refused, or payloads that their type takes and
 * that come back from an export.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/csv.h"
#include "coordinator/config_sheet.h"

#define LIMIT ((size_t)16 << 20)

static void payloads_read(struct sheet *sheet)
{
    struct bytes text, csv, none = {0};
    struct interval part;
    struct err err = {0};
    bytes_init(&text, LIMIT);
    bytes_init(&csv, LIMIT);
    while (sheet_next(sheet, &text, &part, &err) == LOOKUP_FOUND) {
        struct arena arena;
        struct table table;
        struct sheet *again;
        arena_init(&arena, LIMIT);
        bug_if(interval_is_empty(part));
        if (!payload_read(sheet_type(sheet), &text, "made", &arena, &table, &err))
            bug_if(err.code != E_LIMIT);
        else if (csv_write(sheet_type(sheet), &table, &none, NULL, &csv, &err)) {
            sheet_new("again", &again);
            bug_if(!csv_read((char *)csv.data, csv.size, again, &err));
            sheet_free(again);
        }
        arena_release(&arena);
        bytes_clear(&text);
        bytes_clear(&csv);
    }
    bytes_release(&csv);
    bytes_release(&text);
}

static bool yaml_seen(void *user, const struct config_payload *payload, struct err *err)
{
    (void)user;
    (void)err;
    if (payload->sheet)
        payloads_read(payload->sheet);
    else
        bug_if(!payload->file || !payload->type);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes text;
    struct sheet *sheet;
    struct err err = {0};
    bytes_init(&text, LIMIT);
    if (bytes_append(&text, data, size, &err) && bytes_append(&text, "", 1, &err)) {
        (void)config_read_sheets("fuzz.yaml", (const char *)text.data, size, yaml_seen,
                                 NULL, &err);
        sheet_new("fuzz.csv", &sheet);
        if (csv_read((char *)text.data, size, sheet, &err))
            payloads_read(sheet);
        sheet_free(sheet);
    }
    bytes_release(&text);
    return 0;
}
