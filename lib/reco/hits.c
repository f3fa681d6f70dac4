/* hits.c - the numbers of some rows that are not zero, as a list.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "reco/hits.h"

#include "reco/nonzero.h"

/* Four at a time, of which the last may be none: a loop that ends after one or two of
 * them would be predicted wrongly. */
static void bits_add(struct hits *hits, uint64_t bits, uint32_t row, uint32_t first,
                     uint32_t width)
{
    while (bits != 0) {
        struct hit *place = hits->list + hits->count;
        uint32_t found = (uint32_t)__builtin_popcountll(bits);
        for (uint32_t n = 0; n < 4; n++, bits &= bits - 1) {
            uint32_t bit = (uint32_t)__builtin_ctzll(bits | (uint64_t)1 << 63);
            uint32_t cell = first + bit;
            place[n] = (struct hit){row * width + cell, (uint16_t)row, (uint16_t)cell};
        }
        hits->count += found < 4 ? found : 4;
    }
}

void hits_find(struct hits *hits, const struct reco_table *table, enum reco_column column,
               uint32_t from, uint32_t to)
{
    uint32_t width = reco_column_infos[column].width;
    bug_if(to - from > HITS_ROWS || width > HITS_WIDTH);
    hits->count = 0;
    for (uint32_t row = from; row < to; row++) {
        const float *numbers = reco_f32(table, column, row);
        for (uint32_t first = 0; first < width; first += 64) {
            uint32_t left = width - first;
            uint64_t bits = nonzero_bits(numbers + first, left < 64 ? left : 64);
            bits_add(hits, bits, row, first, width);
        }
    }
}
