/* rows_helper.c - published files as text, one line an event or segment.
 * SPDX-License-Identifier: Apache-2.0
 *
 * rows_helper FILE.root    run spill event type ecal preshower hcal0 hcal1 hcal2 vetomax
 * srd (pile-up subtracted, vetoes all; GeV, MeV) rows_helper FILE.dat     run spill event
 * type, in the order of the file rows_helper FILE.jsonl   run spill seen; then per skim:
 * name seen masked rejected damaged kept, as in the summary lines
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/disk.h"
#include "base/json.h"
#include "output/columns.h"
#include "output/reco_file.h"
#include "raw/date.h"

static void must(bool done, const struct err *err)
{
    if (done)
        return;
    (void)fprintf(stderr, "rows_helper: %s\n", err->text);
    exit(1);
}

static void print_row(const struct reco_table *table, uint32_t row)
{
    const float *plates = reco_f32(table, RECO_VETO_PLATE, row);
    const float *modules = reco_f32(table, RECO_HCAL_MODULE, row);
    double veto = 0;
    for (uint32_t plate = 0; plate < RECO_VETO_PLATES; plate++) {
        double one = (double)plates[RECO_SUMS * plate + RECO_ALL];
        veto = one > veto ? one : veto;
    }
    (void)printf("%u %u %u %u %.5f %.5f %.5f %.5f %.5f %.4f %.4f\n",
                 *reco_u32(table, RECO_RUN, row), *reco_u32(table, RECO_SPILL, row),
                 *reco_u32(table, RECO_EVENT, row), *reco_u8(table, RECO_TYPE, row),
                 (double)reco_f32(table, RECO_ECAL_TOTAL, row)[RECO_NO_PILEUP],
                 (double)reco_f32(table, RECO_PRESHOWER, row)[RECO_NO_PILEUP],
                 (double)modules[RECO_ALL], (double)modules[RECO_SUMS + RECO_ALL],
                 (double)modules[2 * RECO_SUMS + RECO_ALL], veto,
                 (double)reco_f32(table, RECO_SRD_SUM, row)[RECO_NO_PILEUP]);
}

static void print_columns(const char *path)
{
    struct err err;
    struct reco_file file;
    struct pack_entry entry;
    struct columns_reader reader;
    struct reco_table table;
    enum lookup found;
    must(reco_file_open(&file, path, &err), &err);
    reco_table_init(&table, RECO_CLUSTER);
    columns_reader_init(&reader);
    pack_entry_init(&entry);
    while ((found = reco_file_next(&file, &entry, &err)) == LOOKUP_FOUND) {
        must(columns_open(&reader, file.fd, path, &entry.place, &entry.item.key, &err),
             &err);
        do {
            must(columns_next(&reader, RECO_ALL_COLUMNS, &table, &err), &err);
            for (uint32_t row = 0; row < table.rows; row++)
                print_row(&table, row);
        } while (table.rows > 0);
    }
    must(found == LOOKUP_ABSENT, &err);
    pack_entry_release(&entry);
    reco_file_close(&file);
    columns_reader_release(&reader);
    reco_table_release(&table);
}

static void print_events(const struct bytes *data)
{
    struct err err;
    for (size_t at = 0; at < data->size;) {
        struct date_header header;
        must(date_header_read(data->data + at, data->size - at, &header, &err), &err);
        (void)printf("%u %u %u %u\n", header.run, header.spill, header.event,
                     header.type);
        at += header.size;
    }
}

static int64_t member(const struct json *object, const char *key)
{
    int64_t value = -1;
    const char *text;
    const struct json *found = json_get(object, key);
    if (json_text(found, &text)) /* a digest: its count stands in front */
        return strtoll(text, NULL, 10);
    (void)json_i64(found, &value);
    return value;
}

static void print_summary(const struct bytes *data)
{
    struct err err;
    for (size_t at = 0; at < data->size;) {
        const uint8_t *end = memchr(data->data + at, '\n', data->size - at);
        size_t size = end == NULL ? data->size - at : (size_t)(end - data->data) - at;
        struct json *line;
        must(json_parse(data->data + at, size, "summary", &line, &err), &err);
        const struct json *skims = json_get(line, "skims");
        (void)printf("%ld %ld %ld", (long)member(line, "run"),
                     (long)member(line, "spill"), (long)member(line, "seen"));
        for (size_t i = 0; i < json_count(skims); i++) {
            const struct json *skim = json_at(skims, i);
            const char *name = "";
            (void)json_text(json_get(skim, "name"), &name);
            (void)printf(" %s %ld %ld %ld %ld %ld", name, (long)member(skim, "seen"),
                         (long)member(skim, "masked"), (long)member(skim, "rejected"),
                         (long)member(skim, "damaged"), (long)member(skim, "kept"));
        }
        (void)printf("\n");
        json_free(line);
        at += size + 1;
    }
}

int main(int argc, char **argv)
{
    struct err err;
    struct bytes data;
    const char *dot = argc == 2 ? strrchr(argv[1], '.') : NULL;
    if (dot == NULL)
        return 2;
    if (strcmp(dot, ".root") == 0) {
        print_columns(argv[1]);
        return 0;
    }
    bytes_init(&data, (size_t)1 << 30);
    must(disk_read_file(argv[1], &data, &err), &err);
    if (strcmp(dot, ".dat") == 0)
        print_events(&data);
    else
        print_summary(&data);
    bytes_release(&data);
    return 0;
}
