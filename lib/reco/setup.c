/* setup.c - set-ups as data.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "reco/setup.h"

#include <string.h>

static const struct setup_columns columns[SETUP_PARTS] = {
    [PART_ECAL] = {RECO_ECAL_ENE, RECO_ECAL_TIME, RECO_ECAL_FLAGS, 1.0},
    [PART_HCAL] = {RECO_HCAL_ENE, RECO_HCAL_TIME, RECO_HCAL_FLAGS, 1.0},
    [PART_VETO] = {RECO_VETO_ENE, RECO_VETO_TIME, RECO_VETO_FLAGS, 1000.0},
    [PART_SRD] = {RECO_SRD_ENE, RECO_SRD_TIME, RECO_SRD_FLAGS, 1000.0},
    [PART_COUNTER] = {RECO_COUNTER_ENE, RECO_COUNTER_TIME, RECO_COUNTER_FLAGS, 1000.0},
};

/* Missing energy with 100 GeV electrons, H4, 2022. The calorimeter has five columns of
 * six cells, the sixth is empty in data of that year; pre-shower and main part are ECAL0
 * and ECAL1; HCAL modules 0 to 2 stand in line, 3 on the zero-degree line; VETO plate i
 * is read by channels 2i and 2i + 1. */
static const struct setup_detector electron_2022[] = {
    {"ECAL0", PART_ECAL, 0, 5, 6, true, true},
    {"ECAL1", PART_ECAL, 1, 5, 6, true, true},
    {"HCAL0", PART_HCAL, 0, 3, 3, true, true},
    {"HCAL1", PART_HCAL, 1, 3, 3, true, true},
    {"HCAL2", PART_HCAL, 2, 3, 3, true, true},
    {"HCAL3", PART_HCAL, 3, 3, 3, true, true},
    {"VETO", PART_VETO, 0, 6, 1, true, false},
    {"SRD", PART_SRD, 0, 3, 1, true, false},
    {"S0", PART_COUNTER, 0, 1, 1, true, false},
    {"S1", PART_COUNTER, 1, 1, 1, false, false},
    {"S2", PART_COUNTER, 2, 1, 1, false, false},
    {"S3", PART_COUNTER, 3, 1, 1, false, false},
    {"S4", PART_COUNTER, 4, 1, 1, false, false},
};

static const struct setup setups[] = {
    {.name = "2022-electron-100",
     .detectors = electron_2022,
     .detector_count = sizeof electron_2022 / sizeof electron_2022[0],
     .reference = "S0",
     .hcal_in_line = 3,
     .srd_modules = 3,
     .veto_balance = 0.3},
};

#define SETUPS (sizeof setups / sizeof setups[0])

const struct setup *setup_at(uint32_t n)
{
    return n < SETUPS ? &setups[n] : NULL;
}

const struct setup *setup_find(const char *name)
{
    for (uint32_t i = 0; i < SETUPS; i++)
        if (strcmp(setups[i].name, name) == 0)
            return &setups[i];
    return NULL;
}

int setup_detector_find(const struct setup *setup, const char *name)
{
    for (uint32_t i = 0; i < setup->detector_count; i++)
        if (strcmp(setup->detectors[i].name, name) == 0)
            return (int)i;
    return -1;
}

const struct setup_columns *setup_columns(enum setup_part part)
{
    return &columns[part];
}

uint32_t setup_cell(const struct setup_detector *detector, uint32_t x, uint32_t y)
{
    const struct reco_column_info *info =
        &reco_column_infos[columns[detector->part].flags];
    if (info->rank == 3)
        return (detector->first * info->shape[1] + x) * info->shape[2] + y;
    return detector->first + x;
}
