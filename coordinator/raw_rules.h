/* raw_rules.h - which chip a block is of: from channel maps, or from the file itself.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_RAW_RULES_H
#define SPILLWAY_COORDINATOR_RAW_RULES_H

#include "coordinator/raw_file.h"
#include "raw/map_chips.h"

struct raw_rules {
    struct map_chips *maps;                  /* NULL: none */
    struct chip_rule learned[SLINK_SOURCES]; /* of sources that no map knows */
};

/* Reads the maps of a run; `path` is a file or folder, NULL for none: *maps is NULL then.
 * To be given to raw_rules_maps_free(). */
bool raw_rules_maps(const char *path, uint32_t run, struct map_chips **maps,
                    struct err *err);
void raw_rules_maps_free(struct map_chips *maps);

/* Learns from the events of a file that was just opened, and rewinds it. `maps` is a file
 * or folder, NULL for none. */
bool raw_rules_open(struct raw_rules *rules, const char *maps, struct raw_file *file,
                    struct err *err);
void raw_rules_close(struct raw_rules *rules);

/* What the maps say; for a source that they do not know what raw/check_chips.h finds: the
 * S-Link format, or MSADC format 3, if the decoder agrees, else opaque. */
struct chip_rule raw_rule_of(const struct raw_rules *rules,
                             const struct slink_block *block);

#endif
