/* mount.h - is a folder on a disk of this machine?
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SPILLWAY_CATALOG_MOUNT_H
#define SPILLWAY_CATALOG_MOUNT_H

#include "base/err.h"

/* Refuses network file systems (E_CATALOG_PLACE, with the name of the kind): their
 * memory maps are not coherent between machines and their locks not dependable. */
bool mount_is_local(const char *folder, struct err *err);

/* Kind of a file system by its statfs number, NULL when it is not a network one. FUSE
 * has one number for all of its kinds: `type` is the name in mountinfo, "" unknown. */
const char *mount_network_kind(long number, const char *type);

#endif
