/* export_command.c - spillway export: published files in other forms.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/export_command.h"

#include <inttypes.h>
#include <stdio.h>

#include "output/ttree_export.h"

const char export_usage[] =
    "spillway export --ttree OUT FILE...\n"
    "    The reconstructed events of published files, in this order, as the flat TTree\n"
    "    \"reco\" of the new ROOT file OUT, for macros that do not read RNTuple.\n"
    "\n"
    "Needs no production area.\n";

static bool tree_export(const char *out, int argc, char **argv, struct err *err)
{
    struct ttree_exported exported;
    if (out == NULL)
        return err_set(err, E_USAGE, "--ttree OUT is missing");
    if (!command_words(argc, 1, INT32_MAX, "published files", err) ||
        !ttree_export(out, argv + 1, (uint32_t)argc - 1, &exported, err))
        return false;
    (void)printf("%s: tree reco, %" PRIu64 " entries, %" PRIu64 " bytes\n", out,
                 exported.entries, exported.bytes);
    return true;
}

int export_command(struct area *area, int argc, char **argv)
{
    struct err err;
    const char *out = NULL;
    const struct command_option options[] = {{.name = "ttree", .text = &out}};
    (void)area;
    if (command_options(options, 1, &argc, argv, &err) &&
        tree_export(out, argc, argv, &err))
        return 0;
    return command_error(&err);
}
