/* quantity.c - the quantities that cuts of a skim may name.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "model/quantity.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *name, *unit, *meaning;
} quantities[QUANTITY_COUNT] = {

#define QUANTITY_ROW(id, name, unit, meaning) {name, unit, meaning},
    QUANTITIES(QUANTITY_ROW)};

bool quantity_find(const char *name, enum quantity *quantity)
{
    for (int i = 0; i < QUANTITY_COUNT; i++) {
        if (strcmp(quantities[i].name, name) != 0)
            continue;
        if (quantity != NULL)
            *quantity = (enum quantity)i;
        return true;
    }
    return false;
}

const char *quantity_name(enum quantity quantity)
{
    return quantities[quantity].name;
}

const char *quantity_unit(enum quantity quantity)
{
    return quantities[quantity].unit;
}

const char *quantity_meaning(enum quantity quantity)
{
    return quantities[quantity].meaning;
}
