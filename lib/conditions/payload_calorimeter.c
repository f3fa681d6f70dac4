/* payload_calorimeter.c - payload types of channels, calorimeters and their pulses.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/payload_type.h"

static const struct payload_upgrade gain_upgrades[] = {
    {1, "error_gev_per_count", 0, "not measured"}};

const struct payload_type payload_calo_gain = {
    .name = "calo_gain",
    .kind = PAYLOAD_TABLE,
    .step = PAYLOAD_RECO,
    .purpose = "energy of one count; made with the LED reference that its header names",
    .key_count = 3,
    .schema = 2,
    .upgrades = gain_upgrades,
    .field_count = 1,
    .fields = {PAYLOAD_NAME("led_reference")},
    .column_count = 5,
    .columns = {PAYLOAD_CHANNEL,
                PAYLOAD_REAL("gain_gev_per_count", 1e-9, 10, "GeV/count"),
                PAYLOAD_REAL("error_gev_per_count", 0, 10, "GeV/count")}};

const struct payload_type payload_calo_layout = {
    .name = "calo_layout",
    .kind = PAYLOAD_TABLE,
    .step = PAYLOAD_UNREAD,
    .purpose = "cells of each calorimeter and the one that the beam hits; id names it",
    .key_count = 1,
    .schema = 1,
    .field_count = 1,
    .fields = {PAYLOAD_NAME("id")},
    .column_count = 7,
    .columns = {PAYLOAD_NAME("detector"), PAYLOAD_COUNT("cells_x", 1, 64, ""),
                PAYLOAD_COUNT("cells_y", 1, 64, ""),
                PAYLOAD_REAL("pitch_x_mm", 0.1, 1e4, "mm"),
                PAYLOAD_REAL("pitch_y_mm", 0.1, 1e4, "mm"),
                PAYLOAD_COUNT("beam_x", 0, 63, ""), PAYLOAD_COUNT("beam_y", 0, 63, "")}};

const struct payload_type payload_channel_map = {
    .name = "channel_map",
    .kind = PAYLOAD_BLOB,
    .step = PAYLOAD_RECO,
    .purpose = "XML: which chip and channel is which detector and cell",
    .schema = 1};

const struct payload_type payload_gain_in_spill = {
    .name = "gain_in_spill",
    .kind = PAYLOAD_TABLE,
    .step = PAYLOAD_UNREAD,
    .purpose = "gain from a time in the spill on, as a factor of that of the whole spill",
    .key_count = 4,
    .schema = 1,
    .column_count = 5,
    .columns = {PAYLOAD_CHANNEL, PAYLOAD_COUNT("from_ms", 0, 60000, "ms"),
                PAYLOAD_REAL("factor", 0.01, 100, "")}};

const struct payload_type payload_led_reference = {
    .name = "led_reference",
    .kind = PAYLOAD_TABLE,
    .step = PAYLOAD_RECO,
    .purpose = "LED amplitude when the gains were made; id names it",
    .key_count = 3,
    .schema = 1,
    .field_count = 1,
    .fields = {PAYLOAD_NAME("id")},
    .column_count = 4,
    .columns = {PAYLOAD_CHANNEL, PAYLOAD_REAL("amplitude_counts", 1e-3, 1e6, "count")}};

const struct payload_type payload_led_spill = {
    .name = "led_spill",
    .kind = PAYLOAD_LADDER,
    .step = PAYLOAD_RECO,
    .purpose = "LED amplitude in a spill; spill 0 is the mean of the run",
    .key_count = 5,
    .schema = 1,
    .column_count = 6,
    .columns = {PAYLOAD_SPILL, PAYLOAD_CHANNEL,
                PAYLOAD_REAL("amplitude_counts", 1e-3, 1e6, "count")}};

const struct payload_type payload_pedestal = {
    .name = "pedestal",
    .kind = PAYLOAD_TABLE,
    .step = PAYLOAD_RECO,
    .purpose = "how pedestals and maxima are read from samples",
    .single = true,
    .schema = 1,
    .column_count = 7,
    .columns = {PAYLOAD_COUNT("first_sample", 0, 63, ""),
                PAYLOAD_COUNT("sample_count", 2, 64, ""),
                PAYLOAD_COUNT("spread_limit_counts", 0, 4095, "count"),
                PAYLOAD_COUNT("search_from_sample", 0, 63, ""),
                PAYLOAD_COUNT("threshold_counts", 0, 4095, "count"),
                PAYLOAD_COUNT("noise_counts", 0, 4095, "count"),
                PAYLOAD_REAL("tail_ns", 0, 1e4, "ns")}};

const struct payload_type payload_sampling = {
    .name = "sampling",
    .kind = PAYLOAD_TABLE,
    .step = PAYLOAD_RECO,
    .purpose = "number and distance of the samples",
    .single = true,
    .schema = 1,
    .column_count = 2,
    .columns = {PAYLOAD_COUNT("sample_count", 1, 64, ""),
                PAYLOAD_REAL("period_ns", 0.1, 1000, "ns")}};

/* Bins of the impact point inside the hottest cell; cells relative to it, 3 the middle
 * of 7 x 7. */
const struct payload_type payload_shower_profile = {
    .name = "shower_profile",
    .kind = PAYLOAD_TABLE,
    .step = PAYLOAD_UNREAD,
    .purpose = "share of a shower in the cells around the hottest one (cell 3 3), by the "
               "bin of the impact point; for the layout and momentum of its header",
    .key_count = 5,
    .schema = 1,
    .field_count = 3,
    .fields = {PAYLOAD_NAME("layout"), PAYLOAD_REAL("momentum_gev", 0.1, 1000, "GeV/c"),
               PAYLOAD_REAL("bin_mm", 0.01, 100, "mm")},
    .column_count = 7,
    .columns = {PAYLOAD_NAME("detector"), PAYLOAD_COUNT("bin_x", 0, 1023, ""),
                PAYLOAD_COUNT("bin_y", 0, 1023, ""), PAYLOAD_COUNT("cell_x", 0, 6, ""),
                PAYLOAD_COUNT("cell_y", 0, 6, ""), PAYLOAD_REAL("share", 0, 1, ""),
                PAYLOAD_REAL("share_sigma", 0, 1, "")}};

const struct payload_type payload_srd_rules = {
    .name = "srd_rules",
    .kind = PAYLOAD_TABLE,
    .step = PAYLOAD_UNREAD,
    .purpose =
        "windows of the SRD modules that are used and of their sum; so many modules "
        "must be inside, the others above their minimum",
    .key_count = 1,
    .schema = 1,
    .field_count = 1,
    .fields = {PAYLOAD_COUNT("modules_inside", 0, 8, "")},
    .column_count = 4,
    .columns = {PAYLOAD_WORD("part", "module0 module1 module2 module3 module4 module5 "
                                     "module6 module7 sum"),
                PAYLOAD_REAL("minimum_mev", 0, 1e5, "MeV"),
                PAYLOAD_REAL("maximum_mev", 0, 1e5, "MeV"),
                PAYLOAD_REAL("window_ns", 0, 1e4, "ns")}};

const struct payload_type payload_time_offset = {
    .name = "time_offset",
    .kind = PAYLOAD_TABLE,
    .step = PAYLOAD_RECO,
    .purpose = "expected time, absolute or relative to the counter named by reference",
    .key_count = 3,
    .schema = 1,
    .column_count = 7,
    .columns = {PAYLOAD_CHANNEL, PAYLOAD_NAME("reference"),
                PAYLOAD_REAL("mean_ns", -1e4, 1e4, "ns"),
                PAYLOAD_REAL("sigma_ns", 1e-3, 1e3, "ns"),
                PAYLOAD_REAL("window_sigma", 0.1, 100, "sigma")}};
