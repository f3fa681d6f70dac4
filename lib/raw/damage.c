/* damage.c - words for the classes of damage, and their counts.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raw/damage.h"

#define DAMAGE_ROW(name, number, word, text) {word, text},

static const struct {
    const char *word;
    const char *text;
} rows[] = {DAMAGE_CLASSES(DAMAGE_ROW)};

const char *damage_word(uint32_t damage)
{
    return damage < DAMAGE_CLASS_COUNT ? rows[damage].word : "unknown";
}

const char *damage_text(uint32_t damage)
{
    return damage < DAMAGE_CLASS_COUNT ? rows[damage].text : "unknown";
}

void damage_counts_add(struct damage_counts *sum, const struct damage_counts *part)
{
    for (int i = 0; i < DAMAGE_CLASS_COUNT; i++)
        sum->of[i] += part->of[i];
}

void damage_note(struct damage_log *log, const struct damage_place *place)
{
    log->counts.of[place->damage]++;
    if (log->listed < log->room)
        log->places[log->listed++] = *place;
}

uint64_t damage_counts_total(const struct damage_counts *counts)
{
    uint64_t total = 0;
    for (int i = 0; i < DAMAGE_CLASS_COUNT; i++)
        total += counts->of[i];
    return total;
}
