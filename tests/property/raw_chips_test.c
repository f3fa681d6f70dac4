/* raw_chips_test.c - digits of every chip come back through their words.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Words that are damaged at random give faults inside the block, which together cost no
 * more than it has, and digits within their limits.
 */
#include <stdio.h>

#include "tests/property/raw_chips_made.h"

#define ROUNDS        120
#define DAMAGE_ROUNDS 150
#define LISTED        70000

static uint64_t seed(void)
{
    const char *text = getenv("PROPERTY_SEED");
    return text == NULL ? 20220817 : strtoull(text, NULL, 10);
}

static void same(const void *a, const void *b, size_t size)
{
    if (size > 0)
        assert_memory_equal(a, b, size);
}

#define SAME(field, count) same(a->field, b->field, (count) * sizeof *a->field)

static bool apv_words(const struct kind *kind, const struct digits *digits,
                      struct bytes *words, struct err *err)
{
    (void)kind;
    return apv_encode(&digits->apv, 0, digits->apv.chip_count, CHIP_EVENT, words, err);
}

static void apv_equal(const struct digits *first, const struct digits *second)
{
    const struct apv_digits *a = &first->apv, *b = &second->apv;
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->chip_count, b->chip_count);
    SAME(source, a->count);
    SAME(adc, a->count);
    SAME(chip, a->count);
    SAME(channel, a->count);
    SAME(chip_adc, a->chip_count);
    SAME(chip_chip, a->chip_count);
    SAME(chip_format, a->chip_count);
    SAME(has_common, a->chip_count);
    SAME(time_tag, a->chip_count);
    SAME(first, a->chip_count);
    SAME(digit_count, a->chip_count);
    for (uint32_t frame = 0; frame < APV_FRAMES; frame++) {
        SAME(sample[frame], a->count);
        SAME(address[frame], a->chip_count);
        SAME(common[frame], a->chip_count);
    }
}

static bool f1_words(const struct kind *kind, const struct digits *digits,
                     struct bytes *words, struct err *err)
{
    (void)kind;
    return f1_encode(&digits->f1, 0, digits->f1.count, CHIP_EVENT, words, err);
}

static void f1_equal(const struct digits *first, const struct digits *second)
{
    const struct f1_digits *a = &first->f1, *b = &second->f1;
    assert_int_equal(a->count, b->count);
    SAME(source, a->count);
    SAME(geo, a->count);
    SAME(channel, a->count);
    SAME(hit, a->count);
    SAME(format, a->count);
    SAME(time, a->count);
}

static bool scaler_words(const struct kind *kind, const struct digits *digits,
                         struct bytes *words, struct err *err)
{
    (void)kind;
    return scaler_encode(&digits->scaler, 0, digits->scaler.count, CHIP_EVENT, words,
                         err);
}

static void scaler_equal(const struct digits *first, const struct digits *second)
{
    const struct scaler_digits *a = &first->scaler, *b = &second->scaler;
    assert_int_equal(a->count, b->count);
    SAME(source, a->count);
    SAME(frame, a->count);
    SAME(geo, a->count);
    SAME(channel, a->count);
    SAME(value, a->count);
}

static bool sinica_words(const struct kind *kind, const struct digits *digits,
                         struct bytes *words, struct err *err)
{
    (void)kind;
    return sinica_encode(&digits->sinica, 0, digits->sinica.count, CHIP_EVENT, words,
                         err);
}

static void sinica_equal(const struct digits *first, const struct digits *second)
{
    const struct sinica_digits *a = &first->sinica, *b = &second->sinica;
    assert_int_equal(a->count, b->count);
    SAME(source, a->count);
    SAME(port, a->count);
    SAME(channel, a->count);
    SAME(mode, a->count);
    SAME(time, a->count);
    SAME(trigger, a->count);
    SAME(coarse, a->count);
    SAME(temperature, a->count);
}

static bool gandalf_words(const struct kind *kind, const struct digits *digits,
                          struct bytes *words, struct err *err)
{
    const struct gandalf_digits *gandalf = &digits->gandalf;
    if ((kind->format & GANDALF_DEBUG) == GANDALF_DEBUG)
        return gandalf_encode_frames(gandalf, 0, gandalf->frame_count, CHIP_EVENT, words,
                                     err);
    return gandalf_encode(gandalf, 0, gandalf->count, words, err);
}

static void gandalf_equal(const struct digits *first, const struct digits *second)
{
    const struct gandalf_digits *a = &first->gandalf, *b = &second->gandalf;
    assert_int_equal(a->count, b->count);
    SAME(format, a->count);
    SAME(channel, a->count);
    SAME(integral, a->count);
    SAME(baseline, a->count);
    SAME(amplitude, a->count);
    SAME(coarse, a->count);
    SAME(fine, a->count);
    SAME(settings, a->count);
    SAME(frame, a->count);
    assert_int_equal(a->frame_count, b->frame_count);
    SAME(frame_channel, a->frame_count);
    SAME(frame_monitor, a->frame_count);
    SAME(frame_mode, a->frame_count);
    SAME(sample_count, a->frame_count);
    assert_int_equal(a->sample_total, b->sample_total);
    SAME(samples, a->sample_total);
}

static struct huffman code; /* of the test's own making, see code_make() */

static bool sadc_words(const struct kind *kind, const struct digits *digits,
                       struct bytes *words, struct err *err)
{
    const struct sadc_old_spec spec = {
        .mode = (enum sadc_mode)kind->format, .event = CHIP_EVENT, .huffman = &code};
    return sadc_old_encode(&digits->sadc, 0, digits->sadc.count, &spec, words, err);
}

static void sadc_equal(const struct digits *first, const struct digits *second)
{
    const struct sadc_digits *a = &first->sadc, *b = &second->sadc;
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->sample_total, b->sample_total);
    SAME(source, a->count);
    SAME(adc, a->count);
    SAME(channel, a->count);
    SAME(flags, a->count);
    SAME(sum, a->count);
    SAME(integrals[0], a->count);
    SAME(integrals[1], a->count);
    SAME(sample_count, a->count);
    SAME(samples, a->sample_total);
}

static const struct kind kinds[] = {
    {"apv", {.chip = CHIP_APV}, 0, apv_make, apv_words, apv_equal},
    {"f1", {.chip = CHIP_F1}, F1_FORMAT | F1_SPARSIFIED, f1_make, f1_words, f1_equal},
    {"f1 latch",
     {.chip = CHIP_F1},
     F1_FORMAT | F1_SPARSIFIED | F1_LATCH,
     f1_make,
     f1_words,
     f1_equal},
    {"f1 debug", {.chip = CHIP_F1}, F1_FORMAT, f1_make, f1_words, f1_equal},
    {"f1 debug latch",
     {.chip = CHIP_F1},
     F1_FORMAT | F1_LATCH,
     f1_make,
     f1_words,
     f1_equal},
    {"scaler",
     {.chip = CHIP_SCALER},
     SCALER_SLINK_FORMAT,
     scaler_make,
     scaler_words,
     scaler_equal},
    {"sinica",
     {.chip = CHIP_SINICA},
     SINICA_FORMAT,
     sinica_make,
     sinica_words,
     sinica_equal},
    {"gandalf",
     {.chip = CHIP_GANDALF},
     GANDALF_PROCESSED,
     gandalf_make,
     gandalf_words,
     gandalf_equal},
    {"gandalf debug",
     {.chip = CHIP_GANDALF},
     GANDALF_DEBUG | GANDALF_INTERLEAVED,
     gandalf_make,
     gandalf_words,
     gandalf_equal},
    {"sadc 1 latch",
     {.chip = CHIP_SADC, .sadc_format = SADC_FORMAT_1, .huffman = &code},
     SADC_LATCH,
     sadc_make,
     sadc_words,
     sadc_equal},
    {"sadc 1 extended",
     {.chip = CHIP_SADC, .sadc_format = SADC_FORMAT_1, .huffman = &code},
     SADC_EXTENDED,
     sadc_make,
     sadc_words,
     sadc_equal},
    {"sadc 1 sparse",
     {.chip = CHIP_SADC, .sadc_format = SADC_FORMAT_1, .huffman = &code},
     SADC_SPARSE,
     sadc_make,
     sadc_words,
     sadc_equal},
    {"sadc 2",
     {.chip = CHIP_SADC, .sadc_format = SADC_FORMAT_2, .huffman = &code},
     SADC_INVERTED,
     sadc_make,
     sadc_words,
     sadc_equal},
    {"sadc compressed",
     {.chip = CHIP_SADC, .sadc_format = SADC_FORMAT_1, .huffman = &code},
     SADC_COMPRESSED,
     sadc_make,
     sadc_words,
     sadc_equal},
};

#define KINDS (sizeof kinds / sizeof *kinds)

/* A code of 12 bits for every symbol, a shorter one for the first few. */
static void code_make(void)
{
    struct bytes text;
    struct err err;
    bytes_init(&text, 1 << 20);
    for (uint32_t symbol = 0; symbol < HUFFMAN_SYMBOLS; symbol++) {
        char line[32];
        uint32_t length = symbol < 3 ? symbol + 1 : 15, code_bits = symbol - 3;
        int at = snprintf(line, sizeof line, "%u ", symbol);
        for (uint32_t i = 0; i < length; i++) {
            bool one =
                symbol < 3 ? i < symbol : i < 3 || (code_bits >> (14 - i) & 1) != 0;
            line[at++] = one ? '1' : '0';
        }
        line[at++] = '\n';
        assert_true(bytes_append(&text, line, (size_t)at, &err));
    }
    assert_true(huffman_read((const char *)text.data, text.size, &code, &err));
    bytes_release(&text);
}

/* An own copy of exactly this size, so that a read behind it is seen. */
static struct slink_block block_of(const struct kind *kind, const struct bytes *words,
                                   uint8_t **copy)
{
    struct slink_block block = chip_block(words, kind->format);
    *copy = mem_new(words->size + 1, 1);
    if (words->size > 0)
        memcpy(*copy, words->data, words->size);
    block.words = *copy;
    return block;
}

static void round_trip(uint64_t start, const struct kind *kind, struct digits digits[2])
{
    struct random random = {start};
    struct faults faults = {.sum_differs = 0};
    struct bytes words;
    struct err err;
    uint8_t *copy;
    bytes_init(&words, 4 << 20);
    digits_clear(&digits[0]);
    digits_clear(&digits[1]);
    kind->make(&random, kind, &digits[0]);
    if (!kind->encode(kind, &digits[0], &words, &err))
        fail_msg("%s: %s", kind->name, err.text);
    struct slink_block block = block_of(kind, &words, &copy);
    if (!digits_take(&block, &kind->rule, &digits[1], &faults))
        fail_msg("%s: lost, PROPERTY_SEED=%llu", kind->name, (unsigned long long)start);
    kind->equal(&digits[0], &digits[1]);
    free(copy);
    bytes_release(&words);
}

static void digits_come_back_in_every_format(void **state)
{
    (void)state;
    const uint64_t start = seed();
    static struct digits digits[2];
    print_message("PROPERTY_SEED=%llu\n", (unsigned long long)start);
    digits_init(&digits[0]);
    digits_init(&digits[1]);
    for (uint64_t round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < KINDS; i++)
            round_trip(start + 7919 * round + i, &kinds[i], digits);
    digits_release(&digits[0]);
    digits_release(&digits[1]);
}

static void damage_words(struct random *random, struct bytes *words)
{
    if (words->size == 0)
        return;
    for (uint32_t i = below(random, 6); i > 0; i--) {
        uint32_t word = below(random, (uint32_t)(words->size / 4));
        uint32_t how = below(random, 3);
        if (how == 0)
            words->size = 4 * (size_t)word;
        else
            chip_flip(words, word,
                      how == 1 ? 1u << below(random, 32) : (uint32_t)random_next(random));
        if (words->size == 0)
            return;
    }
}

static void check_faults(const struct slink_block *block, const struct faults *faults,
                         bool good)
{
    uint64_t loss = 0;
    assert_int_equal(faults->log.listed, damage_counts_total(&faults->log.counts));
    for (uint32_t i = 0; i < faults->log.listed; i++) {
        const struct damage_place *place = &faults->log.places[i];
        size_t at = (size_t)(place->at - block->words);
        assert_true(at + place->length <= 4 * (size_t)block->count);
        assert_true(place->loss == 0 || place->loss == place->length);
        loss += place->loss;
    }
    assert_true(loss <= 4 * (uint64_t)block->count);
    assert_int_equal(good, loss == 0);
}

static void damaged_words_cost_no_more_than_there_are(void **state)
{
    (void)state;
    const uint64_t start = seed();
    static struct digits digits;
    struct damage_place *places = mem_new(LISTED, sizeof *places);
    digits_init(&digits);
    for (uint64_t round = 0; round < DAMAGE_ROUNDS * KINDS; round++) {
        const struct kind *kind = &kinds[round % KINDS];
        struct random random = {start + 104729 * round};
        struct faults faults = {.log = {.places = places, .room = LISTED}};
        struct bytes words;
        struct err err;
        uint8_t *copy;
        bytes_init(&words, 4 << 20);
        digits_clear(&digits);
        kind->make(&random, kind, &digits);
        assert_true(kind->encode(kind, &digits, &words, &err));
        damage_words(&random, &words);
        struct slink_block block = block_of(kind, &words, &copy);
        digits_clear(&digits);
        bool good = digits_take(&block, &kind->rule, &digits, &faults);
        check_faults(&block, &faults, good);
        free(copy);
        bytes_release(&words);
    }
    free(places);
    digits_release(&digits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits_come_back_in_every_format),
        cmocka_unit_test(damaged_words_cost_no_more_than_there_are),
    };
    code_make();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    huffman_release(&code);
    return failed;
}
