/* f1.c - the words of F1 converters.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/f1.h"

#include <stdlib.h>

#include "raw/word.h"

#define ERROR_MARK  0xFFFu     /* bits 20 to 31 of an error word */
#define DATA        (1u << 31) /* debug mode; clear: header or trailer */
#define OVERFLOW    (1u << 30) /* of a header: trigger buffer */
#define PLL         0xFu
#define PATTERN     0xFu
#define ALL_HEADERS 128u /* in events 1, 129, ... every port sends header and trailer */

/* Error codes that say what the word behind them is; all others: a trailer. */
#define CODE_HEADER  1u
#define CODE_EVENT   3u
#define CODE_EVENT_2 7u

void f1_digits_init(struct f1_digits *digits)
{
    *digits = (struct f1_digits){
        .source = mem_new(F1_MAX_DIGITS, sizeof *digits->source),
        .geo = mem_new(F1_MAX_DIGITS, sizeof *digits->geo),
        .channel = mem_new(F1_MAX_DIGITS, sizeof *digits->channel),
        .hit = mem_new(F1_MAX_DIGITS, sizeof *digits->hit),
        .format = mem_new(F1_MAX_DIGITS, sizeof *digits->format),
        .time = mem_new(F1_MAX_DIGITS, sizeof *digits->time),
    };
}

void f1_digits_release(struct f1_digits *digits)
{
    free(digits->source);
    free(digits->geo);
    free(digits->channel);
    free(digits->hit);
    free(digits->format);
    free(digits->time);
    *digits = (struct f1_digits){.count = 0};
}

void f1_digits_clear(struct f1_digits *digits)
{
    digits->count = 0;
}

/* The frame of a port in debug mode. */
struct frame {
    bool open;
    bool any_port; /* there was no header, and there need not be one */
    bool bad;
    enum damage_class damage; /* why it is bad */
    uint32_t at, port;
};

struct decode {
    const struct slink_block *block;
    struct f1_digits *digits;
    struct faults *faults;
    struct frame frame;
    bool headers;     /* a header was seen, or must be there */
    bool after_error; /* the word before was an error word */
    uint32_t code;    /* of that word */
    bool good;
};

static void lost(struct decode *decode, enum damage_class damage, uint32_t at,
                 uint32_t words)
{
    decode->good = fault_lost(decode->faults, decode->block, damage, at, words);
}

static void hit_add(struct decode *decode, uint32_t geo, uint32_t channel, uint32_t hit,
                    uint32_t time)
{
    struct f1_digits *digits = decode->digits;
    uint32_t row = digits->count++;
    digits->source[row] = decode->block->source;
    digits->geo[row] = (uint16_t)geo;
    digits->channel[row] = (uint8_t)channel;
    digits->hit[row] = (uint8_t)hit;
    digits->format[row] = decode->block->format;
    digits->time[row] = (uint16_t)time;
}

/* One data word at `at`. */
static void data_take(struct decode *decode, uint32_t at, uint32_t geo, uint32_t channel,
                      uint32_t time)
{
    if (decode->digits->count > F1_MAX_DIGITS - 4) {
        lost(decode, DAMAGE_DIGITS_FULL, at, 1);
        return;
    }
    if ((decode->block->format & F1_LATCH) == 0) {
        hit_add(decode, geo, channel, 0, time);
        return;
    }
    for (uint32_t hit = 0; hit < 4; hit++)
        if ((time >> hit & 1) != 0)
            hit_add(decode, geo, channel, hit, time & ~PATTERN);
}

static void sparsified(struct decode *decode)
{
    const struct slink_block *block = decode->block;
    for (uint32_t at = 0; at < block->count; at++) {
        uint32_t word = word_at(block, at);
        if (word >> 20 != ERROR_MARK) {
            data_take(decode, at, word >> 22, word >> 16 & 63, word & 0xFFFF);
            continue;
        }
        if (++at < block->count)
            lost(decode, DAMAGE_CHIP_ERROR, at, 1);
        else
            fault_marked(decode->faults, block, DAMAGE_CHIP_ERROR, at - 1);
    }
}

/* Bits that header, trailer and data have in common. */
static void flags_check(struct decode *decode, uint32_t at, uint32_t word)
{
    if ((decode->block->format & F1_HOTLINK) == 0 && (word & PLL) != PLL)
        fault_marked(decode->faults, decode->block, DAMAGE_CHIP_MARK, at);
    if ((word & DATA) == 0 && (word & OVERFLOW) != 0)
        fault_marked(decode->faults, decode->block, DAMAGE_CHIP_OVERFLOW, at);
}

static void frame_open(struct decode *decode, uint32_t at, uint32_t word)
{
    bool other = !decode->after_error && (word >> 24 & 63) != (decode->block->event & 63);
    decode->headers = true;
    decode->frame = (struct frame){.open = true,
                                   .bad = other,
                                   .damage = DAMAGE_CHIP_EVENT,
                                   .at = at,
                                   .port = word >> 4 & 15};
}

/* Ends the frame before word `end`. */
static void frame_close(struct decode *decode, uint32_t end)
{
    struct frame *frame = &decode->frame;
    if (frame->open && frame->bad)
        lost(decode, frame->damage, frame->at, end - frame->at);
    frame->open = false;
}

/* A header or trailer: what it is follows from what came before. */
static void mark_take(struct decode *decode, uint32_t at, uint32_t word)
{
    struct frame *frame = &decode->frame;
    bool header = !frame->open;
    if (decode->after_error && decode->code != CODE_EVENT && decode->code != CODE_EVENT_2)
        header = decode->code == CODE_HEADER;
    else if (frame->open && !frame->any_port && !frame->bad &&
             (word >> 4 & 15) != frame->port) {
        fault_marked(decode->faults, decode->block, DAMAGE_CHIP_ORDER, at);
        header = true; /* of another port: the trailer is missing */
    }
    if (header) {
        frame_close(decode, at);
        frame_open(decode, at, word);
    } else {
        decode->headers = true;
        frame_close(decode, at + 1);
    }
}

static void debug_data(struct decode *decode, uint32_t at, uint32_t word)
{
    struct frame *frame = &decode->frame;
    uint32_t port = word >> 4 & 15;
    if (!frame->open)
        *frame = (struct frame){.open = true,
                                .any_port = !decode->headers,
                                .bad = decode->headers,
                                .damage = DAMAGE_CHIP_ORDER,
                                .at = at};
    if (frame->bad)
        return;
    if (!frame->any_port && port != frame->port)
        lost(decode, DAMAGE_CHIP_PORT, at, 1);
    else
        data_take(decode, at, port, word >> 24 & 63, word >> 8 & 0xFFFF);
}

static void debug(struct decode *decode)
{
    const struct slink_block *block = decode->block;
    decode->headers = block->event % ALL_HEADERS == 1;
    for (uint32_t at = 0; at < block->count; at++) {
        uint32_t word = word_at(block, at);
        if (word >> 20 == ERROR_MARK) {
            fault_marked(decode->faults, block, DAMAGE_CHIP_ERROR, at);
            decode->after_error = true;
            decode->code = word & 15;
            continue;
        }
        flags_check(decode, at, word);
        if ((word & DATA) != 0)
            debug_data(decode, at, word);
        else
            mark_take(decode, at, word);
        decode->after_error = false;
    }
    frame_close(decode, block->count);
}

bool f1_decode(const struct slink_block *block, struct f1_digits *digits,
               struct faults *faults)
{
    struct decode decode = {
        .block = block, .digits = digits, .faults = faults, .good = true};
    if ((block->format & F1_SPARSIFIED) != 0)
        sparsified(&decode);
    else
        debug(&decode);
    return decode.good;
}

/* One data word of *row and, in latch mode, of the rows behind it; *row is then behind.
 */
static bool data_encode(const struct f1_digits *digits, uint32_t *row, uint32_t to,
                        struct bytes *words, struct err *err)
{
    uint32_t i = *row;
    uint32_t geo = digits->geo[i], channel = digits->channel[i], time = digits->time[i];
    uint32_t format = digits->format[i], hit = digits->hit[i];
    if ((format & F1_LATCH) != 0)
        time |= 1u << hit;
    for (i++; (format & F1_LATCH) != 0 && i < to && digits->geo[i] == geo &&
              digits->channel[i] == channel && digits->time[i] == (time & ~PATTERN) &&
              digits->hit[i] > hit;
         i++) {
        hit = digits->hit[i];
        time |= 1u << hit;
    }
    *row = i;
    if ((format & F1_SPARSIFIED) == 0)
        return word_add(words, PLL | (geo & 15) << 4 | time << 8 | channel << 24 | DATA,
                        err);
    uint32_t word = time | channel << 16 | geo << 22;
    if (word >> 20 == ERROR_MARK)
        return err_set(err, E_LIMIT,
                       "an F1 hit of id %u channel %u would be an error word", geo,
                       channel);
    return word_add(words, word, err);
}

bool f1_encode(const struct f1_digits *digits, uint32_t from, uint32_t to, uint32_t event,
               struct bytes *words, struct err *err)
{
    bug_if(from > to || to > digits->count);
    while (from < to) {
        uint32_t geo = digits->geo[from];
        uint32_t mark = PLL | (geo & 15) << 4 | 0x3Fu << 8 | (event & 63) << 24;
        bool framed = (digits->format[from] & F1_SPARSIFIED) == 0;
        if (framed && !word_add(words, mark, err))
            return false;
        while (from < to && digits->geo[from] == geo)
            if (!data_encode(digits, &from, to, words, err))
                return false;
        if (framed && !word_add(words, mark, err))
            return false;
    }
    return true;
}
