/* run.c - the words of the run catalogue.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "model/run.h"

#include <math.h>
#include <string.h>

static const char *const type_names[] = {
    "", "physics", "calibration", "hadron", "muon", "pedestal", "scan", "led", "test"};
static const char *const origin_names[] = {"", "data", "mc"};
static const char *const quality_names[] = {"", "good", "unstable", "bad", "stopped"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool word_find(const char *const *names, size_t count, const char *word,
                      size_t *index)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], word) == 0) {
            *index = i;
            return true;
        }
    }
    return false;
}

struct run run_unknown(uint32_t number)
{
    struct run run;
    memset(&run, 0, sizeof run);
    run.number = number;
    run.momentum_gev = NAN;
    run.magnet_a = NAN;
    run.listed_spills = UINT64_MAX;
    run.listed_triggers = UINT64_MAX;
    run.listed_eot = NAN;
    return run;
}

const char *run_type_name(enum run_type type)
{
    return type_names[type];
}

bool run_type_from(const char *word, enum run_type *type)
{
    size_t index;
    if (!word_find(type_names, COUNT(type_names), word, &index))
        return false;
    *type = (enum run_type)index;
    return true;
}

const char *run_origin_name(enum run_origin origin)
{
    return origin_names[origin];
}

bool run_origin_from(const char *word, enum run_origin *origin)
{
    size_t index;
    if (!word_find(origin_names, COUNT(origin_names), word, &index))
        return false;
    *origin = (enum run_origin)index;
    return true;
}

const char *run_quality_name(enum run_quality quality)
{
    return quality_names[quality];
}

bool run_quality_from(const char *word, enum run_quality *quality)
{
    size_t index;
    if (strcmp(word, "stable") == 0)
        word = "good";
    if (!word_find(quality_names, COUNT(quality_names), word, &index))
        return false;
    *quality = (enum run_quality)index;
    return true;
}
