/* form.h - how data are written: the electronics of the calorimeters and the DAQ.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Formats 1 and 2 and compressed blocks know no ports: ADC a of port p is chip 4 p + a.
 * ADCs of formats 1 and 2 have ten bits, each of their counts as much as four of twelve.
 */
#ifndef SPILLWAY_TESTS_SIMULATE_FORM_H
#define SPILLWAY_TESTS_SIMULATE_FORM_H

#include "base/bytes.h"
#include "raw/date.h"
#include "raw/sadc_old.h"
#include "tests/simulate/layout.h"

enum form_sadc {
    FORM_SADC_3, /* zero is what data of 2022 have */
    FORM_SADC_1,
    FORM_SADC_1_EXTENDED,
    FORM_SADC_2,
    FORM_SADC_HUFFMAN,
};

struct form {
    enum form_sadc sadc;
    bool ten_bits;
    enum date_layout layout;
    uint32_t head_bytes; /* of DATE_LAYOUT_3_0; 0: 68 */
};

/* "3", "1", "1-extended", "2", "huffman", with the bits of its ADCs; "68", "72", "3.14",
 * "old". false: no such word. */
bool form_sadc_named(const char *word, struct form *form);
bool form_date_named(const char *word, struct form *form);

/* Ten bits can be had in all formats, twelve not in 1 and 2. */
bool form_holds(const struct form *form);

/* From the constants of 12-bit modules with ports to those of the form. */
void form_channels(const struct form *form, struct layout_channel *channels,
                   size_t count);

/* How sadc_old_encode() writes it; not for FORM_SADC_3. */
enum sadc_mode form_mode(const struct form *form);

/* Of sections ChipSADC: their version, and the option for the format. */
uint32_t form_map_version(const struct form *form);
const char *form_map_option(const struct form *form);

/* The code of compressed blocks as lines of a map: short for small differences. */
bool form_code_add(struct bytes *text, struct err *err);

#endif
