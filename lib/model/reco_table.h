/* reco_table.h - reconstructed events as columns: the one description of what they are.
 * SPDX-License-Identifier: Apache-2.0
 *
 * lib/reco fills a table, lib/output writes and reads it by the description, selections
 * read it: no column is described anywhere else. Shapes are those of the largest set-up;
 * a cell that a set-up does not have is zero and its "present" flag is not set. Nothing
 * is a magic value: what may be absent has a flag.
 *
 * Every energy comes three times: all (largest amplitude at any time: what vetoes look
 * at), in time (the maximum nearest to the expected time, if within the window), and in
 * time with the tail of an earlier pulse subtracted. Sums have all three; cells have the
 * first and what to take off for the second and the third, for that is mostly zero and
 * costs nothing to store.
 */
#ifndef SPILLWAY_MODEL_RECO_TABLE_H
#define SPILLWAY_MODEL_RECO_TABLE_H

#include <stddef.h>

#include "base/err.h"

#define RECO_CLUSTER 16384u /* rows of a table and of a cluster in files, at most */

enum reco_type { RECO_U8, RECO_U32, RECO_F32 };

/* How a file has the numbers of a column: as they are, or their bytes transposed (all
 * first bytes, all second bytes, ...), which makes smooth numbers smaller; or floats in
 * 16 bits (base/half.h): 11 bits of precision. Their step is at most 0.1 % of an energy,
 * of which no calorimeter measures better than 1 %, and 1/64 ns of a time in a window of
 * 32 ns. Who fills a table rounds these numbers: they are in memory what they are in
 * files, and a selection sees the same in both. */
enum reco_encoding { RECO_PLAIN, RECO_SPLIT, RECO_HALF };

/* Last index of the sums. */
enum reco_sum { RECO_ALL, RECO_IN_TIME, RECO_NO_PILEUP };

#define RECO_SUMS 3

/* Column FLAGS. */
#define RECO_HAS_TRIGGER 1u  /* the trigger mask is valid */
#define RECO_HAS_MASTER  2u  /* the time reference counter has a pulse: times count */
#define RECO_HAS_HOTTEST 4u  /* a cell of the calorimeter is in time */
#define RECO_OVERFLOW    8u  /* a channel is at the end of the ADC range */
#define RECO_PILEUP      16u /* a channel has pile-up in its pedestal window */
#define RECO_LOST        32u /* a channel had another number of samples: not used */
#define RECO_DAMAGED     64u /* a piece of the event could not be decoded */

/* Columns of cell flags. */
#define CELL_PRESENT 1u  /* the channel was read out */
#define CELL_TIMED   2u  /* a maximum with a time: the time counts */
#define CELL_IN_TIME 4u  /* it lies in the window */
#define CELL_PILEUP  8u  /* as in reco/waveform.h */
#define CELL_OVER    16u /* overflow */
#define CELL_CROWDED 32u

#define RECO_ECAL_LAYERS  2 /* pre-shower, main */
#define RECO_ECAL_X       6
#define RECO_ECAL_Y       6
#define RECO_HCAL_MODULES 4
#define RECO_HCAL_X       3
#define RECO_HCAL_Y       3
#define RECO_VETO_PMTS    6
#define RECO_VETO_PLATES  3
#define RECO_SRD_MODULES  3
#define RECO_COUNTERS     5

/* X(enum, name, type, encoding, rank, shape, unit, meaning); cells are [x][y]. The file
 * format is this list: a change is a new format version. The encodings are those that
 * made simulated events smaller. */
/* clang-format off */
#define RECO_COLUMNS(X) \
    X(RUN, "run", RECO_U32, RECO_PLAIN, 0, 1, 1, 1, "", "run") \
    X(SPILL, "spill", RECO_U32, RECO_PLAIN, 0, 1, 1, 1, "", "spill in run") \
    X(EVENT, "spillevent", RECO_U32, RECO_SPLIT, 0, 1, 1, 1, "", "event in spill") \
    X(TYPE, "type", RECO_U8, RECO_PLAIN, 0, 1, 1, 1, "", "DATE event type") \
    X(RAW_OFFSET, "rawoffset", RECO_U32, RECO_SPLIT, 0, 1, 1, 1, "byte", "where its raw bytes start in its segment") \
    X(RAW_SIZE, "rawsize", RECO_U32, RECO_PLAIN, 0, 1, 1, 1, "byte", "of its raw bytes") \
    X(TIME_S, "time", RECO_U32, RECO_PLAIN, 0, 1, 1, 1, "s", "Unix time of the event builder") \
    X(TRIGGER, "trigger", RECO_U32, RECO_SPLIT, 0, 1, 1, 1, "", "trigger bits 0 to 31") \
    X(FLAGS, "flags", RECO_U32, RECO_SPLIT, 0, 1, 1, 1, "", "1 trigger valid, 2 master time, 4 hottest cell, 8 overflow, 16 pile-up, 32 lost channel, 64 damaged") \
    X(MASTER, "mastertime", RECO_F32, RECO_SPLIT, 0, 1, 1, 1, "ns", "time of the reference counter from the first sample") \
    X(ECAL_ENE, "ECAL_ene", RECO_F32, RECO_HALF, 3, 2, 6, 6, "GeV", "all; 0 pre-shower, 1 main") \
    X(ECAL_OUT, "ECAL_ene_outoftime", RECO_F32, RECO_HALF, 3, 2, 6, 6, "GeV", "all minus in time") \
    X(ECAL_TAIL, "ECAL_ene_pileup", RECO_F32, RECO_HALF, 3, 2, 6, 6, "GeV", "of in time, the tail of an earlier pulse") \
    X(ECAL_TIME, "ECAL_time", RECO_F32, RECO_HALF, 3, 2, 6, 6, "ns", "of the maximum used, minus expected time") \
    X(ECAL_FLAGS, "ECAL_flags", RECO_U8, RECO_PLAIN, 3, 2, 6, 6, "", "1 present, 2 timed, 4 in time, 8 pile-up, 16 overflow, 32 crowded") \
    X(HCAL_ENE, "HCAL_ene", RECO_F32, RECO_HALF, 3, 4, 3, 3, "GeV", "all; module 3 on the zero-degree line") \
    X(HCAL_OUT, "HCAL_ene_outoftime", RECO_F32, RECO_HALF, 3, 4, 3, 3, "GeV", "all minus in time") \
    X(HCAL_TAIL, "HCAL_ene_pileup", RECO_F32, RECO_HALF, 3, 4, 3, 3, "GeV", "of in time, the tail of an earlier pulse") \
    X(HCAL_TIME, "HCAL_time", RECO_F32, RECO_HALF, 3, 4, 3, 3, "ns", "as ECAL_time") \
    X(HCAL_FLAGS, "HCAL_flags", RECO_U8, RECO_PLAIN, 3, 4, 3, 3, "", "as ECAL_flags") \
    X(VETO_ENE, "VETO_ene", RECO_F32, RECO_HALF, 1, 6, 1, 1, "MeV", "all; plate i is read by 2i and 2i + 1") \
    X(VETO_OUT, "VETO_ene_outoftime", RECO_F32, RECO_HALF, 1, 6, 1, 1, "MeV", "all minus in time") \
    X(VETO_TAIL, "VETO_ene_pileup", RECO_F32, RECO_HALF, 1, 6, 1, 1, "MeV", "of in time, the tail of an earlier pulse") \
    X(VETO_TIME, "VETO_time", RECO_F32, RECO_HALF, 1, 6, 1, 1, "ns", "as ECAL_time") \
    X(VETO_FLAGS, "VETO_flags", RECO_U8, RECO_PLAIN, 1, 6, 1, 1, "", "as ECAL_flags") \
    X(SRD_ENE, "SRD_ene", RECO_F32, RECO_HALF, 1, 3, 1, 1, "MeV", "all") \
    X(SRD_OUT, "SRD_ene_outoftime", RECO_F32, RECO_HALF, 1, 3, 1, 1, "MeV", "all minus in time") \
    X(SRD_TAIL, "SRD_ene_pileup", RECO_F32, RECO_HALF, 1, 3, 1, 1, "MeV", "of in time, the tail of an earlier pulse") \
    X(SRD_TIME, "SRD_time", RECO_F32, RECO_HALF, 1, 3, 1, 1, "ns", "as ECAL_time") \
    X(SRD_FLAGS, "SRD_flags", RECO_U8, RECO_PLAIN, 1, 3, 1, 1, "", "as ECAL_flags") \
    X(COUNTER_ENE, "S_ene", RECO_F32, RECO_HALF, 1, 5, 1, 1, "MeV", "all; S0 to S4") \
    X(COUNTER_OUT, "S_ene_outoftime", RECO_F32, RECO_HALF, 1, 5, 1, 1, "MeV", "all minus in time") \
    X(COUNTER_TAIL, "S_ene_pileup", RECO_F32, RECO_HALF, 1, 5, 1, 1, "MeV", "of in time, the tail of an earlier pulse") \
    X(COUNTER_TIME, "S_time", RECO_F32, RECO_HALF, 1, 5, 1, 1, "ns", "as ECAL_time; of the reference 0") \
    X(COUNTER_FLAGS, "S_flags", RECO_U8, RECO_PLAIN, 1, 5, 1, 1, "", "as ECAL_flags") \
    X(PRESHOWER, "preshower", RECO_F32, RECO_HALF, 1, 3, 1, 1, "GeV", "sum of ECAL[0]: all, in time, pile-up subtracted") \
    X(ECAL_MAIN, "ecalmain", RECO_F32, RECO_HALF, 1, 3, 1, 1, "GeV", "sum of ECAL[1], as preshower") \
    X(ECAL_TOTAL, "ecal", RECO_F32, RECO_HALF, 1, 3, 1, 1, "GeV", "sum of ECAL, as preshower") \
    X(HCAL_MODULE, "hcalmodule", RECO_F32, RECO_HALF, 2, 4, 3, 1, "GeV", "sum of each HCAL module, [module][as preshower]") \
    X(HCAL_TOTAL, "hcal", RECO_F32, RECO_HALF, 1, 3, 1, 1, "GeV", "sum of the HCAL modules in line, as preshower") \
    X(VETO_PLATE, "vetoplate", RECO_F32, RECO_HALF, 2, 3, 3, 1, "MeV", "plate from its two ends, [plate][as preshower]") \
    X(SRD_SUM, "srd", RECO_F32, RECO_HALF, 1, 3, 1, 1, "MeV", "sum of SRD, as preshower") \
    X(SRD_LEAST, "srdleast", RECO_F32, RECO_HALF, 1, 3, 1, 1, "MeV", "smallest SRD module of the set-up, as preshower") \
    X(HOTTEST_X, "hottestx", RECO_U8, RECO_PLAIN, 0, 1, 1, 1, "", "ECAL cell with the most energy in time, both layers") \
    X(HOTTEST_Y, "hottesty", RECO_U8, RECO_PLAIN, 0, 1, 1, 1, "", "the same, y") \
    X(OUTSIDE, "outside3x3", RECO_F32, RECO_HALF, 0, 1, 1, 1, "GeV", "ECAL in time outside the 3x3 cells around the hottest one")

#define RECO_COLUMN_ENUM(id, name, type, encoding, rank, a, b, c, unit, meaning) RECO_##id,

/* clang-format on */

enum reco_column { RECO_COLUMNS(RECO_COLUMN_ENUM) RECO_COLUMN_COUNT };

struct reco_column_info {
    const char *name;
    enum reco_type type;
    enum reco_encoding encoding;
    uint8_t rank;      /* of the shape; 0: one number a row */
    uint16_t shape[3]; /* 1 beyond the rank */
    uint16_t width;    /* numbers a row */
    const char *unit;  /* empty: none */
    const char *meaning;
};

extern const struct reco_column_info reco_column_infos[RECO_COLUMN_COUNT];

const char *reco_type_name(enum reco_type type);             /* "u8", "u32", "f32" */
const char *reco_encoding_name(enum reco_encoding encoding); /* "plain", ... */
size_t reco_type_size(enum reco_type type);

/* A set of columns: reco_set() of each, or'ed. */
#define RECO_ALL_COLUMNS UINT64_MAX

static inline uint64_t reco_set(enum reco_column column)
{
    return (uint64_t)1 << column;
}

_Static_assert(RECO_COLUMN_COUNT <= 64, "one bit a column");

/* Columns with room for `capacity` rows; column c of row r starts at number r * width. */
struct reco_table {
    uint32_t rows;
    uint32_t capacity;
    void *data[RECO_COLUMN_COUNT];
};

void reco_table_init(struct reco_table *table, uint32_t capacity);

/* The same with the set `columns` only, for stored rows: not cleared, so it takes no more
 * memory than is read into it. */
void reco_table_init_some(struct reco_table *table, uint32_t capacity, uint64_t columns);

void reco_table_release(struct reco_table *table);

/* A zeroed row at the end, which must have room; gives its number. All rows before it
 * were added so since there was none. */
uint32_t reco_table_add(struct reco_table *table);

/* The numbers of a row. */
static inline float *reco_f32(const struct reco_table *table, enum reco_column column,
                              uint32_t row)
{
    return (float *)table->data[column] + (size_t)row * reco_column_infos[column].width;
}

static inline uint32_t *reco_u32(const struct reco_table *table, enum reco_column column,
                                 uint32_t row)
{
    return (uint32_t *)table->data[column] +
           (size_t)row * reco_column_infos[column].width;
}

static inline uint8_t *reco_u8(const struct reco_table *table, enum reco_column column,
                               uint32_t row)
{
    return (uint8_t *)table->data[column] + (size_t)row * reco_column_infos[column].width;
}

/* Energy of a cell as stored; `all` is the column of the
 * detector that ends in _ENE: what is to be taken off stands in the two behind it. */
static inline double reco_energy(const struct reco_table *table, enum reco_column all,
                                 uint32_t row, uint32_t cell, enum reco_sum kind)
{
    double energy = (double)reco_f32(table, all, row)[cell];
    if (kind == RECO_ALL)
        return energy;
    energy -= (double)reco_f32(table, (enum reco_column)(all + 1u), row)[cell];
    if (kind == RECO_NO_PILEUP)
        energy -= (double)reco_f32(table, (enum reco_column)(all + 2u), row)[cell];
    return energy < 0 ? 0 : energy; /* what rounding left */
}

#endif
