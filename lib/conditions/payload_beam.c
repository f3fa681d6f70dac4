/* payload_beam.c - payload types of beam, trigger, accounting, quality and selection.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/payload_type.h"

const struct payload_type payload_bad_channels = {
    .name = "bad_channels",
    .kind = PAYLOAD_TABLE,
    .step = PAYLOAD_UNREAD,
    .purpose = "channels that are not to be used, and why",
    .key_count = 3,
    .schema = 1,
    .column_count = 4,
    .columns = {PAYLOAD_CHANNEL,
                PAYLOAD_WORD("reason", "dead noisy saturated unstable swapped other")}};

const struct payload_type payload_bad_spills = {
    .name = "bad_spills",
    .kind = PAYLOAD_LIST,
    .step = PAYLOAD_SELECT,
    .purpose = "spills that analyses drop, from an event number on (0: all of it)",
    .key_count = 2,
    .schema = 1,
    .column_count = 3,
    .columns = {PAYLOAD_SPILL, PAYLOAD_COUNT("from_event", 0, 1048575, "")}};

const struct payload_type payload_beam = {
    .name = "beam",
    .kind = PAYLOAD_TABLE,
    .step = PAYLOAD_UNREAD,
    .purpose = "what the beam line delivers",
    .single = true,
    .schema = 1,
    .column_count = 3,
    .columns = {PAYLOAD_WORD("particle", "electron muon pion kaon proton hadron"),
                PAYLOAD_WORD("charge", "plus minus"),
                PAYLOAD_REAL("momentum_gev", 0.1, 1000, "GeV/c")}};

const struct payload_type payload_blind_regions = {
    .name = "blind_regions",
    .kind = PAYLOAD_TABLE,
    .step = PAYLOAD_UNREAD,
    .purpose = "edges of the box of each blind analysis, in the unit of the quantity",
    .key_count = 3,
    .schema = 1,
    .column_count = 4,
    .columns = {PAYLOAD_NAME("analysis"), PAYLOAD_NAME("quantity"),
                PAYLOAD_WORD("edge", "minimum maximum"),
                PAYLOAD_REAL("value", -1e9, 1e9, "")}};

/* The ways of the shift lists: counts of the spill times live fraction, counts gated by
 * the dead time, recorded triggers times (gated counts / triggers), the gated scaler. */
const struct payload_type payload_eot_definition = {
    .name = "eot_definition",
    .kind = PAYLOAD_TABLE,
    .step = PAYLOAD_UNREAD,
    .purpose = "how electrons on target are counted: scaler word, particles per count, "
               "dead time of a trigger",
    .single = true,
    .schema = 1,
    .column_count = 4,
    .columns = {PAYLOAD_WORD("method", "live_fraction gated_counts trigger_ratio "
                                       "gated_scaler"),
                PAYLOAD_COUNT("scaler_word", 0, 65535, ""),
                PAYLOAD_REAL("scale", 1e-6, 1e6, "particle/count"),
                PAYLOAD_REAL("dead_us_per_trigger", 0, 1e5, "us")}};

const struct payload_type payload_quality_masks = {
    .name = "quality_masks",
    .kind = PAYLOAD_LIST,
    .step = PAYLOAD_UNREAD,
    .purpose = "what is known against a spill, detector by detector",
    .key_count = 4,
    .schema = 1,
    .column_count = 4,
    .columns = {PAYLOAD_SPILL, PAYLOAD_NAME("detector"),
                PAYLOAD_WORD("flag", "off noisy unstable misread misplaced other")}};

const struct payload_type payload_skim_thresholds = {
    .name = "skim_thresholds",
    .kind = PAYLOAD_TABLE,
    .step = PAYLOAD_UNREAD,
    .purpose = "thresholds of the cuts of each skim, in the unit of the quantity",
    .key_count = 3,
    .schema = 1,
    .column_count = 4,
    .columns = {PAYLOAD_NAME("skim"), PAYLOAD_NAME("quantity"),
                PAYLOAD_WORD("edge", "minimum maximum"),
                PAYLOAD_REAL("value", -1e9, 1e9, "")}};

const struct payload_type payload_trigger_set = {
    .name = "trigger_set",
    .kind = PAYLOAD_TABLE,
    .step = PAYLOAD_UNREAD,
    .purpose = "name, kind and prescale of each trigger bit",
    .key_count = 1,
    .schema = 1,
    .column_count = 4,
    .columns = {PAYLOAD_COUNT("bit", 0, 63, ""), PAYLOAD_NAME("name"),
                PAYLOAD_WORD("kind", "physics beam random calibration other"),
                PAYLOAD_COUNT("prescale", 1, 4294967295, "")}};
