/* encode.c - events and records into DATE bytes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/simulate/encode.h"

#include "raw/burst.h"
#include "tests/simulate/dice.h"

#define BLOCK_WORDS 4096
#define SCALER_GEO  5

void encode_init(struct encode *encode)
{
    raw_writer_init(&encode->writer, DATE_MAX_EVENT);
    bytes_init(&encode->words, (size_t)BLOCK_WORDS * 4);
}

void encode_release(struct encode *encode)
{
    raw_writer_release(&encode->writer);
    bytes_release(&encode->words);
}

static struct raw_event_spec spec_of(const struct encode_head *head)
{
    return (struct raw_event_spec){.header = {.type = head->type,
                                              .run = head->run,
                                              .event_in_run = head->event_in_run,
                                              .event = head->event,
                                              .spill = head->spill,
                                              .gdc = 1,
                                              .time_s = head->time_s}};
}

/* The block of the source that row *row belongs to; *row is then behind it. */
static bool sadc_block(struct encode *encode, const struct sadc_digits *digits,
                       uint32_t event, uint32_t *row, struct err *err)
{
    uint32_t words[BLOCK_WORDS], from = *row;
    while (*row < digits->count && digits->source[*row] == digits->source[from])
        (*row)++;
    bytes_clear(&encode->words);
    if (!sadc_encode(digits, from, *row, event, &encode->words, err))
        return false;
    size_t count = encode->words.size / 4;
    for (size_t i = 0; i < count; i++)
        words[i] = le32_load(encode->words.data + 4 * i);
    const struct raw_block_spec block = {
        .source = digits->source[from], .words = words, .count = count};
    return raw_block(&encode->writer, &block, err);
}

static bool tracker_block(struct encode *encode, const struct sim_numbers *n,
                          struct err *err)
{
    uint32_t words[ENCODE_TRACKER_WORDS];
    struct random random =
        dice(n->seed, DICE_TRACKER, (const uint32_t[]){n->run, n->spill, n->event});
    for (size_t i = 0; i < ENCODE_TRACKER_WORDS; i++)
        words[i] = (uint32_t)random_next(&random);
    const struct raw_block_spec block = {
        .source = ENCODE_TRACKER_SOURCE, .words = words, .count = ENCODE_TRACKER_WORDS};
    return raw_block(&encode->writer, &block, err);
}

bool encode_event(struct encode *encode, const struct encode_head *head,
                  const struct sim_event *event, const struct sadc_digits *digits,
                  struct err *err)
{
    struct raw_writer *writer = &encode->writer;
    struct raw_event_spec spec = spec_of(head);
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
        !tracker_block(encode, &event->numbers, err))
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
    struct raw_event_spec spec = spec_of(head);
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
