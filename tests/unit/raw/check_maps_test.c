/* check_maps_test.c - with channel maps a check looks into MSADC formats 1 and 2 too.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "raw/sadc_old.h"
#include "tests/unit/raw/checked.h"

#define OLD_SOURCE 640
#define EVENTS     12u
#define DAMAGED    7u /* number of the event */
#define CHANNELS   3u
#define SAMPLES    6u

/* Source 640 has the format of the options; 616, 2 and 380 are those of made.h. */
static void maps_make(struct map_chips *maps, const char *options, const char *more)
{
    char text[1024];
    struct err err;
    (void)snprintf(text, sizeof text,
                   "<Map><DaqOptions><ChipsCreation>-1 -1 -1 2 -1 ChipF1 s\n"
                   "-1 -1 -1 380 -1 ChipNA64TDC s\n%s</ChipsCreation></DaqOptions>"
                   "<ChipSADC version=\"2\" options=\"xy data_format3\">A 616 1 0 0 0\n"
                   "</ChipSADC><ChipSADC version=\"1\" options=\"xy%s\">B 640 0 0 0 0\n"
                   "</ChipSADC></Map>",
                   more, options);
    memset(maps, 0, sizeof *maps);
    assert_true(map_read_text(text, strlen(text), "map", MADE_RUN, &maps->map, &err));
}

static void old_block(struct raw_writer *writer, enum sadc_mode mode, uint32_t event)
{
    struct sadc_digits digits;
    struct bytes words;
    struct err err;
    const struct sadc_old_spec spec = {.mode = mode, .event = event};
    sadc_digits_init(&digits);
    bytes_init(&words, 4096);
    for (uint32_t i = 0; i < CHANNELS; i++) {
        digits.adc[i] = 9;
        digits.channel[i] = (uint8_t)(2 * i);
        digits.sample_count[i] = SAMPLES;
        digits.first[i] = SAMPLES * i;
        for (uint32_t s = 0; s < SAMPLES; s++)
            digits.samples[SAMPLES * i + s] = (uint16_t)(50 + event + s);
        digits.count++;
    }
    assert_true(sadc_old_encode(&digits, 0, CHANNELS, &spec, &words, &err));
    assert_true(raw_block(
        writer, &(struct raw_block_spec){.source = OLD_SOURCE, .packed = &words}, &err));
    bytes_release(&words);
    sadc_digits_release(&digits);
}

/* A flat file of one spill; gives the offset of the damaged event's old block. */
static size_t file_make(struct raw_writer *writer, enum sadc_mode mode)
{
    size_t at = 0;
    struct err err;
    raw_writer_init(writer, MADE_LIMIT);
    for (uint32_t event = 1; event <= EVENTS; event++) {
        const struct made_event made = {1, event, EVENT_PHYSICS};
        const struct raw_event_spec spec = {.flat = true,
                                            .header = {.type = EVENT_PHYSICS,
                                                       .run = MADE_RUN,
                                                       .event_in_run = event,
                                                       .event = event,
                                                       .spill = 1}};
        assert_true(raw_event_begin(writer, &spec, &err));
        if (event == DAMAGED)
            at = writer->out.size + DATE_EQUIPMENT;
        old_block(writer, mode, event);
        made_sadc_block(writer, &made);
        made_opaque_block(writer, 380);
        raw_event_end(writer);
    }
    return at;
}

/* Turns a bit of word `word` behind the S-Link header. */
static void turn(struct raw_writer *writer, size_t block, size_t word, uint32_t bits)
{
    uint8_t *place = writer->out.data + block + 4 * (SLINK_HEADER_WORDS + word);
    le32_store(place, le32_load(place) ^ bits);
}

/* What is found in the file with one bit wrong in it. */
static const struct old_damage {
    const char *options;
    enum sadc_mode mode;
    size_t word;
    uint32_t bits;
    enum damage_class damage;
    size_t at, words; /* that are lost, behind the S-Link header */
} old_damages[] = {
    /* Format 2: a header, then channels of 1 + 2 words. */
    {" data_format2", SADC_INVERTED, 0, 1u << 3, DAMAGE_ADC_EVENT, 0, 10},
    {" data_format2", SADC_INVERTED, 0, 1u << 31, DAMAGE_ADC_KEY, 0, 10},
    {" data_format2", SADC_INVERTED, 0, 1u << 20, DAMAGE_ADC_SIZE, 0, 10},
    {" data_format2", SADC_INVERTED, 4, 1u << 16, DAMAGE_SAMPLE_COUNT, 4, 3},
    {" data_format2", SADC_INVERTED, 4, 1u << 27, DAMAGE_CHANNEL_TWICE, 4, 3},
    /* Format 1: a header, then channels of 2 + 3 words. */
    {"", SADC_LATCH, 0, 1u << 3, DAMAGE_ADC_EVENT, 0, 16},
    {"", SADC_LATCH, 9, 1u << 31, DAMAGE_SAMPLE_COUNT, 0, 16},
    {"", SADC_LATCH, 9, 1u << 20, DAMAGE_INTEGRAL_WORD, 6, 5},
    {"", SADC_EXTENDED, 0, 1u << 24, DAMAGE_ADC_KEY, 0, 16},
    {"", SADC_SPARSE, 4, 1u << 26, DAMAGE_INTEGRAL_WORD, 4, 3},
};

static void damage_of_old_formats_is_found_with_maps(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof old_damages / sizeof *old_damages; i++) {
        const struct old_damage *row = &old_damages[i];
        struct raw_writer writer;
        struct map_chips maps;
        struct checked checked;
        struct err err;
        print_message("%zu: %s\n", i, damage_word(row->damage));
        size_t block = file_make(&writer, row->mode);
        maps_make(&maps, row->options, "");
        assert_true(
            checked_make_maps(&checked, &maps, writer.out.data, writer.out.size, &err));
        assert_int_equal(checked.check.total, 0);
        checked_release(&checked);
        turn(&writer, block, row->word, row->bits);
        assert_true(
            checked_make_maps(&checked, &maps, writer.out.data, writer.out.size, &err));
        assert_int_equal(checked.check.total, 1);
        const struct check_place *place = &checked.check.places[0];
        assert_int_equal(place->damage, row->damage);
        assert_int_equal(place->source, OLD_SOURCE);
        assert_int_equal(place->offset, block + 4 * (SLINK_HEADER_WORDS + row->at));
        assert_int_equal(place->length, 4 * row->words);
        assert_int_equal(place->loss, 4 * row->words);
        assert_int_equal(place->before.event, DAMAGED);
        checked_release(&checked);
        map_chips_release(&maps);
        raw_writer_release(&writer);
    }
}

/* Source 380 is opaque by a rule, 641 by nothing. */
static void sources_that_maps_do_not_have_are_marked(void **state)
{
    (void)state;
    struct raw_writer writer;
    struct map_chips maps;
    struct checked checked;
    struct err err;
    size_t block = file_make(&writer, SADC_INVERTED);
    turn(&writer, block - 4 * (size_t)SLINK_HEADER_WORDS, 0, (640u ^ 641u) << 16);
    maps_make(&maps, " data_format2", "");
    assert_true(
        checked_make_maps(&checked, &maps, writer.out.data, writer.out.size, &err));
    const struct check *check = &checked.check;
    assert_int_equal(check->total, 2); /* 640 is missing */
    assert_int_equal(check->sums[DAMAGE_SOURCE_MISSING][OLD_SOURCE].places, 1);
    assert_int_equal(check->sums[DAMAGE_SOURCE_UNKNOWN][OLD_SOURCE + 1].places, 1);
    for (size_t i = 0; i < check->listed; i++)
        if (check->places[i].damage == DAMAGE_SOURCE_UNKNOWN) {
            assert_int_equal(check->places[i].offset, block);
            assert_int_equal(check->places[i].length, 4 * (3 + 10));
            assert_int_equal(check->places[i].loss, 0);
        }
    checked_release(&checked);
    map_chips_release(&maps);
    maps_make(&maps, " data_format2", "-1 -1 -1 641 -1 ChipWaveBoard s\n");
    assert_true(
        checked_make_maps(&checked, &maps, writer.out.data, writer.out.size, &err));
    assert_int_equal(checked.check.total, 1);
    checked_release(&checked);
    map_chips_release(&maps);
    raw_writer_release(&writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damage_of_old_formats_is_found_with_maps),
        cmocka_unit_test(sources_that_maps_do_not_have_are_marked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
