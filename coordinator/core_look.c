/* core_look.c - what the campaign waits for, and which leases are late.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/core_internal.h"

int64_t core_patience_ns(const struct campaign_policy *policy)
{
    if (policy->alert_ns > 0)
        return policy->alert_ns;
    int64_t longer_ns = policy->lease_ns > policy->segment_limit_ns
                            ? policy->lease_ns
                            : policy->segment_limit_ns;
    return longer_ns > INT64_MAX / 2 ? INT64_MAX : 2 * longer_ns;
}

static void find_late(const struct core *core, int64_t now_ns, struct core_watch *watch)
{
    for (uint32_t slot = core->lease_first;
         slot != CORE_NONE && core->leases[slot].deadline_ns <= now_ns;
         slot = core->leases[slot].next) {
        const struct core_lease *lease = &core->leases[slot];
        if (watch->late_count < CORE_LATE_SHOWN)
            watch->late[watch->late_count] =
                (struct core_late){.attempt = lease->attempt,
                                   .kind = lease->kind,
                                   .first = lease->segments[0],
                                   .count = lease->count,
                                   .deadline_ns = lease->deadline_ns};
        watch->late_count++;
    }
}

static uint64_t oldest_attempt(const struct core *core)
{
    uint64_t oldest = 0;
    for (uint32_t slot = core->lease_first; slot != CORE_NONE;
         slot = core->leases[slot].next)
        if (oldest == 0 || core->leases[slot].attempt < oldest)
            oldest = core->leases[slot].attempt;
    return oldest;
}

/* Work could be handed out now, and is not. */
static enum core_cause why_not_taken(const struct core *core)
{
    if (core->pilot_count == 0)
        return CORE_NO_PILOT;
    return core_pilot_asks(core) ? CORE_NOT_HERE : CORE_NOT_ASKED;
}

static enum core_cause cause_of(const struct core *core, struct core_watch *watch)
{
    const uint32_t *by_state = core->counts.by_state;
    const uint32_t *groups = core->counts.groups;
    if (core->counts.leases > 0) {
        watch->attempt = oldest_attempt(core);
        return watch->late_count == core->counts.leases ? CORE_SILENT : CORE_AT_WORK;
    }
    if (by_state[SEGMENT_READY] > 0 || core_set_next(&core->open_groups, 0) != CORE_NONE)
        return core->hold == CORE_RUNNING ? why_not_taken(core) : CORE_HELD;
    if (by_state[SEGMENT_WAITING] > 0 || groups[GROUP_OPEN] > 0) {
        const struct core_due *due = &core->wait.list[0];
        watch->failure = due->group ? core->groups[due->number].failure
                                    : core->rows[due->number].state.failure;
        return CORE_DELAY;
    }
    if (core->cutting > 0 || groups[GROUP_PUBLISHING] > 0)
        return CORE_PUBLISHING;
    if (by_state[SEGMENT_QUARANTINED] > 0 || groups[GROUP_FAILED] > 0)
        return CORE_MANAGER;
    return by_state[SEGMENT_PLANNED] > 0 ? CORE_STAGE : CORE_DONE;
}

void core_look(const struct core *core, int64_t now_ns, struct core_watch *watch)
{
    const uint32_t *by_state = core->counts.by_state;
    *watch =
        (struct core_watch){.segments = core->row_count - by_state[SEGMENT_COMMITTED] -
                                        by_state[SEGMENT_LOST]};
    find_late(core, now_ns, watch);
    watch->cause = cause_of(core, watch);
    watch->idle_ns = now_ns > core->progress_ns ? now_ns - core->progress_ns : 0;
    bool waits = watch->cause == CORE_HELD || watch->cause == CORE_STAGE; /* for people */
    watch->alert = watch->cause != CORE_DONE && !waits &&
                   watch->idle_ns > core_patience_ns(&core->policy);
}
