/* core_report.c - what a pilot reports of an attempt, and who is to blame.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Segments of a task run in order and results are a prefix of it. So when a report names
 * nobody, the first segment without a result was at work.
 */
#include <signal.h>

#include "coordinator/core_internal.h"

enum cause {
    CAUSE_DATA,     /* the segment's data or conditions: again would be the same */
    CAUSE_CRASH,    /* the reconstruction failed at it: blame */
    CAUSE_RESOURCE, /* too much at once: smaller tasks */
    CAUSE_DEATH     /* node, storage, a killer from outside: nobody's fault */
};

static bool signal_is_crash(int32_t number)
{
    return number == SIGSEGV || number == SIGABRT || number == SIGBUS ||
           number == SIGFPE || number == SIGILL;
}

static enum cause cause_of(uint16_t failure, int32_t signal)
{
    switch (err_kind_of((enum err_code)failure)) {
    case ERR_INPUT:
    case ERR_CONDITIONS:
        return CAUSE_DATA;
    case ERR_PAYLOAD:
        return CAUSE_CRASH;
    case ERR_RESOURCE:
        return CAUSE_RESOURCE;
    case ERR_NONE:
    case ERR_USAGE:
    case ERR_NODE:
    case ERR_STORAGE:
    case ERR_PROTOCOL:
        break;
    }
    return signal_is_crash(signal) ? CAUSE_CRASH : CAUSE_DEATH;
}

static void segment_blame(struct core *core, uint32_t number)
{
    struct plan_state *state = &core->rows[number].state;
    if (state->blame < UINT8_MAX)
        state->blame++;
    if (state->blame >= core->policy.attempts)
        core_segment_move(core, number, SEGMENT_QUARANTINED);
    else
        core_segment_wait(core, number, core->policy.retry_delay_ns);
}

static void segment_delay(struct core *core, uint32_t number)
{
    uint8_t deaths = core->rows[number].state.deaths;
    if (deaths >= CORE_DEATHS_LIMIT)
        core_segment_move(core, number, SEGMENT_QUARANTINED);
    else
        core_segment_wait(core, number, core_delay(core, deaths));
}

/* The rest of a failed task: segments `done` and behind, not empty. */
struct rest {
    const uint32_t *segments;
    uint32_t count;
    uint32_t task; /* segments of the whole task */
    uint32_t blamed;
    bool named; /* by the report */
};

static struct rest rest_of(const struct core_lease *lease, uint32_t done, uint32_t blamed)
{
    struct rest rest = {.segments = lease->segments + done,
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

static void rest_ready(struct core *core, const struct rest *rest, bool with_blamed)
{
    for (uint32_t i = 0; i < rest->count; i++)
        if (with_blamed || rest->segments[i] != rest->blamed)
            core_segment_move(core, rest->segments[i], SEGMENT_READY);
}

static void rest_split(struct core *core, const struct rest *rest)
{
    uint32_t half = rest->task / 2;
    for (uint32_t i = 0; i < rest->count; i++)
        core->rows[rest->segments[i]].limit = (uint16_t)half;
    rest_ready(core, rest, true);
}

/* Without a name the cause holds for the whole task (a full disk, an absent store): all
 * of it waits, or it would be handed out again at once. */
static void rest_died(struct core *core, const struct rest *rest, uint16_t failure)
{
    core_segment_death(core, rest->blamed, failure);
    if (rest->named) {
        segment_delay(core, rest->blamed);
        rest_ready(core, rest, false);
        return;
    }
    for (uint32_t i = 0; i < rest->count; i++) {
        core->rows[rest->segments[i]].state.failure = failure;
        segment_delay(core, rest->segments[i]);
    }
}

static void rest_failed(struct core *core, const struct rest *rest,
                        const struct core_report *report)
{
    struct plan_state *state = &core->rows[rest->blamed].state;
    enum cause cause = cause_of(report->failure, report->signal);
    state->failure = report->failure;
    if (cause == CAUSE_RESOURCE && rest->task == 1)
        cause = CAUSE_CRASH;
    switch (cause) {
    case CAUSE_DATA:
        core_segment_move(core, rest->blamed, SEGMENT_QUARANTINED);
        rest_ready(core, rest, false);
        break;
    case CAUSE_CRASH:
        segment_blame(core, rest->blamed);
        rest_ready(core, rest, false);
        break;
    case CAUSE_RESOURCE:
        rest_split(core, rest);
        break;
    case CAUSE_DEATH:
        rest_died(core, rest, report->failure);
        break;
    }
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

/* The state in which the attempt ends. */
static enum attempt_state process_take(struct core *core, const struct core_lease *lease,
                                       const struct core_report *report, uint32_t index)
{
    uint32_t done = report->segment_count;
    if (done > 0)
        command_commit(core, lease, index, done);
    for (uint32_t i = 0; i < done; i++)
        core_segment_move(core, lease->segments[i], SEGMENT_COMMITTED);
    if (done < lease->count) {
        struct rest rest = rest_of(lease, done, report->blamed);
        if (report->status == REPORT_FAILED)
            rest_failed(core, &rest, report);
        else
            rest_ready(core, &rest, true);
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
                       uint32_t index)
{
    struct core_report report = *given;
    const struct core_lease *lease = &core->leases[slot];
    const char *text = "";
    if (!report_holds(lease, &report))
        text = err_advice((enum err_code)report.failure);
    enum attempt_state state = lease->kind == TASK_MERGE
                                   ? merge_take(core, lease, &report, index)
                                   : process_take(core, lease, &report, index);
    struct core_command *end = core_command_add(core, COMMAND_END);
    end->attempt = lease->attempt;
    end->attempt_state = state;
    end->task_kind = lease->kind;
    end->report = index;
    end->count = state == ATTEMPT_COMMITTED && lease->kind == TASK_PROCESS
                     ? report.segment_count
                     : 0;
    end->text = text;
    if (state != ATTEMPT_COMMITTED)
        core_command_add(core, COMMAND_COLLECT)->attempt = lease->attempt;
    core_lease_end(core, slot, state);
    command_verdict(core, given->attempt, index, state, text);
}

void core_report_take(struct core *core, const struct core_report *report, uint32_t index)
{
    enum attempt_state known = report->already;
    const struct core_attempt *row = core_attempt_find(core, report->attempt);
    if (row != NULL) {
        bool ours = row->token == report->token && report->token != 0;
        if (ours && row->state == ATTEMPT_LEASED) {
            report_end(core, row->lease, report, index);
            return;
        }
        if (ours)
            known = row->state;
    }
    command_verdict(core, report->attempt, index, known,
                    "the lease of this attempt is not current");
}
