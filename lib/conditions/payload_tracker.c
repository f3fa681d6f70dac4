/* payload_tracker.c - payload types of trackers, magnets and where everything stands.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/payload_type.h"

#define POSITION(name) PAYLOAD_REAL(name, -1e6, 1e6, "mm")
#define ANGLE(name)    PAYLOAD_REAL(name, -3142, 3142, "mrad")
#define SHIFT(name)    PAYLOAD_REAL(name, -1e3, 1e3, "mm")

const struct payload_type payload_alignment = {
    .name = "alignment",
    .kind = PAYLOAD_TABLE,
    .step = PAYLOAD_UNREAD,
    .purpose = "small shifts and turns on top of the geometry that its header names",
    .key_count = 1,
    .schema = 1,
    .field_count = 1,
    .fields = {PAYLOAD_NAME("geometry")},
    .column_count = 7,
    .columns = {PAYLOAD_NAME("detector"), SHIFT("shift_x_mm"), SHIFT("shift_y_mm"),
                SHIFT("shift_z_mm"), ANGLE("turn_x_mrad"), ANGLE("turn_y_mrad"),
                ANGLE("turn_z_mrad")}};

static const struct payload_upgrade apv_upgrades[] = {
    {1, NULL, 0,
     "the form of 10 numbers has no covariances: make the calibration again"}};

/* t = t0 + a0 ln(r0 / r - 1) with r = A0/A2 (ratio 0) or A1/A2 (ratio 1). */
const struct payload_type payload_apv_timing = {
    .name = "apv_timing",
    .kind = PAYLOAD_TABLE,
    .step = PAYLOAD_UNREAD,
    .purpose =
        "time from the ratios of APV samples, A0/A2 (ratio 0) and A1/A2 (ratio 1), "
        "with the covariances of a0, t0 and r0",
    .key_count = 2,
    .schema = 2,
    .upgrades = apv_upgrades,
    .column_count = 11,
    .columns = {PAYLOAD_NAME("detector"), PAYLOAD_COUNT("ratio", 0, 1, ""),
                PAYLOAD_REAL("a0_ns", -1e4, 1e4, "ns"),
                PAYLOAD_REAL("t0_ns", -1e4, 1e4, "ns"), PAYLOAD_REAL("r0", 0, 100, ""),
                PAYLOAD_REAL("cov_a0_a0", 0, 1e8, "ns2"),
                PAYLOAD_REAL("cov_a0_t0", -1e8, 1e8, "ns2"),
                PAYLOAD_REAL("cov_a0_r0", -1e8, 1e8, "ns"),
                PAYLOAD_REAL("cov_t0_t0", 0, 1e8, "ns2"),
                PAYLOAD_REAL("cov_t0_r0", -1e8, 1e8, "ns"),
                PAYLOAD_REAL("cov_r0_r0", 0, 1e4, "")}};

const struct payload_type payload_field_integral = {
    .name = "field_integral",
    .kind = PAYLOAD_TABLE,
    .step = PAYLOAD_UNREAD,
    .purpose = "bending power of each magnet at a current, in the geometry of its header",
    .key_count = 1,
    .schema = 1,
    .field_count = 1,
    .fields = {PAYLOAD_NAME("geometry")},
    .column_count = 3,
    .columns = {PAYLOAD_NAME("magnet"), PAYLOAD_REAL("integral_t_m", -100, 100, "T m"),
                PAYLOAD_REAL("current_a", -1e5, 1e5, "A")}};

const struct payload_type payload_field_map = {
    .name = "field_map",
    .kind = PAYLOAD_TABLE,
    .step = PAYLOAD_UNREAD,
    .purpose = "field on a grid, at the current of its header, in the geometry of its "
               "header",
    .key_count = 4,
    .schema = 1,
    .field_count = 2,
    .fields = {PAYLOAD_NAME("geometry"), PAYLOAD_REAL("current_a", -1e5, 1e5, "A")},
    .column_count = 10,
    .columns = {PAYLOAD_NAME("magnet"), PAYLOAD_COUNT("i", 0, 65535, ""),
                PAYLOAD_COUNT("j", 0, 65535, ""), PAYLOAD_COUNT("k", 0, 65535, ""),
                POSITION("x_mm"), POSITION("y_mm"), POSITION("z_mm"),
                PAYLOAD_REAL("bx_t", -20, 20, "T"), PAYLOAD_REAL("by_t", -20, 20, "T"),
                PAYLOAD_REAL("bz_t", -20, 20, "T")}};

const struct payload_type payload_geometry = {
    .name = "geometry",
    .kind = PAYLOAD_TABLE,
    .step = PAYLOAD_UNREAD,
    .purpose = "centre and turn of each detector and magnet; id names it",
    .key_count = 1,
    .schema = 1,
    .field_count = 1,
    .fields = {PAYLOAD_NAME("id")},
    .column_count = 7,
    .columns = {PAYLOAD_NAME("detector"), POSITION("x_mm"), POSITION("y_mm"),
                POSITION("z_mm"), ANGLE("turn_x_mrad"), ANGLE("turn_y_mrad"),
                ANGLE("turn_z_mrad")}};

const struct payload_type payload_magnet_current = {
    .name = "magnet_current",
    .kind = PAYLOAD_TABLE,
    .step = PAYLOAD_UNREAD,
    .purpose = "current of each magnet; 0 is switched off",
    .key_count = 1,
    .schema = 1,
    .column_count = 2,
    .columns = {PAYLOAD_NAME("magnet"), PAYLOAD_REAL("current_a", -1e5, 1e5, "A")}};

/* Multiplexed read-out: several strips, far apart, on one channel. */
const struct payload_type payload_mm_map = {
    .name = "mm_map",
    .kind = PAYLOAD_TABLE,
    .step = PAYLOAD_UNREAD,
    .purpose = "channel of each Micromegas strip; id names it",
    .key_count = 2,
    .schema = 1,
    .field_count = 1,
    .fields = {PAYLOAD_NAME("id")},
    .column_count = 3,
    .columns = {PAYLOAD_NAME("plane"), PAYLOAD_COUNT("strip", 0, 4095, ""),
                PAYLOAD_COUNT("channel", 0, 1023, "")}};

const struct payload_type payload_mm_pedestal = {
    .name = "mm_pedestal",
    .kind = PAYLOAD_TABLE,
    .step = PAYLOAD_UNREAD,
    .purpose = "pedestal and noise of each Micromegas channel, for the map of its header",
    .key_count = 2,
    .schema = 1,
    .field_count = 1,
    .fields = {PAYLOAD_NAME("map")},
    .column_count = 4,
    .columns = {PAYLOAD_NAME("plane"), PAYLOAD_COUNT("channel", 0, 1023, ""),
                PAYLOAD_REAL("pedestal_counts", 0, 4095, "count"),
                PAYLOAD_REAL("sigma_counts", 0, 4095, "count")}};
