/* form.c - formats of modules and of the DAQ, by name.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/simulate/form.h"

#include <string.h>

#include "base/text.h"

#define TEN_BITS_FULL 1023
#define TEN_BITS_STEP 4.0 /* of 12-bit counts */

struct sadc_row {
    const char *word;
    enum sadc_mode mode; /* not of format 3 */
    bool ten_bits;
    const char *option; /* of the map */
};

static const struct sadc_row sadc_rows[] = {
    [FORM_SADC_3] = {"3", SADC_LATCH, false, " data_format3"},
    [FORM_SADC_1] = {"1", SADC_LATCH, true, ""},
    [FORM_SADC_1_EXTENDED] = {"1-extended", SADC_EXTENDED, true, ""},
    [FORM_SADC_2] = {"2", SADC_INVERTED, true, " data_format2"},
    [FORM_SADC_HUFFMAN] = {"huffman", SADC_COMPRESSED, false, " data_format2"},
};

bool form_sadc_named(const char *word, struct form *form)
{
    for (size_t i = 0; i < sizeof sadc_rows / sizeof *sadc_rows; i++)
        if (strcmp(sadc_rows[i].word, word) == 0) {
            form->sadc = (enum form_sadc)i;
            form->ten_bits = sadc_rows[i].ten_bits;
            return true;
        }
    return false;
}

bool form_date_named(const char *word, struct form *form)
{
    static const struct {
        const char *word;
        enum date_layout layout;
        uint32_t head_bytes;
    } rows[] = {{"68", DATE_LAYOUT_3_0, DATE_HEAD},
                {"72", DATE_LAYOUT_3_0, DATE_HEAD_3_11},
                {"3.14", DATE_LAYOUT_3_14, 0},
                {"old", DATE_LAYOUT_OLD, 0}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].word, word) == 0) {
            form->layout = rows[i].layout;
            form->head_bytes = rows[i].head_bytes;
            return true;
        }
    return false;
}

bool form_holds(const struct form *form)
{
    return form->ten_bits || !sadc_rows[form->sadc].ten_bits;
}

void form_channels(const struct form *form, struct layout_channel *channels, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct layout_channel *channel = &channels[i];
        if (form->sadc != FORM_SADC_3) {
            channel->adc = (uint8_t)(4 * channel->port + channel->adc);
            channel->port = 0;
        }
        if (form->ten_bits) {
            channel->full = TEN_BITS_FULL;
            channel->gain_gev *= TEN_BITS_STEP;
            channel->pedestal[0] /= TEN_BITS_STEP;
            channel->pedestal[1] /= TEN_BITS_STEP;
            channel->led_counts /= TEN_BITS_STEP;
        }
    }
}

enum sadc_mode form_mode(const struct form *form)
{
    bug_if(form->sadc == FORM_SADC_3);
    return sadc_rows[form->sadc].mode;
}

uint32_t form_map_version(const struct form *form)
{
    return form->sadc == FORM_SADC_3 ? 2 : 1;
}

const char *form_map_option(const struct form *form)
{
    return sadc_rows[form->sadc].option;
}

/* A number from 1 on as so many zeros as it has bits behind its first, then its bits. */
static bool code_add(struct bytes *text, uint32_t symbol, uint32_t number,
                     struct err *err)
{
    char code[HUFFMAN_BITS] = "";
    uint32_t bits = 31u - (uint32_t)__builtin_clz(number);
    memset(code, '0', bits);
    for (uint32_t i = 0; i <= bits; i++)
        code[bits + i] = (number >> (bits - i) & 1) != 0 ? '1' : '0';
    return text_addf(text, err, "%u %s\n", symbol, code);
}

/* Differences 0, 1, -1, 2, -2 ... are the numbers 1, 2, 3, 4, 5 ... */
bool form_code_add(struct bytes *text, struct err *err)
{
    const uint32_t half = HUFFMAN_SYMBOLS / 2;
    bool done = true;
    for (uint32_t symbol = 0; done && symbol < HUFFMAN_SYMBOLS; symbol++) {
        uint32_t number =
            symbol <= half ? 2 * symbol : 2 * (HUFFMAN_SYMBOLS - symbol) + 1;
        done = code_add(text, symbol, number == 0 ? 1 : number, err);
    }
    return done;
}
