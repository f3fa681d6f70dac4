/* manifest_bench.c - the manifest of a tag of 500 000 intervals: time and memory.
 * SPDX-License-Identifier: Apache-2.0
 *
 * manifest_bench FOLDER ROWS PAIRS: a tag of 50 types with ROWS intervals each, two
 * payloads a type in turn, so that no neighbours can be joined. Ours: reading the tag,
 * fetching and checking the 100 payloads, cutting, writing, hashing, and reading the
 * canonical text back. Yardstick: the same JSON parsed by jansson, and nothing else.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/disk.h"
#include "base/json.h"
#include "base/text.h"
#include "conditions/resolve.h"
#include "tests/bench/measure.h"

#define TYPES     50u
#define ROWS_MOST 10000u

static void payload_text(unsigned type, unsigned which, char out[64])
{
    (void)snprintf(out, 64, "type %u, payload %u of two\n", type, which);
}

static void write_tag(const char *folder, unsigned rows)
{
    struct bytes text;
    struct err err = {0};
    char path[512];
    char payload[64];
    bytes_init(&text, TAG_JSON);
    measure_must(
        text_add(&text, "{\"name\":\"bench\",\"status\":\"frozen\",\"payloads\":[", &err),
        &err);
    for (unsigned i = 0; i < TYPES * rows; i++) {
        char hex[SHA256_HEX];
        unsigned type = i / rows, row = i % rows;
        payload_text(type, row % 2, payload);
        struct sha256 hash = sha256_of(payload, strlen(payload));
        sha256_to_hex(&hash, hex);
        measure_must(
            text_addf(
                &text, &err,
                "%s{\"payload_type_name\":\"type_%02u\",\"payload_url\":\"%u/%u\","
                "\"checksum\":\"%s\",\"size\":%zu,\"major_iov\":%u,\"minor_iov\":0}",
                i > 0 ? "," : "", type, type, row % 2, hex, strlen(payload), row),
            &err);
    }
    measure_must(text_add(&text, "]}", &err), &err);
    (void)snprintf(path, sizeof path, "%s/tags/bench.json", folder);
    measure_must(transfer_put(path, text.data, text.size, 0644, &err), &err);
    bytes_release(&text);
    for (unsigned i = 0; i < 2 * TYPES; i++) {
        payload_text(i / 2, i % 2, payload);
        (void)snprintf(path, sizeof path, "%s/payloads/%u/%u", folder, i / 2, i % 2);
        measure_must(transfer_put(path, payload, strlen(payload), 0644, &err), &err);
    }
}

static double manifest_cpu_s(const char *folder, unsigned rows)
{
    double start_s = measure_cpu_s();
    char url[512];
    struct source *source = NULL;
    struct manifest manifest, again;
    enum tag_status status;
    struct bytes text;
    struct err err = {0};
    (void)snprintf(url, sizeof url, "file:%s", folder);
    struct source_options options = {.url = url, .transfer = transfer_options_usual(1)};
    struct resolve_request request = {
        .tag = "bench", .first_run = 0, .last_run = ROWS_MOST};
    bytes_init(&text, MANIFEST_TEXT);
    measure_must(source_open(&options, &source, &err), &err);
    measure_must(resolve_tag(source, &request, &manifest, &status, &err), &err);
    measure_must(manifest_write(&manifest, &text, &err), &err);
    struct sha256 hash = sha256_of(text.data, text.size);
    measure_must(manifest_parse(text.data, text.size, "bench", &again, &err), &err);
    bool whole = manifest.count == (size_t)TYPES * rows && again.count == manifest.count;
    measure_must((whole && !sha256_is_zero(&hash)) ||
                     err_set(&err, E_MANIFEST, "%zu intervals", manifest.count),
                 &err);
    bytes_release(&text);
    manifest_release(&manifest);
    manifest_release(&again);
    source_close(source);
    return measure_cpu_s() - start_s;
}

static double json_cpu_s(const char *folder)
{
    double start_s = measure_cpu_s();
    char path[512];
    struct bytes text;
    struct json *document = NULL;
    struct err err = {0};
    (void)snprintf(path, sizeof path, "%s/tags/bench.json", folder);
    bytes_init(&text, TAG_JSON);
    measure_must(disk_read_file(path, &text, &err), &err);
    measure_must(json_parse(text.data, text.size, "bench", &document, &err), &err);
    json_free(document);
    bytes_release(&text);
    return measure_cpu_s() - start_s;
}

int main(int argc, char **argv)
{
    struct pairs pairs = {.count = 0};
    struct rusage usage;
    struct err err = {0};
    uint64_t rows = 0, count = 0;
    measure_must(argc == 4 || err_set(&err, E_USAGE, "FOLDER ROWS PAIRS"), &err);
    measure_must(text_to_u64(argv[2], ROWS_MOST, &rows, &err) &&
                     text_to_u64(argv[3], MEASURE_PAIRS, &count, &err),
                 &err);
    write_tag(argv[1], (unsigned)rows);
    for (uint64_t i = 0; i < count; i++)
        pairs_add(&pairs, manifest_cpu_s(argv[1], (unsigned)rows), json_cpu_s(argv[1]));
    (void)printf("# manifest: %u intervals, CPU seconds\n", TYPES * (unsigned)rows);
    pairs_print(&pairs, "manifest", "s");
    measure_must(getrusage(RUSAGE_SELF, &usage) == 0 ||
                     err_set(&err, E_PROCESS, "getrusage"),
                 &err);
    double peak_mb = (double)usage.ru_maxrss / 1024;
    (void)printf("manifest.memory %.1f 1024 %.3f\n", peak_mb, peak_mb / 1024);
    return 0;
}
