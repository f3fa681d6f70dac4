/* chip.c - names of the chips.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/chip.h"

#include <string.h>

#include "raw/f1.h"
#include "raw/sinica.h"

#define CHIP_ROW(name, map_name, word) {map_name, word},

static const struct {
    const char *map_name;
    const char *word;
} rows[] = {CHIPS(CHIP_ROW)};

enum chip chip_named(const char *map_name)
{
    for (uint32_t i = 0; i < CHIP_COUNT; i++)
        if (rows[i].map_name[0] != '\0' && strcmp(rows[i].map_name, map_name) == 0)
            return (enum chip)i;
    return CHIP_OPAQUE;
}

const char *chip_map_name(enum chip chip)
{
    return rows[chip < CHIP_COUNT ? chip : CHIP_OPAQUE].map_name;
}

const char *chip_word(enum chip chip)
{
    return rows[chip < CHIP_COUNT ? chip : CHIP_OPAQUE].word;
}

enum chip chip_of_format(uint8_t format)
{
    if ((format & SLINK_FIRST_OF_RUN) != 0)
        return CHIP_MODULE;
    if ((format & F1_FORMAT) != 0)
        return CHIP_F1;
    if ((format & SINICA_FORMAT) != 0)
        return CHIP_SINICA;
    switch (format >> 4 & 7) {
    case 0:
        return CHIP_APV;
    case 3:
        return CHIP_SCALER;
    default:
        return CHIP_OPAQUE;
    }
}
