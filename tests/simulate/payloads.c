/* payloads.c - writes the conditions folder.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/simulate/payloads.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/disk.h"
#include "base/json.h"
#include "base/text.h"
#include "conditions/payload.h"
#include "tests/simulate/payload_text.h"

#define PATH      512
#define TAG_LIMIT ((size_t)64 << 20)

/* One row of a tag. */
struct row {
    const char *type;
    char url[64];
    uint32_t first_run;
    uint64_t size;
    char checksum[SHA256_HEX];
};

struct rows {
    struct row *row;
    size_t count;
};

static bool path_make(char path[PATH], const char *folder, const char *name,
                      struct err *err)
{
    int size = snprintf(path, PATH, "%s/%s", folder, name);
    return (size >= 0 && size < PATH) ||
           err_set(err, E_LIMIT, "%s: the path is too long", folder);
}

/* Writes one payload and adds its row. */
static bool payload_write(struct rows *rows, const char *folder, const struct row *wanted,
                          const struct bytes *text, struct err *err)
{
    char path[PATH];
    struct row row = *wanted;
    struct sha256 hash = sha256_of(text->data, text->size);
    sha256_to_hex(&hash, row.checksum);
    row.size = text->size;
    rows->row = mem_grow(rows->row, rows->count + 1, sizeof *rows->row);
    rows->row[rows->count++] = row;
    char name[sizeof row.url + sizeof "payloads/"];
    (void)snprintf(name, sizeof name, "payloads/%s", row.url);
    return path_make(path, folder, name, err) &&
           disk_write_durable(path, text->data, text->size, 0644, err);
}

static bool folders_make(const char *folder, struct err *err)
{
    char path[PATH], name[64];
    const struct payload_type *type;
    for (size_t i = 0; (type = payload_type_at(i)) != NULL; i++) {
        if (type->step == PAYLOAD_UNREAD)
            continue; /* not simulated */
        (void)snprintf(name, sizeof name, "payloads/%s", type->name);
        if (!path_make(path, folder, name, err) || !disk_make_path(path, err))
            return false;
    }
    return path_make(path, folder, "tags", err) && disk_make_path(path, err);
}

/* The types with one payload for all runs. */
static bool fixed_write(const struct payloads *payloads, const char *folder,
                        struct rows *rows, struct err *err)
{
    for (size_t i = 0; i < payload_text_count; i++) {
        const struct payload_text *made = &payload_texts[i];
        struct bytes text;
        struct row row = {.type = made->type, .first_run = payloads->options->first_run};
        (void)snprintf(row.url, sizeof row.url, "%s/sim.%s", made->type, made->ending);
        bytes_init(&text, PAYLOAD_LIMIT);
        bool done = made->make(payloads, &text, err) &&
                    payload_write(rows, folder, &row, &text, err);
        bytes_release(&text);
        if (!done)
            return false;
    }
    return true;
}

static bool led_write(const struct payloads *payloads, const char *folder, uint32_t run,
                      bool changed, struct rows *rows, struct err *err)
{
    struct bytes text;
    struct row row = {.type = "led_spill", .first_run = run};
    (void)snprintf(row.url, sizeof row.url, "led_spill/run-%06" PRIu32 "%s.txt", run,
                   changed ? "-changed" : "");
    bytes_init(&text, PAYLOAD_LIMIT);
    bool done = payload_text_led(payloads, run, changed, &text, err) &&
                payload_write(rows, folder, &row, &text, err);
    bytes_release(&text);
    return done;
}

static bool tag_write(const char *folder, const char *name, const struct rows *rows,
                      size_t left_out, struct err *err)
{
    struct bytes text;
    struct json_writer json;
    char path[PATH], file[64];
    bytes_init(&text, TAG_LIMIT);
    json_begin(&json, &text);
    json_open_object(&json, NULL);
    json_put_text(&json, "name", name);
    json_put_text(&json, "status", "frozen");
    json_open_array(&json, "payloads");
    for (size_t i = 0; i < rows->count; i++) {
        if (i == left_out)
            continue;
        const struct row *row = &rows->row[i];
        json_open_object(&json, NULL);
        json_put_text(&json, "payload_type_name", row->type);
        json_put_text(&json, "payload_url", row->url);
        json_put_text(&json, "checksum", row->checksum);
        json_put_u64(&json, "size", row->size);
        json_put_u64(&json, "major_iov", row->first_run);
        json_put_u64(&json, "minor_iov", 0);
        json_close_object(&json);
    }
    json_close_array(&json);
    json_close_object(&json);
    (void)snprintf(file, sizeof file, "tags/%s.json", name);
    bool done = json_end(&json, err) && path_make(path, folder, file, err) &&
                disk_write_durable(path, text.data, text.size, 0644, err);
    bytes_release(&text);
    return done;
}

bool payloads_write(const struct payloads *payloads, const char *folder, struct err *err)
{
    const struct sim_options *options = payloads->options;
    struct rows rows = {.count = 0};
    bool done = folders_make(folder, err) && fixed_write(payloads, folder, &rows, err);
    for (uint32_t run = options->first_run; done && run <= options->last_run; run++)
        done = led_write(payloads, folder, run, false, &rows, err);
    /* The last two rows are those of the last run, as it is and changed. */
    done = done && led_write(payloads, folder, options->last_run, true, &rows, err) &&
           tag_write(folder, "sim-1", &rows, rows.count - 1, err) &&
           tag_write(folder, "sim-2", &rows, rows.count - 2, err);
    free(rows.row);
    return done;
}
