/* crash_helper.c - an executor that crashes at the event number $CRASH_EVENT, for tests.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Linked with the whole executor; the linker puts the fault (--wrap) where the executor
 * says which event is at work.
 */
#include <signal.h>
#include <stdlib.h>

#include "worker/at_work.h"

/* The linker gives the names. NOLINTBEGIN(readability-identifier-naming) */
void __real_at_work_set(const struct at_work *at, uint32_t event);
void __wrap_at_work_set(const struct at_work *at, uint32_t event);

/* NOLINTEND(readability-identifier-naming) */

void __wrap_at_work_set(const struct at_work *at, uint32_t event)
{
    const char *wanted = getenv("CRASH_EVENT");
    __real_at_work_set(at, event);
    if (event != AT_WORK_NONE && wanted != NULL && event == strtoul(wanted, NULL, 10)) {
        (void)signal(SIGSEGV, SIG_DFL);
        (void)raise(SIGSEGV);
    }
}
