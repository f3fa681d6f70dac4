/* raw_digits.c - lines of digits, chip by chip.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/raw_digits.h"

#include "base/text.h"

/* A line in the making: the first failure is remembered. */
struct line {
    const struct date_header *event;
    struct bytes *out;
    struct err *err;
    bool done;
};

static void number(struct line *line, uint64_t value)
{
    line->done = line->done && bytes_append(line->out, " ", 1, line->err) &&
                 text_add_u64(line->out, value, line->err);
}

static void begin(struct line *line, const char *word, uint32_t source)
{
    line->done = line->done && text_add(line->out, word, line->err);
    number(line, line->event->run);
    number(line, line->event->spill);
    number(line, line->event->event);
    number(line, source);
}

static void end(struct line *line)
{
    line->done = line->done && bytes_append(line->out, "\n", 1, line->err);
}

static void sadc_lines(struct line *line, const struct sadc_digits *digits)
{
    for (uint32_t i = 0; i < digits->count; i++) {
        begin(line, "SADC", digits->source[i]);
        number(line, digits->port[i]);
        number(line, 16u * digits->adc[i] + digits->channel[i]);
        number(line, digits->sum[i]);
        for (uint32_t k = 0; k < digits->sample_count[i]; k++)
            number(line, digits->samples[digits->first[i] + k]);
        end(line);
    }
}

static void apv_lines(struct line *line, const struct apv_digits *digits, bool rich)
{
    for (uint32_t chip = 0; chip < digits->chip_count; chip++)
        for (uint32_t k = 0; k < digits->digit_count[chip]; k++) {
            uint32_t row = digits->first[chip] + k;
            uint16_t samples[APV_FRAMES] = {
                digits->sample[0][row], digits->sample[1][row], digits->sample[2][row]};
            if (rich)
                apv_rich_samples(digits, chip, row, samples);
            begin(line, "APV", digits->source[row]);
            number(line, digits->adc[row]);
            number(line, digits->chip[row]);
            number(line, digits->channel[row]);
            for (size_t frame = 0; frame < APV_FRAMES; frame++)
                number(line, samples[frame]);
            end(line);
        }
}

/* In latch mode each hit is a line: the number of the wire is behind the time. */
static void f1_lines(struct line *line, const struct f1_digits *digits)
{
    for (uint32_t i = 0; i < digits->count; i++) {
        begin(line, "F1", digits->source[i]);
        number(line, digits->geo[i]);
        number(line, digits->channel[i]);
        number(line, digits->time[i]);
        if ((digits->format[i] & F1_LATCH) != 0)
            number(line, digits->hit[i]);
        end(line);
    }
}

static void scaler_lines(struct line *line, const struct scaler_digits *digits)
{
    for (uint32_t i = 0; i < digits->count; i++) {
        begin(line, "SCALER", digits->source[i]);
        number(line, SCALER_WORDS * digits->frame[i] + digits->channel[i]);
        number(line, digits->value[i]);
        end(line);
    }
}

static void gandalf_lines(struct line *line, const struct gandalf_digits *digits)
{
    for (uint32_t i = 0; i < digits->count; i++) {
        begin(line, "GANDALF", digits->source[i]);
        number(line, digits->channel[i]);
        number(line, digits->integral[i]);
        number(line, digits->baseline[i]);
        number(line, digits->amplitude[i]);
        number(line, digits->coarse[i]);
        number(line, digits->fine[i]);
        end(line);
    }
}

static void sinica_lines(struct line *line, const struct sinica_digits *digits)
{
    for (uint32_t i = 0; i < digits->count; i++) {
        begin(line, "SINICA", digits->source[i]);
        number(line, digits->port[i]);
        number(line, digits->channel[i]);
        number(line, digits->time[i]);
        number(line, digits->trigger[i]);
        end(line);
    }
}

static void other_lines(struct line *line, const struct digits *digits)
{
    const struct filter_digits *filter = &digits->filter;
    for (uint32_t i = 0; i < filter->count; i++) {
        begin(line, "FILTER", filter->source[i]);
        number(line, filter->type[i]);
        number(line, filter->flags[i]);
        number(line, filter->size[i]);
        end(line);
    }
    for (uint32_t i = 0; i < digits->module.count; i++) {
        begin(line, "MODULE", digits->module.rows[i].source);
        number(line, digits->module.rows[i].serial);
        end(line);
    }
    for (uint32_t i = 0; i < digits->opaque.count; i++) {
        begin(line, "OPAQUE", digits->opaque.source[i]);
        number(line, digits->opaque.word_count[i]);
        end(line);
    }
}

bool raw_digits_text(const struct digits *digits, const struct date_header *event,
                     bool rich, struct bytes *out, struct err *err)
{
    struct line line = {.event = event, .out = out, .err = err, .done = true};
    sadc_lines(&line, &digits->sadc);
    apv_lines(&line, &digits->apv, rich);
    f1_lines(&line, &digits->f1);
    scaler_lines(&line, &digits->scaler);
    gandalf_lines(&line, &digits->gandalf);
    sinica_lines(&line, &digits->sinica);
    other_lines(&line, digits);
    return line.done;
}

uint64_t raw_digits_count(const struct digits *digits)
{
    return (uint64_t)digits->sadc.count + digits->apv.count + digits->f1.count +
           digits->scaler.count + digits->gandalf.count + digits->sinica.count +
           digits->filter.count + digits->module.count + digits->opaque.count;
}
