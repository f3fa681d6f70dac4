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

static void digits_equal(const struct sadc_digits *a, const struct sadc_digits *b)
{
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->sample_total, b->sample_total);
    if (a->count == 0)
        return;
    assert_memory_equal(a->source, b->source, a->count * sizeof *a->source);
    assert_memory_equal(a->port, b->port, a->count);
    assert_memory_equal(a->adc, b->adc, a->count);
    assert_memory_equal(a->channel, b->channel, a->count);
    assert_memory_equal(a->sum, b->sum, a->count * sizeof *a->sum);
    assert_memory_equal(a->first, b->first, a->count * sizeof *a->first);
    assert_memory_equal(a->flags, b->flags, a->count);
    assert_memory_equal(a->sample_count, b->sample_count,
                        a->count * sizeof *a->sample_count);
    for (int i = 0; i < 2; i++)
        assert_memory_equal(a->integrals[i], b->integrals[i],
                            a->count * sizeof *a->integrals[i]);
    assert_memory_equal(a->samples, b->samples, a->sample_total * sizeof *a->samples);
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
 * another. */
static void recorded_make(struct random *random, struct sadc_digits *digits)
{
    uint32_t usual = 1 + (uint32_t)random_below(random, 40);
    sadc_digits_clear(digits);
    for (uint8_t place = 0; place < 6; place++)
        for (uint8_t channel = 0; channel < 16; channel++) {
            uint32_t row = digits->count++;
            bool other = random_below(random, 50) == 0;
            uint32_t samples = other ? 1 + (uint32_t)random_below(random, 64) : usual;
            digits->source[row] = 500;
            digits->port[row] = place / 4;
            digits->adc[row] = place % 4;
            digits->channel[row] = channel;
            digits->sample_count[row] = (uint16_t)samples;
            digits->first[row] = digits->sample_total;
            digits->sum[row] = (uint16_t)random_below(random, 4);
            for (uint32_t i = 0; i < samples; i++)
                digits->samples[digits->sample_total++] =
                    (uint16_t)random_below(random, 4096);
        }
}

static void vector_and_plain_code_decode_the_same(void **state)
{
    (void)state;
    const uint64_t start = seed();
    struct sadc_digits digits, plain, vector;
    sadc_digits_init(&digits);
    sadc_digits_init(&plain);
    sadc_digits_init(&vector);
    plain.vector = false;
    for (uint64_t round = 0; round < 10 * ROUNDS; round++) {
        struct random random = {start + round * 15485863};
        struct bytes words;
        struct err err;
        struct faults faults[2] = {{.sum_differs = 0}, {.sum_differs = 0}};
        bytes_init(&words, 1 << 20);
        recorded_make(&random, &digits);
        assert_true(sadc_encode(&digits, 0, digits.count, 5, &words, &err));
        for (uint64_t i = random_below(&random, 4); i > 0; i--)
            words.data[random_below(&random, words.size)] ^=
                (uint8_t)(1u << random_below(&random, 8));
        /* In memory of its own size, so that a sanitizer sees a read beyond it. */
        size_t count = words.size / 4 - (size_t)random_below(&random, 20);
        uint8_t *copy = malloc(4 * count);
        memcpy(copy, words.data, 4 * count);
        struct slink_block block = {
            .source = 500, .event = 5, .words = copy, .count = (uint32_t)count};
        sadc_digits_clear(&plain);
        sadc_digits_clear(&vector);
        bool good = sadc_decode(&block, &plain, &faults[0]);
        assert_int_equal(sadc_decode(&block, &vector, &faults[1]), good);
        digits_equal(&plain, &vector);
        assert_memory_equal(&faults[0], &faults[1], sizeof faults[0]);
        bytes_release(&words);
        free(copy);
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
