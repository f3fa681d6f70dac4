/* manifest_fuzz.c - a stored manifest: refused, or exactly the text that was given.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "conditions/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct manifest manifest;
    struct bytes text;
    struct err err = {0};
    if (!manifest_parse(data, size, "fuzz", &manifest, &err)) {
        bug_if(err.code != E_MANIFEST);
        return 0;
    }
    bytes_init(&text, MANIFEST_TEXT);
    bug_if(!manifest_write(&manifest, &text, &err));
    bug_if(text.size != size || memcmp(text.data, data, size) != 0);
    for (size_t i = 0; i < manifest.count; i++) {
        const struct manifest_entry *entry = &manifest.entries[i];
        struct moment start = entry->interval.start;
        if (start.spill <= UINT32_MAX)
            bug_if(manifest_at(&manifest, entry->type, (uint32_t)start.run,
                               (uint32_t)start.spill) != entry);
    }
    bytes_release(&text);
    manifest_release(&manifest);
    return 0;
}
