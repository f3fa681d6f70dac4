/* fallback.c - how much of a campaign rests on a fallback level.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/fallback.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

#define ROUNDING 1e-12 /* of a share: a budget that is just used up is not exceeded */

static void sum_add(struct fallback_sum *sum, const double *eot)
{
    sum->spills++;
    if (eot)
        sum->eot += *eot;
    else
        sum->unknown++;
}

void fallback_add_spill(struct fallback_use *use, const double *eot)
{
    sum_add(&use->all, eot);
}

void fallback_add_value(struct fallback_use *use, const char *type, enum fallback level,
                        const double *eot)
{
    size_t i = 0;
    if (level == FALLBACK_EXACT)
        return;
    while (i < use->count && strcmp(use->types[i].type, type) != 0)
        i++;
    bug_if(i == FALLBACK_TYPES || strlen(type) >= TYPE_NAME);
    if (i == use->count) {
        use->types[use->count++] = (struct fallback_type){.type = ""};
        memcpy(use->types[i].type, type, strlen(type) + 1);
    }
    sum_add(&use->types[i].by_level[level], eot);
}

static double share_of_eot(const struct fallback_use *use, const struct fallback_sum *sum)
{
    return use->all.eot > 0 ? sum->eot / use->all.eot : 0;
}

static double share_of_unknown(const struct fallback_use *use,
                               const struct fallback_sum *sum)
{
    return use->all.unknown > 0 ? (double)sum->unknown / (double)use->all.unknown : 0;
}

static bool line(const struct fallback_use *use, const struct fallback_type *type,
                 unsigned level, struct bytes *out, struct err *err)
{
    const struct fallback_sum *sum = &type->by_level[level];
    return text_addf(out, err,
                     "%s: level %s for %" PRIu64 " of %" PRIu64
                     " spills, %.4g %% of the EOT",
                     type->type, fallback_name((enum fallback)level), sum->spills,
                     use->all.spills, 100 * share_of_eot(use, sum)) &&
           (use->all.unknown == 0 ||
            text_addf(out, err, " and %" PRIu64 " of %" PRIu64 " spills of unknown EOT",
                      sum->unknown, use->all.unknown));
}

bool fallback_check(const struct fallback_use *use, const double budget[FALLBACK_LEVELS],
                    struct bytes *problems, uint32_t *exceeded, struct err *err)
{
    for (size_t i = 0; i < use->count; i++) {
        for (unsigned level = FALLBACK_EXACT + 1; level < FALLBACK_LEVELS; level++) {
            const struct fallback_sum *sum = &use->types[i].by_level[level];
            double most = budget[level] + ROUNDING;
            if (share_of_eot(use, sum) <= most && share_of_unknown(use, sum) <= most)
                continue;
            ++*exceeded;
            if (!line(use, &use->types[i], level, problems, err) ||
                !text_addf(problems, err, ": the campaign's budget is %.4g %%\n",
                           100 * budget[level]))
                return false;
        }
    }
    return true;
}

bool fallback_text(const struct fallback_use *use, struct bytes *out, struct err *err)
{
    for (size_t i = 0; i < use->count; i++) {
        for (unsigned level = FALLBACK_EXACT + 1; level < FALLBACK_LEVELS; level++) {
            if (use->types[i].by_level[level].spills > 0 &&
                (!text_add(out, "fallback ", err) ||
                 !line(use, &use->types[i], level, out, err) ||
                 !text_add(out, "\n", err)))
                return false;
        }
    }
    return true;
}

void fallback_json(const struct fallback_use *use, struct json_writer *json)
{
    json_open_array(json, "fallbacks");
    for (size_t i = 0; i < use->count; i++) {
        for (unsigned level = FALLBACK_EXACT + 1; level < FALLBACK_LEVELS; level++) {
            const struct fallback_sum *sum = &use->types[i].by_level[level];
            if (sum->spills == 0)
                continue;
            json_open_object(json, NULL);
            json_put_text(json, "type", use->types[i].type);
            json_put_text(json, "level", fallback_name((enum fallback)level));
            json_put_u64(json, "spills", sum->spills);
            json_put_real(json, "eot", sum->eot);
            json_put_real(json, "eot_share", share_of_eot(use, sum));
            json_put_u64(json, "unknown_spills", sum->unknown);
            json_close_object(json);
        }
    }
    json_close_array(json);
}
