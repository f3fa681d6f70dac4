/* options.c - reading the command line.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/simulate/options.h"

#include <string.h>

#include "base/text.h"
#include "raw/date.h"
#include "tests/simulate/layout.h"

#define RUN_LIMIT 999999 /* six digits in the names of chunks */

const char sim_usage[] =
    "spillway-simulate --out DIR --runs FIRST[-LAST] --spills N --events N [OPTION...]\n"
    "\n"
    "Writes SYNTHETIC raw data of 100 GeV electrons, with everything that a campaign\n"
    "needs, into DIR: raw/cdrBBCCC-RRRRRR.dat, runs.yaml, conditions/ (source \"file:\",\n"
    "tags sim-1 and sim-2), truth.txt. The same options give the same bytes anywhere.\n"
    "\n"
    "  --out DIR             new or empty of results\n"
    "  --runs FIRST[-LAST]   run numbers, 1 to 999999\n"
    "  --spills N            spills a run, 1 to 4095\n"
    "  --events N            beam events a spill\n"
    "  --led N               LED events a spill, before the others (10)\n"
    "  --seed N              start of all random numbers (1)\n"
    "  --chunk-bytes N       size limit of a chunk (1000000000)\n"
    "  --signal-fraction F   beam events with missing energy, 0 to 1 (0.002)\n"
    "  --beam-prescale N     one in N beam triggers that are no physics trigger is\n"
    "                        recorded, others are drawn again (1)\n"
    "  --sadc-format WORD    of the calorimeters' modules: 1, 1-extended, 2, huffman or\n"
    "                        3 (3); 1 and 2 are of 10-bit ADCs\n"
    "  --adc-bits N          10 or 12 (12); 10 in the formats that hold no more\n"
    "  --date-header WORD    68, 72, 3.14 or old: 68 and 72 bytes of versions 3.0 to 3.13,\n"
    "                        80 of version 3.14, 80 of those before 3.0 (68)\n"
    "  --setup NAME          the only one is 2022-electron-100\n";

struct option_row {
    const char *name;
    uint64_t minimum, maximum;
    uint64_t *number; /* or */
    double *fraction; /* or */
    const char **text;
};

static bool option_set(const struct option_row *row, const char *value, struct err *err)
{
    bool done = true;
    if (row->text != NULL)
        *row->text = value;
    else if (row->fraction != NULL) {
        done = text_to_real(value, row->fraction, err);
        if (done && !(*row->fraction >= 0 && *row->fraction <= 1))
            done = err_set(err, E_NUMBER, "%s is not from 0 to 1", value);
    } else {
        done = text_to_u64(value, row->maximum, row->number, err);
        if (done && *row->number < row->minimum)
            done = err_set(err, E_NUMBER, "%s is too small", value);
    }
    return done || err_wrap(err, "%s", row->name);
}

/* "FIRST" or "FIRST-LAST". */
static bool runs_read(const char *text, struct sim_options *options, struct err *err)
{
    char word[32];
    uint64_t first, last;
    if (text == NULL)
        return err_set(err, E_USAGE, "--runs is missing");
    if (!text_copy(word, sizeof word, text, err))
        return err_wrap(err, "--runs");
    char *dash = strchr(word, '-');
    if (dash != NULL)
        *dash = 0;
    if (!text_to_u64(word, RUN_LIMIT, &first, err) ||
        !text_to_u64(dash == NULL ? word : dash + 1, RUN_LIMIT, &last, err))
        return err_wrap(err, "--runs");
    if (first == 0 || last < first)
        return err_set(err, E_USAGE, "--runs %s: no range of run numbers", text);
    options->first_run = (uint32_t)first;
    options->last_run = (uint32_t)last;
    return true;
}

/* The data format; 0 bits: those of the format. */
static bool form_read(const char *sadc, const char *date, uint64_t bits,
                      struct form *form, struct err *err)
{
    if (!form_sadc_named(sadc, form))
        return err_set(err, E_USAGE,
                       "--sadc-format %.20s: there are 1, 1-extended, 2, huffman and 3",
                       sadc);
    if (!form_date_named(date, form))
        return err_set(err, E_USAGE,
                       "--date-header %.20s: there are 68, 72, 3.14 and old", date);
    if (bits == 11)
        return err_set(err, E_USAGE, "--adc-bits 11: there are 10 and 12");
    form->ten_bits = bits == 0 ? form->ten_bits : bits == 10;
    return form_holds(form) ||
           err_set(err, E_USAGE, "--adc-bits 12: format %s holds 10", sadc);
}

static bool words_read(int count, char **arguments, const struct option_row *rows,
                       struct err *err)
{
    for (int i = 1; i < count; i++) {
        const struct option_row *row = rows;
        while (row->name != NULL && strcmp(row->name, arguments[i]) != 0)
            row++;
        if (row->name == NULL)
            return err_set(err, E_USAGE, "unknown option %.60s", arguments[i]);
        if (++i == count)
            return err_set(err, E_USAGE, "%s needs a value", row->name);
        if (!option_set(row, arguments[i], err))
            return false;
    }
    return true;
}

bool sim_options_read(int count, char **arguments, struct sim_options *options,
                      struct err *err)
{
    *options = (struct sim_options){.setup = LAYOUT_SETUP,
                                    .seed = 1,
                                    .chunk_bytes = 1000000000,
                                    .mixture = {.signal_fraction = 0.002}};
    for (int i = 1; i < count; i++)
        options->help = options->help || strcmp(arguments[i], "--help") == 0;
    if (options->help)
        return true;
    const char *runs = NULL, *sadc = "3", *date = "68";
    uint64_t spills = 0, events = 0, led = 10, prescale = 1, bits = 0;
    const struct option_row rows[] = {
        {.name = "--out", .text = &options->out},
        {.name = "--runs", .text = &runs},
        {.name = "--setup", .text = &options->setup},
        {.name = "--sadc-format", .text = &sadc},
        {.name = "--date-header", .text = &date},
        {"--adc-bits", 10, 12, &bits, NULL, NULL},
        {"--spills", 1, DATE_SPILL_LIMIT - 1, &spills, NULL, NULL},
        {"--events", 1, DATE_EVENT_LIMIT / 2, &events, NULL, NULL},
        {"--led", 0, 10000, &led, NULL, NULL},
        {"--seed", 0, UINT64_MAX, &options->seed, NULL, NULL},
        {"--chunk-bytes", 65536, UINT64_MAX / 2, &options->chunk_bytes, NULL, NULL},
        {.name = "--signal-fraction", .fraction = &options->mixture.signal_fraction},
        {"--beam-prescale", 1, 1000, &prescale, NULL, NULL},
        {.name = NULL}};
    if (!words_read(count, arguments, rows, err) || !runs_read(runs, options, err) ||
        !form_read(sadc, date, bits, &options->form, err))
        return false;
    if (options->out == NULL || spills == 0 || events == 0)
        return err_set(err, E_USAGE, "--out, --spills and --events are needed");
    if (strcmp(options->setup, LAYOUT_SETUP) != 0)
        return err_set(err, E_USAGE, "--setup %.40s: the only one is %s", options->setup,
                       LAYOUT_SETUP);
    options->spills = (uint32_t)spills;
    options->events = (uint32_t)events;
    options->led_events = (uint32_t)led;
    options->mixture.beam_prescale = (uint32_t)prescale;
    return true;
}
