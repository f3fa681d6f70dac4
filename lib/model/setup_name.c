/* setup_name.c - the list.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "model/setup_name.h"

#include <stddef.h>
#include <string.h>

static const char *const names[] = {"2022-electron-100"};

const char *setup_name_at(uint32_t n)
{
    return n < sizeof names / sizeof names[0] ? names[n] : NULL;
}

bool setup_name_known(const char *name)
{
    const char *known;
    for (uint32_t i = 0; (known = setup_name_at(i)) != NULL; i++)
        if (strcmp(known, name) == 0)
            return true;
    return false;
}
