/* simulate_test.c - simulated data read back: bytes, counts, beam, energies.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The chain from the file to energies is the one of a worker; what comes out is compared
 * with the truth that the simulator wrote, never with a number of the experiment.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/disk.h"
#include "base/text.h"
#include "conditions/payload.h"
#include "raw/burst.h"
#include "raw/walk.h"
#include "reco/event.h"
#include "tests/simulate/encode.h"
#include "tests/simulate/simulation.h"
#include "tests/simulate/spill.h"

#define RUN    102 /* one with a bad spill */
#define SPILLS 3
#define EVENTS 150
#define LED    6
#define LIMIT  ((size_t)64 << 20)

static const struct sim_options options = {.setup = LAYOUT_SETUP,
                                           .first_run = RUN,
                                           .last_run = RUN,
                                           .spills = SPILLS,
                                           .events = EVENTS,
                                           .led_events = LED,
                                           .seed = 7,
                                           .chunk_bytes = 700000,
                                           .mixture = {.signal_fraction = 0.02}};

static char folder[2][64];

static void file_get(const char *place, const char *name, struct bytes *out)
{
    char path[256];
    struct err err;
    bytes_init(out, LIMIT);
    (void)snprintf(path, sizeof path, "%s/%s", place, name);
    if (!disk_read_file(path, out, &err))
        fail_msg("%s", err.text);
}

static int make(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct sim_options own = options;
        struct simulation_counts counts;
        struct err err;
        memcpy(folder[i], "/tmp/simulate-XXXXXX", sizeof "/tmp/simulate-XXXXXX");
        if (mkdtemp(folder[i]) == NULL)
            return -1;
        own.out = folder[i];
        if (!simulation_run(&own, &counts, &err)) {
            print_message("%s\n", err.text);
            return -1;
        }
        assert_int_equal(counts.events, SPILLS * (EVENTS + LED));
    }
    return 0;
}

static const char *const names[] = {
    "runs.yaml",
    "truth.txt",
    "conditions/tags/sim-1.json",
    "conditions/tags/sim-2.json",
    "conditions/payloads/bad_spills/sim.txt",
    "conditions/payloads/calo_gain/sim.txt",
    "conditions/payloads/channel_map/sim.xml",
    "conditions/payloads/led_reference/sim.txt",
    "conditions/payloads/led_spill/run-000102.txt",
    "conditions/payloads/led_spill/run-000102-changed.txt",
    "conditions/payloads/pedestal/sim.txt",
    "conditions/payloads/sampling/sim.txt",
    "conditions/payloads/time_offset/sim.txt",
    "raw/cdr01001-000102.dat",
    "raw/cdr01002-000102.dat",
    "raw/cdr01003-000102.dat",
    "raw/cdr02001-000102.dat",
    "raw/cdr02002-000102.dat",
    "raw/cdr02003-000102.dat"};

#define NAMES      (sizeof names / sizeof *names)
#define FIRST_FILE (NAMES - 6)

static int clean(void **state)
{
    (void)state;
    static const char *const folders[] = {"raw",
                                          "conditions/tags",
                                          "conditions/payloads/bad_spills",
                                          "conditions/payloads/calo_gain",
                                          "conditions/payloads/channel_map",
                                          "conditions/payloads/led_reference",
                                          "conditions/payloads/led_spill",
                                          "conditions/payloads/pedestal",
                                          "conditions/payloads/sampling",
                                          "conditions/payloads/time_offset",
                                          "conditions/payloads",
                                          "conditions",
                                          ""};
    char path[256];
    int left = 0;
    for (int i = 0; i < 2; i++) {
        for (size_t f = 0; f < NAMES; f++) {
            (void)snprintf(path, sizeof path, "%s/%s", folder[i], names[f]);
            left += unlink(path) != 0;
        }
        for (size_t f = 0; f < sizeof folders / sizeof *folders; f++) {
            (void)snprintf(path, sizeof path, "%s/%s", folder[i], folders[f]);
            left += rmdir(path) != 0;
        }
    }
    return left; /* a file too many is a failure as well */
}

static void same_options_give_the_same_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < NAMES; i++) {
        struct bytes a, b;
        file_get(folder[0], names[i], &a);
        file_get(folder[1], names[i], &b);
        assert_int_equal(a.size, b.size);
        assert_memory_equal(a.data, b.data, a.size);
        bytes_release(&a);
        bytes_release(&b);
    }
}

/* Bytes of this very simulation, the same from gcc and clang, with AVX2 and without. A
 * change of the simulator changes them; a machine must not. */
static void bytes_do_not_depend_on_the_machine(void **state)
{
    (void)state;
    struct bytes chunk, truth, gain;
    file_get(folder[0], "raw/cdr01002-000102.dat", &chunk);
    file_get(folder[0], "truth.txt", &truth);
    file_get(folder[0], "conditions/payloads/calo_gain/sim.txt", &gain);
    assert_int_equal(adler32_add(ADLER32_START, chunk.data, chunk.size), 0x5497f059);
    assert_int_equal(adler32_add(ADLER32_START, truth.data, truth.size), 0x8a29bbff);
    assert_int_equal(adler32_add(ADLER32_START, gain.data, gain.size), 0x5f21cdbc);
    bytes_release(&chunk);
    bytes_release(&truth);
    bytes_release(&gain);
}

static void nothing_is_overwritten(void **state)
{
    (void)state;
    struct sim_options own = options;
    struct simulation_counts counts;
    struct err err;
    own.out = folder[0];
    assert_false(simulation_run(&own, &counts, &err));
    assert_int_equal(err.code, E_DISK_WRITE);
}

static void payloads_obey_their_types(void **state)
{
    (void)state;
    for (size_t i = 0; i < FIRST_FILE; i++) {
        char type[64];
        if (strncmp(names[i], "conditions/payloads/", 20) != 0)
            continue;
        size_t size = strcspn(names[i] + 20, "/");
        memcpy(type, names[i] + 20, size);
        type[size] = 0;
        const struct payload_type *found = payload_type_find(type);
        struct bytes text;
        struct payload_marks marks;
        struct err err;
        assert_non_null(found);
        file_get(folder[0], names[i], &text);
        if (!payload_read_marks(found, &text, names[i], &marks, &err))
            fail_msg("%s", err.text);
        assert_true(marks.synthetic);
        assert_int_equal(marks.source, VALUE_OURS);
        bytes_release(&text);
    }
}

/* Conditions of one spill, made as a worker makes them. */
struct known {
    struct bytes texts[7];
    struct calibration_value values[7];
    struct arena arena;
    struct calibration calibration;
};

/* The effective row of a spill, out of the table of the run. */
static void led_row(const struct bytes *table, uint32_t spill, struct bytes *row)
{
    char wanted[32];
    struct err err;
    (void)snprintf(wanted, sizeof wanted, "%d %u ", RUN, spill);
    assert_true(text_add(row,
                         "spillway-row 1\ntype led_spill\nsynthetic yes\ncolumns "
                         "detector:name x:count y:count amplitude_counts:real\n",
                         &err));
    const char *at = (const char *)table->data, *end = at + table->size;
    while (at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        size_t used = strlen(wanted);
        if (strncmp(at, wanted, used) == 0)
            assert_true(
                bytes_append(row, at + used, (size_t)(line_end + 1 - at) - used, &err));
        at = line_end + 1;
    }
    assert_true(text_add(row, "end\n", &err));
}

static void known_init(struct known *known, uint32_t spill)
{
    static const char *const files[7] = {
        "calo_gain/sim.txt",        "channel_map/sim.xml", "led_reference/sim.txt",
        "led_spill/run-000102.txt", "pedestal/sim.txt",    "sampling/sim.txt",
        "time_offset/sim.txt"};
    struct err err;
    for (int i = 0; i < 7; i++) {
        char name[96];
        (void)snprintf(name, sizeof name, "conditions/payloads/%s", files[i]);
        file_get(folder[0], name, &known->texts[i]);
        known->values[i] = (struct calibration_value){.type = calibration_types()[i],
                                                      .level = FALLBACK_EXACT,
                                                      .text = &known->texts[i]};
    }
    struct bytes row;
    bytes_init(&row, LIMIT);
    led_row(&known->texts[3], spill, &row);
    bytes_release(&known->texts[3]);
    known->texts[3] = row;
    arena_init(&known->arena, LIMIT);
    const struct calibration_input input = {
        .run = RUN, .spill = spill, .values = known->values, .value_count = 7};
    if (!calibration_make(setup_find(LAYOUT_SETUP), &input, &known->arena,
                          &known->calibration, &err))
        fail_msg("%s", err.text);
}

static void known_release(struct known *known)
{
    for (int i = 0; i < 7; i++)
        bytes_release(&known->texts[i]);
    arena_release(&known->arena);
    calibration_release(&known->calibration);
}

/* What was summed up over all events. */
struct seen {
    uint64_t events[EVENT_TYPES];
    struct event_digest digest;
    uint32_t beams;
    double worst_electron; /* largest relative difference to the truth */
    double sum_electron;
    uint32_t electrons, dimuons;
    double sum_dimuon;
};

static void decode(const struct date_event *event, struct sadc_digits *digits)
{
    struct event_blocks blocks;
    struct slink_block block;
    struct slink_fault fault;
    struct faults faults = {.sum_differs = 0};
    enum lookup found;
    sadc_digits_clear(digits);
    event_blocks_start(&blocks, event);
    while ((found = event_blocks_next(&blocks, &block, &fault)) == LOOKUP_FOUND)
        if (block.source >= 616 && block.source <= 620)
            assert_true(sadc_decode(&block, digits, &faults));
    assert_int_equal(found, LOOKUP_ABSENT);
    assert_int_equal(faults.sum_differs, 0);
}

static void compare(const struct sim_event *truth, const struct reco_table *table,
                    struct seen *seen)
{
    double ecal =
        shower_ecal_sum(&truth->deposit, 0) + shower_ecal_sum(&truth->deposit, 1);
    double found = (double)reco_f32(table, RECO_ECAL_TOTAL, 0)[RECO_IN_TIME];
    uint32_t flags = *reco_u32(table, RECO_FLAGS, 0);
    if (truth->pileup || truth->kind == SIM_LED || truth->kind == SIM_RANDOM)
        return;
    assert_true((flags & RECO_HAS_MASTER) != 0);
    if (truth->kind == SIM_ELECTRON && (flags & RECO_OVERFLOW) == 0) {
        double off = found / ecal - 1;
        seen->electrons++;
        seen->sum_electron += off;
        seen->worst_electron = fmax(seen->worst_electron, fabs(off));
    }
    if (truth->kind == SIM_DIMUON &&
        truth->numbers.event < spill_bad_from(RUN, truth->numbers.spill, EVENTS + LED)) {
        seen->dimuons++;
        seen->sum_dimuon += (double)reco_f32(table, RECO_HCAL_MODULE, 0)[RECO_IN_TIME];
    }
}

static void event_see(const struct date_event *event, const struct known *known,
                      struct sadc_digits *digits, struct seen *seen)
{
    const struct date_header *header = &event->header;
    const struct eot_definition definition = {ENCODE_SCALER_SOURCE, ENCODE_SCALER_WORD,
                                              1};
    struct err err;
    uint32_t type = header->type;
    seen->events[type]++;
    event_digest_add(&seen->digest, header->run, header->spill, header->event, type);
    if (type == EVENT_END_OF_BURST) {
        uint32_t count;
        double eot;
        assert_int_equal(burst_count(event, &definition, &count, &eot, &err),
                         LOOKUP_FOUND);
        assert_int_equal(count, spill_beam_count(options.seed, RUN, header->spill));
        seen->beams++;
    }
    if (!event_type_is_event(type))
        return;
    const struct sim_numbers numbers = {options.seed, RUN, header->spill, header->event};
    struct sim_event truth;
    sim_event_make(&numbers, type == EVENT_CALIBRATION, &options.mixture, &truth);
    assert_int_equal(header->trigger_mask, truth.trigger);
    decode(event, digits);
    assert_int_equal(digits->count, LAYOUT_CHANNELS);
    struct reco_table table;
    struct event_counts counts = {0};
    const struct event_head head = {.run = RUN, .spill = header->spill, .type = type};
    reco_table_init(&table, 1);
    event_reconstruct(&known->calibration, &head, digits, &table, &counts);
    assert_int_equal(counts.lost_channels, 0);
    assert_int_equal(counts.foreign, 1); /* V0 is not used by the set-up */
    compare(&truth, &table, seen);
    reco_table_release(&table);
}

static void chunk_see(const char *name, struct known *known, struct seen *seen,
                      struct event_digest *walked)
{
    struct walk_result result;
    struct sadc_digits digits;
    struct bytes file;
    struct chunk_id id;
    char path[256];
    struct err err;
    (void)snprintf(path, sizeof path, "%s/%s", folder[0], name);
    assert_true(chunk_name_parse(path, &id));
    assert_true(walk_chunk(path, &id, &result, &err));
    assert_int_equal(result.chunk.damage_count, 0);
    assert_true(result.chunk.size <= options.chunk_bytes);
    event_digest_merge(walked, &result.digest);
    file_get(folder[0], name, &file);
    sadc_digits_init(&digits);
    for (size_t i = 0; i < result.segment_count; i++) {
        const struct segment *segment = &result.segments[i];
        struct date_reader reader;
        struct date_event event;
        struct date_gap gap;
        date_reader_start(&reader, file.data + segment->offset, (size_t)segment->length,
                          RUN, segment->spill);
        while (date_reader_next(&reader, &event, &gap) == LOOKUP_FOUND)
            event_see(&event, &known[segment->spill], &digits, seen);
    }
    sadc_digits_release(&digits);
    bytes_release(&file);
    walk_result_release(&result);
}

static void chunks_hold_what_the_truth_says(void **state)
{
    (void)state;
    struct known known[SPILLS + 1];
    struct seen seen = {.beams = 0};
    struct event_digest walked = {0};
    for (uint32_t spill = 0; spill <= SPILLS; spill++)
        known_init(&known[spill], spill);
    for (size_t i = FIRST_FILE; i < NAMES; i++)
        chunk_see(names[i], known, &seen, &walked);
    assert_true(event_digest_equal(&walked, &seen.digest));
    assert_int_equal(seen.events[EVENT_PHYSICS], SPILLS * EVENTS);
    assert_int_equal(seen.events[EVENT_CALIBRATION], SPILLS * LED);
    assert_int_equal(seen.events[EVENT_START_OF_RUN], 2);
    assert_int_equal(seen.events[EVENT_END_OF_RUN], 2);
    assert_int_equal(seen.events[EVENT_START_OF_BURST], SPILLS);
    assert_int_equal(seen.beams, SPILLS);
    assert_true(seen.electrons > 100 && seen.dimuons > 10);
    print_message("electrons: mean %+.4f, largest difference %.4f; dimuons: %.2f GeV\n",
                  seen.sum_electron / seen.electrons, seen.worst_electron,
                  seen.sum_dimuon / seen.dimuons);
    /* Sampling of the peak costs up to 3 %, small cells are below the threshold. */
    assert_true(fabs(seen.sum_electron / seen.electrons) < 0.02);
    assert_true(seen.worst_electron < 0.06);
    assert_true(fabs(seen.sum_dimuon / seen.dimuons - 5.6) < 0.4);
    for (uint32_t spill = 0; spill <= SPILLS; spill++)
        known_release(&known[spill]);
}

static void truth_has_one_line_an_event(void **state)
{
    (void)state;
    struct bytes text;
    file_get(folder[0], "truth.txt", &text);
    size_t lines = 0;
    for (size_t i = 0; i < text.size; i++)
        lines += text.data[i] == '\n';
    assert_int_equal(lines, 2 + SPILLS * (EVENTS + LED));
    assert_memory_equal(text.data, "# SYNTHETIC", 11);
    bytes_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_options_give_the_same_bytes),
        cmocka_unit_test(bytes_do_not_depend_on_the_machine),
        cmocka_unit_test(nothing_is_overwritten),
        cmocka_unit_test(payloads_obey_their_types),
        cmocka_unit_test(chunks_hold_what_the_truth_says),
        cmocka_unit_test(truth_has_one_line_an_event),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
