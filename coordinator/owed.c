/* owed.c - what a turn has to do after its commit.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/owed.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"

void number_list_add(struct number_list *list, uint32_t number)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 16 : 2 * list->capacity;
        list->numbers = mem_grow(list->numbers, list->capacity, sizeof *list->numbers);
    }
    list->numbers[list->count++] = number;
}

void name_list_add(struct name_list *list, const char *name)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 16 : 2 * list->capacity;
        list->names = mem_grow(list->names, list->capacity, sizeof *list->names);
    }
    (void)snprintf(list->names[list->count++], PRODUCT_FILE, "%s", name);
}

void owed_clear(struct owed *owed)
{
    owed->remove.count = 0;
    owed->collect.count = 0;
    owed->cut.count = 0;
    owed->publish.count = 0;
    owed->made.count = 0;
    owed->complete = false;
    owed->stuck = false;
}

void owed_release(struct owed *owed)
{
    free(owed->remove.names);
    free(owed->collect.names);
    free(owed->cut.numbers);
    free(owed->publish.numbers);
    free(owed->made.numbers);
    *owed = (struct owed){.complete = false};
}

void owed_merge(struct owed *owed, const struct owed *more)
{
    for (uint32_t i = 0; i < more->remove.count; i++)
        name_list_add(&owed->remove, more->remove.names[i]);
    for (uint32_t i = 0; i < more->collect.count; i++)
        name_list_add(&owed->collect, more->collect.names[i]);
    for (uint32_t i = 0; i < more->cut.count; i++)
        number_list_add(&owed->cut, more->cut.numbers[i]);
    for (uint32_t i = 0; i < more->publish.count; i++)
        number_list_add(&owed->publish, more->publish.numbers[i]);
    if (more->complete) {
        owed->complete = true;
        owed->stuck = more->stuck;
    }
}
