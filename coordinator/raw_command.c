/* raw_command.c - spillway raw: finds the subcommand, and nothing else.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/raw_command.h"

#include <string.h>

#include "coordinator/raw_check.h"
#include "coordinator/raw_digits.h"
#include "coordinator/raw_dump.h"
#include "coordinator/raw_inspect.h"
#include "coordinator/raw_maps.h"
#include "coordinator/raw_slice.h"

const char raw_usage[] =
    "spillway raw inspect FILE [--maps MAPS]\n"
    "    What is in a raw file: events by type, spills, chips, data sources, damage.\n"
    "spillway raw inspect FILE --event RUN:SPILL:EVENT [--maps MAPS]\n"
    "    One event word by word: offset, hexadecimal, meaning; with maps also the detector.\n"
    "    SPILL:EVENT will do; a single number is an offset in the file.\n"
    "spillway raw dump FILE [--spill N] [--maps MAPS]\n"
    "    The same for all events.\n"
    "spillway raw dump --digits FILE [--spill N] [--maps MAPS]\n"
    "    One digit a line:\n" RAW_DIGITS_FORMS
    "spillway raw check [--json] FILE [--maps MAPS]\n"
    "    Every damage by class and source, with place and loss; exit status 10 if any. With\n"
    "    maps also in MSADC formats 1 and 2, and sources that the maps do not have.\n"
    "spillway raw slice FILE --spill N [--event M] --out FILE\n"
    "    Copies one spill, with the damage inside it, or its events of number M, byte for\n"
    "    byte into a new file, behind the records of the start of the run: a reproducer.\n"
    "spillway raw maps FILE-OR-FOLDER [--runs FIRST-LAST]\n"
    "    Reads the channel maps run by run: which detector has how many channels, runs\n"
    "    without maps, detectors with fewer channels than in other runs, channels of\n"
    "    two detectors. In folders all that ends in .xml is read, folders included.\n"
    "\n"
    "MAPS is a file or folder of channel maps. Without, a source is what its S-Link format\n"
    "says, or MSADC format 3, if most of its blocks can be decoded so, else opaque. Works\n"
    "on any file of the experiment's DAQ, whatever its name; needs no production area.\n";

/* Each takes its own options, argv[0] is its word, and gives the exit status. */
static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} words[] = {
    {"inspect", raw_inspect}, {"check", raw_check}, {"dump", raw_dump},
    {"slice", raw_slice},     {"maps", raw_maps},
};

int raw_command(struct area *area, int argc, char **argv)
{
    struct err err;
    (void)area;
    for (size_t i = 0; argc > 1 && i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].name, argv[1]) == 0)
            return words[i].run(argc - 1, argv + 1);
    if (argc > 1)
        (void)err_set(&err, E_USAGE, "spillway raw has no '%s'", argv[1]);
    else
        (void)err_set(&err, E_USAGE, "a word such as inspect is missing");
    return command_error(&err);
}
