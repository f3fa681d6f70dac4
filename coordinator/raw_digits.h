/* raw_digits.h - digits of a block as lines of text.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One digit a line, run, spill, event and source in front. SADC, APV and F1 as in the
 * lists that the collaboration's decoder was compared with.
 */
#ifndef SPILLWAY_COORDINATOR_RAW_DIGITS_H
#define SPILLWAY_COORDINATOR_RAW_DIGITS_H

#include "raw/decode.h"

/* The text of --help. */
#define RAW_DIGITS_FORMS                                                                     \
    "      SADC RUN SPILL EVENT SOURCE PORT CHANNEL SUM SAMPLES...   channel 16*adc+ch\n"    \
    "      APV RUN SPILL EVENT SOURCE ADC CHIP CHANNEL A0 A1 A2\n"                           \
    "      F1 RUN SPILL EVENT SOURCE GEOID CHANNEL TIME      debug mode: port for geoid\n"   \
    "      SCALER RUN SPILL EVENT SOURCE CHANNEL VALUE       channel + 34 a further frame\n" \
    "      GANDALF RUN SPILL EVENT SOURCE CHANNEL INTEGRAL BASELINE AMPLITUDE COARSE FINE\n" \
    "      SINICA RUN SPILL EVENT SOURCE PORT CHANNEL TIME TRIGGER\n"                        \
    "      FILTER RUN SPILL EVENT SOURCE TYPE FLAGS BYTES\n"                                 \
    "      MODULE RUN SPILL EVENT SOURCE BOARD               start of run\n"                 \
    "      OPAQUE RUN SPILL EVENT SOURCE WORDS               not decoded, only counted\n"

/* Appends the lines of all digits; they are those of one block of the event. */
bool raw_digits_text(const struct digits *digits, const struct date_header *event,
                     bool rich, struct bytes *out, struct err *err);

/* How many digits there are. */
uint64_t raw_digits_count(const struct digits *digits);

#endif
