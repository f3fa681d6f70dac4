/* raw_sadc_test.c - encode then decode gives the same; damage never adds a channel.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/raw/made.h"

#define ROUNDS 300

static uint64_t seed(void)
{
    const char *text = getenv("PROPERTY_SEED");
    return text == NULL ? 20220817 : strtoull(text, NULL, 10);
}

/* A random subset of the channels of some ADCs, each with 1 to 70 samples. */
static void digits_make(struct random *random, struct sadc_digits *digits)
{
    sadc_digits_clear(digits);
    for (uint8_t place = 0; place < 4; place++) {
        uint8_t port = (uint8_t)random_below(random, 2), adc = place;
        for (uint8_t channel = 0; channel < 16; channel++) {
            if (random_below(random, 3) == 0)
                continue;
            uint32_t row = digits->count++;
            uint32_t samples = 1 + (uint32_t)random_below(random, 70), sum = 0;
            digits->source[row] = 500;
            digits->port[row] = port;
            digits->adc[row] = adc;
            digits->channel[row] = channel;
            digits->sample_count[row] = (uint16_t)samples;
            digits->first[row] = digits->sample_total;
            for (uint32_t i = 0; i < samples; i++) {
                uint16_t sample = (uint16_t)random_below(random, 4096);
                digits->samples[digits->sample_total++] = sample;
                sum += sample;
            }
            digits->sum[row] = (uint16_t)sum;
        }
    }
}

#define COLUMN_EQUAL(a, b, name, from)                                                   \
    assert_memory_equal((a)->name + (from), (b)->name + (from),                          \
                        ((a)->count - (from)) * sizeof *(a)->name)

/* What both have beyond the first rows and samples. */
static void digits_equal_from(const struct sadc_digits *a, const struct sadc_digits *b,
                              uint32_t from, uint32_t sample)
{
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->sample_total, b->sample_total);
    if (a->count == from)
        return;
    COLUMN_EQUAL(a, b, source, from);
    COLUMN_EQUAL(a, b, port, from);
    COLUMN_EQUAL(a, b, adc, from);
    COLUMN_EQUAL(a, b, channel, from);
    COLUMN_EQUAL(a, b, sum, from);
    COLUMN_EQUAL(a, b, first, from);
    COLUMN_EQUAL(a, b, flags, from);
    COLUMN_EQUAL(a, b, sample_count, from);
    COLUMN_EQUAL(a, b, integrals[0], from);
    COLUMN_EQUAL(a, b, integrals[1], from);
    assert_memory_equal(a->samples + sample, b->samples + sample,
                        (a->sample_total - sample) * sizeof *a->samples);
}

static void digits_equal(const struct sadc_digits *a, const struct sadc_digits *b)
{
    digits_equal_from(a, b, 0, 0);
}

static void encode_then_decode_is_the_same(void **state)
{
    (void)state;
    const uint64_t start = seed();
    print_message("PROPERTY_SEED=%llu\n", (unsigned long long)start);
    struct sadc_digits digits, back;
    sadc_digits_init(&digits);
    sadc_digits_init(&back);
    for (uint64_t round = 0; round < ROUNDS; round++) {
        struct random random = {start + round * 7919};
        struct bytes words;
        struct err err;
        struct faults faults = {.sum_differs = 0};
        uint32_t event = (uint32_t)random_below(&random, 1 << 20);
        bytes_init(&words, 1 << 20);
        digits_make(&random, &digits);
        assert_true(sadc_encode(&digits, 0, digits.count, event, &words, &err));
        struct slink_block block = {.source = 500,
                                    .event = event,
                                    .words = words.data,
                                    .count = (uint32_t)(words.size / 4)};
        sadc_digits_clear(&back);
        assert_true(sadc_decode(&block, &back, &faults));
        assert_int_equal(faults.sum_differs, 0);
        digits_equal(&digits, &back);
        bytes_release(&words);
    }
    sadc_digits_release(&digits);
    sadc_digits_release(&back);
}

/* Damage is found or it changed nothing but one channel's contents. */
static void damaged_blocks_stay_in_bounds(void **state)
{
    (void)state;
    const uint64_t start = seed();
    struct sadc_digits digits, back;
    sadc_digits_init(&digits);
    sadc_digits_init(&back);
    for (uint64_t round = 0; round < ROUNDS; round++) {
        struct random random = {start + round * 104729};
        struct bytes words;
        struct err err;
        struct faults faults = {.sum_differs = 0};
        bytes_init(&words, 1 << 20);
        digits_make(&random, &digits);
        assert_true(sadc_encode(&digits, 0, digits.count, 5, &words, &err));
        for (uint64_t i = random_below(&random, 20); words.size > 0 && i > 0; i--)
            words.data[random_below(&random, words.size)] = (uint8_t)random_next(&random);
        size_t cut = (size_t)random_below(&random, words.size / 4 + 1);
        struct slink_block block = {.source = 500,
                                    .event = 5,
                                    .words = words.data,
                                    .count = (uint32_t)(words.size / 4 - cut / 8)};
        sadc_digits_clear(&back);
        bool good = sadc_decode(&block, &back, &faults);
        const struct damage_counts *counts = &faults.log.counts;
        assert_int_equal(good,
                         damage_counts_total(counts) == counts->of[DAMAGE_ADC_ERROR]);
        uint32_t total = 0;
        for (uint32_t i = 0; i < back.count; i++) {
            assert_int_equal(back.first[i], total);
            total += back.sample_count[i];
        }
        assert_int_equal(total, back.sample_total);
        bytes_release(&words);
    }
    sadc_digits_release(&digits);
    sadc_digits_release(&back);
}

/* Whole ADC blocks, as they are recorded: channels of equal length, here and there one of
 * another, a channel or a block twice; half of the sums are right. */
static void recorded_make(struct random *random, struct sadc_digits *digits)
{
    uint32_t usual = 1 + (uint32_t)random_below(random, 40);
    uint64_t strange = random_below(random, 2) == 0 ? 1000 : 50;
    sadc_digits_clear(digits);
    for (uint8_t place = 0; place < 6; place++) {
        /* The last two are once in a while the first two again. */
        uint8_t port = random_below(random, 4) == 0 ? 0 : place / 4;
        uint8_t channels = (uint8_t)(place % 2 == 0 ? 16 : 1 + random_below(random, 16));
        for (uint8_t channel = 0; channel < channels; channel++) {
            uint32_t row = digits->count++, sum = 0;
            bool other = random_below(random, strange) == 0;
            uint32_t samples = other ? 1 + (uint32_t)random_below(random, 64) : usual;
            digits->source[row] = 500;
            digits->port[row] = port;
            digits->adc[row] = place % 4;
            digits->channel[row] = random_below(random, strange) == 0 ? 3 : channel;
            digits->sample_count[row] = (uint16_t)samples;
            digits->first[row] = digits->sample_total;
            for (uint32_t i = 0; i < samples; i++) {
                uint16_t sample = (uint16_t)random_below(random, 4096);
                digits->samples[digits->sample_total++] = sample;
                sum += sample;
            }
            digits->sum[row] = (uint16_t)(sum + random_below(random, 2));
        }
    }
}

/* The words of some channels, damaged at up to three places and cut. */
static uint8_t *recorded_words(struct random *random, struct sadc_digits *digits,
                               size_t *count)
{
    struct bytes words;
    struct err err;
    bytes_init(&words, 1 << 20);
    recorded_make(random, digits);
    assert_true(sadc_encode(digits, 0, digits->count, 5, &words, &err));
    for (uint64_t i = random_below(random, 4); i > 0; i--)
        words.data[random_below(random, words.size)] ^=
            (uint8_t)(1u << random_below(random, 8));
    *count = words.size / 4 - (size_t)random_below(random, 20);
    /* In memory of its own size, so that a sanitizer sees a read beyond it. */
    uint8_t *copy = malloc(4 * *count);
    memcpy(copy, words.data, 4 * *count);
    bytes_release(&words);
    return copy;
}

/* Now and then hardly any room is left. */
static void digits_prepare(uint64_t round, struct sadc_digits *digits)
{
    sadc_digits_clear(digits);
    if (round % 500 == 0)
        digits->count = SADC_MAX_CHANNELS - (uint32_t)(round / 500 * 7 % 60);
    if (round % 500 == 250)
        digits->sample_total = SADC_MAX_SAMPLES - (uint32_t)(round / 500 * 97 % 1000);
}

static void vector_and_plain_code_decode_the_same(void **state)
{
    (void)state;
    const uint64_t start = seed();
    const enum cpu_vectors most = cpu_vectors();
    struct sadc_digits digits, plain, vector;
    sadc_digits_init(&digits);
    sadc_digits_init(&plain);
    sadc_digits_init(&vector);
    plain.vectors = CPU_VECTORS_NONE;
    for (uint64_t round = 0; round < 10 * ROUNDS; round++) {
        struct random random = {start + round * 15485863};
        struct faults expected = {.sum_differs = 0};
        size_t count;
        uint8_t *words = recorded_words(&random, &digits, &count);
        struct slink_block block = {
            .source = 500, .event = 5, .words = words, .count = (uint32_t)count};
        digits_prepare(round, &plain);
        const uint32_t row = plain.count, sample = plain.sample_total;
        bool good = sadc_decode(&block, &plain, &expected);
        for (enum cpu_vectors v = CPU_VECTORS_AVX2; v <= most; v++) {
            struct faults faults = {.sum_differs = 0};
            vector.vectors = v;
            digits_prepare(round, &vector);
            assert_int_equal(sadc_decode(&block, &vector, &faults), good);
            digits_equal_from(&plain, &vector, row, sample);
            assert_memory_equal(&expected, &faults, sizeof faults);
        }
        free(words);
    }
    sadc_digits_release(&digits);
    sadc_digits_release(&plain);
    sadc_digits_release(&vector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encode_then_decode_is_the_same),
        cmocka_unit_test(damaged_blocks_stay_in_bounds),
        cmocka_unit_test(vector_and_plain_code_decode_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
