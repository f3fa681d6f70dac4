/* raw_samples_test.c - samples unpacked with vectors and without are the same.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/cpu.h"
#include "base/random.h"
#include "raw/sadc.h"
#include "raw/sadc_samples.h"

#define ROUNDS 20000

/* Words of a channel with right marks, at times one bit of it turned. */
static void words_make(struct random *random, uint32_t samples, uint8_t *words)
{
    uint32_t count = (samples + 1) / 2;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t mark = i == 0 ? 1u << 30 : 2u << 30;
        le32_store(words + 4 * (size_t)i, (uint32_t)random_next(random) >> 2 | mark);
    }
    if (random_below(random, 2) == 0) {
        uint64_t bit = random_below(random, 32 * (uint64_t)count);
        words[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void vector_and_plain_code_unpack_the_same(void **state)
{
    (void)state;
    struct random random = {.state = 577215};
    print_message("seed %llu\n", (unsigned long long)random.state);
    if (cpu_vectors() == CPU_VECTORS_NONE)
        skip(); /* this CPU has the plain code only */
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint32_t samples = round < 2 * SADC_MAX_PER_CHAN
                               ? 1 + round % SADC_MAX_PER_CHAN
                               : 1 + (uint32_t)random_below(&random, SADC_MAX_PER_CHAN);
        /* In memory of its own size, so that a sanitizer sees a read beyond it. */
        uint8_t *words = malloc(4 * (size_t)((samples + 1) / 2));
        uint16_t plain[SADC_MAX_PER_CHAN + SADC_SAMPLES_SLACK];
        uint16_t *vector = malloc((samples + SADC_SAMPLES_SLACK) * sizeof *vector);
        uint32_t plain_sum, vector_sum;
        words_make(&random, samples, words);
        bool good = sadc_samples(words, samples, false, plain, &plain_sum);
        assert_int_equal(sadc_samples(words, samples, true, vector, &vector_sum), good);
        assert_int_equal(plain_sum, vector_sum);
        assert_memory_equal(plain, vector, samples * sizeof *vector);
        free(words);
        free(vector);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vector_and_plain_code_unpack_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
