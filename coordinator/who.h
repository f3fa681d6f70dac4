/* who.h - who gives an order or a ruling: the login name, or who is named by --by.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_COORDINATOR_WHO_H
#define SPILLWAY_COORDINATOR_WHO_H

#include "base/err.h"

#define WHO_NAME 64

/* The login name of this user, "uid N" when it has none. */
void who_login(char who[WHO_NAME]);

/* The word of --by, or the login name when that is NULL; E_USAGE when it is empty, too
 * long or holds control characters. */
bool who_read(const char *by, char who[WHO_NAME], struct err *err);

#endif
