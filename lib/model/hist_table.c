/* hist_table.c - the one list of histograms.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Ranges hold what the experiment's beams of 70 to 160 GeV can give; what lies outside is
 * counted in the cells below and above. Cells are numbered as in their column.
 */
#include "model/hist_table.h"

#include "model/segment.h"

#define PHYSICS (1u << EVENT_PHYSICS)
#define LED     (1u << EVENT_CALIBRATION)
#define ANY     (PHYSICS | LED)
#define NUMBER(title, bins, low, high)                                                   \
    {                                                                                    \
        title, bins, low, high, NULL                                                     \
    }
#define PLACES(title, count)                                                             \
    {                                                                                    \
        title, count, -0.5, (count)-0.5, NULL                                            \
    }
#define NO_AXIS                                                                          \
    {                                                                                    \
        "", 0, 0, 0, NULL                                                                \
    }

/* The bits of a byte; those of CELL_PRESENT and so on have names. */
#define FLAGS 8
static const char *const flag_names[FLAGS] = {"present",  "timed",   "in time", "pile-up",
                                              "overflow", "crowded", "-",       "--"};

/* clang-format off */

/* A quantity of physics events. */
#define QUANTITY_OF(directory, id, title, bins, low, high) \
    {.form = {directory, title, title " of physics events", \
              NUMBER(title, bins, low, high), NO_AXIS}, \
     .source = HIST_QUANTITY, .types = PHYSICS, .a = QUANTITY_##id},

/* The same by trigger bit. */
#define TRIGGER_OF(id, title, bins, low, high) \
    {.form = {"trigger", title, title " by trigger bit", PLACES("trigger bit", 32), \
              NUMBER(title, bins, low, high)}, \
     .source = HIST_BY_TRIGGER, .types = PHYSICS, .a = QUANTITY_##id},

#define PAIR_OF(directory, name, title, ida, axis_a, idb, axis_b) \
    {.form = {directory, name, title, axis_a, axis_b}, .source = HIST_PAIR, \
     .types = PHYSICS, .a = QUANTITY_##ida, .b = QUANTITY_##idb},

/* A sum by its three kinds; `count` of them, one histogram or one axis of places. */
#define SUM_KIND(directory, name, title, column, kind, x, y) \
    {.form = {directory, name, title, x, y}, .source = HIST_NUMBERS, .types = PHYSICS, \
     .a = RECO_##column, .first = kind, .step = RECO_SUMS},
#define SUM_OF(directory, name, title, column, unit, bins, top) \
    SUM_KIND(directory, name "_all", title ", all", column, RECO_ALL, \
             NUMBER("energy [" unit "]", bins, 0, top), NO_AXIS) \
    SUM_KIND(directory, name "_intime", title ", in time", column, RECO_IN_TIME, \
             NUMBER("energy [" unit "]", bins, 0, top), NO_AXIS) \
    SUM_KIND(directory, name "_nopileup", title ", in time, pile-up subtracted", column, \
             RECO_NO_PILEUP, NUMBER("energy [" unit "]", bins, 0, top), NO_AXIS)
#define SUMS_OF(directory, name, title, column, place, count, unit, bins, top) \
    SUM_KIND(directory, name "_all", title ", all", column, RECO_ALL, \
             PLACES(place, count), NUMBER("energy [" unit "]", bins, 0, top)) \
    SUM_KIND(directory, name "_intime", title ", in time", column, RECO_IN_TIME, \
             PLACES(place, count), NUMBER("energy [" unit "]", bins, 0, top)) \
    SUM_KIND(directory, name "_nopileup", title ", in time, pile-up subtracted", column, \
             RECO_NO_PILEUP, PLACES(place, count), \
             NUMBER("energy [" unit "]", bins, 0, top))

/* The cells of a detector. */
#define CELL_NUMBERS(part, name, title, column, kind, needs, mask, count, axis) \
    {.form = {#part, name, title, PLACES("cell", count), axis}, \
     .source = HIST_OF_CELLS, .types = mask, .a = RECO_##column, .b = kind, \
     .flags = needs, .flag_column = RECO_##part##_FLAGS},
#define CELL_FLAGS(part, count) \
    {.form = {#part, "flags", #part " cells by flag", PLACES("cell", count), \
              {"", FLAGS, -0.5, FLAGS - 0.5, flag_names}}, \
     .source = HIST_FLAGS, .types = ANY, .a = RECO_##part##_FLAGS},
#define CELLS_OF(part, count, unit, top) \
    CELL_NUMBERS(part, "cells_all", #part " cells, all", part##_ENE, RECO_ALL, CELL_PRESENT, \
                 PHYSICS, count, NUMBER("energy [" unit "]", 100, 0, top)) \
    CELL_NUMBERS(part, "cells_intime", #part " cells, in time", part##_ENE, RECO_IN_TIME, \
                 CELL_IN_TIME, PHYSICS, count, NUMBER("energy [" unit "]", 100, 0, top)) \
    CELL_NUMBERS(part, "cells_nopileup", #part " cells, in time, pile-up subtracted", \
                 part##_ENE, RECO_NO_PILEUP, CELL_IN_TIME, PHYSICS, count, \
                 NUMBER("energy [" unit "]", 100, 0, top)) \
    CELL_NUMBERS(part, "cells_led", #part " cells of calibration events, all", \
                 part##_ENE, RECO_ALL, CELL_PRESENT, LED, count, \
                 NUMBER("energy [" unit "]", 100, 0, top)) \
    CELL_NUMBERS(part, "time", #part " time minus expected time", part##_TIME, RECO_ALL, \
                 CELL_TIMED, PHYSICS, count, NUMBER("time [ns]", 100, -50, 50)) \
    CELL_FLAGS(part, count)

#define RECO_S_FLAGS RECO_COUNTER_FLAGS
#define RECO_S_ENE   RECO_COUNTER_ENE
#define RECO_S_TIME  RECO_COUNTER_TIME

const struct hist_info hist_infos[] = {
    {.form = {"events", "type", "events by DATE type", PLACES("type", EVENT_TYPES), NO_AXIS},
     .source = HIST_TYPE, .types = ANY},
    {.form = {"events", "trigger", "trigger bits of physics events",
              PLACES("trigger bit", 32), NO_AXIS},
     .source = HIST_TRIGGER, .types = PHYSICS},
    QUANTITY_OF("events", MASTER_TIME, "master_time_ns", 200, 0, 400)
    PAIR_OF("events", "hcal_ecal", "HCAL (all) against ECAL (in time)",
            ECAL, NUMBER("ECAL [GeV]", 100, 0, 200), HCAL, NUMBER("HCAL [GeV]", 100, 0, 200))
    PAIR_OF("events", "srd_ecal", "SRD against ECAL (in time)",
            ECAL, NUMBER("ECAL [GeV]", 100, 0, 200), SRD_SUM, NUMBER("SRD [MeV]", 100, 0, 300))

    SUM_OF("ECAL", "preshower", "pre-shower", PRESHOWER, "GeV", 100, 50)
    SUM_OF("ECAL", "main", "ECAL without pre-shower", ECAL_MAIN, "GeV", 200, 200)
    SUM_OF("ECAL", "ecal", "ECAL with pre-shower", ECAL_TOTAL, "GeV", 200, 200)
    QUANTITY_OF("ECAL", ECAL_OUT_OF_TIME, "ecal_out_of_time_gev", 100, 0, 100)
    QUANTITY_OF("ECAL", OUTSIDE_FRACTION, "outside_3x3_fraction", 100, 0, 1)
    PAIR_OF("ECAL", "hottest", "hottest cell", HOTTEST_X, PLACES("x", RECO_ECAL_X),
            HOTTEST_Y, PLACES("y", RECO_ECAL_Y))
    CELLS_OF(ECAL, RECO_ECAL_LAYERS * RECO_ECAL_X * RECO_ECAL_Y, "GeV", 150)

    SUM_OF("HCAL", "hcal", "HCAL modules in line", HCAL_TOTAL, "GeV", 200, 200)
    SUMS_OF("HCAL", "module", "HCAL modules", HCAL_MODULE, "module", RECO_HCAL_MODULES,
            "GeV", 200, 200)
    QUANTITY_OF("HCAL", HCAL_OUT_OF_TIME, "hcal_out_of_time_gev", 100, 0, 100)
    CELLS_OF(HCAL, RECO_HCAL_MODULES * RECO_HCAL_X * RECO_HCAL_Y, "GeV", 150)

    SUMS_OF("VETO", "plate", "VETO plates", VETO_PLATE, "plate", RECO_VETO_PLATES, "MeV",
            100, 50)
    CELLS_OF(VETO, RECO_VETO_PMTS, "MeV", 50)

    SUM_OF("SRD", "srd", "SRD", SRD_SUM, "MeV", 150, 300)
    SUM_OF("SRD", "least", "smallest SRD module", SRD_LEAST, "MeV", 100, 100)
    CELLS_OF(SRD, RECO_SRD_MODULES, "MeV", 150)

    CELLS_OF(S, RECO_COUNTERS, "MeV", 50)

    TRIGGER_OF(ECAL, "ecal_gev", 100, 0, 200)
    TRIGGER_OF(HCAL, "hcal_gev", 100, 0, 200)
    TRIGGER_OF(SRD_SUM, "srd_sum_mev", 100, 0, 300)
    TRIGGER_OF(VETO_MAX, "veto_max_mev", 100, 0, 50)
    TRIGGER_OF(MASTER_TIME, "master_time_ns", 100, 0, 400)
};

#define PULSES_OF(part, count) \
    {part, "amplitude", part " amplitude", PLACES("cell", count), \
     NUMBER("amplitude [counts]", 256, 0, 4096)}, \
    {part, "amplitude_led", part " amplitude, calibration events", \
     PLACES("cell", count), NUMBER("amplitude [counts]", 256, 0, 4096)}, \
    {part, "pedestal", part " pedestal, mean of both parities", PLACES("cell", count), \
     NUMBER("pedestal [counts]", 256, 0, 512)}, \
    {part, "spread", part " largest minus smallest sample of the pedestal window", \
     PLACES("cell", count), NUMBER("spread [counts]", 128, -0.5, 127.5)},

static const struct hist_form pulse_forms[] = {
    PULSES_OF("ECAL", RECO_ECAL_LAYERS * RECO_ECAL_X * RECO_ECAL_Y)
    PULSES_OF("HCAL", RECO_HCAL_MODULES * RECO_HCAL_X * RECO_HCAL_Y)
    PULSES_OF("VETO", RECO_VETO_PMTS)
    PULSES_OF("SRD", RECO_SRD_MODULES)
    PULSES_OF("S", RECO_COUNTERS)
};
/* clang-format on */

const uint32_t hist_info_count = sizeof hist_infos / sizeof hist_infos[0];

bool hist_table_make(struct hist_set *set, struct err *err)
{
    for (uint32_t i = 0; i < hist_info_count; i++)
        if (hist_set_add(set, &hist_infos[i].form, err) == NULL)
            return false;
    for (size_t i = 0; i < sizeof pulse_forms / sizeof pulse_forms[0]; i++)
        if (hist_set_add(set, &pulse_forms[i], err) == NULL)
            return false;
    return true;
}

struct hist *hist_table_pulses(const struct hist_set *set)
{
    return set->list + hist_info_count;
}
