/* process_hist.c - histograms of a segment: of its events, and of what skims did.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What events fill depends on reconstruction only, so it goes with the columns, and a
 * changed cut reads no more columns than it needs.
 */
#include <stdio.h>

#include "worker/process_internal.h"

static bool hists_put(struct process *process, struct part *part,
                      const struct hist_set *set, const struct pack_item *item,
                      struct err *err)
{
    bytes_clear(&process->payload);
    pack_begin(&part->pack);
    return hist_write(set, &process->payload, err) &&
           pack_add(&part->pack, process->payload.data, process->payload.size, err) &&
           part_add(part, item, &process->products[process->product_count++], err);
}

bool process_hists_start(struct process *process, struct err *err)
{
    if (process->hists.count == 0 && !hist_table_make(&process->hists, err))
        return false;
    hist_set_clear(&process->hists);
    process->decoder.counts.pulses = hist_table_pulses(&process->hists);
    return true;
}

bool process_hists_write(struct process *process, const struct task_segment *segment,
                         struct err *err)
{
    const struct pack_item item = {.key = segment->reco_key,
                                   .stream = "hist",
                                   .run = segment->segment.id.chunk.run,
                                   .spill = segment->segment.spill,
                                   .key_text = process->reco_text.data,
                                   .key_size = process->reco_text.size};
    return hists_put(process, &process->reco_part, &process->hists, &item, err);
}

bool process_flows_write(struct process *process, const struct task_segment *segment,
                         struct err *err)
{
    const struct recipe *recipe = process->task->recipe;
    const struct pack_item item = {.key = segment->select_key,
                                   .stream = "flow",
                                   .run = segment->segment.id.chunk.run,
                                   .spill = segment->segment.spill,
                                   .key_text = process->select_text.data,
                                   .key_size = process->select_text.size};
    struct hist_set *flows = &process->cut_flows;
    if (flows->count == 0 && !quality_flows_make(recipe, flows, err))
        return false;
    hist_set_clear(flows);
    for (uint32_t s = 0; s < recipe->skim_count; s++)
        quality_flow_add(flows, recipe, s, &process->flows[s]);
    return hists_put(process, &process->select_part, flows, &item, err);
}
