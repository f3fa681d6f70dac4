/* conditions_import.h - spillway conditions import and export.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_CONDITIONS_IMPORT_H
#define SPILLWAY_COORDINATOR_CONDITIONS_IMPORT_H

#include "coordinator/command.h"

/* Part of the text of spillway conditions --help. */
#define CONDITIONS_IMPORT_USAGE                                                                 \
    "spillway conditions import FILE... [--to DIR|URL --tag TAG] [--replace]\n"                 \
    "        [--token FILE] [--runs RUNS | --from TIME --until TIME]\n"                         \
    "    Reads payloads (.csv, .yaml, channel maps as .xml or a folder of them, payload\n"      \
    "    texts), checks them, lists them, and puts them into a tag of the folder DIR, which\n"  \
    "    conditions serve --data and file:DIR read, or of the service at URL; without --to\n"   \
    "    nothing is kept. A service gets the payloads one by one when all were checked, and\n"  \
    "    a tag that it lacks; when that stops, the same import again goes on. Whether they\n"   \
    "    fit each other a folder checks at once, a service when the tag is frozen.\n"           \
    "      --runs RUNS       3500-3599, 3500- (open) or 3500/12-3599/40 (through spill 40),\n"  \
    "                        when a file does not say it\n"                                     \
    "      --from, --until   2018-05-09T12:00:00Z or open: the runs that started in between,\n" \
    "                        by the run catalogue\n"                                            \
    "      --replace         what the tag has for these runs gives way\n"                       \
    "spillway conditions import --sdc TYPE FILE... [--sdc-type NAME]\n"                         \
    "        [--columns SDC=OURS,...] [--set NAME=VALUE,...] [--to DIR|URL --tag TAG]\n"        \
    "    Reads texts in NA64's SDC grammar; blocks overlay each other in the order of the\n"    \
    "    files (folders first), and every stretch of runs becomes a payload of TYPE.\n"         \
    "      --columns label=detector-x-y,scale=gain_gev_per_count\n"                             \
    "      --set source=unverified,led_reference=none,error_gev_per_count=0\n"                  \
    "spillway conditions export TAG --source URL --to DIR [--runs RUNS] [--types A,B,...]\n"    \
    "    Writes every payload of a tag as .csv, channel maps as .payload beside a .yaml.\n"     \
    "    Importing DIR/* makes the same payloads, byte for byte, but for those it names.\n"

/* argv[0] is "import" or "export". The catalogue of the area is read only for validity by
 * time. */
int conditions_import(struct area *area, int argc, char **argv);
int conditions_export(struct area *area, int argc, char **argv);

#endif
