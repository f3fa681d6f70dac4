/* mount.c - network file systems by their statfs numbers.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Numbers from linux/magic.h and, for those that are not part of the kernel tree, from
 * the sources of GPFS, Lustre and BeeGFS as listed in coreutils' stat.c.
 */
#include "catalog/mount.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#define FUSE_NUMBER 0x65735546L
#define LINE_LIMIT  4096

static const struct {
    long number;
    const char *name;
} network[] = {
    {0x6969L, "NFS"},          {0xff534d42L, "CIFS"},  {0xfe534d42L, "SMB2"},
    {0x517bL, "SMB"},          {0x5346414fL, "AFS"},   {0x6b414653L, "AFS"},
    {0x0bd00bd0L, "Lustre"},   {0x47504653L, "GPFS"},  {0x00c36400L, "Ceph"},
    {0x19830326L, "BeeGFS"},   {0x01021997L, "9P"},    {0x73757245L, "Coda"},
    {0xaad7aaeaL, "PanFS"},    {0x7461636fL, "OCFS2"}, {0x01161970L, "GFS2"},
    {0x20030528L, "OrangeFS"},
};

const char *mount_network_kind(long number, const char *type)
{
    if (number == FUSE_NUMBER) {
        bool local =
            strcmp(type, "fuseblk") == 0 || strcmp(type, "fuse.fuse-overlayfs") == 0;
        return local ? NULL : "FUSE";
    }
    for (size_t i = 0; i < sizeof network / sizeof network[0]; i++)
        if (network[i].number == number)
            return network[i].name;
    return NULL;
}

/* Type of the mount with this device number: "ID PARENT MAJOR:MINOR ... - TYPE ...". */
static void mount_type(dev_t device, char type[64])
{
    char line[LINE_LIMIT], wanted[48];
    type[0] = '\0';
    (void)snprintf(wanted, sizeof wanted, " %u:%u ", major(device), minor(device));
    FILE *table = fopen("/proc/self/mountinfo", "re");
    if (table == NULL)
        return;
    while (fgets(line, sizeof line, table) != NULL) {
        const char *place = strstr(line, wanted), *dash = strstr(line, " - ");
        if (place == NULL || dash == NULL || place > dash)
            continue;
        (void)snprintf(type, 64, "%.*s", (int)strcspn(dash + 3, " \n"), dash + 3);
        break;
    }
    (void)fclose(table);
}

bool mount_is_local(const char *folder, struct err *err)
{
    struct statfs place;
    struct stat status;
    char type[64] = "";
    if (statfs(folder, &place) != 0 || stat(folder, &status) != 0)
        return err_errno(err, E_CATALOG_OPEN, errno, "%s", folder);
    if (place.f_type == FUSE_NUMBER)
        mount_type(status.st_dev, type);
    const char *kind = mount_network_kind((long)place.f_type, type);
    if (kind != NULL)
        return err_set(err, E_CATALOG_PLACE,
                       "%s is on a network file system (%s%s%s), whose memory maps and "
                       "locks are not safe for the catalog",
                       folder, kind, type[0] != '\0' ? " " : "", type);
    return true;
}
