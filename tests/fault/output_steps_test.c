/* output_steps_test.c - parts, merged files and an export with each step failing.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Two payloads of a stream go into a part, whose products are merged; what is merged of
 * reconstructed events is verified and exported. A part and a merged file carry the token
 * of an attempt in their names: what a killed one leaves nobody takes up.
 */
#include "tests/fault/operation.h"

#include "output/columns.h"
#include "output/hist_bytes.h"
#include "output/merge.h"
#include "output/reco_file.h"
#include "output/root_check.h"
#include "output/ttree_export.h"

#define INPUTS 2u
#define LIMIT  ((size_t)1 << 22)

static const char *below(const char *folder, const char *name)
{
    static char paths[4][128];
    static unsigned turn;
    turn = (turn + 1) % 4;
    (void)snprintf(paths[turn], sizeof paths[turn], "%s/%s", folder, name);
    return paths[turn];
}

static enum operation_care care(const char *name)
{
    return strcmp(name, "tree.root") == 0 ? CARE_WHOLE : CARE_MADE;
}

static struct pack_item item_make(const char *stream, uint32_t i, char key[32])
{
    (void)snprintf(key, 32, "spillway-test-1\nn=%u\n", i);
    struct pack_item item = {.key = sha256_of(key, strlen(key)),
                             .run = 9000,
                             .spill = i + 1,
                             .entries = i,
                             .key_text = (const uint8_t *)key,
                             .key_size = strlen(key)};
    (void)snprintf(item.stream, sizeof item.stream, "%s", stream);
    for (uint32_t event = 0; event < i; event++)
        event_digest_add(&item.events, 9000, i + 1, event, EVENT_PHYSICS);
    return item;
}

static bool columns_add(struct pack_writer *pack, uint32_t i, const struct sha256 *key,
                        struct err *err)
{
    struct reco_table table;
    struct columns_writer columns;
    uint8_t text[] = {'{', '}', '\n'};
    const struct bytes account = {.data = text, .size = sizeof text};
    reco_table_init(&table, 16);
    columns_writer_init(&columns);
    columns_start(&columns, pack);
    for (uint32_t event = 0; event < i; event++) {
        uint32_t row = reco_table_add(&table);
        *reco_u32(&table, RECO_SPILL, row) = i + 1;
        *reco_u32(&table, RECO_EVENT, row) = event;
        reco_f32(&table, RECO_ECAL_ENE, row)[71] = (float)event;
    }
    bool done =
        columns_put(&columns, &table, err) && columns_end(&columns, key, &account, err);
    columns_writer_release(&columns);
    reco_table_release(&table);
    return done;
}

static bool hist_add(struct pack_writer *pack, uint32_t i, struct err *err)
{
    struct hist_set set;
    struct bytes payload;
    const struct hist_form form = {
        "d", "h", "title", {"x", 10, 0, 10, NULL}, {.bins = 0}};
    hist_set_init(&set);
    bytes_init(&payload, LIMIT);
    struct hist *hist = hist_set_add(&set, &form, err);
    if (hist == NULL)
        return false;
    hist_fill(hist, 1 + i, 0, 1 + i);
    bool done = hist_write(&set, &payload, err) &&
                pack_add(pack, payload.data, payload.size, err);
    hist_set_release(&set);
    bytes_release(&payload);
    return done;
}

static bool payload_add(struct pack_writer *pack, const struct pack_item *item,
                        uint32_t i, struct err *err)
{
    if (strcmp(item->stream, "reco") == 0)
        return columns_add(pack, i, &item->key, err);
    if (strcmp(item->stream, "hist") == 0)
        return hist_add(pack, i, err);
    return pack_add(pack, "{\"a\":1}\n", 8, err);
}

static bool records_write(int fd, const char *stream, struct merge_input inputs[INPUTS],
                          struct err *err)
{
    struct pack_writer pack;
    uint64_t size;
    bool done = pack_writer_start(&pack, fd, "part", err);
    for (uint32_t i = 0; done && i < INPUTS; i++) {
        char key[32];
        struct pack_item item = item_make(stream, i, key);
        inputs[i] = (struct merge_input){.run = 9000, .spill = i + 1};
        pack_begin(&pack);
        done = payload_add(&pack, &item, i, err) &&
               pack_end(&pack, &item, &inputs[i].product, err);
        memcpy(inputs[i].product.place.file, "part", 5);
    }
    done = done && pack_finish(&pack, &size, err);
    pack_writer_release(&pack);
    return done;
}

static bool part_write(const char *folder, const char *stream,
                       struct merge_input inputs[INPUTS], struct err *err)
{
    const char *path = below(folder, "part");
    struct err late;
    int fd;
    if (!disk_create(path, &fd, err))
        return false;
    bool done = records_write(fd, stream, inputs, err) && disk_sync(fd, path, err);
    done = disk_close(fd, path, done ? err : &late) && done;
    if (!done)
        (void)unlink(path);
    return done;
}

static bool merged_write(const char *folder, const char *stream,
                         const struct merge_input inputs[INPUTS], struct err *err)
{
    uint64_t offsets[INPUTS];
    struct merge_result result = {.offsets = offsets};
    const struct merge_request request = {.store = folder,
                                          .stream = stream,
                                          .key = sha256_of(stream, strlen(stream)),
                                          .inputs = inputs,
                                          .input_count = INPUTS,
                                          .path = below(folder, "merged"),
                                          .synthetic = true};
    return merge_write(&request, &result, err);
}

/* Of a stream: the products of its part. */
static struct merge_input inputs[INPUTS];

static void must(bool done, const struct err *err)
{
    if (!done)
        fail_msg("%s", err->text);
}

/* As the sweep before the next attempt. */
static bool swept(const char *folder, struct err *err)
{
    (void)err;
    (void)unlink(below(folder, "part"));
    (void)unlink(below(folder, "merged"));
    return true;
}

static bool part_run(const char *folder, struct err *err)
{
    return part_write(folder, "reco", inputs, err);
}

static bool verified(const char *path, struct err *err)
{
    struct root_check check;
    struct bytes faults;
    bytes_init(&faults, LIMIT);
    bool done = root_check_file(path, &check, &faults, err);
    if (done && check.faults > 0)
        done = err_set(err, E_MODEL, "%.*s", (int)faults.size, (const char *)faults.data);
    bytes_release(&faults);
    return done;
}

static void summary_before(const char *folder)
{
    struct err err;
    must(part_write(folder, "summary", inputs, &err), &err);
}

static void hist_before(const char *folder)
{
    struct err err;
    must(part_write(folder, "hist", inputs, &err), &err);
}

static void reco_before(const char *folder)
{
    struct err err;
    must(part_write(folder, "reco", inputs, &err), &err);
}

static void merged_before(const char *folder)
{
    struct err err;
    reco_before(folder);
    must(merged_write(folder, "reco", inputs, &err), &err);
}

static bool summary_run(const char *folder, struct err *err)
{
    return merged_write(folder, "summary", inputs, err);
}

static bool hist_run(const char *folder, struct err *err)
{
    return merged_write(folder, "hist", inputs, err) &&
           verified(below(folder, "merged"), err);
}

static bool reco_run(const char *folder, struct err *err)
{
    return merged_write(folder, "reco", inputs, err);
}

static bool verify_run(const char *folder, struct err *err)
{
    struct event_digest events;
    return reco_file_verify(below(folder, "merged"), &events, err) &&
           verified(below(folder, "merged"), err);
}

/* A second one needs another name, or the first one to go. */
static bool export_load(const char *folder, struct err *err)
{
    (void)err;
    (void)unlink(below(folder, "tree.root"));
    return true;
}

static bool export_run(const char *folder, struct err *err)
{
    char merged[128];
    char *files[] = {merged};
    struct ttree_exported exported;
    (void)snprintf(merged, sizeof merged, "%s/merged", folder);
    return ttree_export(below(folder, "tree.root"), files, 1, &exported, err);
}

static bool merged_swept(const char *folder, struct err *err)
{
    (void)err;
    (void)unlink(below(folder, "merged"));
    return true;
}

static void any_step_of_output_may_fail(void **state)
{
    static const struct operation operations[] = {
        {.name = "part", .load = swept, .run = part_run, .least = {1, 1, 20, 0}},
        {.name = "merged lines",
         .before = summary_before,
         .load = merged_swept,
         .run = summary_run,
         .least = {1, 2, 5, 0}},
        {.name = "merged histograms",
         .before = hist_before,
         .load = merged_swept,
         .run = hist_run,
         .least = {1, 2, 20, 0}},
        {.name = "merged events",
         .before = reco_before,
         .load = merged_swept,
         .run = reco_run,
         .least = {1, 2, 20, 0}},
        {.name = "verify",
         .before = merged_before,
         .run = verify_run,
         .least = {0, 0, 20, 0}},
        {.name = "export",
         .before = merged_before,
         .load = export_load,
         .run = export_run,
         .least = {1, 2, 20, 0}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        struct operation operation = operations[i];
        operation.care = care;
        operation_each_step(&operation);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_step_of_output_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
