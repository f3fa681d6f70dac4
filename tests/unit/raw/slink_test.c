/* slink_test.c - the round through an event's blocks, whole and damaged.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/raw/made.h"

struct round {
    uint16_t sources[8];
    size_t count;
    size_t faults;
    struct slink_fault fault;
};

static struct date_event event_of(const struct bytes *file)
{
    struct date_event event = {.data = file->data};
    struct err err;
    assert_true(date_header_read(file->data, file->size, &event.header, &err));
    return event;
}

static struct round blocks_read(const struct bytes *file)
{
    struct round round = {.count = 0};
    struct date_event event = event_of(file);
    struct event_blocks blocks;
    struct slink_block block;
    struct slink_fault fault;
    enum lookup found;
    event_blocks_start(&blocks, &event);
    while ((found = event_blocks_next(&blocks, &block, &fault)) != LOOKUP_ABSENT) {
        if (found == LOOKUP_FOUND) {
            assert_true(round.count < 8);
            round.sources[round.count++] = block.source;
            assert_true(block.words + 4 * (size_t)block.count <= file->data + file->size);
        } else {
            round.faults++;
            round.fault = fault;
        }
    }
    return round;
}

static void made(struct raw_writer *writer, const struct made_shape *shape)
{
    raw_writer_init(writer, MADE_LIMIT);
    made_event(writer, &(struct made_event){3, 77, EVENT_PHYSICS}, shape);
}

static void blocks_come_in_order_in_every_shape(void **state)
{
    (void)state;
    for (size_t i = 0; i < MADE_SHAPES; i++) {
        struct raw_writer writer;
        made(&writer, &made_shapes[i]);
        struct round round = blocks_read(&writer.out);
        assert_int_equal(round.faults, 0);
        assert_int_equal(round.count, 3);
        assert_int_equal(round.sources[0], MADE_SADC);
        assert_int_equal(round.sources[1], 2);
        assert_int_equal(round.sources[2], 380);
        raw_writer_release(&writer);
    }
}

static void header_fields_are_given(void **state)
{
    (void)state;
    struct raw_writer writer;
    struct event_blocks blocks;
    struct slink_block block;
    struct slink_fault fault;
    made(&writer, &made_super);
    struct date_event event = event_of(&writer.out);
    event_blocks_start(&blocks, &event);
    assert_int_equal(event_blocks_next(&blocks, &block, &fault), LOOKUP_FOUND);
    assert_int_equal(event_blocks_next(&blocks, &block, &fault), LOOKUP_FOUND);
    assert_int_equal(block.source, 2);
    assert_int_equal(block.format, 3);
    assert_int_equal(block.event, 77);
    assert_int_equal(block.spill, 3);
    assert_true(block.spill_good);
    assert_int_equal(block.count, 3);
    assert_int_equal(le32_load(block.words + 8), 0x33333333);
    assert_false(slink_block_flagged(&block));
    raw_writer_release(&writer);
}

/* Offsets in the first event: header 68, sub-event header 68, equipment header 28. */
#define SUBEVENT  68
#define EQUIPMENT 136
#define SLINK     164

static void damage_is_named_and_costs_its_piece(void **state)
{
    (void)state;

    static const struct {
        size_t at;
        uint32_t flip;
        enum damage_class damage;
        size_t left; /* blocks that are still found */
        size_t from; /* where the lost piece begins */
    } cases[] = {{SLINK, 1, DAMAGE_SLINK_SIZE, 2, EQUIPMENT},
                 {SLINK + 4, 1, DAMAGE_SLINK_EVENT, 2, SLINK},
                 {EQUIPMENT, 4, DAMAGE_EQUIPMENT_SIZE, 2, EQUIPMENT},
                 {EQUIPMENT, 1, DAMAGE_EQUIPMENT_SIZE, 2, EQUIPMENT},
                 {EQUIPMENT, 1 << 20, DAMAGE_EQUIPMENT_SIZE, 2, EQUIPMENT},
                 {SUBEVENT, 1 << 20, DAMAGE_SUBEVENT_SIZE, 1, SUBEVENT},
                 {SUBEVENT, 1, DAMAGE_SUBEVENT_SIZE, 1, SUBEVENT},
                 {SUBEVENT + 4, 1, DAMAGE_SUBEVENT_HEADER, 1, SUBEVENT},
                 {SUBEVENT + 24, 1, DAMAGE_SUBEVENT_HEADER, 1, SUBEVENT}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct raw_writer writer;
        made(&writer, &made_super);
        uint8_t *word = writer.out.data + cases[i].at;
        uint32_t piece = le32_load(writer.out.data + cases[i].from);
        if (cases[i].from == SLINK)
            piece = 4 * (piece & 0xFFFF);
        le32_store(word, le32_load(word) ^ cases[i].flip);
        struct round round = blocks_read(&writer.out);
        assert_int_equal(round.faults, 1);
        assert_int_equal(round.count, cases[i].left);
        assert_int_equal(round.fault.damage, cases[i].damage);
        assert_int_equal(round.fault.offset, cases[i].from);
        assert_int_equal(round.fault.length, piece);
        raw_writer_release(&writer);
    }
}

static void wrong_spill_and_error_bits_are_shown(void **state)
{
    (void)state;
    struct raw_writer writer;
    struct event_blocks blocks;
    struct slink_block block;
    struct slink_fault fault;
    made(&writer, &made_super);
    struct date_event event = event_of(&writer.out);
    le32_store(writer.out.data + SLINK + 4, 77 | 4u << 20);
    le32_store(writer.out.data + SLINK, le32_load(writer.out.data + SLINK) | 1u << 31);
    le32_store(writer.out.data + SLINK + 8, 0xF700);
    event_blocks_start(&blocks, &event);
    assert_int_equal(event_blocks_next(&blocks, &block, &fault), LOOKUP_FOUND);
    assert_false(block.spill_good);
    assert_int_equal(block.spill, 4);
    assert_true(slink_block_flagged(&block));
    struct damage_place places[8];
    struct damage_log log = {.places = places, .room = 8};
    slink_block_marks(&block, &log);

    const enum damage_class marks[] = {DAMAGE_SLINK_SPILL, DAMAGE_SLINK_FLAGS,
                                       DAMAGE_TCS_FIFO,    DAMAGE_TCS_SYNC,
                                       DAMAGE_TCS_ECC,     DAMAGE_TCS_BITS};

    assert_int_equal(log.listed, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(places[i].damage, marks[i]);
        assert_int_equal(places[i].source, MADE_SADC);
        assert_ptr_equal(places[i].at, writer.out.data + SLINK);
        assert_int_equal(places[i].length, 4 * (block.count + 3));
        assert_int_equal(places[i].loss, 0);
    }
    raw_writer_release(&writer);
}

static void spill_is_compared_with_eleven_bits(void **state)
{
    (void)state;
    struct raw_writer writer;
    struct event_blocks blocks;
    struct slink_block block;
    struct slink_fault fault;
    raw_writer_init(&writer, MADE_LIMIT);
    made_event(&writer, &(struct made_event){2048 + 5, 1, EVENT_PHYSICS}, &made_super);
    struct date_event event = event_of(&writer.out);
    assert_int_equal(event.header.spill, 2053);
    event_blocks_start(&blocks, &event);
    assert_int_equal(event_blocks_next(&blocks, &block, &fault), LOOKUP_FOUND);
    assert_int_equal(block.spill, 5);
    assert_true(block.spill_good);
    raw_writer_release(&writer);
}

static void broken_multiplexer_costs_the_broken_block(void **state)
{
    (void)state;
    struct raw_writer writer;
    for (uint32_t broken = 0; broken < 2; broken++) {
        made(&writer, &(struct made_shape){.multiplexer = true});
        size_t first = SLINK + 8;
        size_t length = 4 * (size_t)(le32_load(writer.out.data + first) & 0xFFFF);
        size_t at = broken == 0 ? first : first + length;
        if (broken == 1)
            length = 4 * (size_t)(le32_load(writer.out.data + at) & 0xFFFF);
        uint8_t *word = writer.out.data + at;
        le32_store(word, le32_load(word) & 0xFFFF0000); /* size 0 */
        struct round round = blocks_read(&writer.out);
        assert_int_equal(round.count, 2);
        assert_int_equal(round.sources[0], broken == 0 ? 2 : MADE_SADC);
        assert_int_equal(round.sources[1], 380);
        assert_int_equal(round.faults, 1);
        assert_int_equal(round.fault.damage, DAMAGE_MULTIPLEXER);
        assert_int_equal(round.fault.source, broken == 0 ? MADE_SADC : 2);
        assert_int_equal(round.fault.offset, at);
        assert_int_equal(round.fault.length, length);
        raw_writer_release(&writer);
    }
}

static void record_gives_the_beam_count(void **state)
{
    (void)state;
    const struct eot_definition definition = {
        .source = MADE_SCALER, .scaler_word = 2, .scale = 0.5};
    struct raw_writer writer;
    uint32_t count;
    double eot;
    struct err err;
    raw_writer_init(&writer, MADE_LIMIT);
    made_event(&writer, &(struct made_event){12, 5, EVENT_END_OF_BURST}, &made_super);
    struct date_event record = event_of(&writer.out);
    assert_int_equal(burst_count(&record, &definition, &count, &eot, &err), LOOKUP_FOUND);
    assert_int_equal(count, 12007);
    assert_true(eot == 6003.5);
    const struct eot_definition other = {.source = 4, .scale = 1};
    assert_int_equal(burst_count(&record, &other, &count, &eot, &err), LOOKUP_ABSENT);
    /* The trailer is the last word of the record. */
    writer.out.data[writer.out.size - 1] ^= 0x40;
    assert_int_equal(burst_count(&record, &definition, &count, &eot, &err),
                     LOOKUP_FAILED);
    assert_int_equal(err.code, E_RAW_SCALER);
    assert_non_null(strstr(err.text, "spill 12"));
    raw_writer_release(&writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_come_in_order_in_every_shape),
        cmocka_unit_test(header_fields_are_given),
        cmocka_unit_test(damage_is_named_and_costs_its_piece),
        cmocka_unit_test(wrong_spill_and_error_bits_are_shown),
        cmocka_unit_test(spill_is_compared_with_eleven_bits),
        cmocka_unit_test(broken_multiplexer_costs_the_broken_block),
        cmocka_unit_test(record_gives_the_beam_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
