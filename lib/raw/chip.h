/* chip.h - the kinds of electronics, and how the blocks of a source are decoded.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_RAW_CHIP_H
#define SPILLWAY_RAW_CHIP_H

#include <stdbool.h>
#include <stdint.h>

/* X(NAME, name in maps, name in reports) */
#define CHIPS(X)                                                                         \
    X(OPAQUE, "", "opaque")                                                              \
    X(SADC, "ChipSADC", "sadc")                                                          \
    X(APV, "ChipAPV", "apv")                                                             \
    X(F1, "ChipF1", "f1")                                                                \
    X(SCALER, "Scaler", "scaler")                                                        \
    X(GANDALF, "ChipGandalf", "gandalf")                                                 \
    X(SINICA, "ChipSinica", "sinica")                                                    \
    X(FILTER, "OnlineFilter", "filter")                                                  \
    X(MODULE, "", "module")

#define CHIP_ENUM(name, map_name, word) CHIP_##name,

enum chip { CHIPS(CHIP_ENUM) CHIP_COUNT };

/* Of an MSADC source: a matter of its map. */
enum sadc_format { SADC_FORMAT_NONE, SADC_FORMAT_1, SADC_FORMAT_2, SADC_FORMAT_3 };

struct huffman;

/* How the blocks of one source are decoded. */
struct chip_rule {
    enum chip chip;
    enum sadc_format sadc_format;  /* of CHIP_SADC; SADC_FORMAT_NONE is taken as 3 */
    const struct huffman *huffman; /* for compressed MSADC blocks; NULL: they are lost */
    bool common_mode;              /* of CHIP_APV: CMC_always in the map */
};

/* The chip of a name in maps; CHIP_OPAQUE for one that is not decoded. */
enum chip chip_named(const char *map_name);

/* The reverse: "ChipSADC"; "" for one that no map names. */
const char *chip_map_name(enum chip chip);

/* "sadc"; "opaque" beyond. */
const char *chip_word(enum chip chip);

/* For a source without rule: what its S-Link format says. MSADC, GANDALF and filter
 * sources cannot be told so. */
enum chip chip_of_format(uint8_t format);

#endif
