/* formats_test.c - the same samples in any MSADC format give the same event.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/reco/made.h"

#include "base/random.h"
#include "raw/decode.h"
#include "raw/sadc_old.h"

#define ROUNDS 20
#define BLOCK  ((size_t)1 << 20)

enum { FORMAT_1, FORMAT_1_EXTENDED, FORMAT_2, COMPRESSED, FORMAT_3, FORMATS };

/* Option of the map's section, and how blocks are written. */
static const struct {
    const char *option;
    enum sadc_mode mode;
} formats[FORMATS] = {
    [FORMAT_1] = {"", SADC_LATCH},
    [FORMAT_1_EXTENDED] = {"", SADC_EXTENDED},
    [FORMAT_2] = {" data_format2", SADC_INVERTED},
    [COMPRESSED] = {" data_format2", SADC_COMPRESSED},
    [FORMAT_3] = {" data_format3", SADC_LATCH},
};

/* Replaces the first `from` in the map by `to`. */
static void map_change(struct made *made, const char *from, const char *to)
{
    struct bytes *text = &made->texts[MADE_CHANNEL_MAP];
    struct bytes changed;
    struct err err;
    bytes_init(&changed, BLOCK);
    const uint8_t *place = memmem(text->data, text->size, from, strlen(from));
    assert_non_null(place);
    size_t before = (size_t)(place - text->data), behind = before + strlen(from);
    assert_true(bytes_append(&changed, text->data, before, &err) &&
                text_add(&changed, to, &err) &&
                bytes_append(&changed, text->data + behind, text->size - behind, &err));
    bytes_release(text);
    *text = changed;
}

/* A code of 12 bits for each symbol: itself, its lowest bit first. */
static void code_add(struct made *made)
{
    struct bytes section;
    struct err err;
    bytes_init(&section, BLOCK);
    assert_true(text_add(&section, "<ChipSADC_HT>\n", &err));
    for (uint32_t symbol = 0; symbol < HUFFMAN_SYMBOLS; symbol++) {
        char code[13] = "";
        for (uint32_t bit = 0; bit < 12; bit++)
            code[bit] = (symbol >> bit & 1) != 0 ? '1' : '0';
        assert_true(text_addf(&section, &err, "%u %s\n", symbol, code));
    }
    assert_true(text_add(&section, "</ChipSADC_HT></Map>", &err) &&
                bytes_append(&section, "\0", 1, &err));
    map_change(made, "</Map>", (const char *)section.data);
    bytes_release(&section);
}

/* Every cell with a pulse that ten bits hold, as the digits of one event. */
static void event_fill(struct made *made, struct random *random)
{
    sadc_digits_clear(&made->digits);
    for (uint32_t d = 0; d < made->setup->detector_count; d++) {
        const struct setup_detector *detector = &made->setup->detectors[d];
        double time = detector->part == PART_COUNTER ? 150.0 : 160.0;
        for (uint32_t c = 0; c < (uint32_t)detector->nx * detector->ny; c++)
            made_hit(made, detector->name, c, time + 5.0 * random_unit(random),
                     700.0 * random_unit(random));
    }
}

/* Rows `from` to `to` of one source as the words of a block. */
static void block_encode(const struct sadc_digits *digits, uint32_t from, uint32_t to,
                         const struct sadc_old_spec *spec, struct bytes *words)
{
    struct err err;
    bool done = spec == NULL ? sadc_encode(digits, from, to, 5, words, &err)
                             : sadc_old_encode(digits, from, to, spec, words, &err);
    if (!done)
        fail_msg("%s", err.text);
}

/* The digits, encoded and decoded as the calibration's map says. */
static void through_words(const struct made *made, int format, struct sadc_digits *back)
{
    const struct sadc_digits *digits = &made->digits;
    const struct calibration *calibration = &made->calibration;
    const struct sadc_old_spec spec = {
        .mode = formats[format].mode, .event = 5, .huffman = &calibration->huffman};
    sadc_digits_clear(back);
    for (uint32_t from = 0, to; from < digits->count; from = to) {
        struct faults faults = {.sum_differs = 0};
        struct bytes words;
        for (to = from; to < digits->count && digits->source[to] == digits->source[from];)
            to++;
        bytes_init(&words, BLOCK);
        block_encode(digits, from, to, format == FORMAT_3 ? NULL : &spec, &words);
        const struct slink_block block = {.source = digits->source[from],
                                          .event = 5,
                                          .words = words.data,
                                          .count = (uint32_t)(words.size / 4)};
        const struct chip_rule rule = calibration_rule(calibration, block.source);
        assert_true(digits_take_sadc(&block, &rule, back, &faults));
        bytes_release(&words);
    }
    assert_int_equal(back->count, digits->count);
}

static void rows_equal(const struct reco_table *a, const struct reco_table *b)
{
    assert_int_equal(a->rows, b->rows);
    for (int c = 0; c < RECO_COLUMN_COUNT; c++) {
        const struct reco_column_info *info = &reco_column_infos[c];
        assert_memory_equal(a->data[c], b->data[c],
                            a->rows * info->width * reco_type_size(info->type));
    }
}

static void any_format_gives_the_same_energies(void **state)
{
    (void)state;
    const struct event_head head = {.run = MADE_RUN, .spill = MADE_SPILL, .type = 7};
    struct reco_table tables[FORMATS];
    for (int f = 0; f < FORMATS; f++) {
        struct random random = {.state = 1234};
        struct event_counts counts = {0};
        struct sadc_digits back;
        struct made made;
        struct err err;
        made_init(&made);
        sadc_digits_init(&back);
        map_change(&made, " data_format3", formats[f].option);
        if (f == COMPRESSED)
            code_add(&made);
        assert_true(made_calibrate(&made, &err));
        reco_table_init(&tables[f], ROUNDS);
        for (int i = 0; i < ROUNDS; i++) {
            event_fill(&made, &random);
            through_words(&made, f, &back);
            event_reconstruct(&made.calibration, &head, &back, &tables[f], &counts);
        }
        assert_int_equal(counts.lost_channels + counts.foreign + counts.no_master, 0);
        assert_true(reco_f32(&tables[f], RECO_ECAL_TOTAL, 3)[RECO_IN_TIME] > 1.0f);
        sadc_digits_release(&back);
        made_release(&made);
    }
    for (int f = 1; f < FORMATS; f++)
        rows_equal(&tables[0], &tables[f]);
    for (int f = 0; f < FORMATS; f++)
        reco_table_release(&tables[f]);
}

/* 1023 is the most that ten bits hold: the pulse may have been higher. */
static void a_full_adc_of_ten_bits_is_marked(void **state)
{
    (void)state;
    const struct event_head head = {.run = MADE_RUN, .spill = MADE_SPILL, .type = 7};
    for (uint16_t most = SADC_OLD_SAMPLE_MAX - 1; most <= SADC_OLD_SAMPLE_MAX; most++) {
        struct event_counts counts = {0};
        struct reco_table table;
        struct sadc_digits back;
        struct made made;
        struct err err;
        uint16_t samples[MADE_SAMPLES];
        made_init(&made);
        sadc_digits_init(&back);
        map_change(&made, " data_format3", " data_format2");
        assert_true(made_calibrate(&made, &err));
        reco_table_init(&table, 1);
        made_quiet(samples);
        samples[13] = most;
        made_digit(&made, "ECAL1", 9, samples, MADE_SAMPLES);
        through_words(&made, FORMAT_2, &back);
        event_reconstruct(&made.calibration, &head, &back, &table, &counts);
        bool marked = (*reco_u32(&table, RECO_FLAGS, 0) & RECO_OVERFLOW) != 0;
        assert_int_equal(marked, most == SADC_OLD_SAMPLE_MAX);
        reco_table_release(&table);
        sadc_digits_release(&back);
        made_release(&made);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_format_gives_the_same_energies),
        cmocka_unit_test(a_full_adc_of_ten_bits_is_marked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
