/* withdraw.c - published files that nobody names any more.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/withdraw.h"

#include <stdio.h>

static bool groups_name(struct catalog_txn *txn, const struct campaign *campaign,
                        const char *file, bool *named, struct err *err)
{
    for (uint32_t i = 0; !*named && i < campaign->group_count; i++) {
        struct merge_group group;
        if (catalog_get_group(txn, campaign->id, i, &group, err) != LOOKUP_FOUND)
            return err_set(err, E_CATALOG_DAMAGED, "merge group %u is missing", i);
        *named = group.state != GROUP_VOID && strcmp(group.published, file) == 0;
    }
    return true;
}

bool withdraw_replaced(struct catalog_txn *txn, const char *file, bool *replaced,
                       struct err *err)
{
    struct campaign campaign = {.id = 0};
    bool named = false;
    enum lookup found = LOOKUP_FOUND;
    while (!named && found == LOOKUP_FOUND) {
        found = catalog_next_campaign(txn, campaign.id + 1, &campaign, err);
        if (found == LOOKUP_FOUND && !groups_name(txn, &campaign, file, &named, err))
            return false;
    }
    *replaced = !named;
    return found != LOOKUP_FAILED;
}

bool withdraw_files(struct catalog_txn *txn, const struct campaign *campaign,
                    uint64_t *count, struct err *err)
{
    struct file_record file;
    char next[PRODUCT_FILE + 1] = "";
    *count = 0;
    for (;;) {
        enum lookup found = catalog_next_file(txn, next, &file, err);
        if (found != LOOKUP_FOUND)
            return found == LOOKUP_ABSENT;
        (void)snprintf(next, sizeof next, "%s ", file.name);
        bool replaced = false;
        if (file.campaign != campaign->id || file.state != FILE_PUBLISHED ||
            file.live > 0)
            continue;
        if (!withdraw_replaced(txn, file.name, &replaced, err))
            return false;
        if (!replaced)
            continue;
        file.state = FILE_COLLECTING;
        *count += 1;
        if (!catalog_put_file(txn, &file, err))
            return false;
    }
}
