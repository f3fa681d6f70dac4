/* sadc_samples.h - sample words of MSADC data format 3 to samples.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_RAW_SADC_SAMPLES_H
#define SPILLWAY_RAW_SADC_SAMPLES_H

#include <stdbool.h>
#include <stdint.h>

/* `out` may be written this many samples beyond the last one. */
#define SADC_SAMPLES_SLACK 16u

/* Unpacks `samples` (at least 1) 12-bit samples, two a word, and sums them; false when a
 * mark is wrong. `vector` as cpu_has_avx2(): the results are the same. */
bool sadc_samples(const uint8_t *words, uint32_t samples, bool vector, uint16_t *out,
                  uint32_t *sum);

#endif
