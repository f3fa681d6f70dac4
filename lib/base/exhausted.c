/* exhausted.c - what is tried before a process ends for lack of memory.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/exhausted.h"

#include <stddef.h>

static bool (*call)(void);

void exhausted_call(bool (*more)(void))
{
    call = more;
}

bool exhausted_more(void)
{
    return call != NULL && call();
}
