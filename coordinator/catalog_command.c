/* catalog_command.c - spillway catalog check | copy DIR | owner.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/catalog_command.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "catalog/catalog.h"
#include "coordinator/command.h"

const char catalog_usage[] =
    "spillway catalog check      reads everything, checks every link and count\n"
    "spillway catalog copy DIR   a consistent copy, also while a campaign runs\n"
    "spillway catalog owner      which process owns the catalog\n";

#define CHECK_REPORT ((size_t)64 << 20)

static bool check(const char *folder, struct err *err)
{
    struct catalog *catalog = NULL;
    struct catalog_txn *txn = NULL;
    struct bytes report;
    uint64_t faults = 0;
    bytes_init(&report, CHECK_REPORT);
    bool done = catalog_open(folder, CATALOG_READ, &catalog, err) &&
                catalog_begin(catalog, &txn, err) &&
                catalog_check(txn, &report, &faults, err);
    catalog_abort(txn);
    catalog_close(catalog);
    if (done) {
        if (report.size > 0)
            (void)fwrite(report.data, 1, report.size, stdout);
        (void)printf("%" PRIu64 " faults\n", faults);
        if (faults > 0)
            done = err_set(err, E_CATALOG_DAMAGED, "%s: %" PRIu64 " faults, listed above",
                           folder, faults);
    }
    bytes_release(&report);
    return done;
}

static bool copy(const char *folder, const char *to, struct err *err)
{
    struct catalog *catalog = NULL;
    bool done = catalog_open(folder, CATALOG_READ, &catalog, err) &&
                catalog_copy(catalog, to, err);
    catalog_close(catalog);
    if (done)
        (void)printf("copied to %s\n", to);
    return done;
}

static bool owner(const char *folder, struct err *err)
{
    long pid;
    char url[256];
    if (!catalog_owner(folder, &pid, url, err))
        return false;
    if (pid == 0)
        (void)printf("nobody owns %s\n", folder);
    else
        (void)printf("process %ld owns %s%s%s\n", pid, folder,
                     url[0] == 0 ? "" : " and serves ", url);
    return true;
}

int catalog_command(struct area *area, int argc, char **argv)
{
    struct err err;
    char folder[AREA_PATH];
    bool done = command_options(NULL, 0, &argc, argv, &err) &&
                command_words(argc, 1, 2, "check, copy DIR or owner", &err) &&
                area_open(area, &err) && area_path(area, "catalog", folder, &err);
    if (!done)
        return command_error(&err);
    if (strcmp(argv[1], "check") == 0 && argc == 2)
        done = check(folder, &err);
    else if (strcmp(argv[1], "copy") == 0 && argc == 3)
        done = copy(folder, argv[2], &err);
    else if (strcmp(argv[1], "owner") == 0 && argc == 2)
        done = owner(folder, &err);
    else
        done = err_set(&err, E_USAGE, "spillway catalog takes check, copy DIR or owner");
    return done ? 0 : command_error(&err);
}
