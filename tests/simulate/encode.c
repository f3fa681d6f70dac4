/* encode.c - events and records into DATE bytes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/simulate/encode.h"

#include "raw/burst.h"
#include "tests/simulate/dice.h"

#define BLOCK_WORDS 4096
#define SCALER_GEO  5
#define CODE_LIMIT  ((size_t)1 << 20)

/* The code of compressed blocks, as the map has it. */
static bool code_read(struct huffman *huffman, struct err *err)
{
    struct bytes text;
    bytes_init(&text, CODE_LIMIT);
    bool done = form_code_add(&text, err) &&
                huffman_read((const char *)text.data, text.size, huffman, err);
    bytes_release(&text);
    return done;
}

bool encode_init(struct encode *encode, const struct form *form, struct err *err)
{
    *encode = (struct encode){.form = *form};
    raw_writer_init(&encode->writer, DATE_MAX_EVENT);
    bytes_init(&encode->words, (size_t)BLOCK_WORDS * 4);
    apv_digits_init(&encode->apv);
    f1_digits_init(&encode->f1);
    return form->sadc != FORM_SADC_HUFFMAN || code_read(&encode->huffman, err);
}

void encode_release(struct encode *encode)
{
    raw_writer_release(&encode->writer);
    bytes_release(&encode->words);
    apv_digits_release(&encode->apv);
    f1_digits_release(&encode->f1);
    huffman_release(&encode->huffman);
}

static struct raw_event_spec spec_of(const struct form *form,
                                     const struct encode_head *head)
{
    return (struct raw_event_spec){.header = {.layout = form->layout,
                                              .head_bytes = form->head_bytes,
                                              .type = head->type,
                                              .run = head->run,
                                              .event_in_run = head->event_in_run,
                                              .event = head->event,
                                              .spill = head->spill,
                                              .gdc = 1,
                                              .time_s = head->time_s}};
}

/* The words that were encoded, as a block. */
static bool words_put(struct encode *encode, uint16_t source, uint8_t format,
                      struct err *err)
{
    const struct raw_block_spec block = {
        .source = source, .format = format, .packed = &encode->words};
    return raw_block(&encode->writer, &block, err);
}

/* Rows from the first number to the second, of the event that is the third. */
static bool rows_encode(struct encode *encode, const struct sadc_digits *digits,
                        const uint32_t n[3], struct err *err)
{
    const struct form *form = &encode->form;
    if (form->sadc == FORM_SADC_3)
        return sadc_encode(digits, n[0], n[1], n[2], &encode->words, err);
    const struct sadc_old_spec spec = {
        .mode = form_mode(form), .event = n[2], .huffman = &encode->huffman};
    return sadc_old_encode(digits, n[0], n[1], &spec, &encode->words, err);
}

/* The block of the source that row *row belongs to; *row is then behind it. */
static bool sadc_block(struct encode *encode, const struct sadc_digits *digits,
                       uint32_t event, uint32_t *row, struct err *err)
{
    uint32_t from = *row;
    while (*row < digits->count && digits->source[*row] == digits->source[from])
        (*row)++;
    bytes_clear(&encode->words);
    return rows_encode(encode, digits, (const uint32_t[]){from, *row, event}, err) &&
           words_put(encode, digits->source[from], 0, err);
}

static void chip_make(struct apv_digits *apv, uint32_t chip, struct random *random)
{
    apv->chip_source[chip] = ENCODE_APV_SOURCE;
    apv->chip_adc[chip] = 0;
    apv->chip_chip[chip] = (uint8_t)chip;
    apv->chip_format[chip] = APV_THREE_SAMPLES | APV_SPARSE | APV_STANDARD_SPARSE;
    apv->has_common[chip] = false;
    apv->time_tag[chip] = 1000;
    apv->first[chip] = apv->count;
    apv->digit_count[chip] = ENCODE_APV_HITS;
    for (uint32_t frame = 0; frame < APV_FRAMES; frame++) {
        apv->address[frame][chip] = (uint8_t)(10 + frame);
        apv->common[frame][chip] = 0;
    }
    for (uint32_t hit = 0; hit < ENCODE_APV_HITS; hit++) {
        uint32_t row = apv->count++, amplitude = (uint32_t)random_below(random, 128);
        apv->channel[row] = (uint8_t)(40 * hit + random_below(random, 40));
        apv->sample[0][row] = (uint16_t)amplitude;
        apv->sample[1][row] = (uint16_t)(2 * amplitude);
        apv->sample[2][row] = (uint16_t)(4 * amplitude);
        apv->sample[0][row] &= (uint16_t)~1u; /* the lowest bit is not stored */
    }
}

static bool apv_block(struct encode *encode, uint32_t event, struct random *random,
                      struct err *err)
{
    apv_digits_clear(&encode->apv);
    for (uint32_t chip = 0; chip < ENCODE_APV_CHIPS; chip++) {
        chip_make(&encode->apv, chip, random);
        encode->apv.chip_count++;
    }
    bytes_clear(&encode->words);
    return apv_encode(&encode->apv, 0, ENCODE_APV_CHIPS, event, &encode->words, err) &&
           words_put(encode, ENCODE_APV_SOURCE, 0, err);
}

static bool f1_block(struct encode *encode, uint32_t event, struct random *random,
                     struct err *err)
{
    struct f1_digits *f1 = &encode->f1;
    const uint8_t format = F1_FORMAT | F1_SPARSIFIED;
    f1_digits_clear(f1);
    for (uint32_t row = 0; row < ENCODE_F1_HITS; row++) {
        f1->geo[row] = 257;
        f1->channel[row] = (uint8_t)random_below(random, 64);
        f1->hit[row] = 0;
        f1->format[row] = format;
        f1->time[row] = (uint16_t)(19000 + random_below(random, 1000));
        f1->count++;
    }
    bytes_clear(&encode->words);
    return f1_encode(f1, 0, f1->count, event, &encode->words, err) &&
           words_put(encode, ENCODE_F1_SOURCE, format, err);
}

static bool tracker_blocks(struct encode *encode, uint32_t event,
                           const struct sim_numbers *n, struct err *err)
{
    struct random random =
        dice(n->seed, DICE_TRACKER, (const uint32_t[]){n->run, n->spill, n->event});
    return apv_block(encode, event, &random, err) &&
           f1_block(encode, event, &random, err);
}

bool encode_event(struct encode *encode, const struct encode_head *head,
                  const struct sim_event *event, const struct sadc_digits *digits,
                  struct err *err)
{
    struct raw_writer *writer = &encode->writer;
    struct raw_event_spec spec = spec_of(&encode->form, head);
    uint32_t row = 0;
    spec.header.trigger_mask = event->trigger;
    spec.header.trigger_valid = true;
    spec.header.attributes[0] = event->kind == SIM_LED ? ENCODE_LED : 0;
    bytes_clear(&writer->out);
    if (!raw_event_begin(writer, &spec, err) || !raw_subevent_begin(writer, 1, err) ||
        !sadc_block(encode, digits, head->event, &row, err) ||
        !sadc_block(encode, digits, head->event, &row, err))
        return false;
    raw_subevent_end(writer);
    if (!raw_subevent_begin(writer, 2, err) ||
        !sadc_block(encode, digits, head->event, &row, err) ||
        !tracker_blocks(encode, head->event, &event->numbers, err))
        return false;
    raw_subevent_end(writer);
    raw_event_end(writer);
    bug_if(row != digits->count);
    return true;
}

static bool scaler_block(struct encode *encode, const struct encode_head *head,
                         uint32_t beam_count, struct err *err)
{
    uint32_t counts[SCALER_WORDS] = {0}, words[SCALER_FRAME];
    counts[ENCODE_SCALER_WORD] = beam_count;
    counts[0] = beam_count + beam_count / 20; /* S0 alone */
    scaler_frame(counts, head->event, SCALER_GEO, words);
    const struct raw_block_spec block = {.source = ENCODE_SCALER_SOURCE,
                                         .format = SCALER_SLINK_FORMAT,
                                         .words = words,
                                         .count = SCALER_FRAME};
    return raw_block(&encode->writer, &block, err);
}

bool encode_record(struct encode *encode, const struct encode_head *head,
                   uint32_t beam_count, struct err *err)
{
    struct raw_writer *writer = &encode->writer;
    struct raw_event_spec spec = spec_of(&encode->form, head);
    bytes_clear(&writer->out);
    if (!raw_event_begin(writer, &spec, err) || !raw_subevent_begin(writer, 1, err))
        return false;
    raw_subevent_end(writer);
    if (!raw_subevent_begin(writer, 2, err) ||
        (head->type == EVENT_END_OF_BURST &&
         !scaler_block(encode, head, beam_count, err)))
        return false;
    raw_subevent_end(writer);
    raw_event_end(writer);
    return true;
}
