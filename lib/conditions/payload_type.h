/* payload_type.h - what a payload type declares; the types by area.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A type says: how it is written, which step reads it, its columns with units and
 * plausibility limits, its header fields, its schema and how older schemas become it. No
 * column has a default. A schema adds columns behind those that it had; what cannot be
 * written as such an addition is a refusal by name, or a new type.
 *
 * Limits are there to catch a wrong unit or a slipped column, not to judge physics: they
 * are a factor of ten or more around what the detectors can give (12-bit ADC, 25 to 32
 * samples of 12.5 ns, energies up to 160 GeV, matrices of at most 6 x 6 cells, 200 m of
 * beam line).
 */
#ifndef SPILLWAY_CONDITIONS_PAYLOAD_TYPE_H
#define SPILLWAY_CONDITIONS_PAYLOAD_TYPE_H

#include "conditions/table.h"

#define PAYLOAD_COLUMNS 12

enum payload_kind {
    PAYLOAD_TABLE,  /* one table for the whole interval */
    PAYLOAD_LADDER, /* rows by (run, spill), spill 0 the run mean; resolved by a ladder */
    PAYLOAD_LIST,   /* rows by (run, spill); a spill without rows is nothing said */
    PAYLOAD_BLOB    /* bytes that are handed on as they are */
};

/* Which step reads it. PAYLOAD_UNREAD: none of this release; such types are kept,
 * checked and compared like the others, and are in no key. */
enum payload_step { PAYLOAD_RECO, PAYLOAD_SELECT, PAYLOAD_UNREAD };

/* A column, or a field of the header. */
struct payload_column {
    const char *name;
    enum column_kind kind;
    double minimum; /* both included; of counts as well */
    double maximum;
    const char *unit;  /* "" for a number without */
    const char *words; /* what a name may be, separated by spaces; NULL: any name */
};

/* How a text of schema `from` becomes one of the next schema. */
struct payload_upgrade {
    uint32_t from;
    const char *column; /* that the next schema added; NULL: such texts are refused */
    double value;       /* that its numbers get */
    const char *reason; /* what the value stands for, or why it is refused */
};

struct payload_type {
    const char *name;
    enum payload_kind kind;
    enum payload_step step;
    const char *purpose;
    size_t key_count;                       /* leading columns that make a row unique */
    bool single;                            /* exactly one row */
    uint32_t schema;                        /* the newest, the one that readers get */
    const struct payload_upgrade *upgrades; /* schema - 1 of them, from 1 on */
    size_t field_count;
    struct payload_column fields[TABLE_FIELDS]; /* required lines of the header */
    size_t column_count;
    struct payload_column columns[PAYLOAD_COLUMNS];
};

#define PAYLOAD_COUNT(name, minimum, maximum, unit)                                      \
    {                                                                                    \
        name, COLUMN_COUNT, minimum, maximum, unit, NULL                                 \
    }
#define PAYLOAD_REAL(name, minimum, maximum, unit)                                       \
    {                                                                                    \
        name, COLUMN_REAL, minimum, maximum, unit, NULL                                  \
    }
#define PAYLOAD_WORD(name, words)                                                        \
    {                                                                                    \
        name, COLUMN_NAME, 0, 0, "", words                                               \
    }
#define PAYLOAD_NAME(name) PAYLOAD_WORD(name, NULL)
#define PAYLOAD_CHANNEL                                                                  \
    PAYLOAD_NAME("detector"), PAYLOAD_COUNT("x", 0, 63, ""), PAYLOAD_COUNT("y", 0, 63, "")
#define PAYLOAD_SPILL                                                                    \
    PAYLOAD_COUNT("run", 0, 9999999, ""), PAYLOAD_COUNT("spill", 0, 4095, "")

/* payload_calorimeter.c */
extern const struct payload_type payload_calo_gain, payload_calo_layout,
    payload_channel_map, payload_gain_in_spill, payload_led_reference, payload_led_spill,
    payload_pedestal, payload_sampling, payload_shower_profile, payload_srd_rules,
    payload_time_offset;

/* payload_tracker.c */
extern const struct payload_type payload_alignment, payload_apv_timing,
    payload_field_integral, payload_field_map, payload_geometry, payload_magnet_current,
    payload_mm_map, payload_mm_pedestal;

/* payload_beam.c */
extern const struct payload_type payload_bad_channels, payload_bad_spills, payload_beam,
    payload_blind_regions, payload_eot_definition, payload_quality_masks,
    payload_skim_thresholds, payload_trigger_set;

#endif
