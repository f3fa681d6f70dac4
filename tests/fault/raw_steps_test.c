/* raw_steps_test.c - raw data walked, checked and written with each step failing.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/fault/operation.h"

#include "base/text.h"
#include "tests/unit/raw/checked.h"

#define SPILLS 2u
#define EVENTS 4u

static const char map[] =
    "<Map><DaqOptions><ChipsCreation>-1 -1 -1 2 -1 ChipF1 s\n"
    "-1 -1 -1 380 -1 ChipNA64TDC s\n</ChipsCreation></DaqOptions>"
    "<ChipSADC version=\"2\" options=\"xy data_format3\">A 616 1 0 0 0\n</ChipSADC>"
    "<ChipSADC version=\"1\" options=\"xy\">B 640 0 0 0 0\n</ChipSADC></Map>";

static const char *below(const char *folder, const char *name)
{
    static char paths[2][128];
    static unsigned turn;
    turn = !turn;
    (void)snprintf(paths[turn], sizeof paths[turn], "%s/%s", folder, name);
    return paths[turn];
}

static void before(const char *folder)
{
    static const struct made_shape shape = {.flat = true};
    struct raw_writer writer;
    struct err err;
    raw_writer_init(&writer, MADE_LIMIT);
    made_file(&writer, SPILLS, EVENTS, &shape);
    if (!disk_write_durable(below(folder, "chunk"), writer.out.data, writer.out.size,
                            0644, &err) ||
        !disk_write_durable(below(folder, "map.xml"), map, sizeof map - 1, 0644, &err))
        fail_msg("%s", err.text);
    raw_writer_release(&writer);
}

static bool checked_file(const char *folder, const struct map_chips *maps,
                         struct bytes *said, struct err *err)
{
    const struct chunk_id id = {.run = MADE_RUN, .builder = 1, .number = 1};
    struct checked checked;
    struct bytes file;
    bytes_init(&file, MADE_LIMIT);
    if (!disk_read_file(below(folder, "chunk"), &file, err) ||
        !walk_chunk(below(folder, "chunk"), &id, &checked.walk, err))
        return false;
    check_init(&checked.check, maps);
    check_start(&checked.check, &checked.walk);
    checked_round(&checked, file.data, checked_learn);
    checked_round(&checked, file.data, check_event);
    check_finish(&checked.check);
    bool done = text_addf(said, err, "%zu segments, %zu places, %llu bytes\n",
                          checked.walk.segment_count, checked.check.listed,
                          (unsigned long long)checked.check.good_bytes);
    checked_release(&checked);
    bytes_release(&file);
    return done;
}

static bool check_run(const char *folder, struct err *err)
{
    struct map_chips maps;
    struct bytes said;
    bytes_init(&said, 4096);
    if (!map_chips_open(&maps, below(folder, "map.xml"), MADE_RUN, err))
        return false;
    bool done =
        checked_file(folder, &maps, &said, err) &&
        disk_write_durable(below(folder, "said"), said.data, said.size, 0644, err);
    map_chips_release(&maps);
    bytes_release(&said);
    return done;
}

/* One spill more, written behind what is there. */
static bool write_run(const char *folder, struct err *err)
{
    static const uint32_t words[] = {1, 2, 3};
    const struct raw_event_spec spec = {.header = {.type = EVENT_PHYSICS,
                                                   .run = MADE_RUN,
                                                   .event_in_run = 99,
                                                   .event = 9,
                                                   .spill = SPILLS}};
    const struct raw_block_spec block = {.source = 700, .words = words, .count = 3};
    struct raw_writer writer;
    raw_writer_init(&writer, MADE_LIMIT);
    if (!raw_event_begin(&writer, &spec, err) || !raw_subevent_begin(&writer, 1, err) ||
        !raw_block(&writer, &block, err))
        return false;
    raw_subevent_end(&writer);
    raw_event_end(&writer);
    bool done = disk_write_durable(below(folder, "chunk"), writer.out.data,
                                   writer.out.size, 0644, err);
    raw_writer_release(&writer);
    return done;
}

static enum operation_care care(const char *name)
{
    return strstr(name, ".tmp-") != NULL ? CARE_MADE : CARE_WHOLE;
}

static void any_step_of_raw_data_may_fail(void **state)
{
    static const struct operation check = {.name = "check",
                                           .before = before,
                                           .run = check_run,
                                           .care = care,
                                           .least = {1, 2, 30, 0}};
    static const struct operation write = {.name = "write",
                                           .before = before,
                                           .run = write_run,
                                           .care = care,
                                           .least = {1, 2, 1, 0}};
    (void)state;
    operation_each_step(&check);
    operation_each_step(&write);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_step_of_raw_data_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
