/* recipe.c - canonical texts and checks of a recipe.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "model/recipe.h"

#include <math.h>

#include "base/text.h"

bool recipe_reco_text(struct bytes *out, const struct recipe *recipe, struct err *err)
{
    return text_addf(out, err, "reco.reconstruct=%d\nreco.setup=", recipe->reconstruct) &&
           text_add_percent(out, recipe->setup, err) && text_add(out, "\n", err);
}

static bool cut_text(struct bytes *out, const struct skim *skim, uint32_t index,
                     struct err *err)
{
    const struct skim_cut *cut = &skim->cuts[index];
    return text_add(out, "skim.", err) && text_add(out, skim->name, err) &&
           text_add(out, ".cut.", err) && text_add_u64(out, index, err) &&
           text_add(out, "=", err) && text_add_percent(out, cut->quantity, err) &&
           text_add(out, ",", err) && text_add_bits(out, cut->minimum, err) &&
           text_add(out, ",", err) && text_add_bits(out, cut->maximum, err) &&
           text_add(out, "\n", err);
}

bool recipe_skim_text(struct bytes *out, const struct recipe *recipe, struct err *err)
{
    for (uint32_t i = 0; i < recipe->skim_count; i++) {
        const struct skim *skim = &recipe->skims[i];
        if (!text_addf(out, err,
                       "skim.%s.kind=%u\nskim.%s.types=%u\nskim.%s.fraction=", skim->name,
                       (unsigned)skim->kind, skim->name, skim->event_types, skim->name) ||
            !text_add_bits(out, skim->fraction, err) || !text_add(out, "\n", err))
            return false;
        for (uint32_t c = 0; c < skim->cut_count; c++)
            if (!cut_text(out, skim, c, err))
                return false;
    }
    return true;
}

static bool skim_check(const struct skim *skim, struct err *err)
{
    if (!text_is_name(skim->name, RECIPE_NAME - 1))
        return err_set(err, E_MODEL, "skim \"%.48s\": not usable as a name", skim->name);
    if (skim->kind > SKIM_CUTS || skim->cut_count > RECIPE_CUTS)
        return err_set(err, E_MODEL, "skim %s: unknown kind or too many cuts",
                       skim->name);
    if (isnan(skim->fraction) || skim->fraction < 0 || skim->fraction > 1)
        return err_set(err, E_MODEL, "skim %s: fraction must be 0 to 1", skim->name);
    if ((skim->kind == SKIM_CUTS) != (skim->cut_count > 0))
        return err_set(err, E_MODEL, "skim %s: cuts are for kind cuts, and needed there",
                       skim->name);
    for (uint32_t c = 0; c < skim->cut_count; c++)
        if (!(skim->cuts[c].minimum < skim->cuts[c].maximum))
            return err_set(err, E_MODEL, "skim %s: cut %u on %s has an empty interval",
                           skim->name, c + 1, skim->cuts[c].quantity);
    return true;
}

bool recipe_check(const struct recipe *recipe, struct err *err)
{
    if (recipe->skim_count > RECIPE_SKIMS)
        return err_set(err, E_MODEL, "%u skims, %u are allowed", recipe->skim_count,
                       RECIPE_SKIMS);
    for (uint32_t i = 0; i < recipe->skim_count; i++) {
        const struct skim *skim = &recipe->skims[i];
        if (!skim_check(skim, err))
            return false;
        if (skim->kind == SKIM_CUTS && !recipe->reconstruct)
            return err_set(err, E_MODEL, "skim %s: cuts need reconstruction", skim->name);
        if (i > 0 && strcmp(recipe->skims[i - 1].name, skim->name) >= 0)
            return err_set(err, E_MODEL, "skim %s: named twice or out of order",
                           skim->name);
    }
    return true;
}

int recipe_find_skim(const struct recipe *recipe, const char *name)
{
    for (uint32_t i = 0; i < recipe->skim_count; i++)
        if (strcmp(recipe->skims[i].name, name) == 0)
            return (int)i;
    return -1;
}
