/* owner.h - owner.lock: who may write the catalog of a folder.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The right is an OFD write lock: it ends with the process, however that ends. The text
 * ("PID\nURL\n") is for people and for commands that want to talk to the owner.
 */
#ifndef SPILLWAY_CATALOG_OWNER_H
#define SPILLWAY_CATALOG_OWNER_H

#include "base/err.h"

#define OWNER_URL 256

/* Takes the lock; E_CATALOG_OWNED names pid and URL of the one who has it. */
bool owner_take(const char *folder, int *fd, struct err *err);
bool owner_set_url(int fd, const char *folder, const char *url, struct err *err);

/* pid 0 when nobody has the lock, also when there is no such folder. */
bool owner_find(const char *folder, long *pid, char url[OWNER_URL], struct err *err);

#endif
