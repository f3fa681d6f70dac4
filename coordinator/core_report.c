/* core_report.c - what a pilot reports of an attempt, and who is to blame.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Segments of a task run in order and results are a prefix of it. So when a report names
 * nobody, the first segment without a result was at work.
 */
#include "coordinator/core_internal.h"

static struct core_rest rest_of(const struct core_lease *lease, uint32_t done,
                                uint32_t blamed)
{
    struct core_rest rest = {.segments = lease->segments + done,
                             .count = lease->count - done,
                             .task = lease->count,
                             .blamed = lease->segments[done]};
    for (uint32_t i = 0; i < rest.count; i++)
        if (rest.segments[i] == blamed) {
            rest.blamed = blamed;
            rest.named = true;
        }
    return rest;
}

/* A report that does not hold: results without their files, or more or fewer results
 * than its status says. Nothing of it is taken, nobody is blamed. */
static bool report_holds(const struct core_lease *lease, struct core_report *report)
{
    bool done = report->status == REPORT_DONE;
    bool brings = report->segment_count > 0 || (done && lease->kind == TASK_MERGE);
    uint16_t failure = E_NONE;
    if (brings && !report->parts_present)
        failure = E_PARTS_ABSENT;
    if (lease->kind == TASK_PROCESS && (report->segment_count > lease->count ||
                                        (done && report->segment_count != lease->count)))
        failure = E_REPORT_EMPTY;
    if (failure == E_NONE)
        return true;
    report->status = REPORT_FAILED;
    report->segment_count = 0;
    report->failure = failure;
    report->signal = 0;
    report->text = NULL;
    report->blamed = CORE_NONE;
    return false;
}

static void command_commit(struct core *core, const struct core_lease *lease,
                           uint32_t index, uint32_t count)
{
    struct core_command *command = core_command_add(core, COMMAND_COMMIT);
    command->attempt = lease->attempt;
    command->task_kind = lease->kind;
    command->report = index;
    command->count = count;
    if (lease->kind == TASK_MERGE)
        command->group = lease->segments[0];
}

/* Who reports, and what was decided on it. */
struct taken {
    uint32_t index;
    uint32_t node;
    struct retry_decision decision;
};

/* The state in which the attempt ends. */
static enum attempt_state process_take(struct core *core, const struct core_lease *lease,
                                       const struct core_report *report,
                                       struct taken *taken)
{
    uint32_t done = report->segment_count;
    if (done > 0)
        command_commit(core, lease, taken->index, done);
    for (uint32_t i = 0; i < done; i++)
        core_segment_move(core, lease->segments[i], SEGMENT_COMMITTED);
    if (done < lease->count) {
        struct core_rest rest = rest_of(lease, done, report->blamed);
        rest.node = taken->node;
        if (report->status == REPORT_FAILED)
            taken->decision = core_retry(core, &rest, report);
        else
            core_rest_ready(core, &rest);
    }
    if (done > 0)
        return ATTEMPT_COMMITTED;
    return report->status == REPORT_FAILED ? ATTEMPT_FAILED : ATTEMPT_RETURNED;
}

static enum attempt_state merge_take(struct core *core, const struct core_lease *lease,
                                     const struct core_report *report, uint32_t index)
{
    uint32_t group = lease->segments[0];
    switch (report->status) {
    case REPORT_DONE:
        core->groups[group].lease = CORE_NONE;
        command_commit(core, lease, index, 1);
        core_group_move(core, group, GROUP_PUBLISHING);
        core->commands[core->command_count - 1].report = index;
        core_command_add(core, COMMAND_PUBLISH)->group = group;
        return ATTEMPT_COMMITTED;
    case REPORT_FAILED:
        core_group_death(core, group, report->failure);
        return ATTEMPT_FAILED;
    case REPORT_PREFIX:
    case REPORT_RETURNED:
        break;
    }
    core_group_reopen(core, group);
    return ATTEMPT_RETURNED;
}

static void command_verdict(struct core *core, uint64_t attempt, uint32_t index,
                            enum attempt_state state, const char *text)
{
    struct core_command *command = core_command_add(core, COMMAND_VERDICT);
    command->attempt = attempt;
    command->report = index;
    command->text = text;
    switch (state) {
    case ATTEMPT_COMMITTED:
        command->verdict = VERDICT_COMMITTED;
        break;
    case ATTEMPT_FAILED:
    case ATTEMPT_RETURNED:
        command->verdict = VERDICT_NOTED;
        break;
    case ATTEMPT_LEASED:
    case ATTEMPT_VOID:
        command->verdict = VERDICT_REFUSED;
        break;
    }
}

static void report_end(struct core *core, uint32_t slot, const struct core_report *given,
                       struct taken *taken)
{
    uint32_t index = taken->index;
    struct core_report report = *given;
    const struct core_lease *lease = &core->leases[slot];
    const char *text = "";
    if (!report_holds(lease, &report))
        text = err_advice((enum err_code)report.failure);
    core_pace_report(core, lease, &report);
    enum attempt_state state = lease->kind == TASK_MERGE
                                   ? merge_take(core, lease, &report, index)
                                   : process_take(core, lease, &report, taken);
    struct core_command *end = core_command_add(core, COMMAND_END);
    end->attempt = lease->attempt;
    end->attempt_state = state;
    end->task_kind = lease->kind;
    end->report = index;
    end->count = state == ATTEMPT_COMMITTED && lease->kind == TASK_PROCESS
                     ? report.segment_count
                     : 0;
    end->text = text;
    end->decision = taken->decision;
    if (state != ATTEMPT_COMMITTED)
        core_command_add(core, COMMAND_COLLECT)->attempt = lease->attempt;
    core_lease_end(core, slot, state);
    command_verdict(core, given->attempt, index, state, text);
}

void core_report_take(struct core *core, const struct core_report *report, uint32_t index,
                      uint32_t node)
{
    enum attempt_state known = report->already;
    const struct core_attempt *row = core_attempt_find(core, report->attempt);
    if (row != NULL) {
        bool ours = row->token == report->token && report->token != 0;
        if (ours && row->state == ATTEMPT_LEASED) {
            struct taken taken = {.index = index, .node = node};
            report_end(core, row->lease, report, &taken);
            return;
        }
        if (ours)
            known = row->state;
    }
    command_verdict(core, report->attempt, index, known,
                    "the lease of this attempt is not current");
}
