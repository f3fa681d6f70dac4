/* raw_command.c - spillway raw: finds the subcommand, and nothing else.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/raw_command.h"

#include <string.h>

#include "coordinator/raw_check.h"
#include "coordinator/raw_inspect.h"
#include "coordinator/raw_maps.h"
#include "coordinator/raw_slice.h"

const char raw_usage[] =
    "spillway raw inspect FILE\n"
    "    What is in a raw file: events by type, spills, data sources, damage.\n"
    "spillway raw check [--json] FILE\n"
    "    Every damage by class and source, with place and loss; exit status 10 if any.\n"
    "spillway raw slice FILE --spill N [--event M] --out FILE\n"
    "    Copies one spill, with the damage inside it, or its events of number M, byte for\n"
    "    byte into a new file, behind the records of the start of the run: a reproducer.\n"
    "spillway raw maps FILE-OR-FOLDER [--runs FIRST-LAST]\n"
    "    Reads the channel maps run by run: which detector has how many channels, runs\n"
    "    without maps, detectors with fewer channels than in other runs, channels of\n"
    "    two detectors. In folders all that ends in .xml is read, folders included.\n"
    "\n"
    "Works on any file of the experiment's DAQ, whatever its name, and needs no\n"
    "production area.\n";

/* Each takes its own options, argv[0] is its word, and gives the exit status. */
static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} words[] = {
    {"inspect", raw_inspect},
    {"check", raw_check},
    {"slice", raw_slice},
    {"maps", raw_maps},
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
