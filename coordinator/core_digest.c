/* core_digest.c - commands as one number.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/core_digest.h"

#include "base/random.h"

static uint64_t add(uint64_t digest, uint64_t value)
{
    return random_mix(digest + value + 0x9e3779b97f4a7c15u);
}

uint64_t core_command_digest(const struct core_command *command)
{
    const struct plan_state *state = &command->state;
    uint64_t digest = add(0, (uint64_t)command->kind << 32 | command->segment);
    digest =
        add(digest, (uint64_t)state->state << 56 | (uint64_t)state->blame << 48 |
                        (uint64_t)state->deaths << 40 | (uint64_t)state->attempts << 32 |
                        (uint64_t)state->failure << 16 | (uint64_t)state->memory << 8 |
                        state->time);
    digest = add(digest, command->attempt);
    digest = add(digest, command->token);
    digest = add(digest, (uint64_t)command->task_kind << 32 | command->steps);
    digest = add(digest, (uint64_t)command->report << 32 | command->count);
    digest = add(digest, (uint64_t)command->attempt_state << 32 | command->verdict);
    digest = add(digest, (uint64_t)command->decision.rule << 32 |
                             (uint64_t)command->decision.passive << 16 |
                             command->decision.action);
    digest = add(digest, (uint64_t)command->unit << 32 | command->group);
    digest = add(digest, (uint64_t)command->group_state << 32 |
                             (uint64_t)command->group_deaths << 24 |
                             (uint64_t)command->group_failure << 8 | command->stuck);
    for (uint32_t i = 0; i < command->segment_count; i++)
        digest = add(digest, command->segments[i]);
    for (const char *c = command->text; *c != 0; c++)
        digest = add(digest, (unsigned char)*c);
    return digest;
}

uint64_t core_commands_digest(const struct core_commands *commands)
{
    uint64_t digest = commands->count;
    for (uint32_t i = 0; i < commands->count; i++)
        digest = add(digest, core_command_digest(&commands->list[i]));
    return digest;
}
