/* module_test.c - first-event-of-run blocks and blocks that nobody decodes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/decode.h"
#include "tests/unit/raw/chip_made.h"

static void words_make(struct bytes *words)
{
    bytes_init(words, 1 << 16);
    chip_word_add(words, 1u | 5u << 12 | 777u << 16);
    chip_word_add(words, 0x04030201);
    chip_word_add(words, 102u | 101u << 16); /* the first card is in the upper half */
    chip_word_add(words, 104u | 103u << 16);
    for (uint32_t i = 0; i < MODULE_PORTS; i++)
        chip_word_add(words, (1000 + i) | (500 + i) << 16 | 3u << 26 | i << 28);
}

static void a_module_is_described(void **state)
{
    (void)state;
    struct bytes words, back;
    struct module_digits digits;
    struct chip_listing listing;
    struct err err;
    words_make(&words);
    bytes_init(&back, 1 << 16);
    module_digits_init(&digits);
    chip_listing_init(&listing);
    struct slink_block block = chip_block(&words, SLINK_FIRST_OF_RUN);
    assert_true(module_decode(&block, &digits, &listing.faults));
    const struct module *module = digits.rows;
    assert_int_equal(digits.count, 1);
    assert_int_equal(module->source, CHIP_SOURCE);
    assert_int_equal(module->serial, 777);
    assert_true(module->ram);
    assert_int_equal(module->cards, 5);
    assert_int_equal(module->revision[3], 4);
    for (uint32_t i = 0; i < MODULE_CARDS; i++)
        assert_int_equal(module->card[i], 101 + i);
    assert_int_equal(module->ports[15].serial, 1015);
    assert_int_equal(module->ports[15].geo, 515);
    assert_int_equal(module->ports[15].port, 15);
    assert_int_equal(damage_counts_total(&listing.faults.log.counts), 0);
    assert_true(module_encode(module, &back, &err));
    assert_int_equal(back.size, words.size);
    assert_memory_equal(back.data, words.data, words.size);
    module_digits_release(&digits);
    bytes_release(&words);
    bytes_release(&back);
}

static void damaged_descriptions_are_marked_or_lost(void **state)
{
    (void)state;

    static const struct chip_case cases[] = {
        {7, 1u << 26, DAMAGE_CHIP_MARK, 7, 0, 1},
        {0, 0, DAMAGE_CHIP_SIZE, 0, 19, 0}, /* one word too short */
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bytes words;
        struct module_digits digits;
        struct chip_listing listing;
        words_make(&words);
        module_digits_init(&digits);
        chip_listing_init(&listing);
        chip_flip(&words, cases[i].word, cases[i].bits);
        words.size -= cases[i].words == 0 ? 0 : 4;
        struct slink_block block = chip_block(&words, SLINK_FIRST_OF_RUN);
        bool good = module_decode(&block, &digits, &listing.faults);
        chip_check_fault(&cases[i], &listing.faults, words.data, good);
        assert_int_equal(digits.count, cases[i].left);
        module_digits_release(&digits);
        bytes_release(&words);
    }
}

static void blocks_go_to_the_decoder_of_their_rule(void **state)
{
    (void)state;
    static const struct chip_rule nobody = {.chip = CHIP_OPAQUE};
    static const struct chip_rule sadc = {.chip = CHIP_SADC};
    struct bytes words;
    struct digits digits;
    struct chip_listing listing;
    words_make(&words);
    digits_init(&digits);
    chip_listing_init(&listing);
    struct slink_block block = chip_block(&words, SLINK_FIRST_OF_RUN);
    assert_true(digits_take(&block, &sadc, &digits, &listing.faults));
    assert_int_equal(digits.module.count, 1);
    assert_int_equal(digits.sadc.count, 0);
    block.format = 0x40;
    assert_true(digits_take(&block, &nobody, &digits, &listing.faults));
    assert_int_equal(digits.opaque.count, 1);
    digits_clear(&digits);
    assert_int_equal(digits.module.count, 0);
    assert_int_equal(digits.opaque.count, 0);
    digits_release(&digits);
    bytes_release(&words);
}

static void opaque_blocks_are_kept_whole_and_counted_by_source(void **state)
{
    (void)state;
    struct bytes words, back;
    struct opaque_digits digits;
    struct chip_listing listing;
    struct err err;
    words_make(&words);
    bytes_init(&back, 1 << 16);
    opaque_digits_init(&digits);
    chip_listing_init(&listing);
    struct slink_block block = chip_block(&words, 0x40);
    for (uint32_t i = 0; i < OPAQUE_MAX_BLOCKS; i++)
        assert_true(opaque_take(&block, &digits, &listing.faults));
    assert_false(opaque_take(&block, &digits, &listing.faults));
    assert_int_equal(listing.faults.log.counts.of[DAMAGE_DIGITS_FULL], 1);
    opaque_digits_clear(&digits);
    assert_true(opaque_take(&block, &digits, &listing.faults));
    assert_int_equal(digits.count, 1);
    assert_int_equal(digits.format[0], 0x40);
    assert_int_equal(digits.block_total[CHIP_SOURCE], OPAQUE_MAX_BLOCKS + 2);
    assert_int_equal(digits.word_total[CHIP_SOURCE],
                     (OPAQUE_MAX_BLOCKS + 2) * MODULE_WORDS);
    assert_int_equal(digits.block_total[CHIP_SOURCE + 1], 0);
    assert_true(opaque_encode(&digits, 0, &back, &err));
    assert_int_equal(back.size, words.size);
    assert_memory_equal(back.data, words.data, words.size);
    opaque_digits_release(&digits);
    bytes_release(&words);
    bytes_release(&back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_module_is_described),
        cmocka_unit_test(damaged_descriptions_are_marked_or_lost),
        cmocka_unit_test(blocks_go_to_the_decoder_of_their_rule),
        cmocka_unit_test(opaque_blocks_are_kept_whole_and_counted_by_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
