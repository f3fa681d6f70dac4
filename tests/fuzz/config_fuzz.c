/* config_fuzz.c - any bytes as campaign.yaml, runs.yaml, runs.csv: an error or a value.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "coordinator/campaign_file.h"
#include "coordinator/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct sha256 release = {{0}};
    const struct config_file file = {"fuzz.yaml", (const char *)data, size};
    struct err err = {.text = ""};
    struct arena arena;
    struct campaign_file campaign;
    struct import import;
    arena_init(&arena, (size_t)1 << 20);
    if (campaign_file_parse(&file, "/area", &release, &arena, &campaign, &err))
        bug_if(!recipe_check(&campaign.campaign.recipe, &err));
    else
        bug_if(err.text[0] == 0);
    arena_release(&arena);
    import_init(&import);
    if (!import_yaml(&import, file.path, "/nowhere", file.data, size, &err))
        bug_if(err.text[0] == 0);
    (void)import_csv(&import, file.path, file.data, size, &err);
    import_release(&import);
    return 0;
}
