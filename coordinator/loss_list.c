/* loss_list.c - what a campaign that was closed lost, as a file of its area.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/loss_list.h"

#include <stdio.h>

#include "base/disk.h"
#include "coordinator/report.h"

#define LIST_LIMIT ((size_t)1 << 30) /* 10^6 losses */

/* *any stays false, and nothing is read, when no segment is lost and nobody ever ruled.
 */
static bool list_read(struct catalog *catalog, const char *name, bool *any,
                      struct campaign_report *report, struct err *err)
{
    struct catalog_txn *txn;
    struct campaign campaign;
    struct rulings rulings;
    if (!catalog_begin(catalog, &txn, err))
        return false;
    enum lookup found = catalog_get_campaign(txn, name, &campaign, err);
    bool done = found == LOOKUP_FOUND && rulings_read(&rulings, txn, campaign.id, err);
    if (done) {
        *any = *any || rulings.count > 0;
        rulings_release(&rulings);
    }
    done = done && (!*any || campaign_report_read(report, txn, name, err));
    catalog_abort(txn);
    return done;
}

bool loss_list_write(const char *folder, struct catalog *catalog, const char *campaign,
                     bool any, struct err *err)
{
    char path[AREA_PATH];
    struct campaign_report report;
    struct bytes text;
    if ((size_t)snprintf(path, sizeof path, "%s/%s.json", folder, campaign) >=
        sizeof path)
        return err_set(err, E_LIMIT, "%.80s...: the path is too long", folder);
    any = any || disk_exists(path);
    campaign_report_init(&report);
    bytes_init(&text, LIST_LIMIT);
    bool done = list_read(catalog, campaign, &any, &report, err);
    if (done && any)
        done = campaign_report_json(&report, &text, err) &&
               bytes_append(&text, "\n", 1, err) && disk_make_path(folder, err) &&
               disk_write_durable(path, text.data, text.size, 0644, err);
    bytes_release(&text);
    campaign_report_release(&report);
    return done;
}
