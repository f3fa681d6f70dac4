/* map_report.c - coverage of channel maps for people.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/map_report.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"

void map_report_runs(uint32_t first, uint32_t last, char out[MAP_REPORT_RUNS])
{
    if (first == last)
        (void)snprintf(out, MAP_REPORT_RUNS, "run %" PRIu32, first);
    else
        (void)snprintf(out, MAP_REPORT_RUNS, "runs %" PRIu32 "-%" PRIu32, first, last);
}

static size_t twice_listed(const struct map_span *span)
{
    return span->twice_count < MAP_TWICE_LISTED ? span->twice_count : MAP_TWICE_LISTED;
}

bool map_report_faults(const struct map_span *span, struct bytes *out, struct err *err)
{
    if (span->none)
        return text_add(out, "no channel of ChipSADC is mapped", err);
    for (size_t i = 0; i < twice_listed(span); i++) {
        const struct map_twice *twice = &span->twice[i];
        const struct map_place *place = &twice->place;
        if (place->chip == CHIP_SADC &&
            !text_addf(out, err,
                       "%s%s and %s are both on ChipSADC source %u port %u adc %u "
                       "channel %u",
                       out->size == 0 ? "" : "\n", twice->first, twice->second,
                       place->source, place->unit, place->part, place->channel))
            return false;
    }
    return true;
}

static bool wires_twice(const struct map_span *span, const char *lead, struct bytes *out,
                        struct err *err)
{
    size_t other = 0;
    for (size_t i = 0; i < twice_listed(span); i++) {
        const struct map_twice *twice = &span->twice[i];
        const struct map_place *place = &twice->place;
        other += place->chip != CHIP_SADC;
        if (place->chip != CHIP_SADC &&
            !text_addf(
                out, err, "%s%s and %s are both on %s source %u %s %u channel %u\n", lead,
                twice->first, twice->second, chip_map_name(place->chip), place->source,
                (place->unit & MAP_GEOGRAPHIC) != 0 ? "geographic id" : "unit",
                place->unit & ~MAP_GEOGRAPHIC, place->channel))
            return false;
    }
    return other == 0 || span->twice_count == twice_listed(span) ||
           text_addf(out, err, "%sand %zu more channels are mapped twice\n", lead,
                     span->twice_count - twice_listed(span));
}

bool map_report_notes(const struct map_cover *cover, const struct map_span *span,
                      const char *lead, struct bytes *out, struct err *err)
{
    for (size_t i = 0; !span->none && i < cover->share_count; i++) {
        const struct map_share *share = &cover->shares[i];
        uint32_t channels = map_span_channels(span, share);
        if (channels < share->channels &&
            !text_addf(out, err,
                       "%s%s has %" PRIu32 " of %" PRIu32 " channels (%s source %u)\n",
                       lead, share->detector, channels, share->channels,
                       chip_map_name(share->chip), share->source))
            return false;
    }
    return wires_twice(span, lead, out, err);
}

/* Neighbouring spans in which the share has as many channels are one. */
static bool share_table(const struct map_cover *cover, const struct map_share *share,
                        struct bytes *out, struct err *err)
{
    bool first = true;
    for (size_t i = 0; i < cover->count;) {
        char runs[MAP_REPORT_RUNS];
        uint32_t channels = map_span_channels(&cover->spans[i], share);
        size_t end = i + 1;
        while (end < cover->count &&
               map_span_channels(&cover->spans[end], share) == channels)
            end++;
        map_report_runs(cover->spans[i].first, cover->spans[end - 1].last, runs);
        if (channels > 0 && !text_addf(out, err, "%s%" PRIu32 " in %s",
                                       first ? "  " : ", ", channels, runs))
            return false;
        first = first && channels == 0;
        i = end;
    }
    return text_add(out, "\n", err);
}

bool map_report_table(const struct map_cover *cover, struct bytes *out, struct err *err)
{
    if (!text_addf(out, err, "%-16s %-11s %6s  channels\n", "detector", "chip", "source"))
        return false;
    for (size_t i = 0; i < cover->share_count; i++) {
        const struct map_share *share = &cover->shares[i];
        if (!text_addf(out, err, "%-16s %-11s %6u", share->detector,
                       chip_map_name(share->chip), share->source) ||
            !share_table(cover, share, out, err))
            return false;
    }
    for (size_t i = 0; i < cover->opaque_count; i++)
        if (!text_addf(
                out, err, "not decoded: %s, %" PRIu32 " sections, %" PRIu32 " lines\n",
                cover->opaque[i].name, cover->opaque[i].sections, cover->opaque[i].lines))
            return false;
    return true;
}
