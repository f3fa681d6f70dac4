/* damage.h - the classes of damage in raw data, for walker, decoders and reports.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A class says what was found; each finder says what it costs. The numbers are stored in
 * summaries: append only.
 */
#ifndef SPILLWAY_RAW_DAMAGE_H
#define SPILLWAY_RAW_DAMAGE_H

#include <stddef.h>
#include <stdint.h>

/* X(NAME, number, word, what it means) */
#define DAMAGE_CLASSES(X)                                                                \
    X(FOREIGN, 0, "foreign-bytes", "bytes between events that are no event")             \
    X(TRUNCATED, 1, "truncated", "the file ends inside an event")                        \
    X(EVENT_SIZE, 2, "event-size", "an event claims bytes of the event behind it")       \
    X(REPEATED, 3, "repeated-event", "a copy of an event before it in its segment")      \
    X(SUBEVENT_SIZE, 4, "subevent-size", "sub-events do not tile their event")           \
    X(SUBEVENT_HEADER, 5, "subevent-header", "a sub-event is of another event")          \
    X(EQUIPMENT_SIZE, 6, "equipment-size", "equipments do not tile their sub-event")     \
    X(EQUIPMENT_SHORT, 7, "equipment-short", "an equipment without S-Link header")       \
    X(SLINK_SIZE, 8, "slink-size", "S-Link size differs from its equipment")             \
    X(SLINK_EVENT, 9, "slink-event", "S-Link event number differs from the event")       \
    X(SLINK_SPILL, 10, "slink-spill", "S-Link spill number differs from the event")      \
    X(SLINK_FLAGS, 11, "slink-flags", "S-Link error flag")                               \
    X(MULTIPLEXER, 12, "multiplexer", "blocks do not tile their S-Link multiplexer")     \
    X(ADC_EVENT, 13, "adc-event", "ADC block of another event")                          \
    X(ADC_KEY, 14, "adc-key", "ADC block with an unknown key")                           \
    X(ADC_SIZE, 15, "adc-size", "ADC block larger than its S-Link block, or empty")      \
    X(ADC_MISSING, 16, "adc-missing", "ADC module reported as absent")                   \
    X(CHANNEL_HEADER, 17, "channel-header", "channel header wrong or beyond its block")  \
    X(SAMPLE_WORD, 18, "sample-word", "sample word with a wrong mark")                   \
    X(CHANNEL_TWICE, 19, "channel-twice", "a channel occurs twice in an event")          \
    X(DIGITS_FULL, 20, "digits-full", "more channels or samples than the named limits")  \
    X(EVENT_HEADER, 21, "event-header", "an event header with an impossible word")       \
    X(EVENT_TYPE, 22, "event-type", "an event of a type that its DATE does not define")  \
    X(EVENT_FLAGS, 23, "event-flags", "the DAQ itself marked the event as bad")          \
    X(EVENT_ORDER, 24, "event-order", "numbers of event or spill go backwards")          \
    X(EVENT_MISSING, 25, "event-missing", "event numbers that are not in the file")      \
    X(BURST_COUNT, 26, "burst-count", "end of burst does not fit to the last event")     \
    X(SOURCE_MISSING, 27, "source-missing", "a regular source is not in the event")      \
    X(TCS_FIFO, 28, "tcs-fifo", "TCS receiver: FIFO full")                               \
    X(TCS_SYNC, 29, "tcs-sync", "TCS receiver: synchronisation lost")                    \
    X(TCS_ECC, 30, "tcs-ecc", "TCS receiver: checksum error, bit 3 is clear")            \
    X(TCS_BITS, 31, "tcs-bits", "TCS receiver: an undefined bit is set")                 \
    X(ADC_ERROR, 32, "adc-error", "ADC block with its error bit set")                    \
    X(ADC_SKIPPED, 33, "adc-skipped", "ADC that sent headers only, for too much data")   \
    X(CHIP_SIZE, 34, "chip-size", "chip block beyond the one around it, or too short")   \
    X(CHIP_EVENT, 35, "chip-event", "chip block of another event")                       \
    X(CHIP_MODE, 36, "chip-mode", "readout mode that is not known")                      \
    X(CHIP_FRAME, 37, "chip-frame", "APV frame without its good bit")                    \
    X(CHIP_ORDER, 38, "chip-order", "header, data and trailer words out of order")       \
    X(CHIP_PORT, 39, "chip-port", "data word of another port than its header")           \
    X(CHIP_MARK, 40, "chip-mark", "word with wrong fixed bits")                          \
    X(CHIP_OVERFLOW, 41, "chip-overflow", "buffer overflow reported by a chip")          \
    X(CHIP_ERROR, 42, "chip-error", "error word of a TDC or scaler")                     \
    X(TIME_TAG, 43, "time-tag", "time tags of a source differ")                          \
    X(CHANNEL_ORDER, 44, "channel-order", "channels of an ADC block not in order")       \
    X(SAMPLE_COUNT, 45, "sample-count", "another number of samples than announced")      \
    X(INTEGRAL_WORD, 46, "integral-word", "integral words wrong or of two channels")     \
    X(HUFFMAN, 47, "huffman", "compressed ADC block that cannot be unpacked")            \
    X(FILTER_RECORD, 48, "filter-record", "online filter record of a wrong size")        \
    X(SOURCE_UNKNOWN, 49, "source-unknown",                                              \
      "a source that the channel maps do not have")                                      \
    X(CONFLICT, 50, "event-conflict", "another event with the number of one before it")  \
    X(ELSEWHERE, 51, "event-elsewhere", "an event that another segment of its spill has")

#define DAMAGE_ENUM(name, number, word, text) DAMAGE_##name = number,

enum damage_class { DAMAGE_CLASSES(DAMAGE_ENUM) DAMAGE_CLASS_COUNT };

/* "foreign-bytes" and the sentence of the table. Static strings; "unknown" beyond. */
const char *damage_word(uint32_t damage);
const char *damage_text(uint32_t damage);

/* Count by class: what a decoder met; the caller adds up. */
struct damage_counts {
    uint64_t of[DAMAGE_CLASS_COUNT];
};

void damage_counts_add(struct damage_counts *sum, const struct damage_counts *part);

/* One place of damage, as a decoder meets it; `at` points into the event. */
struct damage_place {
    enum damage_class damage;
    uint32_t source; /* of the S-Link block; 1024 when it is not known */
    const uint8_t *at;
    uint32_t length; /* bytes of the damaged piece */
    uint32_t loss;   /* bytes of it that nobody gets; 0: it is only marked */
};

/* Where decoders say what they met: always counted, listed while there is room. */
struct damage_log {
    struct damage_counts counts;
    struct damage_place *places; /* the caller's; NULL: only counted */
    uint32_t room;
    uint32_t listed;
};

void damage_note(struct damage_log *log, const struct damage_place *place);

/* All classes together. */
uint64_t damage_counts_total(const struct damage_counts *counts);

#endif
