/* core_command.c - the list of commands of one step.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/bytes.h"
#include "coordinator/core_internal.h"

void *core_room(void *list, uint32_t count, uint32_t *capacity, size_t size)
{
    if (count < *capacity)
        return list;
    bug_if(*capacity > UINT32_MAX / 2);
    *capacity = *capacity == 0 ? 64 : 2 * *capacity;
    return mem_grow(list, *capacity, size);
}

struct core_command *core_command_add(struct core *core, enum command_kind kind)
{
    core->commands = core_room(core->commands, core->command_count,
                               &core->command_capacity, sizeof *core->commands);
    struct core_command *command = &core->commands[core->command_count++];
    *command = (struct core_command){.kind = kind,
                                     .segment = CORE_NONE,
                                     .report = CORE_NONE,
                                     .unit = CORE_NONE,
                                     .group = CORE_NONE,
                                     .text = ""};
    return command;
}
