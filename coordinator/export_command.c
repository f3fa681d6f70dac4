/* export_command.c - spillway export: published files in other forms.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/export_command.h"

#include <inttypes.h>
#include <stdio.h>

#include "coordinator/export_events.h"
#include "output/ttree_export.h"

const char export_usage[] =
    "spillway export --ttree OUT FILE...\n"
    "    The reconstructed events of published files, in this order, as the flat TTree\n"
    "    \"reco\" of the new ROOT file OUT, for macros that do not read RNTuple.\n"
    "spillway export --csv FILE\n"
    "spillway export --json FILE\n"
    "    Events on standard output; FILE is a published .root file or a part.\n"
    "      --columns a,b,c   only these (spillway show FILE lists them)\n"
    "      --entries A-B     only entries A to B, counted from 0; A- to the end\n"
    "\n"
    "Needs no production area.\n";

static bool tree_export(const char *out, int argc, char **argv, struct err *err)
{
    struct ttree_exported exported;
    if (!command_words(argc, 1, INT32_MAX, "published files", err) ||
        !ttree_export(out, argv + 1, (uint32_t)argc - 1, &exported, err))
        return false;
    (void)printf("%s: tree reco, %" PRIu64 " entries, %" PRIu64 " bytes\n", out,
                 exported.entries, exported.bytes);
    return true;
}

static bool one_export(const char *tree, const struct export_options *events, int argc,
                       char **argv, struct err *err)
{
    bool selected = events->columns != NULL || events->entries != NULL;
    if ((tree != NULL) + events->csv + events->json != 1)
        return err_set(err, E_USAGE, "one form is wanted: --ttree OUT, --csv or --json");
    if (tree == NULL)
        return command_words(argc, 1, 1, "one file", err) &&
               export_events(argv[1], events, err);
    return selected ? err_set(err, E_USAGE, "--ttree has all columns and entries")
                    : tree_export(tree, argc, argv, err);
}

int export_command(struct area *area, int argc, char **argv)
{
    struct err err;
    const char *tree = NULL;
    struct export_options events = {.csv = false};
    const struct command_option options[] = {
        {.name = "ttree", .text = &tree},
        {.name = "csv", .flag = &events.csv},
        {.name = "json", .flag = &events.json},
        {.name = "columns", .text = &events.columns},
        {.name = "entries", .text = &events.entries}};
    (void)area;
    if (command_options(options, sizeof options / sizeof options[0], &argc, argv, &err) &&
        one_export(tree, &events, argc, argv, &err))
        return 0;
    return command_error(&err);
}
