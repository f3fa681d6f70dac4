/* ledger_fuzz.c - stored records of conditions: read, written again, the same.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The first byte chooses the kind of record; one behind the last kind is an entry of the
 * log.
 */
#include "catalog/ledger_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const struct bytes *again, const uint8_t *data, size_t size)
{
    bug_if(again->size != size || memcmp(again->data, data, size) != 0);
}

/* The flag of a note (at 64) is written as 1, and without it no note. */
static bool is_canonical(const struct ledger_record *record, const uint8_t *data)
{
    return record->kind != LEDGER_ROW || le64_load(data + 64) == 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes again;
    struct ledger_record record;
    struct ledger_entry entry;
    char texts[3 * LEDGER_TEXT];
    struct err err;
    if (size == 0)
        return 0;
    enum ledger_kind kind = (enum ledger_kind)(data[0] % (LEDGER_KINDS + 1));
    data++;
    size--;
    bytes_init(&again, LEDGER_RECORD);
    if (kind == LEDGER_KINDS) {
        if (ledger_unpack_entry(data, size, &entry, &err)) {
            ledger_pack_entry(&entry, &again);
            check_again(&again, data, size);
            (void)ledger_entry_hash(&entry);
        }
    } else if (ledger_unpack(kind, data, size, texts, &record, &err)) {
        ledger_pack(&record, &again);
        if (is_canonical(&record, data))
            check_again(&again, data, size);
    }
    bytes_release(&again);
    return 0;
}
