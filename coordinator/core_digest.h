/* core_digest.h - a number that stands for all commands of one step.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every member of every command goes in but the product numbers, which are the service's.
 */
#ifndef SPILLWAY_COORDINATOR_CORE_DIGEST_H
#define SPILLWAY_COORDINATOR_CORE_DIGEST_H

#include "coordinator/core.h"

uint64_t core_command_digest(const struct core_command *command);

/* In their order. */
uint64_t core_commands_digest(const struct core_commands *commands);

#endif
