/* who.c - who gives an order or a ruling: the login name, or who is named by --by.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/who.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#include "coordinator/ruling.h"

_Static_assert(WHO_NAME == RULING_BY, "one name for both");

void who_login(char who[WHO_NAME])
{
    struct passwd found;
    struct passwd *user = NULL;
    char memory[4096];
    if (getpwuid_r(geteuid(), &found, memory, sizeof memory, &user) == 0 && user != NULL)
        (void)snprintf(who, WHO_NAME, "%.63s", user->pw_name);
    else
        (void)snprintf(who, WHO_NAME, "uid %" PRIu32, (uint32_t)geteuid());
}

bool who_read(const char *by, char who[WHO_NAME], struct err *err)
{
    if (by != NULL)
        return ruling_word("by", by, who, WHO_NAME, err);
    who_login(who);
    return true;
}
